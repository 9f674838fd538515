"""Every act of the desk, and what its pages read, on SQLite and on PostgreSQL."""

from dataclasses import replace
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.trail import Trail
from console.rumour_lines import claim_lines, read_claim, rumour_work
from knowledge.curation import Curation
from knowledge.reporting import Asked, Reporting
from knowledge.rumour_desk import RumourDesk
from knowledge.rumour_records import RumourReport
from knowledge.settling import Settlement
from staff.person import Person
from staff.roles import Role

CURATOR = Person(account_id=1, name="wu", display_name="吴", unit="区政府办", roles=frozenset({Role.CURATOR}))
REVIEWER = Person(account_id=2, name="sun", display_name="孙", unit="区政府办", roles=frozenset({Role.FINAL_REVIEWER}))
SETTLEMENT = Settlement(verdict="不实", title="老桥今晚要塌", body="老桥安全。", evidence="检测报告", unit="区交通局")


@pytest.mark.postgres
async def test_from_the_report_to_the_notice(any_database: str, clock: Any) -> None:
    reporting = Reporting()
    desk = RumourDesk(clock=clock, trail=Trail(), curation=Curation(clock=clock, trail=Trail()))

    async def report(text: str, asker: str) -> int:
        async with in_transaction() as connection:
            return await reporting.keep(
                connection,
                Asked(
                    text=text, channel="wechat", asker_hash=asker, at=clock.moment, consented=asker == "a", sender="o"
                ),
            )

    claim = await report("听说老桥今晚要塌", "a")
    assert await report("听说老桥今晚要塌，快绕道走", "b") == claim
    other = await report("网传过河的路明年没有了", "c")
    await desk.assign(other, title="过河的路明年没有了", unit="区交通局", actor=CURATOR.actor)
    await desk.join(other, claim, actor=CURATOR.actor)
    [line] = await claim_lines(CURATOR, now=clock.moment)
    assert (line.askers, sum(line.trend.counts), len(line.samples)) == (3, 3, 2)
    rows = await RumourReport.filter(claim_id=claim).order_by("id")
    fresh = await desk.split(claim, [rows[-1].id], actor=CURATOR.actor)
    await desk.dismiss(fresh, reason="不是传言", actor=CURATOR.actor)
    await desk.check(claim, title="老桥今晚要塌", unit="区交通局", actor=CURATOR.actor)

    proposed = replace(SETTLEMENT, variants=tuple(row.id for row in rows[:2]))
    await desk.propose(claim, proposed, actor=CURATOR.actor)
    assert (await rumour_work(REVIEWER, now=clock.moment)).to_confirm == 1
    assert (await rumour_work(CURATOR, now=clock.moment)).to_confirm == 0
    await desk.confirm(claim, mark=proposed.mark, actor=REVIEWER.actor)
    sheet = await read_claim(claim, CURATOR, now=clock.moment)
    assert (sheet.line.row.state, sheet.notices, sheet.open) == ("settled", {"waiting": 2}, False)

    [notice] = await reporting.addressed(channels=["wechat"], limit=10)
    assert await reporting.begin(notice.id)
    assert not await reporting.begin(notice.id)
    await reporting.end(notice.id, now=clock.moment)
    found = await reporting.notices(["a", "b"])
    assert set(found) == {"b"}
    async with in_transaction() as connection:
        await reporting.told(connection, [found["b"][0].id], now=clock.moment)
        await reporting.forget(connection, asker_hash="b")
    assert (await read_claim(claim, CURATOR, now=clock.moment)).notices == {"told": 2}

"""From the citizens' reports to the verdict: 核实中 at once, a verdict by two persons, and who asked is to be told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.records import AuditRecord
from audit.trail import Trail
from knowledge.base import KnowledgeBase
from knowledge.clocks import lights, shipped, worst
from knowledge.curation import Curation
from knowledge.entry import Entry
from knowledge.errors import ClaimRefused, ClaimUnknown, EntryUnknown, SecondCuratorNeeded
from knowledge.records import KnowledgeRelease
from knowledge.reporting import Asked, Reporting
from knowledge.rumour_desk import RumourDesk
from knowledge.rumour_records import RumourClaim, RumourNotice, RumourReport
from knowledge.settling import MOST_VARIANTS, Settlement, with_variants

WU, ZHENG = Actor.staff(account_id=1, name="吴知识"), Actor.staff(account_id=2, name="郑审核")
STORY = "紧急通知！今晚河口镇水厂停水七天，赶紧囤水，转发给家人 https://t.cn/A6aBcD"
SETTLEMENT = Settlement(
    verdict="不实", title="河口镇水厂停水七天", body="经核实，河口镇水厂供水正常，没有停水计划。", evidence="区水务局现场核查", unit="区水务局",
    source_url="https://www.example.gov.cn/d/5", places=("河口镇",),
)  # fmt: skip


@pytest.fixture
def desk(curation: Curation, clock: Any) -> RumourDesk:
    return RumourDesk(clock=clock, trail=Trail(), curation=curation)


async def report(clock: Any, text: str, asker: str, **changes: Any) -> int:
    async with in_transaction() as connection:
        values: dict[str, Any] = {"text": text, "channel": "wechat", "asker_hash": asker, "at": clock.moment} | changes
        return await Reporting().keep(connection, Asked(**values))


async def ids(claim: int) -> tuple[int, ...]:
    return tuple([row.id for row in await RumourReport.filter(claim_id=claim).order_by("id")])


async def test_under_check_is_said_at_once(desk: RumourDesk, base: KnowledgeBase, clock: Any, today: date) -> None:
    claim = await report(clock, STORY, "a")
    clock.advance(3600)
    entry_id = await desk.check(claim, title="河口镇水厂停水七天", unit="区水务局", actor=WU)
    await base.load()
    found = base.ask("河口镇水厂停水七天", today=today)
    assert (found.decision, found.hits[0].entry.id, found.hits[0].entry.verdict) == ("answer", entry_id, "核实中")
    assert "区水务局已收到群众反映，正在核实" in found.hits[0].entry.body
    assert base.ask("http://t.cn/A6aBcD", today=today).hits[0].entry.id == entry_id
    row = await RumourClaim.get()
    assert (row.state, row.first_word_at) == ("checking", clock.moment)
    with pytest.raises(ClaimRefused, match="已经在答复"):
        await desk.check(claim, title="河口镇水厂停水七天", unit="区水务局", actor=WU)


async def test_a_verdict_is_said_after_the_second_person_and_who_asked_is_to_be_told(
    desk: RumourDesk, base: KnowledgeBase, clock: Any, today: date
) -> None:
    claim = await report(clock, STORY, "a")
    await report(clock, STORY, "a", consented=True, sender="oUser")
    await report(clock, "听说河口镇水厂要停水7天", "b")
    proposed = replace(SETTLEMENT, variants=await ids(claim))
    await desk.propose(claim, proposed, actor=WU)
    assert await RumourNotice.all().count() == 0
    with pytest.raises(SecondCuratorNeeded):
        await desk.confirm(claim, mark=proposed.mark, actor=WU)
    with pytest.raises(ClaimRefused, match="刚刚有修改"):
        await desk.confirm(claim, mark="another", actor=ZHENG)
    clock.advance(60)
    entry_id = await desk.confirm(claim, mark=proposed.mark, actor=ZHENG)

    await base.load()
    entry = base.entry(entry_id)
    assert entry is not None
    assert (entry.verdict, entry.unit, entry.evidence, entry.places) == (
        "不实",
        "区水务局",
        "区水务局现场核查",
        ("河口镇",),
    )
    assert (entry.claimed_on, entry.published_on) == (today, today)
    assert entry.similar == (STORY, "听说河口镇水厂要停水7天")
    assert entry.links == ("t.cn/A6aBcD",)
    assert base.ask(STORY, today=today).decision == "answer", "the confirmed wording is found from now on"

    told = {row.asker_hash: row for row in await RumourNotice.all()}
    assert set(told) == {"a", "b"}
    assert (told["a"].sender, told["a"].asked[:5], told["a"].state) == ("oUser", STORY[:5], "waiting")
    assert all(row.sender == "" for row in await RumourReport.all()), "an address is kept no longer than it is needed"
    verbs = [row.verb for row in await AuditRecord.filter(subject=f"rumour:{claim}").order_by("id")]
    assert verbs == ["rumour.propose", "rumour.settle"]
    release = await KnowledgeRelease.get()
    assert (release.origin, release.title) == ("rumour", "不实：河口镇水厂停水七天"), (
        "the history says who answers for it"
    )
    with pytest.raises(ClaimRefused, match="处置完毕"):
        await desk.dismiss(claim, reason="x", actor=WU)


async def test_a_second_person_may_disagree_and_says_why(desk: RumourDesk, clock: Any) -> None:
    claim = await report(clock, STORY, "a")
    await desk.propose(claim, SETTLEMENT, actor=WU)
    with pytest.raises(ClaimRefused, match="理由"):
        await desk.send_back(claim, mark=SETTLEMENT.mark, remark=" ", actor=ZHENG)
    await desk.send_back(claim, mark=SETTLEMENT.mark, remark="依据不足", actor=ZHENG)
    row = await RumourClaim.get()
    assert (row.proposed_at, row.remark) == (None, "郑审核不同意：依据不足")
    with pytest.raises(ClaimRefused, match="没有等待确认"):
        await desk.confirm(claim, mark=SETTLEMENT.mark, actor=ZHENG)
    await desk.propose(claim, SETTLEMENT, actor=WU)
    await desk.send_back(claim, mark=SETTLEMENT.mark, remark="", actor=WU)


@pytest.mark.parametrize(
    ("changes", "what"),
    [({"verdict": "核实中"}, "结论"), ({"evidence": " "}, "核实依据"), ({"unit": ""}, "发布单位"), ({"title": "字" * 61}, "超过 60"),
     ({"body": ""}, "核实情况"), ({"source_url": "javascript:alert(1)"}, "网址"), ({"source_url": "https://"}, "网址")],
)  # fmt: skip
async def test_a_verdict_without_its_basis_is_refused(
    desk: RumourDesk, clock: Any, changes: dict[str, Any], what: str
) -> None:
    claim = await report(clock, STORY, "a")
    with pytest.raises(ClaimRefused, match=what):
        await desk.propose(claim, replace(SETTLEMENT, **changes), actor=WU)
    assert (await RumourClaim.get()).proposal is None


async def test_a_known_claim_takes_the_wording_in(
    desk: RumourDesk, curation: Curation, base: KnowledgeBase, entries: list[Entry], clock: Any, today: date
) -> None:
    await curation.put_entries(entries, actor=WU)
    claim = await report(clock, "海带和碘片能挡住辐射，家家都要备", "a")
    await report(clock, "海带和碘片能挡住辐射，家家都要备，多买一点放着", "b")
    await base.load()
    assert base.ask("海带和碘片能挡住辐射，家家都要备", today=today).decision != "answer"
    with pytest.raises(EntryUnknown):
        await desk.attach(claim, "no-such", variants=(), actor=WU)
    with pytest.raises(ClaimRefused, match="谣言澄清条目"):
        await desk.attach(claim, "bus", variants=(), actor=WU)
    await desk.attach(claim, "rumour-salt", variants=(await ids(claim))[:1], actor=WU)
    await base.refresh()
    found = base.ask("海带和碘片能挡住辐射，家家都要备", today=today)
    assert (found.decision, found.hits[0].entry.id) == ("answer", "rumour-salt")
    entry = base.entry("rumour-salt")
    assert entry is not None
    assert entry.similar == ("海带和碘片能挡住辐射，家家都要备",)
    assert await RumourNotice.all().count() == 2
    assert (await RumourClaim.get()).state == "settled"


async def test_what_an_import_settles_is_settled_on_the_desk_too(
    desk: RumourDesk, curation: Curation, clock: Any
) -> None:
    claim = await report(clock, STORY, "a")
    entry_id = await desk.check(claim, title="河口镇水厂停水七天", unit="区水务局", actor=WU)
    assert await desk.follow() == 0
    entry = await curation.stored(entry_id)
    assert entry is not None
    await curation.put_entries([replace(entry, verdict="不实", evidence="区水务局通报")], actor=ZHENG)
    assert (await desk.follow(), await desk.follow()) == (1, 0)
    assert (await RumourClaim.get()).state == "settled"
    assert (await RumourNotice.get()).asker_hash == "a"


async def test_two_claims_are_joined_and_persons_stay_persons(desk: RumourDesk, clock: Any) -> None:
    began = clock.moment
    one = await report(clock, "河口大桥要拆", "a")
    await report(clock, "河口大桥要拆", "b")
    clock.advance(600)
    two = await report(clock, "听说过河的那座老桥明年没有了", "a", consented=True, sender="oUser")
    await report(clock, "听说过河的那座老桥明年没有了", "c")
    assert one != two
    with pytest.raises(ClaimRefused, match="自己"):
        await desk.join(one, one, actor=WU)
    await desk.join(one, two, actor=WU)
    rows = {row.asker_hash: row for row in await RumourReport.filter(claim_id=two)}
    assert {asker: row.times for asker, row in rows.items()} == {"a": 2, "b": 1, "c": 1}
    assert rows["a"].sender == "oUser"
    assert (await RumourClaim.get(id=two)).first_at == began, "the clock does not start anew"
    assert await report(clock, "河口大桥要拆", "d") == two, "who asks in the old words counts there"


async def test_what_was_taken_for_one_claim_is_split(desk: RumourDesk, clock: Any) -> None:
    claim = await report(clock, "河口镇水厂停水七天", "a")
    await report(clock, "河口镇水厂停水七天，因为被投毒", "b")
    first, second = await ids(claim)
    with pytest.raises(ClaimRefused, match="没有可以分出"):
        await desk.split(claim, (first, second), actor=WU)
    fresh = await desk.split(claim, (second,), actor=WU)
    assert (await RumourReport.get(id=second)).claim_id == fresh
    assert await report(clock, "河口镇水厂停水七天，因为被投毒", "c") == fresh
    assert await report(clock, "河口镇水厂停水七天", "d") == claim
    other = await report(clock, "河口镇水厂停水七天呀", "e")
    again = await desk.split(claim, (first,), actor=WU)
    assert await report(clock, "河口镇水厂停水七天", "f") == again, "the founding words go with the reports"
    assert other == claim


async def test_what_is_no_rumour_is_dismissed_with_a_reason(desk: RumourDesk, clock: Any) -> None:
    claim = await report(clock, "听说新开了一家超市", "a")
    with pytest.raises(ClaimRefused, match="理由"):
        await desk.dismiss(claim, reason=" ", actor=WU)
    await desk.dismiss(claim, reason="不是传言", actor=WU)
    assert await report(clock, "听说新开了一家超市", "b") == claim
    assert (await RumourClaim.get()).state == "dismissed"
    checked = await report(clock, STORY, "a")
    await desk.check(checked, title="河口镇水厂停水七天", unit="区水务局", actor=WU)
    with pytest.raises(ClaimRefused, match="不了了之"):
        await desk.dismiss(checked, reason="算了", actor=WU)
    with pytest.raises(ClaimUnknown):
        await desk.dismiss(99, reason="x", actor=WU)


def test_variants_are_capped_and_never_twice(entries: list[Entry]) -> None:
    salt = next(entry for entry in entries if entry.id == "rumour-salt")
    assert with_variants(salt, ["加碘盐能防核辐射！", "盐能防辐射", "盐能防辐射。"], []).similar == ("盐能防辐射",)
    with pytest.raises(ClaimRefused, match=str(MOST_VARIANTS)):
        with_variants(salt, [f"第{number}种说法" for number in range(MOST_VARIANTS + 1)], [])


def test_a_settlement_survives_its_storage_and_its_mark_is_its_content() -> None:
    assert Settlement.parse(SETTLEMENT.dump()) == SETTLEMENT
    assert replace(SETTLEMENT, body=SETTLEMENT.body + "。").mark != SETTLEMENT.mark


def test_the_lights_follow_the_published_hours(clock: Any) -> None:
    rules, began = shipped(), clock.moment
    assert [(light.hours, bool(light.source)) for light in rules.clocks] == [(5, True), (24, True), (48, True)]

    def lamps(hours: float, *, word: float | None = None, end: float | None = None) -> Sequence[str]:
        at = {
            name: None if value is None else began + timedelta(hours=value) for name, value in (("w", word), ("e", end))
        }
        found = lights(
            rules, first_at=began, first_word_at=at["w"], closed_at=at["e"], now=began + timedelta(hours=hours)
        )
        return [*(str(light.lamp) for light in found), worst(found)]

    assert lamps(1) == ["green", "green", "green", "green"]
    assert lamps(4.5) == ["amber", "green", "green", "amber"]
    assert lamps(6) == ["red", "green", "green", "red"]
    assert lamps(30, word=2) == ["kept", "red", "green", "red"]
    assert lamps(30, word=6) == ["missed", "red", "green", "red"]
    assert lamps(90, end=3) == ["kept", "kept", "kept", "kept"]
    assert lamps(90, word=1, end=50) == ["kept", "missed", "missed", "kept"]
    words = [
        light.words
        for light in lights(rules, first_at=began, first_word_at=None, closed_at=None, now=began + timedelta(hours=6))
    ]
    assert words == ["已超 1 小时", "还剩 18 小时", "还剩 42 小时"]

"""An embargo names its readers; for everybody else the text is in no list, on no page and behind no address, until its
release lifts it. Walked over the whole table of routes, so that a new page is asked too."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.records import AuditRecord
from audit.trail import Trail
from console.show_links import ShowLinks
from console.veil import Veil
from disclosures.catalogue import seed
from disclosures.embargo import CONCEALED, Embargo, embargo_of, hidden_from
from disclosures.embargo_records import EmbargoReader
from disclosures.errors import NotPermitted
from disclosures.records import Category, Disclosure, Unit
from publishers.incidents import ALARM
from publishers.records import Delivery, Incident
from tests.console.test_a_disclosure_goes_its_whole_way_on_the_screen import PNG, fields, signed_in
from tests.console.test_every_page_asks_who_and_whether_he_may import table

TITLE = "关于东湖片区征收补偿方案的通告"
OUTSIDERS = {
    "nigao2": "drafter", "chushen2": "first_reviewer", "fabu2": "publisher", "zhuren": "officer", "shenji": "auditor",
}  # fmt: skip
FAMILY = re.compile(r"^/(console|api/v1)/(disclosures|releases|deliveries|files)/\{(id|sha256)")


@pytest.fixture
async def kept(house: Any, browser: Any) -> dict[str, str]:
    """A text under embargo, approved and planned, with a picture of its own: the addresses' parts."""
    for name, role in OUTSIDERS.items():
        await house.staff(name, role)
    file = await house.files.put(PNG, "map.png", "image/png", by=house.people["nigao"].actor, title="图")
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/disclosures/new")
    body = f"征收范围见图。\n\n![范围图]({file.path})"
    assert await drafter.post("/console/disclosures", fields(title=TITLE, body=body)) == 200
    number = int(drafter.text.split('data-disclosure="', 1)[1].split('"', 1)[0])
    named = [("reader", str(house.people[name].account_id)) for name in ("chushen", "fushen", "zhongshen", "fabu")]
    assert await drafter.post(f"/console/disclosures/{number}/embargo", named) == 200
    assert "已设为保密" in drafter.text
    await drafter.post(f"/console/disclosures/{number}/submit", {"declared": "yes"})
    for name in ("chushen", "fushen", "zhongshen"):
        reviewer = await signed_in(browser, name)
        await reviewer.get("/console/")
        assert TITLE in reviewer.text, "a named reviewer finds his work"
        await reviewer.get(f"/console/disclosures/{number}")
        seen = reviewer.text.split('name="content_hash" value="', 1)[1].split('"', 1)[0]
        assert await reviewer.post(f"/console/disclosures/{number}/approve", {"content_hash": seen}) == 200
    publisher = await signed_in(browser, "fabu")
    await publisher.get(f"/console/disclosures/{number}")
    form = [("when", "later"), ("at", "2026-11-24T09:00"), ("channels", "portal"), ("channels", "weibo")]
    assert await publisher.post(f"/console/disclosures/{number}/schedule", form) == 200
    delivery = await Delivery.filter(disclosure_id=number).first()
    assert delivery is not None
    await Incident.create(
        kind="overdue", severity=ALARM, key="overdue:1", open_key="overdue:1", message=f"《{TITLE}》到期未发",
        raised_at=house.clock.moment, seen_at=house.clock.moment,
    )  # fmt: skip
    return {
        "disclosures": str(number), "releases": str(delivery.release_id), "deliveries": str(delivery.id),
        "files": file.sha256,
    }  # fmt: skip


def address(where: str, kept: dict[str, str]) -> str:
    family = FAMILY.match(where)
    if family:
        where = where.replace("{" + family[3] + "}", kept[family[2]], 1)
    return re.sub(r"\{(\w+)[^/]*\}", "1", where)


async def test_for_whoever_is_not_named_it_is_nowhere(house: Any, browser: Any, call: Any, kept: Any) -> None:
    walked = 0
    for name in OUTSIDERS:
        outsider = await signed_in(browser, name)
        for method, where, verbs in table(house):
            if not verbs or not any(house.people[name].may(verb) for verb in verbs):
                continue
            path, about = address(where, kept), FAMILY.match(where) is not None
            if where.startswith("/api/"):
                answer = await call(name)(method, path.removeprefix("/api/v1"), {} if method != "GET" else None)
                status, text = answer.status, str(answer.body)
            elif method == "GET":
                status, text = await outsider.get(path), outsider.text
            elif about:
                await outsider.get("/console/")
                status, text = await outsider.post(path), outsider.text
            else:
                continue
            walked += 1
            assert TITLE not in text, (name, method, where)
            assert not about or status == 404, (name, method, where, status)
        await outsider.get("/console/disclosures?q=东湖")
        assert TITLE not in outsider.text
    assert walked > 150


async def test_where_a_place_is_taken_it_is_named_without_its_title(browser: Any, kept: Any) -> None:
    outsider = await signed_in(browser, "fabu2")
    await outsider.get("/console/incidents")
    assert f"《{CONCEALED}》到期未发" in outsider.text
    insider = await signed_in(browser, "fabu")
    await insider.get("/console/incidents")
    assert f"《{TITLE}》到期未发" in insider.text


async def test_a_program_cannot_plan_what_its_account_may_not_see(call: Any, kept: Any) -> None:
    body = {"disclosure": int(kept["disclosures"]), "at": "now", "channels": ["portal"]}
    assert (await call("fabu2")("POST", "/releases", body)).status == 404
    assert (await call("nigao2")("GET", "/disclosures")).body["total"] == 0
    assert (await call("nigao")("GET", "/disclosures")).body["total"] == 1


async def test_the_release_lifts_it_by_itself(house: Any, browser: Any, kept: Any) -> None:
    assert await hidden_from(house.people["nigao2"].account_id) == {int(kept["disclosures"])}
    house.clock.advance(2 * 86400)
    outsider = await signed_in(browser, "nigao2")
    number = kept["disclosures"]
    publisher = await signed_in(browser, "fabu")
    await publisher.get(f"/console/disclosures/{number}")
    assert "发布后自动解除" in publisher.text
    await house.dispatcher.settle_down()
    held = await Delivery.filter(disclosure_id=int(number), channel="portal").first()
    assert held is not None
    if held.state == "held":
        await house.decisions.decide(house.people["fabu"], held.id, "publish_late", reason="补发")
        await house.dispatcher.settle_down()
    assert (await Disclosure.get(id=int(number))).embargoed_at is None
    assert await outsider.get(f"/console/disclosures/{number}") == 200
    assert TITLE in outsider.text


async def test_the_author_may_end_it_and_the_names_are_in_the_trail(browser: Any, house: Any, kept: Any) -> None:
    number = kept["disclosures"]
    drafter = await signed_in(browser, "nigao")
    await drafter.get(f"/console/disclosures/{number}")
    assert await drafter.post(f"/console/disclosures/{number}/embargo/lift") == 200
    assert await EmbargoReader.all().count() == 0
    outsider = await signed_in(browser, "nigao2")
    assert await outsider.get(f"/console/disclosures/{number}") == 200
    record = await AuditRecord.get(verb="disclosure.embargoed")
    assert set(record.detail["readers"]) == {"王初审", "赵复审", "孙终审", "周发布"}
    assert "解除保密" in outsider.text


async def test_a_step_that_nobody_named_can_do_is_said(browser: Any, house: Any) -> None:
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/disclosures/new")
    await drafter.post("/console/disclosures", fields(title=TITLE))
    number = drafter.text.split('data-disclosure="', 1)[1].split('"', 1)[0]
    named = [("reader", str(house.people["chushen"].account_id)), ("reader", "0"), ("reader", "x")]
    await drafter.post(f"/console/disclosures/{number}/embargo", named)
    assert "名单里没有能复审、终审、发布的人" in drafter.text


async def test_a_picture_that_a_visible_text_uses_stays_visible(browser: Any, house: Any, kept: Any) -> None:
    veil = await Veil.of(house.people["nigao2"])
    assert await veil._covers(f"/console/files/{kept['files']}/p")
    drafter = await signed_in(browser, "nigao2")
    await drafter.get("/console/disclosures/new")
    file = await house.files.find(kept["files"])
    await drafter.post("/console/disclosures", fields(title="另一篇", body=f"![图]({file.path})"))
    assert not await veil._covers(f"/console/files/{kept['files']}/p")


async def test_the_names_are_kept_on_both_databases(any_database: str, clock: Any) -> None:
    async with in_transaction() as connection:
        await seed(connection)
    unit, category = await Unit.all().first(), await Category.all().first()
    row = await Disclosure.create(
        state="draft", title=TITLE, unit=unit, category=category, index_number="1", current_revision=1, author_id=1,
        author_name="甲", created_at=clock.moment, updated_at=clock.moment,
    )  # fmt: skip
    person: Any = SimpleNamespace(
        account_id=1, display_name="甲", actor=Actor.machine("测试"), may=lambda verb: verb == "disclosure.show"
    )
    embargo = Embargo(clock=clock, trail=Trail())
    await embargo.put(person, row.id, {2: "乙", 3: "丙"})
    assert [await hidden_from(account) for account in (1, 2, 3, 4)] == [set(), set(), set(), {row.id}]
    await embargo.put(person, row.id, {2: "乙"})
    assert await hidden_from(3) == {row.id}
    assert (await embargo_of(row.id)).readers == {2: "乙"}
    await embargo.lift(person, row.id)
    assert await hidden_from(4) == set()
    person.may = lambda verb: False
    with pytest.raises(NotPermitted):
        await embargo.put(person, row.id, {})


async def test_a_link_of_somebody_who_is_not_named_dies_with_the_embargo(house: Any, browser: Any) -> None:
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/disclosures/new")
    await drafter.post("/console/disclosures", fields(title=TITLE))
    links = ShowLinks(clock=house.clock, trail=house.trail)
    sheet = await house.desk.sheet(1)
    _, by_publisher = await links.make(house.people["fabu"], sheet, viewer="李局长", hours=2)
    _, by_author = await links.make(house.people["nigao"], sheet, viewer="王局长", hours=2)
    assert await links.open(by_publisher)
    await drafter.get("/console/disclosures/1")
    assert await drafter.post("/console/disclosures/1/embargo", []) == 200
    assert await links.open(by_publisher) is None
    assert await links.open(by_author)

"""The link for a reader without an account: what it shows, to whom, until when, and what it never tells."""

import json
import logging
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import ClientSession
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.records import AuditRecord
from audit.trail import Trail
from console.show_links import ShowLinks
from console.show_pages import MOST_VIEWS, named
from console.show_records import ShowLink, ShowRemark
from disclosures.catalogue import seed
from disclosures.states import State
from gateway.logs import JsonLine
from staff.accounts import Accounts
from staff.passwords import Passwords
from tests.console.conftest import DOMAIN, draft
from tests.console.test_a_disclosure_goes_its_whole_way_on_the_screen import (
    PNG,
    approved,
    fields,
    signed_in,
    written,
)

GONE = "这个链接不存在、已过期、已作废，或者这篇文字已经发布。"


class Stranger:
    """A browser without an account."""

    def __init__(self, session: ClientSession, base: str) -> None:
        self.session, self.base = session, base

    async def get(self, path: str) -> int:
        async with self.session.get(self.base + path) as answer:
            self.headers, self.raw = answer.headers, await answer.read()
            self.text = self.raw.decode(errors="replace")
            return answer.status

    async def read(self, path: str) -> int:
        return await self.get(f"{path}?read=1")

    async def post(self, path: str, data: dict[str, str]) -> int:
        # A page without referrer sends the origin “null”.
        async with self.session.post(self.base + path, data=data, headers={"Origin": "null"}) as answer:
            self.text = await answer.text()
            return answer.status


@pytest.fixture
async def stranger(base: str) -> Any:
    async with ClientSession() as session:
        yield Stranger(session, base)


async def link_for(browser: Any, number: int, *, who: str = "nigao", viewer: str = "李局长", hours: str = "48") -> str:
    maker = await signed_in(browser, who)
    await maker.get(f"/console/disclosures/{number}")
    form = {"viewer": viewer, "hours": hours}
    assert await maker.post(f"/console/disclosures/{number}/show-links", form) == 200
    path = maker.text.split('id="address" value="', 1)[1].split('"', 1)[0]
    return str(path[path.index("/show/") :])


async def test_the_viewer_sees_every_channel_under_his_name_and_nothing_may_keep_it(
    browser: Any, stranger: Any
) -> None:
    _, number = await written(browser)
    path = await link_for(browser, number)
    assert await stranger.read(path) == 200
    for kept in ("每户300元", "读者所见", "网页链接", "供李局长审阅"):
        assert kept in stranger.text
    assert stranger.text.count("供李局长审阅 2026-11-23 09:30 未公开") > 6, "in the overlay, in the frames, in the text"
    assert stranger.headers["Cache-Control"] == "no-store"
    assert stranger.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in stranger.headers["X-Robots-Tag"]
    assert "/console/disclosures" not in stranger.text, "no way into the house"
    assert "<style" not in stranger.text
    assert (await ShowLink.get(id=1)).views == 1
    seen = await AuditRecord.get(verb="show.viewed")
    assert (seen.actor_name, seen.detail["address"]) == ("李局长（送阅链接）", "127.0.0.1")


async def test_whoever_only_fetches_the_address_reads_nothing(browser: Any, stranger: Any) -> None:
    """A messenger makes a card of a link that is sent with it, and keeps what it read."""
    _, number = await written(browser)
    path = await link_for(browser, number)
    assert await stranger.get(path) == 200
    assert "供暖补贴" not in stranger.text
    assert "供李局长审阅" in stranger.text
    assert (await ShowLink.get(id=1)).views == 0
    assert stranger.headers["Cache-Control"] == "no-store"


async def test_only_the_hash_of_the_secret_is_kept_and_no_log_tells_it(browser: Any, stranger: Any) -> None:
    drafter, number = await written(browser)
    path = await link_for(browser, number)
    secret = path.removeprefix("/show/")
    assert len(secret) == 43
    row = await ShowLink.get(id=1)
    assert secret not in str([row.secret_hash, row.viewer])
    assert not [r for r in await AuditRecord.all() if secret in json.dumps(r.detail)]
    await drafter.get(f"/console/disclosures/{number}")
    assert secret not in drafter.text, "shown once"
    record = logging.LogRecord("x", logging.ERROR, "", 0, "request failed, GET %s", (f"{path}/files/a/b",), None)
    assert secret not in JsonLine().format(record)
    assert "/show/…/files/a/b" in json.loads(JsonLine().format(record))["event"]


async def test_every_dead_link_gets_the_same_page(
    browser: Any, stranger: Any, house: Any, clock: Any
) -> None:  # fmt: skip
    drafter, number = await written(browser)
    expired, revoked = await link_for(browser, number, hours="24"), await link_for(browser, number, viewer="王局长")
    await drafter.get(f"/console/disclosures/{number}")
    assert await drafter.post(f"/console/disclosures/{number}/show-links/2/revoke") == 200
    assert "链接已作废" in drafter.text
    clock.advance(timedelta(hours=24).total_seconds())
    answers = set()
    for path in (expired, revoked, "/show/" + "x" * 43, "/show/short", "/show/" + "长" * 60):
        assert await stranger.read(path) == 404
        headers = {name: value for name, value in stranger.headers.items() if name != "Date"}
        answers.add((stranger.raw, tuple(sorted(headers.items()))))
    assert len(answers) == 1
    assert GONE in stranger.text
    assert (await ShowLink.get(id=1)).views == 0


async def test_a_link_dies_at_publication_and_a_correction_does_not_wake_it(
    browser: Any, stranger: Any, house: Any
) -> None:
    number = await approved(browser)
    path = await link_for(browser, number)
    assert await stranger.read(path) == 200
    publisher = await signed_in(browser, "fabu")
    await publisher.get(f"/console/disclosures/{number}")
    form = [("when", "now"), ("channels", "portal")]
    assert await publisher.post(f"/console/disclosures/{number}/schedule", form) == 200
    await house.dispatcher.settle_down()
    assert await stranger.read(path) == 404
    house.clock.advance(60)
    drafter = await signed_in(browser, "nigao")
    await drafter.get(f"/console/disclosures/{number}")
    refused = await drafter.post(f"/console/disclosures/{number}/show-links", {"viewer": "李局长", "hours": "48"})
    assert (refused, "不需要送阅链接" in drafter.text) == (409, True)
    await drafter.get(f"/console/disclosures/{number}/edit")
    assert await drafter.post(f"/console/disclosures/{number}", fields(summary="更正", revision="1")) == 200
    assert await stranger.read(path) == 404, "the old link stays dead"
    assert await stranger.read(await link_for(browser, number, viewer="赵局长")) == 200, (
        "a new one for the correction lives"
    )


async def test_a_link_dies_with_the_account_of_its_maker(browser: Any, stranger: Any, house: Any) -> None:
    _, number = await written(browser)
    path = await link_for(browser, number)
    await house.accounts.disable("nigao", by=house.people["guanli"].actor)
    assert await stranger.read(path) == 404


async def test_a_link_is_bound_to_its_revision_and_says_when_there_is_a_newer_one(browser: Any, stranger: Any) -> None:
    drafter, number = await written(browser)
    path = await link_for(browser, number)
    await drafter.get(f"/console/disclosures/{number}/edit")
    later = fields(body="后来补写的机密段落。", revision="1")
    assert await drafter.post(f"/console/disclosures/{number}", later) == 200
    assert await stranger.read(path) == 200
    assert "后来补写的机密段落" not in stranger.text
    assert "这一稿之后又有修改" in stranger.text


async def test_only_the_files_of_that_text_come_with_it(browser: Any, stranger: Any, house: Any) -> None:
    person = house.people["nigao"].actor
    ours = await house.files.put(PNG, "map.png", "image/png", by=person, title="图")
    other = await house.files.put("姓名,金额\n张某,300\n".encode(), "名单.csv", "text/csv", by=person, title="名单")
    _, number = await written(browser, body=f"见图。\n\n![图]({ours.path})")
    path = await link_for(browser, number)
    assert await stranger.read(path) == 200
    assert f'src="{path}/files/{ours.sha256}/' in stranger.text
    assert await stranger.get(f"{path}/files/{ours.sha256}/p") == 200
    assert stranger.raw == await house.files.load(ours.sha256)
    assert stranger.headers["Cache-Control"] == "no-store"
    assert await stranger.get(f"{path}/files/{other.sha256}/p") == 404
    assert await stranger.get(f"/show/{'x' * 43}/files/{ours.sha256}/p") == 404


async def test_a_remark_reaches_the_desk_as_a_remark_and_signs_nothing(browser: Any, stranger: Any) -> None:
    drafter, number = await written(browser)
    await drafter.post(f"/console/disclosures/{number}/submit", {"declared": "yes"})
    path = await link_for(browser, number)
    assert await stranger.post(f"{path}/remark", {"text": " "}) == 422
    assert "意见还是空的" in stranger.text
    assert await stranger.post(f"{path}/remark", {"text": "长" * 1001}) == 422
    assert "长" * 1001 in stranger.text, "nothing typed is lost"
    assert await stranger.post(f"{path}/remark", {"text": "<b>金额</b>请再核对"}) == 200
    assert "&lt;b&gt;金额&lt;/b&gt;请再核对" in stranger.text
    reviewer = await signed_in(browser, "chushen")
    await reviewer.get(f"/console/disclosures/{number}")
    assert "&lt;b&gt;金额&lt;/b&gt;请再核对" in reviewer.text
    assert "不代替审签" in reviewer.text
    assert "对第 1 版提出意见" in reviewer.text
    assert "已送审" in reviewer.text
    assert await stranger.post("/show/" + "x" * 43 + "/remark", {"text": "a"}) == 404
    assert await ShowRemark.all().count() == 1


async def test_what_is_typed_wrong_is_said_beside_the_form(browser: Any, house: Any) -> None:
    drafter, number = await written(browser)
    where = f"/console/disclosures/{number}/show-links"
    for form, said in (
        ({"viewer": "", "hours": "48"}, "请填写送阅对象"),
        ({"viewer": "局" * 31, "hours": "48"}, "不超过 30 字"),
        ({"viewer": "李局长", "hours": "169"}, "最长 7 天"),
        ({"viewer": "李局长", "hours": "-1"}, "最长 7 天"),
    ):
        await drafter.get(f"/console/disclosures/{number}")
        assert await drafter.post(where, form) == 422
        assert said in drafter.text
        assert f'value="{form["viewer"]}"' in drafter.text
    assert await ShowLink.all().count() == 0


async def test_a_flood_is_slowed_down(browser: Any, stranger: Any, clock: Any) -> None:
    for _ in range(MOST_VIEWS):
        assert await stranger.get("/show/" + "x" * 43) == 404
    assert await stranger.get("/show/" + "x" * 43) == 429
    clock.advance(61)
    assert await stranger.get("/show/" + "x" * 43) == 404


async def test_the_links_work_on_both_databases(any_database: str, clock: Any) -> None:
    async with in_transaction() as connection:
        await seed(connection)
    trail = Trail()
    passwords = Passwords(time_cost=1, memory_cost=64, parallelism=1)
    person = await Accounts(clock=clock, trail=trail, passwords=passwords).add(
        "nigao", roles=["drafter"], by=Actor.machine("安装程序")
    )
    links = ShowLinks(clock=clock, trail=trail)
    sheet: Any = SimpleNamespace(id=7, state=State.DRAFT, revision=1, title="t")
    row, secret = await links.make(person, sheet, viewer="李局长", hours=1)
    assert await links.open(secret) is None, "there is no such disclosure"
    await links.viewed(row, address="10.0.0.1")
    await links.remark(row, "好", address="10.0.0.1")
    shown = await links.showing(7, State.DRAFT)
    assert (shown.links[0].views, shown.remarks[0].text, shown.links[0].living) == (1, "好", True)
    await links.revoke(person, 7, row.id)
    await links.revoke(person, 7, row.id)
    assert await AuditRecord.filter(verb="show.revoked").count() == 1
    await trail.verify()
    passwords.close()


def test_the_name_stands_among_the_paragraphs_even_without_style() -> None:
    page = "<html><body class='a'>" + "<p>一</p>" * 13 + "</body></html>"
    marked = named(page, "供<李>审阅")
    assert marked.count("供&lt;李>审阅") == 5, "at the beginning, after every four, at the end"
    assert named("", "x") == ""


async def test_another_system_may_hand_out_and_end_links_too(call: Any, stranger: Any, house: Any) -> None:
    number = (await call("nigao")("POST", "/disclosures", draft())).body["id"]
    made = await call("nigao")("POST", f"/disclosures/{number}/show-links", {"viewer": "李局长", "hours": 2})
    assert made.status == 201
    path = made.body["url"].removeprefix(f"https://{DOMAIN}")
    assert await stranger.read(path) == 200
    assert await stranger.post(f"{path}/remark", {"text": "同意"}) == 200
    listed = (await call("chushen")("GET", f"/disclosures/{number}/show-links")).body
    assert (listed["links"][0]["views"], listed["remarks"][0]["text"]) == (2, "同意")
    assert "url" not in listed["links"][0]
    assert (
        await call("nigao")("POST", f"/disclosures/{number}/show-links", {"viewer": "", "hours": 200})
    ).status == 422
    assert (await call("chushen")("POST", f"/disclosures/{number}/show-links", {"viewer": "甲"})).status == 403
    ended = await call("nigao")("POST", f"/disclosures/{number}/show-links/1/revoke")
    assert ended.body["links"][0]["state"] == "revoked"
    assert await stranger.read(path) == 404


async def test_another_system_may_set_and_end_an_embargo(call: Any, house: Any) -> None:
    number = (await call("nigao")("POST", "/disclosures", draft())).body["id"]
    where = f"/disclosures/{number}/embargo"
    assert (await call("nigao")("POST", where, {"readers": ["niemand"]})).status == 422
    assert (await call("nigao")("POST", where, {"readers": ["chushen"]})).body["readers"] == ["王初审"]
    assert (await call("fushen")("GET", f"/disclosures/{number}")).status == 404
    assert (await call("chushen")("GET", f"/disclosures/{number}")).status == 200
    assert (await call("nigao")("POST", f"{where}/lift", {})).body == {"since": None, "readers": []}
    assert (await call("fushen")("GET", f"/disclosures/{number}")).status == 200

"""C34: every correction stands in the public history with its old words struck through; nothing is left out as minor, and what must
not be shown is not shown, with the reason."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from lxml import html

from audit.records import AuditRecord
from publishers.public_history import PublicChange, public_history
from publishers.records import Delivery, PortalPage

FIRST = "每人每月900元。\n\n咨询电话见文末。"
TITLE = "关于低保标准的通知"
Out = Callable[..., Awaitable[int]]


@pytest.fixture
def out(call: Any, house: Any, clock: Any) -> Out:
    """Writes a text of the one disclosure, has it signed, and lets it out on the portal; gives its release."""

    async def do(body: str, *, wait: bool = False, **changes: Any) -> int:
        text = {"title": TITLE, "body_markdown": body, **changes}
        if not await PortalPage.all().exists():
            await call("nigao")(
                "POST",
                "/disclosures",
                {**text, "department": "区民政局", "category": "通知公告", "formed_on": "2026-11-20"},
            )
        else:
            await call("nigao")("PATCH", "/disclosures/1", text)
        assert (await call("nigao")("POST", "/disclosures/1/submit")).status == 200
        for name in ("chushen", "fushen", "zhongshen"):
            assert (await call(name)("POST", "/disclosures/1/approve")).status == 200
        plan = await call("fabu")("POST", "/releases", {"disclosure": 1, "at": "now", "channels": ["portal"]})
        assert plan.status == 201, plan.body
        if not wait:
            clock.advance(60)
            await house.dispatcher.settle_down()
        return int(plan.body["id"])

    return do


@pytest.fixture
async def public(house: Any) -> AsyncIterator[Callable[[str], Awaitable[tuple[int, str]]]]:
    """What anybody reads at an address of the portal."""
    app = web.Application()
    app.add_routes(house.portal.routes())
    server = TestServer(app)
    await server.start_server()

    async def read(path: str) -> tuple[int, str]:
        async with ClientSession() as session, session.get(server.make_url(path)) as answer:
            return answer.status, await answer.text()

    yield read
    await server.close()


async def history(**how: Any) -> list[PublicChange]:
    return await public_history(await PortalPage.get(disclosure_id=1), **how)


def words(change: PublicChange) -> list[tuple[str, str]]:
    assert change.difference is not None
    return [(str(p.kind), p.text) for part in change.difference.parts if part.change != "same" for p in part.pieces]


async def test_old_and_new_words_stand_beside_one_another(out: Out, public: Any) -> None:
    await out(FIRST)
    assert "新旧文字对照" not in (await public("/d/1"))[1]
    await out(FIRST.replace("900", "1040"))
    await out(FIRST.replace("900", "1040"), title="关于调整低保标准的通知")
    changes = await history()
    assert [change.name for change in changes] == ["更正", "更正", "首次公开"]
    assert words(changes[1]) == [("same", "每人每月"), ("deleted", "900"), ("inserted", "1040"), ("same", "元。")]
    assert changes[0].difference is not None
    assert [field.label for field in changes[0].difference.fields] == ["标题"]
    assert changes[2].difference is None
    assert "/d/1/history" in (await public("/d/1"))[1]
    status, text = await public("/d/1/history")
    page = html.fromstring(text)
    assert status == 200
    assert {each.text_content() for each in page.xpath("//main//li//del")} == {"删去：900"}
    assert {each.text_content() for each in page.xpath("//main//li//ins")} == {"新增：调整", "新增：1040"}
    assert "https://www.example.gov.cn/d/1/history" in (await public("/feed.json"))[1]
    assert (await public("/d/9/history"))[0] == 404


async def test_a_number_of_a_person_is_never_shown_again(out: Out, public: Any) -> None:
    await out(FIRST)
    # It would be objected to before the release; here it came in on the way of an older text.
    first = await Delivery.get(disclosure_id=1)
    first.payload = {**first.payload, "body_html": "<p>每人每月900元。</p><p>联系人张三，13800138000。</p>"}
    await first.save()
    await out(FIRST.replace("900", "1040"))
    [newest, _] = await history()
    assert (newest.difference, newest.silent) == (None, "涉及个人信息")
    text = (await public("/d/1/history"))[1]
    assert ("13800138000" in text, "旧文不显示：涉及个人信息" in text) == (False, True)


async def test_nothing_from_before_a_withdrawal_is_quoted(out: Out, call: Any, public: Any) -> None:
    await out(FIRST)
    await out(FIRST.replace("900", "1040"))
    assert (await call("fabu")("POST", "/disclosures/1/withdraw", {"explanation": "标准有误"})).status == 200
    status, text = await public("/d/1/history")
    assert (status, "标准有误" in text, "1040" in text) == (410, True, False)
    await out(FIRST.replace("900", "1100"))
    await out(FIRST.replace("900", "1200"))
    changes = await history()
    assert [change.name for change in changes] == ["更正", "重新公开", "撤回", "更正", "首次公开"]
    assert ("deleted", "1100") in words(changes[0])
    assert [change.difference for change in changes[1:]] == [None] * 4
    assert changes[3].silent == "撤回以前的文字不再显示"
    text = (await public("/d/1/history"))[1]
    assert ("1040" in text, "1100" in text) == (False, True)


async def test_a_person_hides_old_words_with_a_reason_that_is_public(
    out: Out, public: Any, browser: Any, house: Any, clock: Any
) -> None:
    await out(FIRST.replace("900元", "甲某的900元"))
    release = await out(FIRST, wait=True)
    zhou, home = browser(), "/console/disclosures/1/public-history"
    await zhou.sign_in("fabu")
    await zhou.get(home)
    assert "将要公开的更正" in zhou.text
    assert await zhou.post(f"{home}/hide", {"release": str(release), "reason": "minor"}) == 422
    assert "请选择不再显示旧文的理由" in zhou.text
    assert await zhou.post(f"{home}/hide", {"release": "999", "reason": "personal"}) == 422
    assert await zhou.post(f"{home}/hide", {"release": str(release), "reason": "personal"}) == 200
    assert "公众不再看到这次更正的旧文" in zhou.text
    clock.advance(60)
    await house.dispatcher.settle_down()
    text = (await public("/d/1/history"))[1]
    assert ("旧文不显示：涉及个人信息" in text, "甲某" in text) == (True, False)
    assert (await history())[0].by_person
    await zhou.get(home)
    assert "甲某" in zhou.text, "the staff still see it"
    li = browser()
    await li.sign_in("nigao")
    await li.get(home)
    assert "恢复显示旧文" not in li.text
    assert await li.post(f"{home}/show", {"release": str(release), "csrf": "x"}, token=False) == 403
    assert await zhou.post(f"{home}/show", {"release": str(release)}) == 200
    assert "甲某" in (await public("/d/1/history"))[1]
    assert [row.verb async for row in AuditRecord.filter(verb__startswith="history.").order_by("id")] == [
        "history.hidden", "history.shown",
    ]  # fmt: skip


async def test_rows_that_do_not_match_show_no_words(out: Out) -> None:
    await out(FIRST)
    await out(FIRST.replace("900", "1040"))
    page = await PortalPage.get(disclosure_id=1)
    page.payload = {**page.payload, "history": page.payload["history"][1:]}
    await page.save()
    assert [change.difference for change in await history()] == [None]

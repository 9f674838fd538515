"""今天要办: each person sees his own work, the urgent first, with its due time and the reviewer's remark, and nothing else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from publishers.errors import ChannelRefused
from tests.console.conftest import Browser, House, draft


async def _sections(browser: Callable[[], Browser], name: str) -> tuple[list[str], str]:
    """(keys of the sections in their order, the page)."""
    mine = browser()
    await mine.sign_in(name)
    assert await mine.get("/console/") == 200
    keys = [part.split('"', 1)[0] for part in mine.text.split('aria-labelledby="')[1:]]
    return keys, mine.text


async def _made(call: Any, **changed: Any) -> int:
    return int((await call("nigao")("POST", "/disclosures", draft(**changed))).body["id"])


async def test_whoever_has_nothing_to_do_is_told_so(browser: Callable[[], Browser], house: House) -> None:
    for name in ("nigao", "chushen", "fabu", "guanli"):
        keys, page = await _sections(browser, name)
        assert keys == []
        assert "没有需要您办理的事项" in page


async def test_a_rejected_text_comes_back_with_its_remark(browser: Callable[[], Browser], call: Any) -> None:
    number = await _made(call)
    await call("nigao")("POST", f"/disclosures/{number}/submit")
    keys, page = await _sections(browser, "chushen")
    assert keys == ["to-review"]
    assert "去审核" in page
    assert (await _sections(browser, "fushen"))[0] == [], "it is not his turn yet"
    await call("chushen")("POST", f"/disclosures/{number}/reject", {"remark": "第三段的金额请核对"})
    keys, page = await _sections(browser, "nigao")
    assert keys == ["returned"]
    assert "王初审：第三段的金额请核对" in page
    await call("nigao")("POST", f"/disclosures/{number}/submit")
    assert (await _sections(browser, "nigao"))[0] == [], "it was answered and waits for others"


async def test_a_draft_whose_day_is_near_says_so(browser: Callable[[], Browser], call: Any, clock: Any) -> None:
    await _made(call, formed_on="2026-11-20")
    _, page = await _sections(browser, "nigao")
    assert "公开期限" not in page, "ten working days are left"
    clock.advance(timedelta(days=9).total_seconds())
    _, page = await _sections(browser, "nigao")
    assert "公开期限 12月04日，还剩 2 个工作日" in page
    clock.advance(timedelta(days=2).total_seconds())
    assert "公开期限就在今天" in (await _sections(browser, "nigao"))[1]
    clock.advance(timedelta(days=1).total_seconds())
    _, page = await _sections(browser, "nigao")
    assert "公开期限 12月04日，已过" in page
    assert "1 件紧急" in page


async def test_the_urgent_comes_first(browser: Callable[[], Browser], call: Any, house: House) -> None:
    for title in ("待安排的通知", "待处理的通知"):
        number = await _made(call, title=title)
        await call("nigao")("POST", f"/disclosures/{number}/submit")
        for name in ("chushen", "fushen", "zhongshen"):
            await call(name)("POST", f"/disclosures/{number}/approve")
    house.wechat.outcome = ChannelRefused("接口权限不足", remedy="请在公众平台确认已认证")
    await call("fabu")("POST", "/releases", {"disclosure": 2, "at": "now", "channels": ["portal", "wechat"]})
    await house.dispatcher.settle_down()
    keys, page = await _sections(browser, "fabu")
    assert keys == ["troubles", "to-schedule"]
    assert page.index("待处理的通知") < page.index("待安排的通知")


async def test_what_goes_out_today_stands_beside_and_is_no_task(
    browser: Callable[[], Browser], call: Any, clock: Any
) -> None:
    number = await _made(call)
    await call("nigao")("POST", f"/disclosures/{number}/submit")
    for name in ("chushen", "fushen", "zhongshen"):
        await call(name)("POST", f"/disclosures/{number}/approve")
    at = (clock.moment + timedelta(hours=3)).isoformat()
    await call("fabu")("POST", "/releases", {"disclosure": number, "at": at, "channels": ["portal", "weibo"]})
    keys, page = await _sections(browser, "fabu")
    assert keys == ["planned"]
    assert "今天定时发布" in page
    assert "门户、微博" in page
    assert (await _sections(browser, "nigao"))[0] == []

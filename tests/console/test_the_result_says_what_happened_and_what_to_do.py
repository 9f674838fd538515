"""The result, channel by channel: done, failed with its cause, or in doubt; the one next action; the proof; and a corrected text
and its correction know each other."""

from collections.abc import Callable
from typing import Any

from publishers.errors import ChannelRefused, OutcomeUnknown
from publishers.readback import Proof
from publishers.records import Delivery
from tests.console.conftest import Browser, House, draft


async def _released(house: House, call: Any, number: int) -> int:
    assert (await call("nigao")("POST", f"/disclosures/{number}/submit")).status == 200
    for name in ("chushen", "fushen", "zhongshen"):
        assert (await call(name)("POST", f"/disclosures/{number}/approve")).status == 200
    plan = {"disclosure": number, "at": "now", "channels": ["portal", "wechat", "weibo"]}
    made = await call("fabu")("POST", "/releases", plan)
    assert made.status == 201, made.body
    await house.dispatcher.settle_down()
    return int(made.body["id"])


def _row(page: str, channel: str) -> str:
    """What the page says of one channel."""
    return page.split(f'data-channel="{channel}"', 1)[1].split("</li>", 1)[0]


async def _page(browser: Callable[[], Browser], path: str, name: str = "fabu") -> str:
    mine = browser()
    await mine.sign_in(name)
    assert await mine.get(path) == 200
    return mine.text


async def test_a_part_that_failed_is_said_with_its_cause_and_its_action(
    house: House, call: Any, browser: Callable[[], Browser]
) -> None:
    house.wechat.outcome = ChannelRefused("接口权限不足", remedy="请在公众平台确认已认证")
    house.weibo.outcome = OutcomeUnknown("微博没有答复")
    number = (await call("nigao")("POST", "/disclosures", draft())).body["id"]
    release = await _released(house, call, number)
    rows = {row.channel: row.id for row in await Delivery.all()}
    page = await _page(browser, f"/console/disclosures/{number}")
    assert "部分渠道已发布" in page
    for mark in ("门户✔", "微信✘", "微博？"):
        assert mark in page
    assert "等待核对" in _row(page, "portal")
    assert "接口权限不足。 请在公众平台确认已认证。" in _row(page, "wechat")
    assert f'href="/console/releases/{release}#decide-{rows["wechat"]}">改正后重试' in _row(page, "wechat")
    assert f'href="/console/deliveries/{rows["weibo"]}">去核实' in _row(page, "weibo")
    assert _row(page, "portal").count('class="button') == 0, "nothing to do where all is well"
    there = await _page(browser, f"/console/releases/{release}")
    assert f'id="decide-{rows["wechat"]}"' in there, "the action leads to its form"
    only_looking = await _page(browser, f"/console/releases/{release}", "nigao")
    assert "等待有权的同志处理" in only_looking


async def test_a_proof_stands_beside_its_channel(house: House, call: Any, browser: Callable[[], Browser]) -> None:
    number = (await call("nigao")("POST", "/disclosures", draft())).body["id"]
    release = await _released(house, call, number)
    for channel, proof in (("portal", Proof.SAME), ("wechat", Proof.DIFFERENT), ("weibo", Proof.UNREADABLE)):
        await Delivery.filter(channel=channel).update(proof=proof)
    wechat = await Delivery.get(channel="wechat")
    page = await _page(browser, f"/console/disclosures/{number}")
    assert "核对一致" in _row(page, "portal")
    assert "与审核通过的不一致" in _row(page, "wechat")
    assert f'href="/console/releases/{release}#proof-{wechat.id}">核对差异' in _row(page, "wechat")
    assert "暂时读取不到" in _row(page, "weibo")


async def test_a_corrected_text_and_its_correction_know_each_other(
    house: House, call: Any, browser: Callable[[], Browser]
) -> None:
    number = (await call("nigao")("POST", "/disclosures", draft())).body["id"]
    old = await _released(house, call, number)
    await call("nigao")(
        "PATCH",
        f"/disclosures/{number}",
        {
            "title": "【更正】关于发放2026年冬季供暖补贴的通知",
            "body_markdown": "每户350元。",
            "channels": {"wechat": {"digest": "每户350元"}, "weibo": {"text": "【更正】供暖补贴每户350元。"}},
        },
    )
    new = await _released(house, call, number)
    before = await _page(browser, f"/console/releases/{old}")
    assert f'以更正后的为准：<a href="/console/releases/{new}">计划 {new}</a>' in before
    assert "已由更正替代" in before
    after = await _page(browser, f"/console/releases/{new}")
    assert f'更正了此前的内容：<a href="/console/releases/{old}">计划 {old}</a>' in after
    assert "以更正后的为准" not in after


async def test_the_timeline_goes_by_days_and_tells_people_from_the_machine(
    house: House, call: Any, clock: Any, browser: Callable[[], Browser]
) -> None:
    number = (await call("nigao")("POST", "/disclosures", draft())).body["id"]
    clock.advance(24 * 3600)
    await _released(house, call, number)
    page = await _page(browser, f"/console/disclosures/{number}")
    acts = page.split('id="timeline"', 1)[1]
    assert acts.index("2026-11-24") < acts.index("2026-11-23"), "the newest day first"
    assert '<li class="people"><time' in acts
    assert '<li class="machine"><time' in acts
    first_day = acts.split("2026-11-23", 1)[1]
    assert "起草，索引号" in first_day
    assert 'class="day only-people"' in acts
    for choice in ("全部", "人员办理", "系统处理"):
        assert choice in acts

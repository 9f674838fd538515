"""Each thing that fails at the moment of sending is found before, and its remedy is named (features P23)."""

from datetime import timedelta
from typing import Any

import aiohttp

from publishers.port import ChannelName, Severity
from publishers.portal.readiness import public_readiness, push_readiness

TOMORROW = timedelta(hours=20)


async def probe(house: Any, name: str) -> tuple[Any, ...]:
    found = await house.product.readiness.channels_now(seconds=5)
    return tuple(found[ChannelName(name)])


async def test_a_house_in_order_has_no_findings(house: Any) -> None:
    await house.release("关于冬季防火的通告", after=TOMORROW)
    assert await house.product.readiness.channels_now(seconds=5) == {
        ChannelName.PORTAL: (), ChannelName.WECHAT: (), ChannelName.WEIBO: (),
    }  # fmt: skip


async def test_the_address_that_is_not_on_the_list_is_named(house: Any) -> None:
    await house.profile(ip_whitelist=["203.0.113.7"])
    (problem,) = await probe(house, "wechat")
    assert problem.severity is Severity.BLOCK
    assert "127.0.0.1" in problem.message
    assert "40164" in problem.message
    assert "127.0.0.1" in problem.remedy
    assert "白名单" in problem.remedy


async def test_a_kept_token_does_not_hide_a_dead_secret(house: Any) -> None:
    """The token in the store lives on for two hours; the AppSecret behind it is asked about all the same."""
    assert await probe(house, "wechat") == ()
    await house.profile(wechat_secret="x" * 32)
    (problem,) = await probe(house, "wechat")
    assert (problem.field, problem.severity) == ("wechat.token", Severity.BLOCK)
    assert "AppSecret" in problem.remedy


async def test_an_account_without_the_right_to_publish_is_told(house: Any) -> None:
    await house.profile(account_kind="uncertified")
    (problem,) = await probe(house, "wechat")
    assert (problem.field, problem.severity) == ("wechat.right", Severity.BLOCK)
    assert "认证" in problem.remedy


async def test_the_day_quota_is_read_and_compared_with_the_plan(house: Any) -> None:
    await house.profile(daily_limits={"/cgi-bin/freepublish/submit": 2})
    for number in range(2):
        await house.release(f"关于停水的通知（{number}）", after=TOMORROW)
    assert await probe(house, "wechat") == ()
    await house.release("关于停电的通知", after=TOMORROW)
    (problem,) = await probe(house, "wechat")
    assert problem.severity is Severity.BLOCK
    assert "“发布”接口" in problem.message
    assert "2 次" in problem.message
    assert "clear_quota" in problem.remedy


async def test_what_is_left_of_today_counts_for_today(house: Any) -> None:
    await house.profile(daily_limits={"/cgi-bin/draft/add": 0})
    await house.release("关于道路施工的通告", after=timedelta(hours=2))
    (problem,) = await probe(house, "wechat")
    assert "今天只能再调用 0 次" in problem.message


async def test_a_quota_that_the_platform_does_not_tell_is_no_finding(house: Any) -> None:
    await house.release("关于道路施工的通告", after=TOMORROW)
    for code in (76021, 76022):
        await house.control("POST", "faults", {
            "kind": "errcode", "platform": "wechat", "path": "/cgi-bin/openapi/quota/get", "count": 4, "errcode": code,
        })  # fmt: skip
        assert await probe(house, "wechat") == ()


async def test_a_weibo_token_that_ends_before_the_slot_is_told(house: Any) -> None:
    await house.control("POST", "weibo/token", {"death": "expired"})
    (problem,) = await probe(house, "weibo")
    assert problem.severity is Severity.BLOCK
    assert "重新授权" in problem.remedy


async def test_a_weibo_hour_that_is_too_full_is_told(house: Any) -> None:
    await house.weibo(posts_per_hour=1)
    await house.release("关于冬季防火的通告", after=TOMORROW)
    assert await probe(house, "weibo") == ()
    await house.release("关于冬季防冻的通告", after=TOMORROW)
    (problem,) = await probe(house, "weibo")
    assert "安排了 2 条微博，该小时只能再发 1 条" in problem.message


async def test_a_platform_that_cannot_be_reached_is_a_finding_and_no_fault(house: Any) -> None:
    await house.control("POST", "faults", {"kind": "reset_before", "platform": "wechat", "path": "*", "count": 9})
    (problem,) = await probe(house, "wechat")
    assert problem.severity is Severity.WARN
    assert problem.remedy


async def test_the_portal_is_looked_at_as_a_citizen_sees_it(house: Any) -> None:
    assert await public_readiness(house.http, house.settings.public_url) == ()
    (problem,) = await public_readiness(house.http, "http://127.0.0.1:9")
    assert "打不开" in problem.message


async def test_a_pushed_portal_must_know_our_signature() -> None:
    async def refused() -> tuple[int, dict[str, Any]]:
        return 401, {}

    async def unknown() -> tuple[int, dict[str, Any]]:
        return 404, {"unknown": "tag:example,2026:0"}

    async def not_found() -> tuple[int, dict[str, Any]]:
        return 404, {}

    (problem,) = await push_readiness(refused)
    assert "密钥" in problem.remedy
    assert await push_readiness(unknown) == ()
    (problem,) = await push_readiness(not_found)
    assert "接收地址" in problem.remedy


async def test_a_probe_sends_nothing(house: Any) -> None:
    await house.release("关于冬季防火的通告", after=TOMORROW, mass=True)
    await house.product.readiness.sweep()
    effects = await house.control("GET", "effects")
    assert not any(effects[kind] for kind in effects if isinstance(effects[kind], list)), effects


def test_the_session_of_a_probe_has_a_limit() -> None:
    from publishers.portal.readiness import TIMEOUT

    assert isinstance(TIMEOUT, aiohttp.ClientTimeout)
    assert TIMEOUT.total == 5

"""节点: an operator sees which processes run, which one is on duty, who speaks for the accounts, and whether work piles up."""

from typing import Any

from publishers.records import Delivery, PlatformToken
from scheduler.nodes import Nodes
from scheduler.records import AccountHold, Duty
from tests.console.test_a_disclosure_goes_its_whole_way_on_the_screen import signed_in
from tests.console.test_a_release_is_moved_and_sent_late_by_its_people import planned


async def shown(clock: Any, name: str, kind: str, *, listening: bool | None = True) -> None:
    """A node gives a sign of life."""
    detail = {"host": name.split(":")[0], "version": "0.1.0", "listening": listening, "secret": "s3cret"}
    await Nodes(clock=clock, name=name, kind=kind, detail=lambda: detail).show()


async def test_the_living_and_the_silent_are_told_apart(browser: Any, clock: Any) -> None:
    await shown(clock, "web1:11:aa", "serve")
    clock.advance(60)
    await shown(clock, "web2:12:bb", "serve")
    await shown(clock, "work1:13:cc", "worker", listening=False)
    await Duty.create(name="alarm", owner="web2:12:bb", fence=4, lease_until=clock.moment.replace(microsecond=500000))
    operator = await signed_in(browser, "guanli")
    assert await operator.get("/console/nodes") == 200
    assert "2 个节点正在运行，没有积压" in operator.text
    assert operator.text.count("没有回音</span>") == 1
    assert 'data-node="web1:11:aa" data-alive="no"' in operator.text
    on_duty = operator.text.split('data-node="web2:12:bb"', 1)[1].split("</tr>", 1)[0]
    assert "值班" in on_duty
    assert "收不到即时通知" in operator.text.split('data-node="work1:13:cc"', 1)[1].split("</tr>", 1)[0]
    assert "s3cret" not in operator.text, "what a node proves itself with is nobody's business"


async def test_the_accounts_and_their_tokens_are_shown_without_their_secrets(browser: Any, clock: Any) -> None:
    now = clock.moment
    await AccountHold.create(
        account="wechat:wx12@api.weixin.qq.com", deployment="0123456789abcdef", epoch=3, held_at=now, seen_at=now
    )
    await AccountHold.create(account="weibo:77@api.weibo.com", deployment="0123456789abcdef", held_at=now, seen_at=now)
    await PlatformToken.create(account="wechat:wx12", token="gAAAA-sealed", expires_at=now)
    operator = await signed_in(browser, "guanli")
    await operator.get("/console/nodes")
    for said in ("wx12", "01234567", "各节点共用，有效至 2026-11-23 09:30", "微博"):
        assert said in operator.text
    assert "gAAAA" not in operator.text
    assert "没有正在运行的发布进程" in operator.text, "no node has shown itself here"


async def test_work_that_piles_up_is_said_first(browser: Any, clock: Any) -> None:
    await planned(browser, "portal")
    row = await Delivery.get()
    clock.moment = row.due_at
    clock.advance(300)
    await shown(clock, "web1:11:aa", "serve")
    operator = await signed_in(browser, "guanli")
    await operator.get("/console/nodes")
    assert "有到期的内容等了 5 分钟还没有处理" in operator.text


async def test_only_those_who_look_after_the_system_see_it(browser: Any) -> None:
    publisher = await signed_in(browser, "fabu")
    assert await publisher.get("/console/nodes") == 403
    await publisher.get("/console/")
    assert 'href="/console/nodes"' not in publisher.text

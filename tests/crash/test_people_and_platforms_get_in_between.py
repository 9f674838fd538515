"""Rows 16 to 19: a cancellation in the last moment, a dead token, a spent quota, an outage of six hours."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from publishers.decisions import Decisions
from publishers.errors import NotReleasable
from publishers.records import Delivery
from publishers.states import State
from publishers.wechat.outcomes import SHANGHAI

SUBMIT = "/cgi-bin/freepublish/submit"


@pytest.mark.row(16)
async def test_a_cancellation_before_the_intent_wins(scene: Any) -> None:
    number = await scene.release("weibo")
    worker = await scene.start(at="before_intent=stop")
    await worker.stopped()
    release = (await scene.row(number)).release_id
    assert await scene.product.timetable.cancel(await scene.person(), release) == 1
    worker.go_on()
    await worker.says("lease lost")
    assert (await scene.row(number)).state == State.CANCELLED
    assert await scene.effects("weibo") == []
    assert await scene.attempts(number, "send") == []


@pytest.mark.row(16)
async def test_a_cancellation_after_the_intent_loses_and_is_told(scene: Any) -> None:
    number = await scene.release("weibo")
    worker = await scene.start(at="after_intent=stop", lease=20)
    await worker.stopped()
    release = (await scene.row(number)).release_id
    with pytest.raises(NotReleasable, match="已经开始发出"):
        await scene.product.timetable.cancel(await scene.person(), release)
    worker.go_on()
    await scene.until(number, State.PUBLISHED)
    assert len(await scene.effects("weibo")) == 1


@pytest.mark.row(16)
async def test_killed_in_the_race_the_cancellation_stays(scene: Any) -> None:
    number = await scene.release("weibo")
    await scene.dies("before_intent")
    assert await scene.product.timetable.cancel(await scene.person(), (await scene.row(number)).release_id) == 1
    await scene.start()
    await scene.quiet(4)
    assert (await scene.row(number)).state == State.CANCELLED
    assert await scene.effects("weibo") == []


@pytest.mark.row(17)
async def test_a_token_that_ends_on_the_way_is_renewed_once(scene: Any) -> None:
    number = await scene.release("wechat")
    worker = await scene.start(at="after_drafted=stop", lease=20)
    await worker.stopped()
    issued = (await scene.control("GET", "/calls"))["tokens_issued"]
    await scene.control("POST", "/tokens/kill", {})
    worker.go_on()
    await scene.until(number, State.PUBLISHED)
    assert (await scene.control("GET", "/calls"))["tokens_issued"] - issued <= 2, "the other program's, and ours"
    assert len(await scene.effects("wechat")) == 1
    assert await scene.attempts(number, "send") == ["running"]


@pytest.mark.row(17)
async def test_a_token_that_is_refused_for_good_waits_and_then_asks_a_person(scene: Any) -> None:
    await scene.fault("errcode", SUBMIT, errcode=40001, count=None)
    number = await scene.release("wechat")
    await scene.dies("after_postponed")
    row = await scene.row(number)
    assert (row.state, row.intent_at) == (State.DRAFTED, None), "a refusal is before any effect"
    assert "令牌" in row.problem
    assert await scene.fired(SUBMIT) == 2, "once, and once more with a new token"
    await scene.dies("after_held", first_retry=2, late=8)
    row = await scene.row(number)
    assert (row.state, row.next_at) == (State.HELD, None)
    tried = await scene.fired(SUBMIT)
    assert tried <= 10, "twice for each try, with pauses"
    await scene.start()
    await scene.quiet(4)
    assert await scene.fired(SUBMIT) == tried, "no loop, also not in the next process"
    await scene.control("DELETE", "/faults")
    await _decisions(scene).publish_late(await scene.person(), number, reason="AppSecret 已改正")
    await scene.until(number, State.PUBLISHED)
    assert len(await scene.effects("wechat")) == 1


@pytest.mark.row(18)
async def test_a_spent_quota_waits_for_the_next_window(scene: Any) -> None:
    await scene.fault("errcode", SUBMIT, errcode=45009, count=None)
    number = await scene.release("wechat")
    await scene.dies("after_postponed")
    row = await scene.row(number)
    local = datetime.now(UTC).astimezone(SHANGHAI)
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert (row.state, row.next_at) == (State.DRAFTED, midnight.astimezone(UTC))
    assert "次数已用完" in row.problem
    await scene.start()
    await scene.quiet(4)
    assert await scene.fired(SUBMIT) == 1, "no loop"
    # Midnight comes: a day passes for this delivery.
    await scene.control("DELETE", "/faults")
    await Delivery.filter(id=number).update(next_at=datetime.now(UTC))
    await scene.until(number, State.PUBLISHED)
    assert len(await scene.effects("wechat")) == 1, "a wait that the platform announced is not late"


@pytest.mark.row(19)
@pytest.mark.parametrize("point", ["before_claim", "after_drafted"])
async def test_after_six_hours_nothing_bursts_out(scene: Any, point: str) -> None:
    number = await scene.release("wechat")
    await scene.dies(point)
    row = await scene.row(number)
    moved = {"due_at": row.due_at - timedelta(hours=6), "next_at": row.next_at - timedelta(hours=6)}
    await Delivery.filter(id=number).update(**moved)
    await scene.dies("after_held")
    row = await scene.row(number)
    assert (row.state, row.next_at) == (State.HELD, None)
    assert "360 分钟" in row.problem
    await scene.start()
    await scene.quiet(3)
    assert (await scene.row(number)).state == State.HELD
    assert await scene.effects("wechat") == []
    await _decisions(scene).publish_late(await scene.person(), number, reason="仍需公开")
    await scene.until(number, State.PUBLISHED)
    assert len(await scene.effects("wechat")) == 1


def _decisions(scene: Any) -> Decisions:
    return Decisions(clock=scene.clock, trail=scene.trail, ring=lambda: None)

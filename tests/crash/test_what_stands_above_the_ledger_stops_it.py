"""The ledger's part of rows 20 to 22: a halt, a death at the very start, a moment that is not there yet after all."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from publishers.halt import QUARANTINE
from publishers.records import Delivery, Halt
from publishers.states import State

SHARE = "/2/statuses/share.json"


@pytest.mark.row(20)
async def test_killed_in_the_quarantine_nothing_new_goes_out_and_reading_goes_on(scene: Any) -> None:
    sent = await scene.release("weibo", disclosure=1)
    await scene.fault("timeout_after", SHARE)
    await scene.dies("during_send")
    await scene.effect("weibo")
    waiting = await scene.release("weibo", disclosure=2)
    now = datetime.now(UTC)
    await Halt.create(kind=QUARANTINE, open_key=QUARANTINE, reason="restored", raised_by_name="系统", raised_at=now)
    await scene.dies("while_halted")
    await scene.start()
    await scene.until(sent, State.PUBLISHED)
    row = await scene.row(waiting)
    assert (row.state, row.fence) == (State.PENDING, 0)
    assert "正在核对" in row.problem
    assert len(await scene.effects("weibo")) == 1
    await Halt.all().update(open_key=None)
    await scene.until(waiting, State.PUBLISHED)
    assert len(await scene.effects("weibo")) == 2


@pytest.mark.row(21)
async def test_killed_at_its_very_start_a_process_holds_nothing(scene: Any) -> None:
    number = await scene.release("weibo")
    await scene.dies("at_start")
    assert (await scene.row(number)).state == State.PENDING
    await scene.start()
    await scene.until(number, State.PUBLISHED)
    assert len(await scene.effects("weibo")) == 1


@pytest.mark.row(22)
async def test_a_claimed_row_whose_moment_moved_away_waits_and_is_not_early(scene: Any) -> None:
    number = await scene.release("weibo")
    worker = await scene.start(at="before_intent=stop,after_put_back", lease=20)
    await worker.stopped()
    # For the row a database clock that is set back by four seconds is a moment four seconds later.
    due = datetime.now(UTC) + timedelta(seconds=4)
    await Delivery.filter(id=number).update(due_at=due)
    worker.go_on()
    await worker.died()
    row = await scene.row(number)
    assert (row.state, row.next_at, row.intent_at) == (State.DRAFTED, due, None)
    assert await scene.effects("weibo") == []
    await scene.start()
    await scene.until(number, State.PUBLISHED)
    assert [effect["created_at"] >= due.timestamp() - 0.001 for effect in await scene.effects("weibo")] == [True]

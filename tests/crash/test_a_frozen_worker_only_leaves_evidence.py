"""Row 11, with SIGSTOP on a real process: two leases later another worker has the row, and the old one wakes up."""

from typing import Any

import pytest

from publishers.records import Attempt
from publishers.states import State

SHARE = "/2/statuses/share.json"


@pytest.mark.row(11)
async def test_frozen_while_the_call_runs(scene: Any) -> None:
    number = await scene.release("weibo")
    await scene.fault("slow", SHARE, seconds=2.0)
    frozen = await scene.start(at="during_send=stop", lease=2)
    await frozen.stopped()
    first = await scene.row(number)
    await scene.start(lease=2)
    await scene.quiet(2 * 2)
    row = await scene.until(number, State.PUBLISHED)
    assert row.owner != first.owner
    frozen.go_on()
    await frozen.says("lease lost")
    after = await scene.row(number)
    assert (after.state, after.fence, after.owner) == (State.PUBLISHED, row.fence, row.owner), (
        "the stale write was refused"
    )
    send = await Attempt.get(delivery_id=number, verb="send")
    assert (send.outcome, send.owner, send.detail["mid"]) == ("published", first.owner, row.external_id), (
        "kept as evidence"
    )
    assert len(await scene.effects("weibo")) == 1


@pytest.mark.row(11)
async def test_frozen_before_the_call_while_two_persons_send_again(scene: Any) -> None:
    number = await scene.release("weibo")
    frozen = await scene.start(at="after_intent=stop")
    await frozen.stopped()
    await scene.quiet(2 * 3)
    serve = await scene.start("serve")
    await scene.ready(serve)
    await scene.until(number, State.HELD)
    await scene.decided(number, "send_again")
    row = await scene.until(number, State.PUBLISHED)
    assert len(await scene.effects("weibo")) == 1
    frozen.go_on()
    await frozen.says("lease lost")
    await scene.quiet(1)
    assert len(await scene.effects("weibo")) == 1, "the old worker woke up and sent nothing"
    assert await scene.attempts(number, "send") == ["lease_lost_before_send", "published"]
    after = await scene.row(number)
    assert (after.state, after.fence, after.owner) == (State.PUBLISHED, row.fence, row.owner)


@pytest.mark.row(12)
async def test_a_commit_after_the_settling_time_is_still_found(scene: Any) -> None:
    number = await scene.release("weibo")
    await scene.fault("late_commit", SHARE, seconds=12.0)
    await scene.dies("after_held", ask_person_soon=2)
    row = await scene.row(number)
    assert (row.state, row.next_at is None) == (State.HELD, False)
    assert await scene.effects("weibo") == []
    await scene.start(ask_person_soon=2)
    row = await scene.until(number, State.PUBLISHED)
    effects = await scene.effects("weibo")
    assert [effect["mid"] for effect in effects] == [row.external_id], (
        "a re-read turned the held delivery into published"
    )
    assert await scene.attempts(number, "send") == ["unknown"]

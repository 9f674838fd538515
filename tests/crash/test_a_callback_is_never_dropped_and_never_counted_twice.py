"""Rows 9 and 10: what WeChat pushes to us may come too early, twice, and in any order."""

from typing import Any

import pytest

from publishers.records import Attempt, PlatformEvent
from publishers.states import State

POLL = "/cgi-bin/freepublish/get"


@pytest.mark.row(9)
async def test_an_event_that_comes_before_our_commit_is_kept_and_matched(scene: Any) -> None:
    await scene.control(
        "PATCH", "/profile", {"publish_seconds": 3.0, "callback_attempts": 9, "callback_pause_seconds": 1.5}
    )
    number = await scene.release("wechat")
    patience = {"lease": 60, "follow": [60]}
    sender = await scene.start("worker", at="after_answer=stop", **patience)
    await sender.stopped()
    assert (await scene.row(number)).state == State.SENDING
    await scene.dies("after_event_kept", "serve", **patience)
    assert await PlatformEvent.filter(matched_at=None).count() == 1, "kept, though it fits no delivery yet"
    assert (await scene.row(number)).state == State.SENDING
    sender.go_on()
    await scene.until(number, State.PUBLISHED)
    await scene.comes_true(_all_matched)
    assert await scene.attempts(number, "event") == ["published"]
    assert await scene.calls(POLL) == 0, "the event spared the poll"
    assert len(await scene.effects("wechat")) == 1


@pytest.mark.row(10)
async def test_an_event_that_comes_twice_and_out_of_order_changes_nothing(scene: Any) -> None:
    await scene.control(
        "PATCH", "/profile", {"callback_attempts": 8, "callback_pause_seconds": 1.0, "publish_seconds": 1.0}
    )
    await scene.fault("event_doubled", "PUBLISHJOBFINISH", count=None)
    number = await scene.release("wechat")
    patience = {"follow": [60]}
    await scene.dies("after_event_settled", "serve", **patience)
    row = await scene.row(number)
    assert (row.state, await PlatformEvent.filter(matched_at=None).count()) == (State.PUBLISHED, 1)
    event = await PlatformEvent.first()
    await scene.start("serve", **patience)
    for status in (1, 3):
        # The platform's earlier words about the same task, late.
        info = {"publish_id": row.facts["publish_id"], "publish_status": status}
        body = {**event.body, "Event": "PUBLISHJOBFINISH", "PublishEventInfo": info}
        await PlatformEvent.create(
            key=f"late {status}", channel="wechat", kind=event.kind, body=body, received_at=event.received_at
        )
    await scene.quiet(4)
    after = await scene.row(number)
    assert (after.state, after.fence, after.published_at) == (State.PUBLISHED, row.fence, row.published_at)
    assert await PlatformEvent.filter(key=event.key).count() == 1, "the same event is one row"
    assert await Attempt.filter(delivery_id=number, verb="event").count() == 1
    assert len(await scene.effects("wechat")) == 1


async def _all_matched() -> bool:
    return not await PlatformEvent.filter(matched_at=None).exists()

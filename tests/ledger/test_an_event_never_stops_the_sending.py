"""Crash-point rows 9 and 10: an event may be early, double, foreign or unreadable; it is kept, and keeps nobody waiting."""

from collections.abc import Mapping
from typing import Any

from publishers.port import Sighting, Ticket, Verdict
from publishers.records import PlatformEvent
from publishers.states import State

RUNNING = Sighting(verdict=Verdict.RUNNING, facts={"publish_id": "P1"})


async def test_an_event_that_cannot_be_read_stops_neither_the_sending_nor_the_other_events(desk: Any) -> None:
    honest = desk.platform.recognise

    def recognise(event: Mapping[str, Any], ticket: Ticket) -> Sighting | None:
        if "broken" in event:
            raise RuntimeError("unreadable")
        found: Sighting | None = honest(event, ticket)
        return found

    desk.platform.recognise = recognise
    desk.platform.script["send"] = [RUNNING]
    await desk.events.keep("wechat", "PUBLISHJOBFINISH", "k1", {"broken": True})
    await desk.events.keep("nowhere", "PUBLISHJOBFINISH", "k2", {"publish_id": "P1"})
    await desk.events.keep("wechat", "PUBLISHJOBFINISH", "k3", {"publish_id": "P1"})
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.PUBLISHED
    assert desk.platform.calls.count("follow") == 0


async def test_the_events_being_away_does_not_stop_the_sending(desk: Any) -> None:
    async def match() -> int:
        raise RuntimeError("away")

    desk.dispatcher._events.match = match
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.PUBLISHED


async def test_events_that_told_nothing_new_are_laid_aside(desk: Any) -> None:
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.PUBLISHED
    for number in range(250):
        await desk.events.keep("wechat", "PUBLISHJOBFINISH", f"old{number}", {"publish_id": f"X{number}"})
    desk.clock.advance(601)
    desk.platform.script["send"] = [RUNNING]
    second = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    assert (await desk.row(second, "wechat")).state == State.SUBMITTED
    await desk.events.keep("wechat", "PUBLISHJOBFINISH", "new", {"publish_id": "P1"})
    desk.clock.advance(1)
    await desk.dispatcher.settle_down()
    await desk.dispatcher.settle_down()
    assert (await desk.row(second, "wechat")).state == State.PUBLISHED
    assert desk.platform.calls.count("follow") == 0, "the event was not crowded out by old ones"
    assert await PlatformEvent.filter(matched_at=None).count() == 0


async def test_an_event_waits_for_a_delivery_that_is_still_open(desk: Any) -> None:
    desk.platform.script["send"] = [Sighting(verdict=Verdict.RUNNING, facts={"publish_id": "P2"})]
    await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    await desk.events.keep("wechat", "PUBLISHJOBFINISH", "k1", {"publish_id": "P1"})
    desk.clock.advance(3600)
    await desk.dispatcher.settle_down()
    assert await PlatformEvent.filter(matched_at=None).count() == 1

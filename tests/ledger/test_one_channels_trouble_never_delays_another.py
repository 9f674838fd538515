"""Slow, failing or waiting deliveries keep nobody else from going out."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from disclosures.records import Disclosure
from publishers.errors import OutcomeUnknown
from publishers.port import Facts, LoadFile, Sighting, Ticket, Verdict
from publishers.records import Delivery
from publishers.states import State
from tests.conftest import FixedClock

OUT = Sighting(verdict=Verdict.PUBLISHED, external_id="A1", url="https://mp/1")


async def _until(so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        for _ in range(500):
            if await so():
                return
            await asyncio.sleep(0.02)
    raise AssertionError("it did not come to pass")


async def test_a_platform_that_hangs_does_not_delay_the_portal(desk: Any) -> None:
    hanging = asyncio.Event()

    async def prepare(ticket: Ticket, load_file: LoadFile) -> Facts:
        await hanging.wait()
        return {"media_id": f"M{ticket.delivery_id}"}

    async def all_hang() -> bool:
        return await Delivery.filter(channel="wechat", state="claimed").count() == 8

    desk.platform.prepare = prepare
    for _ in range(12):
        await desk.release("portal", "wechat")
    await desk.dispatcher.start()
    desk.dispatcher.ring()
    try:
        await _until(all_hang)
        late = await desk.release("portal")
        desk.dispatcher.ring()

        async def out() -> bool:
            return bool((await desk.row(late, "portal")).state == State.PUBLISHED)

        await _until(out)
        assert await Delivery.filter(channel="wechat", state="published").count() == 0
    finally:
        hanging.set()
        await desk.dispatcher.stop()


async def test_deliveries_that_wait_for_their_page_do_not_crowd_out_the_others(desk: Any) -> None:
    for _ in range(20):
        await desk.release("portal", "wechat")
    # Twenty pages that wait for a person, and so twenty articles that wait for their pages.
    await Disclosure.all().update(approved_hash=None, state="draft")
    await desk.dispatcher.settle_down()
    assert await Delivery.filter(channel="portal", state="held").count() == 20
    desk.clock.advance(61)
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.PUBLISHED


def _short_sighted(desk: Any) -> None:
    """A platform like Weibo, where only the three newest posts can be read back."""
    desk.platform.capabilities = replace(desk.platform.capabilities, shows_newest=3, may_conclude_absent=False)
    desk.dispatcher = desk.worker("worker-2")


async def test_a_lost_answer_is_looked_for_before_newer_posts_hide_it(desk: Any) -> None:
    _short_sighted(desk)
    desk.platform.script["send"] = [OutcomeUnknown("超时")]
    first = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    others = [await desk.release("portal", "wechat") for _ in range(5)]
    await desk.dispatcher.settle_down()
    assert desk.platform.calls.count("send") == 3, "the lost post must stay among the three newest"
    desk.platform.script["look"] = [OUT]
    desk.clock.advance(4)
    await desk.dispatcher.settle_down()
    assert {(await desk.row(number, "wechat")).state for number in (first, *others)} == {State.PUBLISHED}


async def test_a_post_that_stays_lost_does_not_stop_the_others(desk: Any) -> None:
    _short_sighted(desk)
    desk.platform.script["send"] = [OutcomeUnknown("超时")] * 4
    for _ in range(8):
        await desk.release("portal", "wechat")
    for _ in range(6):
        desk.clock.advance(10)
        await desk.dispatcher.settle_down()
    assert await Delivery.filter(channel="wechat", state="unknown").count() == 4
    assert await Delivery.filter(channel="wechat", state="published").count() == 4


async def test_a_worker_that_died_while_sending_stops_the_others_only_for_a_moment(desk: Any) -> None:
    _short_sighted(desk)
    release = await desk.release("portal", "wechat")
    await desk.dispatcher._work_on((await desk.ledger.claim())[0])
    claim = next(claim for claim in await desk.ledger.claim() if claim.channel == "wechat")
    assert await desk.ledger.intend(await desk.ledger.drafted(claim, {"media_id": "M1"})) is not None
    for _ in range(5):
        await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    assert desk.platform.calls.count("send") == 2
    desk.clock.advance(16)
    await desk.dispatcher.settle_down()
    assert desk.platform.calls.count("send") == 5
    assert (await desk.row(release, "wechat")).state == State.SENDING


async def test_a_fault_of_our_own_is_repeated_less_and_less_often(desk: Any) -> None:
    desk.platform.script["prepare"] = [RuntimeError("fault")] * 100
    release = await desk.release("portal", "wechat")
    for _ in range(120):
        desk.clock.advance(5)
        await desk.dispatcher.settle_down()
    assert desk.platform.calls.count("prepare") <= 8
    assert "RuntimeError" in (await desk.row(release, "wechat")).problem


async def test_a_slow_database_is_not_taken_for_a_wrong_clock(desk: Any) -> None:
    class SlowClock:
        async def now(self) -> Any:
            desk.clock.advance(3)
            return desk.clock.moment

    await desk.release("portal")
    desk.dispatcher._clock = SlowClock()
    await desk.dispatcher.settle_down()
    assert desk.portal.pages == [1]


async def test_a_wrong_clock_sends_nothing(desk: Any) -> None:
    await desk.release("portal")
    desk.dispatcher._clock = FixedClock(desk.clock.moment.replace(second=3))
    await desk.dispatcher.settle_down()
    assert desk.portal.pages == []

"""Portal first; no duplicates; a cancellation wins only before the intent; a late release asks a person."""

from typing import Any

import pytest

from disclosures.records import Disclosure
from publishers.errors import NotReleasable, OutcomeUnknown
from publishers.port import Sighting, Verdict
from publishers.records import Delivery, Release
from staff.errors import NotAllowed
from staff.person import Person
from staff.roles import Role

PUBLISHER = Person(account_id=9, name="fabu", display_name="发布员", unit="区政府办", roles=frozenset({Role.PUBLISHER}))
DRAFTER = Person(account_id=1, name="nigao", display_name="拟稿人", unit="区政府办", roles=frozenset({Role.DRAFTER}))


async def test_the_portal_goes_first(desk: Any) -> None:
    release = await desk.release("wechat", "portal")
    await desk.dispatcher.settle_down()
    portal, wechat = await desk.row(release, "portal"), await desk.row(release, "wechat")
    assert portal.published_at <= wechat.intent_at
    assert desk.portal.pages == [1]


async def test_a_social_channel_without_its_portal_page_is_refused(desk: Any) -> None:
    with pytest.raises(NotReleasable, match="门户"):
        await desk.release("wechat")


async def test_the_same_content_is_not_released_twice_on_a_channel(desk: Any) -> None:
    number = await desk.approved()
    await desk.timetable.schedule(PUBLISHER, number, at="now", channels=["portal"])
    with pytest.raises(NotReleasable, match="不能重复发布"):
        await desk.timetable.schedule(PUBLISHER, number, at="now", channels=["portal"])
    await desk.dispatcher.settle_down()
    with pytest.raises(NotReleasable, match="不能重复发布"):
        await desk.timetable.schedule(PUBLISHER, number, at="now", channels=["portal", "wechat"])


async def test_the_same_idempotency_key_gives_the_same_release(desk: Any) -> None:
    number = await desk.approved()
    first = await desk.timetable.schedule(PUBLISHER, number, at="now", channels=["portal"], idempotency_key="k")
    second = await desk.timetable.schedule(PUBLISHER, number, at="now", channels=["portal"], idempotency_key="k")
    assert first.id == second.id
    assert await Release.all().count() == 1


async def test_only_a_publisher_schedules(desk: Any) -> None:
    with pytest.raises(NotAllowed):
        await desk.timetable.schedule(DRAFTER, await desk.approved(), at="now", channels=["portal"])


async def test_a_cancelled_release_does_not_go_out(desk: Any) -> None:
    release = await desk.release("portal", "wechat", at="2026-11-23T10:00:00+08:00")
    assert await desk.timetable.cancel(PUBLISHER, release) == 2
    desk.clock.advance(3600)
    await desk.dispatcher.settle_down()
    assert desk.portal.pages == []
    assert desk.platform.calls == []


async def test_what_has_begun_to_go_out_cannot_be_cancelled(desk: Any) -> None:
    desk.platform.script["send"] = [OutcomeUnknown("超时")]
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    with pytest.raises(NotReleasable, match="不能取消"):
        await desk.timetable.cancel(PUBLISHER, release)
    assert (await desk.row(release, "wechat")).state == "unknown"


async def test_after_a_long_outage_a_person_decides(desk: Any) -> None:
    release = await desk.release("portal", at="2026-11-23T10:00:00+08:00")
    desk.clock.advance(6 * 3600)
    await desk.dispatcher.settle_down()
    row = await desk.row(release, "portal")
    assert row.state == "held"
    assert desk.portal.pages == []
    await desk.decisions.publish_late(PUBLISHER, row.id, reason="仍需公开")
    await desk.dispatcher.settle_down()
    assert desk.portal.pages == [1]


async def test_a_short_outage_publishes_at_once_on_return(desk: Any) -> None:
    await desk.release("portal", at="2026-11-23T10:00:00+08:00")
    desk.clock.advance(1800 + 600)
    await desk.dispatcher.settle_down()
    assert desk.portal.pages == [1]


async def test_two_workers_never_work_on_one_row(desk: Any) -> None:
    for _ in range(6):
        await desk.release("portal")
    workers = [desk.worker(f"worker-{n}") for n in range(3)]
    for worker in workers:
        await worker.settle_down()
    assert sorted(desk.portal.pages) == list(range(1, 7))
    assert await Delivery.filter(state="published").count() == 6
    assert (await desk.trail.verify()).records > 0


async def test_a_post_that_appears_after_the_withdrawal_is_taken_down_at_once(desk: Any) -> None:
    desk.platform.script["send"] = [OutcomeUnknown("超时")]
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    await Disclosure.all().update(state="withdrawn", approved_hash=None, approved_revision=None)
    desk.platform.script["look"] = [Sighting(verdict=Verdict.PUBLISHED, external_id="A1")]
    desk.clock.advance(30)
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == "withdrawn"
    assert desk.platform.calls[-1] == "withdraw"

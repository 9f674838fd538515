"""改期: another moment, the same signed text. It is one act with the claim: the release goes out at the one moment or at the
other, never at both and never early; what the old moment allowed does not count for the new one."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from audit.records import AuditRecord
from disclosures.records import Disclosure
from publishers.errors import ChannelUnavailable, NotReleasable, OutcomeUnknown, StaleClaim
from publishers.records import Attempt, Delivery, Release
from scheduler.errors import MomentRefused, ReleaseNotFound
from staff.errors import NotAllowed
from tests.ledger.conftest import PUBLISHER
from tests.ledger.test_the_timetable_keeps_its_rules import DRAFTER

TEN = "2026-11-23T10:00:00+08:00"
"""The tests' clock stands at 09:30."""
NOON = "2026-11-23T12:00:00+08:00"
HALF_PAST = 1800
TWO_HOURS = 7200


async def moves() -> list[Any]:
    return [row.detail for row in await AuditRecord.filter(verb="release.move").order_by("id")]


async def test_it_goes_out_at_the_new_moment_and_not_at_the_old_one(desk: Any) -> None:
    release = await desk.release("portal", "wechat", at=TEN)
    before = await desk.row(release, "wechat")
    await desk.timetable.move(PUBLISHER, release, at=NOON, reason="领导出席时间推迟")
    desk.clock.advance(HALF_PAST + 5)
    await desk.dispatcher.settle_down()
    assert (desk.portal.pages, desk.platform.calls) == ([], [])
    desk.clock.advance(TWO_HOURS)
    await desk.dispatcher.settle_down()
    assert (desk.portal.pages, desk.platform.calls.count("send")) == ([1], 1)
    after = await desk.row(release, "wechat")
    assert (after.state, after.payload_sha256, after.content_hash) == (
        "published", before.payload_sha256, before.content_hash
    )  # fmt: skip
    assert (await Disclosure.get(id=1)).approved_hash == after.content_hash, "the three signatures stand"
    (told,) = await moves()
    assert (told["before"], told["due_at"], told["reason"]) == (
        "2026-11-23T02:00:00+00:00", "2026-11-23T04:00:00+00:00", "领导出席时间推迟"
    )  # fmt: skip
    assert (await desk.trail.verify()).records > 0


async def test_it_may_be_brought_forward_and_at_once(desk: Any) -> None:
    release = await desk.release("portal", "wechat", at=NOON)
    await desk.timetable.move(PUBLISHER, release, at=TEN)
    desk.clock.advance(HALF_PAST - 1)
    await desk.dispatcher.settle_down()
    assert desk.portal.pages == []
    await desk.timetable.move(PUBLISHER, release, at="now")
    await desk.dispatcher.settle_down()
    assert (desk.portal.pages, desk.platform.calls.count("send")) == ([1], 1)
    assert (await Release.get(id=release)).due_at == await desk.clock.now()


async def test_the_same_moment_twice_is_one_act(desk: Any) -> None:
    release = await desk.release("portal", at=TEN)
    for _ in range(2):
        await desk.timetable.move(PUBLISHER, release, at=NOON)
    assert len(await moves()) == 1


async def test_a_worker_that_had_it_in_its_hands_does_not_send(desk: Any) -> None:
    release = await desk.release("portal", "wechat", at="now")
    (page,) = await desk.ledger.claim()
    await desk.timetable.move(PUBLISHER, release, at=NOON)
    await desk.deliverer.work(page)
    assert desk.portal.pages == []
    assert (await desk.row(release, "portal")).state == "pending"


async def test_between_preparing_and_sending_too(desk: Any) -> None:
    release = await desk.release("portal", "wechat", at="now")
    (page,) = await desk.ledger.claim()
    await desk.deliverer.work(page)
    (claim,) = await desk.ledger.claim()
    drafted = await desk.ledger.drafted(claim, {"media_id": "M7"})
    await desk.timetable.move(PUBLISHER, release, at=NOON)
    with pytest.raises(StaleClaim):
        await desk.ledger.intend(drafted)
    row = await desk.row(release, "wechat")
    assert (row.state, row.facts["media_id"], row.intent_at) == ("drafted", "M7", None)
    assert not await Attempt.filter(delivery_id=row.id, verb="send").exists()
    desk.clock.advance(HALF_PAST + TWO_HOURS)
    await desk.dispatcher.settle_down()
    assert desk.platform.calls == ["send"], "the draft that is there is sent; none is made again"


async def test_of_a_move_and_a_claim_at_the_same_moment_one_wins(desk: Any) -> None:
    releases = [await desk.release("portal") for _ in range(6)]
    workers = [desk.worker(f"worker-{number}") for number in range(2)]
    outcomes = await asyncio.gather(
        *(worker.settle_down() for worker in workers),
        *(desk.timetable.move(PUBLISHER, release, at=NOON) for release in releases),
        return_exceptions=True,
    )
    moved = [release for release, told in zip(releases, outcomes[2:], strict=True) if isinstance(told, Release)]
    refused = [told for told in outcomes[2:] if not isinstance(told, Release)]
    assert all(isinstance(told, NotReleasable) for told in refused), outcomes
    assert len(desk.portal.pages) == len(refused)
    for release in moved:
        assert (await desk.row(release, "portal")).state == "pending"
    desk.clock.advance(HALF_PAST + TWO_HOURS)
    await desk.dispatcher.settle_down()
    assert sorted(desk.portal.pages) == list(range(1, 7)), "everything once, whoever won"


async def test_what_has_begun_to_go_out_is_not_moved(desk: Any) -> None:
    desk.platform.script["send"] = [OutcomeUnknown("超时")]
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    with pytest.raises(NotReleasable, match="不能改期"):
        await desk.timetable.move(PUBLISHER, release, at=NOON)
    assert (await desk.row(release, "wechat")).state == "unknown"
    assert await moves() == []


async def test_what_waits_for_two_persons_is_not_moved(desk: Any) -> None:
    """Held after a send: it may be out, and another moment would send it again."""
    desk.platform.script["send"] = [OutcomeUnknown("超时")]
    desk.platform.script["look"] = [OutcomeUnknown("超时")] * 50
    release = await desk.release("portal", "wechat")
    for _ in range(30):
        await desk.dispatcher.settle_down()
        desk.clock.advance(60)
    row = await desk.row(release, "wechat")
    assert (row.state, row.intent_at is None) == ("held", False)
    with pytest.raises(NotReleasable, match="不能改期"):
        await desk.timetable.move(PUBLISHER, release, at="2026-11-24T12:00:00+08:00")
    assert (await desk.row(release, "wechat")).state == "held"


async def test_what_is_not_out_yet_is_moved_without_what_is(desk: Any) -> None:
    desk.platform.script["prepare"] = [ChannelUnavailable("连接不上")]
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    await desk.timetable.move(PUBLISHER, release, at=NOON)
    portal, wechat = await desk.row(release, "portal"), await desk.row(release, "wechat")
    assert (portal.state, wechat.state, wechat.problem) == ("published", "pending", "")
    desk.clock.advance(HALF_PAST + TWO_HOURS)
    await desk.dispatcher.settle_down()
    assert (desk.portal.pages, desk.platform.calls.count("send")) == ([1], 1)


async def test_a_portal_that_comes_out_later_does_not_hurry_what_was_moved(desk: Any) -> None:
    release = await desk.release("portal", "wechat", at="now")
    (page,) = await desk.ledger.claim()
    noon = datetime.fromisoformat(NOON)
    await Delivery.filter(release_id=release, channel="wechat").update(due_at=noon, next_at=noon)
    await desk.deliverer.work(page)
    await desk.dispatcher.settle_down()
    assert (desk.portal.pages, desk.platform.calls) == ([1], [])


async def test_one_that_missed_its_moment_may_get_another(desk: Any) -> None:
    release = await desk.release("portal", at=TEN)
    desk.clock.advance(6 * 3600)
    await desk.dispatcher.settle_down()
    held = await desk.row(release, "portal")
    assert (held.state, "改期" in held.remedy) == ("held", True)
    await desk.timetable.move(PUBLISHER, release, at="2026-11-24T09:00:00+08:00")
    await desk.dispatcher.settle_down()
    assert desk.portal.pages == []
    desk.clock.advance(17 * 3600 + HALF_PAST + 5)
    await desk.dispatcher.settle_down()
    assert desk.portal.pages == [1]


async def test_a_permission_to_be_late_ends_with_its_moment(desk: Any) -> None:
    release = await desk.release("portal", at=TEN)
    desk.clock.advance(6 * 3600)
    await desk.dispatcher.settle_down()
    await desk.decisions.publish_late(PUBLISHER, (await desk.row(release, "portal")).id, reason="仍需公开")
    await desk.timetable.move(PUBLISHER, release, at="2026-11-24T09:00:00+08:00")
    desk.clock.advance(24 * 3600)
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "portal")).state == "held", "hours after the new moment a person is asked again"


async def test_a_text_that_was_changed_meanwhile_is_not_moved(desk: Any) -> None:
    release = await desk.release("portal", at=TEN)
    await Disclosure.all().update(state="draft", approved_hash=None, approved_revision=None)
    with pytest.raises(NotReleasable, match="三审尚未全部通过"):
        await desk.timetable.move(PUBLISHER, release, at=NOON)
    assert (await desk.row(release, "portal")).due_at.isoformat() == "2026-11-23T02:00:00+00:00"


async def test_a_post_whose_page_will_not_come_is_not_moved(desk: Any) -> None:
    release = await desk.release("portal", "wechat", at=TEN)
    await Delivery.filter(channel="portal").update(state="cancelled", next_at=None)
    with pytest.raises(NotReleasable, match="页面已撤下或取消"):
        await desk.timetable.move(PUBLISHER, release, at=NOON)


async def test_the_rules_of_planning_are_the_rules_of_moving(desk: Any) -> None:
    release = await desk.release("portal", at=TEN)
    with pytest.raises(NotAllowed):
        await desk.timetable.move(DRAFTER, release, at=NOON)
    with pytest.raises(MomentRefused, match="已过"):
        await desk.timetable.move(PUBLISHER, release, at="2026-11-22T10:00:00+08:00")
    with pytest.raises(MomentRefused, match="14 个月"):
        await desk.timetable.move(PUBLISHER, release, at="2029-11-22T10:00:00+08:00")
    with pytest.raises(MomentRefused, match="时区"):
        await desk.timetable.move(PUBLISHER, release, at="2026-11-24T10:00:00")
    with pytest.raises(ReleaseNotFound):
        await desk.timetable.move(PUBLISHER, release + 1, at=NOON)
    await desk.timetable.cancel(PUBLISHER, release)
    with pytest.raises(NotReleasable, match="不能改期"):
        await desk.timetable.move(PUBLISHER, release, at=NOON)
    assert (await Release.get(id=release)).due_at.isoformat() == "2026-11-23T02:00:00+00:00"

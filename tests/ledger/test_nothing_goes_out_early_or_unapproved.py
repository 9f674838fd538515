"""Invariants 1 and 2: approval is bound to the exact content, and the database's clock opens the door."""

from typing import Any

import pytest

from disclosures.records import Disclosure, Revision
from publishers.errors import NotReleasable
from publishers.records import Attempt, Delivery
from scheduler.errors import MomentRefused
from staff.person import Person
from staff.roles import Role

PUBLISHER = Person(account_id=9, name="fabu", display_name="发布员", unit="区政府办", roles=frozenset({Role.PUBLISHER}))


async def test_a_release_waits_for_its_moment(desk: Any) -> None:
    release = await desk.release("portal", "wechat", at="2026-11-23T10:00:00+08:00")
    await desk.dispatcher.settle_down()
    assert desk.portal.pages == []
    assert desk.platform.calls == []
    desk.clock.advance(29 * 60 + 59)
    await desk.dispatcher.settle_down()
    assert desk.portal.pages == []
    desk.clock.advance(1)
    await desk.dispatcher.settle_down()
    assert len(desk.portal.pages) == 1
    assert (await desk.row(release, "wechat")).state == "published"


async def test_an_edit_after_scheduling_holds_the_release(desk: Any) -> None:
    release = await desk.release("portal", "wechat", at="2026-11-23T10:00:00+08:00")
    await Disclosure.all().update(approved_hash=None, state="draft")
    desk.clock.advance(1800)
    await desk.dispatcher.settle_down()
    row = await desk.row(release, "portal")
    assert row.state == "held"
    assert "审核" in row.problem
    assert desk.portal.pages == []
    assert desk.platform.calls == []


async def test_tampered_bytes_are_held(desk: Any) -> None:
    release = await desk.release("portal", at="2026-11-23T10:00:00+08:00")
    await Delivery.all().update(payload={"title": "别的标题", "url": "https://evil"})
    desk.clock.advance(1800)
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "portal")).state == "held"
    assert desk.portal.pages == []


async def test_a_tampered_archive_is_held(desk: Any) -> None:
    release = await desk.release("portal", at="2026-11-23T10:00:00+08:00")
    revision = await Revision.get(number=1)
    await Revision.all().update(content={**revision.content, "title": "改过的标题"})
    desk.clock.advance(1800)
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "portal")).state == "held"
    assert desk.portal.pages == []


@pytest.mark.parametrize("state", ["draft", "submitted", "in_review", "withdrawn", "repealed"])
async def test_what_is_not_approved_cannot_be_scheduled(desk: Any, state: str) -> None:
    number = await desk.approved()
    await Disclosure.filter(id=number).update(state=state)
    with pytest.raises(NotReleasable):
        await desk.timetable.schedule(PUBLISHER, number, at="now", channels=["portal"])
    assert await Delivery.all().count() == 0


@pytest.mark.parametrize(
    "moment", ["2026-11-23T08:00:00+08:00", "2036-11-23T08:00:00+08:00", "2026-11-23 10:00", "明天"]
)
async def test_an_impossible_moment_is_refused_with_a_proposal(desk: Any, moment: str) -> None:
    with pytest.raises(MomentRefused, match=r"时间|时区"):
        await desk.release("portal", at=moment)


async def test_no_send_without_a_recorded_intent(desk: Any) -> None:
    await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    sends = await Attempt.filter(verb="send")
    assert len(sends) == desk.platform.calls.count("send") == 1
    row = await Delivery.get(channel="wechat")
    assert row.intent_at is not None

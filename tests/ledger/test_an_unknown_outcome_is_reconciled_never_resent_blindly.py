"""Invariant 2: a timeout, a crash or a frozen worker leads to reading, and only proof or a person leads to sending."""

from datetime import timedelta
from typing import Any

import pytest

from publishers.choices import Choice
from publishers.errors import ChannelBusy, ChannelRefused, ChannelUnavailable, OutcomeUnknown
from publishers.port import Capabilities, Sighting, Verdict
from publishers.records import Attempt, PlatformEvent
from publishers.states import Patience, State, settle
from staff.person import Person
from staff.roles import Role

PUBLISHER = Person(account_id=9, name="fabu", display_name="发布员", unit="区政府办", roles=frozenset({Role.PUBLISHER}))
OUT = Sighting(verdict=Verdict.PUBLISHED, external_id="A1", url="https://mp/1")
ABSENT = Sighting(verdict=Verdict.ABSENT)


async def _pass_time(desk: Any, seconds: int, step: int = 30) -> None:
    for _ in range(0, seconds, step):
        desk.clock.advance(step)
        await desk.dispatcher.settle_down()


async def test_a_timeout_after_sending_is_never_resent(desk: Any) -> None:
    desk.platform.script["send"] = [OutcomeUnknown("超时")]
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == "unknown"
    desk.platform.script["look"] = [Sighting(verdict=Verdict.UNKNOWN), OUT]
    await _pass_time(desk, 60)
    row = await desk.row(release, "wechat")
    assert (row.state, row.external_id) == ("published", "A1")
    assert desk.platform.calls.count("send") == 1


async def test_a_proved_absence_sends_the_same_draft_once_more_after_the_settling_time(desk: Any) -> None:
    desk.platform.script["send"] = [OutcomeUnknown("超时"), OUT]
    desk.platform.script["look"] = [ABSENT] * 50
    release = await desk.release("portal", "wechat")
    await _pass_time(desk, 60)
    assert desk.platform.calls.count("send") == 1, "within the settling time a late commit may still come"
    await _pass_time(desk, 120)
    assert (await desk.row(release, "wechat")).state == "published"
    assert desk.platform.calls.count("send") == 2
    assert desk.platform.calls.count("prepare") == 1, "never a second draft after an intent"


async def test_where_absence_cannot_be_proved_a_person_is_asked(weibo_like: Any) -> None:
    desk = weibo_like
    desk.platform.script["send"] = [OutcomeUnknown("连接中断")]
    desk.platform.script["look"] = [ABSENT] * 200
    release = await desk.release("portal", "wechat")
    await _pass_time(desk, 240)
    assert (await desk.row(release, "wechat")).state == "unknown"
    await _pass_time(desk, 240)
    row = await desk.row(release, "wechat")
    assert row.state == "held", "five minutes of looking tell all that looking can tell"
    assert "没有发出，重新发送" in row.remedy
    assert desk.platform.calls.count("send") == 1


async def test_a_held_delivery_that_appears_later_becomes_published(weibo_like: Any) -> None:
    desk = weibo_like
    desk.platform.script["send"] = [OutcomeUnknown("连接中断")]
    release = await desk.release("portal", "wechat")
    await _pass_time(desk, 3600)
    desk.platform.script["look"] = [OUT]
    await _pass_time(desk, 900)
    assert (await desk.row(release, "wechat")).state == "published"
    assert desk.platform.calls.count("send") == 1


async def test_a_person_may_send_again_with_a_reason(weibo_like: Any) -> None:
    desk = weibo_like
    desk.platform.script["send"] = [OutcomeUnknown("连接中断"), OUT]
    release = await desk.release("portal", "wechat")
    await _pass_time(desk, 3600)
    row = await desk.row(release, "wechat")
    await desk.by_two(row.id, Choice.SEND_AGAIN, reason="已核对，时间线上没有")
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == "published"
    assert desk.platform.calls.count("send") == 2
    acts = [record.verb for record in await desk.trail.about(f"delivery:{row.id}")]
    assert "delivery.decide.drafted" in acts


async def test_a_worker_that_dies_after_its_intent_leaves_an_unknown_outcome(desk: Any) -> None:
    # A release whose worker dies between the intent and the answer.
    release = await desk.release("portal", "wechat")
    dead = desk.worker("worker-dead")
    portal = await desk.ledger.claim(limit=1)
    await dead._work_on(portal[0])
    claim = next(c for c in await desk.ledger.claim() if c.channel == "wechat")
    claim = await desk.ledger.drafted(claim, {"media_id": "M2"})
    assert await desk.ledger.intend(claim) is not None
    sent = desk.platform.calls.count("send")
    alive = desk.dispatcher = desk.worker("worker-alive")
    await alive.settle_down()
    assert (await desk.row(release, "wechat")).state == "sending", "the lease still runs"
    desk.clock.advance(61)
    await alive.settle_down()
    assert (await desk.row(release, "wechat")).state == "unknown"
    assert desk.platform.calls.count("send") == sent


async def test_a_worker_that_lost_its_lease_may_only_leave_evidence(desk: Any) -> None:
    release = await desk.release("portal")
    claim = (await desk.ledger.claim())[0]
    desk.clock.advance(61)
    other = desk.worker("worker-2")
    await other.settle_down()
    assert (await desk.row(release, "portal")).owner == "worker-2"
    await desk.dispatcher._work_on(claim)
    assert desk.portal.pages == [1], "one page, published by the worker that holds the row"


async def test_an_event_settles_a_submitted_delivery_even_when_it_came_first(desk: Any) -> None:
    await desk.events.keep("wechat", "PUBLISHJOBFINISH", "k1", {"publish_id": "P1"})
    await desk.events.keep("wechat", "PUBLISHJOBFINISH", "k1", {"publish_id": "P1"})
    desk.platform.script["send"] = [Sighting(verdict=Verdict.RUNNING, facts={"publish_id": "P1"})]
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == "published"
    assert await PlatformEvent.filter(matched_at=None).count() == 0
    assert await PlatformEvent.all().count() == 1
    assert desk.platform.calls.count("follow") == 0, "the event spared the poll"


async def test_what_surely_was_not_sent_is_tried_again(desk: Any) -> None:
    desk.platform.script["prepare"] = [ChannelUnavailable("连接被拒绝"), {"media_id": "M1"}]
    desk.platform.script["send"] = [ChannelUnavailable("连接被拒绝"), OUT]
    release = await desk.release("portal", "wechat")
    await _pass_time(desk, 120)
    assert (await desk.row(release, "wechat")).state == "published"
    outcomes = [a.outcome for a in await Attempt.filter(delivery__channel="wechat").order_by("id")]
    assert outcomes == ["ChannelUnavailable", "done", "not_sent", "published"]


async def test_a_quota_waits_for_its_window(desk: Any) -> None:
    from datetime import timedelta

    until = desk.clock.moment + timedelta(hours=6)
    desk.platform.script["send"] = [ChannelBusy("当日次数已用完", retry_at=until), OUT]
    release = await desk.release("portal", "wechat")
    await _pass_time(desk, 3600)
    assert desk.platform.calls.count("send") == 1
    await _pass_time(desk, 6 * 3600, step=600)
    assert (await desk.row(release, "wechat")).state == "published"


async def test_a_refusal_names_its_remedy_and_is_not_repeated(desk: Any) -> None:
    desk.platform.script["send"] = [ChannelRefused("草稿未通过发布检查", remedy="请修改后重新送审")]
    release = await desk.release("portal", "wechat")
    await _pass_time(desk, 600)
    row = await desk.row(release, "wechat")
    assert (row.state, row.problem, row.remedy) == ("failed", "草稿未通过发布检查", "请修改后重新送审")
    assert desk.platform.calls.count("send") == 1
    assert (await desk.row(release, "portal")).state == State.PUBLISHED, "one channel's trouble never delays another"


@pytest.mark.parametrize("may_conclude", [False, True])
async def test_a_person_is_asked_when_it_is_time_however_long_the_next_pause(clock: Any, may_conclude: bool) -> None:
    """The looks come ever more slowly; the last one before the moment must not be followed by ten minutes of silence."""
    sent_at = await clock.now()
    patience = Patience()
    asked_after = patience.ask_person if may_conclude else patience.ask_person_soon
    capabilities = Capabilities(local=False, links_to_portal=True, may_conclude_absent=may_conclude)
    now, state, tries = sent_at, State.UNKNOWN, 0
    while state is State.UNKNOWN:
        settled = settle(
            state, Sighting(verdict=Verdict.UNKNOWN), capabilities=capabilities, tries=tries, intent_at=sent_at,
            settle_until=sent_at + timedelta(seconds=patience.settle), now=now, patience=patience,
        )  # fmt: skip
        state, tries = settled.state, tries + 1
        assert settled.next_at is not None
        assert settled.next_at > now
        held_at, now = now, settled.next_at
    assert state is State.HELD
    assert asked_after < (held_at - sent_at).total_seconds() <= asked_after + 1

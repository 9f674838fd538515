"""Rows 5 to 8: the intent stands, so nothing is sent again before somebody has looked."""

from typing import Any

import pytest

from publishers.states import State

SUBMIT, SHARE = "/cgi-bin/freepublish/submit", "/2/statuses/share.json"
SENDS = {"wechat": SUBMIT, "weibo": SHARE}
CHANNELS = pytest.mark.parametrize("channel", ["wechat", "weibo"])


@pytest.mark.row(5)
async def test_killed_before_the_socket_wechat_proves_its_draft_unused(scene: Any) -> None:
    number = await scene.release("wechat")
    await scene.dies("after_intent")
    assert (await scene.row(number)).state == State.SENDING
    assert await scene.effects("wechat") == []
    media_id = (await scene.row(number)).facts["media_id"]
    await scene.start()
    await scene.until(number, State.PUBLISHED)
    assert [effect["media_id"] for effect in await scene.effects("wechat")] == [media_id], "the same draft, once"
    assert "absent" in await scene.attempts(number, "look")
    assert await scene.attempts(number, "send") == ["", "running"]


@pytest.mark.row(5)
async def test_killed_before_the_socket_weibo_asks_a_person(scene: Any) -> None:
    number = await scene.release("weibo")
    await scene.dies("after_intent")
    assert (await scene.row(number)).state == State.SENDING
    serve = await scene.start("serve")
    await scene.until(number, State.HELD)
    await scene.quiet(2)
    assert await scene.effects("weibo") == [], "the machine never sends to Weibo again"
    await scene.ready(serve)
    await scene.decided(number, "send_again")
    await scene.until(number, State.PUBLISHED)
    assert len(await scene.effects("weibo")) == 1


@pytest.mark.row(6)
@CHANNELS
async def test_killed_while_the_platform_has_it_and_has_not_answered(scene: Any, channel: str) -> None:
    number = await scene.release(channel)
    await scene.fault("timeout_after", SENDS[channel])
    await scene.dies("during_send")
    assert (await scene.row(number)).state == State.SENDING
    await scene.effect(channel)
    assert len(await scene.effects(channel)) == 1
    await scene.start()
    row = await scene.until(number, State.PUBLISHED)
    assert row.external_id
    assert len(await scene.effects(channel)) == 1
    assert await scene.attempts(number, "send") == [""], "one send, whose answer nobody has"


@pytest.mark.row(7)
@CHANNELS
async def test_killed_between_the_answer_and_its_commit(scene: Any, channel: str) -> None:
    number = await scene.release(channel)
    await scene.dies("after_answer")
    row = await scene.row(number)
    assert (row.state, row.external_id, row.facts.get("publish_id")) == (State.SENDING, "", None)
    assert len(await scene.effects(channel)) == 1
    await scene.start()
    assert (await scene.until(number, State.PUBLISHED)).external_id
    assert len(await scene.effects(channel)) == 1
    assert await scene.attempts(number, "send") == [""]


@pytest.mark.row(8)
async def test_killed_after_the_submission_and_the_callback_never_comes(scene: Any) -> None:
    await scene.fault("event_lost", "PUBLISHJOBFINISH", count=None)
    number = await scene.release("wechat")
    await scene.dies("after_submitted")
    row = await scene.row(number)
    assert (row.state, bool(row.facts["publish_id"])) == (State.SUBMITTED, True)
    await scene.start("serve")
    await scene.until(number, State.PUBLISHED)
    assert (await scene.attempts(number, "follow"))[-1] == "published", "the poll found out"
    assert await scene.attempts(number, "event") == []
    assert len(await scene.effects("wechat")) == 1

"""Rows 1 to 4: nothing was sent yet, so whoever comes next simply goes on."""

from typing import Any

import pytest

from publishers.states import State
from tests.crash.conftest import UNPUBLISHED

ADD = "/cgi-bin/draft/add"


@pytest.mark.row(1)
async def test_killed_before_the_claim_is_committed(scene: Any) -> None:
    number = await scene.release("weibo")
    await scene.dies("before_claim")
    row = await scene.row(number)
    assert (row.state, row.fence) == (State.PENDING, 0)
    await scene.start()
    assert (await scene.until(number, State.PUBLISHED)).fence == 1
    assert len(await scene.effects("weibo")) == 1


@pytest.mark.row(2)
@pytest.mark.parametrize(("channel", "disclosure"), [("portal", UNPUBLISHED), ("weibo", 1)])
async def test_killed_after_the_claim(scene: Any, channel: str, disclosure: int) -> None:
    number = await scene.release(channel, disclosure=disclosure)
    await scene.dies("after_claim")
    row = await scene.row(number)
    assert (row.state, row.fence) == (State.CLAIMED, 1)
    await scene.start()
    assert (await scene.until(number, State.PUBLISHED)).fence == 2, "one more for the next worker"
    assert len(await scene.effects("weibo")) == (channel == "weibo")


@pytest.mark.row(3)
async def test_killed_before_the_drafts_number_is_saved(scene: Any) -> None:
    number = await scene.release("wechat")
    await scene.dies("after_prepare")
    row = await scene.row(number)
    assert (row.state, row.facts.get("media_id")) == (State.CLAIMED, None)
    assert await scene.calls(ADD) == 1
    await scene.start()
    await scene.until(number, State.PUBLISHED)
    assert await scene.calls(ADD) == 2, "preparing is repeated; the first draft is an orphan that nobody sees"
    assert len(await scene.effects("wechat")) == 1


@pytest.mark.row(4)
async def test_killed_after_the_drafts_number_is_saved(scene: Any) -> None:
    number = await scene.release("wechat")
    await scene.dies("after_drafted")
    row = await scene.row(number)
    assert (row.state, row.intent_at) == (State.DRAFTED, None)
    media_id = row.facts["media_id"]
    await scene.start()
    await scene.until(number, State.PUBLISHED)
    assert await scene.calls(ADD) == 1
    assert [effect["media_id"] for effect in await scene.effects("wechat")] == [media_id]

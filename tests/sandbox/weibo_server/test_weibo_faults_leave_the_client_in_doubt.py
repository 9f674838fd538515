"""Every kind of fault on a share: what the client sees, and what truly happened."""

import asyncio
from typing import Any

import aiohttp
import pytest

from sandbox.faults import Fault

TEXT = "供热公告 http://mingbai.gov.cn/d/1"
PATH = "/2/statuses/share.json"


def arm(weibo: Any, kind: str, **more: Any) -> None:
    weibo.plan.add(Fault.from_json({"kind": kind, "platform": "weibo", "path": PATH} | more))


@pytest.mark.parametrize(
    ("kind", "effects"), [("reset_before", 0), ("timeout_before", 0), ("reset_after", 1), ("timeout_after", 1)]
)
async def test_a_broken_connection_says_nothing_about_the_effect(weibo: Any, kind: str, effects: int) -> None:
    arm(weibo, kind, seconds=0.1)
    with pytest.raises(aiohttp.ClientError):
        await weibo.share(TEXT)
    assert len(weibo.server.effects()) == effects
    _, again = await weibo.share(TEXT)
    assert ("mid" in again) is (effects == 0)
    assert effects == 0 or again["error_code"] == 20019


@pytest.mark.parametrize(("kind", "effects"), [("http_5xx_before", 0), ("http_5xx_after", 1)])
async def test_a_502_in_html_says_nothing_about_the_effect(weibo: Any, kind: str, effects: int) -> None:
    arm(weibo, kind)
    form = {"access_token": "2.00sandbox", "status": TEXT, "rip": "1.2.3.4"}
    async with weibo.client.post(f"{weibo.origin}/weibo-api{PATH}", data=form) as answer:
        assert (answer.status, answer.content_type) == (502, "text/html")
    assert len(weibo.server.effects()) == effects


async def test_half_an_answer_comes_after_the_whole_effect(weibo: Any) -> None:
    arm(weibo, "truncated_after")
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        await weibo.share(TEXT)
    assert len(weibo.server.effects()) == 1


async def test_a_late_commit_appears_after_the_502(weibo: Any, jpeg: bytes) -> None:
    arm(weibo, "late_commit", seconds=0.1)
    with pytest.raises(aiohttp.ContentTypeError):
        await weibo.share_picture(jpeg, TEXT)
    assert weibo.server.effects() == []
    for _ in range(50):
        await asyncio.sleep(0.02)
        if weibo.server.effects():
            break
    assert weibo.server.effects()[0]["picture"]


@pytest.mark.parametrize(("code", "words"), [(20053, "manual review"), (20032, "Update success")])
async def test_an_error_after_the_commit_is_not_a_failure(weibo: Any, code: int, words: str) -> None:
    arm(weibo, "errcode", errcode=code, after=True)
    status, body = await weibo.share(TEXT)
    assert (status, body["error_code"]) == (400, code)
    assert words in body["error"]
    assert "mid" not in body
    _, timeline = await weibo.get("/2/statuses/user_timeline.json")
    assert timeline["statuses"][0]["mid"] == weibo.server.effects()[0]["mid"]


async def test_a_flaky_domain_check_is_a_misleading_10017(weibo: Any) -> None:
    arm(weibo, "errcode", errcode=10017)
    assert (await weibo.share(TEXT))[1]["error"] == "text not find domain!"
    assert weibo.server.effects() == []
    assert (await weibo.share(TEXT))[0] == 200


async def test_a_slow_answer_is_still_an_answer(weibo: Any) -> None:
    arm(weibo, "slow", seconds=0.1)
    assert (await weibo.share(TEXT))[0] == 200


async def test_a_push_is_lost_or_doubled_by_its_event(weibo: Any) -> None:
    weibo.plan.add(Fault.from_json({"kind": "event_lost", "platform": "weibo", "path": "follow"}))
    weibo.plan.add(Fault.from_json({"kind": "event_doubled", "platform": "weibo", "path": "text"}))
    followed = await weibo.control("say", kind="event", subtype="follow")
    assert followed["deliveries"][0]["outcome"] == "lost"
    assert weibo.callback.received == []
    said = await weibo.control("say", kind="text", text="你好")
    assert len(said["deliveries"]) == len(weibo.callback.received) == 2
    assert weibo.callback.received[0] == weibo.callback.received[1]

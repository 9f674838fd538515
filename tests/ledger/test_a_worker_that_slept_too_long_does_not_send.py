"""Row 11 and the gap before it: between the committed intent and the socket a worker may be frozen past its lease."""

from typing import Any

import aiohttp
import pytest
from aiohttp import web

from publishers import fencing
from publishers.choices import Choice
from publishers.errors import LeaseSpent
from publishers.fencing import fence, sendable_until, steady_seconds
from publishers.port import Sighting, Verdict
from publishers.records import Attempt
from publishers.states import State

OUT = Sighting(verdict=Verdict.PUBLISHED, external_id="A1", url="https://mp/1")


async def test_a_worker_frozen_after_its_intent_sends_nothing_when_two_persons_sent_again(
    weibo_like: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = weibo_like
    release = await desk.release("portal", "wechat")
    asleep = [False]

    async def frozen(name: str) -> None:
        if name != "after_intent" or asleep[0]:
            return
        asleep[0] = True
        other = desk.worker("worker-2")
        desk.platform.script["look"] = [Sighting(verdict=Verdict.UNKNOWN)] * 50
        for _ in range(20):
            desk.clock.advance(30)
            await other.settle_down()
        row = await desk.row(release, "wechat")
        assert row.state == State.HELD
        await desk.by_two(row.id, Choice.SEND_AGAIN, reason="已核对，没有发出")
        await other.settle_down()
        assert desk.platform.calls.count("send") == 1
        monkeypatch.setattr(fencing, "steady_seconds", lambda: steady_seconds() + 600)

    first = desk.worker("worker-1")
    first._deliverer._reach = frozen
    await first.settle_down()
    row = await desk.row(release, "wechat")
    assert (row.state, row.owner) == (State.PUBLISHED, "worker-2")
    assert desk.platform.calls.count("send") == 1, "the old worker woke up and did not send"
    outcomes = await Attempt.filter(delivery_id=row.id, verb="send").order_by("id").values_list("outcome", flat=True)
    assert outcomes == ["lease_lost_before_send", "published"]


async def test_a_shorter_sleep_is_no_send_and_no_question_to_anybody(
    weibo_like: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = weibo_like
    release = await desk.release("portal", "wechat")
    with monkeypatch.context() as patch:
        patch.setattr(fencing, "steady_seconds", lambda: steady_seconds() + 31)
        await desk.dispatcher.settle_down()
        row = await desk.row(release, "wechat")
        assert (row.state, row.intent_at) == (State.DRAFTED, None)
        assert "send" not in desk.platform.calls
    desk.clock.advance(30)
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.PUBLISHED
    assert desk.platform.calls.count("send") == 1


async def test_the_last_check_stands_before_the_first_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[str] = []

    async def share(request: web.Request) -> web.Response:
        served.append(await request.text())
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/share", share)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/share"
    try:
        async with aiohttp.ClientSession(trace_configs=[fence()]) as http:
            with sendable_until(steady_seconds() + 5):
                assert (await http.post(url, data={"status": "1"})).status == 200
                monkeypatch.setattr(fencing, "steady_seconds", lambda: steady_seconds() + 6)
                with pytest.raises(LeaseSpent):
                    await http.post(url, data={"status": "2"})
            assert (await http.post(url, data={"status": "3"})).status == 200, "outside of a send nothing is checked"
    finally:
        await runner.cleanup()
    assert served == ["status=1", "status=3"]


def test_what_comes_too_late_does_not_even_begin() -> None:
    with pytest.raises(LeaseSpent), sendable_until(steady_seconds() - 0.1):
        pytest.fail("the send must not begin")

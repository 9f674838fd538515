"""What a failure of the wire means: nothing sent, or nobody knows. Never a guess, and never a secret in the telling."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from publishers.errors import ChannelBusy, ChannelRefused, ChannelUnavailable, OutcomeUnknown, PublishError
from publishers.wechat import wire
from publishers.wechat.client import WeChatClient
from publishers.wechat.outcomes import OUTCOMES, failure, next_midnight
from publishers.wechat.token import WeChatTokens

SECRET = "secret-of-the-account-0123456789"
TOKEN = "99_token-of-the-account"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Platform:
    """A platform that does one thing at a time: `answer` is how it answers every call but the token's."""

    def __init__(self) -> None:
        self.answer: Handler = self.ok
        self.bodies: list[bytes] = []
        self.tokens_given = 0
        self.short: Callable[[], None] = lambda: None
        """Makes our patience short: only where it hangs, for a busy machine answers late and that is no fault."""

    async def ok(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"errcode": 0, "publish_id": "1"})

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/cgi-bin/stable_token":
            self.tokens_given += 1
            return web.json_response({"access_token": TOKEN, "expires_in": 7200})
        self.bodies.append(await request.read())
        return await self.answer(request)


@pytest.fixture
async def platform() -> Platform:
    return Platform()


@pytest.fixture
async def client(
    platform: Platform, database: str, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[WeChatClient]:
    platform.short = lambda: monkeypatch.setattr(wire, "TIMEOUT", aiohttp.ClientTimeout(total=1.0))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", platform.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession() as http:
        tokens = WeChatTokens(http=http, api_base=base, appid="wxapp", secret=SECRET, clock=clock, owner="test")
        yield WeChatClient(http=http, api_base=base, tokens=tokens)
    await runner.cleanup()


def answers(body: bytes, *, status: int = 200, content_type: str = "application/json") -> Handler:
    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status, content_type=content_type)

    return handler


async def hangs(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(5)
    return web.json_response({"errcode": 0})


async def resets(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def truncates(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"errcode":0,"publish')
    assert request.transport is not None
    request.transport.close()
    return response


LOST: dict[str, Handler] = {
    "a timeout": hangs,
    "a reset": resets,
    "half an answer": truncates,
    "a proxy's 502": answers(b"<html>bad gateway</html>", status=502, content_type="text/html"),
    "a page with 200": answers(b"<html>maintenance</html>", content_type="text/html"),
    "a 503 with JSON": answers(b'{"errcode":0}', status=503),
    "JSON that is no object": answers(b"[]"),
    "bytes that are no text": answers(b"\xff\xfe{"),
    "nothing": answers(b""),
    "a redirect": answers(b"", status=302),
    "a 404": answers(b"not found", status=404, content_type="text/plain"),
    "system busy": answers(b'{"errcode":-1,"errmsg":"system error"}'),
    "an errcode that is no number": answers(b'{"errcode":"x"}'),
}


@pytest.mark.parametrize("what", sorted(LOST))
async def test_after_the_request_left_only_reading_tells(client: WeChatClient, platform: Platform, what: str) -> None:
    platform.answer = LOST[what]
    if what == "a timeout":
        platform.short()
    with pytest.raises(OutcomeUnknown):
        await client.submit("MEDIA")
    assert len(platform.bodies) == 1


@pytest.mark.parametrize("what", sorted(LOST))
async def test_a_read_that_fails_is_simply_asked_again_later(
    client: WeChatClient, platform: Platform, what: str
) -> None:
    platform.answer = LOST[what]
    if what == "a timeout":
        platform.short()
    with pytest.raises(ChannelUnavailable) as caught:
        await client.publication("1")
    assert not isinstance(caught.value, ChannelBusy)


async def test_an_accepted_submission_without_a_number_is_unknown(client: WeChatClient, platform: Platform) -> None:
    platform.answer = answers(b'{"errcode":0,"errmsg":"ok"}')
    with pytest.raises(OutcomeUnknown):
        await client.submit("MEDIA")


async def test_a_refused_connection_means_nothing_was_sent(client: WeChatClient, clock: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}"
        async with aiohttp.ClientSession() as http:
            tokens = client._tokens
            assert await tokens.current() == TOKEN
            lonely = WeChatClient(http=http, api_base=nowhere, tokens=tokens)
            with pytest.raises(ChannelUnavailable, match="尚未发送"):
                await lonely.submit("MEDIA")


async def test_a_name_that_does_not_resolve_means_nothing_was_sent(client: WeChatClient) -> None:
    async with aiohttp.ClientSession() as http:
        lost = WeChatClient(http=http, api_base="http://platform.invalid", tokens=client._tokens)
        with pytest.raises(ChannelUnavailable):
            await lost.submit("MEDIA")


async def test_an_answer_beyond_the_cap_is_not_read(
    client: WeChatClient, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MOST_BYTES", 100_000)
    platform.answer = answers(json.dumps({"errcode": 0, "publish_id": "1" * 200_000}).encode())
    with pytest.raises(OutcomeUnknown):
        await client.submit("MEDIA")


async def test_errors_count_whatever_their_content_type(client: WeChatClient, platform: Platform) -> None:
    platform.answer = answers(
        b'{"errcode":40007,"errmsg":"invalid media_id hint: [C.5Jk] rid: 66bd627d-234f6532-5f252680"}',
        content_type="text/plain",
    )
    with pytest.raises(ChannelRefused) as caught:
        await client.submit("MEDIA")
    assert caught.value.detail["rid"] == "66bd627d-234f6532-5f252680"
    assert await client.draft("MEDIA") is None


async def test_success_needs_no_errcode(client: WeChatClient, platform: Platform) -> None:
    platform.answer = answers(b'{"media_id":"M"}')
    assert await client.add_draft({"title": "题"}) == "M"


async def test_text_goes_out_as_utf8_never_as_escapes(client: WeChatClient, platform: Platform) -> None:
    platform.answer = answers(b'{"media_id":"M"}')
    await client.add_draft({"title": "低保标准\u2028"})
    assert "低保标准".encode() in platform.bodies[-1]
    assert b"\\u" not in platform.bodies[-1]


@pytest.mark.parametrize("what", [*sorted(LOST), "a refusal"])
async def test_no_secret_is_told(
    client: WeChatClient, platform: Platform, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    refusal = json.dumps({"errcode": 40001, "errmsg": f"invalid credential {TOKEN} {SECRET} rid: 66bd627d-1"}).encode()
    platform.answer = LOST.get(what) or answers(refusal)
    if what == "a timeout":
        platform.short()
    with pytest.raises(PublishError) as caught:
        await client.submit("MEDIA")
    error: BaseException | None = caught.value
    told = caplog.text + "".join(f"{vars(record)}" for record in caplog.records)
    while error is not None:
        told += f"{error!r}{error}{vars(error)}"
        error = error.__cause__
    assert TOKEN not in told
    assert SECRET not in told


async def test_a_session_that_trusts_proxy_variables_is_not_accepted(clock: Any) -> None:
    async with aiohttp.ClientSession(trust_env=True) as http:
        with pytest.raises(ValueError, match="trust_env"):
            WeChatTokens(http=http, api_base="http://x", appid="a", secret="s", clock=clock, owner="t")


NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("code", sorted(OUTCOMES))
def test_every_listed_code_says_what_happened_and_what_to_do(code: int) -> None:
    error = failure(code, "x", irreversible=True, now=NOW)
    assert str(code) in str(error)
    assert error.remedy
    assert isinstance(error, ChannelUnavailable | ChannelRefused | OutcomeUnknown)


@pytest.mark.parametrize("irreversible", [True, False])
@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_refused_token_is_waited_for_since_nothing_was_done(code: int, irreversible: bool) -> None:
    error = failure(code, "x", irreversible=irreversible, now=NOW)
    assert type(error) is ChannelUnavailable


def test_an_unlisted_code_is_a_refusal_with_its_number() -> None:
    error = failure(99999, "strange", irreversible=True, now=NOW)
    assert isinstance(error, ChannelRefused)
    assert "99999" in str(error)


def test_midnight_is_beijings() -> None:
    assert next_midnight(NOW) == datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    assert next_midnight(datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC)) == datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    assert next_midnight(datetime(2026, 11, 23, 16, 0, tzinfo=UTC)) - timedelta(days=1) == datetime(
        2026, 11, 23, 16, 0, tzinfo=UTC
    )

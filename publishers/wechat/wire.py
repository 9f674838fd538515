"""The wire: one HTTP exchange with the platform, with its deadline, its size cap, and an honest class for every failure."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from publishers.errors import ChannelUnavailable, OutcomeUnknown, PublishError

MOST_BYTES: Final = 8 * 1024 * 1024
TIMEOUT: Final = aiohttp.ClientTimeout(total=8, connect=4, sock_connect=4)
_WAIT: Final = "系统会稍后再试。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call. ``body`` makes the payload anew for each try, since a multipart form can be read only once."""

    path: str
    body: Callable[[], Any] | None = None
    """None makes it a GET."""
    content_type: str = ""
    query: dict[str, str] | None = None
    irreversible: bool = False
    """True: after a failure nobody knows whether it took effect."""


def as_json(value: Any) -> Callable[[], bytes]:
    """A JSON body in UTF-8, never ``\\uXXXX``: the platform counts escapes as characters."""
    raw = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return lambda: raw


class Wire:
    """HTTP to one platform host. The session must not trust the proxy variables of the environment."""

    def __init__(self, *, http: aiohttp.ClientSession, api_base: str) -> None:
        if http.trust_env:
            raise ValueError("The session must be made with trust_env=False: tokens must not pass a stray proxy.")
        self._http = http
        self._base = api_base.rstrip("/")

    async def exchange(self, request: Request, *, token: str = "") -> dict[str, Any]:
        """The platform's JSON object, errcode or not.

        Raises ChannelUnavailable when the request never left (or may simply be repeated), OutcomeUnknown when an
        irreversible call may have been done. Neither carries the address, which holds the token.
        """
        query = {**(request.query or {}), **({"access_token": token} if token else {})}
        headers = {"Content-Type": request.content_type} if request.content_type else {}
        data = request.body() if request.body else None
        try:
            async with self._http.request(
                "GET" if request.body is None else "POST", self._base + request.path, params=query, data=data,
                headers=headers, timeout=TIMEOUT, allow_redirects=False,
            ) as response:  # fmt: skip
                status = response.status
                raw = await _read(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise _not_sent(request.path, error) from None
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
            raise _not_sent(request.path, error) from None
        except (TimeoutError, asyncio.IncompleteReadError, aiohttp.ClientError, OSError) as error:
            raise _lost(request, "微信没有及时应答" if isinstance(error, TimeoutError) else "与微信的连接中断",
                        cause=type(error).__name__) from None  # fmt: skip
        return _parsed(request, status, raw)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    raw = bytearray()
    async for chunk in response.content.iter_chunked(65536):
        raw += chunk
        if len(raw) > MOST_BYTES:
            response.close()
            return b""
    return bytes(raw)


def _parsed(request: Request, status: int, raw: bytes) -> dict[str, Any]:
    """Errors come with HTTP 200 and sometimes as text/plain, so only the bytes count; a proxy's page is no answer."""
    try:
        answer = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        answer = None
    if status >= 500 or not isinstance(answer, dict):
        raise _lost(request, "微信的应答无法识别", status=status)
    return answer


def _not_sent(path: str, error: Exception) -> PublishError:
    return ChannelUnavailable("无法连接微信平台，尚未发送。", remedy=_WAIT, path=path, cause=type(error).__name__)


def _lost(request: Request, what: str, **detail: object) -> PublishError:
    if request.irreversible:
        return OutcomeUnknown(
            f"{what}，无法确定是否已经生效。", remedy="请等待系统核实，不要重复发送。", path=request.path, **detail
        )
    return ChannelUnavailable(f"{what}。", remedy=_WAIT, path=request.path, **detail)

"""Weibo's HTTP interface: form-encoded calls with a time limit and a size cap. It knows no deliveries.

The token travels in the header and in the form, never in a URL, and is in no message and no ``repr``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from publishers.errors import ChannelUnavailable, OutcomeUnknown

CAP: Final = 1024 * 1024
"""Bytes of an answer that are read at most; five statuses are under 50 KB."""


class WeiboError(Exception):
    """Weibo answered with an error code."""

    def __init__(self, code: int, words: str, *, status: int) -> None:
        super().__init__(f"{code} {words}")
        self.code = code
        self.words = words
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The one picture of a post."""

    data: bytes
    file_name: str
    media_type: str


class WeiboClient:
    """Calls Weibo as one account. ``session`` should not reuse connections (``TCPConnector(force_close=True)``): a
    stale one would make a post that never left look like an unknown outcome."""

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        access_token: str,
        api_base: str = "https://api.weibo.com",
        timeout: float = 10.0,
    ) -> None:
        self._session = session
        self._token = access_token
        self._base = api_base.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=min(5.0, timeout))

    async def share(self, *, text: str, rip: str, picture: Picture | None = None) -> dict[str, Any]:
        """Publishes a post (``statuses/share``). Never repeated here.

        Raises ChannelUnavailable when nothing was sent, OutcomeUnknown when that cannot be told, WeiboError for the
        platform's own no.
        """
        fields = {"access_token": self._token, "status": text, "rip": rip}
        if picture is None:
            return await self._call("POST", "/2/statuses/share.json", form=fields)
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in fields.items():
            form.add_field(name, value)
        form.add_field("pic", picture.data, filename=picture.file_name, content_type=picture.media_type)
        return await self._call("POST", "/2/statuses/share.json", form=form)

    async def timeline(self, *, count: int) -> list[dict[str, Any]]:
        """The account's newest posts; an ordinary app sees five of them."""
        answer = await self._call("GET", "/2/statuses/user_timeline.json", query={"count": str(count)})
        statuses = answer.get("statuses")
        return [status for status in statuses if isinstance(status, dict)] if isinstance(statuses, list) else []

    async def show(self, mid: str) -> dict[str, Any]:
        """One post. WeiboError 20101 when it does not exist."""
        return await self._call("GET", "/2/statuses/show.json", query={"id": mid})

    async def destroy(self, mid: str) -> dict[str, Any]:
        """Deletes one post of this account."""
        return await self._call("POST", "/2/statuses/destroy.json", form={"access_token": self._token, "id": mid})

    async def token_info(self) -> dict[str, Any]:
        """Whose token it is, and how long it lives (``oauth2/get_token_info``): {uid, expire_in, …}."""
        return await self._call("POST", "/oauth2/get_token_info", form={"access_token": self._token})

    async def rate_limits(self) -> dict[str, Any]:
        """What is left of the account's calls (``account/rate_limit_status``); it does not itself count."""
        return await self._call("GET", "/2/account/rate_limit_status.json")

    async def read(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """A GET of comments or counts; an answer that is a list comes as ``{"list": […]}``."""
        return await self._call("GET", path, query=query)

    async def write(self, path: str, form: Mapping[str, str]) -> dict[str, Any]:
        """A POST below ``/2/comments``. Never repeated here; raises as ``share`` does."""
        return await self._call("POST", path, form={"access_token": self._token, **form})

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | aiohttp.FormData | None = None,
    ) -> dict[str, Any]:
        try:
            async with self._session.request(
                method,
                self._base + path,
                params=query,
                data=form,
                timeout=self._timeout,
                allow_redirects=False,
                headers={"Authorization": f"OAuth2 {self._token}"},
            ) as response:
                status, body = response.status, await _read(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise ChannelUnavailable("连接不上微博", remedy="系统将自动重试。", reason=type(error).__name__) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise OutcomeUnknown("微博没有完整答复", reason=type(error).__name__) from error
        return _parsed(status, body)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = await response.content.read(CAP + 1)
    while 0 < len(body) <= CAP:
        more = await response.content.read(CAP + 1 - len(body))
        if not more:
            break
        body += more
    return body


def _parsed(status: int, body: bytes) -> dict[str, Any]:
    """The answer as an object. The error code decides, not the HTTP status; codes come as numbers or as strings."""
    try:
        answer = json.loads(body) if len(body) <= CAP else None
    except ValueError:
        answer = None
    if isinstance(answer, list) and status == 200:
        return {"list": answer}
    if not isinstance(answer, dict):
        raise OutcomeUnknown("微博的答复无法读懂", status=status, length=len(body))
    code = answer.get("error_code", answer.get("errcode", 0))
    if code not in (0, "0", None):
        words = str(answer.get("error") or answer.get("errmsg") or "")
        raise WeiboError(int(code) if str(code).isdigit() else -1, words[:300], status=status)
    if status != 200:
        raise OutcomeUnknown("微博的答复没有错误码也没有成功", status=status, length=len(body))
    return answer

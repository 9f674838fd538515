"""Pictures that citizens sent to the official account, by their media_id (``GET /cgi-bin/media/get``; kept three days)."""

import json
from collections.abc import Mapping
from typing import Any

import aiohttp

from publishers.errors import ChannelRefused, ChannelUnavailable
from publishers.fetching import fetched
from publishers.wechat.outcomes import Kind, outcome_of
from publishers.wechat.token import WeChatTokens


class WeChatPictures:
    """The picture is asked for at the configured API host only. ``PicUrl`` of the message is never followed: it comes from
    outside and may name any host."""

    def __init__(self, *, http: aiohttp.ClientSession, api_base: str, tokens: WeChatTokens, most: int) -> None:
        self._http = http
        self._address = f"{api_base.rstrip('/')}/cgi-bin/media/get"
        self._tokens = tokens
        self._most = most

    async def fetch(self, reference: Mapping[str, str]) -> bytes:
        """Raises ChannelUnavailable, ChannelRefused."""
        token = await self._tokens.current()
        body = await self._once(reference, token)
        answer = _refusal(body)
        if answer is not None and outcome_of(_code(answer)).kind is Kind.TOKEN:
            body = await self._once(reference, await self._tokens.renewed(rejected=token))
            answer = _refusal(body)
        if answer is None:
            return body
        code = _code(answer)
        if outcome_of(code).kind in (Kind.TOKEN, Kind.BUSY) or code == -1:
            raise ChannelUnavailable("微信暂时没有给出图片", remedy="系统会稍后再试。", errcode=code)
        raise ChannelRefused("微信上已经没有这张图片，或者不允许取回", remedy="请与来访人联系。", errcode=code)

    async def _once(self, reference: Mapping[str, str], token: str) -> bytes:
        query = {"access_token": token, "media_id": reference.get("media_id", "")}
        return await fetched(self._http, self._address, query=query, most=self._most, platform="微信")


def _refusal(body: bytes) -> dict[str, Any] | None:
    """The platform's no, which comes as JSON with HTTP 200 and any content type; None for a file."""
    if not body.lstrip().startswith(b"{"):
        return None
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _code(answer: Mapping[str, Any]) -> int:
    value = answer.get("errcode")
    return value if isinstance(value, int) else -1

"""A deployment's mark on the account: a follower tag without followers, which the public never sees (ADR 0016).

Two deployments on different machines and databases share nothing but the platform. The mark's name says which deployment
speaks for the account, in which epoch, and which of its writings this is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from publishers.errors import ChannelUnavailable
from publishers.wechat.outcomes import Kind, failure, outcome_of
from publishers.wechat.token import WeChatTokens
from publishers.wechat.wire import Request, Wire, as_json

WORD: Final = "明白部署"
_NAME: Final = re.compile(rf"{WORD} ([0-9a-f]{{6}}) (\d+)-([0-9a-f]{{4}})")
"""At most 30 bytes for epochs of five digits: nobody says whether the platform's 30 are characters or bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a tag of ours says."""

    tag: int
    """The tag's number; 0 before it is written."""
    deployment: str
    """Six hexadecimal digits."""
    epoch: int
    writing: str
    """Four hexadecimal digits, new with every writing."""

    @property
    def name(self) -> str:
        return f"{WORD} {self.deployment} {self.epoch}-{self.writing}"


class WeChatMarks:
    """Reads and writes the marks. Raises the errors of `publishers.errors`; every call may be repeated."""

    def __init__(self, *, http: aiohttp.ClientSession, api_base: str, tokens: WeChatTokens) -> None:
        self._wire = Wire(http=http, api_base=api_base)
        self._tokens = tokens

    async def read(self) -> tuple[Mark, ...]:
        """Every mark on the account, of whatever deployment. ChannelRefused where the account may not use tags (48001)."""
        answer = await self._call("/cgi-bin/tags/get", None)
        tags = answer.get("tags")
        if not isinstance(tags, list):
            raise ChannelUnavailable("微信没有给出标签列表。", remedy="系统会稍后再试。")
        found = [_parsed(tag) for tag in tags if isinstance(tag, dict)]
        return tuple(mark for mark in found if mark is not None)

    async def write(self, mark: Mark) -> None:
        """Makes the tag, or gives the tag of ``mark.tag`` this name."""
        tag: dict[str, object] = {"name": mark.name}
        if mark.tag:
            await self._call("/cgi-bin/tags/update", {"tag": {"id": mark.tag, **tag}})
        else:
            await self._call("/cgi-bin/tags/create", {"tag": tag})

    async def remove(self, mark: Mark) -> None:
        """Deletes a tag of ours: a deployment's older mark, or the mark of one that was taken over."""
        await self._call("/cgi-bin/tags/delete", {"tag": {"id": mark.tag}})

    async def _call(self, path: str, body: Mapping[str, object] | None) -> dict[str, Any]:
        request = Request(path=path, body=None if body is None else as_json(body), content_type="application/json")
        token = await self._tokens.current()
        answer = await self._wire.exchange(request, token=token)
        if outcome_of(_code(answer)).kind is Kind.TOKEN:
            token = await self._tokens.renewed(rejected=token)
            answer = await self._wire.exchange(request, token=token)
        if code := _code(answer):
            words = self._tokens.censored(str(answer.get("errmsg", "")), token)[:500]
            raise failure(code, words, irreversible=False, now=await self._tokens.clock.now(), path=path)
        return answer


def _parsed(tag: Mapping[str, Any]) -> Mark | None:
    found = _NAME.fullmatch(str(tag.get("name", "")))
    if found is None or not isinstance(tag.get("id"), int):
        return None
    return Mark(tag=tag["id"], deployment=found[1], epoch=int(found[2]), writing=found[3])


def _code(answer: Mapping[str, Any]) -> int:
    value = answer.get("errcode")
    return value if isinstance(value, int) else 0

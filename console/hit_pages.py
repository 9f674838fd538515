"""命中测试: the question as a citizen would ask it, what he would read, why this entry answers and why not another (K2, K3).

The finding is made by the base that citizens ask, through the function they ask it by, and the words are those of the very
conversation; the page only adds what was measured on the way.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from aiohttp import web
from tortoise.expressions import Q

from audit.clock import Clock
from console.door import Visit
from console.layering import Layering
from console.screen import SHANGHAI, Screen
from knowledge.canned import ACTS
from knowledge.draft import NAMES, OPEN
from knowledge.entry import Entry
from knowledge.explaining import Explanation, WhyNot, explain, why_not
from knowledge.finding import Finding
from knowledge.frozen import thawed
from knowledge.records import KnowledgeDraft, KnowledgeEntry
from knowledge.rows import from_row
from staff.roles import Verb

PAGE: Final = "/console/knowledge/test"
LONGEST: Final = 2_000
TOP: Final = 10
FOUND: Final = 12
"""Entries that a search for "why not" lists."""
MOST_DRAFTS: Final = 500
"""Open drafts that are put together for the base as it would be."""
CHANNELS: Final = {"wechat": "微信", "weibo": "微博", "web": "网页"}
KINDS: Final = {"faq": "常见问题", "policy": "政策文件", "service": "办事服务", "rumour": "谣言澄清"}
DECISIONS: Final = {"answer": "直接回答", "choose": "请群众选择", "none": "转人工"}
PIN_DAYS: Final = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the page is asked for. ``entry`` is the one of which "why not" is asked, ``find`` what is looked up for it; ``would``:
    also the base as it would be."""

    q: str
    channel: str = "wechat"
    find: str = ""
    entry: str = ""
    would: bool = False
    typed: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Asked":
        channel = given.get("channel", "")
        return cls(
            q=given.get("q", "").strip()[:LONGEST], channel=channel if channel in CHANNELS else "wechat",
            find=given.get("find", "").strip()[:100], entry=given.get("entry", "").strip()[:191],
            would=given.get("would", "") == "1",
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Would:
    """The finding on the base as it would be, with how many drafts and changes wait."""

    finding: Finding
    drafts: int
    changes: int


class HitPages:
    def __init__(self, *, screen: Screen, clock: Clock, layering: Layering) -> None:
        self._screen = screen
        self._clock = clock
        self._layering = layering

    async def hit_test(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self.show(request, visit, Asked.of(request.query))

    async def show(
        self, request: web.Request, visit: Visit, asked: Asked, *, problem: Exception | None = None, box: str = ""
    ) -> web.StreamResponse:
        """The page; with what somebody tried on it and why that was refused, beside its form."""
        values: dict[str, Any] = {
            "told": None,
            "answer": "",
            "urgent": False,
            "why": None,
            "found": [],
            "would": None,
            "drafts": {},
        }
        today = (await self._clock.now()).astimezone(SHANGHAI).date()
        if asked.q:
            values |= await self._answered(asked, today)
        waiting = await KnowledgeDraft.filter(open_key__isnull=False).count()
        return self._screen.show(
            request, visit, "hit-test.html", title="命中测试", status=409 if problem else 200, asked=asked, channels=CHANNELS,
            kinds=KINDS, decisions=DECISIONS, acts=ACTS, states=NAMES, problem=problem, box=box, waiting=waiting,
            review_on=(today + timedelta(days=PIN_DAYS)).isoformat(), may_write=visit.person.may(Verb.KNOWLEDGE_WRITE),
            **values,
        )  # fmt: skip

    async def _answered(self, asked: Asked, today: date) -> dict[str, Any]:
        understanding = self._layering.base.understanding()
        told: Explanation = await asyncio.to_thread(
            explain, understanding, asked.q, top=TOP, today=today, channel=asked.channel
        )
        entry, found = await _wanted(asked)
        why: WhyNot | None = None
        if entry is not None:
            why = await asyncio.to_thread(why_not, understanding, asked.q, entry, today=today)
        ids = [each.hit.entry.id for each in told.hits] + ([entry.id] if entry is not None else [])
        drafts = {row.entry_id: row for row in await KnowledgeDraft.filter(open_key__in=ids)}
        answer, step = await self._layering.heard(asked.channel, asked.q)
        return {
            "told": told, "answer": answer, "urgent": step == "urgent", "why": why, "found": found,
            "would": await self._would(asked.q, today) if asked.would else None, "drafts": drafts,
            "draft_entries": {name: thawed(row.content) for name, row in drafts.items()},
        }  # fmt: skip

    async def _would(self, text: str, today: date) -> Would:
        """With every open draft released and every proposed change confirmed."""
        rows = await KnowledgeDraft.filter(state__in=OPEN).order_by("-id").limit(MOST_DRAFTS)
        candidate = await self._layering.curating.checking.candidate(
            {row.entry_id: thawed(row.content) for row in rows}
        )
        changes = self._layering.changes
        layers, waiting = await changes.layers_to_be(), await changes.waiting()
        finding = await asyncio.to_thread(candidate.ask, text, top=3, today=today, layers=layers)
        return Would(finding=finding, drafts=len(rows), changes=len(waiting))


async def _wanted(asked: Asked) -> tuple[Entry | None, list[KnowledgeEntry]]:
    """The entry that was named, or those that a search finds."""
    if asked.entry:
        row = await KnowledgeEntry.get_or_none(entry_id=asked.entry)
        return (from_row(row) if row is not None else None), []
    if not asked.find:
        return None, []
    fits = Q(title__icontains=asked.find) | Q(entry_id__icontains=asked.find) | Q(body__icontains=asked.find)
    rows = await KnowledgeEntry.filter(fits).order_by("-live", "-id").limit(FOUND)
    return (from_row(rows[0]), []) if len(rows) == 1 else (None, list(rows))

"""The knowledge base as staff see it: its entries, and a hit test with reasons."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from aiohttp import web
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from audit.clock import Clock
from console.door import Visit, see
from console.home_pages import page_number
from console.screen import SHANGHAI, Screen
from knowledge.columns import COLUMNS, shown
from knowledge.due import NAMES, reasons
from knowledge.entry import CURATOR
from knowledge.finding import Finding
from knowledge.records import (
    KnowledgeDraft,
    KnowledgeEntry,
    KnowledgeRelease,
    KnowledgeReleaseChange,
)
from knowledge.rows import from_row
from staff.roles import Verb

PER_PAGE: Final = 20
KINDS: Final = {"faq": "常见问题", "policy": "政策文件", "service": "办事服务", "rumour": "谣言澄清"}
LAYERS: Final = {"curator": "人工维护", "disclosure": "由公开信息生成"}
STATES: Final = {"live": "正在回答", "stopped": "已停用", "expired": "已过有效期", "ahead": "尚未生效"}
SAID: Final = frozenset({"id", "kind", "title", "body", "origin", "live"})
"""What the page of an entry says elsewhere than in its list of fields."""
DECISIONS: Final = {"answer": "直接回答", "choose": "请群众选择", "none": "转人工"}

Ask = Callable[[str, str], Awaitable[Mapping[str, Any]]]


class Knowledge(Protocol):
    """The base behind the bot: the hit test asks the very same one (K3)."""

    def ask(self, text: str, *, top: int = 10, today: date) -> Finding: ...


class KnowledgePages:
    """``ask`` is the bot as a citizen meets it, for the words of the answer."""

    def __init__(self, *, screen: Screen, clock: Clock, knowledge: Knowledge, ask: Ask) -> None:
        self._screen = screen
        self._clock = clock
        self._knowledge = knowledge
        self._ask = ask

    async def entries(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        asked = {name: request.query.get(name, "").strip()[:100] for name in ("q", "kind", "unit", "layer", "state")}
        page, now = page_number(request), await self._clock.now()
        rows = _chosen(asked, now.astimezone(SHANGHAI).date())
        total = await rows.count()
        found = await rows.order_by("-updated_at", "-id").offset((page - 1) * PER_PAGE).limit(PER_PAGE)
        return self._screen.show(
            request, visit, "knowledge.html", title="知识库", rows=found, total=total, page=page,
            pages=max(1, -(-total // PER_PAGE)), asked=asked, query=urlencode({k: v for k, v in asked.items() if v}),
            kinds=KINDS, layers=LAYERS, states=STATES, today=now.astimezone(SHANGHAI).date(),
            may_write=visit.person.may(Verb.KNOWLEDGE_WRITE),
        )  # fmt: skip

    async def entry(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """One entry with everything it says, its open draft, and the releases that changed it."""
        row = await KnowledgeEntry.get_or_none(id=int(request.match_info["id"]))
        if row is None:
            return see("/console/knowledge")
        entry, today = from_row(row), (await self._clock.now()).astimezone(SHANGHAI).date()
        changed = await KnowledgeReleaseChange.filter(entry_id=row.entry_id).order_by("-id").limit(PER_PAGE)
        releases = await KnowledgeRelease.filter(id__in=[each.release_id for each in changed]).order_by("-number")
        return self._screen.show(
            request, visit, "entry.html", title=entry.title or entry.id, row=row, entry=entry, kinds=KINDS,
            fields=[(c.header, shown(entry, c.field)) for c in COLUMNS if c.field not in SAID and shown(entry, c.field)],
            draft=await KnowledgeDraft.get_or_none(open_key=row.entry_id), releases=releases,
            expired=entry.expired_on(today), due=[NAMES[why] for why in reasons(entry, today)],
            may_write=visit.person.may(Verb.KNOWLEDGE_WRITE) and entry.disclosure_id is None,
        )  # fmt: skip

    async def hit_test(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        text = request.query.get("q", "").strip()[:2000]
        finding, answer = None, ""
        if text:
            now = await self._clock.now()
            finding = self._knowledge.ask(text, top=10, today=now.astimezone(SHANGHAI).date())
            answer = str((await self._ask(text, "")).get("answer", ""))
        return self._screen.show(
            request, visit, "hit-test.html", title="命中测试", q=text, finding=finding, answer=answer, kinds=KINDS,
            decisions=DECISIONS,
        )  # fmt: skip


def _chosen(asked: Mapping[str, str], today: date) -> "QuerySet[KnowledgeEntry]":
    """The entries that the filters of the list let through."""
    rows = KnowledgeEntry.all()
    if asked["kind"] in KINDS:
        rows = rows.filter(kind=asked["kind"])
    if text := asked["q"]:
        rows = rows.filter(Q(title__icontains=text) | Q(body__icontains=text) | Q(entry_id__icontains=text))
    if asked["unit"]:
        rows = rows.filter(unit__icontains=asked["unit"])
    if asked["layer"] in LAYERS:
        rows = rows.filter(origin=CURATOR) if asked["layer"] == "curator" else rows.exclude(origin=CURATOR)
    within = Q(live=True)
    states = {
        "live": within & (Q(valid_to__isnull=True) | Q(valid_to__gte=today)) & (Q(valid_from__isnull=True) | Q(valid_from__lte=today)),
        "stopped": Q(live=False), "expired": within & Q(valid_to__lt=today), "ahead": within & Q(valid_from__gt=today),
    }  # fmt: skip
    return rows.filter(states[asked["state"]]) if asked["state"] in states else rows

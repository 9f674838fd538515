"""The knowledge base as staff see it: its entries, a hit test with reasons, and the questions nobody could answer."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any, Final, Protocol

from aiohttp import web
from tortoise.expressions import Q

from audit.clock import Clock
from console.door import Visit
from console.home_pages import page_number
from console.screen import SHANGHAI, Screen
from knowledge.finding import Finding
from knowledge.records import KnowledgeEntry, UnansweredQuestion
from staff.roles import Verb

PER_PAGE: Final = 20
KINDS: Final = {"faq": "常见问题", "policy": "政策文件", "service": "办事服务", "rumour": "谣言澄清"}
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
        text, kind, page = request.query.get("q", "").strip()[:100], request.query.get("kind", ""), page_number(request)
        rows = KnowledgeEntry.all()
        if kind in KINDS:
            rows = rows.filter(kind=kind)
        if text:
            rows = rows.filter(Q(title__icontains=text) | Q(body__icontains=text) | Q(entry_id__icontains=text))
        total = await rows.count()
        shown = await rows.order_by("-updated_at", "-id").offset((page - 1) * PER_PAGE).limit(PER_PAGE)
        return self._screen.show(
            request, visit, "knowledge.html", title="知识库", rows=shown, total=total, page=page,
            pages=max(1, -(-total // PER_PAGE)), q=text, kind=kind, kinds=KINDS,
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

    async def questions(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Only a curator reads what was asked word for word; everybody else sees it masked."""
        page = page_number(request)
        rows = UnansweredQuestion.filter(state="open")
        total = await rows.count()
        shown = await rows.order_by("-asked_at", "-id").offset((page - 1) * PER_PAGE).limit(PER_PAGE)
        return self._screen.show(
            request, visit, "questions.html", title="未解答问题", rows=shown, total=total, page=page,
            pages=max(1, -(-total // PER_PAGE)), whole=visit.person.may(Verb.KNOWLEDGE_WRITE),
        )  # fmt: skip

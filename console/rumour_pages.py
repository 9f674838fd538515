"""谣言处置: the claims that people ask about, and what staff does with one of them."""

import re
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final, Protocol

from aiohttp import web

from audit.clock import Clock
from console.citizen_media import media_of_claim
from console.door import Visit, see
from console.rumour_lines import CHANNEL_NAMES, STATE_NAMES, ClaimSheet, claim_lines, read_claim
from console.screen import SHANGHAI, Screen
from console.unknown_pages import ago
from knowledge.claims import SAME_ADDRESS
from knowledge.clocks import shipped
from knowledge.entry import Entry, EntryKind
from knowledge.errors import ClaimRefused, EntryUnknown
from knowledge.finding import Finding, Hit
from knowledge.reports import Wording, resemblance
from knowledge.rumour_desk import RumourDesk
from knowledge.settling import SETTLED, Settlement

SUGGESTED: Final = 3
RESEMBLES: Final = 0.25
"""From this share of pairs of characters on an entry is shown as one that may answer the claim already."""
COMPARED: Final = 20
REFUSALS: Final = (ClaimRefused, EntryUnknown)
"""What is told on the page itself, beside what was typed."""
TEXTS: Final = ("title", "body", "evidence", "unit", "source", "source_url", "phone")
_BETWEEN_WORDS: Final = re.compile(r"[、，,;；\s]+")


class Knowledge(Protocol):
    """The base behind the bot, asked for entries that may answer a claim already."""

    def ask(self, text: str, *, top: int = 10, today: date) -> Finding: ...


class RumourPages:
    def __init__(self, *, screen: Screen, clock: Clock, desk: RumourDesk, knowledge: Knowledge) -> None:
        self._screen = screen
        self._clock = clock
        self._desk = desk
        self._knowledge = knowledge

    # Reading

    async def claims(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        now, closed = await self._clock.now(), request.query.get("closed") == "yes"
        return self._screen.show(
            request, visit, "rumours.html", title="谣言处置", lines=await claim_lines(visit.person, now=now, closed=closed),
            closed=closed, now=now, ago=ago, clocks=shipped().clocks,
        )  # fmt: skip

    async def claim(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit)

    # Acting

    async def check(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def act(number: int) -> None:
            await self._desk.check(number, title=visit.text("title"), unit=visit.text("unit"), actor=visit.person.actor)

        return await self._act(request, visit, act, done="rumour-checking")

    async def assign(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def act(number: int) -> None:
            await self._desk.assign(
                number, title=visit.text("title"), unit=visit.text("unit"), actor=visit.person.actor
            )

        return await self._act(request, visit, act, done="rumour-assigned")

    async def propose(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def act(number: int) -> None:
            await self._desk.propose(number, _settlement(visit), actor=visit.person.actor)

        return await self._act(request, visit, act, done="rumour-proposed")

    async def confirm(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def act(number: int) -> None:
            await self._desk.confirm(number, mark=visit.text("mark"), actor=visit.person.actor)

        return await self._act(request, visit, act, done="rumour-settled")

    async def send_back(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def act(number: int) -> None:
            await self._desk.send_back(
                number, mark=visit.text("mark"), remark=visit.text("remark"), actor=visit.person.actor
            )

        return await self._act(request, visit, act, done="rumour-sent-back")

    async def attach(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def act(number: int) -> None:
            entry_id = visit.text("entry_id").strip() or visit.text("entry")
            if not entry_id:
                raise ClaimRefused("没有选择并入哪一条。", "请选择一条，或填写条目编号。")
            await self._desk.attach(number, entry_id, variants=_chosen(visit), actor=visit.person.actor)

        return await self._act(request, visit, act, done="rumour-attached")

    async def join(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def act(number: int) -> None:
            into = _number(visit.text("into"))
            if not into:
                raise ClaimRefused("没有选择并入哪一条传言。", "请从列表中选择。")
            await self._desk.join(number, into, actor=visit.person.actor)

        return await self._act(request, visit, act, done="rumour-joined")

    async def split(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def act(number: int) -> None:
            await self._desk.split(number, _chosen(visit), actor=visit.person.actor)

        return await self._act(request, visit, act, done="rumour-split")

    async def dismiss(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def act(number: int) -> None:
            await self._desk.dismiss(number, reason=visit.text("reason"), actor=visit.person.actor)

        return await self._act(request, visit, act, done="rumour-dismissed")

    async def _act(
        self, request: web.Request, visit: Visit, act: Callable[[int], Awaitable[None]], *, done: str
    ) -> web.StreamResponse:
        number = int(request.match_info["id"])
        try:
            await act(number)
        except REFUSALS as error:
            return await self._show(request, visit, problem=error, typed=visit)
        return see(f"/console/rumours/{number}", done)

    async def _show(
        self, request: web.Request, visit: Visit, *, problem: Exception | None = None, typed: Visit | None = None
    ) -> web.StreamResponse:
        now = await self._clock.now()
        sheet = await read_claim(int(request.match_info["id"]), visit.person, now=now)
        row = sheet.line.row
        known = sheet.proposal or Settlement(verdict="", title=row.title, body="", evidence="", unit=row.unit)
        fields = {name: getattr(known, name) for name in ("verdict", *TEXTS)}
        fields |= {
            "places": "、".join(known.places),
            "figures": "、".join(known.figures),
            "reason": "",
            "remark": "",
            "entry_id": "",
        }
        if typed is not None:
            fields |= {name: typed.text(name) for name in fields if typed.text(name)}
        return self._screen.show(
            request, visit, "rumour.html", title="谣言处置", status=200 if problem is None else 422, sheet=sheet, row=row,
            now=now, ago=ago, fields=fields, verdicts=SETTLED, state_names=STATE_NAMES, channel_names=CHANNEL_NAMES,
            suggestions=self._suggestions(sheet, now.astimezone(SHANGHAI).date()), problem=problem,
            remedy=str(getattr(problem, "remedy", "")), ticked=_ticked(sheet, typed),
            media=await media_of_claim(row.id),
        )  # fmt: skip

    def _suggestions(self, sheet: ClaimSheet, today: date) -> tuple[Hit, ...]:
        """Entries that may answer this claim already, as the hit test finds them."""
        if not sheet.open:
            return ()
        text = (sheet.line.samples[0] if sheet.line.samples else sheet.line.row.title)[:400]
        wording = Wording.of(text)
        found = [
            hit for hit in self._knowledge.ask(text, top=10, today=today).hits
            if hit.entry.kind is EntryKind.rumour and hit.entry.id != sheet.line.row.entry_id
            and (hit.why[:1] == (SAME_ADDRESS,) or _resembles(wording, hit.entry))
        ]  # fmt: skip
        return tuple(found[:SUGGESTED])


def _resembles(wording: Wording, entry: Entry) -> bool:
    """Whether an entry is worth a curator's look; the best of a base that knows nothing of it is not."""
    known = (entry.title, *entry.similar[:COMPARED])
    return any(resemblance(wording, Wording.of(text)) >= RESEMBLES for text in known)


def _ticked(sheet: ClaimSheet, typed: Visit | None) -> frozenset[int]:
    """The reports whose wordings are taken as the same claim: as they were ticked, as they were proposed, else all."""
    if typed is not None:
        return frozenset(_chosen(typed))
    return frozenset(sheet.proposal.variants if sheet.proposal else (said.report.id for said in sheet.said))


def _settlement(visit: Visit) -> Settlement:
    words = {
        name: tuple(word for word in _BETWEEN_WORDS.split(visit.text(name)) if word)[:20]
        for name in ("places", "figures")
    }
    texts = {name: visit.text(name).replace("\r\n", "\n") for name in TEXTS}
    return Settlement(verdict=visit.text("verdict"), variants=_chosen(visit), **texts, **words)  # type: ignore[arg-type]


def _chosen(visit: Visit) -> tuple[int, ...]:
    """The reports that are ticked."""
    return tuple(dict.fromkeys(number for text in visit.texts("report")[:500] if (number := _number(text))))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

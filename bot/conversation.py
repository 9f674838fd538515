"""The conversation: one engine for WeChat, Weibo, the web chat and the API. It reads, decides and words; what is to be
written is a second step, inside the caller's transaction."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from operator import itemgetter
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.clock import Clock
from bot import quoting, wording
from bot.correcting import Corrections
from bot.decision import Move, Step, conclude, offered, understand
from bot.foreword import Foreword
from bot.gathering import Gathering
from bot.handing import Handing
from bot.hours import closed_text, standing_of
from bot.measure import Measure, measure_of
from bot.memory import VALID, Memory, Option, Page
from bot.message import cleaned
from bot.office import FindOffice, Office
from bot.records import ConversationState
from bot.reporting import Reports
from bot.rumour_talk import RUMOUR_STEPS, RumourTalk
from bot.turn import EntryOf, KeepUnanswered, LapsedOf, Turn, Unanswered, left_by
from bot.urgent import urgent_text
from casework.outbox import Standing
from disclosures.workdays import WorkingDays
from knowledge.entry import Entry, EntryKind
from knowledge.finding import Finding

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
TEXT_CAP: Final = 4000
"""Characters of a message that are read; WeChat delivers at most 2 KB."""
LONG_TEXT: Final = 400
"""Characters above which the question is put to the base in a thread, off the event loop."""


class Base(Protocol):
    """What the conversation needs of the knowledge base (``knowledge.base.KnowledgeBase``)."""

    def ask(self, text: str, *, top: int = 10, today: date) -> Finding: ...

    async def refresh(self) -> bool: ...


class Conversation:
    """Answers citizens. ``examples`` are three real questions; ``name`` is the account's name in the welcome; ``lapsed``
    looks for an answer that has expired, where nothing else answers; ``used`` is told the disclosure that an answer quotes."""

    def __init__(
        self, *, base: Base, clock: Clock, entry_of: EntryOf, keep_unanswered: KeepUnanswered,
        mask: Callable[[str], str], measures: Mapping[str, Measure], office: Office, find_office: FindOffice,
        examples: Sequence[str], name: str, reports: Reports, working_days: WorkingDays,
        corrections: Corrections, lapsed: LapsedOf | None = None, handing: Handing | None = None,
        used: Callable[[int], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self._used = used
        self._handing = handing
        self._base = base
        self._lapsed = lapsed
        self._clock = clock
        self._entry_of = entry_of
        self._keep_unanswered = keep_unanswered
        self._mask = mask
        self._measures = measures
        self._office = office
        self._find_office = find_office
        self._examples = tuple(examples)
        self._name = name
        self._reports = reports
        self._working_days = working_days
        self._corrections = corrections
        self._rumours = RumourTalk(
            clock=clock, entry_of=entry_of, mask=mask, measures=measures, office=office, name=name, reports=reports
        )
        self._foreword = Foreword(entry_of=entry_of, measures=measures, reports=reports, corrections=corrections)
        self._states = Gathering(_states_of)
        self._searching = asyncio.Lock()

    async def answer(self, *, channel: str, sender: str, text: str, top: int = 10) -> Turn:
        """Considers and settles in one go. An empty ``sender`` is nobody: nothing is remembered of him."""
        turn = await self.consider(channel=channel, sender=sender, text=text, top=top)
        if turn.leaves:
            async with in_transaction() as connection:
                await self.settle_all(connection, [turn])
        return turn

    async def consider(
        self, *, channel: str, sender: str, text: str, top: int = 10, now: datetime | None = None
    ) -> Turn:
        """What to say to a text. Reads only. ``now`` saves a look at the clock."""
        now, text = now or await self._clock.now(), cleaned(text[:TEXT_CAP]).strip()
        before, his = await asyncio.gather(self._remembered(channel, sender), self._with_us(channel, sender, now))
        if self._handing is not None:
            silent = Turn(step=Step.CASE, text="", channel=channel, sender=sender)
            if said := await self._handing.first(silent, text, before, his, now):
                return await self._handing.before(await self._foreword.before(said), his, before, now)
        move, finding, standing = understand(text, before, now), None, dict[str, Entry]()
        if move.step is Step.ASK:
            finding = await self._ask(text, now, top)
            standing = await self._standing(finding, text)
            if any(
                one.id not in standing or standing[one.id].withdrawn != one.withdrawn for one in _named(finding, text)
            ):
                # The index is a moment behind the database: what was withdrawn must not be offered, what is new may be.
                await self._base.refresh()
                finding = await self._ask(text, now, top)
                standing = await self._standing(finding, text)
            move = conclude(finding, self._mask(text), move.memory, now)
        turn = Turn(
            step=move.step, text="", channel=channel, sender=sender,
            decision="choose" if move.step is Step.CHOOSE else "none", confidence=finding.confidence if finding else 0.0,
            entry=standing.get(move.entry_id), hits=finding.hits if finding else (), unanswered=self._unanswered(move, before, finding, text, channel, sender, now),
        )  # fmt: skip
        turn, after = await self._worded(turn, move, before, finding.question if finding else text)
        if after.closed_until is None and before.closed_until is not None and before.closed_until > now:
            after = replace(after, closed_until=before.closed_until)  # Whatever else is forgotten: it is said once.
        if finding is not None and turn.step in {Step.REPHRASE, Step.HAND_OVER}:
            turn = await self._told_of_lapsed(turn, text, now)
        if self._handing is not None and self._handing.offers(turn, text, before, now):
            asked = before.question if move.reason == "rejected_choice" else text
            turn, after = await self._handing.offered(turn, after, before=before, text=asked, standing=his)
        after = replace(after, at=now)
        same = replace(after, at=before.at) == before or (after.blank and before.blank)
        turn = replace(
            turn, text=wording.fitted(turn.text, measure_of(self._measures, channel)), memory=None if same else after
        )
        if turn.decision == "answer" and turn.entry and turn.entry.disclosure_id and move.step is not Step.MORE:
            self._used(turn.entry.disclosure_id)
        turn = await self._foreword.before(turn)
        if self._handing is None:
            return turn
        if turn.step is Step.URGENT:
            turn = self._handing.overhears(turn, text, his, now)
        return await self._handing.before(turn, his, before, now)

    async def news(self, *, channel: str, sender: str) -> tuple[str, bool]:
        """What people answered to somebody since his last word, "" for nothing; and whether more may come."""
        if self._handing is None:
            return "", False
        now = await self._clock.now()
        his = await self._with_us(channel, sender, now)
        turn = await self._handing.before(
            Turn(step=Step.CASE, text="", channel=channel, sender=sender), his, Memory(), now
        )
        if turn.left:
            async with in_transaction() as connection:
                await self.settle_all(connection, [turn])
        return turn.text, his.active is not None

    async def overhear(
        self, *, channel: str, sender: str, text: str, said: str, now: datetime, is_text: bool = True
    ) -> Turn:
        """A turn that says ``said``, whatever was heard; while a person has the citizen's case, ``text`` is kept for him. Of
        what is no text (``is_text``), ``text`` says what came."""
        turn = Turn(step=Step.HELP, text=said, channel=channel, sender=sender)
        if self._handing is None:
            return turn
        his = await self._with_us(channel, sender, now)
        if is_text:
            return self._handing.overhears(turn, text, his, now)
        return self._handing.kept(turn, text, his, now) or turn

    async def settle_all(self, connection: BaseDBAsyncClient, turns: Sequence[Turn]) -> None:
        """Writes what some turns leave behind: the memories, and the questions nobody could answer."""
        for turn in turns:
            if turn.unanswered is not None:
                await self._keep_unanswered(connection, turn.unanswered)
            if turn.report is not None and turn.sender:  # Nobody in particular is no person to be counted.
                await self._reports.keep(connection, turn.report)
            if turn.told:
                await self._reports.told(connection, turn.told, now=await self._clock.now())
            if turn.corrected:
                await self._corrections.told(connection, turn.corrected, now=await self._clock.now())
        for settle, values in left_by(turns).items():
            await settle(connection, values)
        left = {(turn.channel, turn.sender): turn.memory for turn in turns if turn.sender and turn.memory is not None}
        if left:
            await self._remember(connection, left)

    async def _remember(self, connection: BaseDBAsyncClient, left: Mapping[tuple[str, str], Memory]) -> None:
        now = await self._clock.now()
        rows = [
            ConversationState(channel=channel, sender=sender, state=memory.dump(), updated_at=now)
            for (channel, sender), memory in sorted(left.items(), key=itemgetter(0))
        ]
        await ConversationState.bulk_create(
            rows, update_fields=["state", "updated_at"], on_conflict=["channel", "sender"], using_db=connection
        )

    async def keep_late(self, *, channel: str, sender: str, text: str) -> None:
        """Keeps an answer that missed its time, after any that he has not fetched yet; the citizen fetches it with “1”."""
        earlier = (await self._remembered(channel, sender)).late
        said = wording.fitted(f"{earlier}\n\n{text}" if earlier else text, measure_of(self._measures, channel))
        async with in_transaction() as connection:
            memory = Memory(at=await self._clock.now(), late=said)
            await self._remember(connection, {(channel, sender): memory})

    async def forget(self, connection: BaseDBAsyncClient, *, channel: str, sender: str) -> None:
        """Deletes what is remembered of one person."""
        await ConversationState.filter(channel=channel, sender=sender).using_db(connection).delete()

    def welcome(self, channel: str) -> str:
        return wording.fitted(wording.welcome_text(self._name, self._examples), measure_of(self._measures, channel))

    def help(self, channel: str) -> str:
        return wording.fitted(wording.help_text(self._examples), measure_of(self._measures, channel))

    async def _remembered(self, channel: str, sender: str) -> Memory:
        state = await self._states.one((channel, sender)) if sender else None
        return Memory.parse(state) if state else Memory()

    async def _with_us(self, channel: str, sender: str, now: datetime) -> Standing:
        if self._handing is None:
            return Standing()
        return await self._handing.standing(channel=channel, sender=sender, now=now)

    async def _ask(self, text: str, now: datetime, top: int) -> Finding:
        today = now.astimezone(SHANGHAI).date()
        if len(text) <= LONG_TEXT:
            async with self._searching:
                # Many messages wake up at once; between two searches the event loop looks after everything else.
                await asyncio.sleep(0)
                return self._base.ask(text, top=top, today=today)
        return await asyncio.to_thread(self._base.ask, text, top=top, today=today)

    def _unanswered(
        self, move: Move, before: Memory, finding: Finding | None, text: str, channel: str, sender: str, now: datetime
    ) -> Unanswered | None:
        if not move.reason:
            return None
        if finding is None:  # Every choice was refused: the question is the one they were offered for.
            candidates, asked, confidence, decision = before.options, before.question, before.confidence, "choose"
        else:
            candidates = tuple(Option(id=h.entry.id, title=h.entry.title, score=h.score) for h in finding.hits[:3])
            asked, confidence, decision = text, finding.confidence, finding.decision
        return Unanswered(
            text=asked, channel=channel, sender=sender, asked_at=now, candidates=candidates, decision=decision,
            confidence=confidence, reason=move.reason,
        )  # fmt: skip

    async def _worded(self, turn: Turn, move: Move, before: Memory, text: str) -> tuple[Turn, Memory]:
        """The turn with its words, and the memory it leaves."""
        if move.step in RUMOUR_STEPS:
            return await self._rumours.about(turn, move, before)
        match move.step:
            case Step.ANSWER | Step.MORE | Step.WITHDRAWN:
                return await self._answered(turn, move, before.question if move.memory.options else text)
            case Step.CHOOSE:
                minutes = int(VALID.total_seconds()) // 60
                said = wording.choice_text(move.memory.options, minutes)
                return replace(turn, text=said, options=move.memory.options), move.memory
            case Step.REPHRASE:
                rejected, example = move.reason == "rejected_choice", next(iter(self._examples), "")
                said = wording.rephrase_text(self._office, rejected=rejected, example=example)
            case Step.HAND_OVER:
                return await self._handed_over(turn, move, before, text)
            case Step.LATE:
                said = before.late
            case Step.URGENT:
                said = urgent_text(text)
            case Step.ABUSE:
                said = wording.abuse_text(self._office)
            case Step.NO_MORE:
                said = wording.NO_MORE_TEXT
            case Step.THANKS:
                said = wording.THANKS_TEXT
            case Step.EXPIRED:
                said = wording.expired_text(self._examples)
            case _:
                said = wording.help_text(self._examples)
        return replace(turn, text=said), move.memory

    async def _told_of_lapsed(self, turn: Turn, text: str, now: datetime) -> Turn:
        """The same turn, which begins with that the answer has expired, if that is what was asked for."""
        entry = await self._lapsed(text, now.astimezone(SHANGHAI).date()) if self._lapsed is not None else None
        return replace(turn, text=f"{wording.lapsed_text(entry)}\n{turn.text}") if entry is not None else turn

    async def _standing(self, finding: Finding, text: str) -> dict[str, Entry]:
        """The entries that would be named, as the database has them now; without those of which nothing may be said."""
        read = await asyncio.gather(*(self._entry_of(entry.id) for entry in _named(finding, text)))
        return {entry.id: entry for entry in read if entry is not None}

    async def _answered(self, turn: Turn, move: Move, question: str) -> tuple[Turn, Memory]:
        """The approved text, read anew: the index may be a moment behind a withdrawal, the database never is."""
        entry = turn.entry or await self._entry_of(move.entry_id)
        if entry is None:
            return replace(turn, step=Step.EXPIRED, text=wording.changed_text()), Memory(at=move.memory.at)
        if entry.kind is EntryKind.rumour and not entry.withdrawn:
            return await self._rumours.clarified(turn, move, entry, question)
        pages, mark = wording.answer_pages(entry, measure_of(self._measures, turn.channel)), wording.digest(entry)
        page = move.memory.page if move.step is Step.MORE else None
        number = page.next if page else 0
        outdated = page is not None and (page.digest != mark or number >= len(pages))
        if outdated and not entry.withdrawn:
            return replace(turn, step=Step.EXPIRED, text=wording.changed_text()), Memory(at=move.memory.at)
        if outdated:
            number = 0  # He was reading it when it was withdrawn: that is what he must know.
        quotable = page is None and not entry.withdrawn
        part = quoting.quoted(entry, measure_of(self._measures, turn.channel), question) if quotable else None
        following = 0 if part else number + 1
        left = Page(entry_id=entry.id, next=following, digest=mark) if following < len(pages) else None
        turn = replace(
            turn, text=part.text if part else pages[number], quotation=part.quotation if part else None, entry=entry,
            sources=(wording.source_of(entry),), more=left is not None,
        )  # fmt: skip
        if entry.withdrawn:
            return replace(turn, step=Step.WITHDRAWN, decision="none"), replace(move.memory, page=left)
        confidence = turn.confidence if turn.hits else 1.0
        return replace(turn, decision="answer", confidence=confidence), replace(move.memory, page=left)

    async def _handed_over(self, turn: Turn, move: Move, before: Memory, text: str) -> tuple[Turn, Memory]:
        """To a person: whom, and, once, that nobody is there now."""
        unit, now = await self._find_office(f"{before.question}\n{text}"), await self._clock.now()
        found, closed, memory = standing_of(unit or self._office, now, self._working_days), "", move.memory
        if found is not None and not found.open and not (before.closed_until and before.closed_until > now):
            closed, memory = closed_text(found, now), replace(memory, closed_until=found.opens)
        said = wording.hand_over_text(self._office, unit, kept=bool(move.reason), closed=closed)
        return replace(turn, text=said), memory


async def _states_of(people: Sequence[tuple[str, str]]) -> Sequence[dict[str, object] | None]:
    """What is remembered of some people, each given by channel and sender."""
    rows = await ConversationState.filter(sender__in=[sender for _, sender in people])
    found = {(row.channel, row.sender): row.state for row in rows}
    return [found.get(person) for person in people]


def _named(finding: Finding, text: str) -> tuple[Entry, ...]:
    """The entries whose texts, titles or withdrawal the citizen would read."""
    if finding.withdrawn is not None:
        return (finding.withdrawn,)
    hits = offered(finding, text) or (finding.hits[:1] if finding.decision == "answer" else ())
    return tuple(hit.entry for hit in hits)

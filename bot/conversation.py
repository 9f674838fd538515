"""The conversation: one engine for WeChat, Weibo, the web chat and the API. It reads, decides and words; what is to be
written is a second step, inside the caller's transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from operator import itemgetter
from typing import Final, Literal, Protocol
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.clock import Clock
from bot import clarifying, quoting, wording
from bot.correcting import Correction, Corrections, correction_text, mark_of
from bot.decision import Move, Step, conclude, offered, understand
from bot.gathering import Gathering
from bot.hours import closed_text, standing_of
from bot.measure import Measure
from bot.memory import VALID, Memory, Option, Page
from bot.message import cleaned
from bot.office import FindOffice, Office
from bot.records import ConversationState
from bot.reporting import Report, Reports
from bot.urgent import urgent_text
from bot.wording import Source
from disclosures.workdays import WorkingDays
from knowledge.clocks import shipped
from knowledge.entry import Entry, EntryKind
from knowledge.finding import Finding, Hit
from knowledge.quotation import Quotation
from knowledge.reporting import Notice

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
RUMOUR_STEPS: Final = frozenset({Step.OFFER, Step.CONSENT, Step.REPORTED, Step.DECLINED, Step.FORWARD})
UNTOLD: Final = frozenset({Step.URGENT})
"""Steps in which nobody is told of something else."""
SPOKEN: Final = frozenset({"wechat", "weibo"})
"""Channels without buttons of ours, where the words that lead on are said."""
TEXT_CAP: Final = 4000
"""Characters of a message that are read; WeChat delivers at most 2 KB."""
LONG_TEXT: Final = 400
"""Characters above which the question is put to the base in a thread, off the event loop."""

EntryOf = Callable[[str], Awaitable[Entry | None]]
"""Gives an entry by its id, as it may be spoken of now: a withdrawn one without its text; None when nothing may be said."""


class Base(Protocol):
    """What the conversation needs of the knowledge base (``knowledge.base.KnowledgeBase``)."""

    def ask(self, text: str, *, top: int = 10, today: date) -> Finding: ...

    async def refresh(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A question for the curator's list. ``asker`` is channel and sender; ``reason`` is ``none`` or ``rejected_choice``."""

    text: str
    channel: str
    sender: str
    asked_at: datetime
    candidates: tuple[Option, ...]
    decision: str
    confidence: float
    reason: str


LapsedOf = Callable[[str, date], Awaitable[Entry | None]]
"""Gives the expired entry that a text asks for, without its own text; None when there is none."""

KeepUnanswered = Callable[[BaseDBAsyncClient, Unanswered], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A citizen's turn and ours: what is said, and what is to be written for it (``Conversation.settle_all``)."""

    step: Step
    text: str
    """The reply, already short enough for the channel."""
    channel: str
    sender: str
    decision: Literal["answer", "choose", "none"] = "none"
    confidence: float = 0.0
    entry: Entry | None = None
    sources: tuple[Source, ...] = ()
    options: tuple[Option, ...] = ()
    hits: tuple[Hit, ...] = ()
    memory: Memory | None = None
    """The new memory; None when it is unchanged."""
    unanswered: Unanswered | None = None
    more: bool = False
    """There is a next page (回复“更多”)."""
    quotation: Quotation | None = None
    """What of the entry's body the reply quotes, when it does not say the text whole (回复“全文”)."""
    replies: tuple[str, ...] = ()
    """Words that lead on from here, for a channel that shows them as buttons."""
    report: Report | None = None
    """A rumour to be counted on the desk."""
    told: tuple[int, ...] = ()
    """The notices that this reply gives him."""
    corrected: tuple[tuple[int, str], ...] = ()
    """The corrections that this reply gives him, each with the mark of the text that he knows then."""


class Conversation:
    """Answers citizens. ``examples`` are three real questions; ``name`` is the account's name in the welcome; ``lapsed``
    looks for an answer that has expired, where nothing else answers; ``used`` is told the disclosure that an answer quotes."""

    def __init__(
        self, *, base: Base, clock: Clock, entry_of: EntryOf, keep_unanswered: KeepUnanswered,
        mask: Callable[[str], str], measures: Mapping[str, Measure], office: Office, find_office: FindOffice,
        examples: Sequence[str], name: str, reports: Reports, working_days: WorkingDays,
        corrections: Corrections, lapsed: LapsedOf | None = None,
        used: Callable[[int], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self._used = used
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
        self._states = Gathering(_states_of)
        self._searching = asyncio.Lock()

    async def answer(self, *, channel: str, sender: str, text: str, top: int = 10) -> Turn:
        """Considers and settles in one go. An empty ``sender`` is nobody: nothing is remembered of him."""
        turn = await self.consider(channel=channel, sender=sender, text=text, top=top)
        if turn.memory is not None or turn.unanswered is not None or turn.report or turn.told or turn.corrected:
            async with in_transaction() as connection:
                await self.settle_all(connection, [turn])
        return turn

    async def consider(
        self, *, channel: str, sender: str, text: str, top: int = 10, now: datetime | None = None
    ) -> Turn:
        """What to say to a text. Reads only. ``now`` saves a look at the clock."""
        now, text = now or await self._clock.now(), cleaned(text[:TEXT_CAP]).strip()
        before = await self._remembered(channel, sender)
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
        after = replace(after, at=now)
        same = replace(after, at=before.at) == before or (after.blank and before.blank)
        turn = replace(turn, text=wording.fitted(turn.text, self._measure(channel)), memory=None if same else after)
        if turn.decision == "answer" and turn.entry and turn.entry.disclosure_id and move.step is not Step.MORE:
            self._used(turn.entry.disclosure_id)
        return await self._telling(turn)

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
        said = wording.fitted(f"{earlier}\n\n{text}" if earlier else text, self._measure(channel))
        async with in_transaction() as connection:
            memory = Memory(at=await self._clock.now(), late=said)
            await self._remember(connection, {(channel, sender): memory})

    async def forget(self, connection: BaseDBAsyncClient, *, channel: str, sender: str) -> None:
        """Deletes what is remembered of one person."""
        await ConversationState.filter(channel=channel, sender=sender).using_db(connection).delete()

    def welcome(self, channel: str) -> str:
        return wording.fitted(wording.welcome_text(self._name, self._examples), self._measure(channel))

    def help(self, channel: str) -> str:
        return wording.fitted(wording.help_text(self._examples), self._measure(channel))

    def _measure(self, channel: str) -> Measure:
        return self._measures.get(channel) or self._measures["web"]

    async def _remembered(self, channel: str, sender: str) -> Memory:
        state = await self._states.one((channel, sender)) if sender else None
        return Memory.parse(state) if state else Memory()

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
            return await self._about_a_rumour(turn, move, before)
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
            return await self._clarified(turn, move, entry, question)
        pages, mark = wording.answer_pages(entry, self._measure(turn.channel)), wording.digest(entry)
        page = move.memory.page if move.step is Step.MORE else None
        number = page.next if page else 0
        outdated = page is not None and (page.digest != mark or number >= len(pages))
        if outdated and not entry.withdrawn:
            return replace(turn, step=Step.EXPIRED, text=wording.changed_text()), Memory(at=move.memory.at)
        if outdated:
            number = 0  # He was reading it when it was withdrawn: that is what he must know.
        quotable = page is None and not entry.withdrawn
        part = quoting.quoted(entry, self._measure(turn.channel), question) if quotable else None
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

    async def _clarified(self, turn: Turn, move: Move, entry: Entry, question: str) -> tuple[Turn, Memory]:
        """A clarification, page by page; what is 核实中 says by when, and who asked about it is counted."""
        now, measure, due = await self._clock.now(), self._measure(turn.channel), ""
        if entry.under_check:
            due = clarifying.due_text(await self._reports.due(entry.id, now=now), now)
        pages = clarifying.clarification_pages(entry, measure, due=due)
        mark, page = f"{wording.digest(entry)}{len(due)}", move.memory.page if move.step is Step.MORE else None
        number = page.next if page else 0
        if page is not None and (page.digest != mark or number >= len(pages)):
            return replace(turn, step=Step.EXPIRED, text=wording.changed_text()), Memory(at=move.memory.at)
        said = pages[number]
        if page is None and turn.channel in SPOKEN:
            said = clarifying.hinted(said, entry, measure)
        left = Page(entry_id=entry.id, next=number + 1, digest=mark) if number + 1 < len(pages) else None
        memory, report = replace(move.memory, page=left, clarified=entry.id), None
        if entry.under_check and page is None:
            report = Report(
                text=self._mask(question), channel=turn.channel, sender=turn.sender, at=now, entry_id=entry.id
            )
            memory = replace(memory, report=report.text, report_entry=entry.id)
        word = clarifying.TELL_WORD if entry.under_check else clarifying.FORWARD_WORD
        turn = replace(
            turn, text=said, entry=entry, sources=(wording.source_of(entry),), more=left is not None, replies=(word,),
            report=report, decision="answer", confidence=turn.confidence if turn.hits else 1.0,
        )  # fmt: skip
        return turn, memory

    async def _handed_over(self, turn: Turn, move: Move, before: Memory, text: str) -> tuple[Turn, Memory]:
        """To a person: whom, and, once, that nobody is there now."""
        unit, now = await self._find_office(f"{before.question}\n{text}"), await self._clock.now()
        found, closed, memory = standing_of(unit or self._office, now, self._working_days), "", move.memory
        if found is not None and not found.open and not (before.closed_until and before.closed_until > now):
            closed, memory = closed_text(found, now), replace(memory, closed_until=found.opens)
        said = wording.hand_over_text(self._office, unit, kept=bool(move.reason), closed=closed)
        return replace(turn, text=said), memory

    async def _about_a_rumour(self, turn: Turn, move: Move, before: Memory) -> tuple[Turn, Memory]:
        """Handing in a rumour of which nothing is known, in two steps; and passing on a clarification."""
        now, channel, sender = await self._clock.now(), turn.channel, turn.sender
        if move.step is Step.FORWARD:
            entry = await self._entry_of(move.entry_id) if move.entry_id else None
            said = clarifying.NOTHING_TO_FORWARD_TEXT
            if entry is not None and not entry.withdrawn:
                said = clarifying.forward_text(entry, account=self._name)
            return replace(turn, text=said, entry=entry), move.memory
        if move.step is Step.OFFER:
            said = clarifying.offer_text(wording.HOTLINE, wording.contact(self._office), noted=bool(sender))
            report = Report(text=move.memory.report, channel=channel, sender=sender, at=now)
            return replace(turn, text=said, report=report, replies=(clarifying.CHECK_WORD,)), move.memory
        if move.step is Step.CONSENT:
            said = clarifying.consent_text(self._office.name, hours=shipped().clocks[-1].hours)
            # Whoever comes here from the choices was not counted yet; he needs a claim for the number of his receipt.
            counted = (
                Report(text=move.memory.report, channel=channel, sender=sender, at=now) if not before.report else None
            )
            return replace(turn, text=said, replies=("同意", "不用"), report=counted), move.memory
        if move.step is Step.DECLINED:
            return replace(turn, text=clarifying.DECLINED_TEXT), move.memory
        receipt = await self._reports.receipt(text=before.report, channel=channel, sender=sender)
        said = clarifying.receipt_text(receipt.number if receipt else None, receipt.answered_by if receipt else None)
        report = Report(
            text=before.report, channel=channel, sender=sender, at=now, entry_id=before.report_entry, consent=True
        )
        return replace(turn, text=said, report=report), move.memory

    async def _telling(self, turn: Turn) -> Turn:
        """The reply, with what he had asked to be told before it. What finds no room waits for his next message."""
        if not turn.sender or turn.step in UNTOLD:
            return turn
        for notice in await self._reports.notices(channel=turn.channel, sender=turn.sender):
            entry = await self._entry_of(notice.entry_id)
            if entry is None or entry.withdrawn or entry.under_check:
                continue
            turn = self._with_notice(turn, notice, entry)
        for correction in await self._corrections.waiting(channel=turn.channel, sender=turn.sender):
            turn = await self._with_correction(turn, correction)
        return turn

    async def _with_correction(self, turn: Turn, correction: Correction) -> Turn:
        measure, said_anyway = (
            self._measure(turn.channel),
            turn.entry is not None and turn.entry.id == correction.entry_id,
        )
        entry = turn.entry if said_anyway else await self._entry_of(correction.entry_id)
        corrected = (*turn.corrected, (correction.id, mark_of(entry)))
        text = "" if said_anyway else correction_text(correction, entry, measure)
        if not text:  # It is just what he asks again, or what he was told is so once more.
            return replace(turn, corrected=corrected)
        text = f"{text}\n\n{turn.text}" if turn.text else text
        return replace(turn, text=text, corrected=corrected) if measure.fits(text) else turn

    def _with_notice(self, turn: Turn, notice: Notice, entry: Entry) -> Turn:
        told = (*turn.told, notice.id)
        if turn.entry is not None and turn.entry.id == entry.id and turn.step is Step.ANSWER:
            return replace(turn, told=told)  # It is just what he asks again.
        said = clarifying.notice_text(entry, asked=notice.asked, asked_at=notice.asked_at)
        text = f"{said}\n\n{turn.text}" if turn.text else said
        return replace(turn, text=text, told=told) if self._measure(turn.channel).fits(text) else turn


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

"""The conversation: one engine for WeChat, Weibo, the web chat and the API. It reads, decides and words; what is to be
written is a second step, inside the caller's transaction."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from operator import itemgetter
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.clock import Clock
from bot import quoting, subject, tapping, wording
from bot.awaiting import AWAITED_STEPS, Awaiting
from bot.correcting import Corrections, mark_of
from bot.decision import Move, Step, conclude, offered, understand
from bot.feedback import RATED_STEPS, Feedback
from bot.foreword import Foreword
from bot.gathering import Gathering
from bot.hours import closed_text, standing_of
from bot.measure import Measure, measure_of, narrowed
from bot.memory import LATE_HELD, VALID, Memory, Option, Page, Said
from bot.message import cleaned
from bot.office import FindOffice, Office
from bot.records import ConversationState
from bot.reporting import Reports
from bot.rumour_talk import RUMOUR_STEPS, RumourTalk
from bot.turn import EntryOf, KeepUnanswered, LapsedOf, Turn, Unanswered, left_by
from bot.urgent import urgent_text
from disclosures.workdays import WorkingDays
from knowledge.entry import Entry, EntryKind
from knowledge.finding import Finding

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
TEXT_CAP: Final = 4000
"""Characters of a message that are read; WeChat delivers at most 2 KB."""
LONG_TEXT: Final = 400
"""Characters above which the question is put to the base in a thread, off the event loop."""
FIXED: Final = {Step.NO_MORE: wording.NO_MORE_TEXT, Step.THANKS: wording.THANKS_TEXT}

OF_A_PART: Final = RATED_STEPS | AWAITED_STEPS | RUMOUR_STEPS


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
        corrections: Corrections, feedback: Feedback, awaiting: Awaiting | None = None, lapsed: LapsedOf | None = None,
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
        self._feedback = feedback
        self._awaiting = awaiting
        self._rumours = RumourTalk(
            clock=clock, entry_of=entry_of, mask=mask, measures=measures, office=office, name=name, reports=reports
        )
        self._foreword = Foreword(
            entry_of=entry_of, measures=measures, reports=reports, corrections=corrections, awaiting=awaiting
        )
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
        self, *, channel: str, sender: str, text: str, top: int = 10, now: datetime | None = None, tapped: str = ""
    ) -> Turn:
        """What to say to a text. Reads only. ``now`` saves a look at the clock; ``tapped`` is the id of the item of a list
        of ours that was tapped."""
        now, text = now or await self._clock.now(), cleaned(text[:TEXT_CAP]).strip()
        before = await self._remembered(channel, sender)
        word = tapping.word_of(tapped, before.awake(now), now) if tapped else None
        stamp = tapping.rated_at(tapped) if word == "" else None
        if stamp is not None and (said := await self._feedback.answered_at(channel, sender, stamp)):
            before = replace(before, said=said, asked_why=False)
            word = tapping.word_of(tapped, before, now)
        text = word or text
        move, found = understand(text, before, now), None
        if word == "":
            move = Move(step=Step.EXPIRED, memory=before)
        if move.step is Step.ASK:
            found = await self._found(text, now, top)
            found = await self._followed(found, text, before.rateable(now), now, top)
            asked = self._mask(found.text)
            move = found.move or conclude(found.finding, asked, move.memory, now)
        finding, standing = (found.finding, found.standing) if found else (None, dict[str, Entry]())
        turn = Turn(
            step=move.step, text="", channel=channel, sender=sender,
            decision="choose" if move.step is Step.CHOOSE else "none", confidence=finding.confidence if finding else 0.0,
            entry=standing.get(move.entry_id), hits=finding.hits if finding else (), unanswered=self._unanswered(move, before, finding, found.text if found else text, channel, sender, now),
            lead=found.lead if found else "",
        )  # fmt: skip
        turn, after = await self._worded(turn, move, before, found.question if found else text)
        turn, after = self._feedback.asked(
            turn, _kept_of(before, after, turn.step, now), before, measure_of(self._measures, channel), now
        )
        turn, after = _listed(turn, after, now)
        listed = turn.text
        turn, after = await self._told_late(turn, after, before, now)
        if after.closed_until is None and before.closed_until is not None and before.closed_until > now:
            after = replace(after, closed_until=before.closed_until)  # Whatever else is forgotten: it is said once.
        if finding is not None and turn.step in {Step.REPHRASE, Step.HAND_OVER}:
            turn = await self._told_of_lapsed(turn, text, now)
        if self._awaiting is not None:
            turn, after = self._awaiting.offered(turn, after)
        after = replace(after, at=now)
        same = replace(after, at=before.at) == before or (after.blank and before.blank)
        turn = replace(
            turn, text=wording.fitted(turn.text, measure_of(self._measures, channel)), memory=None if same else after
        )
        if turn.decision == "answer" and turn.entry and turn.entry.disclosure_id and move.step is not Step.MORE:
            self._used(turn.entry.disclosure_id)
        turn = await self._foreword.before(turn)
        # What is told before the choices has no place in a list: it is said, and the choices with it, as text.
        return turn if turn.rate or turn.text == listed else replace(turn, tap_list=None)

    async def news(self, *, channel: str, sender: str) -> Turn:
        """What somebody is to be told who has not said anything yet; its text is empty when there is nothing."""
        return await self._foreword.before(Turn(step=Step.HELP, text="", channel=channel, sender=sender))

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

    async def keep_late(self, *, channel: str, sender: str, text: str, entry_id: str = "") -> None:
        """Keeps an answer that missed its time, after any that he does not have yet: he fetches it with “1”, or is told it
        before the reply to whatever he says next."""
        now, remembered = await self._clock.now(), await self._remembered(channel, sender)
        said = wording.fitted(
            f"{remembered.late}\n\n{text}" if remembered.late else text, measure_of(self._measures, channel)
        )
        entry = await self._entry_of(entry_id) if entry_id else None
        memory = replace(
            remembered, at=remembered.at or now, late=said, late_at=now, late_entry=entry_id, late_mark=mark_of(entry)
        )
        async with in_transaction() as connection:
            await self._remember(connection, {(channel, sender): memory})

    async def _told_late(self, turn: Turn, after: Memory, before: Memory, now: datetime) -> tuple[Turn, Memory]:
        """The reply, with the answer before it that did not reach him; what was changed meanwhile is not told any more."""
        if turn.step is Step.LATE or not before.late or not before.late_at or now - before.late_at > LATE_HELD:
            return turn, after.told_late
        held = replace(
            after, late=before.late, late_at=before.late_at, late_entry=before.late_entry, late_mark=before.late_mark
        )
        if turn.step is Step.URGENT:
            return turn, held
        entry = await self._entry_of(before.late_entry) if before.late_entry else None
        if mark_of(entry) != before.late_mark:
            return replace(turn, text=f"{wording.LATE_CHANGED_TEXT}\n\n{turn.text}"), after.told_late
        text = f"{wording.LATE_BEGIN_TEXT}\n{before.late}\n\n{turn.text}"
        fits = measure_of(self._measures, turn.channel).fits(text)
        return (replace(turn, text=text), after.told_late) if fits else (turn, held)

    async def forget(self, connection: BaseDBAsyncClient, *, channel: str, sender: str) -> None:
        """Deletes what is remembered of one person."""
        await ConversationState.filter(channel=channel, sender=sender).using_db(connection).delete()

    def welcome(self, channel: str) -> str:
        return wording.fitted(wording.welcome_text(self._name, self._examples), measure_of(self._measures, channel))

    def welcome_list(self) -> tapping.TapList:
        """The welcome with its three questions to tap."""
        head, tail = wording.welcome_around(self._name)
        return tapping.question_list(head, self._examples[:3], tail)

    def help(self, channel: str) -> str:
        return wording.fitted(wording.help_text(self._examples), measure_of(self._measures, channel))

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
        if move.step in OF_A_PART:
            return await self._of_a_part(turn, move, before)
        match move.step:
            case Step.ANSWER | Step.MORE | Step.WITHDRAWN:
                return await self._answered(turn, move, before.question if move.memory.options else text)
            case Step.CHOOSE:
                minutes = int(VALID.total_seconds()) // 60
                said = turn.lead + ("\n" if turn.lead else "") + wording.choice_text(move.memory.options, minutes)
                return replace(turn, text=said, options=move.memory.options), move.memory
            case Step.REPHRASE:
                rejected, example = move.reason == "rejected_choice", next(iter(self._examples), "")
                said = wording.rephrase_text(self._office, rejected=rejected, example=example)
            case Step.HAND_OVER:
                return await self._handed_over(turn, move, before, text)
            case Step.NOT_SAID:
                return await self._not_said(turn, move, text)
            case Step.LATE:
                said = before.late
            case Step.URGENT:
                said = urgent_text(text)
            case Step.ABUSE:
                said = wording.abuse_text(self._office)
            case Step.EXPIRED:
                said = wording.expired_text(self._examples)
            case _:
                said = FIXED.get(move.step) or wording.help_text(self._examples)
        return replace(turn, text=said), move.memory

    async def _of_a_part(self, turn: Turn, move: Move, before: Memory) -> tuple[Turn, Memory]:
        """Steps that belong to a part with words of its own."""
        if move.step in RATED_STEPS:
            return self._feedback.about(turn, move, before, await self._clock.now())
        if self._awaiting is not None and move.step in AWAITED_STEPS:
            return self._awaiting.about(turn, move, before, await self._clock.now())
        return await self._rumours.about(turn, move, before)

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
        page, measure = move.memory.page if move.step is Step.MORE else None, measure_of(self._measures, turn.channel)
        lead = f"{turn.lead}\n" if turn.lead else ""
        room = page.lead if page else measure.of(lead)
        measure = narrowed(measure, room)
        pages, mark = wording.answer_pages(entry, measure), wording.digest(entry)
        number = page.next if page else 0
        outdated = page is not None and (page.digest != mark or number >= len(pages))
        if outdated and not entry.withdrawn:
            return replace(turn, step=Step.EXPIRED, text=wording.changed_text()), Memory(at=move.memory.at)
        if outdated:
            number = 0  # He was reading it when it was withdrawn: that is what he must know.
        quotable = page is None and not entry.withdrawn
        part = quoting.quoted(entry, measure, question) if quotable else None
        following = 0 if part else number + 1
        left = Page(entry_id=entry.id, next=following, digest=mark, lead=room) if following < len(pages) else None
        turn = replace(
            turn, text=lead + (part.text if part else pages[number]), quotation=part.quotation if part else None, entry=entry,
            sources=(wording.source_of(entry),), more=left is not None,
        )  # fmt: skip
        if entry.withdrawn:
            return replace(turn, step=Step.WITHDRAWN, decision="none"), replace(move.memory, page=left)
        confidence = turn.confidence if turn.hits else 1.0
        return replace(turn, decision="answer", confidence=confidence), replace(move.memory, page=left)

    async def _found(self, text: str, now: datetime, top: int) -> "_Found":
        """What the base finds, with the entries that would be named as the database has them now."""
        finding = await self._ask(text, now, top)
        standing = await self._standing(finding, text)
        if any(one.id not in standing or standing[one.id].withdrawn != one.withdrawn for one in _named(finding, text)):
            # The index is a moment behind the database: what was withdrawn must not be offered, what is new may be.
            await self._base.refresh()
            finding = await self._ask(text, now, top)
            standing = await self._standing(finding, text)
        return _Found(text=text, finding=finding, standing=standing)

    async def _followed(self, alone: "_Found", text: str, said: Said | None, now: datetime, top: int) -> "_Found":
        """The same, or what is found together with the subject of the last answer, for words that leave their subject out."""
        asked = subject.follow_up(text) if said is not None and said.topic and now - said.at <= subject.KEPT else None
        if said is None or asked is None or said.kind == EntryKind.rumour:
            return alone
        entry = await self._entry_of(said.entry_id)
        if entry is None or entry.withdrawn:
            return alone
        both = await self._found(subject.together(said.topic, text), now, top)
        lead = subject.shown(said.topic)
        match subject.carry(asked, topic=said.topic, entry=entry, alone=alone.finding, with_subject=both.finding):
            case subject.Carry.WITH:
                return replace(both, lead=lead)
            case subject.Carry.NOT_SAID:
                move = Move(step=Step.NOT_SAID, memory=Memory(at=now, said=said), reason="none", mark=asked.aspect)
                return replace(both, lead=lead, move=move, standing={})
        return alone

    async def _not_said(self, turn: Turn, move: Move, text: str) -> tuple[Turn, Memory]:
        """The published text says nothing of it: that, and whom to ask; the text is not repeated."""
        entry = await self._entry_of(move.memory.said.entry_id) if move.memory.said else None
        unit = Office(name=entry.unit, phone=entry.phone) if entry and entry.unit else None
        unit = unit if unit and unit.phone else await self._find_office(unit.name if unit else text) or unit
        said = wording.not_said_text(subject.ASPECTS[move.mark].shown, unit or self._office)
        return replace(turn, text=f"{turn.lead}\n{said}", entry=None), move.memory

    async def _handed_over(self, turn: Turn, move: Move, before: Memory, text: str) -> tuple[Turn, Memory]:
        """To a person: whom, and, once, that nobody is there now."""
        unit, now = await self._find_office(f"{before.question}\n{text}"), await self._clock.now()
        found, closed, memory = standing_of(unit or self._office, now, self._working_days), "", move.memory
        if found is not None and not found.open and not (before.closed_until and before.closed_until > now):
            closed, memory = closed_text(found, now), replace(memory, closed_until=found.opens)
        said = wording.hand_over_text(self._office, unit, kept=bool(move.reason), closed=closed)
        return replace(turn, text=said), memory


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What the base found for a text, and the entries that may be named. ``lead``: how a follow-up was understood."""

    text: str
    finding: Finding
    standing: dict[str, Entry]
    lead: str = ""
    move: Move | None = None

    @property
    def question(self) -> str:
        return self.finding.question


def _listed(turn: Turn, after: Memory, now: datetime) -> tuple[Turn, Memory]:
    """The turn with its list to tap, and the memory that knows the list again."""
    if turn.step is Step.CHOOSE and turn.options:
        after = replace(after, menu=tapping.mark_at(now))
        titles, minutes = [option.title for option in turn.options], int(VALID.total_seconds()) // 60
        return replace(turn, tap_list=tapping.choice_list(turn.lead, titles, after.menu, minutes)), after
    if after.said is not None and (turn.rate or turn.step is Step.USELESS):
        shown = tapping.rate_list(after.said) if turn.rate else tapping.why_list(after.said)
        return replace(turn, tap_list=shown), after
    return turn, after


SUBJECT_LEFT: Final = frozenset({Step.REPHRASE, Step.HAND_OVER, Step.CHOOSE, Step.OFFER, Step.WITHDRAWN})
"""After these the citizen talks of something else: the subject of the answer before is forgotten."""


def _kept_of(before: Memory, after: Memory, step: Step, now: datetime) -> Memory:
    """The memory after a turn, which still knows the last answer."""
    said = after.said or before.rateable(now)
    if said is not None and step in SUBJECT_LEFT:
        said = replace(said, topic="")
    return replace(after, said=said, answers=before.answers)


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

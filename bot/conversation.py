"""The conversation: one engine for WeChat, Weibo, the web chat and the API. It reads, decides and words; what is to be
written is a second step, inside the caller's transaction."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.clock import Clock
from bot import quoting, subject, tapping, wording
from bot.asking import Asking, Base, Found
from bot.awaiting import AWAITED_STEPS, Awaiting
from bot.correcting import Corrections, mark_of
from bot.counting import Counting
from bot.decision import Move, Step, conclude, understand
from bot.documents import Documents
from bot.english import is_hello
from bot.feedback import RATED_STEPS, Feedback
from bot.foreword import Foreword
from bot.gathering import Gathering
from bot.guard import Guard
from bot.guarding import Guarding
from bot.handing import Handing
from bot.hours import closed_text, standing_of
from bot.listing import listed, still_listed
from bot.measure import Measure, measure_of, narrowed
from bot.memory import LATE_HELD, VALID, Memory, Option, Page
from bot.message import cleaned
from bot.office import FindOffice, Office
from bot.own_links import OwnLinks
from bot.records import ConversationState
from bot.reporting import Reports
from bot.ruled_talk import RuledTalk
from bot.rumour_talk import RUMOUR_STEPS, RumourTalk
from bot.seeking import Place
from bot.state_rows import remember, states_of
from bot.subscribing import Subscribing
from bot.turn import EntryOf, KeepUnanswered, LapsedOf, Turn, Unanswered, left_by
from bot.urgent import urgent_text
from bot.window_talk import Windows, WindowTalk
from casework.outbox import Standing
from disclosures.service_windows import windows as service_windows
from disclosures.workdays import WorkingDays
from knowledge.canned import Rule
from knowledge.entry import EntryKind
from knowledge.finding import Finding

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
TEXT_CAP: Final = 4000
"""Characters of a message that are read; WeChat delivers at most 2 KB."""
PLACE_SAID: Final = "（发来一个位置）"
"""What stands in a case's transcript for a place."""
FIXED: Final = {Step.NO_MORE: wording.NO_MORE_TEXT, Step.THANKS: wording.THANKS_TEXT}


class Conversation:
    """Answers citizens. ``examples`` are three real questions; ``name`` is the account's name in the welcome; ``lapsed``
    looks for an answer that has expired, where nothing else answers; ``used`` is told the disclosure that an answer quotes."""

    def __init__(
        self, *, base: Base, clock: Clock, entry_of: EntryOf, keep_unanswered: KeepUnanswered,
        mask: Callable[[str], str], measures: Mapping[str, Measure], office: Office, find_office: FindOffice,
        examples: Sequence[str], name: str, reports: Reports, working_days: WorkingDays,
        corrections: Corrections, feedback: Feedback, lapsed: LapsedOf | None = None, handing: Handing | None = None,
        used: Callable[[int], None] = lambda _: None, windows: Windows = service_windows, public_url: str = "",
        guard: Guard | None = None, ruled: RuledTalk | None = None,
        counting: Counting | None = None, documents: Documents | None = None, subscribing: Subscribing | None = None,
        awaiting: Awaiting | None = None,
    ) -> None:  # fmt: skip
        self.guarding = Guarding(guard=guard, office=office)
        self._ruled = ruled
        self._used = used
        self._handing = handing
        self._counting = counting
        self._documents = documents
        self._subscribing = subscribing
        self._asking = Asking(base=base, entry_of=entry_of, searching=self.guarding.searching)
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
        self.windows = WindowTalk(
            windows=windows, clock=clock, working_days=working_days, measures=measures, office=office
        )
        self._own_links = OwnLinks(public_url=public_url)
        self._foreword = Foreword(
            entry_of=entry_of, measures=measures, reports=reports, corrections=corrections, awaiting=awaiting
        )
        self._states = Gathering(states_of)

    async def answer(self, *, channel: str, sender: str, text: str, top: int = 10, place: Place | None = None) -> Turn:
        """Considers and settles in one go. An empty ``sender`` is nobody: nothing is remembered of him."""
        turn = await self.consider(channel=channel, sender=sender, text=text, top=top, place=place)
        if turn.leaves:
            async with in_transaction() as connection:
                await self.settle_all(connection, [turn])
        return turn

    async def consider(
        self, *, channel: str, sender: str, text: str, top: int = 10, now: datetime | None = None,
        place: Place | None = None, tapped: str = "",
    ) -> Turn:  # fmt: skip
        """What to say to a text, or to somebody's ``place``. Reads only. ``now`` saves a look at the clock; ``tapped`` is the id
        of the item of a list of ours that was tapped."""
        now, text = now or await self._clock.now(), cleaned(text[:TEXT_CAP]).strip()
        before, his = await asyncio.gather(self._remembered(channel, sender), self._with_us(channel, sender, now))
        if self._handing is None or not self._handing.has_the_word(his, now):
            stopped = await self.guarding.before(channel=channel, sender=sender, text=text, now=now)
            if stopped is not None:
                return stopped
        word, before = await self._tapped(tapped, before, channel, sender, now)
        text = word or text
        silent = Turn(step=Step.CASE, text="", channel=channel, sender=sender)
        turn = None
        if self._handing is not None:
            turn = await self._handing.first(silent, text or PLACE_SAID, before, his, now)
        if turn is None:
            got = await self._understood(text, before, place, channel, now, top, stale=word == "")
            move = got.move
            turn = self._begun(silent, got, before, now)
            turn, after = await self._said(turn, got, before, now)
            if self._handing is not None and self._handing.offers(turn, text, before, now):
                asked = before.question if move.reason == "rejected_choice" else text
                turn, after = await self._handing.offered(turn, after, before=before, text=asked, standing=his)
            if self._awaiting is not None and after.offer is None:  # Who is offered a person is offered nothing else.
                turn, after = self._awaiting.offered(turn, after)
            turn = self._ended(turn, after, before, now)
            if turn.decision == "answer" and turn.entry and turn.entry.disclosure_id and move.step is not Step.MORE:
                self._used(turn.entry.disclosure_id)
            if self._counting is not None:
                turn = self._counting.counted(turn, asked=got.found is not None, reason=move.reason, now=now)
        turn = self.guarding.after(await self._foreword.before(turn), text, now)
        turn = await self._subscribing.told_with(turn) if self._subscribing is not None else turn
        if self._handing is None:
            return still_listed(turn)
        if turn.step is Step.URGENT:
            turn = self._handing.overhears(turn, text, his, now)
        return still_listed(await self._handing.before(turn, his, before, now))

    async def _tapped(
        self, tapped: str, before: Memory, channel: str, sender: str, now: datetime
    ) -> tuple[str | None, Memory]:
        """The words that a tapped item stands for, "" for an old one, None where nothing was tapped; and the memory that
        knows the answer which is marked."""
        word = tapping.word_of(tapped, before.awake(now), now) if tapped else None
        stamp = tapping.rated_at(tapped) if word == "" else None
        if stamp is not None and (said := await self._feedback.answered_at(channel, sender, stamp)):
            before = replace(before, said=said, asked_why=False)
            word = tapping.word_of(tapped, before, now)
        return word, before

    async def _understood(
        self, text: str, before: Memory, place: Place | None, channel: str, now: datetime, top: int, *, stale: bool
    ) -> "_Got":
        """What to do, and what the base found where it was asked."""
        got = _Got(text=text, place=place, move=Move(step=Step.EXPIRED, memory=before))
        if stale:
            return got
        move = understand(text, before, now)
        rule = self._ruled.rule(move, text, channel, now) if self._ruled is not None and place is None else None
        if self._ruled is not None and rule is not None:
            return replace(got, move=self._ruled.move(rule, now), rule=rule)
        if self._subscribing is not None:
            move = self._subscribing.instead(move, text)
        if place is not None:
            move = Move(step=Step.WINDOW, memory=replace(before.awake(now), at=now))
        elif move.step is Step.WINDOW and not await self.windows.any():
            move = Move(step=Step.ASK, memory=before.awake(now))
        if move.step is not Step.ASK:
            return replace(got, move=move)
        found = await self._asking.found(text, now, top)
        found = await self._asking.followed(found, text, before.rateable(now), now, top)
        move = found.move or conclude(found.finding, self._mask(found.text), move.memory, now)
        if self._documents is not None:
            move = await self._documents.instead(move, self._mask(text), now)
        return replace(got, move=move, found=found)

    def _begun(self, turn: Turn, got: "_Got", before: Memory, now: datetime) -> Turn:
        """The turn without its words."""
        move, found = got.move, got.found
        asked, finding = (found.text, found.finding) if found else (got.text, None)
        return replace(
            turn, step=move.step, decision="choose" if move.step is Step.CHOOSE else "none",
            confidence=finding.confidence if finding else 0.0, hits=finding.hits if finding else (),
            entry=found.standing.get(move.entry_id) if found else None, lead=found.lead if found else "",
            unanswered=self._unanswered(move, before, finding, asked, turn.channel, turn.sender, now),
        )  # fmt: skip

    async def _said(self, turn: Turn, got: "_Got", before: Memory, now: datetime) -> tuple[Turn, Memory]:
        """The turn with its words, and the memory it leaves."""
        move, found, text = got.move, got.found, got.text
        if move.step is Step.WINDOW:
            turn, after = await self.windows.about(turn, move, text, got.place)
        else:
            turn, after = await self._worded(turn, move, before, found.question if found else text)
        if self._ruled is not None and got.rule is not None:
            turn = self._ruled.told(turn, got.rule, now)
        measure = measure_of(self._measures, turn.channel)
        turn, after = self._feedback.asked(turn, _kept_of(before, after, turn.step, now), before, measure, now)
        turn, after = listed(turn, after, now)
        turn, after = await self._told_late(turn, after, before, now)
        if after.closed_until is None and before.closed_until is not None and before.closed_until > now:
            after = replace(after, closed_until=before.closed_until)  # Whatever else is forgotten: it is said once.
        if found is not None and turn.step in {Step.REPHRASE, Step.HAND_OVER}:
            turn = await self._told_of_lapsed(turn, text, now)
        return await self._told_of_own_page(turn, after, text)

    def _ended(self, turn: Turn, after: Memory, before: Memory, now: datetime) -> Turn:
        """The turn, short enough for its channel, with the memory that is to be written."""
        after = replace(after, at=now)
        same = replace(after, at=before.at) == before or (after.blank and before.blank)
        said = wording.fitted(turn.text, measure_of(self._measures, turn.channel))
        return replace(turn, text=said, memory=None if same else after)

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

    async def news(self, *, channel: str, sender: str) -> tuple[Turn, bool]:
        """What somebody is to be told who has not said anything yet, its text empty when there is nothing; and whether a
        person may still answer him."""
        turn = await self._foreword.before(Turn(step=Step.HELP, text="", channel=channel, sender=sender))
        if self._handing is None:
            return turn, False
        now = await self._clock.now()
        before, his = await asyncio.gather(self._remembered(channel, sender), self._with_us(channel, sender, now))
        return await self._handing.before(turn, his, before, now), his.active is not None

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
        await remember(connection, left, now=await self._clock.now())

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

    @property
    def measures(self) -> Mapping[str, Measure]:
        """How long a message may be on each channel."""
        return self._measures

    def welcome_list(self) -> tapping.TapList:
        """The welcome with its three questions to tap."""
        head, tail = wording.welcome_around(self._name)
        return tapping.question_list(head, self._examples[:3], tail)

    def menu_changed(self, channel: str) -> str:
        return wording.fitted(wording.menu_changed_text(self._examples), measure_of(self._measures, channel))

    def help(self, channel: str) -> str:
        return wording.fitted(wording.help_text(self._examples), measure_of(self._measures, channel))

    async def _remembered(self, channel: str, sender: str) -> Memory:
        state = await self._states.one((channel, sender)) if sender else None
        return Memory.parse(state) if state else Memory()

    async def _with_us(self, channel: str, sender: str, now: datetime) -> Standing:
        if self._handing is None:
            return Standing()
        return await self._handing.standing(channel=channel, sender=sender, now=now)

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
        if (told := await self._told_elsewhere(turn, move, before, text)) is not None:
            return told
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
            case _:
                said = self._fixed(move.step, text)
        return replace(turn, text=said), move.memory

    def _fixed(self, step: Step, text: str) -> str:
        """What is said in a step that no entry is needed for."""
        match step:
            case Step.URGENT:
                return urgent_text(text)
            case Step.ABUSE:
                return wording.abuse_text(self._office)
            case Step.ENGLISH:
                return wording.english_text(self._office)
            case Step.EXPIRED:
                return wording.expired_text(self._examples)
            case _:
                english = self._office if is_hello(text) else None
                return FIXED.get(step) or wording.help_text(self._examples, english=english)

    async def _told_elsewhere(self, turn: Turn, move: Move, before: Memory, text: str) -> tuple[Turn, Memory] | None:
        """What has its words in a part of its own."""
        if move.step in RATED_STEPS:
            return self._feedback.about(turn, move, before, await self._clock.now())
        if move.step in RUMOUR_STEPS:
            return await self._rumours.about(turn, move, before)
        if move.step in AWAITED_STEPS and self._awaiting is not None:
            return self._awaiting.about(turn, move, before, await self._clock.now())
        if move.step is Step.DOCUMENTS and self._documents is not None:
            return await self._documents.listed(turn, move)
        if move.step is Step.SUBSCRIPTION and self._subscribing is not None:
            return await self._subscribing.about(turn, move, text)
        return None

    async def _told_of_lapsed(self, turn: Turn, text: str, now: datetime) -> Turn:
        """The same turn, which begins with that the answer has expired, if that is what was asked for."""
        entry = await self._lapsed(text, now.astimezone(SHANGHAI).date()) if self._lapsed is not None else None
        return replace(turn, text=f"{wording.lapsed_text(entry)}\n{turn.text}") if entry is not None else turn

    async def _told_of_own_page(self, turn: Turn, after: Memory, text: str) -> tuple[Turn, Memory]:
        """The same turn, or that the link he sent is ours, where nothing else was found."""
        if turn.step not in {Step.REPHRASE, Step.HAND_OVER, Step.OFFER, Step.HELP} or "." not in text:
            return turn, after
        told = await self._own_links.told(text)
        if not told:
            return turn, after
        return replace(turn, step=Step.OWN_LINK, text=told, unanswered=None, report=None, replies=()), Memory()

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
class _Got:
    """What a message is taken for: what to do, what the base found where it was asked, the rule that took it before that."""

    text: str
    place: Place | None
    move: Move
    found: Found | None = None
    rule: Rule | None = None


SUBJECT_LEFT: Final = frozenset({Step.REPHRASE, Step.HAND_OVER, Step.CHOOSE, Step.OFFER, Step.WITHDRAWN})
"""After these the citizen talks of something else: the subject of the answer before is forgotten."""


def _kept_of(before: Memory, after: Memory, step: Step, now: datetime) -> Memory:
    """The memory after a turn, which still knows the last answer."""
    said = after.said or before.rateable(now)
    if said is not None and step in SUBJECT_LEFT:
        said = replace(said, topic="")
    return replace(after, said=said, answers=before.answers)

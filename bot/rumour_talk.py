"""Talking of rumours: a clarification page by page, handing in what nobody knows yet, and the text for the family group."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from audit.clock import Clock
from bot import clarifying, wording
from bot.decision import Move, Step
from bot.measure import Measure, measure_of
from bot.memory import Memory, Page
from bot.office import Office
from bot.reporting import Report, Reports
from bot.turn import EntryOf, Turn
from knowledge.clocks import shipped
from knowledge.entry import Entry

RUMOUR_STEPS: Final = frozenset({Step.OFFER, Step.CONSENT, Step.REPORTED, Step.DECLINED, Step.FORWARD})
SPOKEN: Final = frozenset({"wechat", "weibo"})
"""Channels without buttons of ours, where the words that lead on are said."""


class RumourTalk:
    """``name`` is the account's name, to which a forwarded text leads back."""

    def __init__(
        self, *, clock: Clock, entry_of: EntryOf, mask: Callable[[str], str], measures: Mapping[str, Measure],
        office: Office, name: str, reports: Reports,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._entry_of = entry_of
        self._mask = mask
        self._measures = measures
        self._office = office
        self._name = name
        self._reports = reports

    async def clarified(self, turn: Turn, move: Move, entry: Entry, question: str) -> tuple[Turn, Memory]:
        """A clarification, page by page; what is 核实中 says by when, and who asked about it is counted."""
        now, measure, due = await self._clock.now(), measure_of(self._measures, turn.channel), ""
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

    async def about(self, turn: Turn, move: Move, before: Memory) -> tuple[Turn, Memory]:
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

"""What a citizen is told before his answer: the result he asked to be told, and what we said that was corrected since."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot import clarifying
from bot.awaiting import Awaiting
from bot.correcting import Correction, Corrections, correction_text, mark_of
from bot.decision import Step
from bot.measure import Measure, measure_of
from bot.reporting import Reports
from bot.turn import EntryOf, Turn
from knowledge.entry import Entry
from knowledge.reporting import Notice

UNTOLD: Final = frozenset({Step.URGENT})
"""Steps in which nobody is told of something else."""


class Foreword:
    """What finds no room in a message waits for the citizen's next one."""

    def __init__(
        self,
        *,
        entry_of: EntryOf,
        measures: Mapping[str, Measure],
        reports: Reports,
        corrections: Corrections,
        awaiting: Awaiting | None = None,
    ) -> None:
        self._entry_of = entry_of
        self._measures = measures
        self._reports = reports
        self._corrections = corrections
        self._awaiting = awaiting

    async def before(self, turn: Turn) -> Turn:
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
        return await self._awaiting.before(turn) if self._awaiting is not None else turn

    async def _with_correction(self, turn: Turn, correction: Correction) -> Turn:
        measure, said_anyway = (
            measure_of(self._measures, turn.channel),
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
        return replace(turn, text=text, told=told) if measure_of(self._measures, turn.channel).fits(text) else turn

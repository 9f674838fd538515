"""Talking of service windows: the nearest ones to somebody, or the one whose code he scanned."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from audit.clock import Clock
from bot import nearby
from bot.decision import Move
from bot.measure import Measure, measure_of
from bot.memory import Memory
from bot.office import Office
from bot.seeking import Place, names_place
from bot.turn import Turn
from bot.wording import LOCATION_TEXT, contact
from disclosures.service_windows import Window
from disclosures.workdays import WorkingDays

Windows = Callable[[], Awaitable[Sequence[Window]]]
"""Gives every service window of the district."""


class WindowTalk:
    """``office`` is named while no window is known."""

    def __init__(
        self,
        *,
        windows: Windows,
        clock: Clock,
        working_days: WorkingDays,
        measures: Mapping[str, Measure],
        office: Office,
    ) -> None:
        self._windows = windows
        self._clock = clock
        self._working_days = working_days
        self._measures = measures
        self._office = office

    async def any(self) -> bool:
        """Whether any window is known."""
        return bool(await self._windows())

    async def about(self, turn: Turn, move: Move, text: str, place: Place | None) -> tuple[Turn, Memory]:
        """The turn with its words. ``place`` came as a location message; without one the text may name a place."""
        windows = await self._windows()
        if not windows:
            return replace(turn, text=f"{LOCATION_TEXT}也可直接咨询：{contact(self._office)}。"), move.memory
        wanted = nearby.wanted_services(windows, f"{move.memory.seeking} {text}")
        chosen = nearby.serving(windows, wanted)
        if place is not None and place.on_the_map and (found := nearby.nearest(chosen, place)):
            return await self._said(turn, move, found, nearby.lead_text(found))
        words = place.label if place is not None else text
        if not words or (place is None and not names_place(text)):
            return replace(turn, text=nearby.ASK_TEXT), move.memory
        if found := nearby.by_words(chosen, words):
            return await self._said(turn, move, found, nearby.lead_text(found))
        first = tuple(nearby.Near(window=window) for window in chosen[: nearby.SHOWN])
        return await self._said(turn, move, first, nearby.NONE_TEXT)

    async def window(self, name: str, channel: str) -> str:
        """One window as its counter's QR code shows it; empty when there is none of this name (any more)."""
        found = next((window for window in await self._windows() if window.name == name), None)
        if found is None:
            return ""
        return nearby.window_text(
            found, now=await self._clock.now(), calendar=self._working_days, measure=measure_of(self._measures, channel)
        )

    async def _said(self, turn: Turn, move: Move, found: Sequence[nearby.Near], lead: str) -> tuple[Turn, Memory]:
        text = nearby.near_text(
            found, now=await self._clock.now(), calendar=self._working_days,
            measure=measure_of(self._measures, turn.channel), lead=lead,
        )  # fmt: skip
        return replace(turn, text=text), move.memory

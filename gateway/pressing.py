"""The wiring of the press desk: kinds, checks, reviews, calendar, figures, comments, archive."""

from collections.abc import Mapping
from typing import Any

from audit.clock import Clock
from audit.trail import Trail
from bot.measure import load_measures
from bot.wording import answer_pages
from console.presence import Presence
from console.press import PortalPreview, PressDesk
from console.working_copies import WorkingCopies
from disclosures.kinds import Kinds
from knowledge.exchange import from_json
from scheduler.alarm import Alarm

HOUR = 3600.0
"""Seconds."""


def press_desk(*, clock: Clock, trail: Trail, alarm: Alarm, portal_page: PortalPreview | None = None) -> PressDesk:
    copies = WorkingCopies(clock=clock)
    alarm.every(HOUR, copies.sweep, name="working copies", on_duty=True)
    return PressDesk(
        kinds=Kinds(clock=clock, trail=trail), copies=copies, presence=Presence(clock=clock), portal_page=portal_page,
        spoken=_spoken,
    )  # fmt: skip


def _spoken(entry: Mapping[str, Any]) -> str:
    """What the bot says first on the portal's chat when an entry is its answer."""
    return answer_pages(from_json(dict(entry)), load_measures()["web"])[0]

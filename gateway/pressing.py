"""The wiring of the press desk: kinds, checks, reviews, calendar, figures, comments, archive."""

from collections.abc import Mapping
from typing import Any

from bot.measure import load_measures
from bot.wording import answer_pages
from console.press import PortalPreview, PressDesk
from knowledge.exchange import from_json


def press_desk(*, portal_page: PortalPreview | None = None) -> PressDesk:
    return PressDesk(portal_page=portal_page, spoken=_spoken)


def _spoken(entry: Mapping[str, Any]) -> str:
    """What the bot says first on the portal's chat when an entry is its answer."""
    return answer_pages(from_json(dict(entry)), load_measures()["web"])[0]

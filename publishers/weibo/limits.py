"""What Weibo allows, as data with an effective date (``data/limits.json``)."""

import json
from dataclasses import dataclass
from datetime import date
from importlib import resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The platform's measures for one post. Lengths are in counted characters, see ``publishers.weibo.text``."""

    effective_from: date
    source: str
    hard: int
    """The platform refuses a longer text (error 20012)."""
    target: int
    """What the gateway composes at most; the margin is there because the platform's counting is not documented."""
    link: int
    """What a link counts, in characters, however long it is …"""
    link_free_bytes: int
    """… up to so many bytes; the excess counts as text."""
    picture_bytes: int
    picture_types: tuple[str, ...]
    rate_window_minutes: int
    """The hourly quotas begin anew at the full window."""
    flood_wait_minutes: int
    """How long to wait after error 20016."""
    timeline: int
    """How many of its newest posts the platform shows an ordinary app."""

    @classmethod
    def load(cls) -> "Limits":
        """Reads the limits that ship with the package."""
        plain = json.loads(resources.files("publishers.weibo").joinpath("data/limits.json").read_text("utf8"))
        plain["effective_from"] = date.fromisoformat(plain["effective_from"])
        plain["picture_types"] = tuple(plain["picture_types"])
        return cls(**plain)

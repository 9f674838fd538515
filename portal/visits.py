"""Who counts as a reader of a page. Pure. Nothing of a visitor is kept: a reader is one more, and that is all."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from aiohttp import hdrs

Seen = Callable[[int], None]
"""Told the number of a disclosure that somebody opened."""

_PROGRAMS: Final = re.compile(
    r"bot|spider|crawl|slurp|scrap|monitor|probe|check|curl|wget|python|aiohttp|httpx|okhttp|java/|go-http|libwww|feed"
    r"|headless|lighthouse|preview|facebookexternalhit|bytespider|yisou|sogou web|360spider|baidu(?!boxapp|browser)",
    re.IGNORECASE,
)
_BEFOREHAND: Final = ("Sec-Purpose", "Purpose", "X-Moz")


def nobody(_: int) -> None:
    """For a portal that does not count."""


def is_reader(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a person opened the page: no program by its own name, and not only fetched beforehand."""
    client = headers.get(hdrs.USER_AGENT, "")
    if method != "GET" or not client or _PROGRAMS.search(client):
        return False
    return not any("prefetch" in headers.get(name, "").lower() for name in _BEFOREHAND)

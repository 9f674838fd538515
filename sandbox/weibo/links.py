"""The short links Weibo makes of every URL in a post."""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from sandbox.weibo import base62
from sandbox.weibo.counting import SHORT_LINK, URL

UP_TO_A_SPACE: Final = re.compile(r"https?://\S+", re.IGNORECASE)
FIRST: Final = base62.decode("A6Mb00A")
STEP: Final = 7919


@dataclass(kw_only=True, slots=True)
class LinkBook:
    """Which short link stands for which long one. One long link always gets the same short one."""

    by_long: dict[str, str] = field(default_factory=dict)
    by_short: dict[str, str] = field(default_factory=dict)

    def shorten(self, long: str) -> str:
        if SHORT_LINK.match(long):
            return long
        if long not in self.by_long:
            short = "http://t.cn/" + base62.encode(FIRST + STEP * len(self.by_long)).rjust(7, "0")
            self.by_long[long] = short
            self.by_short[short] = long
        return self.by_long[long]

    def expand(self, url: str) -> str:
        """The long link behind a short one; a link that is unknown here stands for itself."""
        return self.by_short.get(url, url)

    def replace(self, text: str, urls: list[str]) -> str:
        """The text as it is stored: each URL replaced by its short link."""
        for url in sorted(set(urls), key=len, reverse=True):
            text = text.replace(url, self.shorten(url))
        return text


def urls_in(text: str, *, swallow: bool) -> list[str]:
    """The URLs of a text in order. With `swallow` a URL runs on to the next space, as Weibo's clients render it."""
    return (UP_TO_A_SPACE if swallow else URL).findall(text)


def is_on(url: str, domain: str) -> bool:
    """Whether a URL is on exactly this domain: another host, www. included, is another domain."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    if parts.username is not None or not host:
        return False
    return domain.lower() in {host, f"{host}:{port}"}

"""How long Weibo thinks a text is.

The web counter: every UTF-16 unit above U+00FF weighs two, every other one; a URL of up to 140 bytes weighs 20
(the length of its short link) and its excess more; a t.cn link weighs what it is. Two weigh one character.
"""

import math
import re
from typing import Final, Literal

Counting = Literal["weibo", "plain"]

URL: Final = re.compile(
    r"https?://[A-Za-z0-9](?:[-A-Za-z0-9.]*[A-Za-z0-9])?[-A-Za-z0-9_$.+!*()/,:;@&=?~#%']*", re.IGNORECASE
)
SHORT_LINK: Final = re.compile(r"https?://t\.cn/", re.IGNORECASE)
LINK_WEIGHT: Final = 20
LINK_FREE_BYTES: Final = 140


def weight(text: str) -> int:
    """Half-width units of a text without regard to URLs."""
    units = text.encode("utf-16-le", "surrogatepass")
    return sum(1 if units[i + 1] == 0 else 2 for i in range(0, len(units), 2))


def counted_length(text: str, counting: Counting = "weibo") -> int:
    """Characters as the platform counts them; "plain" is the string length some clients observe since 2021."""
    stripped = text.strip()
    if counting == "plain":
        return len(stripped)
    links = 0
    for url in URL.findall(stripped):
        if not SHORT_LINK.match(url):
            links += LINK_WEIGHT + max(0, weight(url) - LINK_FREE_BYTES)
    rest = URL.sub(lambda found: found.group() if SHORT_LINK.match(found.group()) else "", stripped)
    return math.ceil((links + weight(rest)) / 2)

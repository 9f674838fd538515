"""Finding our own post in what Weibo shows of the account's timeline. Pure.

Weibo replaces every link by a t.cn link, so a post is known again by the rest of its text and by its time; where the
platform also tells the long link, that decides.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import SequenceMatcher
from typing import Any, Final
from urllib.parse import urlsplit

from publishers.weibo.text import normalised

ALPHABET: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
CLOCK_SKEW: Final = timedelta(seconds=60)
SHORTEST_PREFIX: Final = 20
"""Characters that a shortened text must show before it counts as ours."""
NEAR: Final = 0.9
"""How alike the rest of the text must be when the link is ours already (a correction has the same link)."""
CUT_MARKS: Final = ("...全文", "…全文", "...", "…")
TRACES: Final = ("url_objects", "url_struct", "urls", "annotations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A post as the platform shows it."""

    mid: str
    uid: str
    text: str
    created_at: datetime
    links: frozenset[str]
    cut: bool

    @classmethod
    def read(cls, status: Mapping[str, Any]) -> "Seen | None":
        """A status object's facts; None when it lacks what is needed to know it again."""
        mid = str(status.get("mid") or status.get("idstr") or status.get("id") or "")
        created = moment(status.get("created_at"))
        if not mid.isdigit() or created is None or status.get("deleted") in (True, "1", 1):
            return None
        user = status.get("user")
        uid = str(user.get("idstr") or user.get("id") or "") if isinstance(user, Mapping) else ""
        links = frozenset(link for trace in TRACES for link in _links(status.get(trace)))
        cut = bool(status.get("truncated")) or bool(status.get("isLongText"))
        return cls(
            mid=mid,
            uid=uid or str(status.get("uid") or ""),
            text=str(status.get("text") or ""),
            created_at=created,
            links=links,
            cut=cut,
        )


def find(statuses: Sequence[Mapping[str, Any]], *, text: str, link: str, since: datetime | None) -> Seen | None:
    """The oldest of the statuses that is ours, or None. ``since`` is the moment of the intent: an older post of the
    same text is another release's."""
    earliest = since - CLOCK_SKEW if since else None
    ours = [
        seen
        for seen in map(Seen.read, statuses)
        if seen and (earliest is None or seen.created_at >= earliest) and _same(seen, text=text, link=link)
    ]
    return min(ours, key=lambda seen: seen.created_at, default=None)


def _same(seen: Seen, *, text: str, link: str) -> bool:
    host = urlsplit(link).netloc
    pages = {found for found in seen.links if urlsplit(found).netloc == host}
    if pages and link not in pages:
        return False
    shown, sent = normalised(seen.text), normalised(text)
    if shown == sent:
        return bool(sent)
    if pages and SequenceMatcher(None, shown, sent, autojunk=False).ratio() >= NEAR:
        return True
    if not seen.cut:
        return False
    for mark in CUT_MARKS:
        shown = shown.removesuffix(mark)
    return len(shown) >= SHORTEST_PREFIX and sent.startswith(shown)


def _links(value: object) -> Iterator[str]:
    """Every string in a nested value that looks like a link: the field names differ between app levels."""
    if isinstance(value, str):
        if value.startswith(("http://", "https://")):
            yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _links(part)
    elif isinstance(value, list):
        for part in value:
            yield from _links(part)


def moment(value: object) -> datetime | None:
    """Weibo's date, like ``Tue May 31 17:46:55 +0800 2011``, in UTC; None when it is not one."""
    try:
        return datetime.strptime(str(value), "%a %b %d %H:%M:%S %z %Y").astimezone(UTC)
    except ValueError:
        return None


def base62(mid: str) -> str:
    """A post's short id: the decimal mid in groups of seven from the right, each in base 62; all but the first have
    four digits."""
    groups = []
    while mid:
        mid, group = mid[:-7], mid[-7:]
        groups.append(_digits(int(group)).rjust(4, "0") if mid else _digits(int(group)))
    return "".join(reversed(groups))


def _digits(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = ALPHABET[rest] + digits
    return digits or "0"


def post_url(*, site: str, uid: str, mid: str) -> str:
    """The public address of a post."""
    return f"{site.rstrip('/')}/{uid}/{base62(mid)}"

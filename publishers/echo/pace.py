"""How often the platforms are asked. Pure.

Reading must never cost a release: calls are few, grow rarer with the age of a post, and stop before an account's own day
quota comes near its end (weibo.md §8: as few as 100 calls a day; wechat.md §1).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from publishers.echo.port import Post

FRESH, YOUNG, OLD = timedelta(days=3), timedelta(days=30), timedelta(days=180)
_EVERY_YOUNG, _EVERY_OLD = timedelta(hours=6), timedelta(days=1)
MOST_AT_ONCE: Final = 30
"""Posts that one reading asks about; the longest unread come first."""
REFUSED_WAIT: Final = timedelta(hours=12)
"""A permission that the account does not have is asked for again after this long, and never in between."""
_WAITS: Final = (1, 2, 5, 10, 30, 60)


def due(posts: Sequence[Post], heard: Mapping[str, str], *, now: datetime) -> tuple[Post, ...]:
    """The posts whose comments are read now: the fresh each time, the young four times a day, the old daily."""
    waiting = [(last, post) for post in posts if (last := _due_since(post, heard, now)) is not None]
    waiting.sort(key=lambda pair: (pair[0], pair[1].delivery_id))
    return tuple(post for _, post in waiting[:MOST_AT_ONCE])


def _due_since(post: Post, heard: Mapping[str, str], now: datetime) -> datetime | None:
    age = now - post.published_at
    if age > OLD:
        return None
    last = _moment(heard.get(str(post.delivery_id)))
    if last is None:
        return post.published_at
    every = timedelta() if age <= FRESH else _EVERY_YOUNG if age <= YOUNG else _EVERY_OLD
    return last if now - last >= every else None


def after_failure(now: datetime, failures: int, *, not_before: datetime | None = None) -> datetime:
    """When a platform that did not answer is asked again: minutes at first, an hour in the end."""
    later = now + timedelta(minutes=_WAITS[min(max(failures, 1), len(_WAITS)) - 1])
    return max(later, not_before) if not_before is not None else later


def leaves_enough(remaining: int, limit: int) -> bool:
    """Whether a reading may spend a call: a third of the account's calls is kept for publishing and proving."""
    return remaining > max(10, limit // 3)


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None

"""The figures of WeChat articles: POST /datacube/getarticletotaldetail, one publication day at a time, for 30 days.

Source: wechat.md §10. Certified accounts only (48001). The newest day told is yesterday, ready after 08:00 Beijing time
(61503 before it is). ``msgid`` is ``<msg_data_id>_<index from 1>``; where we have no number, the article's address decides.
Whether a day's values are running totals or that day's alone is not settled in the documents: ``daily`` says the latter.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from publishers.echo.port import Figure, Post
from publishers.errors import ChannelRefused, ChannelUnavailable
from publishers.slot import SHANGHAI
from publishers.wechat.client import WeChatClient

SOURCE: Final = "datacube/getarticletotaldetail"
KEPT: Final = timedelta(days=30)
READY_HOUR: Final = 8
NOT_READY: Final = 61503
FIELDS: Final[Mapping[str, str]] = {
    "read_user": "reads", "share_user": "shares", "like_user": "likes", "zaikan_user": "recommends",
    "comment_count": "comments", "collection_user": "favourites",
}  # fmt: skip
"""The platform's field → our name for the figure."""


class WeChatFigures:
    """A ``FigureSource``. ``daily``: the platform tells each day's own count, to be added up here."""

    every = timedelta(hours=4)

    def __init__(self, *, client: WeChatClient, daily: bool) -> None:
        self._client = client
        self._daily = daily

    async def read(self, posts: Sequence[Post], *, now: datetime) -> tuple[Figure, ...]:
        local = now.astimezone(SHANGHAI)
        newest = local.date() - timedelta(days=1 if local.hour >= READY_HOUR else 2)
        by_day: dict[date, list[Post]] = {}
        for post in posts:
            day = post.published_at.astimezone(SHANGHAI).date()
            if day <= newest and local.date() - day <= KEPT:
                by_day.setdefault(day, []).append(post)
        figures: list[Figure] = []
        for day in sorted(by_day, reverse=True):
            figures += self._figures(await self._told(day), by_day[day])
        return tuple(figures)

    async def _told(self, day: date) -> list[Mapping[str, Any]]:
        wanted = {"begin_date": day.isoformat(), "end_date": day.isoformat()}
        try:
            answer = await self._client.ask(f"/{SOURCE}", wanted)
        except ChannelRefused as refusal:
            if refusal.detail.get("errcode") == NOT_READY:
                raise ChannelUnavailable(
                    "微信的统计数据还没有准备好。", remedy="系统会稍后再读。", **refusal.detail
                ) from refusal
            raise
        return [row for row in answer.get("list") or [] if isinstance(row, Mapping)]

    def _figures(self, rows: Sequence[Mapping[str, Any]], posts: Sequence[Post]) -> list[Figure]:
        figures: list[Figure] = []
        for row in rows:
            post = _of(row, posts)
            if post is None:
                continue
            sums: dict[str, int] = {}
            details = [each for each in row.get("detail_list") or [] if isinstance(each, Mapping)]
            for detail in sorted(details, key=lambda each: str(each.get("stat_date"))):
                day = _day(detail.get("stat_date"))
                if day is None:
                    continue
                for field, name in FIELDS.items():
                    value = _count(detail.get(field))
                    if value is None:
                        continue
                    sums[name] = sums.get(name, 0) + value if self._daily else value
                    figures.append(
                        Figure(delivery_id=post.delivery_id, name=name, day=day, value=sums[name], source=SOURCE)
                    )
        return figures


def _of(row: Mapping[str, Any], posts: Sequence[Post]) -> Post | None:
    number, _, index = str(row.get("msgid") or "").partition("_")
    address = str(row.get("content_url") or "").split("#")[0]
    for post in posts:
        if number and number == str(post.facts.get("msg_data_id") or "") and index in {"", "1"}:
            return post
        if address and not post.facts.get("msg_data_id") and address == post.url.split("#")[0]:
            return post
    return None


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None

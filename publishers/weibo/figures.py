"""The figures of Weibo posts: GET /2/statuses/count.json, up to 100 posts in a call (weibo.md §5.3).

Weibo tells running totals as they are now: reposts, comments and likes. How often a post was read is not told by the open
interface; it stands in the account's own pages only.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from publishers.echo.port import Figure, Post
from publishers.slot import SHANGHAI
from publishers.weibo.client import WeiboClient
from publishers.weibo.comments import read_quietly, spare_calls

SOURCE: Final = "statuses/count"
AT_ONCE: Final = 100
MOST_CALLS: Final = 3
KEPT: Final = timedelta(days=180)
FIELDS: Final[Mapping[str, str]] = {"reposts": "shares", "comments": "comments", "attitudes": "likes"}


class WeiboFigures:
    """A ``FigureSource``. Posts of the last half year, the newest first, three hundred at most."""

    every = timedelta(hours=3)

    def __init__(self, *, client: WeiboClient) -> None:
        self._client = client

    async def read(self, posts: Sequence[Post], *, now: datetime) -> tuple[Figure, ...]:
        await spare_calls(self._client, now)
        asked = sorted(
            (post for post in posts if post.facts.get("mid") and now - post.published_at <= KEPT),
            key=lambda post: post.published_at, reverse=True,
        )[: AT_ONCE * MOST_CALLS]  # fmt: skip
        day, figures = now.astimezone(SHANGHAI).date(), []
        for start in range(0, len(asked), AT_ONCE):
            some = {str(post.facts["mid"]): post for post in asked[start : start + AT_ONCE]}
            answer = await read_quietly(self._client, "/2/statuses/count.json", {"ids": ",".join(some)}, now)
            for row in answer.get("list") or []:
                post = some.get(str(row.get("id") or "")) if isinstance(row, Mapping) else None
                if post is None:
                    continue
                for field, name in FIELDS.items():
                    value = row.get(field)
                    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
                        figures.append(
                            Figure(delivery_id=post.delivery_id, name=name, day=day, value=value, source=SOURCE)
                        )
        return tuple(figures)

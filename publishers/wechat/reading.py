"""What a reader finds on the official account now: the live article, and the newest articles and drafts.

Two sources. ``freepublish/getarticle`` is asked for an article that is new or not in the list, and ``freepublish/get``
for the reason when it is missing (publish_status 5, 6): each has 100 calls a day (wechat.md §1), and following new
publications needs them too. The daily proof of an older article is taken from ``freepublish/batchget``, the list of what
stands published (成功发布列表), which shows twenty articles with their texts in one call and is kept for some minutes.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import unquote

from disclosures.markup import plain_text
from publishers.port import Live, Liveness, Shown, Sighting, Ticket, Verdict
from publishers.readback import DIFFERS, NO_WAY_TO_READ
from publishers.wechat.client import WeChatClient
from publishers.wechat.sightings import SKEW, found, mass_status, moment_of, publication

PER_PAGE: Final = 20
MOST_PAGES: Final = 50
"""A thousand articles. A search ends much earlier, at the first page that is older than what is looked for; the cap is
for a platform that lists otherwise, since batchget has 100 calls a day."""
NEW: Final = timedelta(hours=1)
LIST_KEPT: Final = timedelta(minutes=10)
LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class _Listing:
    """As much of the list of published articles as was read since ``read_at``, newest first."""

    read_at: datetime | None = None
    articles: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    pages: int = 0
    back_to: datetime | None = None

    def reaches(self, moment: datetime) -> bool:
        """Whether it goes back to that moment, or is read to its end or to the cap."""
        return self.back_to is not None and self.back_to < moment

    def add(self, items: Sequence[Mapping[str, Any]]) -> None:
        for item in items:
            if (article := first_article(item)) is not None and not article.get("is_deleted"):
                self.articles[str(item.get("article_id", ""))] = article
        self.pages += 1
        ended = len(items) < PER_PAGE or self.pages >= MOST_PAGES
        self.back_to = LONG_AGO if ended else min(moment_of(item) for item in items)


class Reading:
    """Reads of one account. Raises the errors of the port."""

    def __init__(self, *, client: WeChatClient) -> None:
        self._client = client
        self._one_at_a_time = asyncio.Lock()
        self._listing = _Listing()

    async def found_published(self, ticket: Ticket) -> Sighting | None:
        """Our article in the list of what is published, read back to the moment of the intent."""
        earliest = (ticket.intent_at or ticket.due_at) - SKEW
        for page in range(MOST_PAGES):
            items = await self._client.published_page(offset=page * PER_PAGE, count=PER_PAGE)
            sighting = found(items, ticket)
            if sighting is not None or len(items) < PER_PAGE or all(moment_of(item) < earliest for item in items):
                return sighting
        return None

    async def live(self, ticket: Ticket) -> Live:
        """What is live for this delivery. A mass-sent article has no reading interface: only its deletion can be told."""
        if msg_id := str(ticket.facts.get("msg_id") or ""):
            return await self._live_mass(ticket, msg_id)
        article_id = str(ticket.facts.get("article_id") or "")
        if not article_id:
            sighting = await self.found_published(ticket)
            if sighting is None:
                return _unreadable("发表记录中没有找到这篇文章，平台也没有给出文章编号。", ticket)
            article_id = sighting.external_id
        sent_at = ticket.intent_at or ticket.due_at
        new = await self._client.now() - sent_at < NEW
        article = None if new else await self._in_list(article_id, sent_at)
        if article is not None:
            return _live(article, ticket, {"read": "freepublish/batchget"})
        article = await self._client.published_article(article_id)
        if article is not None:
            return _live(article, ticket, {"read": "freepublish/getarticle"})
        standing = await self._standing(ticket)
        if standing is not None and standing.verdict is Verdict.GONE:
            return _gone(standing.message, ticket, standing.evidence)
        if standing is not None and standing.verdict is Verdict.PUBLISHED:
            # The platform says both that it stands and that it does not: nobody can tell now.
            return _unreadable("微信说文章已发布，却没有给出文章内容。", ticket)
        return _gone("公众号的发表记录中已没有这篇文章。", ticket, {"article_id": article_id})

    async def shown(self, *, limit: int) -> tuple[Shown, ...]:
        """The newest published articles and the newest drafts, at most ``limit`` (and 20) of each, newest first.
        Mass-sent articles are in no list of the platform."""
        count = max(1, min(limit, PER_PAGE))
        articles = await self._client.published_page(offset=0, count=count)
        drafts = await self._client.drafts_page(offset=0, count=count)
        shown = [
            *(_shown("article", item, str(item.get("article_id", ""))) for item in articles),
            *(_shown("draft", item, str(item.get("media_id", ""))) for item in drafts),
        ]
        return tuple(sorted(shown, key=lambda one: one.at or LONG_AGO, reverse=True))

    async def _standing(self, ticket: Ticket) -> Sighting | None:
        publish_id = str(ticket.facts.get("publish_id") or "")
        return publication(await self._client.publication(publish_id)) if publish_id else None

    async def _in_list(self, article_id: str, sent_at: datetime) -> Mapping[str, Any] | None:
        """The article as the list shows it; None when it is not there. The list is read again after ``LIST_KEPT``."""
        async with self._one_at_a_time:
            now = await self._client.now()
            listing = self._listing
            if listing.read_at is None or not timedelta() <= now - listing.read_at < LIST_KEPT:
                listing = self._listing = _Listing(read_at=now)
            while article_id not in listing.articles and not listing.reaches(sent_at - SKEW):
                listing.add(await self._client.published_page(offset=listing.pages * PER_PAGE, count=PER_PAGE))
            return listing.articles.get(article_id)

    async def _live_mass(self, ticket: Ticket, msg_id: str) -> Live:
        status = mass_status(await self._client.mass_status(msg_id), msg_id)
        if status.verdict in {Verdict.GONE, Verdict.FAILED}:
            return _gone(status.message, ticket, status.evidence)
        live = _unreadable("群发的文章平台不提供读取接口，只能核对是否被删除；请在手机上打开核对内容。", ticket)
        return replace(live, evidence={**status.evidence, NO_WAY_TO_READ: True})


def approved_text(payload: Mapping[str, Any]) -> str:
    """Title and words of the article as it was frozen. Pure."""
    return f"{payload['title']}\n{plain_text(str(payload['content_html']))}"


def first_article(item: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The first article of an item of batchget."""
    content = item.get("content")
    articles = content.get("news_item") if isinstance(content, Mapping) else None
    return articles[0] if isinstance(articles, list) and articles and isinstance(articles[0], Mapping) else None


def address_of(article: Mapping[str, Any]) -> str:
    """The address behind 阅读原文, without its fragment."""
    return str(article.get("content_source_url") or "").split("#")[0]


def _live(article: Mapping[str, Any], ticket: Ticket, evidence: Mapping[str, Any]) -> Live:
    differs = []
    if _plain_address(address_of(article)) != _plain_address(str(ticket.payload["content_source_url"]).split("#")[0]):
        differs.append(f"“阅读原文”的链接不是本页地址：{address_of(article)[:200] or '无'}")
    return Live(
        liveness=Liveness.LIVE,
        text=f"{article.get('title', '')}\n{plain_text(str(article.get('content', '')))}",
        url=str(article.get("url") or ticket.facts.get("article_url") or ""),
        evidence={**evidence, **({DIFFERS: differs} if differs else {})},
    )


def _plain_address(address: str) -> str:
    """The platform may escape an address another way; where it leads is the same."""
    return unquote(address).rstrip("/")


def _gone(message: str, ticket: Ticket, evidence: Mapping[str, Any]) -> Live:
    url = str(ticket.facts.get("article_url") or "")
    return Live(liveness=Liveness.GONE, url=url, message=message, evidence=dict(evidence))


def _unreadable(message: str, ticket: Ticket) -> Live:
    return Live(liveness=Liveness.UNREADABLE, url=str(ticket.facts.get("article_url") or ""), message=message)


def _shown(kind: str, item: Mapping[str, Any], external_id: str) -> Shown:
    article = first_article(item) or {}
    return Shown(
        kind=kind,
        external_id=external_id,
        text=str(article.get("title") or ""),
        url="" if kind == "draft" else str(article.get("url") or ""),
        page_url=address_of(article),
        at=moment_of(item) if item.get("update_time") else None,
    )

"""Articles that the public can open, however they came out: published, mass-sent, or shown as a preview."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from sandbox.wechat.account import Account


@dataclass(slots=True, kw_only=True)
class Article:
    """One article. `sent` is the HTML as it was sent to the platform, `content` what the platform made of it."""

    title: str
    author: str
    digest: str
    sent: str
    content: str
    source_url: str
    thumb_media_id: str
    thumb_url: str
    kind: str = "news"
    comments_open: bool = False
    fans_only: bool = False
    images: tuple[str, ...] = ()
    image_urls: tuple[str, ...] = ()
    slug: str = ""
    url: str = ""
    deleted: bool = False
    blocked: bool = False
    shown_at: float = 0.0
    origin: str = "draft"

    def shown(self, *, content: bool = True) -> dict[str, Any]:
        """A news_item as draft/get and freepublish/getarticle write it."""
        item: dict[str, Any] = {
            "article_type": self.kind,
            "title": self.title,
            "author": self.author,
            "digest": self.digest,
            "content": self.content,
            "content_source_url": self.source_url,
            "thumb_media_id": self.thumb_media_id,
            "thumb_url": self.thumb_url,
            "show_cover_pic": 0,
            "url": self.url,
            "need_open_comment": int(self.comments_open),
            "only_fans_can_comment": int(self.fans_only),
        }
        if self.images:
            item["image_info"] = {"image_list": [{"image_media_id": media_id} for media_id in self.images]}
        if not content:
            del item["content"]
        return item


def digest(text: str) -> str:
    """SHA-256 of UTF-8 text, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(slots=True, kw_only=True)
class Batch:
    """Articles that went out together, under one msg_data_id."""

    msg_data_id: str
    articles: list[Article]
    origin: str
    at: float
    article_id: str = ""
    media_id: str = ""
    index_by_slug: dict[str, int] = field(default_factory=dict)


class ArticleBook:
    """Every article that ever had an address."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._by_slug: dict[str, Article] = {}
        self._batches: dict[str, Batch] = {}

    def issue(self, batch: Batch) -> None:
        """Give each article of the batch a lasting address and open it to the public."""
        now = self._account.now()
        for position, article in enumerate(batch.articles):
            article.slug = self._account.letters(22)
            article.url = self.address(article.slug)
            article.shown_at = now
            article.origin = batch.origin
            self._by_slug[article.slug] = article
            batch.index_by_slug[article.slug] = position
        self._batches[batch.msg_data_id] = batch

    def preview(self, article: Article) -> Article:
        """A copy with a passing address, as mass/preview shows it to one person."""
        shown = Article(**{name: getattr(article, name) for name in Article.__dataclass_fields__})
        shown.slug = f"tmp_{self._account.letters(18)}"
        shown.url = self.address(shown.slug)
        shown.origin = "preview"
        shown.shown_at = self._account.now()
        self._by_slug[shown.slug] = shown
        return shown

    def address(self, slug: str) -> str:
        """The public address of an article."""
        base = self._account.options.article_url_base or self._account.base_url or "https://mp.weixin.qq.com"
        return f"{base.rstrip('/')}/s/{slug}"

    def find(self, slug: str) -> Article | None:
        """The article at an address, deleted ones too."""
        return self._by_slug.get(slug)

    def at_url(self, url: str) -> Article | None:
        """The article with that full address."""
        article = self._by_slug.get(url.rsplit("/", 1)[-1].split("?")[0].split("#")[0])
        return article if article is not None and article.url.split("?")[0] == url.split("?")[0].split("#")[0] else None

    def is_article(self, url: str) -> bool:
        """Whether the link leads to an article of the platform."""
        return self.at_url(url) is not None

    def batch(self, msg_data_id: str) -> Batch | None:
        """The articles that share a msg_data_id."""
        return self._batches.get(msg_data_id)

    def batches(self) -> list[Batch]:
        """Every batch that ever went out, oldest first."""
        return list(self._batches.values())

    def public(self) -> list[Article]:
        """What a follower sees in the account's list, newest first."""
        live = [article for batch in self._batches.values() for article in batch.articles if not article.deleted]
        return sorted(live, key=lambda article: article.shown_at, reverse=True)

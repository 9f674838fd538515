"""The draft box: what may enter it, and what comes back out."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sandbox.wechat.account import Account
from sandbox.wechat.articles import Article, ArticleBook
from sandbox.wechat.calls import Call
from sandbox.wechat.cleaning import clean, text_of
from sandbox.wechat.errors import ApiError
from sandbox.wechat.materials import Materials

CONTENT_CHARACTERS = 20_000
CONTENT_BYTES = 1024 * 1024
SOURCE_URL_BYTES = 1024
AUTOMATIC_DIGEST = 54
_CROP = re.compile(r"^(?:[01](?:\.\d{1,6})?_){3}[01](?:\.\d{1,6})?$")
_NEEDED_IN_UPDATE = ("title", "content", "thumb_media_id")


@dataclass(slots=True, kw_only=True)
class Draft:
    """A draft with one or more articles. `blocked` is an errcode (53503–53505) that submitting it answers."""

    media_id: str
    articles: list[Article]
    created: float
    updated: float
    blocked: int = 0


class Drafts:
    """The calls below /cgi-bin/draft/. Any account may use them, uncertified ones too."""

    def __init__(self, account: Account, materials: Materials, book: ArticleBook) -> None:
        self._account = account
        self._materials = materials
        self._book = book
        self._drafts: dict[str, Draft] = {}

    # -- for other parts ----------------------------------------------------------------------------------------

    def find(self, media_id: str) -> Draft:
        """The draft; 40007 when it does not exist (any more)."""
        draft = self._drafts.get(media_id)
        if draft is None:
            raise ApiError(40007, media_id[:32] or "empty")
        return draft

    def take(self, media_id: str) -> Draft:
        """Remove a draft because it went out; its media_id is dead from now on."""
        draft = self.find(media_id)
        del self._drafts[media_id]
        return draft

    def has(self, media_id: str) -> bool:
        """Whether the draft is (still) in the box."""
        return media_id in self._drafts

    def put_back(self, draft: Draft) -> None:
        """Return a draft whose publication failed."""
        self._drafts[draft.media_id] = draft

    def all(self) -> list[Draft]:
        """Every draft in the box, newest change first."""
        return sorted(self._drafts.values(), key=lambda draft: draft.updated, reverse=True)

    # -- calls --------------------------------------------------------------------------------------------------

    def add(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/draft/add; the answer carries no errcode."""
        given = call.body.get("articles")
        if not isinstance(given, list) or not given:
            raise ApiError(44003)
        if len(given) > self._account.options.articles_per_draft:
            raise ApiError(45008)
        articles = [self._article(item, call, single=len(given) == 1) for item in given]
        now = self._account.now()
        draft = Draft(media_id=self._account.letters(64), articles=articles, created=now, updated=now)
        self._drafts[draft.media_id] = draft
        return {"media_id": draft.media_id}

    def update(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/draft/update; missing fields answer 40007, although the media_id is right."""
        draft = self.find(call.text("media_id"))
        index = call.number("index")
        if not 0 <= index < len(draft.articles):
            raise ApiError(40114)
        given = call.body.get("articles")
        if not isinstance(given, dict):
            raise ApiError(47001)
        news = given.get("article_type", "news") == "news"
        needed = _NEEDED_IN_UPDATE if news else ("title", "content", "image_info")
        if any(name not in given for name in needed):
            raise ApiError(40007, draft.media_id[:32])
        draft.articles[index] = self._article(given, call, single=len(draft.articles) == 1)
        draft.updated = self._account.now()
        return {"errcode": 0, "errmsg": "ok"}

    def get(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/draft/get."""
        draft = self.find(call.text("media_id"))
        return {
            "news_item": [article.shown() for article in draft.articles],
            "create_time": int(draft.created),
            "update_time": int(draft.updated),
        }

    def delete(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/draft/delete; cannot be undone."""
        self.take(call.text("media_id"))
        return {"errcode": 0, "errmsg": "ok"}

    def count(self, call: Call) -> dict[str, Any]:
        """GET /cgi-bin/draft/count."""
        return {"total_count": len(self._drafts)}

    def batchget(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/draft/batchget {offset, count 1–20, no_content}."""
        offset, count = call.number("offset"), call.number("count", 20)
        if not 1 <= count <= 20 or offset < 0:
            raise ApiError(40097, "count")
        content = call.number("no_content") == 0
        drafts = self.all()
        page = drafts[offset : offset + count]
        items = [
            {
                "media_id": draft.media_id,
                "content": {
                    "news_item": [article.shown(content=content) for article in draft.articles],
                    "create_time": int(draft.created),
                    "update_time": int(draft.updated),
                },
                "update_time": int(draft.updated),
            }
            for draft in page
        ]
        return {"item": items, "total_count": len(drafts), "item_count": len(page)}

    def switch(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/draft/switch?checkonly=1, an obsolete call that says that drafts are on."""
        return {"errcode": 0, "errmsg": "ok", "is_open": 1}

    # -- rules --------------------------------------------------------------------------------------------------

    def _article(self, given: Any, call: Call, *, single: bool) -> Article:
        if not isinstance(given, dict):
            raise ApiError(47001)
        kind = _string(given, "article_type") or "news"
        if kind not in ("news", "newspic"):
            raise ApiError(47001, "article_type")
        title, author = _string(given, "title"), _string(given, "author")
        if not title.strip():
            raise ApiError(44003, "title")
        self._check_title(title, escaped=call.escaped)
        if len(author) > self._account.options.author_limit:
            raise ApiError(45110)
        summary = self._digest(given, single=single)
        sent = _string(given, "content")
        self._check_content(sent)
        source = _string(given, "content_source_url")
        if source:
            self._check_source(source)
        comments = self._flag(given, "need_open_comment")
        if comments and not (self._account.certified and self._account.options.comment_right):
            raise ApiError(88000)
        _check_crops(given)
        images = self._images(given) if kind == "newspic" else ()
        thumb = self._thumb(given, images)
        content = text_of(sent) if kind == "newspic" else clean(sent, self._book.is_article)
        return Article(
            kind=kind,
            title=title,
            author=author,
            digest=summary or text_of(content)[:AUTOMATIC_DIGEST],
            sent=sent,
            content=content,
            source_url=source,
            thumb_media_id=thumb[0],
            thumb_url=thumb[1],
            comments_open=comments,
            fans_only=self._flag(given, "only_fans_can_comment"),
            images=images,
            image_urls=tuple(self._materials.permanent(media_id).url for media_id in images),
        )

    def _check_title(self, title: str, *, escaped: bool) -> None:
        options = self._account.options
        if escaped and options.escaped_json == "refuse":
            raise ApiError(45003, "title holds \\uxxxx, send UTF-8")
        measured = title
        if escaped and options.escaped_json == "count":
            measured = "".join(c if c.isascii() else "\\u0000" for c in title)
        length = len(measured.encode()) if options.title_unit == "bytes" else len(measured)
        limit = 64 if options.title_unit == "bytes" and options.title_limit == 32 else options.title_limit
        if length > limit:
            raise ApiError(45003)

    def _digest(self, given: Mapping[str, Any], *, single: bool) -> str:
        summary = _string(given, "digest")
        if len(summary) > self._account.options.digest_limit:
            raise ApiError(45004)
        return summary if single else ""

    def _check_content(self, sent: str) -> None:
        if not sent.strip():
            raise ApiError(44004)
        if len(sent) >= CONTENT_CHARACTERS or len(sent.encode()) >= CONTENT_BYTES:
            raise ApiError(45002)
        for word in self._account.options.content_refuses:
            if word in sent:
                raise ApiError(45166, word)

    def _check_source(self, source: str) -> None:
        if len(source.encode()) > SOURCE_URL_BYTES or not is_public(source, self._account.options.treat_as_public):
            raise ApiError(41039, source[:64])

    def _flag(self, given: Mapping[str, Any], name: str) -> bool:
        value = given.get(name, 0)
        if value not in (0, 1):
            raise ApiError(47001, name)
        return bool(value)

    def _images(self, given: Mapping[str, Any]) -> tuple[str, ...]:
        info = given.get("image_info")
        listed = info.get("image_list") if isinstance(info, dict) else None
        if not isinstance(listed, list) or not listed:
            raise ApiError(40007, "image_info")
        if len(listed) > 20:
            raise ApiError(45008)
        ids = tuple(str(item.get("image_media_id", "")) if isinstance(item, dict) else "" for item in listed)
        for media_id in ids:
            self._materials.permanent(media_id)
        return ids

    def _thumb(self, given: Mapping[str, Any], images: tuple[str, ...]) -> tuple[str, str]:
        media_id = images[0] if images else _string(given, "thumb_media_id")
        material = self._materials.permanent(media_id)
        if material.kind not in ("image", "thumb"):
            raise ApiError(40007, media_id[:32])
        return media_id, material.url


def is_public(url: str, also: tuple[str, ...] = ()) -> bool:
    """Whether a URL is http(s) on a public host, or on one that the sandbox was told to treat so."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not host:
        return False
    if host in also or (port is not None and f"{host}:{port}" in also):
        return True
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".localhost", ".internal", ".lan"))


def _string(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ApiError(47001, name)
    return value


def _check_crops(given: Mapping[str, Any]) -> None:
    for name in ("pic_crop_235_1", "pic_crop_1_1"):
        value = given.get(name)
        if value and (not isinstance(value, str) or not _CROP.match(value)):
            raise ApiError(40097, name)

"""头条文章: POST /proxy/article/publish.json, HTTP 200 with codes of its own. Doc of 2022-11-29.

The official demo percent-encodes the content and sends it in a multipart form: the platform decodes it once more.
"""

import secrets
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from aiohttp import web

from sandbox.weibo.door import Call, Door, Gate
from sandbox.weibo.errors import ArticleRefusal
from sandbox.weibo.posts import Post
from sandbox.weibo.world import Article, World

TITLE: Final = 32
TEXT: Final = 1900
DONE: Final = "100000"


class Articles:
    """The one article endpoint."""

    def __init__(self, world: World, door: Door) -> None:
        self._world = world
        self._door = door

    def routes(self) -> list[web.AbstractRouteDef]:
        gate = Gate(verb="POST", permission="article_permitted")
        return [self._door.route("/proxy/article/publish.json", gate, self.publish)]

    async def publish(self, call: Call) -> Any:
        fields = {name: self._field(call, name) for name in ("title", "content", "cover", "rip", "text")}
        if len(fields["title"]) > TITLE:
            raise _invalid("title")
        if len(fields["text"]) > TEXT:
            raise _invalid("text")
        if urlsplit(fields["cover"]).scheme not in {"http", "https"}:
            raise _invalid("cover")
        content = self._content(fields["content"])
        self._check_pace(call)
        object_id = f"1022:230940{secrets.randbelow(10**16):016d}"
        url = f"{call.origin}/weibo/article/{object_id.rpartition(':')[2]}"
        post = self._announce(call, fields["text"], url, object_id)
        self._world.articles[object_id.rpartition(":")[2]] = Article(
            object_id=object_id,
            title=fields["title"],
            content=content,
            cover=fields["cover"],
            summary=call.form.get("summary", ""),
            mid=post.mid,
            created_at=call.now,
        )
        return {"code": DONE, "msg": "", "data": {"object_id": object_id, "url": url, "mid": post.mid}}

    def _field(self, call: Call, name: str) -> str:
        value = call.form.get(name, "")
        if not value.strip():
            raise _invalid(name)
        return value

    def _content(self, sent: str) -> str:
        switches = self._world.switches
        try:
            content = unquote(sent, errors="strict") if switches.article_content == "percent" else sent
        except UnicodeDecodeError:
            raise _invalid("content") from None
        if len(content) > switches.article_limit or (switches.article_content == "percent" and "<" in sent):
            raise _invalid("content")
        return content

    def _check_pace(self, call: Call) -> None:
        last = max((article.created_at for article in self._world.articles.values()), default=None)
        if last is not None and call.now - last < self._world.switches.article_seconds:
            raise ArticleRefusal("11001", "sass check error")

    def _announce(self, call: Call, text: str, url: str, object_id: str) -> Post:
        words = f"{text} {url}"
        if any(post.sent.startswith(f"{text} ") for post in self._world.posts.of(call.uid) if post.kind == "article"):
            raise ArticleRefusal("11002", "create statuses error")
        post = Post(
            mid=self._world.posts.next_mid(call.now),
            uid=call.uid,
            sent=words,
            text=self._world.links.replace(words, [url]),
            urls=[url],
            created_at=call.now,
            kind="article",
            source=self._world.switches.app_name,
            article=object_id.rpartition(":")[2],
            rip=call.form.get("rip", ""),
        )
        return self._world.posts.add(post)


def _invalid(name: str) -> ArticleRefusal:
    return ArticleRefusal("10008", f"param {name} invalid")

"""What citizens see: the account's timeline, a post with its comments, an article, and the private messages."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from jinja2 import Environment

from sandbox.weibo import base62
from sandbox.weibo.accounts import Account
from sandbox.weibo.citizens import Line
from sandbox.weibo.counting import URL
from sandbox.weibo.dates import local, readable
from sandbox.weibo.errors import DeedError
from sandbox.weibo.mouth import DEFAULT_CITIZEN, EVENTS, Mouth
from sandbox.weibo.posts import Post
from sandbox.weibo.remarks import Remark
from sandbox.weibo.world import World

SHORT: Final = re.compile(r"(https?://t\.cn/[0-9A-Za-z]+)")
TAG: Final = re.compile(r"<[^>]*>")
KINDS: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif"}
SAY_LIMIT: Final = 300
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'"
)
SHOWN: Final = 50
HERE: Final = {"latitude": "29.4612", "longitude": "113.0047"}
HERE_NAMED: Final = "示例大道1号附近"
"""A place in the fictional district."""


class Page:
    """The pages below /weibo/. `?view=control` also shows what was taken down, as no citizen sees it."""

    def __init__(self, world: World, mouth: Mouth, pages: Environment, static: Path) -> None:
        self._world = world
        self._mouth = mouth
        self._pages = pages
        self._static = static

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/weibo", self.enter),
            web.get("/weibo/", self.timeline),
            web.get(r"/weibo/{uid:\d+}/{short:[0-9A-Za-z]+}", self.post),
            web.get("/weibo/article/{number}", self.article),
            web.get("/weibo/pictures/{size}/{name}", self.picture),
            web.post("/weibo/comment", self.comment),
            web.post("/weibo/engage", self.engage),
            web.get("/weibo/messages", self.messages),
            web.get("/weibo/messages/chat", self.chat),
            web.post("/weibo/messages", self.say),
            web.static("/weibo/static", self._static),
        ]

    async def enter(self, _: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/weibo/"})

    async def timeline(self, request: web.Request) -> web.Response:
        control = request.query.get("view") == "control"
        posts = self._world.posts.of(self._world.app.owner, removed=control)
        return self._render(
            "timeline.html", posts=[self._post(post) for post in posts[:SHOWN]], total=len(posts), control=control
        )

    async def post(self, request: web.Request) -> web.Response:
        try:
            post = self._world.posts.live(base62.to_mid(request.match_info["short"]))
        except ValueError:
            post = None
        if post is None or post.uid != request.match_info["uid"]:
            return self._render("gone.html", status=404)
        return self._render("post.html", post=self._post(post, every_remark=True))

    async def article(self, request: web.Request) -> web.Response:
        article = self._world.articles.get(request.match_info["number"])
        if article is None or self._world.posts.live(article.mid) is None:
            return self._render("gone.html", status=404)
        paragraphs = [line for block in article.content.split("</p>") if (line := TAG.sub("", block).strip())]
        at = f"{local(article.created_at):%Y-%m-%d %H:%M}"
        return self._render("article.html", article=article, paragraphs=paragraphs, at=at)

    async def picture(self, request: web.Request) -> web.Response:
        picture = self._world.posts.pictures.get(request.match_info["name"].partition(".")[0])
        if picture is None:
            raise web.HTTPNotFound
        return web.Response(body=picture.data, content_type=KINDS[picture.kind])

    async def comment(self, request: web.Request) -> web.Response:
        form = await request.post()
        mid = str(form.get("mid", ""))
        try:
            self._mouth.comment(self._citizen(str(form.get("uid", ""))), mid, str(form.get("text", ""))[:SAY_LIMIT])
            post = self._world.posts.by_mid[mid]
        except DeedError:
            return self._render("gone.html", status=404)
        return web.Response(status=303, headers={"Location": f"/weibo/{post.uid}/{base62.from_mid(mid)}"})

    async def engage(self, request: web.Request) -> web.Response:
        """A citizen likes or reposts."""
        form = await request.post()
        mid = str(form.get("mid", ""))
        try:
            post = self._mouth.engage(mid, str(form.get("deed", "")))
        except DeedError:
            return self._render("gone.html", status=404)
        return web.Response(status=303, headers={"Location": f"/weibo/{post.uid}/{base62.from_mid(mid)}"})

    async def messages(self, request: web.Request) -> web.Response:
        uid = self._citizen(request.query.get("uid", ""))
        citizens = [a for a in self._world.accounts.by_uid.values() if not a.verified]
        buttons = (self._world.menu or {"button": []})["button"]
        standing = self._world.citizens.get(uid)
        return self._render(
            "messages.html", uid=uid, citizens=citizens, lines=self._lines(uid), buttons=buttons, standing=standing
        )

    async def chat(self, request: web.Request) -> web.Response:
        """The conversation alone, for the page's own refresh."""
        return self._render("chat.html", lines=self._lines(self._citizen(request.query.get("uid", ""))))

    async def say(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        uid = self._citizen(form.get("uid", ""))
        kind = form.get("kind", "text")
        more: dict[str, Any] = {name: form[name] for name in ("subtype", "key") if form.get(name)}
        if kind == "here":
            kind, form["text"], more = "position", HERE_NAMED, more | HERE
        if kind in EVENTS:
            kind, more = "event", more | {"subtype": kind}
        try:
            await self._mouth.act(kind, uid, text=form.get("text", "")[:SAY_LIMIT], **more)
        except DeedError as wrong:
            raise web.HTTPBadRequest(text=str(wrong)) from None
        return web.Response(status=303, headers={"Location": f"/weibo/messages?uid={uid}"})

    def _render(self, template: str, *, status: int = 200, **more: Any) -> web.Response:
        html = self._pages.get_template(template).render(
            account=self._world.account,
            followers=len(self._world.citizens.followers()),
            count=len(self._world.posts.of(self._world.app.owner)),
            **more,
        )
        headers = {"Cache-Control": "no-store", "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}
        return web.Response(status=status, text=html, content_type="text/html", headers=headers)

    def _citizen(self, uid: str) -> str:
        known = self._world.accounts.get(uid)
        return uid if known is not None and not known.verified else DEFAULT_CITIZEN

    def _post(self, post: Post, *, every_remark: bool = False) -> dict[str, Any]:
        now = self._world.clock()
        remarks = self._world.remarks.under(post.mid)
        original = self._world.posts.by_mid.get(post.original) if post.original else None
        return {
            "mid": post.mid,
            "author": self._world.accounts.by_uid[post.uid],
            "at": readable(post.created_at, now),
            "exact": f"{local(post.created_at):%Y-%m-%d %H:%M:%S}",
            "iso": local(post.created_at).isoformat(timespec="seconds"),
            "source": post.source,
            "parts": list(self._parts(post.text)),
            "picture": f"/weibo/pictures/large/{post.picture.pid}.{post.picture.extension}" if post.picture else None,
            "link": f"/weibo/{post.uid}/{base62.from_mid(post.mid)}",
            "removed": {"owner": "账号已删除", "review": "审核后被删除"}.get(post.removed_by or ""),
            "remarks": [self._remark(remark, now) for remark in (remarks if every_remark else remarks[:2])],
            "remark_count": len(remarks),
            "like_count": post.likes,
            "repost_count": post.shared
            + sum(1 for other in self._world.posts.by_mid.values() if other.original == post.mid),
            "original": self._post(original) if original and original.removed_by is None else None,
            "original_gone": original is not None and original.removed_by is not None,
        }

    def _parts(self, text: str) -> Iterator[tuple[str, str]]:
        """The text as pieces: words, or a link with the address it truly opens."""
        for piece in SHORT.split(text):
            if SHORT.fullmatch(piece):
                yield "link", self._world.links.expand(piece)
            elif piece:
                yield "words", piece

    def _remark(self, remark: Remark, now: float) -> dict[str, Any]:
        author = self._world.accounts.by_uid[remark.uid]
        return {"author": author, "text": remark.text, "at": readable(remark.created_at, now)}

    def _lines(self, uid: str) -> list[dict[str, Any]]:
        now, citizen = self._world.clock(), self._world.accounts.by_uid[uid]
        return [self._line(line, citizen, now) for line in self._world.citizens.get(uid).lines]

    def _line(self, line: Line, citizen: Account, now: float) -> dict[str, Any]:
        who = citizen if line.by == "citizen" else self._world.account
        return {
            "by": line.by,
            "kind": line.kind,
            "data": line.data,
            "parts": list(_linked(str(line.data.get("text", "")))),
            "at": readable(line.at, now),
            "who": who,
            "road": line.road,
        }


def _linked(text: str) -> Iterator[tuple[str, str]]:
    """A private message as pieces: words, or a link as it was written."""
    end = 0
    for found in URL.finditer(text):
        yield "words", text[end : found.start()]
        yield "link", found.group()
        end = found.end()
    yield "words", text[end:]

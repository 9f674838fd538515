"""What a follower sees: the chat, the account's list of articles, and an article."""

import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.pages import Pages, local_picture
from sandbox.wechat.articles import Article
from sandbox.wechat.citizens import ActError
from sandbox.wechat.followers import ChatLine, Follower
from sandbox.wechat.server import WechatServer
from sandbox.wechat.statistics import DEEDS

_PICTURE = re.compile(r'data-src="([^"]*)"')
_LINE_LIMIT = 300


class Phone:
    """The pages of one simulated phone. Nobody logs in: `who` names the person, the first one by default."""

    def __init__(self, wechat: WechatServer, pages: Pages) -> None:
        self._wechat = wechat
        self._pages = pages

    def routes(self) -> list[web.AbstractRouteDef]:
        """The URL table."""
        return [
            web.get("/phone", self.page),
            web.get("/phone/state", self.state),
            web.post("/phone/act", self.act),
            web.get("/s/{slug}", self.article),
            web.post("/s/{slug}/comments", self.comment),
            web.post("/s/{slug}/engage", self.engage),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """The phone."""
        world = self._wechat.world
        person = self._person(request.query.get("who"))
        return self._pages.page(
            "phone.html",
            options=world.account.options,
            person=person,
            people=world.followers.all(),
        )

    async def state(self, request: web.Request) -> web.Response:
        """What is new since line `after`, for the page's own script."""
        world = self._wechat.world
        world.tick()
        person = self._person(request.query.get("who"))
        after = request.query.get("after", "0")
        number = int(after) if after.isdecimal() else 0
        lines = [line for line in person.chat if line.number > number][-_LINE_LIMIT:]
        return web.json_response(
            {
                "subscribed": person.subscribed,
                "typing": person.typing,
                "lines": [_line(line) for line in lines],
                "articles": [self._listed(article) for article in world.book.public()[:50]],
                "menu": world.menus.buttons,
            }
        )

    async def act(self, request: web.Request) -> web.Response:
        """One act of the person; answers when the account answered."""
        try:
            wish = await request.json()
        except ValueError:
            raise web.HTTPBadRequest(text="{}", content_type="application/json") from None
        if not isinstance(wish, dict):
            raise web.HTTPBadRequest(text="{}", content_type="application/json")
        person = self._person(str(wish.get("who", "")))
        try:
            await self._wechat.world.citizens.act(person, wish)
        except ActError:
            return web.json_response({"error": "请先关注公众号，再发送消息。"}, status=409)
        return web.json_response({})

    async def article(self, request: web.Request) -> web.Response:
        """An article as readers see it, or the notice that it is gone."""
        world = self._wechat.world
        world.tick()
        article = world.book.find(request.match_info["slug"])
        options = world.account.options
        if article is None:
            return self._pages.page("article_gone.html", status=404, notice="链接已失效或不存在", options=options)
        if article.deleted:
            notice = "此内容因违规无法查看" if article.blocked else "该内容已被发布者删除"
            return self._pages.page("article_gone.html", notice=notice, options=options)
        if "written" not in request.query and "done" not in request.query:
            world.statistics.count(article.slug, "read")
        return self._pages.page(
            "article.html",
            counts=world.statistics.today(article.slug),
            article=article,
            body=_shown(article.content),
            pictures=[local_picture(url) for url in article.image_urls],
            comments=world.comments.public(article.slug) if article.comments_open else [],
            written="written" in request.query,
            options=options,
        )

    async def comment(self, request: web.Request) -> web.Response:
        """A reader writes a comment; it is shown once the account elects it."""
        world = self._wechat.world
        article = world.book.find(request.match_info["slug"])
        form = await request.post()
        content = str(form.get("content", "")).strip()[:600]
        if article is None or article.deleted or not article.comments_open or not content:
            raise web.HTTPConflict(text="这篇文章不能留言。")
        world.comments.write(article.slug, self._person(str(form.get("who", ""))).openid, content)
        raise web.HTTPSeeOther(f"/s/{article.slug}?written=1#comments")

    async def engage(self, request: web.Request) -> web.Response:
        """A reader likes, recommends or shares the article."""
        world, form = self._wechat.world, await request.post()
        article, deed = world.book.find(request.match_info["slug"]), str(form.get("deed", ""))
        chosen = next((each for each in DEEDS if each == deed and each != "read"), None)
        if article is None or article.deleted or chosen is None:
            raise web.HTTPConflict(text="不能这样做。")
        world.statistics.count(article.slug, chosen)
        raise web.HTTPSeeOther(f"/s/{article.slug}?done=1#engage")

    def _person(self, openid: str | None) -> Follower:
        followers = self._wechat.world.followers
        found = followers.find(openid) if openid else None
        return found or followers.all()[0]

    def _listed(self, article: Article) -> dict[str, Any]:
        return {
            "slug": article.slug,
            "title": article.title,
            "digest": article.digest,
            "picture": local_picture(article.thumb_url),
            "at": article.shown_at,
            "origin": article.origin,
        }


def _shown(content: str) -> str:
    return _PICTURE.sub(lambda found: f'src="{local_picture(found.group(1).replace("&amp;", "&"))}"', content)


def _line(line: ChatLine) -> dict[str, Any]:
    return {
        "number": line.number,
        "at": line.at,
        "side": line.side,
        "kind": line.kind,
        "via": line.via,
        "by_ai": line.by_ai,
        "content": _with_local_pictures(line.content),
    }


def _with_local_pictures(content: Mapping[str, Any]) -> dict[str, Any]:
    shown = dict(content)
    if "url" in shown and local_picture(str(shown["url"])):
        shown["url"] = local_picture(str(shown["url"]))
    if "articles" in shown:
        shown["articles"] = [
            {**item, "picture": local_picture(item.get("picture", "")) or item.get("picture", "")}
            for item in shown["articles"]
        ]
    return shown

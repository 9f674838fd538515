"""The test's hand on what is already live: the words of an article or a post change, as they may on the real platforms.

WeChat lets an editor change some characters of a published article on its website, Weibo lets members edit a post; nobody
is told. Below /control/, beside `sandbox.control`; nothing here exists on the real platforms.

| path | does |
|---|---|
| POST /control/articles/{slug}/text | {title?, content?, source_url?}: what readers see from now on; replaces what is given |
| POST /control/weibo/posts/{mid}/text | {text?, urls?}: the post as it is shown from now on, and where its links lead |
"""

from typing import Any

from aiohttp import web

from sandbox.wechat.articles import Article
from sandbox.wechat.server import WechatServer
from sandbox.weibo.app import WeiboServer
from sandbox.weibo.posts import Post


class Tampering:
    """The handlers. See the table at the top of this module."""

    def __init__(self, wechat: WechatServer, weibo: WeiboServer) -> None:
        self._wechat = wechat
        self._weibo = weibo

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.post("/control/articles/{slug}/text", self.article),
            web.post("/control/weibo/posts/{mid:\\d+}/text", self.post),
        ]

    async def article(self, request: web.Request) -> web.Response:
        article = self._wechat.world.book.find(request.match_info["slug"])
        if article is None:
            raise web.HTTPNotFound
        _change(article, await _wish(request), ("title", "content", "source_url"))
        return web.json_response(article.shown())

    async def post(self, request: web.Request) -> web.Response:
        post = self._weibo.world.posts.live(request.match_info["mid"])
        if post is None:
            raise web.HTTPNotFound
        _change(post, await _wish(request), ("text", "urls"))
        return web.json_response({"mid": post.mid, "text": post.text, "urls": list(post.urls)})


def _change(thing: Article | Post, wish: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        if name in wish:
            setattr(thing, name, wish[name])


async def _wish(request: web.Request) -> dict[str, Any]:
    wish = await request.json()
    if not isinstance(wish, dict):
        raise web.HTTPBadRequest(text="the body is not an object")
    return wish

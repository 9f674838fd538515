"""The API's call for what every channel will show of a text, and what a channel loses of it."""

from typing import Any

from aiohttp import web
from pydantic import BaseModel

from console.api.operation import Operation, operation
from console.api.problems import dumps
from console.previews import Previewer, Source
from disclosures.desk import Desk
from publishers.wechat.cleaning import cleaned
from publishers.weibo.limits import Limits
from staff.person import Person
from staff.roles import Verb


class WeChatPreview(BaseModel):
    """微信文章。content_html 是微信处理之后的样子，图片以 picture:<SHA-256> 表示；removed 是微信会去掉的，changed 是已改写的。"""

    title: str
    author: str
    digest: str
    content_html: str
    content_source_url: str
    mode: str
    removed: list[str]
    changed: list[str]


class WeiboPreview(BaseModel):
    """微博全文。count 按微博的算法计字，over 是超出 limit 的字符数，left_out 是概述中没有放入的部分。"""

    text: str
    link: str
    count: int
    limit: int
    over: int
    left_out: str


class PreviewAnswer(BaseModel):
    """各渠道将怎样显示最新的一版，与发布时使用同一程序生成；没有接入的渠道为空。"""

    revision: int
    portal: dict[str, Any] | None
    wechat: WeChatPreview | None
    weibo: WeiboPreview | None
    answers: dict[str, Any] | None


class PreviewCalls:
    def __init__(self, *, desk: Desk, previewer: Previewer) -> None:
        self._desk = desk
        self._previewer = previewer
        self._limits = Limits.load()

    def operations(self) -> tuple[Operation, ...]:
        path = r"/api/v1/disclosures/{id:\d{1,9}}/preview"
        return (operation("GET", path, self.read, "各渠道预览", PreviewAnswer, None, Verb.DISCLOSURE_READ),)

    async def read(self, request: web.Request, person: Person) -> web.Response:
        sheet = await self._desk.sheet(int(request.match_info["id"]))
        source = Source(body=sheet.version.body_source, body_format=sheet.version.body_format)
        found = await self._previewer.previews(sheet.content, sheet.id, source=source, files="/files")
        wechat, weibo = found.wechat, found.weibo
        answer = PreviewAnswer(
            revision=sheet.revision, portal=found.portal, answers=found.answers,
            wechat=WeChatPreview(
                title=wechat["title"], author=wechat["author"], digest=wechat["digest"], mode=wechat["mode"],
                content_html=cleaned(wechat["content_html"]).html, content_source_url=wechat["content_source_url"],
                removed=list(found.losses.gone), changed=list(found.losses.changed),
            ) if wechat else None,
            weibo=WeiboPreview(
                text="".join(words for _, words in weibo.parts), link=weibo.link, count=weibo.count,
                limit=self._limits.hard, over=weibo.over, left_out=weibo.left_out,
            ) if weibo else None,
        )  # fmt: skip
        return web.json_response(answer.model_dump(mode="json"), dumps=dumps)

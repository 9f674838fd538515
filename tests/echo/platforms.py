"""Both sandboxes over real HTTP, on the tests' own clock, with the product's clients and channels in front of them."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from PIL import Image

from publishers.echo.port import Batch, Cursor, Discussion, Heard, Post
from publishers.wechat.client import WeChatClient
from publishers.wechat.token import WeChatTokens
from publishers.weibo.channel import WeiboChannel
from publishers.weibo.client import WeiboClient
from sandbox.app import run
from sandbox.options import SandboxOptions

APPID, SECRET, UID = "wxba5fad812f8e6fb9", "s" * 32, "2000000001"
CITIZEN = "oCitizenChenXiuying_00000001"


@dataclass(slots=True, kw_only=True)
class Platforms:
    """The platforms, and what is needed to play citizens on them."""

    http: aiohttp.ClientSession
    base: str
    clock: Any
    wechat: WeChatClient
    weibo: WeiboChannel

    async def control(self, path: str, body: Any = None, *, method: str = "POST") -> Any:
        async with self.http.request(method, f"{self.base}/control/{path}", json=body) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def fault(self, platform: str, kind: str, path: str, **more: Any) -> None:
        await self.control("faults", {"kind": kind, "platform": platform, "path": path, "count": 1, **more})

    async def article(self) -> tuple[Post, str]:
        """An article that was published, and the last part of its address."""
        cover = await self.wechat.upload_cover(_png(), file_name="c.png", media_type="image/png")
        media = await self.wechat.add_draft(
            {"article_type": "news", "title": "关于供暖补贴的通知", "author": "", "digest": "摘要", "content": "<p>每户300元</p>",
             "content_source_url": "https://www.example.gov.cn/d/7", "thumb_media_id": cover, "need_open_comment": 0,
             "only_fans_can_comment": 0}
        )  # fmt: skip
        sent = await self.wechat.submit(media)
        self.clock.advance(1)
        ended = await self.wechat.publication(str(sent["publish_id"]))
        url = ended["article_detail"]["item"][0]["article_url"]
        facts = {"msg_data_id": str(sent["msg_data_id"]), "article_id": ended["article_id"]}
        return Post(delivery_id=1, disclosure_id=7, facts=facts, url=url, published_at=self.clock.moment), url.rsplit(
            "/", 1
        )[-1]

    async def post(self, text: str = "供暖补贴开始发放 http://127.0.0.1/d/7 ") -> Post:
        """A post of the account."""
        client = self.weibo._client
        mid = str((await client.share(text=text, rip="203.0.113.9"))["idstr"])
        return Post(delivery_id=2, disclosure_id=7, facts={"mid": mid}, url="", published_at=self.clock.moment)

    async def remark(self, post: Post, text: str) -> str:
        """A citizen comments on Weibo; the comment's number."""
        return str((await self.control("weibo/comment", {"mid": post.facts["mid"], "text": text}))["cid"])


async def all_heard(
    discussion: Discussion, posts: list[Post], cursor: Cursor, *, now: Any
) -> tuple[list[Heard], Cursor, list[Batch]]:
    """What one whole reading tells, with the cursor that it leaves."""
    batches = [batch async for batch in discussion.hear(posts, cursor, now=now)]
    last = next((batch.cursor for batch in reversed(batches) if batch.cursor), cursor)
    return [heard for batch in batches for heard in batch.heard], last, batches


@asynccontextmanager
async def running(clock: Any, **options: Any) -> AsyncIterator[Platforms]:
    chosen = SandboxOptions(
        wechat_appid=APPID, wechat_secret=SECRET, wechat_token="AAAAA", wechat_aes_key="a" * 43,
        wechat_account="gh_sandbox", publish_seconds=0.0, event_seconds=0.0, **options,
    )  # fmt: skip
    runner = await run(chosen, clock=lambda: clock.moment.timestamp())
    base = "http://{}:{}".format(*runner.addresses[0][:2])
    connector = aiohttp.TCPConnector(force_close=True)
    try:
        async with aiohttp.ClientSession() as http, aiohttp.ClientSession(connector=connector) as once:
            tokens = WeChatTokens(
                http=http, api_base=f"{base}/wechat-api", appid=APPID, secret=SECRET, clock=clock, owner="test"
            )
            client = WeiboClient(
                session=once, access_token="2.00sandboxweibotoken", api_base=f"{base}/weibo-api", timeout=1.0
            )
            yield Platforms(
                http=http, base=base, clock=clock,
                wechat=WeChatClient(http=http, api_base=f"{base}/wechat-api", tokens=tokens),
                weibo=WeiboChannel(client=client, safe_domain="127.0.0.1", uid=UID, rip="203.0.113.9", clock=clock),
            )  # fmt: skip
    finally:
        await runner.cleanup()


def _png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(buffer, "PNG")
    return buffer.getvalue()

"""The web's part of the input matrix, through the wired product: a picture, a place, a link, dialect, English."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient, TestServer

from casework.media_records import CitizenMedia
from disclosures.window_records import ServiceWindow
from gateway.commands.demo import demo_settings
from gateway.wiring import build
from tests.endtoend.pages import PICTURE

JSON = {"Accept": "application/json"}
AT = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.fixture
async def web(database_url: str, database: str, tmp_path: Any) -> AsyncIterator[Any]:
    settings = demo_settings(tmp_path, port=1, sandbox_port=2).model_copy(update={"database_url": database_url})
    for name, north in (("河口窗口", 29.46), ("清溪窗口", 29.60)):
        await ServiceWindow.create(
            name=name, address=f"{name}路1号", services="社保", latitude=north, longitude=113.0, changed_at=AT
        )
    product = await build(settings)
    async with TestClient(TestServer(product.app)) as client:
        yield client
    await product.stop()


async def said(web: Any, text: str) -> str:
    answer = await web.post("/chat/messages", json={"text": text})
    return "\n".join((await answer.json())["lines"])


async def test_every_kind_that_the_web_knows(web: Any) -> None:
    form = FormData()
    form.add_field("picture", PICTURE, filename="a.png")
    answer = await web.post("/chat/picture", data=form, headers=JSON)
    assert "会保存 30 天" in "".join((await answer.json())["lines"])
    row = await CitizenMedia.get()
    assert (row.channel, row.state, row.media_type) == ("web", "kept", "image/png")
    # Degrees of a browser are WGS-84; the windows are GCJ-02, some hundred metres beside them.
    answer = await web.post("/chat/place", json={"latitude": 29.463, "longitude": 112.994}, headers=JSON)
    lines = (await answer.json())["lines"]
    assert lines[0] == "离您最近的服务窗口（直线距离）："
    assert lines[1].startswith("1. 河口窗口（约 ")
    assert "米" in lines[1]
    assert "清溪窗口路1号" in "".join((await (await web.post("/chat/place", json={"street": "清溪窗口路"}, headers=JSON)).json())["lines"])  # fmt: skip
    assert "请把您的位置发过来" in await said(web, "最近的社保窗口在哪")
    assert "河口窗口" in await said(web, "我在河口窗口路")
    english = await said(web, "How can I apply for a residence permit?")
    assert "in Chinese only" in english
    assert "12345" in english
    hello = await said(web, "Hello")
    assert "in Chinese only" in hello
    assert "您好" in hello
    assert "依据" not in await said(web, "https://example.com/nothing")
    assert "您好" in await said(web, "[微笑]")
    # There is no voice on the web, and no way to hand one in.
    assert (await web.post("/chat/voice", data=b"x")).status == 404

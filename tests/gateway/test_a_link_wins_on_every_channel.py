"""A link is looked at before the words, on all channels and in every form it comes in (features C11)."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from tortoise.transactions import in_transaction

from audit.actor import Actor
from bot.message import read_wechat, read_weibo
from disclosures.catalogue import seed
from disclosures.records import Category, Disclosure, Unit
from gateway.commands.demo import demo_settings
from gateway.wiring import build
from knowledge.entry import Entry, EntryKind
from publishers.records import Delivery, Release

AT = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
RUMOUR = "https://example.com/forward/88123"
ARTICLE = "https://mp.weixin.qq.com/s/AbCdEfGh12345678"


@dataclass(kw_only=True)
class House:
    product: Any
    web: Any
    base: str
    number: int = 0

    async def wechat(self, fields: dict[str, str]) -> str:
        self.number += 1
        head = {"ToUserName": "gh_5a3d6b0c9e8f", "FromUserName": f"oReader{self.number}", "CreateTime": str(int(AT.timestamp())), "MsgId": str(self.number)}  # fmt: skip
        inside = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in {**head, **fields}.items())
        said = await self.product.reception.receive(read_wechat(f"<xml>{inside}</xml>"), now=AT, budget=60.0)
        return str(said)

    async def weibo(self, text: str) -> str:
        self.number += 1
        told = {"type": "text", "receiver_id": 2000000001, "sender_id": 1000 + self.number, "text": text, "data": {},
                "created_at": (AT + timedelta(seconds=self.number)).strftime("%a %b %d %H:%M:%S +0000 %Y")}  # fmt: skip
        said = await self.product.reception.receive(read_weibo(json.dumps(told).encode()), now=AT, budget=60.0)
        return str(said)

    async def chat(self, text: str) -> str:
        answer = await self.web.post("/chat/messages", json={"text": text})
        told = await answer.json()
        return "\n".join([*told["lines"], told["quote"], *(source["url"] for source in told["sources"])])


@pytest.fixture
async def house(database_url: str, database: str, tmp_path: Any) -> AsyncIterator[House]:
    settings = demo_settings(tmp_path, port=1, sandbox_port=2).model_copy(update={"database_url": database_url})
    async with in_transaction() as connection:
        await seed(connection)
    product = await build(settings)
    entries = [
        Entry(
            id="y", kind=EntryKind.rumour, title="网传水厂被投毒", body="水质正常。", verdict="不实", issuer="区水务局",
            evidence="区水务局通报", links=(RUMOUR,),
        ),
        Entry(id="d", kind=EntryKind.faq, title="供暖补贴怎么领", body="每户三百元。", source_url=f"{settings.public_url}/d/7"),
    ]  # fmt: skip
    await product.curation.put_entries(entries, actor=Actor.machine("测试"))
    await product.knowledge.load()
    async with TestClient(TestServer(product.app)) as web:
        yield House(product=product, web=web, base=settings.public_url)
    await product.stop()


async def public(title: str, state: str = "released") -> int:
    """A disclosure that is or was on the portal and in an article, with a title that is being rewritten."""
    row = await Disclosure.create(
        state=state, title="正在改写的标题", unit=await Unit.first(), category=await Category.first(), index_number=title,
        current_revision=2, author_id=1, author_name="李", created_at=AT, updated_at=AT, withdrawn_at=AT, explanation="内容有误。",
    )  # fmt: skip
    for channel, url in (("portal", f"https://portal.example/d/{row.id}"), ("wechat", f"{ARTICLE}{row.id}")):
        release = await _release(row.id)
        await Delivery.create(
            release=release, disclosure_id=row.id, channel=channel, state="published", due_at=AT, content_hash="h",
            payload={"title": title}, payload_sha256="p", published_at=AT, url=url, updated_at=AT,
        )  # fmt: skip
    return int(row.id)


async def _release(disclosure_id: int) -> Release:
    """A release with whatever its table wants."""
    values: dict[str, Any] = {}
    for name, field in Release._meta.fields_map.items():
        if name == "disclosure_id":
            values[name] = disclosure_id
        elif not (field.pk or field.null or getattr(field, "default", None) is not None or name == "deliveries"):
            kind = type(field).__name__
            values[name] = AT if kind == "DatetimeField" else 1 if "Int" in kind else [] if kind == "JSONField" else "x"
    return await Release.create(**values)


async def test_a_known_rumours_link_gives_its_verdict_whatever_the_words(house: House) -> None:
    for address in (RUMOUR, RUMOUR.replace("https://", "http://www.") + "?from=groupmessage"):
        inside = f"供暖补贴怎么领 {address} 大家转发"
        said = [
            await house.wechat({"MsgType": "link", "Title": "供暖补贴怎么领", "Description": "看看", "Url": address}),
            await house.wechat({"MsgType": "text", "Content": inside}), await house.weibo(inside), await house.chat(inside),
        ]  # fmt: skip
        assert all("不实" in text and "水质正常" in text for text in said), said
    await _our_own_page_gives_the_entry_that_stands_for_it(house)


async def _our_own_page_gives_the_entry_that_stands_for_it(house: House) -> None:
    inside = f"这个是真的吗 {house.base}/d/7"
    said = [
        await house.wechat({"MsgType": "link", "Title": "网页", "Description": "", "Url": f"{house.base}/d/7"}),
        await house.wechat({"MsgType": "text", "Content": inside}), await house.weibo(inside), await house.chat(inside),
    ]  # fmt: skip
    assert all("每户三百元" in text for text in said), said


async def test_our_own_page_without_an_entry_is_said_to_be_ours_by_its_public_title(house: House) -> None:
    number = await public("关于冬季供暖的通知")
    for address in (f"{house.base}/d/{number}", f"{ARTICLE}{number}"):
        said = [
            await house.wechat({"MsgType": "link", "Title": "某某某", "Description": "", "Url": address}),
            await house.weibo(f"看 {address}"), await house.chat(address),
        ]  # fmt: skip
        assert all("这是本机关公开的信息：《关于冬季供暖的通知》" in text for text in said), said
        assert all("正在改写" not in text for text in said)

    await _withdrawn_says_so_and_nothing_of_its_title(house)
    await _a_draft_or_a_page_that_never_was_is_not_spoken_of(house)


async def _withdrawn_says_so_and_nothing_of_its_title(house: House) -> None:
    number = await public("撤下的通知", "withdrawn")
    said = await house.chat(f"{house.base}/d/{number}")
    assert "已于2026年11月27日撤回" in said
    assert "公开说明：内容有误。" in said
    assert "撤下的通知" not in said


async def _a_draft_or_a_page_that_never_was_is_not_spoken_of(house: House) -> None:
    row = await Disclosure.create(
        state="approved", title="机密的标题", unit=await Unit.first(), category=await Category.first(), index_number="x",
        current_revision=1, author_id=1, author_name="李", created_at=AT, updated_at=AT,
    )  # fmt: skip
    for number in (row.id, 999):
        said = await house.chat(f"{house.base}/d/{number}")
        assert "机密" not in said
        assert "公开的信息：" not in said

"""A button of the account's menu asks its question as if it were typed; an old button says that the menu has changed (C19)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from audit.actor import Actor
from audit.records import AuditRecord
from audit.trail import Trail
from bot.conversation import Conversation
from bot.inbox import Inbox
from bot.menu import LARGEST, MenuRefused, key_of_question, read_menu
from bot.menu_desk import MenuDesk
from bot.message import Inbound, Kind
from bot.reception import Reception
from bot.talk_records import MenuQuestion
from publishers.errors import ChannelRefused

BY = Actor.machine("测试")
FILE = json.dumps([
    {"name": "办事", "sub": [{"name": "低保", "ask": "低保怎么申请"}, {"name": "门户", "url": "https://a.gov.cn/"}]},
    {"name": "补贴", "ask": "补贴怎么办"},
])  # fmt: skip


async def nothing(*_: Any) -> None:
    return None


async def tap(desk: Reception, key: str, clock: Any, number: int = 1) -> str:
    inbound = Inbound(
        channel="wechat", account="gh", sender="oUser", kind=Kind.EVENT, created=str(1_764_000_000 + number),
        sent_at=datetime.now(UTC), event="click", event_key=key, body={"Event": "CLICK"},
    )  # fmt: skip
    return await desk.receive(inbound, now=clock.moment, budget=60)


async def test_a_button_asks_and_an_old_one_says_that_it_is_old(
    inbox: Inbox, conversation: Conversation, clock: Any
) -> None:
    menus, sent = MenuDesk(clock=clock, trail=Trail()), []

    async def create(buttons: Any) -> None:
        sent.append(buttons)

    desk = Reception(inbox=inbox, conversation=conversation, keep_event=nothing, menu_question=menus.question)
    await menus.set(read_menu(FILE), create=create, by=BY)
    assert sent[0][0]["sub_button"][1] == {"type": "view", "name": "门户", "url": "https://a.gov.cn/"}
    key = sent[0][0]["sub_button"][0]["key"]
    assert (await tap(desk, key, clock)).startswith("向户籍所在地")
    assert "请回复数字" in await tap(desk, sent[0][1]["key"], clock, 2)
    record = await AuditRecord.all().order_by("-id").first()
    assert record is not None
    assert (record.verb, record.detail["questions"]) == ("menu.set", "低保怎么申请、补贴怎么办")

    await menus.set(read_menu('[{"name": "养老", "ask": "养老金怎么认证"}]'), create=create, by=BY)
    assert "菜单按钮已经更新" in await tap(desk, key, clock, 3)


async def test_where_the_platform_refuses_the_old_menu_still_asks(database: str, clock: Any) -> None:
    menus = MenuDesk(clock=clock, trail=Trail())
    await menus.set(read_menu(FILE), create=nothing, by=BY)

    async def refuse(_: Any) -> None:
        raise ChannelRefused("48001")

    with pytest.raises(ChannelRefused):
        await menus.set(read_menu('[{"name": "养老", "ask": "养老金怎么认证"}]'), create=refuse, by=BY)
    assert await menus.question(key_of_question("低保怎么申请")) == "低保怎么申请"
    assert await MenuQuestion.all().count() == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "JSON"),
        ("[]", "1 到 3 个按钮"),
        (json.dumps([{"name": "甲", "ask": "问什么"}] * 4), "1 到 3 个按钮"),
        ('[{"ask": "问什么"}]', "名称"),
        ('["甲"]', "名称"),
        ('[{"name": "一二三四五六", "ask": "问什么"}]', "最多 5 个汉字"),
        ('[{"name": "甲"}]', "请写一句要问的话"),
        ('[{"name": "甲", "url": "javascript:1"}]', "请写一句要问的话"),
        ('[{"name": "甲", "sub": []}]', "1 到 5 个按钮"),
        (" " * (LARGEST + 1), "超过"),
    ],
)
def test_a_menu_that_is_wrong_says_what_to_do(text: str, said: str) -> None:
    with pytest.raises(MenuRefused) as refused:
        read_menu(text)
    assert said in str(refused.value)

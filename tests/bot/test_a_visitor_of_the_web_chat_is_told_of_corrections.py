"""A visitor of the web chat is told what was corrected when he comes back or writes again, while his cookie lives (C15)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.burst import Bursts
from bot.conversation import Conversation
from bot.correcting import Corrections
from bot.decision import Step
from bot.inbox import Inbox
from bot.records import ConversationState, InboundMessage
from bot.web import KNOWN, WebChat
from disclosures.personal import mask
from knowledge.entry import Entry
from tests.bot.conftest import LOW

NEW = "到街道政务大厅三号窗口申请，当场受理。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    chat: WebChat
    corrections: Corrections
    teach: Callable[[Entry], Awaitable[None]]

    async def correct(self) -> None:
        await self.teach(replace(LOW, body=NEW))
        assert await self.corrections.look() == 1


@pytest.fixture
async def site(conversation: Conversation, inbox: Inbox, clock: Any, teach: Any) -> Site:
    corrections = Corrections(clock=clock)
    await corrections.look()
    bursts = Bursts(clock=clock, mask=mask)
    return Site(
        chat=WebChat(conversation=conversation, inbox=inbox, bursts=bursts, clock=clock), corrections=corrections,
        teach=teach,
    )  # fmt: skip


async def test_who_opens_the_chat_is_told_once(site: Site) -> None:
    await site.chat.answer("v1", "低保怎么申请")
    assert await site.chat.news("v1") == ""
    await site.correct()
    assert await site.chat.news("v2") == ""
    assert await site.chat.news("") == ""
    told = await site.chat.news("v1")
    assert told.startswith("【更正】您")
    assert NEW in told
    assert await site.chat.news("v1") == ""
    assert "更正】" not in (await site.chat.answer("v1", "补贴怎么办")).text


async def test_who_just_writes_again_is_told_before_his_answer(site: Site) -> None:
    await site.chat.answer("v1", "低保怎么申请")
    await site.correct()
    turn = await site.chat.answer("v1", "补贴怎么办")
    assert turn.text.startswith("【更正】您")
    assert turn.step is Step.CHOOSE
    assert await site.chat.news("v1") == ""


async def test_after_the_cookie_nothing_is_known_of_the_visitor(site: Site, clock: Any) -> None:
    await site.chat.answer("v1", "低保怎么申请，电话13812345678")
    clock.advance(KNOWN.total_seconds() + 1)
    await site.chat.sweep()
    row = await InboundMessage.get()
    assert (row.sender, row.text) == ("", "低保怎么申请，电话138****5678")
    assert not await ConversationState.exists()
    await site.teach(replace(LOW, body=NEW))
    assert await site.corrections.look() == 0


async def test_messages_in_a_row_are_one_question_here_too(site: Site) -> None:
    first, last = await asyncio.gather(site.chat.answer("v1", "你好"), site.chat.answer("v1", "我家里人"))
    steps = {first.step, last.step}
    assert Step.JOINED in steps or steps == {Step.HELP, Step.REPHRASE}
    assert [turn.text == "" for turn in (first, last)].count(True) <= 1

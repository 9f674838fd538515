"""Every message three times, shuffled, at two nodes at once: one answer each, one row, one line on the curators' list."""

import asyncio
import random
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from bot.conversation import Conversation
from bot.inbox import Inbox
from bot.message import Inbound, Kind
from bot.reception import Reception
from bot.records import InboundMessage
from disclosures.personal import mask
from knowledge.records import UnansweredQuestion

TEXTS = ("低保怎么申请", "网传停水是真的吗", "这个怎么办", "月亮上怎么落户", "你好")


def message(number: int) -> Inbound:
    text = TEXTS[number % len(TEXTS)]
    return Inbound(
        channel="wechat", account="gh", sender=f"o{number}", kind=Kind.TEXT, created="1764000000",
        sent_at=datetime.fromtimestamp(1764000000, UTC), message_id=str(number), text=text,
    )  # fmt: skip


async def test_a_storm_of_redeliveries_at_two_nodes_is_answered_exactly_once(
    conversation: Conversation, clock: Any
) -> None:
    async def keep_event(*_: Any) -> None:
        raise AssertionError("no event of the platform comes here")

    nodes = [
        Reception(inbox=Inbox(clock=clock, mask=mask), conversation=conversation, keep_event=keep_event)
        for _ in range(2)
    ]
    order = [number for number in range(100) for _ in range(3)]
    draw, said = random.Random(4), defaultdict[int, set[str]](set)
    draw.shuffle(order)

    async def deliver(number: int) -> None:
        said[number].add(await draw.choice(nodes).receive(message(number), now=clock.moment, budget=60))

    await asyncio.gather(*(deliver(number) for number in order))
    assert all(len(texts) == 1 and "".join(texts) for texts in said.values()), "three deliveries, one answer"
    rows = {row.sender: row for row in await InboundMessage.all()}
    assert len(rows) == 100
    assert all(rows[f"o{number}"].reply["text"] in said[number] for number in range(100))
    assert {row.deliveries for row in rows.values()} == {3}
    unknown = await UnansweredQuestion.filter(text="月亮上怎么落户")
    assert len(unknown) == len({row.asker_hash for row in unknown}) == 20, "nobody's question is kept twice"

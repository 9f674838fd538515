"""Many messages share a commit: each keeps its own reply, one does not spoil another, and a withdrawal counts at once."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.trail import Trail
from bot.curating import reading
from bot.gathering import Gathering
from bot.inbox import Inbox, Think, Thought
from bot.message import Inbound, Kind
from bot.records import ConversationState, InboundMessage
from disclosures.personal import mask
from knowledge.base import KnowledgeBase
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from knowledge.keywords import Keywords

MESSAGE = Inbound(
    channel="wechat", account="gh_x", sender="oUser", kind=Kind.TEXT, created="1763861400",
    sent_at=datetime.fromtimestamp(1763861400, UTC), message_id="1", text="低保怎么申请",
)  # fmt: skip
MACHINE = Actor.machine("测试")


def numbered(number: int) -> Inbound:
    return replace(MESSAGE, message_id=str(number), sender=f"o{number}")


async def test_a_flood_of_messages_each_delivered_three_times_is_answered_once_each(
    any_database: str, clock: Any
) -> None:
    inbox, now, thought, settled = Inbox(clock=clock, mask=mask), clock.moment, list[int](), list[int]()

    async def settle_all(connection: BaseDBAsyncClient, left: Sequence[Any]) -> None:
        settled.extend(left)
        rows = [ConversationState(channel="wechat", sender=f"o{number}", state={}, updated_at=now) for number in left]
        await ConversationState.bulk_create(rows, using_db=connection)

    def thinking(number: int) -> Think:
        async def think() -> Thought:
            thought.append(number)
            return Thought(reply={"text": f"答复{number}"}, settle_all=settle_all, left=number)

        return think

    numbers = [number for number in range(60) for _ in range(3)]
    random.Random(1).shuffle(numbers)
    answers = await asyncio.gather(*(inbox.once(numbered(n), thinking(n), now=now) for n in numbers))
    assert [answer.reply["text"] for answer in answers] == [f"答复{number}" for number in numbers]
    assert sorted(thought) == sorted(settled) == list(range(60))
    assert sum(answer.ours for answer in answers) == 60
    rows = await InboundMessage.all()
    assert {(row.deliveries, row.reply is None, row.answered_at) for row in rows} == {(3, False, now)}
    assert await ConversationState.all().count() == len(rows) == 60


async def test_a_thought_that_cannot_be_kept_does_not_spoil_those_beside_it(any_database: str, clock: Any) -> None:
    inbox = Inbox(clock=clock, mask=mask)

    async def settle_all(connection: BaseDBAsyncClient, left: Sequence[Any]) -> None:
        if 3 in left:
            raise RuntimeError("this one cannot be kept")

    def thinking(number: int) -> Think:
        async def think() -> Thought:
            return Thought(reply={"text": f"答复{number}"}, settle_all=settle_all, left=number)

        return think

    answers = await asyncio.gather(
        *(inbox.once(numbered(n), thinking(n), now=clock.moment) for n in range(8)), return_exceptions=True
    )
    assert [number for number, answer in enumerate(answers) if isinstance(answer, RuntimeError)] == [3]
    assert await InboundMessage.exclude(answered_at=None).count() == await InboundMessage.all().count() == 7
    assert not await InboundMessage.filter(sender="o3").exists(), "its next delivery is a new message"


async def test_what_gathers_while_a_round_runs_goes_together_and_nobody_waits_for_more() -> None:
    rounds: list[list[int]] = []

    async def double(wants: Sequence[int]) -> Sequence[int]:
        rounds.append(list(wants))
        await asyncio.sleep(0.01)
        return [2 * want for want in wants]

    gathering = Gathering(double, most=4)
    assert await gathering.one(1) == 2
    assert await asyncio.gather(*(gathering.one(number) for number in range(6))) == [0, 2, 4, 6, 8, 10]
    assert rounds == [[1], [0, 1, 2, 3], [4, 5]]


async def test_a_caller_that_leaves_does_not_stop_the_round_of_the_others() -> None:
    begun = asyncio.Event()

    async def slow(wants: Sequence[int]) -> Sequence[int]:
        begun.set()
        await asyncio.sleep(0.02)
        return list(wants)

    gathering = Gathering(slow)
    leaving, staying = (asyncio.create_task(gathering.one(number)) for number in (1, 2))
    await begun.wait()
    leaving.cancel()
    assert await staying == 2
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_a_round_is_not_part_of_the_transaction_of_who_asked_first(database: str, clock: Any) -> None:
    async def keep(keys: Sequence[str]) -> Sequence[str]:
        await InboundMessage.bulk_create([
            InboundMessage(key=key, channel="wechat", sender="o", kind="text", received_at=clock.moment) for key in keys
        ])  # fmt: skip
        return keys

    gathering = Gathering(keep)
    async with in_transaction() as connection:
        kept = asyncio.create_task(gathering.one("1"))
        await asyncio.sleep(0.01)
        await connection.rollback()
    await kept
    assert await InboundMessage.filter(key="1").exists()


async def test_a_withdrawal_counts_before_the_index_in_memory_knows_of_it(
    any_database: str, clock: Any, tmp_path: Path
) -> None:
    curation, base = Curation(clock=clock, trail=Trail()), KnowledgeBase(keywords=Keywords(tmp_path), clock=clock)
    one = Entry(id="one", kind=EntryKind.faq, title="低保怎么申请", body="向乡镇人民政府提出申请。")
    other = replace(one, id="other", title="养老金怎么认证")
    await curation.put_entries([one, other], actor=MACHINE)
    await base.load()
    entry_of = reading(curation, clock=clock, base=base)
    assert (await entry_of("one"), await entry_of("other"), await entry_of("none")) == (one, other, None)
    await curation.stop_entry("one", "有误", actor=MACHINE)
    changed = replace(other, body="每年认证一次。")
    await curation.put_entries([changed], actor=MACHINE)
    assert base.entry("one") == one
    assert (await entry_of("one"), await entry_of("other")) == (None, changed)
    await base.refresh()
    assert (await entry_of("one"), await entry_of("other")) == (None, changed)

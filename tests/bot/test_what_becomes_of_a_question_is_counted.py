"""Every question is counted in the transaction of its reply, by what became of it; nobody's name and no words are kept with it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.asker import asker_hash
from bot.conversation import Conversation
from bot.counting import Counting
from bot.feedback_records import AnswerFeedback
from bot.inbox import Inbox
from bot.marks import Marks
from bot.message import Inbound, Kind
from bot.reception import Reception
from bot.records import InboundMessage
from bot.saying import SaidLog
from knowledge.usage import Usage
from knowledge.usage_records import AnswerTally


@pytest.fixture
def counted(conversation: Conversation) -> Conversation:
    conversation._counting = Counting(usage=Usage())
    return conversation


async def tallies() -> dict[str, int]:
    found: dict[str, int] = {}
    for row in await AnswerTally.all():
        found[row.outcome] = found.get(row.outcome, 0) + row.times
    return found


async def test_each_end_of_a_question_has_its_counter(counted: Conversation) -> None:
    async def say(sender: str, *texts: str) -> None:
        for text in texts:
            await counted.answer(channel="web", sender=sender, text=text)

    await say("a", "低保怎么申请")
    assert await tallies() == {"at_once": 1}
    await say("b", "怎么办", "1")
    await say("c", "怎么办", "都不是")
    await say("d", "会唱歌的鹦鹉", "会唱歌的鹦鹉")
    await say("e", "人工")
    await say("f", "你好", "谢谢", "更多", "救命有人要跳楼")
    assert await tallies() == {
        "at_once": 1, "offered": 2, "chosen": 1, "refused": 1, "missed": 1, "handed": 1, "person": 1,
    }  # fmt: skip
    row = await AnswerTally.get(outcome="chosen")
    assert (row.entry_id, row.channel, row.times) == ("dibao", "web", 1)


async def test_a_test_of_a_curator_is_not_counted(counted: Conversation) -> None:
    await counted.answer(channel="api", sender="", text="低保怎么申请")
    assert await tallies() == {}


async def test_a_message_that_comes_three_times_is_counted_once(
    counted: Conversation, inbox: Inbox, clock: Any
) -> None:
    async def nothing(*_: Any) -> None:
        return None

    reception = Reception(inbox=inbox, conversation=counted, keep_event=nothing)
    inbound = Inbound(
        channel="wechat", account="gh", sender="oUser", kind=Kind.TEXT, created="1764000000", sent_at=datetime.now(UTC),
        text="低保怎么申请，我的电话13800138000", message_id="1",
    )  # fmt: skip
    for _ in range(3):
        await reception.receive(inbound, now=clock.moment, budget=10)
    assert await tallies() == {"at_once": 1}
    today = date(2026, 11, 23)
    [said] = await SaidLog().of_entry("dibao", today, today, before=0, limit=5)
    assert ("138****8000" in said.text, said.step) == (True, "answer")
    leaving = Inbound(
        channel="wechat", account="gh", sender="oUser", kind=Kind.EVENT, created="1764000009", sent_at=datetime.now(UTC),
        event="unsubscribe", body={"Event": "unsubscribe"},
    )  # fmt: skip
    await reception.receive(leaving, now=clock.moment, budget=10)
    assert await SaidLog().of_entry("dibao", today, today, before=0, limit=5) == []
    assert await tallies() == {"at_once": 1}, "the number names nobody, so it may stay"


async def test_the_most_frequent_words_are_found_and_paged(database: str, clock: Any) -> None:
    await InboundMessage.bulk_create([
        InboundMessage(
            key=str(number), channel="wechat", sender="o", kind="text", text=text, received_at=clock.moment,
            entry_id="dibao" if "低保" in text else None, reply={"step": "answer"},
        )
        for number, text in enumerate(["低保怎么申请"] * 3 + ["低保怎么申请？"] + ["1"] * 9 + ["鹦鹉"] * 2 + ["只此一次"])
    ])  # fmt: skip
    today = date(2026, 11, 23)
    found = await SaidLog().wordings(today, today, limit=5)
    assert [(one.text, one.times, one.entry_id) for one in found] == [("低保怎么申请", 4, "dibao"), ("鹦鹉", 2, "")]
    assert await SaidLog().wordings(today + timedelta(days=1), today + timedelta(days=1), limit=5) == []
    first = await SaidLog().of_entry("dibao", today, today, before=0, limit=3)
    rest = await SaidLog().of_entry("dibao", today, today, before=first[-1].id, limit=3)
    assert (len(first), len(rest)) == (3, 1)


async def test_marks_are_summed_without_their_givers(any_database: str, clock: Any) -> None:
    for number, (useful, reason) in enumerate(
        [(True, ""), (True, ""), (False, "过时或有误"), (False, "过时或有误"), (False, "")]
    ):
        await AnswerFeedback.create(
            channel="web", asker_hash=asker_hash("k", channel="web", sender=str(number)), entry_id="dibao", mark="m",
            unit="区民政局", useful=useful, reason=reason, at=clock.moment,
        )  # fmt: skip
    today, marks = date(2026, 11, 23), Marks()
    one = (await marks.by_entry(today, today))["dibao"]
    assert (one.useful, one.useless) == (2, 3)
    assert (await marks.by_unit(today, today))["区民政局"].total == 5
    assert await marks.by_entry(today - timedelta(days=1), today - timedelta(days=1)) == {}
    assert [(c.reason, c.times, c.last) for c in await marks.complaints(today, today, unit="区民政局")] == [
        ("过时或有误", 2, clock.moment), ("", 1, clock.moment),
    ]  # fmt: skip

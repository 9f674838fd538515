"""Who received an answer that was corrected or withdrawn is told on the next permitted occasion (features C15)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from audit.actor import Actor
from bot.conversation import Conversation
from bot.correcting import Corrections
from bot.correction_records import CorrectionNotice
from bot.curating import forgetting, reading
from bot.inbox import Inbox
from bot.measure import load_measures
from bot.message import Inbound, Kind
from bot.putting_right import PuttingRight
from bot.reception import Reception
from bot.reporting import Reports
from knowledge.curation import Curation
from knowledge.entry import Entry
from publishers.errors import ChannelRefused, ChannelUnavailable, OutcomeUnknown, PublishError

NEW = "到街道政务大厅三号窗口申请，当场受理。"
Teach = Callable[[Entry], Awaitable[None]]


@dataclass(kw_only=True)
class Town:
    """The reception with its citizens, and a platform that can be in trouble."""

    reception: Reception
    corrections: Corrections
    clock: Any
    sent: list[tuple[str, str]] = field(default_factory=list)
    trouble: PublishError | None = None
    said: int = 0

    async def say(self, text: str, sender: str = "oUser", *, event: str = "", channel: str = "wechat") -> str:
        self.said += 1
        inbound = Inbound(
            channel=channel, account="gh", sender=sender, kind=Kind.EVENT if event else Kind.TEXT,
            created=str(1_764_000_000 + self.said), sent_at=datetime.now(UTC), text=text, event=event,
            message_id="" if event else str(self.said),
        )  # fmt: skip
        return await self.reception.receive(inbound, now=self.clock.moment, budget=10)

    async def send(self, person: str, text: str) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.sent.append((person, text))


@pytest.fixture
def corrections(clock: Any) -> Corrections:
    return Corrections(clock=clock)


@pytest.fixture
async def town(
    conversation: Conversation, inbox: Inbox, reports: Reports, corrections: Corrections, clock: Any
) -> Town:
    async def keep_event(*_: Any) -> None:
        raise AssertionError("no event of the platform comes here")

    reception = Reception(
        inbox=inbox, conversation=conversation, keep_event=keep_event,
        forget=forgetting(key="k", reports=reports, corrections=corrections),
    )  # fmt: skip
    await corrections.look()
    return Town(reception=reception, corrections=corrections, clock=clock)


@pytest.fixture
def putting_right(town: Town, curation: Curation, clock: Any) -> PuttingRight:
    return PuttingRight(
        corrections=town.corrections, clock=clock, entry_of=reading(curation, clock=clock), measures=load_measures(),
        send_text={"wechat": town.send},
    )  # fmt: skip


async def test_with_his_next_message_he_hears_what_is_so_now(town: Town, teach: Teach, base: Any) -> None:
    await town.say("低保怎么申请")
    await town.say("低保怎么申请", sender="oOther", channel="weibo")
    await teach(replace(base.entries["dibao"], body=NEW))
    town.clock.advance(3 * 86400)
    assert await town.corrections.look() == 2
    assert await town.corrections.look() == 0
    text = await town.say("谢谢")
    assert text.startswith("【更正】您11月23日问的“低保怎么申请”，答复已经更正，现在的答复是：\n" + NEW)
    assert text.endswith("还有其他问题，请直接输入。")
    assert "更正" not in await town.say("谢谢")
    assert NEW in await town.say("谢谢", sender="oOther", channel="weibo")
    assert "更正" not in await town.say("谢谢", sender="oStranger")


async def test_while_it_is_allowed_he_is_written_to_once(
    town: Town, teach: Teach, base: Any, putting_right: PuttingRight
) -> None:
    await town.say("低保怎么申请")
    await teach(replace(base.entries["dibao"], body=NEW))
    town.clock.advance(3600)
    assert (await putting_right.sweep(), await putting_right.sweep()) == (1, 0)
    [(person, text)] = town.sent
    assert person == "oUser"
    assert NEW in text
    assert "更正" not in await town.say("谢谢")

    # The next change is told again, to him who knows the text of the last one.
    await teach(replace(base.entries["dibao"], body=NEW + "需带身份证。"))
    assert await putting_right.sweep() == 1
    assert "需带身份证" in town.sent[-1][1]


async def test_too_late_or_refused_he_waits_for_his_next_message(
    town: Town, teach: Teach, base: Any, putting_right: PuttingRight
) -> None:
    await town.say("低保怎么申请")
    await teach(replace(base.entries["dibao"], body=NEW))
    town.trouble = ChannelUnavailable("busy")
    assert await putting_right.sweep() == 0
    town.trouble = ChannelRefused("45047")
    assert await putting_right.sweep() == 0
    town.trouble = None
    assert (await putting_right.sweep(), town.sent) == (0, [])
    assert NEW in await town.say("谢谢")

    await town.say("养老金怎么认证", sender="oLate")
    base.when("养老金", "answer", "yanglao")
    await town.say("养老金怎么认证？", sender="oLate")
    await teach(replace(base.entries["yanglao"], body="不再需要每年认证。"))
    town.clock.advance(48 * 3600)
    assert (await putting_right.sweep(), town.sent) == (0, [])
    assert "不再需要每年认证" in await town.say("谢谢", sender="oLate")


async def test_what_may_have_arrived_is_not_sent_again(
    town: Town, teach: Teach, base: Any, putting_right: PuttingRight
) -> None:
    await town.say("低保怎么申请")
    await teach(replace(base.entries["dibao"], body=NEW))
    town.trouble = OutcomeUnknown("timeout")
    assert await putting_right.sweep() == 1
    town.trouble = None
    assert (await putting_right.sweep(), town.sent) == (0, [])
    assert "更正" not in await town.say("谢谢")


async def test_a_text_that_was_stopped_is_no_longer_vouched_for(
    town: Town, curation: Curation, putting_right: PuttingRight
) -> None:
    await town.say("低保怎么申请")
    await curation.stop_entry("dibao", "内部原因：数据有误", actor=Actor.machine("测试"))
    assert await putting_right.sweep() == 1
    [(_, text)] = town.sent
    assert "当时的答复已不再适用" in text
    assert "内部原因" not in text


async def test_who_asks_again_himself_is_not_told_twice_and_a_change_back_is_no_news(
    town: Town, teach: Teach, base: Any, putting_right: PuttingRight
) -> None:
    old = base.entries["dibao"]
    await town.say("低保怎么申请")
    await town.say("低保怎么申请", sender="oBack")
    await teach(replace(old, body=NEW))
    await town.corrections.look()
    assert not (await town.say("低保怎么申请")).startswith("【更正】")
    await teach(old)
    assert {person for person, _ in town.sent} == set()
    assert await putting_right.sweep() == 1, (
        "who heard the new text is told of the old one; who never did hears nothing"
    )
    assert [person for person, _ in town.sent] == ["oUser"]


async def test_a_word_of_help_and_an_untouched_entry_are_nobodys_business(
    town: Town, teach: Teach, base: Any, putting_right: PuttingRight
) -> None:
    await town.say("你好")
    await town.say("低保怎么申请")
    await teach(replace(base.entries["ruxue"], body="每年七月报名。"))
    await teach(replace(base.entries["dibao"], keywords=("低保", "救助")))
    assert (await putting_right.sweep(), await CorrectionNotice.all().count()) == (0, 0)


async def test_who_leaves_is_forgotten_and_what_found_nobody_lapses(town: Town, teach: Teach, base: Any) -> None:
    await town.say("低保怎么申请")
    await town.say("低保怎么申请", sender="oStays")
    await teach(replace(base.entries["dibao"], body=NEW))
    await town.corrections.look()
    await town.say("", event="unsubscribe")
    assert [row.sender for row in await CorrectionNotice.all()] == ["oStays"]
    town.clock.advance(91 * 86400)
    await town.corrections.look()
    assert (await CorrectionNotice.get()).state == "lapsed"
    assert "更正" not in await town.say("谢谢", sender="oStays")

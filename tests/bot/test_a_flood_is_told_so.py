"""Who sends more than anybody types is told so, politely; nobody is silenced, and an emergency is always answered."""

from datetime import UTC, datetime
from typing import Any

from bot.conversation import Conversation
from bot.inbox import Inbox
from bot.message import Inbound, Kind
from bot.reception import MOST_A_MINUTE, Reception
from bot.records import InboundMessage

TOO_MANY = "您发送得太快了"


async def test_a_flood_is_told_so_and_everybody_else_is_answered(
    conversation: Conversation, inbox: Inbox, clock: Any
) -> None:
    async def keep_event(*_: Any) -> None:
        raise AssertionError("no event of the platform comes here")

    reception = Reception(inbox=inbox, conversation=conversation, keep_event=keep_event)
    count = 0

    async def say(text: str, sender: str = "oFlood", *, kind: Kind = Kind.TEXT) -> str:
        nonlocal count
        count += 1
        inbound = Inbound(
            channel="wechat", account="gh", sender=sender, kind=kind, created=str(1_764_000_000 + count),
            sent_at=datetime.now(UTC), message_id=str(count), text=text,
        )  # fmt: skip
        return await reception.receive(inbound, now=clock.moment, budget=10)

    replies = [await say("低保怎么申请") for _ in range(MOST_A_MINUTE)]
    assert not [reply for reply in replies if TOO_MANY in reply]
    assert (await say("低保怎么申请")).startswith(TOO_MANY)
    assert (await say("", kind=Kind.IMAGE)).startswith(TOO_MANY)
    assert await InboundMessage.all().count() == MOST_A_MINUTE + 2, "his words are kept all the same"
    assert "街道办事处" in await say("低保怎么申请", sender="oOther")
    assert "119" in await say("我家着火了，救命")
    clock.advance(61)
    assert "街道办事处" in await say("低保怎么申请")

"""The web chat: the same conversation for a visitor of the portal. Wiring gives it to the portal as a function.

A visitor is the random number of a browser's cookie. What he was answered is kept under that number as long as the cookie
lives, so that he can be told when it is corrected; then the number is taken out (``sweep``).
"""

import secrets
from datetime import timedelta
from typing import Final

from tortoise.transactions import in_transaction

from audit.clock import Clock
from bot.burst import Bursts
from bot.conversation import Conversation
from bot.correcting import mark_of
from bot.correction_records import CorrectionNotice
from bot.decision import Step
from bot.inbox import Inbox, Thought
from bot.message import Inbound, Kind
from bot.records import ConversationState, InboundMessage
from bot.talk_records import BurstPart
from bot.turn import Turn

CHANNEL: Final = "web"
KNOWN: Final = timedelta(days=7)
"""How long a visitor is known after his last message; the portal's cookie lives as long."""


class WebChat:
    """``visitor`` is the random id of a browser's chat; without one nothing is remembered. Without an ``inbox`` nothing is
    kept of what was said, and nobody is told of a correction."""

    def __init__(
        self, *, conversation: Conversation, inbox: Inbox | None = None, bursts: Bursts | None = None,
        clock: Clock | None = None,
    ) -> None:  # fmt: skip
        self._conversation = conversation
        self._inbox = inbox
        self._bursts = bursts
        self._clock = clock

    async def answer(self, visitor: str, text: str) -> Turn:
        """The reply to a visitor's text: ``turn.text`` to show, ``turn.options`` as buttons, ``turn.sources`` below. Its text
        is empty where the visitor's next message is answered together with this one."""
        visitor = visitor[:128]
        if self._inbox is None or self._clock is None or not visitor:
            return await self._conversation.answer(channel=CHANNEL, sender=visitor, text=text)
        now = await self._clock.now()
        inbound = Inbound(
            channel=CHANNEL, account="portal", sender=visitor, kind=Kind.TEXT, created=str(int(now.timestamp())),
            sent_at=now, message_id=str(secrets.randbits(60)), text=text,
        )  # fmt: skip
        turns: list[Turn] = []

        async def think() -> Thought:
            whole = await self._bursts.whole(inbound, now=now) if self._bursts is not None else text
            if whole is None:
                turns.append(Turn(step=Step.JOINED, text="", channel=CHANNEL, sender=visitor))
                return Thought(reply={"text": "", "step": Step.JOINED})
            turn = await self._conversation.consider(channel=CHANNEL, sender=visitor, text=whole, now=now)
            turns.append(turn)
            entry = turn.entry.id if turn.entry else ""
            return Thought(
                reply={"text": turn.text, "step": str(turn.step), "entry": entry}, left=turn, entry_id=entry,
                settle_all=self._conversation.settle_all, entry_mark=mark_of(turn.entry),
            )  # fmt: skip

        await self._inbox.once(inbound, think, now=now)
        return turns[-1]

    async def news(self, visitor: str) -> str:
        """What a visitor who comes back must be told before he asks: what we answered him and was corrected since, and
        results that he wanted to know. It counts as told. Empty when there is nothing."""
        if not visitor:
            return ""
        turn = await self._conversation.news(channel=CHANNEL, sender=visitor[:128])
        if turn.text and turn.leaves:
            async with in_transaction() as connection:
                await self._conversation.settle_all(connection, [turn])
        return turn.text

    async def sweep(self) -> None:
        """Lets go of visitors whose cookie has ended: their words stay, masked, and belong to nobody. To be called daily."""
        if self._clock is None:
            return
        before = await self._clock.now() - KNOWN
        async with in_transaction() as connection:
            old = InboundMessage.filter(channel=CHANNEL, received_at__lt=before).exclude(sender="")
            await old.using_db(connection).update(sender="")
            await ConversationState.filter(channel=CHANNEL, updated_at__lt=before).using_db(connection).delete()
            await CorrectionNotice.filter(channel=CHANNEL, made_at__lt=before).using_db(connection).delete()
            await BurstPart.filter(channel=CHANNEL, at__lt=before).using_db(connection).delete()

    def greeting(self) -> str:
        """What the chat shows before the first question."""
        return self._conversation.help("web")

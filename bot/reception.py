"""The reception: what happens between an opened message and the text of its reply, the same for WeChat and Weibo.

Every message is answered within its budget. What takes longer is finished in the background and reaches the citizen by a
message of our own where the platform allows one, else when he asks for it with “1”; never twice, never lost.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final

from tortoise.backends.base.client import BaseDBAsyncClient

from bot import wording
from bot.conversation import Conversation
from bot.decision import Step
from bot.inbox import Answered, Inbox, Thought, key_of
from bot.message import Body, Inbound, Kind

log = logging.getLogger(__name__)

KeepEvent = Callable[[str, str, str, Body], Awaitable[None]]
"""Stores what a platform told us: channel, kind (as the platform writes it), a key that is unique, the body."""
SendText = Callable[[str, str], Awaitable[None]]
"""Sends a text of our own to a citizen: his id on the platform, and the text."""
Forget = Callable[[BaseDBAsyncClient, str, str], Awaitable[None]]
"""Deletes what another part of the house keeps of a person: channel, sender."""

KEPT_EVENTS: Final = frozenset({
    "publishjobfinish", "masssendjobfinish", "annual_renew", "verify_expired", "naming_verify_success",
    "naming_verify_fail", "qualification_verify_success", "qualification_verify_fail",
})  # fmt: skip
"""Events about our own publishing and certification: the ledger and the operators need them."""
LEAVING: Final = frozenset({"unsubscribe", "unfollow"})
WELCOMED: Final = frozenset({"subscribe", "follow", "scan_follow"})
FIXED_REPLIES: Final = {
    Kind.IMAGE: wording.IMAGE_TEXT, Kind.VIDEO: wording.VIDEO_TEXT, Kind.LOCATION: wording.LOCATION_TEXT,
    Kind.VOICE: wording.VOICE_TEXT, Kind.LINK: wording.LINK_TEXT, Kind.UNKNOWN: wording.UNKNOWN_TEXT,
}  # fmt: skip


class Reception:
    """``menu`` maps the keys of menu buttons to the questions they stand for; a key that is not in it shows the help."""

    def __init__(
        self, *, inbox: Inbox, conversation: Conversation, keep_event: KeepEvent, forget: Forget | None = None,
        send_text: Mapping[str, SendText] | None = None, menu: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self._inbox = inbox
        self._conversation = conversation
        self._keep_event = keep_event
        self._forget = forget
        self._send_text = dict(send_text or {})
        self._menu = dict(menu or {})
        self._late: set[asyncio.Task[None]] = set()

    async def receive(self, inbound: Inbound, *, now: datetime, budget: float) -> str:
        """The text to answer with, "" for none, within ``budget`` seconds."""
        if inbound.event in KEPT_EVENTS:
            key = f"{inbound.channel}:{inbound.event}:{key_of(inbound)}"
            await self._keep_event(inbound.channel, str(inbound.body.get("Event", inbound.event)), key, inbound.body)
            return ""
        work = asyncio.create_task(self._inbox.once(inbound, lambda: self._think(inbound, now), now=now))
        done, _ = await asyncio.wait({work}, timeout=budget)
        if done:
            return str(work.result().reply.get("text", ""))
        late = asyncio.create_task(self._finish(work, inbound))
        self._late.add(late)
        late.add_done_callback(self._late.discard)
        return "" if inbound.channel in self._send_text or not inbound.from_person else wording.LATE_NOTICE

    async def close(self) -> None:
        """Waits for the answers that are still being finished."""
        await asyncio.gather(*self._late, return_exceptions=True)

    async def _finish(self, work: asyncio.Task[Answered], inbound: Inbound) -> None:
        """The edge of a background task: an answer that was not ours to give is dropped, a failure is logged."""
        try:
            answered = await work
            text = str(answered.reply.get("text", ""))
            if not answered.ours or not text:
                return
            send = self._send_text.get(inbound.channel)
            if send is not None:
                await send(inbound.sender, text)
            else:
                await self._conversation.keep_late(channel=inbound.channel, sender=inbound.sender, text=text)
        except Exception:
            log.exception("a late answer on %s was not delivered", inbound.channel)

    async def _think(self, inbound: Inbound, now: datetime) -> Thought:
        if inbound.kind is Kind.EVENT:
            question = self._menu.get(inbound.event_key, "") if inbound.event == "click" else ""
            return await self._answer(inbound, question, now) if question else self._event(inbound)
        if inbound.kind is Kind.MENTION:
            return _said("")  # A mention is public; the bot speaks in private, and only when it is spoken to.
        if not inbound.text:
            return _said(FIXED_REPLIES.get(inbound.kind) or self._conversation.help(inbound.channel))
        return await self._answer(inbound, inbound.text, now)

    async def _answer(self, inbound: Inbound, text: str, now: datetime) -> Thought:
        turn = await self._conversation.consider(channel=inbound.channel, sender=inbound.sender, text=text, now=now)
        said = turn.text
        if inbound.kind is Kind.LINK and turn.step in (Step.REPHRASE, Step.HELP):
            said = wording.LINK_TEXT
        reply = {"text": said, "step": str(turn.step), "entry": turn.entry.id if turn.entry else ""}
        return Thought(reply=reply, settle_all=self._conversation.settle_all, left=turn)

    def _event(self, inbound: Inbound) -> Thought:
        if inbound.event in LEAVING:
            return Thought(reply={"text": ""}, settle=lambda connection: self._leave(connection, inbound))
        if inbound.event in WELCOMED:
            return _said(self._conversation.welcome(inbound.channel))
        if inbound.event in ("scan", "click"):
            return _said(self._conversation.help(inbound.channel))
        return _said("")

    async def _leave(self, connection: BaseDBAsyncClient, inbound: Inbound) -> None:
        """The platforms oblige us to delete what we keep of a person who leaves."""
        person = {"channel": inbound.channel, "sender": inbound.sender}
        await self._inbox.forget(connection, **person)
        await self._conversation.forget(connection, **person)
        if self._forget is not None:
            await self._forget(connection, inbound.channel, inbound.sender)


def _said(text: str) -> Thought:
    """A fixed reply, from which nothing follows."""
    return Thought(reply={"text": text})

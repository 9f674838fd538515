"""The reception: what happens between an opened message and the text of its reply, the same for WeChat and Weibo.

Every message is answered within its budget. What takes longer is finished in the background and reaches the citizen by a
message of our own where the platform allows one, else when he asks for it with “1”; never twice, never lost. What the
database cannot take, or not in time, is kept on this machine before the platform hears that we have it (``bot.waiting``).
"""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from tortoise.backends.base.client import BaseDBAsyncClient

from audit.allowance import Allowance
from bot import wording
from bot.burst import Bursts
from bot.conversation import Conversation
from bot.correcting import mark_of
from bot.decision import Step
from bot.errors import NotKept
from bot.feedback import HINT
from bot.inbox import Answered, Inbox, Thought, key_of
from bot.inputs import UNSTORED_EVENTS, Inputs
from bot.listing import Lists
from bot.menu import PREFIX
from bot.message import Body, Inbound, Kind
from bot.seeking import place_of
from bot.turn import Left, Turn
from bot.urgent import urgent_text
from bot.waiting import Waiting, WaitingMessages
from publishers.errors import ChannelRefused, ChannelUnavailable

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
ANSWERABLE: Final = timedelta(hours=48)
"""How long after his message a citizen may be sent an answer (wechat.md §4)."""
MOST_A_MINUTE: Final = 20
"""Messages of one person; nobody types more, and the web chat allows as many."""
AT_ONCE: Final = 8
"""Citizens who are answered at the same time when the database is back."""
LONGEST_REST: Final = 7
"""A message that fails again and again is tried every 2**7th round."""
LEAVING: Final = frozenset({"unsubscribe", "unfollow"})
WELCOMED: Final = frozenset({"subscribe", "follow", "scan_follow"})

STAND_INS: Final = {
    Kind.IMAGE: "（发来一张图片）", Kind.VIDEO: "（发来一段视频）", Kind.LOCATION: "（发来一个位置）",
    Kind.VOICE: "（发来一段语音，未能识别）", Kind.LINK: "（转来一个链接）", Kind.UNKNOWN: "（发来一条不能显示的消息）",
    Kind.FILE: "（发来一个文件）", Kind.STICKER: "（发来一个表情）", Kind.CARD: "（发来一张卡片）",
}  # fmt: skip
"""What stands in a case's transcript for what is no text."""


class Reception:
    """``menu_question`` gives the question that a menu's key stands for, "" for none: then the help is shown.
    ``waiting``: where a message waits that could not be answered in time; without it what fails is raised.
    ``allowance``: how often one person is answered; who sends more is told so, and his words are kept."""

    def __init__(
        self, *, inbox: Inbox, conversation: Conversation, keep_event: KeepEvent, forget: Forget | None = None,
        send_text: Mapping[str, SendText] | None = None,
        waiting: WaitingMessages | None = None, allowance: Allowance | None = None, inputs: Inputs | None = None,
        bursts: Bursts | None = None, lists: Lists | None = None,
        menu_question: Callable[[str], Awaitable[str]] | None = None,
    ) -> None:  # fmt: skip
        self._inbox = inbox
        self._conversation = conversation
        self._keep_event = keep_event
        self._forget = forget
        self._send_text = dict(send_text or {})
        self._inputs = inputs or Inputs(conversation=conversation)
        self._waiting = waiting
        self._allowance = allowance or Allowance(most=MOST_A_MINUTE, seconds=60)
        self._menu_question = menu_question
        self._bursts = bursts
        self._lists = lists
        self._late: set[asyncio.Task[None]] = set()
        self._under_way: set[str] = set()
        self._failures: Counter[str] = Counter()
        self._rounds = 0

    async def receive(self, inbound: Inbound, *, now: datetime, budget: float, away: bool = False) -> str:
        """The text to answer with, "" for none, within ``budget`` seconds. ``away``: the database cannot be asked now.
        Raises NotKept when the message can be kept nowhere."""
        if away:
            return await self._keep(inbound, now)
        work = asyncio.create_task(self._once(inbound, now, said_at=now))
        done, _ = await asyncio.wait({work}, timeout=budget)
        if not done:
            mark = await self._waiting.keep(inbound, now=now) if self._waiting else ""
            late = asyncio.create_task(self._finish(work, inbound, mark))
            self._late.add(late)
            late.add_done_callback(self._late.discard)
            return self._meanwhile(inbound)
        try:
            return _text(work.result())
        except Exception:
            # The edge of a conversation: whatever the database's driver raised, the citizen must not be unheard.
            if self._waiting is None:
                raise
            log.exception("a message on %s is not answered yet: it waits", inbound.channel)
            return await self._keep(inbound, now)

    async def catch_up(self, *, now: datetime) -> int:
        """Answers what waits; to be called every few seconds while the database is there. Returns how many messages wait
        no more. A message that another process answers meanwhile is answered once: the inbox sees to it."""
        if self._waiting is None:
            return 0
        self._rounds += 1
        people: defaultdict[tuple[str, str], list[Waiting]] = defaultdict(list)
        for one in await self._waiting.read():
            rested = self._rounds % 2 ** min(self._failures[one.mark], LONGEST_REST) == 0
            if rested and one.mark not in self._under_way:
                people[one.inbound.channel, one.inbound.sender].append(one)
        room = asyncio.Semaphore(AT_ONCE)
        marks = [mark for each in await asyncio.gather(*(
            self._catch_up(messages, room, now) for messages in people.values()
        )) for mark in each]  # fmt: skip
        await self._waiting.forget(marks)
        for mark in marks:
            del self._failures[mark]
        return len(marks)

    async def close(self) -> None:
        """Waits for the answers that are still being finished."""
        await asyncio.gather(*self._late, return_exceptions=True)
        if self._lists is not None:
            await self._lists.close()

    async def _catch_up(self, messages: Sequence[Waiting], room: asyncio.Semaphore, now: datetime) -> list[str]:
        """The marks of one citizen's messages that wait no more. All are answered, in the order in which he sent them, before
        he gets the first answer: an answer that he must fetch would be forgotten over the next message."""
        answers: list[tuple[Inbound, Answered]] = []
        done = []
        async with room:
            for one in messages:
                if now - one.received_at > ANSWERABLE:
                    log.error(
                        "a message on %s waited for too long and cannot be answered any more", one.inbound.channel
                    )
                    done.append(one.mark)
                    continue
                try:
                    answers.append((one.inbound, await self._once(one.inbound, now, said_at=one.received_at)))
                    done.append(one.mark)
                except Exception:
                    # The edge of a loop: a message that fails must not keep the others waiting.
                    log.exception("a message on %s still waits", one.inbound.channel)
                    self._failures[one.mark] += 1
            for inbound, answered in answers:
                try:
                    await self._deliver(answered, inbound)
                except Exception:
                    # It is stored, and whether the platform had it is unknown: sent twice would be worse.
                    log.exception("a late answer on %s was not delivered", inbound.channel)
        return done

    async def _once(self, inbound: Inbound, now: datetime, *, said_at: datetime) -> Answered:
        """``said_at``: when the citizen said it, for what was offered to him before; ``now``: when it is answered."""
        if inbound.event in KEPT_EVENTS:
            key = f"{inbound.channel}:{inbound.event}:{key_of(inbound)}"
            await self._keep_event(inbound.channel, str(inbound.body.get("Event", inbound.event)), key, inbound.body)
            return Answered(reply={"text": ""}, ours=True)
        if inbound.event in UNSTORED_EVENTS:
            return Answered(reply={"text": ""}, ours=True)
        bursts = self._bursts if said_at == now else None  # What waited for the database is answered one by one.
        return await self._inbox.once(inbound, lambda: self._think(inbound, said_at, bursts), now=now)

    async def _keep(self, inbound: Inbound, now: datetime) -> str:
        if self._waiting is None:
            raise NotKept
        await self._waiting.keep(inbound, now=now)
        return self._meanwhile(inbound)

    def _meanwhile(self, inbound: Inbound) -> str:
        """What a citizen reads while his answer is being made: nothing where we can send it by ourselves."""
        return "" if inbound.channel in self._send_text or not inbound.from_person else wording.LATE_NOTICE

    async def _finish(self, work: asyncio.Task[Answered], inbound: Inbound, mark: str) -> None:
        """The edge of a background task: a failure is logged, and what waits is tried again by ``catch_up``."""
        self._under_way.add(mark)
        try:
            await self._deliver(await work, inbound)
            if self._waiting is not None:
                await self._waiting.forget([mark])
        except Exception:
            log.exception("a late answer on %s was not delivered", inbound.channel)
        finally:
            self._under_way.discard(mark)

    async def _deliver(self, answered: Answered, inbound: Inbound) -> None:
        """Sends what was answered too late for the callback; an answer that was not ours to give is dropped."""
        text = _text(answered)
        if not answered.ours or not text:
            return
        send = self._send_text.get(inbound.channel)
        if send is not None:
            try:
                await send(inbound.sender, text)
                return
            except (ChannelUnavailable, ChannelRefused) as refused:
                # Nothing was sent, or nothing may be: he is told when he writes next. What may have arrived is not repeated.
                log.info("a late answer on %s waits for its reader: %s", inbound.channel, refused)
        entry = str(answered.reply.get("entry", ""))
        await self._conversation.keep_late(channel=inbound.channel, sender=inbound.sender, text=text, entry_id=entry)

    async def _think(self, inbound: Inbound, now: datetime, bursts: Bursts | None = None) -> Thought:
        if inbound.kind is Kind.EVENT:
            question = await self._asked_by_menu(inbound) if inbound.event == "click" else ""
            return await self._answer(inbound, question, now) if question else await self._event(inbound, now)
        allowed = self._allowance.take(f"{inbound.channel}:{inbound.sender}", now=now.timestamp())
        if not allowed and not urgent_text(inbound.text):
            return await self._flooded(inbound, now)
        if inbound.kind is Kind.MENTION:
            return _said("")  # A mention is public; the bot speaks in private, and only when it is spoken to.
        if inbound.kind is Kind.LOCATION:
            return await self._answer(inbound, "", now)
        if not inbound.text:
            thought = await self._inputs.wordless(inbound, now=now)
            return await self._overheard(inbound, STAND_INS.get(inbound.kind, ""), thought, now)
        whole = await bursts.whole(inbound, now=now) if bursts is not None else inbound.text
        if whole is None:
            return Thought(reply={"text": "", "step": str(Step.JOINED)})
        return await self._answer(inbound, whole, now)

    async def _flooded(self, inbound: Inbound, now: datetime) -> Thought:
        """He is told so, and it is noted for the desk; what he said is kept, for the person who has his case too."""
        guarding = self._conversation.guarding
        noted = guarding.flood(channel=inbound.channel, sender=inbound.sender, text=inbound.text, now=now)
        thought = Thought(
            reply={"text": wording.TOO_MANY_TEXT}, settle_all=guarding.settle if noted else None, left=noted
        )
        return await self._overheard(inbound, inbound.text or inbound.sort, thought, now)

    async def _answer(self, inbound: Inbound, text: str, now: datetime) -> Thought:
        place = place_of(inbound.body) if inbound.kind is Kind.LOCATION else None
        turn = await self._conversation.consider(
            channel=inbound.channel, sender=inbound.sender, text=text, now=now, place=place, tapped=inbound.tapped
        )
        said = self._inputs.heard(turn, text) if inbound.kind is Kind.VOICE else turn.text
        said = await self._tappable(inbound, turn, said)
        if inbound.kind is Kind.LINK and turn.step in (Step.REPHRASE, Step.HELP):
            said = wording.LINK_TEXT
        reply = {"text": said, "step": str(turn.step), "entry": turn.entry.id if turn.entry else ""}
        if turn.text and not said:
            reply["listed"] = turn.text
        return Thought(
            reply=reply, settle_all=self._conversation.settle_all, left=turn,
            entry_id=turn.entry.id if turn.entry else "", entry_mark=mark_of(turn.entry),
        )  # fmt: skip

    async def _overheard(self, inbound: Inbound, text: str, thought: Thought, now: datetime) -> Thought:
        """A fixed reply with what follows from it; what came is kept besides for the person who has the citizen's case."""
        if not text:
            return thought
        turn = await self._conversation.overhear(
            channel=inbound.channel, sender=inbound.sender, text=text, said=str(thought.reply["text"]), now=now,
            is_text=bool(inbound.text),
        )  # fmt: skip
        if thought.settle_all is not None:
            turn = replace(turn, left=(*turn.left, Left(settle=thought.settle_all, value=thought.left)))
        reply = {"text": turn.text, "step": str(turn.step)}
        return Thought(reply=reply, settle_all=self._conversation.settle_all, left=turn)

    async def _asked_by_menu(self, inbound: Inbound) -> str:
        return await self._menu_question(inbound.event_key) if self._menu_question is not None else ""

    async def _tappable(self, inbound: Inbound, turn: Turn, said: str) -> str:
        """The text that remains to be said where the choices are sent as a list that can be tapped."""
        if self._lists is None or turn.tap_list is None or not self._lists.can(inbound.channel):
            return said
        if turn.rate:
            self._lists.follow(inbound, turn.tap_list)
            return said.removesuffix(f"\n{HINT}")
        return "" if await self._lists.in_place(inbound, turn.tap_list) else said

    async def _welcome(self, inbound: Inbound) -> Thought:
        if self._lists is not None and await self._lists.in_place(inbound, self._conversation.welcome_list()):
            return _said("")
        return _said(self._conversation.welcome(inbound.channel))

    async def _event(self, inbound: Inbound, now: datetime) -> Thought:
        if inbound.event in LEAVING:
            return Thought(reply={"text": ""}, settle=lambda connection: self._leave(connection, inbound))
        sign = await self._inputs.sign(inbound)
        if sign.question:
            return await self._answer(inbound, sign.question, now)
        if sign.text:
            return _said(sign.text)
        if inbound.event in WELCOMED:
            return await self._welcome(inbound)
        if inbound.event == "click" and inbound.event_key.startswith(PREFIX):
            return _said(self._conversation.menu_changed(inbound.channel))
        if inbound.event in ("scan", "click"):
            return _said(self._conversation.help(inbound.channel))
        return _said("")

    async def _leave(self, connection: BaseDBAsyncClient, inbound: Inbound) -> None:
        """The platforms oblige us to delete what we keep of a person who leaves."""
        person = {"channel": inbound.channel, "sender": inbound.sender}
        await self._inbox.forget(connection, **person)
        await self._conversation.forget(connection, **person)
        await self._inputs.forget(connection, **person)
        if self._forget is not None:
            await self._forget(connection, inbound.channel, inbound.sender)


def _text(answered: Answered) -> str:
    return str(answered.reply.get("text", ""))


def _said(text: str) -> Thought:
    """A fixed reply, from which nothing follows."""
    return Thought(reply={"text": text})

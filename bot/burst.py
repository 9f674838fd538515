"""A burst: several messages that one person sends in a row are one question, which the last of them answers.

“你好”, “我爸今年72了”, “农村户口的”, “能领高龄补贴吗” are four messages and one question (features C22). A message that looks
finished is answered at once, unless another one of the same person is still open; one that looks unfinished waits a moment
for the next. The parts are rows, so that two processes see the same burst; whoever answers takes all open parts in one
transaction, so that every part is answered exactly once (ADR 0034).
"""

import asyncio
import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.clock import Clock
from bot.courtesy import is_greeting
from bot.decision import AGREED, CHOICE, DECLINED, FORWARD, MORE, NONE_OF_THEM, PERSON, WANTED, plain
from bot.gathering import Gathering
from bot.handing_meaning import BACK, MESSAGE, PROGRESS, REGISTER, UNSOLVED
from bot.inbox import key_of
from bot.message import Inbound, Kind
from bot.rating import REASONS, USEFUL, USELESS
from bot.talk_records import BurstPart
from bot.urgent import urgent_text
from casework.case import SCORES

WINDOW: Final = 1.2
"""Seconds that an open message waits for the next one."""
LONGEST: Final = 2.0
"""Seconds after its first message in which a burst is answered: four are the budget on WeChat, three on Weibo."""
LEADERLESS: Final = 1.5
"""Seconds more after which a message does not wait any longer for a later one to answer."""
LOOK: Final = 0.1
"""Seconds between two looks whether a later message has answered."""
FRESH: Final = timedelta(seconds=30)
"""An open part that is older was left by a process that died; its own redelivery answers it."""
KEPT: Final = timedelta(hours=1)
SHORT: Final = 30
"""Characters; a longer statement is a message of its own."""

_COMMANDS: Final = (
    frozenset(SCORES.values())
    | NONE_OF_THEM
    | MORE
    | FORWARD
    | WANTED
    | AGREED
    | DECLINED
    | USEFUL
    | USELESS
    | frozenset(REASONS)
)
_SAID_WHOLE: Final = (CHOICE, PERSON, BACK, PROGRESS, MESSAGE, REGISTER, UNSOLVED)
_OPENING: Final = re.compile(
    r"(?:(?:你们?好|您好|请问|那个|打扰了?|在吗|在不在|哈[喽啰]|嗨|喂|[啊呀,，.。!！~\s])*"
    r"(?:我?(?:想|要)?(?:问|咨询|请教|了解|打听)(?:一下|下|个事|个问题|一个问题|您|你们?|件事|点事)*|有(?:个|一个|件)?(?:事|问题)(?:想?问(?:一下|下|您|你们?)*)?|帮我?(?:看|查)(?:一下|下)?)?)"
    r"[啊呀呢吧,，.。:：!！~\s]*"
)
_GOES_ON: Final = re.compile(
    r"(?:[，,、；;：:]|\.{2,}|…|——|然后|但是?|可是|还有|就是说?|因为|所以|如果|另外|而且|比如|那个|的话|想问)\s*$"
)
_ASKS: Final = re.compile(
    r"[？?]|吗|呢|么$|怎么|怎样|如何|什么|啥|哪|谁|多少|[几多][个天年月久长大]|几点|能不能|可不可以|可以不|是不是|有没有|要不要|该不该|"
    r"行不行|咋|为何|为啥|真的|假的|想|要|求|申请|投诉|举报|反映|办|帮|查|救|流程|材料|电话|条件|标准|地址"
)
_TELLS: Final = re.compile(
    r"(?:我|俺|咱|本人|家里|孩子|小孩|儿子|女儿|老人|父亲|母亲|爸|妈|爷爷|奶奶|老公|老婆|丈夫|妻子|朋友|邻居|今年|现在|之前|以前|去年|"
    r"前年|上个?月|昨天|刚才|刚刚|已经|农村|城镇|外地|户口|身份证|事情是)"
)
_SAYS: Final = re.compile(r"^(?:我|俺|咱|本人)|了|是|有|在|没|不|刚|已|今年|\d|的$")
"""What makes a statement of a noun: 老人优待证 alone is a topic, and whoever writes it wants to know of it."""


def unfinished(text: str) -> bool:
    """Whether a message looks as if its writer is about to send another one: it only opens, breaks off, or only tells."""
    said = unicodedata.normalize("NFKC", text).strip()
    if not said or len(said) > SHORT:
        return False
    if is_greeting(plain(said)) or _OPENING.fullmatch(said) or _GOES_ON.search(said):
        return True
    return bool(_TELLS.match(said) and _SAYS.search(said)) and not _ASKS.search(said)


def stands_alone(text: str) -> bool:
    """Whether a message is an answer to what we offered (a number, 更多, 没用) and no part of a sentence."""
    words = plain(text)
    return words in _COMMANDS or any(pattern.fullmatch(words) for pattern in _SAID_WHOLE)


def joined(parts: Sequence[str]) -> str:
    """The parts as one sentence; what only opens is left out where something follows."""
    said = [part.strip() for part in parts if part.strip()]
    meant = [part for part in said if not (is_greeting(plain(part)) or _OPENING.fullmatch(part))] or said[-1:]
    return "".join(
        part if place == len(meant) - 1 or re.search(r"[\W_]$", part) else f"{part}，"
        for place, part in enumerate(meant)
    )


class Bursts:
    """``window`` and ``longest`` in seconds; a window of 0 takes every message by itself. ``mask`` hides personal data."""

    def __init__(
        self, *, clock: Clock, mask: Callable[[str], str], window: float = WINDOW, longest: float = LONGEST
    ) -> None:
        self._clock = clock
        self._mask = mask
        self._window = window
        self._longest = longest
        self._open = Gathering(_open_of)

    async def whole(self, inbound: Inbound, *, now: datetime) -> str | None:
        """The text to be answered: the message's own, or its whole burst; None where a later message answers for it."""
        if self._window <= 0 or inbound.kind is not Kind.TEXT or inbound.tapped or not inbound.sender:
            return inbound.text
        if stands_alone(inbound.text):
            return inbound.text
        others = await self._open.one((inbound.channel, inbound.sender, now))
        urgent = bool(urgent_text(inbound.text))
        if not others and (urgent or not unfinished(inbound.text)):
            return inbound.text
        mine = await self._noted(inbound, now)
        if mine.taken_by is None and not urgent:
            first = min((part.at for part in others), default=now)
            await self._quiet(mine, rest=self._longest - (now - first).total_seconds())
        whole = await self._taken(inbound, mine)
        return inbound.text if urgent and whole is not None else whole

    async def sweep(self) -> int:
        """Deletes what was answered long ago; to be called every hour."""
        return await BurstPart.filter(at__lt=await self._clock.now() - KEPT).delete()

    async def forget(self, connection: BaseDBAsyncClient, *, channel: str, sender: str) -> None:
        """Deletes what is kept of one person."""
        await BurstPart.filter(channel=channel, sender=sender).using_db(connection).delete()

    async def _noted(self, inbound: Inbound, now: datetime) -> BurstPart:
        """The message's row; one that is thought of again after its process died has it already."""
        key = key_of(inbound)
        part = BurstPart(channel=inbound.channel, sender=inbound.sender, key=key, text=self._mask(inbound.text), at=now)
        await BurstPart.bulk_create([part], ignore_conflicts=True)
        return await BurstPart.get(key=key)

    async def _quiet(self, mine: BurstPart, *, rest: float) -> None:
        """Waits until nobody has written for a moment, or a later message has answered."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await asyncio.sleep(max(0.0, min(self._window, rest)))
        while loop.time() - begun < self._longest + LEADERLESS:
            newer = BurstPart.filter(channel=mine.channel, sender=mine.sender, taken_by=None, id__gt=mine.id)
            if not await BurstPart.exists(id=mine.id, taken_by=None) or not await newer.exists():
                return
            await asyncio.sleep(LOOK)

    async def _taken(self, inbound: Inbound, mine: BurstPart) -> str | None:
        """Takes every open part of the person. None when another message has taken this one: then nothing is taken, else
        a part that came in between would be answered by nobody."""
        parts = BurstPart.filter(channel=mine.channel, sender=mine.sender)
        async with in_transaction() as connection:
            # Always in the same order, so that two nodes never wait for each other.
            found = parts.filter(taken_by=None, at__gte=mine.at - FRESH).order_by("id").select_for_update()
            open_now = [row.id for row in await found.using_db(connection)]
            if mine.id in open_now:
                await BurstPart.filter(id__in=open_now).using_db(connection).update(taken_by=mine.key)
        rows = await parts.filter(taken_by=mine.key).order_by("id")
        if all(row.id != mine.id for row in rows):
            return None
        return joined([inbound.text if row.id == mine.id else row.text for row in rows])


async def _open_of(people: Sequence[tuple[str, str, datetime]]) -> Sequence[list[BurstPart]]:
    """The open parts of some people, each given by channel, sender and the present moment."""
    senders, oldest = {sender for _, sender, _ in people}, min(now for _, _, now in people) - FRESH
    found = await BurstPart.filter(sender__in=sorted(senders), taken_by=None, at__gte=oldest)
    return [
        [part for part in found if (part.channel, part.sender) == (channel, sender)] for channel, sender, _ in people
    ]

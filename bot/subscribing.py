"""Subscriptions by chat (features C31): who wants to hear of a unit or a column is told of what is new, and of what was withdrawn.

He is told below the answer to his next message, or, where the platform allows a message of our own, in one a day between 9 and 20
o'clock. Up to where he was told is moved on before the message leaves, and back only when surely nothing was sent: at most once.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient

from audit.clock import Clock
from bot.decision import Move, Step
from bot.measure import Measure, measure_of
from bot.memory import Memory
from bot.records import InboundMessage
from bot.subscription_records import Subscription
from bot.turn import Left, Turn
from bot.wish import Act, Wish, wish_of
from disclosures.records import Category, Unit
from disclosures.seeking import sayings
from publishers.errors import OutcomeUnknown, PublishError
from publishers.portal.channel import WITHDRAWN
from publishers.records import PortalPage

SendText = Callable[[str, str], Awaitable[None]]
log = logging.getLogger(__name__)
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
MOST: Final = 10
"""Subscriptions of one person."""
SHOWN: Final = 5
TITLE: Final = 40
FROM, UNTIL = 9, 20
"""Hours in Shanghai between which a message of our own goes out."""
WINDOW: Final = timedelta(hours=47)
AT_A_TIME: Final = 200
SORTS: Final = {"unit": "单位", "category": "栏目"}
HOW: Final = "发送“订阅 区民政局”这样的话，该单位或栏目有新的公开信息时告诉您；发送“退订”停止。"
NOBODY: Final = "这里不能订阅。请在微信、微博或者网页问答里发送“订阅”。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be written of one person's subscriptions: new, gone, or told up to a moment."""

    channel: str
    sender: str
    add: tuple[str, str] | None = None
    drop: tuple[str, ...] = ()
    told: tuple[tuple[int, datetime], ...] = ()
    """(id, up to where it had been told before)."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What somebody is to be told, and the rows that it moves on."""

    text: str
    told: tuple[tuple[int, datetime], ...]


class Subscribing:
    """``send_text``: the channels on which we may write first, each within the platform's allowance."""

    def __init__(
        self, *, clock: Clock, page_url: Callable[[int], str], measures: Mapping[str, Measure],
        send_text: Mapping[str, SendText],
    ) -> None:  # fmt: skip
        self._clock = clock
        self._page_url = page_url
        self._measures = measures
        self._send_text = dict(send_text)
        self._people: set[tuple[str, str]] = set()
        """Who has a subscription, as it was a minute ago: of everybody else nothing is asked of the database."""

    def instead(self, move: Move, text: str) -> Move:
        """Words about a subscription are no question for the base."""
        return replace(move, step=Step.SUBSCRIPTION) if move.step is Step.ASK and wish_of(text) is not None else move

    async def about(self, turn: Turn, move: Move, text: str) -> tuple[Turn, Memory]:
        """The reply to a wish, and what it changes."""
        wish, now = wish_of(text) or Wish(act=Act.LIST), await self._clock.now()
        if not turn.sender:
            return replace(turn, text=NOBODY), move.memory
        mine = await Subscription.filter(channel=turn.channel, sender=turn.sender).order_by("id")
        names = [row.name for row in mine]
        person = {"channel": turn.channel, "sender": turn.sender, "at": now}
        if wish.act is Act.LIST:
            said = f"您订阅了：{'、'.join(names)}。" if names else "您还没有订阅。"
            return replace(turn, text=said + HOW), move.memory
        if wish.act is Act.ADD:
            return await self._added(turn, wish, names, now), move.memory
        gone = (
            tuple(names)
            if wish.act is Act.DROP_ALL
            else tuple(name for name in names if wish.subject in sayings(name) or wish.subject == name)
        )
        if not gone:
            said = f"您没有订阅“{wish.subject}”。" if names and wish.subject else "您没有订阅，不用退订。"
            return replace(turn, text=said), move.memory
        change = Change(**person, drop=gone)  # type: ignore[arg-type]
        rest = [name for name in names if name not in gone]
        said = f"已退订：{'、'.join(gone)}。" + (f"还订阅着：{'、'.join(rest)}。" if rest else "您的订阅记录已经删除。")
        return replace(turn, text=said, left=(*turn.left, Left(settle=self._settle, value=change))), move.memory

    async def _added(self, turn: Turn, wish: Wish, names: Sequence[str], now: datetime) -> Turn:
        found = await _named(wish.subject)
        if found is None:
            return replace(turn, text=f"没有找到“{wish.subject}”这个单位或栏目，请写单位的名称，例如“订阅 区民政局”。")
        sort, name = found
        if name in names:
            return replace(turn, text=f"您已经订阅了{name}。发送“退订 {name}”停止。")
        if len(names) >= MOST:
            return replace(turn, text=f"最多订阅 {MOST} 个。请先发送“退订”加名称，退掉不用的。")
        change = Change(channel=turn.channel, sender=turn.sender, add=(sort, name), at=now)
        said = (
            f"已订阅{SORTS[sort]}：{name}。有新的公开信息或者撤回时告诉您：平台允许时每天最多一条，否则在您下次来问时一并告诉您。"
            "我们只记下您在本平台的编号，用于通知；发送“退订”或取消关注，记录即删除。"
        )  # fmt: skip
        return replace(turn, text=said, left=(*turn.left, Left(settle=self._settle, value=change)))

    async def told_with(self, turn: Turn) -> Turn:
        """The reply, with what is new below it, if there is room; else it waits."""
        if (
            (turn.channel, turn.sender) not in self._people
            or turn.step in (Step.URGENT, Step.SUBSCRIPTION)
            or not turn.text
        ):
            return turn
        news = await self._news(turn.channel, turn.sender)
        text = f"{turn.text}\n\n{news.text}" if news else ""
        if news is None or not measure_of(self._measures, turn.channel).fits(text):
            return turn
        change = Change(channel=turn.channel, sender=turn.sender, told=news.told, at=await self._clock.now())
        return replace(turn, text=text, left=(*turn.left, Left(settle=self._settle, value=change)))

    async def refresh(self) -> None:
        """Reads who has subscribed; to be called every minute on every node."""
        rows = await Subscription.all().distinct().values_list("channel", "sender")
        self._people = {(str(channel), str(sender)) for channel, sender in rows}

    async def sweep(self) -> int:
        """Sends the day's news to those who may be written to; to be called every few minutes by one node."""
        now = await self._clock.now()
        if not FROM <= now.astimezone(SHANGHAI).hour < UNTIL or not self._send_text:
            return 0
        midnight, sent = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0), 0
        rows = Subscription.filter(channel__in=sorted(self._send_text), told_until__lt=midnight).distinct()
        for channel, sender in await rows.limit(AT_A_TIME).values_list("channel", "sender"):
            sent += await self._send(str(channel), str(sender), now)
        return sent

    async def _send(self, channel: str, sender: str, now: datetime) -> bool:
        last = await InboundMessage.filter(channel=channel, sender=sender).order_by("-received_at").first()
        if last is None or now - last.received_at > WINDOW:
            return False
        news = await self._news(channel, sender)
        if news is None or not measure_of(self._measures, channel).fits(news.text) or not await _moved(news.told, now):
            return False
        try:
            await self._send_text[channel](sender, news.text)
        except OutcomeUnknown:
            log.warning("whether the news of a subscription arrived is unknown: it is not sent again")
        except PublishError:
            # Surely nothing was sent: it waits for his next message.
            for number, before in news.told:
                await Subscription.filter(id=number, told_until=now).update(told_until=before)
            return False
        return True

    async def forget(self, connection: BaseDBAsyncClient, channel: str, sender: str) -> None:
        """Deletes the subscriptions of one person."""
        await Subscription.filter(channel=channel, sender=sender).using_db(connection).delete()
        self._people.discard((channel, sender))

    async def _news(self, channel: str, sender: str) -> News | None:
        lines, told, total = list[str](), list[tuple[int, datetime]](), 0
        for row in await Subscription.filter(channel=channel, sender=sender).order_by("id"):
            pages = (
                PortalPage.filter(unit=row.name)
                if row.sort == "unit"
                else PortalPage.filter(category__in=await _below(row.name))
            )
            fresh = (
                await pages.exclude(state=WITHDRAWN)
                .filter(published_at__gt=row.told_until)
                .order_by("-published_at")
                .limit(SHOWN + 1)
                .only("disclosure_id", "title", "published_at")
            )
            gone = (
                await pages.filter(state=WITHDRAWN, withdrawn_at__gt=row.told_until, published_at__lte=row.told_until)
                .limit(SHOWN)
                .only("disclosure_id", "title")
            )
            if not fresh and not gone:
                continue
            told.append((row.id, row.told_until))
            total += len(fresh) + len(gone)
            lines += [
                f"{row.name}：《{_short(page.title)}》\n{self._page_url(page.disclosure_id)}" for page in fresh[:SHOWN]
            ]
            lines += [
                f"{row.name}撤回了《{_short(page.title)}》，说明见\n{self._page_url(page.disclosure_id)}"
                for page in gone
            ]
        if not lines:
            return None
        more = (
            f"\n还有更多，可发送“{lines[0].partition('：')[0]}最近的通知”查看。"
            if total > len(lines) or len(lines) > SHOWN
            else ""
        )
        return News(text="【您的订阅】\n" + "\n".join(lines[:SHOWN]) + more, told=tuple(told))

    async def _settle(self, connection: BaseDBAsyncClient, changes: Sequence[Change]) -> None:
        for change in changes:
            his = Subscription.filter(channel=change.channel, sender=change.sender)
            if change.add is not None:
                row = Subscription(
                    channel=change.channel, sender=change.sender, sort=change.add[0], name=change.add[1], at=change.at,
                    told_until=change.at,
                )  # fmt: skip
                await Subscription.bulk_create([row], ignore_conflicts=True, using_db=connection)
                self._people.add((change.channel, change.sender))
            if change.drop:
                await his.filter(name__in=list(change.drop)).using_db(connection).delete()
            for number, before in change.told:
                await (
                    Subscription.filter(id=number, told_until=before).using_db(connection).update(told_until=change.at)
                )


async def _moved(told: Sequence[tuple[int, datetime]], now: datetime) -> bool:
    """Moves some rows on; False when another node, or his own message, was quicker with any of them."""
    return all(
        [await Subscription.filter(id=number, told_until=before).update(told_until=now) == 1 for number, before in told]
    )


async def _named(subject: str) -> tuple[str, str] | None:
    """The unit or the column that is called so: (sort, name)."""
    for unit in await Unit.filter(active=True).order_by("sort"):
        if subject in sayings(unit.name, unit.short_name):
            return "unit", unit.name
    column = await Category.get_or_none(name=subject, active=True)
    return ("category", column.name) if column is not None else None


async def _below(category: str) -> list[str]:
    row = await Category.get_or_none(name=category)
    below = await Category.filter(parent__in=[row.code, row.name]).values_list("name", flat=True) if row else []
    return [category, *(str(name) for name in below)]


def _short(title: str) -> str:
    return title if len(title) <= TITLE else f"{title[: TITLE - 1]}…"

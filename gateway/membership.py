"""This process as a member of its deployment: shown to the other nodes, holding the accounts, woken by their commits."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from importlib.metadata import version

import aiohttp
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.records import AuditRecord
from audit.trail import Trail
from gateway.anchor import tell
from gateway.database.connection import sqlite_path
from gateway.database.waking import Topic, Waking
from gateway.latch import SocketLatch
from gateway.settings import AccountMarks, Environment, Settings
from publishers.port import ChannelName
from publishers.quarantine import impose
from publishers.wechat.mark import WeChatMarks
from publishers.wechat.token import WeChatTokens
from scheduler.alarm import Alarm
from scheduler.holding import SECRET, Holding, account_key
from scheduler.marking import LOOK_EVERY, AccountMark
from scheduler.nodes import BEAT, Nodes, about_this_process, forget_nodes
from scheduler.watch import Watch

MACHINE = Actor.machine("启动检查")


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """What a node has to do with the others. ``join`` before anything is sent, ``leave`` after the last thing was."""

    holding: Holding
    watch: Watch
    waking: Waking | None
    """None on SQLite, where all nodes are on one machine and the polling is enough."""

    async def join(self, *, take_over: bool = False) -> None:
        """Raises AccountTaken or NodesDisagree."""
        await self.holding.start(take_over=take_over)

    async def begin(self) -> None:
        """Listens, and stands by for the watch."""
        if self.waking is not None:
            await self.waking.start()
        await self.watch.start()

    async def hand_over(self) -> None:
        """Listens no more, and gives the watch back."""
        stopping = [self.watch.stop()] if self.waking is None else [self.watch.stop(), self.waking.stop()]
        await asyncio.gather(*stopping)

    async def leave(self) -> None:
        await self.holding.stop()


def membership(
    settings: Settings, *, clock: Clock, trail: Trail, owner: str, kind: str, http: aiohttp.ClientSession, watch: Watch,
    tokens: WeChatTokens | None, stop_sending: Callable[[str], Awaitable[object]], remote: Collection[ChannelName],
    generation: Callable[[], int], bells: Mapping[str, Callable[[], None]],
) -> Membership:  # fmt: skip
    """``owner``: the node's name; ``kind``: serve or worker; ``stop_sending``: raises the red switch; ``remote``: the
    channels that are platforms; ``generation``: the knowledge base's in memory; ``bells``: topic → what a commit of
    another node rings."""
    waking = None
    if sqlite_path(settings.database_url) is None:
        waking = Waking(settings.database_url, bells={**bells, Topic.DUTY: watch.hurry})
    shared, secret = shared_values(settings), secrets.token_hex(16)
    fixed = {**about_this_process(), **shared, "version": version("mingbai"), SECRET: secret}

    def detail() -> Mapping[str, object]:
        return {**fixed, "generation": generation(), "listening": waking.listening if waking is not None else None}

    async def quarantine(reason: str) -> None:
        async with in_transaction() as connection:
            now = await clock.now()
            newest = await AuditRecord.all().using_db(connection).order_by("-id").first()
            await impose(
                connection, trail=trail, actor=MACHINE, reason=reason, remote=remote, now=now,
                moment=newest.at if newest is not None else None, cause="mark",
            )  # fmt: skip
        await tell(reason, now=now)

    holding = Holding(
        clock=clock, trail=trail, nodes=Nodes(clock=clock, name=owner, kind=kind, detail=detail), secret=secret,
        shared={**about_this_process(), **shared}, accounts=[key for key in (shared["wechat"], shared["weibo"]) if key],
        latch_for=lambda account, answer: SocketLatch(account, answer=answer),
        marks=_marks(settings, http, tokens, shared["wechat"], clock), stop_sending=stop_sending, quarantine=quarantine,
        one_machine=waking is None,
    )  # fmt: skip
    return Membership(holding=holding, watch=watch, waking=waking)


def ring_for(member: Membership, alarm: Alarm, clock: Clock) -> None:
    """The bells of the membership itself."""

    async def forget() -> None:
        await forget_nodes(clock)

    alarm.every(BEAT, member.holding.beat, name="node")
    alarm.every(LOOK_EVERY, member.holding.look_at_marks, name="account marks", on_duty=True)
    alarm.every(3600.0, forget, name="forget nodes", on_duty=True)


def shared_values(settings: Settings) -> dict[str, str]:
    """What all nodes over one database must have in common; an account that is not connected is empty."""
    wechat = account_key("wechat", settings.wechat_appid, settings.wechat_api_base) if settings.wechat_appid else ""
    weibo = account_key("weibo", settings.weibo_uid, settings.weibo_api_base) if settings.weibo_app_key else ""
    return {"public_url": settings.public_url, "wechat": wechat, "weibo": weibo}


def _marks(
    settings: Settings, http: aiohttp.ClientSession, tokens: WeChatTokens | None, account: str, clock: Clock
) -> list[AccountMark]:
    wanted = settings.wechat_mark is AccountMarks.ON or (
        settings.wechat_mark is AccountMarks.AUTO and settings.env is Environment.PRODUCTION
    )
    if tokens is None or not wanted:
        return []
    board = WeChatMarks(http=http, api_base=settings.wechat_api_base, tokens=tokens)
    return [AccountMark(board=board, account=account, clock=clock)]

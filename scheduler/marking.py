"""The mark on the platform: how two deployments find each other that share neither a machine nor a database (ADR 0016).

The mark says which deployment speaks for the account. Every writing of it has a number of its own, which is in our database
before it is on the platform. So a mark of our own deployment that our database does not know was written by a copy of it,
or by the original of which this is the copy.
"""

import logging
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from tortoise.transactions import in_transaction

from audit.clock import Clock
from publishers.errors import ChannelRefused, PublishError
from publishers.wechat.mark import Mark
from scheduler.errors import AccountTaken
from scheduler.records import AccountHold

log = logging.getLogger(__name__)
LOOK_EVERY = 600.0
"""Seconds between two looks at the mark."""
WRITE_EVERY = timedelta(hours=1)
"""A copy that is older than this is known as one at its start, because the mark has been written anew since."""
KNOWN = 8
"""How many of the last writings are remembered: more than one, because an answer may be lost."""


class Board(Protocol):
    """Where the marks are: `publishers.wechat.mark.WeChatMarks`."""

    async def read(self) -> tuple[Mark, ...]: ...

    async def write(self, mark: Mark) -> None: ...

    async def remove(self, mark: Mark) -> None: ...


class Standing(StrEnum):
    """What the marks on an account say about us."""

    FREE = "free"
    OURS = "ours"
    STRANGER = "stranger"
    """Another deployment speaks for the account."""
    COPY = "copy"
    """Our own deployment, by a database that is not this one: one of the two is a copy, or this one is old."""


def judge(found: Sequence[Mark], *, deployment: str, known: Collection[str]) -> tuple[Standing, Mark | None]:
    """What the marks say, and the mark that says it. ``known``: our own writings, as “epoch-writing”. Pure."""
    strangers = [mark for mark in found if mark.deployment != deployment]
    if strangers:
        return Standing.STRANGER, max(strangers, key=lambda mark: mark.epoch)
    if not found:
        return Standing.FREE, None
    for mark in found:
        if _writing(mark) not in known:
            return Standing.COPY, mark
    return Standing.OURS, found[0]


class AccountMark:
    """The mark of one account. Raises AccountTaken; a platform that cannot be reached, or an account that may not use
    tags, blocks nothing and is logged."""

    def __init__(self, *, board: Board, account: str, clock: Clock) -> None:
        self.account = account
        self._board = board
        self._clock = clock

    async def claim(self, *, take_over: bool) -> Standing | None:
        """Looks, then writes the mark anew. ``take_over``: whatever stood there is replaced. Returns what stood there
        before, or None when the mark is not available."""
        try:
            return await self._claim(take_over=take_over)
        except PublishError as trouble:
            level = logging.INFO if isinstance(trouble, ChannelRefused) else logging.WARNING
            log.log(
                level, "no mark on %s now (%s): a second deployment elsewhere is not noticed", self.account, trouble
            )
            return None

    async def look(self) -> bool:
        """The bell of the node on duty: looks, and writes anew what is an hour old."""
        row = await AccountHold.get_or_none(account=self.account)
        at = str(row.detail.get("marked_at") or "") if row is not None else ""
        now = await self._clock.now()
        if not at or now - datetime.fromisoformat(at) >= WRITE_EVERY:
            return await self.claim(take_over=False) is not None
        try:
            await self._checked(await self._board.read())
        except PublishError as trouble:
            log.warning("the mark on %s could not be read (%s)", self.account, trouble)
            return False
        return True

    async def _claim(self, *, take_over: bool) -> Standing:
        found = await self._board.read()
        stood = await self._checked(found, take_over=take_over)
        mine = await self._noted(tag=found[0].tag if found else 0)
        await self._board.write(mine)
        for other in found[1:]:
            await self._board.remove(other)
        # Two that found nothing at the same moment both wrote; each sees the other now.
        await self._checked(await self._board.read())
        return stood

    async def _checked(self, found: Sequence[Mark], *, take_over: bool = False) -> Standing:
        """The database is read after the platform: a sibling notes its writing before it writes."""
        row = await AccountHold.get(account=self.account)
        standing, mark = judge(found, deployment=short(row.deployment), known=_known(row))
        if mark is None or take_over:
            return standing
        if standing is Standing.STRANGER:
            raise AccountTaken(
                f"账号 {self.account} 已由另一套“明白”（部署编号 {mark.deployment}）占用，本套的部署编号是 {short(row.deployment)}"
            )
        if standing is Standing.COPY:
            raise AccountTaken(
                f"账号 {self.account} 上的部署标记（第 {mark.epoch} 期）不是这个数据库写下的（本数据库为第 {row.epoch} 期）："
                "本数据库是旧的副本，或者另有一份副本正在使用"
            )
        return standing

    async def _noted(self, *, tag: int) -> Mark:
        """A new writing, in the database before it is anywhere else."""
        async with in_transaction() as connection:
            now = await self._clock.now()
            row = await AccountHold.filter(account=self.account).using_db(connection).select_for_update().get()
            mark = Mark(tag=tag, deployment=short(row.deployment), epoch=row.epoch, writing=secrets.token_hex(2))
            known = [*_known(row), _writing(mark)][-KNOWN:]
            row.detail = {**row.detail, "writings": known, "marked_at": now.isoformat()}
            await row.save(using_db=connection, update_fields=["detail"])
        return mark


def short(deployment: str) -> str:
    """The six digits of a deployment that fit into a mark and onto a screen."""
    return deployment[:6]


def _writing(mark: Mark) -> str:
    return f"{mark.epoch}-{mark.writing}"


def _known(row: AccountHold) -> list[str]:
    known = row.detail.get("writings")
    return [str(one) for one in known] if isinstance(known, list) else []

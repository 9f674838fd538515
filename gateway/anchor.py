"""The anchor: the head of the audit chain, kept outside of the database in the state folder (append, fsync).

A database that is put back, by ``mingbai restore`` or by somebody who copies a file by hand, does not know what happened
after it was copied; the anchor does. At the start the chain must still hold what the anchor remembers. If it does not, the
database is an old copy, or another one, and the quarantine is raised before anything is claimed.
"""

import asyncio
import json
import logging
import os
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from tortoise.exceptions import BaseORMException
from tortoise.functions import Max
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.records import AuditHead, AuditRecord
from audit.trail import Trail
from disclosures.records import Disclosure, IndexSerial
from gateway.backup.numbers import jump
from gateway.database.connection import sqlite_path
from publishers.halt import QUARANTINE
from publishers.incidents import raise_incident
from publishers.port import ChannelName
from publishers.quarantine import ABSENT_AFTER, impose, settling
from publishers.records import Attempt, Delivery, Halt, Release
from scheduler.holding import current_epoch, raise_epochs

log = logging.getLogger(__name__)
EVERY: Final = 60.0
"""Seconds between two anchors."""
KEPT_LINES: Final = 1500
"""A day of them; older ones are of no use."""
LOST_NAMED: Final = 300
"""Acts that one anchor names; their loss is what the staff must know after a restore."""
MACHINE: Final = Actor.machine("系统（启动检查）")
TOLD: Final = (
    "disclosure.withdrawn", "disclosure.repealed", "release.cancel", "release.move", "release.schedule",
    "disclosure.approved", "delivery.published", "staff.disabled", "staff.token_revoked", "halt.raised",
)  # fmt: skip
"""Acts after which the world is another than a restored database thinks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """One line of the file."""

    at: str
    last_id: int
    hash: str
    numbers: dict[str, int] = field(default_factory=dict)
    """The highest numbers given so far, by table; of the index numbers as index:YEAR."""
    epoch: int = 0
    acts: tuple[tuple[int, str, str, str], ...] = ()
    """(number, moment, verb, subject) of the acts since the anchor before that the staff must hear of when they are lost."""


class AnchorFile:
    """The file of one database. Every machine keeps its own; two processes may append to the same one."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self._path = folder / f"anchor-{_mark(database_url)}.jsonl"

    @property
    def path(self) -> Path:
        return self._path

    def lines(self) -> list[Anchor]:
        """All that can be read, the oldest first. A line that was torn by a power failure is left out."""
        try:
            text = self._path.read_text("utf-8", "replace")
        except FileNotFoundError:
            return []
        return [anchor for line in text.splitlines() if (anchor := _read(line)) is not None]

    def append(self, anchor: Anchor) -> None:
        """Adds a line and sees it on the disk. Now and then the oldest lines are left behind."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        known = self.lines()
        if len(known) > 2 * KEPT_LINES:
            self._rewrite(known[-KEPT_LINES:])
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # The line feed comes first: whatever a torn line left behind ends here.
            os.write(descriptor, f"\n{json.dumps(asdict(anchor), ensure_ascii=False)}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _rewrite(self, lines: list[Anchor]) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text("".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in lines), "utf-8")
        fresh.replace(self._path)


class Anchoring:
    """Checks at the start, then writes: ``start`` before anything is claimed, ``tick`` every minute, ``stop`` at the end."""

    def __init__(
        self, *, file: AnchorFile, clock: Clock, trail: Trail, remote: Collection[ChannelName],
        absent_after: timedelta = ABSENT_AFTER,
    ) -> None:  # fmt: skip
        """``remote``: the channels that are not in our own database; ``absent_after`` as in ``Reconciler``."""
        self._file = file
        self._clock = clock
        self._trail = trail
        self._remote = remote
        self._settle = settling(absent_after)
        self._last_id = -1
        self._started = False

    async def start(self) -> bool:
        """Whether the database is the one that this machine remembers. When it is not, the quarantine stands on return."""
        # The file first: whatever it remembers was in the database before it was written down.
        known = await asyncio.to_thread(self._file.lines)
        missing = await _missing(known[-1]) if known else ""
        if missing and await _settled_since(known[-1]):
            # Another machine put the database back and raised the quarantine there; this one only learns of it late.
            log.warning("%s; a quarantine has dealt with it since", missing)
            async with in_transaction() as connection:
                await jump(connection, remembered=highest(known), always=False)
                await raise_epochs(connection, above=max(anchor.epoch for anchor in known))
            missing = ""
        if missing:
            await self._quarantine(known, missing)
        self._last_id = await _head_id()
        self._started = True
        await self._write()
        return not missing

    async def tick(self) -> None:
        """Writes the head down when it has moved."""
        # What was never checked must not be remembered: it might be the old copy.
        if self._started and await _head_id() != self._last_id:
            await self._write()

    async def stop(self) -> None:
        """The last anchor. A database that is away at the end does not keep the process from ending."""
        try:
            await self.tick()
        except (OSError, TimeoutError, BaseORMException):
            log.warning(
                "the last anchor could not be written: what the start of the process and the minutes wrote stands"
            )

    async def _write(self) -> None:
        anchor = await present_anchor(self._clock, since=self._last_id)
        await asyncio.to_thread(self._file.append, anchor)
        self._last_id = anchor.last_id

    async def _quarantine(self, known: list[Anchor], missing: str) -> None:
        log.critical("%s: quarantine", missing)
        now = await self._clock.now()
        newest = await AuditRecord.all().order_by("-id").first()
        async with in_transaction() as connection:
            await jump(connection, remembered=highest(known), always=True)
            await raise_epochs(connection, above=max(anchor.epoch for anchor in known))
            await impose(
                connection, trail=self._trail, actor=MACHINE, reason=f"{missing}，与平台核对清楚之前不发布任何内容",
                remote=self._remote, now=now, settle=self._settle, moment=newest.at if newest else None, cause="anchor",
                lost=[list(act) for act in lost_acts(known, after=newest.id if newest else 0)],
            )  # fmt: skip
        await tell(missing, now=now)


async def tell(said: str, *, now: datetime) -> None:
    """The incident of a quarantine."""
    await raise_incident(
        f"halt:{QUARANTINE}", kind="restore", message=f"{said}，已停止一切发布", now=now, link="/console/halt",
        remedy="系统正在与各平台核对；核对完后由两人在“发布总开关”页面解除",
    )  # fmt: skip


async def present_anchor(clock: Clock, *, since: int) -> Anchor:
    """The head as it is committed now, the highest numbers, and the acts after ``since``."""
    head = await AuditHead.get_or_none(id=1)
    acts: list[tuple[int, str, str, str]] = []
    if head is not None and since >= 0:
        told = AuditRecord.filter(id__gt=since, id__lte=head.last_id, verb__in=list(TOLD))
        rows = await told.order_by("-id").limit(LOST_NAMED).only("id", "at", "verb", "subject")
        acts = [(row.id, row.at.isoformat(), row.verb, row.subject) for row in reversed(rows)]
    return Anchor(
        at=(await clock.now()).isoformat(), last_id=head.last_id if head else 0, hash=head.hash if head else "",
        numbers=await _numbers(), epoch=await current_epoch(), acts=tuple(acts),
    )  # fmt: skip


def highest(known: list[Anchor]) -> dict[str, int]:
    """The highest of every number that any anchor remembers."""
    found: dict[str, int] = {}
    for anchor in known:
        for name, number in anchor.numbers.items():
            found[name] = max(found.get(name, 0), number)
    return found


def lost_acts(known: list[Anchor], *, after: int) -> list[tuple[int, str, str, str]]:
    """The remembered acts that a database whose chain ends at ``after`` cannot know, the oldest first."""
    found = {act[0]: act for anchor in known for act in anchor.acts if act[0] > after}
    return [found[number] for number in sorted(found)][-LOST_NAMED:]


async def _missing(anchor: Anchor) -> str:
    """What the database lacks, in Chinese; empty when it holds what the anchor remembers."""
    if anchor.last_id == 0:
        return ""
    record = await AuditRecord.get_or_none(id=anchor.last_id)
    if record is None:
        return f"数据库比本机记得的旧：审计记录应有 {anchor.last_id} 条，现在只有 {await _head_id()} 条"
    if record.hash != anchor.hash:
        return f"数据库不是本机原来的那一份：第 {anchor.last_id} 条审计记录与本机记得的不一致"
    return ""


async def _settled_since(anchor: Anchor) -> bool:
    """Whether a quarantine was raised in this database after the anchor was written."""
    return await Halt.filter(kind=QUARANTINE, raised_at__gte=datetime.fromisoformat(anchor.at)).exists()


async def _head_id() -> int:
    head = await AuditHead.get_or_none(id=1)
    return head.last_id if head else 0


async def _numbers() -> dict[str, int]:
    numbers: dict[str, int] = {}
    for model in (Disclosure, Release, Delivery, Attempt):
        rows: list[Any] = await model.all().annotate(highest=Max("id")).values_list("highest", flat=True)
        numbers[model._meta.db_table] = int(rows[0] or 0) if rows else 0
    for serial in await IndexSerial.all():
        numbers[f"index:{serial.year}"] = serial.last_serial
    return numbers


def _mark(database_url: str) -> str:
    """Which database: its file, or its server and name; never its password."""
    path = sqlite_path(database_url)
    if path is not None:
        place = str(path.resolve())
    else:
        parts = urlsplit(database_url)
        place = f"{parts.hostname}:{parts.port or 5432}{parts.path}"
    return sha256(place.encode()).hexdigest()[:12]


def _read(line: str) -> Anchor | None:
    try:
        plain = json.loads(line)
        acts = tuple((int(a[0]), str(a[1]), str(a[2]), str(a[3])) for a in plain.pop("acts", ()))
        return Anchor(**plain, acts=acts)
    except (ValueError, TypeError, IndexError, AttributeError):
        return None

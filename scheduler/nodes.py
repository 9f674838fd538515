"""The nodes: which processes of this deployment run, on which machines, and when each was last heard of."""

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tortoise.backends.base.client import BaseDBAsyncClient

from audit.clock import Clock
from scheduler.records import Duty, Node
from scheduler.watch import ALARM

BEAT = 5.0
"""Seconds between two signs of life."""
SILENT = timedelta(seconds=15)
"""After three missed beats a node counts as gone."""
KEPT = timedelta(days=1)
"""How long a node that did not say goodbye is listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One node as the others know it; what the doctor and the console show."""

    name: str
    kind: str
    """serve or worker."""
    started_at: datetime
    seen_at: datetime
    alive: bool
    on_duty: bool
    """Whether it rings the bells of the node on duty."""
    host: str
    version: str
    listening: bool | None
    """Whether it hears the commits of the others at once; None where nothing of the kind exists (SQLite)."""


class Nodes:
    """This process among the nodes: shows itself, and says goodbye."""

    def __init__(
        self, *, clock: Clock, name: str, kind: str, detail: Callable[[], Mapping[str, object]]
    ) -> None:  # fmt: skip
        """``name``: ``host:pid:random``; ``detail``: what the others should know now (see `about_this_process`)."""
        self.name = name
        self.joined = False
        """Whether this node has found that it agrees with the others: from then on they must agree with it."""
        self._order: tuple[datetime, str] | None = None
        self._clock = clock
        self._kind = kind
        self._detail = detail

    async def show(self, *, using_db: BaseDBAsyncClient | None = None) -> datetime:
        """A sign of life; returns its moment."""
        now = await self._clock.now()
        mine = Node.filter(name=self.name)
        detail = {**self._detail(), "joined": self.joined}
        if await (mine if using_db is None else mine.using_db(using_db)).update(seen_at=now, detail=detail) == 0:
            await Node.create(
                using_db=using_db, name=self.name, kind=self._kind, started_at=now, seen_at=now, detail=detail
            )
            self._order = now, self.name
        return now

    async def leave(self) -> None:
        """A clean end: nobody needs to wait for this node."""
        await Node.filter(name=self.name).delete()

    async def before(self) -> list[Node]:
        """The living nodes, as far as one knows, that this one has to agree with: those that have joined; while there are
        none, those that began to start earlier. So a wrong setting stops nobody but the node that has it."""
        now = await self._clock.now()
        others = await Node.filter(seen_at__gt=now - SILENT).exclude(name=self.name).order_by("name")
        joined = [other for other in others if other.detail.get("joined") is True]
        mine = self._order or (now, self.name)
        return joined or [other for other in others if (other.started_at, other.name) < mine]


async def seen_nodes(clock: Clock) -> list[Seen]:
    """Every node of the last day, the living first; for `mingbai doctor` and the console."""
    now = await clock.now()
    duty = await Duty.filter(name=ALARM, lease_until__gt=now).first()
    found = [
        Seen(
            name=row.name,
            kind=row.kind,
            started_at=row.started_at,
            seen_at=row.seen_at,
            alive=row.seen_at > now - SILENT,
            on_duty=duty is not None and duty.owner == row.name,
            host=str(row.detail.get("host", "")),
            version=str(row.detail.get("version", "")),
            listening=listening if isinstance(listening := row.detail.get("listening"), bool) else None,
        )
        for row in await Node.all().order_by("name")
    ]
    return sorted(found, key=lambda one: (not one.alive, one.name))


async def forget_nodes(clock: Clock) -> int:
    """Deletes the rows of nodes that were last heard of a day ago."""
    return await Node.filter(seen_at__lt=await clock.now() - KEPT).delete()


def about_this_process() -> dict[str, object]:
    """What tells this process from every other one, also of another machine, and also after its number was used again."""
    return {
        "host": socket.gethostname(), "machine": this_machine(), "pid": os.getpid(), "began": began(os.getpid()),
    }  # fmt: skip


def this_machine() -> str:
    """The same for all containers of one running kernel; the host's name where the system has no such number."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return socket.gethostname()


def began(pid: int) -> str:
    """When a process began, in ticks since the machine did; empty when it is gone or the system does not tell."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""

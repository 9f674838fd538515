"""The vigil: what the house notices about itself. Deliveries that are due and wait (I5), and disks that fill up (row 15)."""

import asyncio
import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from tortoise.transactions import in_transaction

from audit.clock import Clock
from publishers.halt import standing_halt
from publishers.incident_desk import insist
from publishers.incidents import clear_incident, forget_incidents
from scheduler.duty import oldest_due

LATE = timedelta(seconds=60)
"""Something due that waits longer than this has no worker (reliability-and-security.md §2, I5)."""
LEAST_FREE = 0.10
"""Share of a disk that must be free; below it somebody must tidy up before intents can no longer be written."""
OVERDUE = "overdue"


class Vigil:
    """``folders`` are where this node writes; ``node`` is its name among the others."""

    def __init__(self, *, clock: Clock, node: str, folders: Sequence[Path]) -> None:
        self._clock = clock
        self._node = node
        self._folders = tuple(dict.fromkeys(folders))

    async def look_at_due(self) -> None:
        """A bell of the node on duty. While a halt stands, waiting is what was asked for."""
        now = await self._clock.now()
        async with in_transaction() as connection:
            halted = await standing_halt(connection) is not None
        age = timedelta() if halted else await oldest_due(self._clock)
        if age <= LATE:
            await clear_incident(OVERDUE, now=now)
            return
        await insist(
            OVERDUE, kind=OVERDUE, now=now, link="/console/releases",
            message=f"有投放到了时间还没有处理，最久已等 {max(1, int(age.total_seconds() // 60))} 分钟。",
            remedy="系统管理员：请确认 mingbai serve 或 mingbai worker 正在运行，并查看日志；运行 mingbai doctor 可逐项检查。",
        )  # fmt: skip

    async def look_at_disk(self) -> None:
        """A bell of every node: each sees its own disks."""
        now = await self._clock.now()
        for folder in self._folders:
            free, share = await asyncio.to_thread(free_space, folder)
            key = f"disk:{self._node}:{folder}"[:160]
            if share >= LEAST_FREE:
                await clear_incident(key, now=now)
                continue
            await insist(
                key, kind="disk", now=now,
                message=f"节点 {self._node} 的磁盘只剩 {free / 2**30:.1f} GB（{share:.0%}），位置 {folder}。",
                remedy="系统管理员：请清理或扩充磁盘，至少留出 10%；磁盘写满后系统会停止发送，已发布的页面不受影响。",
            )  # fmt: skip

    async def forget(self) -> None:
        """A bell, daily: incidents that were over long ago."""
        await forget_incidents(now=await self._clock.now())


def free_space(folder: Path) -> tuple[int, float]:
    """Free bytes of the disk on which a folder lies (or will lie), and their share of the whole."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return usage.free, usage.free / usage.total if usage.total else 1.0

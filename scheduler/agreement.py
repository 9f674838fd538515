"""Whether the nodes of one deployment agree: they share a database, so they must share the accounts and the address too.

Two nodes that mean different accounts would send one release to both; two addresses would give one disclosure two links.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from scheduler.errors import NodesDisagree
from scheduler.nodes import SILENT, Nodes
from scheduler.records import Node

LOOK_EVERY = 0.5
"""Seconds between two looks at a node that disagrees and may be dead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    """One value that all nodes must share: its name among a node's details, its variable, and its name on the screen."""

    name: str
    variable: str
    shown: str
    may_be_absent: bool
    """Whether a node may have none: a platform that was connected later reaches the nodes one after another."""


SHARED = (
    _Shared(name="public_url", variable="MINGBAI_PUBLIC_URL", shown="公众访问的网址", may_be_absent=False),
    _Shared(name="wechat", variable="MINGBAI_WECHAT_APPID", shown="微信公众号", may_be_absent=True),
    _Shared(name="weibo", variable="MINGBAI_WEIBO_UID", shown="微博账号", may_be_absent=True),
)


def disagreement(mine: Mapping[str, object], other: Node, *, one_machine: bool) -> NodesDisagree | None:
    """What another node's details contradict, in words; None when both may run. Pure.

    ``one_machine``: the database is a file (SQLite), which only processes of one machine may share.
    """
    for shared in SHARED:
        here, there = str(mine.get(shared.name) or ""), str(other.detail.get(shared.name) or "")
        if here != there and not (shared.may_be_absent and "" in {here, there}):
            return NodesDisagree(
                shared.variable,
                f"本节点的{shared.shown}是“{here}”，而正在运行的节点 {other.name} 是“{there}”",
                "同一数据库的各节点设置必须相同：改成一致；确需更换时，先停下全部节点，再用新设置逐个启动",
            )
    away = other.detail.get("machine") != mine.get("machine") and other.detail.get("host") != mine.get("host")
    if one_machine and away:
        return NodesDisagree(
            "MINGBAI_DATABASE_URL",
            f"节点 {other.name} 正在另一台机器上使用同一个 SQLite 文件",
            "SQLite 只能由同一台机器上的进程共用；多台机器请改用 PostgreSQL，或先停下那个节点",
        )
    return None


async def agree(nodes: Nodes, mine: Mapping[str, object], *, one_machine: bool) -> None:
    """Raises NodesDisagree when a living node contradicts. One that is perhaps dead is waited for, 15 s at most: it
    either shows itself again or is silent for too long."""
    first_seen: dict[str, object] = {}
    rounds = int(SILENT.total_seconds() / LOOK_EVERY) + 4
    for _ in range(rounds):
        # Who waits shows himself too: of two that start together neither may take the other for dead.
        await nodes.show()
        against = [
            (other, found)
            for other in await nodes.before()
            if (found := disagreement(mine, other, one_machine=one_machine)) is not None
        ]
        if not against:
            nodes.joined = True
            await nodes.show()
            return
        for other, found in against:
            if first_seen.setdefault(other.name, other.seen_at) != other.seen_at:
                raise found
        await asyncio.sleep(LOOK_EVERY)
    raise against[0][1]

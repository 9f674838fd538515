"""节点: which processes of this deployment run, which of them has the watch, and who speaks for the platforms' accounts: what
an operator looks at first when nothing goes out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiohttp import web

from audit.clock import Clock
from console.door import Visit
from console.screen import Screen
from console.unknown_pages import ago
from publishers.records import PlatformToken
from scheduler.duty import oldest_due
from scheduler.nodes import seen_nodes
from scheduler.records import AccountHold

KIND_NAMES: Final = {"serve": "网站与发布", "worker": "仅发布"}
PLATFORMS: Final = {"wechat": "微信公众号", "weibo": "微博"}
LATE: Final = 60.0
"""Seconds; something due that waits longer has no worker (I5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One platform account: which deployment speaks for it, and its token."""

    platform: str
    name: str
    deployment: str
    since: datetime
    seen_at: datetime
    token_until: datetime | None
    renewing: str
    """The node that is fetching a new token at this moment; empty when none is."""


class NodePages:
    def __init__(self, *, screen: Screen, clock: Clock) -> None:
        self._screen = screen
        self._clock = clock

    async def nodes(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        nodes, now = await seen_nodes(self._clock), await self._clock.now()
        waiting = (await oldest_due(self._clock)).total_seconds()
        return self._screen.show(
            request, visit, "nodes.html", title="节点", nodes=nodes, now=now, ago=ago, kind_names=KIND_NAMES,
            accounts=await _accounts(now), waiting=waiting, late=waiting >= LATE,
            alive=[node for node in nodes if node.alive],
        )  # fmt: skip


async def _accounts(now: datetime) -> list[Spoken]:
    tokens = {row.account: row for row in await PlatformToken.all()}
    found = []
    for hold in await AccountHold.all().order_by("account"):
        platform, _, rest = hold.account.partition(":")
        name = rest.partition("@")[0]
        token = tokens.get(f"{platform}:{name}")
        leased = token is not None and token.lease_until is not None and token.lease_until > now
        found.append(
            Spoken(
                platform=PLATFORMS.get(platform, platform),
                name=name,
                deployment=hold.deployment[:8],
                since=hold.held_at,
                seen_at=hold.seen_at,
                token_until=token.expires_at if token and token.token else None,
                renewing=token.owner.rpartition("/")[0] if token is not None and leased else "",
            )
        )
    return found

"""Taking: which due rows a worker gets, and which are held or kept waiting instead. Part of the ledger's claim."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tortoise.backends.base.client import BaseDBAsyncClient

from audit.actor import Actor
from audit.trail import Trail
from publishers.claim import Claim
from publishers.due import WORKABLE, due_rows, free_of_lease, room_in_sight
from publishers.halt import standing_halt
from publishers.lateness import Late, lateness
from publishers.objection import halted
from publishers.port import Capabilities, ChannelName
from publishers.records import Delivery, Halt
from publishers.states import ASK, BEFORE_INTENT, Patience, State

LATE_ALLOWED = "late_allowed_by"
"""The fact that a person allowed a late release."""
WAITED_UNTIL = "waited_until"
"""The fact until when the platform made us wait (a quota): ISO 8601, UTC."""
PORTAL_CHECK = timedelta(seconds=60)
"""How often a delivery whose portal page is not out yet looks again; the page's own commit wakes it at once."""
ROUNDS = 5
"""How often one claim asks for more rows when those it got may not go on: they must not crowd out the others."""
GONE = frozenset({State.CANCELLED, State.WITHDRAWING, State.WITHDRAWN})
"""The portal page that a post links to will not come any more."""
NO_PAGE = "门户网站页面已撤下或取消，这条内容没有可链接的页面，系统没有发布"
NO_PAGE_REMEDY = "请取消这次发布中尚未发出的部分；更正后的内容请另行安排发布"
MACHINE = Actor.machine("发布系统")


@dataclass(slots=True, kw_only=True)
class Taken:
    """What one claim did. ``held``: rows that were put before a person; ``halted``: a halt kept back what is new."""

    claims: list[Claim] = field(default_factory=list)
    held: int = 0
    halted: bool = False


class Taking:
    """Takes rows for one worker inside the caller's transaction: one fence up, one lease, by compare-and-set."""

    def __init__(
        self,
        *,
        trail: Trail,
        owner: str,
        page_url: Callable[[int], str],
        patience: Patience,
        capabilities: Mapping[ChannelName, Capabilities],
    ) -> None:
        self._trail = trail
        self._owner = owner
        self._page_url = page_url
        self._patience = patience
        self._capabilities = capabilities

    async def due(
        self, connection: BaseDBAsyncClient, *, limit: int, working: Mapping[ChannelName, int], now: datetime
    ) -> Taken:
        """Due rows of every channel, at most ``limit`` of each less those that it is ``working`` on."""
        taken = Taken()
        halt = await standing_halt(connection)
        if halt is not None:
            taken.halted = True
            await self._tell(connection, halt, now)
        for channel in self._capabilities:
            free = limit - working.get(channel, 0)
            await self._due_of(connection, channel, free, now, taken)
        return taken

    async def one(self, connection: BaseDBAsyncClient, row: Delivery, now: datetime) -> Claim | None:
        """This row, which the caller has locked; None when it may not go on or has moved."""
        return await self._take(connection, row, now, Taken())

    async def _tell(self, connection: BaseDBAsyncClient, halt: Halt, now: datetime) -> None:
        """Writes on every row that is due why it does not go out; it stays as it is."""
        why = halted(halt)
        rows = Delivery.filter(free_of_lease(now), state__in=list(BEFORE_INTENT), next_at__lte=now)
        await rows.exclude(problem=why.problem).using_db(connection).update(problem=why.problem, remedy=why.remedy)

    async def _due_of(
        self, connection: BaseDBAsyncClient, channel: ChannelName, free: int, now: datetime, taken: Taken
    ) -> None:
        newest = self._capabilities[channel].shows_newest
        reading = set(WORKABLE) - BEFORE_INTENT
        if taken.halted:
            await self._take_due(connection, channel, reading, free, now, taken)
        elif not newest:
            await self._take_due(connection, channel, WORKABLE, free, now, taken)
        else:
            # First what was sent already, then the new ones, and of these only as many as can be read back.
            free -= await self._take_due(connection, channel, reading, free, now, taken)
            if free > 0 and await due_rows(connection, channel, BEFORE_INTENT, limit=1, now=now):
                room = await room_in_sight(connection, channel, newest, now)
                await self._take_due(connection, channel, BEFORE_INTENT, min(room, free), now, taken)

    async def _take_due(
        self,
        connection: BaseDBAsyncClient,
        channel: ChannelName,
        states: Iterable[State],
        free: int,
        now: datetime,
        taken: Taken,
    ) -> int:
        claims: list[Claim] = []
        for _ in range(ROUNDS):
            if (missing := free - len(claims)) <= 0:
                break
            rows = await due_rows(connection, channel, states, limit=missing, now=now)
            claims += [claim for row in rows if (claim := await self._take(connection, row, now, taken)) is not None]
            if len(rows) < missing:
                break
        taken.claims += claims
        return len(claims)

    async def _take(self, connection: BaseDBAsyncClient, row: Delivery, now: datetime, taken: Taken) -> Claim | None:
        state = State(row.state)
        moves: dict[str, object] = {}
        if state is State.SENDING:
            # The lease ran out between the intent and its result: a dead or frozen worker. Nobody knows what it sent.
            state = State.UNKNOWN
            moves = {"problem": "上一个发送进程中断，结果待核实", "tries": 0}
        elif state in BEFORE_INTENT:
            late = self._late(row, now)
            if late is not None:
                taken.held += await self._hold_late(connection, row, late, now)
                return None
            if state is State.PENDING:
                page = await self._page(connection, row)
                if page in GONE:
                    taken.held += await self._hold(
                        connection, row, now, problem=NO_PAGE, remedy=NO_PAGE_REMEDY, reason="no page"
                    )
                    return None
                if page not in {None, State.PUBLISHED}:
                    await self._set(
                        connection, row, next_at=now + PORTAL_CHECK, now=now, problem="等待门户网站页面先发布"
                    )
                    return None
                state = State.CLAIMED
            moves = {"problem": "", "remedy": ""}
        lease_until = now + timedelta(seconds=self._patience.lease)
        moved = await self._set(
            connection,
            row,
            state=state,
            fence=row.fence + 1,
            owner=self._owner,
            lease_until=lease_until,
            now=now,
            **moves,
        )
        if not moved:
            return None
        return Claim(
            delivery=row,
            state=state,
            fence=row.fence,
            lease_until=lease_until,
            page_url=self._page_url(row.disclosure_id),
        )

    async def _page(self, connection: BaseDBAsyncClient, row: Delivery) -> State | None:
        """How far the portal page of the same release is; None when the post links to none of this release."""
        if not self._capabilities[ChannelName(row.channel)].links_to_portal:
            return None
        of_release = Delivery.filter(release_id=row.release_id, channel=ChannelName.PORTAL)
        portal = await of_release.using_db(connection).first()
        return None if portal is None else State(portal.state)

    def _late(self, row: Delivery, now: datetime) -> Late | None:
        if row.facts.get(LATE_ALLOWED):
            return None
        waited = row.facts.get(WAITED_UNTIL)
        until = datetime.fromisoformat(str(waited)) if waited else None
        return lateness(ChannelName(row.channel), row.due_at, until, now=now, patience=self._patience)

    async def _hold_late(self, connection: BaseDBAsyncClient, row: Delivery, late: Late, now: datetime) -> bool:
        remedy = "请决定：现在发布、改期，或取消" if row.intent_at is None else ASK
        return await self._hold(
            connection, row, now, problem=late.problem, remedy=remedy, reason="late", minutes=late.minutes
        )

    async def _hold(
        self, connection: BaseDBAsyncClient, row: Delivery, now: datetime, *, problem: str, remedy: str, **told: object
    ) -> bool:
        """Puts the row before a person; ``told`` goes into the audit trail."""
        moved = await self._set(
            connection,
            row,
            state=State.HELD,
            next_at=held_until(row, now, self._patience),
            lease_until=None,
            now=now,
            problem=problem,
            remedy=remedy,
        )
        if moved:
            await self._trail.append(
                connection, at=now, actor=MACHINE, verb="delivery.held", subject=f"delivery:{row.id}",
                channel=row.channel, **told,
            )  # fmt: skip
        return moved

    async def _set(self, connection: BaseDBAsyncClient, row: Delivery, *, now: datetime, **values: object) -> bool:
        moved = (
            await Delivery.filter(id=row.id, fence=row.fence, state=row.state)
            .using_db(connection)
            .update(updated_at=now, **values)
        )
        if moved == 1:
            for name, value in values.items():
                setattr(row, name, value)
        return moved == 1


def held_until(row: Delivery, now: datetime, patience: Patience) -> datetime | None:
    """When a row that waits for a person is looked for: never when nothing was ever sent, else again and again for a day,
    since a late commit of the platform may still show (crash-point row 12)."""
    return None if row.intent_at is None else now + timedelta(seconds=patience.look[-1])

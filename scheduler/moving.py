"""Moving: which deliveries of a release may go out at another moment, and what the old moment leaves behind. Part of the
timetable's ``move``."""

from collections.abc import Mapping
from datetime import datetime

from tortoise.backends.base.client import BaseDBAsyncClient

from publishers.errors import NotReleasable
from publishers.port import Channel, ChannelName
from publishers.records import Delivery, Incident, Release
from publishers.states import BEFORE_INTENT, State
from publishers.taking import GONE, LATE_ALLOWED, NO_PAGE, NO_PAGE_REMEDY, WAITED_UNTIL
from scheduler.readiness import KIND
from scheduler.records import Probe

MOVABLE = BEFORE_INTENT | {State.HELD}
"""What was not sent yet, and what waits for a person because it missed its moment; with an intent nothing is movable: it
may be out."""
OF_THE_OLD_MOMENT = frozenset({LATE_ALLOWED, WAITED_UNTIL})


async def movable(
    connection: BaseDBAsyncClient, release: Release, channels: Mapping[ChannelName, Channel]
) -> list[Delivery]:
    """The deliveries that may be moved, locked, in the order of their numbers. Raises NotReleasable when there is none."""
    rows = await Delivery.filter(release_id=release.id).using_db(connection).order_by("id").select_for_update()
    page = next((State(row.state) for row in rows if row.channel == ChannelName.PORTAL), None)
    waiting = [row for row in rows if row.state in MOVABLE and row.intent_at is None]
    if not waiting:
        raise NotReleasable(
            "已经开始发出或已经结束，不能改期", remedy="如需撤下，请使用“撤回”；没有发出的渠道请重新安排发布"
        )
    found = [row for row in waiting if page not in GONE or not _links(row, channels)]
    if not found:
        raise NotReleasable(NO_PAGE, remedy=NO_PAGE_REMEDY)
    return found


async def move_row(connection: BaseDBAsyncClient, row: Delivery, due_at: datetime, now: datetime) -> None:
    """Under the row's lock. Whoever held a claim on it holds none any more; a draft that is made already is kept."""
    facts = {name: value for name, value in row.facts.items() if name not in OF_THE_OLD_MOMENT}
    state = State.DRAFTED if row.state == State.DRAFTED else State.PENDING
    values: dict[str, object] = {
        "state": state, "due_at": due_at, "next_at": due_at, "fence": row.fence + 1, "lease_until": None, "tries": 0,
        "problem": "", "remedy": "", "facts": facts, "updated_at": now,
    }  # fmt: skip
    await Delivery.filter(id=row.id).using_db(connection).update(**values)
    for name, value in values.items():
        setattr(row, name, value)


async def forget_probes(connection: BaseDBAsyncClient, release_id: int, *, now: datetime) -> None:
    """What was found for the old moment says nothing of the new one, which is probed in its own time."""
    await Probe.filter(release_id=release_id).using_db(connection).delete()
    told = Incident.filter(open_key=f"{KIND}:{release_id}").using_db(connection)
    await told.update(open_key=None, cleared_at=now, cleared_by_name="系统")


def _links(row: Delivery, channels: Mapping[ChannelName, Channel]) -> bool:
    channel = channels.get(ChannelName(row.channel))
    return channel is not None and channel.capabilities.links_to_portal

"""The plan as an iCalendar file: one event a release, without a person's name and without a hidden title."""

import asyncio
from collections import defaultdict
from datetime import datetime, timedelta

from console.results import RELEASE_STATE_NAMES
from publishers.records import Delivery, Release
from publishers.states import State, release_state
from scheduler.announcement_events import announcement_event, host_of
from scheduler.announcements import public_announcements
from scheduler.calendar_desk import CalendarDesk
from scheduler.ics import Entry, calendar
from scheduler.planned import CHANNEL_NAMES, rows_between
from staff.person import Person

BEFORE, AHEAD = timedelta(days=35), timedelta(days=425)
"""What a calendar program is told of: the last month, and as far as anything may be planned."""


async def plan_file(desk: CalendarDesk, person: Person, *, name: str, now: datetime) -> bytes:
    """What this person may see of the plan, and the announcements."""
    rows = await rows_between(now - BEFORE, now + AHEAD, hide=desk.hide(person))
    by_release = defaultdict(list)
    for row in rows:
        by_release[row.release_id].append(row)
    releases = {row.id: row for row in await Release.filter(id__in=list(by_release))} if by_release else {}
    changes: dict[int, tuple[int, datetime]] = {}
    fences = Delivery.filter(release_id__in=list(by_release)).values_list("release_id", "fence", "updated_at")
    for number, fence, at in await fences if by_release else []:
        known = changes.get(number, (0, at))
        changes[number] = (max(known[0], fence), max(known[1], at))
    entries = []
    for number, group in by_release.items():
        release, (fence, changed) = releases[number], changes[number]
        cancelled = release.cancelled_at is not None
        state = release_state([State(row.state) for row in group], cancelled=cancelled)
        places = "、".join(CHANNEL_NAMES[row.channel] for row in group)
        entries.append(
            Entry(
                uid=f"release-{number}@{host_of(desk.public_url)}",
                # The fence rises with every change of the time, and cancelling is one change more.
                sequence=fence + cancelled, title=f"{group[0].title}（{places}）", stamp=max(changed, release.created_at),
                at=min(row.due_at for row in group), text=f"{group[0].unit}；{RELEASE_STATE_NAMES[state]}",
                url=f"{desk.public_url}/console/releases/{number}", cancelled=cancelled or state in {"cancelled", "withdrawn"},
                categories=("发布计划",),
            )
        )  # fmt: skip
    announced = [announcement_event(row, desk.public_url) for row in await public_announcements()]
    # Hundreds of events take a while to write; the loop goes on meanwhile.
    return await asyncio.to_thread(calendar, [*entries, *announced], name=name)

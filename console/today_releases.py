"""Of 今天要办: what went wrong on its way out, what another person decided and wants confirmed, what waits to be planned."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from console.doubts import doubts
from console.results import results_of
from console.screen import SHANGHAI
from console.today_list import MOST, Asking, Section, Task, Urgency
from console.words import CHANNEL_MARKS
from disclosures.records import Disclosure
from disclosures.states import State as DisclosureState
from publishers.choices import CHOICE_NAMES, Choice
from publishers.records import Delivery, Release
from publishers.states import State
from staff.roles import Verb

TROUBLED = (State.HELD, State.UNKNOWN, State.FAILED, State.WITHDRAWING)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedToday:
    """A release that goes out by itself before midnight."""

    release_id: int
    title: str
    due_at: datetime
    channels: tuple[str, ...]


async def to_confirm(asking: Asking) -> Section | None:
    """What another person proposed about an unknown outcome."""
    if not asking.person.may(Verb.DELIVERY_DECIDE):
        return None
    mine = [doubt for doubt in await doubts(asking.person) if doubt.mine and doubt.waiting is not None]
    tasks = tuple(
        Task(
            title=doubt.title, address=f"/console/deliveries/{doubt.row.id}", kind=doubt.result.channel_name,
            about=(f"{doubt.waiting.proposed_by_name} 提出：{CHOICE_NAMES[Choice(doubt.waiting.choice)]}",),
            at=doubt.waiting.proposed_at, act="去确认",
        )
        for doubt in mine if doubt.waiting is not None
    )  # fmt: skip
    return Section(key="to-confirm", title="等我确认", urgency=Urgency.NOW, tasks=tasks) if tasks else None


async def troubles(asking: Asking) -> Section | None:
    """Deliveries that only a person can bring further, except those that this person has to confirm above."""
    if not asking.person.may(Verb.DELIVERY_DECIDE):
        return None
    confirming = {doubt.row.id for doubt in await doubts(asking.person) if doubt.mine}
    troubled = Delivery.filter(state__in=TROUBLED).exclude(id__in=list(confirming) or [0])
    rows = await troubled.order_by("-id").limit(MOST)
    if not rows:
        return None
    titles = await _titles([row.disclosure_id for row in rows])
    tasks = []
    for row, result in zip(rows, await results_of(rows), strict=True):
        where = f"/console/deliveries/{row.id}" if result.unknown else f"/console/releases/{row.release_id}"
        act = "去核实" if result.unknown else "查看撤回" if result.state is State.WITHDRAWING else "去处理"
        tasks.append(
            Task(
                title=titles.get(row.disclosure_id, ""),
                address=where,
                kind=result.channel_name,
                state=(result.state, result.state_name),
                about=(result.problem,) if result.problem else (),
                at=row.updated_at,
                act=act,
            )
        )
    unknown = any(row.state in {State.UNKNOWN, State.HELD} for row in rows)
    return Section(
        key="troubles", title="需要处理的投放", urgency=Urgency.NOW, tasks=tuple(tasks), total=await troubled.count(),
        more=("/console/unknown", "查看全部待核实") if unknown else ("", ""),
    )  # fmt: skip


async def to_schedule(asking: Asking) -> Section | None:
    """Approved texts for which nothing is planned: those with any standing delivery of this very text are left out."""
    if not asking.person.may(Verb.RELEASE_SCHEDULE):
        return None
    approved = await asking.desk.lines(states=frozenset({DisclosureState.APPROVED}), limit=200)
    hashes = dict(
        await Disclosure.filter(id__in=[line.id for line in approved]).values_list("id", "approved_hash")
        if approved else []
    )  # fmt: skip
    standing = {
        (row.disclosure_id, row.content_hash)
        for row in await Delivery.filter(disclosure_id__in=list(hashes)).exclude(state=State.CANCELLED)
        .only("id", "disclosure_id", "content_hash")
    } if hashes else set()  # fmt: skip
    waiting = [line for line in reversed(approved) if (line.id, hashes[line.id]) not in standing]
    tasks = tuple(
        Task(
            title=line.title, address=f"/console/disclosures/{line.id}#schedule-box", kind="更正" if line.live else "",
            about=(line.department,), at=line.updated_at, act="去安排",
        )
        for line in waiting[:MOST]
    )  # fmt: skip
    if not tasks:
        return None
    return Section(
        key="to-schedule", title="已审定，待安排发布", urgency=Urgency.TODAY, tasks=tasks, total=len(waiting),
        more=("/console/disclosures?state=approved", "查看全部已审定") if len(waiting) > MOST else ("", ""),
    )  # fmt: skip


async def planned_today(asking: Asking) -> tuple[PlannedToday, ...]:
    """What goes out by itself until the end of this day in Beijing, for whoever plans releases."""
    if not asking.person.may(Verb.RELEASE_SCHEDULE):
        return ()
    midnight = asking.now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    rows = await Delivery.filter(state=State.PENDING, due_at__lt=midnight).order_by("due_at", "id").limit(200)
    releases = (
        {row.id: row for row in await Release.filter(id__in=list({row.release_id for row in rows}))} if rows else {}
    )
    titles = await _titles([row.disclosure_id for row in rows])
    found: dict[int, PlannedToday] = {}
    for row in rows:
        before = found.get(row.release_id)
        channels = (*(before.channels if before else ()), CHANNEL_MARKS.get(row.channel, row.channel))
        found[row.release_id] = PlannedToday(
            release_id=row.release_id, title=titles.get(row.disclosure_id, ""), due_at=releases[row.release_id].due_at,
            channels=channels,
        )  # fmt: skip
    return tuple(found.values())[:MOST]


async def _titles(ids: list[int]) -> dict[int, str]:
    return dict(await Disclosure.filter(id__in=ids).values_list("id", "title")) if ids else {}

"""The calendar as its page shows it: a month or a week of days, each with what is planned, what is due and what hinders."""

import calendar as months
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from console.results import RELEASE_STATE_NAMES, STATE_NAMES
from disclosures.workdays import WorkingDays
from publishers.slot import SHANGHAI, day_of
from publishers.states import BEFORE_INTENT, State, release_state
from scheduler.announcements import due_of, words_of
from scheduler.announcing import OPEN, Precision
from scheduler.calendar_desk import CalendarDesk
from scheduler.calendar_records import Announcement
from scheduler.conflicts import Conflict, Weight, merged, of_all, of_deadline
from scheduler.deadline_marks import DeadlineMarks, Mark
from scheduler.planned import CHANNEL_NAMES, Row, rows_between
from scheduler.quiet import Quiet, quiet_on
from staff.person import Person

CHANNELS: Final = ("portal", "wechat", "weibo")
GROUPS: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "waiting": ("等待发布", frozenset({"scheduled"})),
    "done": ("已发布", frozenset({"released"})),
    "attention": ("需要处理", frozenset({"attention", "releasing", "withdrawing"})),
    "over": ("已取消或撤回", frozenset({"cancelled", "withdrawn"})),
}
"""The filter by state: its name, and the states of a release that belong to it."""
_DAY: Final = re.compile(r"20\d\d-\d\d(-\d\d)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which part of the calendar somebody looks at."""

    view: str
    day: date
    today: date
    channel: str = ""
    unit: str = ""
    state: str = ""

    @property
    def first(self) -> date:
        """The Monday with which the view begins."""
        begin = self.day.replace(day=1) if self.view == "month" else self.day
        return begin - timedelta(days=begin.weekday())

    @property
    def last(self) -> date:
        if self.view == "week":
            return self.first + timedelta(days=6)
        end = self.day.replace(day=months.monthrange(self.day.year, self.day.month)[1])
        return end + timedelta(days=6 - end.weekday())

    @property
    def previous(self) -> date:
        return (
            self.first - timedelta(days=7)
            if self.view == "week"
            else (self.day.replace(day=1) - timedelta(days=1)).replace(day=1)
        )

    @property
    def following(self) -> date:
        return (
            self.first + timedelta(days=7)
            if self.view == "week"
            else (self.day.replace(day=1) + timedelta(days=32)).replace(day=1)
        )

    @property
    def words(self) -> str:
        if self.view == "month":
            return f"{self.day.year}年{self.day.month}月"
        first, last = self.first, self.last
        end = f"{last.day}日" if first.month == last.month else f"{last.month}月{last.day}日"
        return f"{first.year}年{first.month}月{first.day}日—{end}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelMark:
    """One channel of an entry."""

    channel: str
    name: str
    state: State

    @property
    def state_name(self) -> str:
        return STATE_NAMES[self.state]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One release at one moment, over the channels that go out then."""

    release_id: int
    disclosure_id: int
    title: str
    unit: str
    at: datetime
    channels: tuple[ChannelMark, ...]
    mass: bool
    movable: bool
    conflicts: tuple[Conflict, ...] = ()

    @property
    def state(self) -> str:
        return release_state(
            [mark.state for mark in self.channels],
            cancelled=all(mark.state is State.CANCELLED for mark in self.channels),
        )

    @property
    def state_name(self) -> str:
        return RELEASE_STATE_NAMES[self.state]

    @property
    def grave(self) -> bool:
        return any(each.weight is not Weight.NOTE for each in self.conflicts)

    @property
    def short(self) -> str:
        """What hinders, in a few characters."""
        return "、".join(dict.fromkeys(each.short for each in self.conflicts if each.weight is not Weight.NOTE))

    @property
    def clock(self) -> str:
        return f"{self.at.astimezone(SHANGHAI):%H:%M}"

    @property
    def local(self) -> str:
        return f"{self.at.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"

    @property
    def marks(self) -> str:
        return "、".join(mark.name for mark in self.channels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An announcement on its day."""

    id: int
    title: str
    words: str
    open: bool
    overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One day."""

    day: date
    inside: bool
    today: bool
    off: str = ""
    """Why the day is not worked; empty when it is."""
    worked: str = ""
    """The holiday for which this weekend's day is worked (调休)."""
    source: str = ""
    known: bool = True
    quiet: tuple[Quiet, ...] = ()
    slots: tuple[Slot, ...] = ()
    marks: tuple[Mark, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def weekday(self) -> str:
        return "一二三四五六日"[self.day.weekday()]

    @property
    def holiday(self) -> str:
        """The name of a day off that is more than a weekend."""
        return "" if self.off == "周末" else self.off

    @property
    def due(self) -> tuple[Mark, ...]:
        """The deadlines for which nothing is planned yet."""
        return tuple(mark for mark in self.marks if not mark.planned)

    @property
    def empty(self) -> bool:
        return not (self.slots or self.due or self.notices or self.quiet)

    def on(self, channel: str) -> tuple[Slot, ...]:
        return tuple(slot for slot in self.slots if any(mark.channel == channel for mark in slot.channels))


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the page shows."""

    asked: Asked
    cells: tuple[Cell, ...]
    overdue: int
    worst: tuple[Mark, ...]
    """The first of what is overdue."""
    unknown_years: tuple[int, ...]
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def weeks(self) -> list[tuple[Cell, ...]]:
        return [self.cells[start : start + 7] for start in range(0, len(self.cells), 7)]

    @property
    def troubled(self) -> list[Slot]:
        """What is planned and hindered, in the order of time."""
        return [slot for cell in self.cells for slot in cell.slots if slot.movable and slot.grave]


def asked_of(query: Mapping[str, str], today: date) -> Asked:
    """The address in words; what is no day is today."""
    text, view = query.get("at", ""), "week" if query.get("view") == "week" else "month"
    day = today
    if _DAY.fullmatch(text):
        try:
            day = date.fromisoformat(text if len(text) == 10 else f"{text}-01")
        except ValueError:
            day = today
    channel, state = query.get("channel", ""), query.get("state", "")
    return Asked(
        view=view, day=day, today=today, channel=channel if channel in CHANNELS else "", unit=query.get("unit", "")[:64],
        state=state if state in GROUPS else "",
    )  # fmt: skip


async def read_view(desk: CalendarDesk, marks: DeadlineMarks, person: Person, asked: Asked, *, now: datetime) -> View:
    """Reads what the view needs: a handful of queries, however many disclosures there are."""
    hide = desk.hide(person)
    begin, end = _start(asked.first), _start(asked.last + timedelta(days=1))
    # A little wider, so that a neighbour across midnight is seen.
    rows = await rows_between(begin - timedelta(hours=4), end + timedelta(hours=4), hide=hide)
    rules = await desk.planning.rules()
    waiting = [row.planned for row in rows if row.state in BEFORE_INTENT and not row.sent]
    conflicts = of_all(rules, waiting)
    due = await marks.marks(asked.first, asked.last, today=asked.today, unit=asked.unit, hide=hide)
    by_day: dict[date, list[Mark]] = defaultdict(list)
    for mark in due.shown:
        by_day[mark.day].append(mark)
    slots = _slots([row for row in rows if begin <= row.due_at < end], conflicts, due.deadlines)
    chosen: dict[date, list[Slot]] = defaultdict(list)
    for slot in slots:
        if _wanted(slot, asked):
            chosen[day_of(slot.at)].append(slot)
    notices = await _notices(asked, now)
    working = rules.working_days
    days = [asked.first + timedelta(days=number) for number in range((asked.last - asked.first).days + 1)]
    cells = tuple(
        _cell(
            day, asked, working, quiet_on(rules.quiet, day),
            chosen.get(day, []), by_day.get(day, []), notices.get(day, []),
        )
        for day in days
    )  # fmt: skip
    unknown = tuple(sorted({day.year for day in days if not working.known(day)}))
    return View(
        asked=asked, cells=cells, overdue=due.overdue, worst=tuple(due.worst), unknown_years=unknown,
        counts={name: sum(slot.state in states for slot in slots) for name, (_, states) in GROUPS.items()},
    )  # fmt: skip


def _cell(
    day: date, asked: Asked, working: WorkingDays, quiet: Sequence[Quiet], slots: Sequence[Slot], marks: Sequence[Mark],
    notices: Sequence[Notice],
) -> Cell:  # fmt: skip
    return Cell(
        day=day, inside=asked.view == "week" or day.month == asked.day.month, today=day == asked.today,
        off=working.reason_off(day) or "", worked=working.reason_worked(day) or "", source=working.source_on(day),
        known=working.known(day), quiet=tuple(quiet), slots=tuple(slots),
        marks=tuple(sorted(marks, key=lambda each: (not each.passed, not each.statutory, each.disclosure_id))),
        notices=tuple(notices),
    )  # fmt: skip


def _slots(
    rows: Sequence[Row], conflicts: Mapping[tuple[int, str], list[Conflict]], deadlines: Mapping[int, date]
) -> list[Slot]:
    together: dict[tuple[int, datetime], list[Row]] = {}
    for row in rows:
        together.setdefault((row.release_id, row.due_at), []).append(row)
    found = []
    for (release, at), group in together.items():
        said = [each for row in group for each in conflicts.get((release, row.channel), [])]
        if any(not row.sent for row in group):
            said += of_deadline(at, deadlines.get(group[0].disclosure_id))
        group.sort(key=lambda row: CHANNELS.index(row.channel) if row.channel in CHANNELS else 9)
        found.append(
            Slot(
                release_id=release, disclosure_id=group[0].disclosure_id, title=group[0].title, unit=group[0].unit, at=at,
                channels=tuple(
                    ChannelMark(channel=row.channel, name=CHANNEL_NAMES.get(row.channel, row.channel), state=row.state)
                    for row in group
                ),
                mass=any(row.mass for row in group), conflicts=merged(said),
                movable=any(not row.sent and row.state in {*BEFORE_INTENT, State.HELD} for row in group),
            )
        )  # fmt: skip
    return sorted(found, key=lambda slot: (slot.at, slot.release_id))


def _wanted(slot: Slot, asked: Asked) -> bool:
    if asked.channel and not any(mark.channel == asked.channel for mark in slot.channels):
        return False
    if asked.unit and slot.unit != asked.unit:
        return False
    if not asked.state:
        return slot.state not in GROUPS["over"][1]  # What was cancelled is shown to whoever asks for it.
    return slot.state in GROUPS[asked.state][1]


async def _notices(asked: Asked, now: datetime) -> dict[date, list[Notice]]:
    """The announcements by the day on which they must be kept: of a month its last day."""
    begin = _start(asked.first - timedelta(days=31))
    rows = Announcement.filter(
        due_at__gte=begin, due_at__lt=_start(asked.last + timedelta(days=1)), public_at__not_isnull=True
    )
    if asked.unit:
        rows = rows.filter(unit=asked.unit)
    found: dict[date, list[Notice]] = defaultdict(list)
    for row in await rows.order_by("due_at", "id").limit(500):
        due = due_of(row)
        day = due.last if due.precision is Precision.MONTH else due.first
        still = row.state in OPEN
        found[day].append(
            Notice(id=row.id, title=row.title, words=words_of(row), open=still, overdue=still and due.end < now)
        )
    return found


def _start(day: date) -> datetime:
    return datetime.combine(day, time(0), SHANGHAI).astimezone(UTC)

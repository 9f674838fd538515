"""What the pages tell of a halt: the banner on every page, what waits, what is being reconciled, what was lost (features
P22; reliability §0.10)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from console.results import STATE_NAMES
from disclosures.records import Disclosure
from publishers.foreign import UNSEEN, open_posts
from publishers.halt import (
    KIND_NAMES,
    MOST_NAMED,
    QUARANTINE,
    ask_stands,
    how_many_wait,
    last_lifted,
    standing_halts,
    waiting,
)
from publishers.lateness import lateness
from publishers.port import ChannelName
from publishers.quarantine import in_doubt_now, set_aside_rows
from publishers.records import Delivery, ForeignPost, Halt
from publishers.states import BEFORE_INTENT, Patience, State
from publishers.taking import LATE_ALLOWED, WAITED_UNTIL
from scheduler.timetable import CHANNEL_NAMES
from staff.person import Person

LOST_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "disclosure.withdrawn": "撤回",
        "disclosure.repealed": "废止",
        "disclosure.approved": "审签",
        "release.cancel": "取消发布计划",
        "release.move": "改期",
        "release.schedule": "安排发布",
        "delivery.published": "发布成功",
        "staff.disabled": "停用账号",
        "staff.token_revoked": "收回令牌",
        "halt.raised": "停发",
    }
)
SUBJECTS: Mapping[str, str] = MappingProxyType(
    {"disclosure": "公开信息", "delivery": "投放", "account": "账号", "halt": "停发", "release": "发布计划"}
)
AHEAD = 20
"""Planned releases that two persons look through before they lift a quarantine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """What every page of the console says while a halt stands."""

    kind_name: str
    reason: str
    raised_by: str
    raised_at: datetime
    waiting: int
    doubts: int
    """Deliveries that are still to be reconciled; 0 for the red switch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One delivery in a list."""

    row: Delivery
    title: str

    @property
    def channel_name(self) -> str:
        return CHANNEL_NAMES[ChannelName(self.row.channel)]

    @property
    def state_name(self) -> str:
        return STATE_NAMES[State(self.row.state)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """One act that the restored database does not know, as the anchor remembers it."""

    at: datetime
    what: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A halt that stands, for its card."""

    halt: Halt
    asked: bool
    """Somebody has asked to lift it, and may be confirmed."""
    mine: bool
    """It was this person who asked."""
    doubts: int
    rows: tuple[Line, ...]
    unread: Mapping[str, str]
    read_at: datetime | None
    moment: datetime | None
    lost: tuple[Lost, ...]

    @property
    def kind_name(self) -> str:
        return KIND_NAMES[self.halt.kind]

    @property
    def is_quarantine(self) -> bool:
        return self.halt.kind == QUARANTINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything on the page."""

    standing: tuple[Standing, ...]
    now: tuple[Line, ...]
    """What goes out as soon as all halts are lifted."""
    late: tuple[Line, ...]
    """What has become too late by policy: a person decides."""
    count: int
    ahead: tuple[Line, ...]
    foreign: tuple[ForeignPost, ...]
    after: Halt | None
    """The halt that was lifted last, and …"""
    waited: tuple[Line, ...]
    """… what became of the deliveries that had waited for it."""

    @property
    def red(self) -> bool:
        return any(not one.is_quarantine for one in self.standing)


async def banner(now: datetime) -> tuple[Banner, ...]:
    """One for each halt that stands; usually none, for the price of one query."""
    standing = await standing_halts()
    count = await how_many_wait(now) if standing else 0
    return tuple([
        Banner(
            kind_name=KIND_NAMES[halt.kind], reason=halt.reason, raised_by=halt.raised_by_name,
            raised_at=halt.raised_at, waiting=count, doubts=len(await in_doubt_now(halt)),
        )
        for halt in standing
    ])  # fmt: skip


async def situation(person: Person, *, now: datetime, patience: Patience) -> Situation:
    """The page of the red switch as this person sees it."""
    halts = await standing_halts()
    standing = [await _standing(halt, person, now) for halt in halts]
    held = await _lines(await waiting(now)) if halts else ()
    late = tuple(line for line in held if _too_late(line.row, now, patience))
    ahead = Delivery.filter(state__in=list(BEFORE_INTENT), due_at__gt=now).order_by("due_at", "id").limit(AHEAD)
    after = await last_lifted() if not halts else None
    return Situation(
        standing=tuple(standing), now=tuple(line for line in held if line not in late), late=late,
        count=await how_many_wait(now) if halts else 0,
        ahead=await _lines(await ahead) if any(one.is_quarantine for one in standing) else (),
        foreign=tuple(await open_posts()), after=after, waited=await _waited(after) if after else (),
    )  # fmt: skip


def is_unseen(post: ForeignPost) -> bool:
    """Whether it stands for a post that nobody could look for."""
    return post.external_id.startswith(UNSEEN)


async def _standing(halt: Halt, person: Person, now: datetime) -> Standing:
    rows = await _lines(await set_aside_rows(halt))
    unread = halt.detail.get("unread")
    asked = ask_stands(halt, now)
    return Standing(
        halt=halt, asked=asked, mine=asked and halt.lift_asked_by_id == person.account_id,
        doubts=len(await in_doubt_now(halt)), rows=rows,
        unread={CHANNEL_NAMES[ChannelName(name)]: said for name, said in unread.items()} if isinstance(unread, dict) else {},
        read_at=_moment(halt.detail.get("read_at")), moment=_moment(halt.detail.get("moment")), lost=_lost(halt),
    )  # fmt: skip


def _too_late(row: Delivery, now: datetime, patience: Patience) -> bool:
    if row.facts.get(LATE_ALLOWED):
        return False
    waited = _moment(row.facts.get(WAITED_UNTIL))
    return lateness(ChannelName(row.channel), row.due_at, waited, now=now, patience=patience) is not None


async def _waited(halt: Halt) -> tuple[Line, ...]:
    known = halt.detail.get("waited")
    numbers = [int(number) for number in known][:MOST_NAMED] if isinstance(known, list) else []
    return await _lines(await Delivery.filter(id__in=numbers).order_by("due_at", "id")) if numbers else ()


async def _lines(rows: Sequence[Delivery]) -> tuple[Line, ...]:
    ids = {row.disclosure_id for row in rows}
    titles = dict(await Disclosure.filter(id__in=list(ids)).values_list("id", "title")) if ids else {}
    return tuple(Line(row=row, title=titles.get(row.disclosure_id, "")) for row in rows)


def _lost(halt: Halt) -> tuple[Lost, ...]:
    acts = halt.detail.get("lost")
    found = []
    for act in acts if isinstance(acts, list) else ():
        kind, _, number = str(act[3]).partition(":")
        subject = f"{SUBJECTS.get(kind, kind)} {number}"
        found.append(Lost(at=datetime.fromisoformat(act[1]), what=LOST_NAMES.get(act[2], act[2]), subject=subject))
    return tuple(found)


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None

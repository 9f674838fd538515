"""Whether the clock that decides may be believed: it is watched against a clock that nobody can set (crash-point row 22).

On SQLite the machine's clock and the database's are one: when somebody sets it an hour ahead, nothing differs from
anything, and everything of the next hour would go out now. What cannot be set is how long the machine has been running. The
distance between the two stands still unless somebody sets the clock, so a change of it stops the sending, until the clock is
set back, independent witnesses agree with the new time, or a person answers for it.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from audit.clock import Clock
from audit.records import AuditHead, AuditRecord
from publishers.fencing import steady_seconds as steady_seconds
from publishers.incidents import clear_incident, raise_incident
from publishers.records import Incident

log = logging.getLogger(__name__)
LIMIT = 2.0
"""Seconds by which the clock may be away from where it should be; the same limit as between machine and database."""
ACCEPT = "clock.accept"
"""The act of a person who answers for the clock: its verb in the audit trail."""
ACCEPT_FRESH = timedelta(seconds=60)
"""How long such an act counts: it is about the time that the clock showed when the person looked at it."""
ASK_EVERY = 10.0
"""Seconds between two rounds of asking the witnesses, while the clock is in doubt."""
TELL_EVERY = 60.0
"""Seconds after which an incident that still stands is renewed."""
KEY = "clock"
"""The incident's key: there is one deciding clock, however many nodes watch it."""
SHANGHAI = ZoneInfo("Asia/Shanghai")
REMEDY = (
    "请核对并校准服务器时间（chrony 或 ntpd）。时间拨正后自动恢复发送；"
    "如果现在的时间就是正确的，请运行 mingbai clock accept --reason 理由，确认后恢复"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How far a clock is ahead of the steady one, in seconds: somewhere between ``low`` and ``high``.

    Every statement about the time is kept in this form, because it stays true however long one waits with comparing it.
    """

    low: float
    high: float

    @classmethod
    def read(cls, moment: datetime, *, before: float, after: float, resolution: float = 0.0) -> "Span":
        """A clock that showed ``moment`` (cut off to ``resolution``) between two readings of the steady clock."""
        shown = moment.timestamp()
        return cls(low=shown - after, high=shown + resolution - before)

    def ahead_of(self, other: "Span") -> float:
        """Seconds by which this clock is surely ahead of the other (negative: behind); 0 when they may be the same."""
        if self.low > other.high:
            return self.low - other.high
        return min(self.high - other.low, 0.0)

    def agrees(self, other: "Span") -> bool:
        return abs(self.ahead_of(other)) <= LIMIT

    def narrowed(self, other: "Span") -> "Span":
        """What both say together; this one alone when they do not overlap."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Span(low=low, high=high) if low <= high else self


class Witness(Protocol):
    """Somebody independent who knows the time."""

    async def testify(self) -> Span | None:
        """How far his clock is ahead of our steady one; None when he cannot be asked now. Never raises."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why the clock is not believed. The message is for the screen; it is empty while the witnesses are being asked."""

    message: str


class Steadiness:
    """The clock of the house: the deciding clock, watched. One per process; ``look`` is called at every sweep.

    ``now`` shows what the deciding clock shows as long as that is believable, and what it should show otherwise. So a
    step, whenever it comes, also between the claim of a delivery and the intent to send it, makes nothing early, ends no
    lease, and proves nothing absent.
    """

    def __init__(
        self, *, clock: Clock, witnesses: Sequence[Witness] = (), steady: Callable[[], float] = steady_seconds
    ) -> None:
        """``clock`` is the one that decides: the database's."""
        self._clock = clock
        self._witnesses = witnesses
        self._steady = steady
        self._anchor: Span | None = None
        self._floor: Span | None = None
        self._left_in_doubt = False
        self._testimonies: list[Span] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._heard: Callable[[], None] = lambda: None
        self._ask_from = 0.0
        self._head_before: int | None = None
        self._cleared = False
        self._tell_from = 0.0

    def when_heard(self, ring: Callable[[], None]) -> None:
        """Calls ``ring`` when the witnesses have answered: nothing must wait for the next second then."""
        self._heard = ring

    async def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        shown, reading = await self._read()
        if self._anchor is None or reading.agrees(self._anchor):
            return shown
        return datetime.fromtimestamp(self._steady() + self._anchor.low, UTC)

    async def look(self) -> bool:
        """Whether anything may be sent now. Raises the incident when the clock falls into doubt, clears it afterwards."""
        shown, reading = await self._read()
        doubt = await self._doubt(shown, reading)
        if doubt is not None and (self._vouched(reading) or await self._accepted(shown)):
            log.warning("the deciding clock, which shows %s, is believed again", shown)
            doubt, self._anchor = None, reading
        if doubt is None:
            self._anchor = reading if self._anchor is None else self._anchor.narrowed(reading)
            self._testimonies, self._head_before = None, None
        else:
            self._ask()
        await self._tell(doubt, shown)
        return doubt is None

    async def close(self) -> None:
        """Stops asking: a witness that says nothing is not waited for."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait({self._asking})

    async def _read(self) -> tuple[datetime, Span]:
        before = self._steady()
        shown = await self._clock.now()
        return shown, Span.read(shown, before=before, after=self._steady())

    async def _doubt(self, shown: datetime, reading: Span) -> Doubt | None:
        if self._anchor is None:
            return await self._at_start(shown, reading)
        apart = reading.ahead_of(self._anchor)
        if abs(apart) <= LIMIT:
            return None
        return Doubt(f"服务器时钟突然{_fast(apart)} {_long(apart)}（现在显示 {_shown(shown)}），已停止发送")

    async def _at_start(self, shown: datetime, reading: Span) -> Doubt | None:
        """A clock that was set while nobody ran: it is not before what was done last, and the witnesses are heard."""
        if self._floor is None:
            self._floor = await self._earliest(reading)
            self._left_in_doubt = await Incident.filter(open_key=KEY).exists()
        behind = reading.ahead_of(self._floor)
        if behind < -LIMIT:
            return Doubt(f"服务器时钟（{_shown(shown)}）比最近一次操作的记录还早 {_long(behind)}，已停止发送")
        if self._left_in_doubt and await Incident.filter(open_key=KEY).exists():
            # Starting anew is no way round a doubt: what the clock should show is forgotten, the doubt is not.
            return Doubt(f"服务器时钟（{_shown(shown)}）在重新启动之前就有疑问，尚未核实，已停止发送")
        if not self._witnesses:
            return None
        if self._testimonies is None:
            return Doubt("")
        against = [span for span in self._testimonies if not reading.agrees(span)]
        if not against:
            return None
        apart = reading.ahead_of(against[0])
        return Doubt(f"服务器时钟（{_shown(shown)}）比平台服务器的时间{_fast(apart)} {_long(apart)}，已停止发送")

    async def _earliest(self, reading: Span) -> Span:
        """It is not earlier than the newest record of the audit trail; where a person answered for a clock that went
        back, only what came since counts."""
        accepted = await AuditRecord.filter(verb=ACCEPT).order_by("-id").first()
        since = AuditRecord.filter(id__gte=accepted.id) if accepted is not None else AuditRecord.all()
        newest = await since.order_by("-at").first()
        low = newest.at.timestamp() - self._steady() if newest is not None else reading.low
        return Span(low=low, high=float("inf"))

    def _vouched(self, reading: Span) -> bool:
        """Whether the witnesses agree with the clock: both when there are two, so that one that errs moves nothing."""
        agreeing = sum(reading.agrees(span) for span in self._testimonies or ())
        return agreeing >= min(2, len(self._witnesses)) > 0

    async def _accepted(self, shown: datetime) -> bool:
        """Whether a person answered for the time that the clock shows, after it fell into doubt."""
        if self._head_before is None:
            head = await AuditHead.get_or_none(id=1)
            self._head_before = head.last_id if head is not None else 0
        act = await AuditRecord.filter(verb=ACCEPT, id__gt=self._head_before).order_by("-id").first()
        return act is not None and -timedelta(seconds=LIMIT) <= shown - act.at <= ACCEPT_FRESH

    def _ask(self) -> None:
        if self._witnesses and self._asking is None and self._steady() >= self._ask_from:
            self._ask_from = self._steady() + ASK_EVERY
            self._asking = asyncio.create_task(self._hear(), name="witnesses of the time")

    async def _hear(self) -> None:
        try:
            heard = await asyncio.gather(*[witness.testify() for witness in self._witnesses])
            self._testimonies = [span for span in heard if span is not None]
        finally:
            self._asking = None
        self._heard()

    async def _tell(self, doubt: Doubt | None, shown: datetime) -> None:
        """One incident for one doubt, renewed each minute and not each second."""
        if doubt is None:
            if not self._cleared:
                await clear_incident(KEY, now=shown)
            self._cleared, self._tell_from = True, 0.0
        elif doubt.message and self._steady() >= self._tell_from:
            await raise_incident(KEY, kind="clock", message=doubt.message, remedy=REMEDY, now=shown)
            self._cleared, self._tell_from = False, self._steady() + TELL_EVERY


def _fast(apart: float) -> str:
    return "快了" if apart > 0 else "慢了"


def _long(seconds: float) -> str:
    seconds = abs(seconds)
    for limit, unit, name in ((120, 1, "秒"), (120 * 60, 60, "分钟"), (48 * 3600, 3600, "小时")):
        if seconds < limit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / 86400:.0f} 天"


def _shown(now: datetime) -> str:
    return f"{now.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"

"""An announcement (预告) in words and days: what it says, when it is due, whether it is overdue. Pure."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from publishers.slot import SHANGHAI


class Precision(StrEnum):
    """How exactly the time is announced."""

    MOMENT = "moment"
    DAY = "day"
    MONTH = "month"


class Standing(StrEnum):
    """Where an announcement is on its way."""

    PROPOSED = "proposed"
    PLANNED = "planned"
    CHANGED = "changed"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    REFUSED = "refused"


OPEN: Final = frozenset({Standing.PLANNED, Standing.CHANGED})
"""Public, and still to come."""
PUBLIC: Final = OPEN | {Standing.FULFILLED, Standing.CANCELLED}
STANDING_NAMES: Final = {
    Standing.PROPOSED: "等待确认", Standing.PLANNED: "已预告", Standing.CHANGED: "已改期", Standing.FULFILLED: "已公布",
    Standing.CANCELLED: "已取消", Standing.REFUSED: "未同意",
}  # fmt: skip
_MONTH: Final = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When: the beginning of the moment, day or month in UTC, and how exactly."""

    at: datetime
    precision: Precision

    @property
    def first(self) -> date:
        return self.at.astimezone(SHANGHAI).date()

    @property
    def last(self) -> date:
        """The last day on which it is still kept."""
        if self.precision is Precision.MONTH:
            return self.first.replace(day=monthrange(self.first.year, self.first.month)[1])
        return self.first

    @property
    def end(self) -> datetime:
        """After this it is overdue: the moment and an hour, or the end of the day or month."""
        if self.precision is Precision.MOMENT:
            return self.at + timedelta(hours=1)
        return datetime.combine(self.last + timedelta(days=1), time(0), SHANGHAI).astimezone(UTC)

    @property
    def words(self) -> str:
        """“2027年3月1日9:30”, “2027年3月1日”, “2027年3月”."""
        local = self.at.astimezone(SHANGHAI)
        if self.precision is Precision.MONTH:
            return f"{local.year}年{local.month}月"
        day = f"{local.year}年{local.month}月{local.day}日"
        return f"{day}{local.hour}:{local:%M}" if self.precision is Precision.MOMENT else day

    @property
    def typed(self) -> str:
        """As the form has it."""
        local = self.at.astimezone(SHANGHAI)
        forms = {Precision.MONTH: "%Y-%m", Precision.DAY: "%Y-%m-%d", Precision.MOMENT: "%Y-%m-%dT%H:%M"}
        return local.strftime(forms[self.precision])


def parse_due(text: str, precision: str) -> Due:
    """Reads 2027-03, 2027-03-01 or 2027-03-01T09:30 (Shanghai) for its precision. Raises ValueError in plain words."""
    try:
        exactly = Precision(precision)
    except ValueError:
        raise ValueError("请选择预告到月、到日还是到时刻") from None
    text = text.strip()
    try:
        if exactly is Precision.MONTH:
            found = _MONTH.fullmatch(text[:7])
            if found is None:
                raise ValueError(text)
            moment = datetime(int(found[1]), int(found[2]), 1, tzinfo=SHANGHAI)
        elif exactly is Precision.DAY:
            moment = datetime.combine(date.fromisoformat(text[:10]), time(0), SHANGHAI)
        else:
            plain = datetime.fromisoformat(text)
            moment = plain if plain.tzinfo is not None else plain.replace(tzinfo=SHANGHAI)
        return Due(at=moment.astimezone(UTC), precision=exactly)
    except (ValueError, OverflowError):
        sample = {Precision.MONTH: "2027-03", Precision.DAY: "2027-03-01", Precision.MOMENT: "2027-03-01 09:30"}[
            exactly
        ]
        raise ValueError(f"时间无法识别，请写成 {sample}") from None


def sentence(
    title: str, due: Due, standing: Standing, *, unit: str, reason: str = "", first_due: str = "", note: str = "",
    published_on: date | None = None,
) -> str:  # fmt: skip
    """What the public reads and the bot says, word for word."""
    name = title if title.startswith("《") else f"“{title}”"
    if standing is Standing.FULFILLED:
        day = published_on or due.first
        said = f"{name}已于{day.year}年{day.month}月{day.day}日公布。"
    elif standing is Standing.CANCELLED:
        said = f"原定{due.words}公布的{name}已取消公布。原因：{reason.rstrip('。')}。"
    elif standing is Standing.CHANGED:
        before = f"原定{first_due}，" if first_due else ""
        said = f"{name}改于{due.words}公布。{before}改期原因：{reason.rstrip('。')}。"
    else:
        said = f"{name}将于{due.words}公布。"
    tail = f"预告单位：{unit}。"
    return said + (f"{note.rstrip('。')}。" if note and standing in OPEN else "") + tail

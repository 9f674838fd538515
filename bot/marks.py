"""有用/没用 as figures: ``knowledge.opinion.Opinions`` over the marks of the answers. No person is read."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from tortoise.functions import Count, Max
from tortoise.queryset import QuerySet

from bot.feedback_records import AnswerFeedback
from knowledge.opinion import Complaint, Opinion

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")


class Marks:
    """Over every channel; a reason is one of ``bot.rating.REASONS``, or empty."""

    async def by_entry(self, first: date, last: date, *, unit: str | None = None) -> Mapping[str, Opinion]:
        return await _grouped(_within(first, last, unit), "entry_id")

    async def by_unit(self, first: date, last: date) -> Mapping[str, Opinion]:
        return await _grouped(_within(first, last, None), "unit")

    async def complaints(self, first: date, last: date, *, unit: str | None = None) -> Sequence[Complaint]:
        rows = _within(first, last, unit).filter(useful=False).annotate(times=Count("id"), last=Max("at"))
        found = await rows.group_by("entry_id", "unit", "reason").values("entry_id", "unit", "reason", "times", "last")
        complaints = [
            Complaint(
                entry_id=str(row["entry_id"]), unit=str(row["unit"]),
                reason=str(row["reason"]), times=int(row["times"]),
                last=_moment(row["last"]),
            )
            for row in found
        ]  # fmt: skip
        return sorted(complaints, key=lambda one: (-one.times, one.entry_id, one.reason))


def _within(first: date, last: date, unit: str | None) -> QuerySet[AnswerFeedback]:
    since = datetime.combine(first, time(), SHANGHAI)
    until = datetime.combine(last + timedelta(days=1), time(), SHANGHAI)
    rows = AnswerFeedback.filter(at__gte=since, at__lt=until)
    return rows if unit is None else rows.filter(unit=unit)


async def _grouped(rows: QuerySet[AnswerFeedback], column: str) -> dict[str, Opinion]:
    found: dict[str, Opinion] = {}
    for row in await rows.annotate(times=Count("id")).group_by(column, "useful").values(column, "useful", "times"):
        times = int(row["times"])
        one = Opinion(useful=times) if row["useful"] else Opinion(useless=times)
        found[str(row[column])] = found.get(str(row[column]), Opinion()) + one
    return found


def _moment(value: Any) -> datetime:
    """The database's word for a moment; SQLite gives the largest one as text."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo("UTC"))

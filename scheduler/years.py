"""The years that this office has entered, kept in the database and known to every node: one calendar for the whole house."""

from collections.abc import Mapping
from datetime import date

from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from disclosures.workdays import WorkingDays, YearCalendar
from disclosures.year_records import AnnouncedYear
from disclosures.year_table import YearRefused, read_year
from scheduler.errors import CalendarInvalid
from staff.person import Person
from staff.roles import Verb


class Years:
    """Keeps ``working_days`` at what the database says. Every node refreshes; the one that imports knows at once."""

    def __init__(self, *, clock: Clock, trail: Trail, working_days: WorkingDays) -> None:
        self.working_days = working_days
        self._clock = clock
        self._trail = trail
        self._seen: tuple[tuple[int, object], ...] = ()

    async def refresh(self) -> None:
        """A bell: reads what changed; one small query when nothing did."""
        marks = tuple(
            [(year, at) for year, at in await AnnouncedYear.all().order_by("year").values_list("year", "entered_at")]
        )
        if marks == self._seen:
            return
        self.working_days.learn([calendar_of(row) for row in await AnnouncedYear.all()])
        self._seen = marks

    async def entered(self) -> list[AnnouncedYear]:
        """What was entered, the newest year first."""
        return await AnnouncedYear.all().order_by("-year")

    async def enter(self, person: Person, data: bytes, *, source: str) -> YearCalendar:
        """Enters a year, or replaces it. Raises NotAllowed, CalendarInvalid."""
        person.require(Verb.CALENDAR_WRITE)
        try:
            calendar = read_year(data, source=source)
        except YearRefused as error:
            raise CalendarInvalid("source" if "依据" in str(error) else "file", str(error), error.remedy) from None
        off, worked = _plain(calendar.off), _plain(calendar.worked)
        async with in_transaction() as connection:
            now = await self._clock.now()
            await AnnouncedYear.filter(year=calendar.year).using_db(connection).delete()
            await AnnouncedYear.create(
                using_db=connection, year=calendar.year, source=calendar.source, off=off, worked=worked,
                entered_by_name=person.display_name, entered_at=now,
            )  # fmt: skip
            await self._trail.append(
                connection, at=now, actor=person.actor, verb="calendar.year", subject=f"year:{calendar.year}",
                year=calendar.year, source=calendar.source, off=off, worked=worked,
            )  # fmt: skip
        await self.refresh()
        return calendar


def calendar_of(row: AnnouncedYear) -> YearCalendar:
    return YearCalendar.parse({"year": row.year, "source": row.source, "off": row.off, "worked": row.worked})


def _plain(days: Mapping[date, str]) -> dict[str, str]:
    return {day.isoformat(): name for day, name in sorted(days.items())}

"""The plan and the announcements as iCalendar (RFC 5545, RFC 7986): stable UIDs, SEQUENCE, STATUS, Shanghai's time. Pure.

``icalendar`` is imported here alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event, Timezone, TimezoneStandard

from publishers.slot import SHANGHAI

LONGEST = timedelta(minutes=30)
"""How long a release stands in a person's day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event. ``uid`` never changes; ``sequence`` grows with every change of the time. ``last`` is the last whole day of
    an event without a time of day."""

    uid: str
    sequence: int
    title: str
    stamp: datetime
    at: datetime | None = None
    first: date | None = None
    last: date | None = None
    text: str = ""
    url: str = ""
    cancelled: bool = False
    tentative: bool = False
    categories: tuple[str, ...] = ()


def calendar(entries: Iterable[Entry], *, name: str, refresh: timedelta = timedelta(hours=1)) -> bytes:
    """``text/calendar``; the same entries give the same bytes."""
    book = Calendar()
    book.add("prodid", "-//Mingbai//gov calendar//ZH-CN")
    book.add("version", "2.0")
    book.add("calscale", "GREGORIAN")
    book.add("method", "PUBLISH")
    book.add("name", name)
    book.add("x-wr-calname", name)
    book.add("x-wr-timezone", "Asia/Shanghai")
    book.add("refresh-interval", refresh, parameters={"VALUE": "DURATION"})
    book.add_component(_shanghai())
    for entry in entries:
        book.add_component(_event(entry))
    return bytes(book.to_ical())


def _shanghai() -> Timezone:
    """China has known no summer time since 1991: one standard observance is the whole truth."""
    zone = Timezone()
    zone.add("tzid", "Asia/Shanghai")
    standard = TimezoneStandard()
    standard.add("dtstart", datetime(1991, 9, 15, 1, 0))  # noqa: DTZ001 - a VTIMEZONE's start is local by definition
    standard.add("tzoffsetfrom", timedelta(hours=8))
    standard.add("tzoffsetto", timedelta(hours=8))
    standard.add("tzname", "CST")
    zone.add_component(standard)
    return zone


def _event(entry: Entry) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", entry.stamp.astimezone(UTC))
    event.add("last-modified", entry.stamp.astimezone(UTC))
    event.add("sequence", entry.sequence)
    event.add("summary", entry.title)
    if entry.at is not None:
        event.add("dtstart", entry.at.astimezone(SHANGHAI))
        event.add("dtend", entry.at.astimezone(SHANGHAI) + LONGEST)
    elif entry.first is not None:
        event.add("dtstart", entry.first)
        event.add("dtend", (entry.last or entry.first) + timedelta(days=1))
    if entry.text:
        event.add("description", entry.text)
    if entry.url:
        event.add("url", entry.url)
    if entry.categories:
        event.add("categories", list(entry.categories))
    event.add("status", "CANCELLED" if entry.cancelled else "TENTATIVE" if entry.tentative else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    return event

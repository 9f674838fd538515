"""Invariants 2 and 7: a moment is one point of time, whatever its offset, the machine's zone, and the calendar's oddities."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publishers.records import Delivery
from scheduler.errors import MomentRefused
from scheduler.moments import HORIZON, parse_moment
from tests.time.conftest import PUBLISHER, House, SetClock, _approved

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]
ODD = [
    "2026-11-23T23:59:59+08:00",
    "2026-11-24T00:00:00+08:00",
    "2026-11-24T00:01:00+08:00",
    "2026-12-31T23:59:59+08:00",
    "2027-01-01T00:00:00+08:00",
    "2028-02-29T00:00:00+08:00",
    "2028-02-29T23:59:59+08:00",
    "2028-03-01T00:00:00+08:00",
    "2026-12-01T00:00:00+13:00",
    "2026-11-30T23:59:59-12:00",
    # New York's clocks jump from 02:00 to 03:00 on 14 March 2027, and show 01:00 to 02:00 twice on 7 November 2027.
    "2027-03-14T01:59:59-05:00",
    "2027-03-14T02:30:00-05:00",
    "2027-03-14T03:00:00-04:00",
    "2027-11-07T01:30:00-04:00",
    "2027-11-07T01:30:00-05:00",
]


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """The machine stands in another zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


async def test_a_release_goes_out_at_its_moment_in_every_zone(any_database: str, zone: str) -> None:
    assert (
        time.tzname[0] == {"UTC": "UTC", "America/New_York": "EST", "Asia/Kolkata": "IST", "Pacific/Apia": "+13"}[zone]
    )
    for text in sorted(ODD, key=datetime.fromisoformat):
        due = datetime.fromisoformat(text)
        house = House(SetClock(due.astimezone(UTC) - timedelta(seconds=3)))
        number = await _approved(house.clock.shown)
        await house.timetable.schedule(PUBLISHER, number, at=text, channels=["portal", "wechat"])
        await house.run(2.9, every=0.1)
        assert house.portal.effects == house.platform.effects == [], text
        await house.run(1, every=0.1)
        (page,), (post,) = house.portal.effects, house.platform.effects
        assert timedelta() <= page - due <= post - due <= timedelta(seconds=1), text
        stored = await Delivery.filter(channel="portal").order_by("-id").first()
        assert stored is not None
        assert stored.due_at == due
        assert stored.due_at.utcoffset() == timedelta()


async def test_the_two_hours_of_an_autumn_night_are_two_moments(lonely: Any) -> None:
    """01:30 comes twice in New York; each release has its own."""
    house = lonely
    house.clock._start = datetime(2027, 11, 7, 5, 29, tzinfo=UTC)
    first = datetime(2027, 11, 7, 1, 30, tzinfo=ZoneInfo("America/New_York"), fold=0)
    second = first.replace(fold=1)
    await house.planned(first, "portal")
    await house.planned(second, "portal")
    await house.run(2 * 3600, every=60)
    gone = [effect.astimezone(UTC) for effect in house.portal.effects]
    assert [moment.hour * 60 + moment.minute for moment in gone] == [5 * 60 + 30, 6 * 60 + 30]


moments = st.datetimes(
    min_value=datetime(2026, 11, 23, 2),  # noqa: DTZ001
    max_value=(NOW + HORIZON - timedelta(days=2)).replace(tzinfo=None),
)
offsets = st.integers(min_value=-23 * 60 - 59, max_value=23 * 60 + 59).map(lambda m: timezone(timedelta(minutes=m)))


@given(moment=moments, offset=offsets)
def test_any_offset_names_the_same_moment(moment: datetime, offset: timezone) -> None:
    exact = moment.replace(tzinfo=UTC)
    parsed = parse_moment(exact.astimezone(offset).isoformat(), now=NOW)
    assert parsed == exact
    assert parsed.tzinfo is UTC


@given(text=st.one_of(st.text(max_size=40), st.datetimes().map(str), st.datetimes(timezones=offsets).map(str)))
@example("0001-01-01T00:00:00+14:00")
@example("9999-12-31T23:59:59-12:00")
@example("2026-02-29T10:00:00+08:00")
@example("2026-12-31T24:00:00+08:00")
@example("2026-11-23T10:00:00")
def test_any_text_is_a_moment_to_come_or_refused_in_words(text: str) -> None:
    refusal = ""
    try:
        parsed = parse_moment(text, now=NOW)
    except MomentRefused as refused:
        refusal = str(refused)
        parsed = NOW
    assert NOW <= parsed <= NOW + HORIZON
    assert not refusal or any(word in refusal for word in ("时间", "年份"))


async def test_around_midnight_nothing_is_counted_to_the_wrong_day(lonely: Any) -> None:
    """A release a second before and after midnight in Shanghai, every minute of the change."""
    house = lonely
    house.clock._start = datetime(2026, 11, 23, 15, 58, 30, tzinfo=UTC)
    dues = [datetime(2026, 11, 23, 15, 59, tzinfo=UTC) + timedelta(seconds=20 * n) for n in range(7)]
    for due in dues:
        await house.planned(due)
    await house.run(240)
    assert len(house.portal.effects) == len(house.platform.effects) == len(dues)
    for due, page, post in zip(dues, house.portal.effects, house.platform.effects, strict=True):
        assert timedelta() <= page - due <= post - due <= timedelta(seconds=2)

"""When something will be public: to the moment, the day or the month; what is said of it; and its event in iCalendar."""

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar

from publishers.slot import SHANGHAI
from scheduler.announcing import Due, Precision, Standing, parse_due, sentence
from scheduler.ics import Entry, calendar

STAMP = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "precision", "words", "typed", "last"),
    [
        ("2027-03", "month", "2027年3月", "2027-03", date(2027, 3, 31)),
        ("2027-02-15", "month", "2027年2月", "2027-02", date(2027, 2, 28)),
        ("2027-03-01", "day", "2027年3月1日", "2027-03-01", date(2027, 3, 1)),
        ("2027-03-01T09:05", "moment", "2027年3月1日9:05", "2027-03-01T09:05", date(2027, 3, 1)),
        ("2027-03-01T01:05:00+00:00", "moment", "2027年3月1日9:05", "2027-03-01T09:05", date(2027, 3, 1)),
    ],
)
def test_a_time_is_read_as_exactly_as_it_is_announced(
    text: str, precision: str, words: str, typed: str, last: date
) -> None:
    due = parse_due(text, precision)
    assert (due.words, due.typed, due.last) == (words, typed, last)
    assert parse_due(due.typed, precision) == due


@pytest.mark.parametrize(
    ("text", "precision"),
    [("", "day"), ("2027-02-30", "day"), ("2027-13", "month"), ("三月", "month"), ("2027-03-01", "week"), ("9999-99", "day"), ("0001-01-01T00:00", "moment")],
)  # fmt: skip
def test_any_other_time_is_refused_with_a_sample(text: str, precision: str) -> None:
    with pytest.raises(ValueError, match="请"):
        parse_due(text, precision)


def test_a_day_is_kept_until_its_end_and_a_month_until_its_last_day() -> None:
    assert parse_due("2027-03-01", "day").end == datetime(2027, 3, 1, 16, tzinfo=UTC)
    assert parse_due("2027-03", "month").end == datetime(2027, 3, 31, 16, tzinfo=UTC)
    assert parse_due("2027-03-01T09:00", "moment").end == datetime(2027, 3, 1, 2, tzinfo=UTC)


def test_each_standing_has_its_sentence() -> None:
    due = Due(at=datetime(2027, 2, 28, 16, tzinfo=UTC), precision=Precision.DAY)

    def said(standing: Standing, **more: object) -> str:
        return sentence("2027年财政预算", due, standing, unit="区财政局", **more)  # type: ignore[arg-type]

    assert (
        said(Standing.PLANNED, note="含部门预算")
        == "“2027年财政预算”将于2027年3月1日公布。含部门预算。预告单位：区财政局。"
    )
    changed = said(Standing.CHANGED, reason="人代会改期。", first_due="2027年2月20日")
    assert (
        changed == "“2027年财政预算”改于2027年3月1日公布。原定2027年2月20日，改期原因：人代会改期。预告单位：区财政局。"
    )
    assert "已取消公布。原因：合并公布。" in said(Standing.CANCELLED, reason="合并公布")
    assert said(Standing.FULFILLED, published_on=date(2027, 2, 27)).startswith(
        "“2027年财政预算”已于2027年2月27日公布。"
    )


def test_a_calendar_is_read_back_as_it_was_meant() -> None:
    entries = [
        Entry(uid="release-1@x", sequence=3, title="关于供暖，补贴；的通知", stamp=STAMP, at=datetime(2026, 12, 1, 1, tzinfo=UTC)),
        Entry(uid="announcement-2@x", sequence=0, title="预告：预算", stamp=STAMP, first=date(2027, 3, 1), last=date(2027, 3, 31), tentative=True),
        Entry(uid="announcement-3@x", sequence=1, title="取消的", stamp=STAMP, first=date(2027, 4, 1), cancelled=True),
    ]  # fmt: skip
    body = calendar(entries, name="发布计划")
    assert calendar(entries, name="发布计划") == body, "the same plan gives the same bytes"
    assert all(len(line) <= 75 for line in body.split(b"\r\n")), "RFC 5545 §3.1: lines of at most 75 octets"
    book = Calendar.from_ical(body)
    assert not book.errors
    first, month, gone = book.walk("VEVENT")
    assert (first["UID"], first["SEQUENCE"], first["SUMMARY"]) == ("release-1@x", 3, "关于供暖，补贴；的通知")
    assert first["DTSTART"].dt == datetime(2026, 12, 1, 9, tzinfo=SHANGHAI)
    assert first["DTSTART"].params["TZID"] == "Asia/Shanghai"
    assert first["DTEND"].dt - first["DTSTART"].dt == timedelta(minutes=30)
    assert (month["DTSTART"].dt, month["DTEND"].dt, month["STATUS"]) == (
        date(2027, 3, 1),
        date(2027, 4, 1),
        "TENTATIVE",
    )
    assert (gone["STATUS"], gone["DTEND"].dt) == ("CANCELLED", date(2027, 4, 2))
    (zone,) = book.walk("VTIMEZONE")
    assert zone["TZID"] == "Asia/Shanghai"

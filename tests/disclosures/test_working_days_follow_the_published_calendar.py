"""Working days: 2026 as the State Council announced it, deadlines of 10 and 20 days, and honesty about 2027."""

from datetime import date, timedelta
from typing import Any

import pytest

from disclosures.deadlines import deadlines
from disclosures.workdays import PROVISIONAL_NOTE, WorkingDays, YearCalendar

# 国务院办公厅关于2026年部分节假日安排的通知, 2025-11-04.
OFF_2026 = [("01-01", "01-03"), ("02-15", "02-23"), ("04-04", "04-06"), ("05-01", "05-05"), ("06-19", "06-21"),
            ("09-25", "09-27"), ("10-01", "10-07")]  # fmt: skip
WORKED_2026 = ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]


def announced_2026() -> set[date]:
    off: set[date] = set()
    for first, last in OFF_2026:
        day = date.fromisoformat(f"2026-{first}")
        while day <= date.fromisoformat(f"2026-{last}"):
            off.add(day)
            day += timedelta(days=1)
    return off


def test_every_day_of_2026_is_as_announced() -> None:
    calendar, off = WorkingDays(), announced_2026()
    worked = {date.fromisoformat(f"2026-{day}") for day in WORKED_2026}
    for number in range(365):
        day = date(2026, 1, 1) + timedelta(days=number)
        assert calendar.is_working(day) == (day in worked or (day not in off and day.weekday() < 5)), day


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-11-23", 10, "2026-12-07"),
        ("2026-11-23", 20, "2026-12-21"),
        ("2026-11-21", 1, "2026-11-23"),  # a Saturday
        ("2026-02-13", 1, "2026-02-14"),  # the Saturday before Spring Festival is worked
        ("2026-02-14", 1, "2026-02-24"),
        ("2026-09-30", 3, "2026-10-10"),  # 10-08, 10-09 and the worked Saturday
        ("2026-12-03", 20, "2026-12-31"),
        ("2026-12-17", 10, "2026-12-31"),
    ],
)
def test_deadlines_within_known_years(start: str, days: int, end: str) -> None:
    deadline = WorkingDays().add(date.fromisoformat(start), days)
    assert deadline.date.isoformat() == end
    assert (deadline.provisional, deadline.note, len(deadline.days)) == (False, "", days)
    assert date.fromisoformat(start) not in deadline.days, "the day of the event is not counted"
    assert "国务院办公厅" in deadline.source


@pytest.mark.parametrize(("start", "days", "end"), [("2026-12-04", 20, "2027-01-01"), ("2026-12-18", 10, "2027-01-01")])
def test_a_deadline_that_crosses_into_2027_says_that_it_is_provisional(start: str, days: int, end: str) -> None:
    deadline = WorkingDays().add(date.fromisoformat(start), days)
    assert (deadline.provisional, deadline.note) == (True, PROVISIONAL_NOTE)
    assert deadline.date.isoformat() == end, "weekends only: New Year's Day is not guessed"


def test_the_notice_for_2027_settles_it() -> None:
    notice = YearCalendar.parse({
        "year": 2027, "source": "国办发明电〔2026〕0号（示例）", "off": {"2027-01-01": "元旦"},
        "worked": {"2027-01-02": "元旦"},
    })  # fmt: skip
    deadline = WorkingDays([notice]).add(date(2026, 12, 18), 11)
    assert (deadline.date, deadline.provisional) == (date(2027, 1, 4), False)
    assert deadline.days[-2:] == (date(2027, 1, 2), date(2027, 1, 4))
    assert "示例" in deadline.source


def test_the_count_is_explained_day_by_day() -> None:
    lines = WorkingDays().add(date(2026, 9, 30), 2).explanation()
    assert lines[0] == "2026年10月1日（星期四）　不计：国庆节"
    assert lines[-2:] == ("2026年10月8日（星期四）　第 1 个工作日", "2026年10月9日（星期五）　第 2 个工作日")
    assert len(lines) == 9


def test_years_before_the_data_are_provisional_too() -> None:
    assert WorkingDays().add(date(2003, 5, 1), 3).provisional
    assert not WorkingDays().add(date(2004, 3, 1), 3).provisional
    with pytest.raises(ValueError, match="at least one"):
        WorkingDays().add(date(2026, 1, 1), 0)


def test_days_left_and_days_late() -> None:
    calendar = WorkingDays()
    friday, monday = date(2026, 11, 20), date(2026, 11, 23)
    assert (calendar.remaining(friday, monday), calendar.remaining(monday, monday)) == (1, 0)
    assert calendar.remaining(monday, friday) == -1
    assert calendar.remaining(date(2026, 9, 30), date(2026, 10, 8)) == 1


def test_counting_back_and_forth_agrees_for_every_start_of_three_years() -> None:
    calendar = WorkingDays()
    for number in range(3 * 365):
        start = date(2023, 6, 1) + timedelta(days=number)
        deadline = calendar.add(start, 10)
        assert calendar.remaining(start, deadline.date) == 10
        assert calendar.is_working(deadline.date)


async def test_a_disclosure_has_the_local_and_the_statutory_deadline(office: Any) -> None:
    sheet = await office.desk.create(office.drafter, office.draft(formed_on=date(2026, 11, 20)))
    local, statutory = await office.desk.deadlines(sheet)
    assert (local.date, statutory.date) == (date(2026, 12, 4), date(2026, 12, 18))
    category = next(row for row in await office.catalogue.categories() if row.name == "通知公告")
    assert deadlines(sheet.content, category, WorkingDays()) == (local, statutory)

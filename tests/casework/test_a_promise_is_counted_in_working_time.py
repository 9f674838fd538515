"""What is promised is counted in the working time of the one calendar, and a number that is read aloud wrong is noticed."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.numbering import check_digit, found_in, number_of, sound
from casework.promise import SHANGHAI, after_working, light, promised, shipped, working_time
from disclosures.workdays import WorkingDays

CALENDAR, RULES = WorkingDays(), shipped()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-27 10:00", 2, "2026-11-27 12:00"),
        ("2026-11-27 11:00", 2, "2026-11-27 14:30"),  # Over lunch.
        ("2026-11-27 16:30", 2, "2026-11-30 10:30"),  # Over the weekend.
        ("2026-11-28 10:00", 2, "2026-11-30 11:00"),
        ("2026-09-30 16:00", 2, "2026-10-08 10:00"),  # Over the National Day holidays.
        ("2026-02-14 10:00", 2, "2026-02-14 12:00"),  # A Saturday that is worked (调休).
    ],
)
def test_the_first_word_is_due_in_working_hours(start: str, hours: int, due: str) -> None:
    assert after_working(RULES, at(start), timedelta(hours=hours), CALENDAR)[0] == at(due)


def test_the_answer_is_due_at_the_end_of_a_working_day_and_an_unannounced_year_is_provisional() -> None:
    promise = promised(RULES, "appeal", at("2026-11-27 10:00"), CALENDAR)
    assert (promise.answer_due, promise.provisional) == (at("2026-12-04 17:00"), False)
    assert promised(RULES, "appeal", at("2026-12-30 10:00"), CALENDAR).provisional


def test_a_light_is_told_in_working_time() -> None:
    since, due = at("2026-11-27 10:00"), at("2026-11-27 14:30")

    def seen(now: str, done: str = "") -> tuple[str, str]:
        found = light(RULES, since=since, due=due, done_at=at(done) if done else None, now=at(now), calendar=CALENDAR)
        return found.lamp, found.words

    assert seen("2026-11-27 10:30") == ("green", "还剩 2 个工作小时 30 分")
    assert seen("2026-11-27 14:00") == ("amber", "还剩 30 分钟")
    assert seen("2026-11-30 09:30") == ("red", "已超 3 个工作小时")
    assert seen("2026-11-30 09:30", "2026-11-27 12:00")[0] == "kept"
    assert seen("2026-11-30 09:30", "2026-11-27 15:30") == ("missed", "已办，超时 1 个工作小时")


moments = st.integers(0, 300 * 24 * 60).map(lambda minutes: at("2026-01-01 00:00") + timedelta(minutes=minutes))


@given(moments, st.integers(1, 40 * 60))
def test_the_working_time_until_the_due_moment_is_what_was_promised(start: datetime, minutes: int) -> None:
    due, _ = after_working(RULES, start, timedelta(minutes=minutes), CALENDAR)
    assert working_time(RULES, start, due, CALENDAR) == timedelta(minutes=minutes)


@given(st.dates(date(2026, 1, 1), date(2099, 12, 31)), st.integers(1, 99999), st.data())
def test_a_wrong_digit_in_a_number_is_noticed(day: date, place: int, data: st.DataObject) -> None:
    number = number_of(day, place)
    assert sound(number)
    assert found_in(f"我的编号是{number.replace('-', ' ')}，请查") == number
    digits = number.replace("-", "")
    where = data.draw(st.integers(0, len(digits) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != digits[where]]))
    assert not sound(digits[:where] + other + digits[where + 1 :])


def test_the_check_digit_is_that_of_the_standard() -> None:
    assert check_digit("0794") == "5"  # The example of ISO/IEC 7064.
    assert found_in("电话13812345678，20261127-0007-1") == ""

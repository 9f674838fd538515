"""Counters by day, entry, unit and channel: added in one statement, on both databases, and read as the pages need them."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.trail import Trail
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from knowledge.opinion import Opinion, Silence
from knowledge.stretch import beside, stretch_of, week_mark, week_named
from knowledge.usage import KEPT, Figures, Happened, Outcome, Usage
from knowledge.usage_records import AnswerTally, WeeklyReport
from knowledge.weekly import Weekly

MONDAY = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
ACTOR = Actor.machine("测试")


def happened(
    outcome: Outcome, *, entry: str = "dibao", unit: str = "区民政局", days: int = 0, channel: str = "wechat"
) -> Happened:
    return Happened(at=MONDAY + timedelta(days=days), entry_id=entry, unit=unit, channel=channel, outcome=outcome)


async def count(*all_of_it: Happened) -> None:
    async with in_transaction() as connection:
        await Usage().count(connection, all_of_it)


def entry(number: str, **changed: Any) -> Entry:
    return Entry(
        **{
            "id": number,
            "kind": EntryKind.faq,
            "title": f"题 {number}",
            "body": "文。",
            "unit": "区民政局",
            "source": "源",
            **changed,
        }
    )


async def teach(clock: Any, *entries: Entry) -> None:
    await Curation(clock=clock, trail=Trail()).put_entries(entries, actor=ACTOR)


async def test_the_same_thing_on_the_same_day_is_one_row(any_database: str) -> None:
    await count(happened(Outcome.at_once), happened(Outcome.at_once), happened(Outcome.missed))
    await count(happened(Outcome.at_once), happened(Outcome.at_once, days=1), happened(Outcome.at_once, channel="web"))
    assert await AnswerTally.all().count() == 4
    assert (await AnswerTally.get(outcome="at_once", channel="wechat", day=date(2026, 11, 23))).times == 3
    usage, day = Usage(), date(2026, 11, 23)
    assert (await usage.figures(day, day)).times == {"at_once": 4, "missed": 1}
    assert {name: one.questions for name, one in (await usage.by_channel(day, day)).items()} == {"wechat": 4, "web": 1}
    assert [one.questions for one in (await usage.by_day(day, day + timedelta(days=2))).values()] == [5, 1, 0]
    assert (await usage.by_unit(day, day))["区民政局"].coverage == 80
    assert await usage.since() == day


async def test_what_is_rolled_back_was_never_counted(any_database: str) -> None:
    async def fails_at_the_end() -> None:
        async with in_transaction() as connection:
            await Usage().count(connection, [happened(Outcome.at_once)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails_at_the_end()
    assert await AnswerTally.all().count() == 0


async def test_two_nodes_may_count_the_same_rows_at_once(any_database: str) -> None:
    forth = [happened(Outcome.at_once, entry=f"e{number}") for number in range(120)]
    await asyncio.gather(count(*forth), count(*reversed(forth)), count(*forth))
    assert await AnswerTally.filter(times=3).count() == 120


async def test_a_day_is_a_day_in_shanghai(database: str) -> None:
    late = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
    await count(Happened(at=late, entry_id="", unit="", channel="web", outcome=Outcome.missed))
    assert (await AnswerTally.get()).day == date(2026, 11, 24)


async def test_the_most_asked_come_with_what_they_were_before(any_database: str, clock: Any) -> None:
    await teach(clock, entry("dibao", title="低保怎么申请"), entry("yanglao", unit="区人社局"))
    await count(*[happened(Outcome.at_once)] * 3, happened(Outcome.chosen), *[happened(Outcome.at_once, days=-7)] * 2)
    await count(
        happened(Outcome.at_once, entry="yanglao", unit="区人社局"), happened(Outcome.at_once, entry="gone", unit="")
    )
    week = stretch_of("week", date(2026, 11, 25))
    past = (week.previous.first, week.previous.last)
    top = await Usage().top(week.first, week.last, past=past)
    assert [(one.entry_id, one.hits, one.before, one.trend) for one in top] == [
        ("dibao", 4, 2, "上升 100%"), ("gone", 1, 0, "新增"), ("yanglao", 1, 0, "新增"),
    ]  # fmt: skip
    assert (top[0].title, top[1].title) == ("低保怎么申请", "已不在库中的条目（gone）")
    assert [one.entry_id for one in await Usage().top(week.first, week.last, past=past, unit="区人社局")] == ["yanglao"]


async def test_an_entry_that_answered_nobody_for_weeks_is_named(any_database: str, clock: Any) -> None:
    await teach(clock, entry("a"), entry("b"), entry("c"), entry("d", live=False))
    await count(
        happened(Outcome.at_once, entry="a"),
        happened(Outcome.at_once, entry="b", days=-60),
        happened(Outcome.missed, entry="c"),
    )
    found, total = await Usage().unhit(date(2026, 11, 25), weeks=8)
    assert ([(one.entry_id, one.last) for one in found], total) == ([("b", date(2026, 9, 24)), ("c", None)], 2)
    assert (await Usage().unhit(date(2026, 11, 25), weeks=26))[1] == 1


async def test_counters_are_kept_for_three_years_and_no_longer(database: str) -> None:
    await count(happened(Outcome.at_once), happened(Outcome.at_once, days=-KEPT.days - 1))
    assert await Usage().forget_old(date(2026, 11, 23)) == 1
    assert await AnswerTally.all().count() == 1


def test_the_parts_of_a_week_add_up() -> None:
    figures = Figures(
        times={
            "at_once": 60,
            "offered": 20,
            "chosen": 25,
            "refused": 2,
            "missed": 10,
            "handed": 4,
            "person": 3,
            "documents": 6,
        }
    )
    assert (figures.questions, figures.at_once, figures.chosen, figures.answered) == (100, 66, 20, 86)
    assert (figures.handed, figures.missed, figures.open, figures.coverage) == (7, 16, 0, 86)
    assert Figures().coverage is None


def test_few_opinions_are_said_to_be_few() -> None:
    assert Opinion().words == "无人评价"
    assert Opinion(useful=3, useless=1).words == "3 人说有用，1 人说没用（评价太少，只作参考）"
    assert (Opinion(useful=9, useless=1).words, Opinion(useful=9, useless=1).few) == ("90%（10 人评价）", False)


def test_stretches_begin_and_end_where_the_calendar_says() -> None:
    assert (stretch_of("week", date(2027, 1, 3)).first, week_mark(date(2027, 1, 3))) == (date(2026, 12, 28), "2026-W53")
    assert (stretch_of("month", date(2028, 2, 9)).last, stretch_of("quarter", date(2026, 11, 5)).first) == (
        date(2028, 2, 29), date(2026, 10, 1),
    )  # fmt: skip
    assert stretch_of("quarter", date(2026, 12, 31)).following.first == date(2027, 1, 1)
    assert week_named("2026-W53") == stretch_of("week", date(2027, 1, 1))
    assert [week_named(text) for text in ("2025-W53", "2026-W00", "2026-W54", "x", "")] == [None] * 5


def test_half_a_week_is_compared_with_half_a_week() -> None:
    week = stretch_of("week", date(2026, 11, 25))
    half = beside(week, date(2026, 11, 25))
    assert (half.last, half.past_first, half.past_last, half.running) == (
        date(2026, 11, 25), date(2026, 11, 16), date(2026, 11, 18), True,
    )  # fmt: skip
    assert beside(week, date(2026, 12, 9)).past_last == date(2026, 11, 22)
    assert beside(stretch_of("month", date(2026, 3, 1)), date(2026, 3, 31)).past_last == date(2026, 2, 28)


async def test_a_week_is_frozen_once_when_it_is_over(any_database: str, clock: Any) -> None:
    await teach(clock, entry("dibao"))
    await count(happened(Outcome.at_once), happened(Outcome.missed, days=2))
    weekly = Weekly(clock=clock, usage=Usage(), opinions=Silence())
    week = stretch_of("week", date(2026, 11, 23))
    clock.moment = MONDAY + timedelta(days=3)
    await weekly.sweep()
    assert (await weekly.of(week)).frozen_at is None, "it is not over"
    clock.moment = MONDAY + timedelta(days=7)
    await weekly.sweep()
    frozen = await weekly.of(week)
    assert (frozen.frozen_at, frozen.figures.questions, frozen.top[0].title) == (clock.moment, 2, "题 dibao")
    await count(happened(Outcome.at_once))
    clock.moment += timedelta(days=1)
    await weekly.sweep()
    assert (await weekly.of(week)).figures.questions == 2, "what was handed round does not change any more"
    assert sorted([row.week async for row in WeeklyReport.all()]) == [date(2026, 11, 16), date(2026, 11, 23)]
    line = frozen.unit("区民政局")
    assert line is not None
    assert (line.figures.coverage, line.entries) == (50, 1)

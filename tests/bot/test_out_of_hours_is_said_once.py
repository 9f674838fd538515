"""Service hours with lunch, holidays and make-up days (调休) from the product's own calendar (features C24)."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from bot.conversation import Conversation
from bot.hours import SHANGHAI, closed_text, parse_hours, standing
from disclosures.workdays import WorkingDays

OFFICE = "工作日 9:00–12:00、13:30–17:00"
EVERY_DAY = frozenset(range(7))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2026-11-27 10:00", ""),
        ("2026-11-27 08:59", "现在还没有到上班时间，今天 09:00 起有人接待。"),
        ("2026-11-27 12:00", "现在是午休时间，今天 13:30 起有人接待。"),
        ("2026-11-26 17:00", "现在已经下班，明天 09:00 起有人接待。"),
        ("2026-11-27 18:00", "现在已经下班，11月30日（星期一）09:00 起有人接待。"),
        ("2026-11-28 10:00", "今天周末，无人值守，11月30日（星期一）09:00 起有人接待。"),
        ("2026-10-01 10:00", "今天国庆节放假，无人值守，10月8日（星期四）09:00 起有人接待。"),
        # 2026-10-10 is a Saturday that is worked (国办发明电〔2025〕7号).
        ("2026-10-10 10:00", ""),
        ("2026-10-09 17:30", "现在已经下班，明天 09:00 起有人接待。"),
        # Next year's holidays are not announced: no day is promised.
        ("2026-12-31 18:00", "现在已经下班，恢复上班后有人接待。"),
    ],
)
def test_who_is_there_follows_the_calendar(moment: str, said: str) -> None:
    hours = parse_hours(OFFICE)
    assert hours is not None
    now = at(moment)
    assert closed_text(standing(hours, now, WorkingDays()), now) == said


@pytest.mark.parametrize(
    ("text", "windows", "weekdays"),
    [
        (OFFICE, 2, None),
        ("周一至周五 8:30-17:30（节假日除外）", 1, None),
        ("星期一到星期六 9：00～12：00", 1, frozenset(range(6))),
        ("周六、周日 9:00-11:30", 1, frozenset({5, 6})),
        ("周五至周一 9:00-11:30", 1, frozenset({4, 5, 6, 0})),
        ("每天 8:00至24:00", 1, EVERY_DAY),
        ("24小时", 1, EVERY_DAY),
    ],
)
def test_hours_are_read_as_offices_write_them(text: str, windows: int, weekdays: frozenset[int] | None) -> None:
    hours = parse_hours(text)
    assert hours is not None
    assert (len(hours.windows), hours.weekdays) == (windows, weekdays)


@pytest.mark.parametrize(
    "text",
    [
        "", "电话预约", "夏季 8:00-12:00", "工作日 17:00-9:00", "工作日 9:00–12:00、11:00–17:00", "工作日 25:00-26:00", "工作日上午",
        "6月1日至9月30日 15:00-18:00", "周三除外 9:00-12:00", "工作日 9:00-10:00、" * 30,
    ],
)  # fmt: skip
def test_what_is_not_understood_promises_nothing(text: str) -> None:
    assert parse_hours(text) is None


def test_round_the_clock_is_never_closed() -> None:
    hours = parse_hours("24小时")
    assert hours is not None
    assert hours.windows == ((time(0), time.max),)
    for minute in range(0, 24 * 60, 7):
        assert standing(hours, at("2026-10-01 00:00") + timedelta(minutes=minute), WorkingDays()).open


@pytest.fixture
def night(clock: Any) -> Any:
    clock.moment = at("2026-11-27 20:15")
    return clock


async def said(conversation: Conversation, text: str, sender: str = "oNight") -> str:
    return (await conversation.answer(channel="wechat", sender=sender, text=text)).text


async def test_at_night_it_is_said_once_until_somebody_is_there_again(conversation: Conversation, night: Any) -> None:
    closed = "现在已经下班，11月30日（星期一）09:00 起有人接待。"
    assert closed in await said(conversation, "转人工")
    await said(conversation, "低保怎么申请")
    assert "有人接待" not in await said(conversation, "转人工")
    night.moment += timedelta(hours=9)
    assert "有人接待" not in await said(conversation, "人工服务")
    assert "今天周末，无人值守" in await said(conversation, "转人工", sender="oOther")
    night.moment = at("2026-11-30 10:00")
    assert "有人接待" not in await said(conversation, "转人工")
    night.moment = at("2026-11-30 17:30")
    assert "现在已经下班，明天 09:00 起有人接待。" in await said(conversation, "转人工")


async def test_the_unit_that_is_named_has_hours_of_its_own(conversation: Conversation, clock: Any) -> None:
    clock.moment = at("2026-11-27 14:00")
    await said(conversation, "民政局的停车证在哪儿领")
    text = await said(conversation, "民政局的停车证到底在哪儿领")
    assert "区民政局" in text
    assert "现在已经下班，11月30日（星期一）08:30 起有人接待。" in text


async def test_during_hours_nothing_is_said_of_hours(conversation: Conversation, clock: Any) -> None:
    clock.moment = at("2026-11-27 10:00")
    assert "有人接待" not in await said(conversation, "转人工")

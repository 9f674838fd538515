"""The pure parts: how old an unanswered comment is, how often a platform is asked, and what a chart says."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest

from disclosures.workdays import WorkingDays
from publishers.echo.chart import Series, bar, line_chart, short
from publishers.echo.pace import after_failure, due, leaves_enough
from publishers.echo.port import Post
from publishers.echo.radar import Message, reading, rule_on, working_days
from publishers.echo.states import MOST_LOOKS, again_at, look_at, may_say_not_sent

NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)  # a Wednesday, noon in Beijing
DAYS = WorkingDays()
RULE = rule_on(date(2026, 11, 25))


def test_the_rule_has_its_source() -> None:
    assert (RULE.answer_working_days, RULE.breach_days) == (3, 90)
    assert "19号" in RULE.source


def test_weekends_and_holidays_are_no_working_days() -> None:
    friday = datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert working_days(DAYS, friday, friday + timedelta(days=3)) == 1
    assert working_days(DAYS, datetime(2026, 9, 30, 4, tzinfo=UTC), datetime(2026, 10, 8, 4, tzinfo=UTC)) == 1
    assert working_days(DAYS, NOW, NOW - timedelta(days=1)) == 0


def test_the_radar_counts_what_is_late_and_what_was_in_time() -> None:
    messages = [
        Message(at=NOW - timedelta(days=1), answered_at=None),
        Message(at=NOW - timedelta(days=8), answered_at=None),
        Message(at=NOW - timedelta(days=9), answered_at=NOW - timedelta(days=8)),
        Message(at=NOW - timedelta(days=20), answered_at=NOW - timedelta(days=10)),
    ]
    told = reading("微博", "weibo", messages, rule=RULE, workdays=DAYS, now=NOW)
    assert (told.open, told.late, told.due, told.in_time, told.share) == (2, 1, 3, 1, 33)
    assert (told.oldest_working_days, told.level) == (6, "warn")


def test_three_months_without_an_answer_is_a_breach() -> None:
    old = [Message(at=NOW - timedelta(days=91), answered_at=None)]
    assert reading("微博", "weibo", old, rule=RULE, workdays=DAYS, now=NOW).level == "alarm"
    empty = reading("微博", "weibo", [], rule=RULE, workdays=DAYS, now=NOW)
    assert (empty.share, empty.level, empty.oldest_at) == (None, "good", None)


@pytest.mark.parametrize(("days", "level"), [(0, "good"), (6, "good"), (7, "warn"), (10, "alarm"), (15, "alarm")])
def test_an_account_that_falls_silent_is_warned_before_two_weeks(days: int, level: str) -> None:
    told = reading("微博", "weibo", [], rule=RULE, workdays=DAYS, now=NOW, last_post_at=NOW - timedelta(days=days))
    assert (told.silent_days, told.level) == (days, level)


def test_fresh_posts_are_read_each_time_and_old_ones_rarely() -> None:
    base = Post(delivery_id=1, disclosure_id=1, facts={}, url="", published_at=NOW)
    ages = {1: 1, 2: 10, 3: 10, 4: 60, 5: 60, 6: 200}
    posts = [replace(base, delivery_id=key, published_at=NOW - timedelta(days=days)) for key, days in ages.items()]
    hours = {1: 0.1, 2: 1, 3: 7, 4: 7, 5: 25, 6: 999}
    heard = {str(key): (NOW - timedelta(hours=value)).isoformat() for key, value in hours.items()}
    assert [post.delivery_id for post in due(posts, heard, now=NOW)] == [5, 3, 1]
    assert [post.delivery_id for post in due(posts[:1], {"1": "nonsense"}, now=NOW)] == [1]


def test_waiting_grows_and_respects_the_platforms_word() -> None:
    assert after_failure(NOW, 1) - NOW == timedelta(minutes=1)
    assert after_failure(NOW, 99) - NOW == timedelta(hours=1)
    assert after_failure(NOW, 1, not_before=NOW + timedelta(hours=5)) == NOW + timedelta(hours=5)
    assert again_at(NOW, 1) < again_at(NOW, 4) < again_at(NOW, 40) <= NOW + timedelta(minutes=30)
    assert look_at(NOW, MOST_LOOKS) is None
    assert (leaves_enough(34, 100), leaves_enough(33, 100), leaves_enough(10, 12)) == (True, False, False)


@pytest.mark.parametrize(
    ("intent", "looked", "not_seen", "may"), [(0, 121, True, True), (0, 119, True, False), (0, 121, False, False)]
)
def test_not_sent_is_believed_after_two_minutes(intent: int, looked: int, not_seen: bool, may: bool) -> None:
    def at(seconds: int) -> datetime:
        return NOW + timedelta(seconds=seconds)

    assert may_say_not_sent(intent_at=at(intent), looked_at=at(looked), not_seen=not_seen) is may
    assert not may_say_not_sent(intent_at=None, looked_at=at(200), not_seen=True)


def test_a_chart_is_sound_and_says_its_numbers() -> None:
    points = [(date(2026, 11, day), day * 100) for day in range(1, 31)]
    drawn = line_chart(
        [Series(name="门户<b>", points=points), Series(name="微信", points=points[:3])], key="k", title="阅读 & 转发"
    )
    root = ElementTree.fromstring(drawn)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == "k-title k-desc"
    assert "门户<b>：11月1日 100，11月30日 3000" in (root.findtext("desc") or "")
    assert not re.search(r"style=|javascript", drawn)
    assert len(root.findall("path")) >= 2


def test_a_chart_of_nothing_or_of_one_day_does_not_break() -> None:
    assert line_chart([], key="k", title="t") == ""
    assert line_chart([Series(name="x", points=[])], key="k", title="t") == ""
    one = line_chart([Series(name="x", points=[(date(2026, 11, 1), 0)])], key="k", title="t")
    ElementTree.fromstring(one)
    ElementTree.fromstring(bar(0, 0))
    assert 'width="160"' in bar(500, 10)
    assert [short(n) for n in (9, 9999, 10000, 15000, 300_000_000)] == ["9", "9999", "1万", "1.5万", "3亿"]

"""The pure rules of a moment: quiet days, night, nearness, crowds, deadlines, and the next good moment."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from disclosures.workdays import WorkingDays
from publishers.slot import SHANGHAI
from scheduler.conflicts import Planned, Rules, Weight, merged, of_all, of_deadline, of_moment, of_neighbours
from scheduler.good_moments import good_moments, next_valid
from scheduler.hours import Hours
from scheduler.quiet import Quiet, Rule, falls_on_problem, qingming, quiet_on

MEMORIAL = Quiet(id=1, name="国家公祭日", falls_on="12-13", kind="memorial", rule=Rule.FORBID, channels=("wechat",))
CONGRESS = Quiet(id=2, name="区两会", falls_on="2026-12-09", kind="district", rule=Rule.WARN)
RULES = Rules(working_days=WorkingDays(), quiet=[MEMORIAL, CONGRESS])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def planned(release: int, text: str, channel: str = "weibo") -> Planned:
    return Planned(release_id=release, channel=channel, channel_name="微博", due_at=at(text), title=f"第{release}条")


@pytest.mark.parametrize(
    ("year", "day"), [(2024, 4), (2025, 4), (2026, 5), (2027, 5), (2028, 4), (2029, 4), (2030, 5), (2031, 5)]
)
def test_qingming_falls_where_the_almanac_says(year: int, day: int) -> None:
    assert qingming(year) == date(year, 4, day)


def test_a_quiet_day_comes_back_every_year_or_once_and_for_its_channels_only() -> None:
    assert quiet_on(RULES.quiet, date(2031, 12, 13), ["wechat", "portal"]) == (MEMORIAL,)
    assert quiet_on(RULES.quiet, date(2026, 12, 13), ["weibo"]) == ()
    assert quiet_on(RULES.quiet, date(2026, 12, 9), ["weibo"]) == (CONGRESS,)
    assert quiet_on(RULES.quiet, date(2027, 12, 9)) == ()
    both = [CONGRESS, Quiet(id=3, name="甲", falls_on="12-09", kind="quiet", rule=Rule.FORBID)]
    assert [each.rule for each in quiet_on(both, date(2026, 12, 9))] == [Rule.FORBID, Rule.WARN]


@pytest.mark.parametrize("text", ["12-13", "02-29", "2026-12-13", "清明"])
def test_a_day_is_written_in_three_ways(text: str) -> None:
    assert falls_on_problem(text) == ""


@pytest.mark.parametrize("text", ["", "13-12", "02-30", "2026-02-29", "12月13日", "春节"])
def test_any_other_way_is_explained(text: str) -> None:
    assert falls_on_problem(text)


def test_a_moment_tells_of_night_of_rest_and_of_quiet() -> None:
    kinds = {each.kind: each for each in of_moment(RULES, at("2026-12-13T23:00"), ["wechat", "portal"])}
    assert set(kinds) == {"quiet", "idle", "night"}
    assert (kinds["quiet"].weight, kinds["idle"].weight) == (Weight.STOP, Weight.NOTE)
    assert "周末" in kinds["idle"].message
    assert of_moment(RULES, at("2026-12-14T09:30"), ["wechat"]) == []
    holiday = of_moment(RULES, at("2026-10-01T10:00"), ["portal"])
    assert "国庆节" in holiday[0].message
    assert of_moment(RULES, at("2026-10-10T10:00"), ["portal"]) == [], "a worked Saturday is a working day"


@pytest.mark.parametrize(
    ("clock", "night"), [("21:59", False), ("22:00", True), ("00:00", True), ("06:59", True), ("07:00", False)]
)
def test_the_night_goes_over_midnight(clock: str, night: bool) -> None:
    assert Hours(channel="weibo").at_night(at(f"2026-12-01T{clock}")) is night


def test_a_night_that_never_falls_and_one_in_the_daytime() -> None:
    assert not Hours(channel="weibo", night_from=time(0), night_to=time(0)).at_night(at("2026-12-01T00:00"))
    siesta = Hours(channel="weibo", night_from=time(12), night_to=time(14))
    assert siesta.at_night(at("2026-12-01T13:00"))
    assert not siesta.at_night(at("2026-12-01T14:00"))


def test_two_on_one_channel_hinder_one_another_within_a_quarter_of_an_hour() -> None:
    one, other = planned(1, "2026-12-01T09:00"), planned(2, "2026-12-01T09:14")
    (found,) = of_neighbours(RULES, one, [one, other])
    assert (found.kind, found.where) == ("near", "微博")
    assert "《第2条》（09:14）" in found.message
    assert of_neighbours(RULES, one, [one, planned(2, "2026-12-01T09:15")]) == []
    assert of_neighbours(RULES, one, [planned(2, "2026-12-01T09:00", "portal")]) == []


def test_a_neighbour_across_midnight_is_seen() -> None:
    found = of_all(RULES, [planned(1, "2026-11-30T23:55"), planned(2, "2026-12-01T00:05")])
    assert {key: [each.kind for each in said if each.kind == "near"] for key, said in found.items()} == {
        (1, "weibo"): ["near"], (2, "weibo"): ["near"],
    }  # fmt: skip


def test_a_day_that_holds_too_much_says_so_to_everyone_on_it() -> None:
    rules = Rules(working_days=WorkingDays(), hours={"weibo": Hours(channel="weibo", per_day=2)})
    three = [planned(number, f"2026-12-01T{8 + number:02d}:00") for number in (1, 2, 3)]
    found = of_all(rules, three)
    assert {release for release, _ in found} == {1, 2, 3}
    assert of_all(rules, three[:2]) == {}


def test_the_deadline_itself_is_in_time() -> None:
    assert of_deadline(at("2026-12-04T23:59"), date(2026, 12, 4)) == []
    assert of_deadline(at("2026-12-05T00:00"), date(2026, 12, 4))[0].kind == "late"
    assert of_deadline(at("2026-12-05T00:00"), None) == []


def test_the_same_thing_on_several_channels_is_said_once_and_the_gravest_first() -> None:
    one = of_neighbours(RULES, planned(1, "2026-12-01T09:00"), [planned(2, "2026-12-01T09:05")])
    wechat = [each.__class__(kind=each.kind, weight=each.weight, message=each.message, remedy=each.remedy, where="微信") for each in one]  # fmt: skip
    stop = of_moment(RULES, at("2026-12-13T10:00"), ["wechat"])
    found = merged([*one, *wechat, *stop])
    assert [each.weight for each in found] == [Weight.STOP, Weight.WARN, Weight.NOTE]
    assert found[1].where == "微博、微信"


def test_good_moments_are_office_hours_of_free_working_days() -> None:
    now = at("2026-12-04T16:45").astimezone(UTC)  # A Friday evening.
    found = good_moments(RULES, ["wechat"], now=now)
    assert [each.strftime("%m-%d %H:%M") for each in found] == ["12-07 09:30", "12-07 11:00", "12-08 09:30"]


def test_good_moments_pass_by_quiet_days_neighbours_and_days_without_a_place() -> None:
    now = at("2026-12-08T16:40").astimezone(UTC)
    taken = [planned(1, "2026-12-10T09:25", "wechat")]
    found = good_moments(RULES, ["wechat"], now=now, others=taken)
    assert found[0] == at("2026-12-10T11:00"), "the 9th warns, and 9:30 on the 10th is too near to another"
    moved = good_moments(RULES, ["wechat"], now=now, others=taken, apart_from=1)
    assert moved[0] == at("2026-12-10T09:30"), "a release does not hinder itself"
    free = good_moments(RULES, ["wechat"], now=now, mass=True, free=lambda day: day >= date(2027, 1, 4))
    assert free[0].date() == date(2027, 1, 4)
    assert good_moments(RULES, ["wechat"], now=now, mass=True, free=lambda day: False) == ()


def test_the_next_valid_moment_keeps_the_distance_on_round_minutes() -> None:
    now = datetime(2026, 11, 23, 1, 32, 10, tzinfo=UTC)
    assert next_valid(RULES, ["weibo"], now=now) == datetime(2026, 11, 23, 1, 40, tzinfo=UTC)
    rules = Rules(working_days=WorkingDays(), hours={"weibo": Hours(channel="weibo", least=timedelta(hours=2))})
    assert next_valid(rules, ["portal", "weibo"], now=now) == datetime(2026, 11, 23, 3, 35, tzinfo=UTC)
    assert next_valid(RULES, [], now=datetime(2026, 11, 23, 1, 30, tzinfo=UTC)).minute == 35

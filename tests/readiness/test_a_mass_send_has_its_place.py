"""WeChat's mass sends are counted when they are planned: nobody plans more than the platform will let out (features P19)."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from audit.records import AuditRecord
from audit.trail import Trail
from publishers.errors import NotReleasable
from publishers.mass_quota import MassQuota
from publishers.port import Channel, ChannelName
from publishers.portal.channel import PortalChannel
from publishers.records import MassReservation, Release
from publishers.wechat.channel import WeChatChannel
from publishers.wechat.client import WeChatClient
from publishers.wechat.limits import WeChatLimits
from publishers.wechat.quota import Use, UseState, is_overbooked, load_rules, next_free, rule_on, tally
from scheduler.timetable import Timetable
from staff.person import Person
from staff.roles import Role
from tests.readiness.conftest import PUBLISHER, approved

TODAY = date(2026, 11, 23)
NOVEMBER = date(2026, 11, 1)
SUBSCRIPTION, SERVICE = load_rules("subscription"), load_rules("service")
OFFICER = Person(account_id=7, name="bangong", display_name="公开办", unit="区政府办", roles=frozenset({Role.OFFICER}))


def uses(*days: int, state: UseState = UseState.RESERVED) -> list[Use]:
    return [Use(day=date(2026, 11, day), state=state) for day in days]


# -- the rules -----------------------------------------------------------------------------------------------------


def test_a_subscription_account_sends_once_a_day() -> None:
    assert next_free(SUBSCRIPTION, uses(23, 24), TODAY) == date(2026, 11, 25)
    assert next_free(SUBSCRIPTION, uses(24), TODAY) == TODAY
    assert is_overbooked(SUBSCRIPTION, uses(23, 23), TODAY)


def test_a_service_account_sends_four_times_a_month() -> None:
    taken = [*uses(3, 10, state=UseState.SPENT), *uses(17, state=UseState.OUTSIDE), *uses(24)]
    assert tally(SERVICE, taken, TODAY).words == "本月已用 3/4，预留 1"
    assert next_free(SERVICE, taken, TODAY) == date(2026, 12, 1)
    assert next_free(SERVICE, taken[:-1], TODAY) == TODAY


def test_what_was_released_counts_no_more() -> None:
    assert next_free(SUBSCRIPTION, uses(23, state=UseState.RELEASED), TODAY) == TODAY


def test_the_office_may_set_its_own_figures_and_a_new_rule_begins_on_its_day() -> None:
    free = load_rules("service", per_day=0, per_month=0)
    assert next_free(free, uses(*[23] * 9), TODAY) == TODAY
    assert load_rules("subscription", per_month=2)[-1].per_month == 2
    old, new = SUBSCRIPTION[0], load_rules("subscription", per_day=3)[0]
    later = type(new)(
        effective_from=date(2026, 12, 1), source="x", per_day=3, per_month=None, failed_counts=False
    )  # fmt: skip
    assert rule_on((old, later), TODAY).per_day == 1
    assert rule_on((old, later), date(2026, 12, 1)).per_day == 3


# -- planning, on both databases -----------------------------------------------------------------------------------


class Office:
    """A timetable with a quota; nothing is sent."""

    def __init__(self, clock: Any, kind: str) -> None:
        self.clock = clock
        self.quota = MassQuota(account="wechat:wx1", rules=load_rules(kind), clock=clock, trail=Trail())
        limits = WeChatLimits()
        wechat = WeChatChannel(
            client=cast(WeChatClient, None), limits=limits, default_cover=Path("none"), account_name="明白区"
        )
        channels: dict[ChannelName, Channel] = {
            ChannelName.PORTAL: PortalChannel(site_name="明白区"), ChannelName.WECHAT: wechat,
        }  # fmt: skip
        self.timetable = Timetable(
            clock=clock, trail=Trail(), channels=channels, ring=lambda: None, mass_quota=self.quota,
            page_url=lambda number: f"https://www.example.gov.cn/d/{number}",
        )  # fmt: skip

    async def plan(self, title: str, after: timedelta, *, mass: bool = True) -> Release:
        return await self._plan(await approved(self.clock, title, mass=mass), after)

    async def _plan(self, number: int, after: timedelta) -> Release:
        at = (self.clock.moment + after).isoformat()
        return await self.timetable.schedule(PUBLISHER, number, at=at, channels=["portal", "wechat"], confirm_mass=True)

    async def plan_together(self, afters: list[timedelta]) -> list[Any]:
        numbers = [await approved(self.clock, f"关于第 {n} 次群发的通知", mass=True) for n in range(len(afters))]
        plans = (self._plan(number, after) for number, after in zip(numbers, afters, strict=True))
        return await asyncio.gather(*plans, return_exceptions=True)


@pytest.fixture
def office(any_database: str, clock: Any) -> Callable[[str], Office]:
    return lambda kind: Office(clock, kind)


HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def test_a_second_one_on_the_day_is_refused_with_who_has_the_place_and_where_there_is_one(office: Any) -> None:
    subscription = office("subscription")
    first = await subscription.plan("关于城乡低保标准的通知", HOUR)
    with pytest.raises(NotReleasable) as refused:
        await subscription.plan("关于冬季防火的通告", 2 * HOUR)
    said = str(refused.value)
    assert "《关于城乡低保标准的通知》" in said
    assert f"计划 {first.id}" in said
    assert "本月已用 0，预留 1" in said
    assert "11月24日" in refused.value.remedy
    assert await Release.all().count() == 1, "nothing of the refused release may stay"
    await subscription.plan("关于冬季防冻的通告", DAY)


async def test_a_release_that_pushes_to_nobody_takes_no_place(office: Any) -> None:
    subscription = office("subscription")
    await subscription.plan("关于道路施工的通告", HOUR, mass=False)
    await subscription.plan("关于城乡低保标准的通知", HOUR)
    assert await MassReservation.all().count() == 1


async def test_a_cancelled_release_gives_its_place_back(office: Any) -> None:
    subscription = office("subscription")
    release = await subscription.plan("关于城乡低保标准的通知", HOUR)
    await subscription.timetable.cancel(PUBLISHER, release.id)
    await subscription.plan("关于冬季防火的通告", HOUR)
    await subscription.quota.settle()
    states = await MassReservation.all().order_by("id").values_list("state", flat=True)
    assert states == [UseState.RELEASED, UseState.RESERVED]


async def test_the_month_of_a_service_account_is_kept_too(office: Any) -> None:
    service = office("service")
    for number in range(4):
        await service.plan(f"关于第 {number} 件事的通知", HOUR + number * DAY)
    with pytest.raises(NotReleasable, match="11月的微信群发次数已经排满（本月已用 0/4，预留 4）") as refused:
        await service.plan("关于冬季防火的通告", HOUR + 5 * DAY)
    assert "12月1日" in refused.value.remedy


async def test_plannings_at_the_same_moment_cannot_overbook_a_day(office: Any) -> None:
    outcomes = await office("subscription").plan_together([HOUR] * 6)
    assert sum(isinstance(each, Release) for each in outcomes) == 1
    assert sum(isinstance(each, NotReleasable) for each in outcomes) == 5
    assert await MassReservation.filter(state=UseState.RESERVED).count() == 1


async def test_plannings_at_the_same_moment_cannot_overbook_a_month(office: Any) -> None:
    outcomes = await office("service").plan_together([HOUR + number * DAY for number in range(7)])
    assert sum(isinstance(each, Release) for each in outcomes) == 4
    assert sum(isinstance(each, NotReleasable) for each in outcomes) == 3


async def test_a_send_on_the_platforms_own_website_is_entered_and_counts(office: Any) -> None:
    subscription = office("subscription")
    with pytest.raises(NotReleasable, match="写明"):
        await subscription.quota.enter_outside(PUBLISHER, TODAY, remark=" ")
    with pytest.raises(NotReleasable, match="太远"):
        await subscription.quota.enter_outside(PUBLISHER, date(2027, 11, 23), remark="防汛提示")
    await subscription.quota.enter_outside(PUBLISHER, TODAY, remark="在公众平台群发《防汛提示》")
    with pytest.raises(NotReleasable, match="在公众平台的群发"):
        await subscription.plan("关于城乡低保标准的通知", HOUR)
    place = await MassReservation.get(state=UseState.OUTSIDE)
    assert await subscription.quota.remove_outside(PUBLISHER, place.id, reason="登记错了日期") == TODAY
    await subscription.plan("关于冬季防火的通告", HOUR)
    verbs = await AuditRecord.filter(subject=f"mass_quota:{TODAY}").order_by("id").values_list("verb", flat=True)
    assert verbs == ["mass_quota.outside", "mass_quota.outside_removed"]


async def test_an_outside_send_on_a_reserved_day_is_an_incident_until_it_is_mended(office: Any, clock: Any) -> None:
    from publishers.incidents import open_incidents

    subscription = office("subscription")
    release = await subscription.plan("关于城乡低保标准的通知", DAY)
    await subscription.quota.enter_outside(PUBLISHER, date(2026, 11, 24), remark="定时群发")
    await subscription.quota.settle()
    (incident,) = await open_incidents()
    assert "11月24日" in incident.message
    assert "11月25日" in incident.remedy
    assert (await subscription.quota.month(NOVEMBER)).overbooked == {date(2026, 11, 24)}
    await subscription.timetable.cancel(PUBLISHER, release.id)
    await subscription.quota.settle()
    assert await open_incidents() == []


async def test_only_who_may_confirm_a_mass_send_enters_one(office: Any) -> None:
    from staff.errors import NotAllowed

    with pytest.raises(NotAllowed):
        await office("subscription").quota.enter_outside(OFFICER, TODAY, remark="防汛提示")


# -- what became of it, on the sandbox -----------------------------------------------------------------------------


async def test_sending_spends_the_place_on_the_day_of_sending(house: Any) -> None:
    release = await house.release("关于城乡低保标准的通知", after=timedelta(hours=1), mass=True)
    assert (await house.quota.month(NOVEMBER)).tally.words == "本月已用 0，预留 1"
    house.clock.advance(3600)
    await house.product.dispatcher.settle_down()
    assert (await house.row(release)).state in {"submitted", "published"}
    month = await house.quota.month(NOVEMBER)
    assert month.tally.words == "本月已用 1，预留 0"
    assert [(each.day, each.title) for each in month.places] == [(TODAY, "关于城乡低保标准的通知")]
    with pytest.raises(NotReleasable, match="11月23日的微信群发次数已由《关于城乡低保标准的通知》"):
        await house.release("关于冬季防火的通告", after=timedelta(hours=1), mass=True)


async def test_a_quota_spent_elsewhere_is_learnt_from_the_refusal(house: Any) -> None:
    """45028: somebody sent from the platform's own website. The release's place is free again, the day is not."""
    await house.control("POST", "faults", {
        "kind": "errcode", "platform": "wechat", "path": "/cgi-bin/message/mass/sendall", "errcode": 45028,
    })  # fmt: skip
    release = await house.release("关于城乡低保标准的通知", after=timedelta(hours=1), mass=True)
    house.clock.advance(3600)
    await house.product.dispatcher.settle_down()
    row = await house.row(release)
    assert row.state == "failed"
    assert "45028" in row.problem
    await house.quota.settle()
    await house.quota.settle()
    states = sorted(await MassReservation.all().values_list("state", flat=True))
    assert states == [UseState.OUTSIDE, UseState.RELEASED]
    with pytest.raises(NotReleasable, match="在公众平台的群发"):
        await house.release("关于冬季防火的通告", after=timedelta(hours=1), mass=True)
    await house.release("关于冬季防冻的通告", after=DAY, mass=True)


async def test_a_refusal_before_the_effect_gives_the_place_back(house: Any) -> None:
    await house.control("POST", "faults", {
        "kind": "errcode", "platform": "wechat", "path": "/cgi-bin/message/mass/sendall", "errcode": 45166,
    })  # fmt: skip
    await house.release("关于城乡低保标准的通知", after=timedelta(hours=1), mass=True)
    house.clock.advance(3600)
    await house.product.dispatcher.settle_down()
    await house.release("关于冬季防火的通告", after=timedelta(hours=1), mass=True)
    assert (await house.quota.month(NOVEMBER)).tally.words == "本月已用 0，预留 1"


async def test_a_send_whose_outcome_nobody_knows_keeps_its_place(house: Any) -> None:
    await house.control("POST", "faults", {
        "kind": "reset_after", "platform": "wechat", "path": "/cgi-bin/message/mass/sendall", "count": 1,
    })  # fmt: skip
    release = await house.release("关于城乡低保标准的通知", after=timedelta(hours=1), mass=True)
    house.clock.advance(3600)
    await house.product.dispatcher.settle_down()
    assert (await house.row(release)).state == "unknown"
    assert (await house.quota.month(NOVEMBER)).tally.used == 1


async def test_a_mass_send_planned_before_the_ledger_was_kept_gets_its_place(house: Any) -> None:
    await house.release("关于城乡低保标准的通知", after=timedelta(hours=1), mass=True)
    await MassReservation.all().delete()
    await house.quota.settle()
    assert (await house.quota.month(NOVEMBER)).tally.reserved == 1


# -- moving --------------------------------------------------------------------------------------------------------


async def test_a_moved_mass_send_takes_its_new_place_and_gives_the_old_one_back(office: Any) -> None:
    subscription = office("subscription")
    release = await subscription.plan("关于城乡低保标准的通知", HOUR)
    day_after = (subscription.clock.moment + DAY).isoformat()
    await subscription.timetable.move(PUBLISHER, release.id, at=day_after)
    place = await MassReservation.get()
    assert (place.day, place.state) == (date(2026, 11, 24), UseState.RESERVED)
    await subscription.plan("关于冬季防火的通告", HOUR)
    await subscription.quota.settle()
    month = await subscription.quota.month(NOVEMBER)
    assert sorted(each.day.day for each in month.places) == [23, 24]
    assert not month.overbooked


async def test_a_mass_send_is_not_moved_to_a_day_that_is_taken(office: Any) -> None:
    subscription = office("subscription")
    release = await subscription.plan("关于城乡低保标准的通知", HOUR)
    other = await subscription.plan("关于冬季防火的通告", DAY)
    with pytest.raises(NotReleasable, match=f"计划 {other.id}") as refused:
        await subscription.timetable.move(
            PUBLISHER, release.id, at=(subscription.clock.moment + DAY + HOUR).isoformat()
        )
    assert "11月25日" in refused.value.remedy
    assert (await Release.get(id=release.id)).due_at == subscription.clock.moment + HOUR, "nothing of it may stay"
    assert sorted(place.day.day for place in await MassReservation.all()) == [23, 24]
    await subscription.timetable.move(PUBLISHER, release.id, at=(subscription.clock.moment + 2 * HOUR).isoformat())
    assert await MassReservation.all().count() == 2, "within its own day it needs no second place"


async def test_the_author_does_not_move_a_mass_send(office: Any) -> None:
    subscription = office("subscription")
    release = await subscription.plan("关于城乡低保标准的通知", HOUR)
    author = Person(
        account_id=1, name="nigao", display_name="拟稿人", unit="区政府办", roles=frozenset({Role.PUBLISHER})
    )
    with pytest.raises(NotReleasable, match="拟稿人以外"):
        await subscription.timetable.move(author, release.id, at=(subscription.clock.moment + DAY).isoformat())

"""T-24 h and T-1 h, once each; what is found stands as an incident until a later probe is clean (features P23)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from publishers.port import ChannelName, Problem, Severity
from publishers.records import Halt, Incident
from scheduler.readiness import NO_RELEASE, Readiness
from scheduler.records import Probe
from tests.readiness.conftest import PUBLISHER

HOUR = timedelta(hours=1)
TOKEN = "/cgi-bin/stable_token"


async def probes(release: int) -> list[tuple[str, bool]]:
    return [(row.horizon, row.ok) for row in await Probe.filter(release_id=release).order_by("id")]


async def test_a_release_is_probed_a_day_and_an_hour_before(house: Any) -> None:
    release = await house.release("关于冬季防火的通告", after=30 * HOUR)
    sweep = house.product.readiness.sweep
    assert await sweep() == 0
    house.clock.advance(6.5 * 3600)
    assert await sweep() == 1
    assert await sweep() == 0, "once is enough"
    assert await probes(release) == [("24h", True)]
    house.clock.advance(22.6 * 3600)
    assert await sweep() == 1
    assert await sweep() == 0
    assert await probes(release) == [("24h", True), ("1h", True)]
    assert await Incident.all().count() == 0


async def test_a_release_planned_late_is_probed_at_once(house: Any) -> None:
    release = await house.release("关于道路施工的通告", after=timedelta(minutes=20))
    assert await house.product.readiness.sweep() == 1
    assert await probes(release) == [("1h", True)]


async def test_a_release_that_goes_out_now_is_not_held_up_by_a_probe(house: Any) -> None:
    await house.release("关于道路施工的通告", after=timedelta())
    assert await house.product.readiness.sweep() == 0


async def test_a_finding_is_an_incident_with_its_remedy_until_it_is_mended(house: Any) -> None:
    release = await house.release("关于冬季防火的通告", after=20 * HOUR)
    await house.profile(ip_whitelist=["203.0.113.7"])
    await house.product.readiness.sweep()
    incident = await house.incident(f"readiness:{release}")
    assert incident is not None
    assert incident.severity == "alarm"
    assert incident.link == f"/console/releases/{release}"
    assert "《关于冬季防火的通告》" in incident.message
    assert "IP 白名单中加入 127.0.0.1" in incident.remedy
    await house.profile(ip_whitelist=[])
    await house.product.readiness.sweep()
    assert await house.incident(f"readiness:{release}"), "the cause is looked at again in an hour, not at every ring"
    house.clock.advance(3601)
    await house.product.readiness.sweep()
    assert await house.incident(f"readiness:{release}") is None
    assert await probes(release) == [("24h", True)]


async def test_a_person_may_ask_for_a_probe_at_once(house: Any) -> None:
    release = await house.release("关于冬季防火的通告", after=20 * HOUR)
    await house.profile(ip_whitelist=["203.0.113.7"])
    await house.product.readiness.sweep()
    await house.profile(ip_whitelist=[])
    assert await house.product.readiness.probe_now(release)
    assert await house.incident(f"readiness:{release}") is None
    assert not await house.product.readiness.probe_now(release + 1)


async def test_a_cancelled_release_leaves_no_incident_behind(house: Any) -> None:
    release = await house.release("关于冬季防火的通告", after=20 * HOUR)
    await house.profile(account_kind="uncertified")
    await house.product.readiness.sweep()
    assert await house.incident(f"readiness:{release}")
    await house.product.timetable.cancel(PUBLISHER, release)
    await house.product.readiness.sweep()
    assert await house.incident(f"readiness:{release}") is None


async def test_releases_of_the_same_morning_share_one_look_at_the_platform(house: Any) -> None:
    for number in range(5):
        await house.release(f"关于第 {number} 处停水的通知", after=20 * HOUR)
    before = await house.calls(TOKEN)
    assert await house.product.readiness.sweep() == 5
    # One question for all; the first call of the client fetched a token of its own.
    assert await house.calls(TOKEN) - before <= 2
    assert await house.calls("/cgi-bin/freepublish/batchget") == 1
    assert await Probe.filter(release_id__gt=NO_RELEASE, ok=True).count() == 5


async def test_a_dead_token_is_known_before_anything_is_planned(house: Any) -> None:
    await house.control("POST", "weibo/token", {"death": "revoked"})
    await house.product.readiness.sweep()
    incident = await house.incident("credentials:weibo")
    assert incident is not None
    assert "重新授权" in incident.remedy
    assert await house.incident("credentials:wechat") is None
    await house.control("POST", "weibo/token", {"death": "alive"})
    house.clock.advance(3601)
    await house.product.readiness.sweep()
    assert await house.incident("credentials:weibo") is None


async def test_without_releases_the_accounts_are_asked_once_a_day(house: Any) -> None:
    sweep = house.product.readiness.sweep
    await sweep()
    asked = await house.calls("/cgi-bin/openapi/quota/get")
    await sweep()
    house.clock.advance(12 * 3600)
    await sweep()
    assert await house.calls("/cgi-bin/openapi/quota/get") == asked
    house.clock.advance(10.5 * 3600)
    await sweep()
    assert await house.calls("/cgi-bin/openapi/quota/get") > asked


async def test_a_standing_halt_is_told_before_the_slot(house: Any) -> None:
    release = await house.release("关于冬季防火的通告", after=HOUR)
    await Halt.create(kind="red", open_key="red", reason="演练", raised_by_name="周发布", raised_at=house.clock.moment)
    await house.product.readiness.sweep()
    row = await Probe.get(release_id=release)
    assert [finding["field"] for finding in row.findings] == ["halt"]


async def test_an_overbooked_mass_send_is_told_before_the_slot(house: Any) -> None:
    release = await house.release("关于城乡低保标准的通知", after=HOUR, mass=True)
    await house.quota.enter_outside(PUBLISHER, house.clock.moment.date(), remark="平台群发")
    await house.product.readiness.sweep()
    row = await Probe.get(release_id=release)
    assert [finding["field"] for finding in row.findings] == ["wechat.mass"]
    assert "11月24日" in str(row.findings[0]["remedy"])


# -- without a platform --------------------------------------------------------------------------------------------


def readiness(clock: Any, ask: Any, *, drift: float = 0.0, seconds: float = 0.2) -> Readiness:
    return Readiness(
        clock=clock, machine_now=lambda: clock.moment + timedelta(seconds=drift), asks={ChannelName.WECHAT: ask},
        seconds=seconds,
    )  # fmt: skip


async def fine() -> tuple[Problem, ...]:
    return ()


async def test_a_clock_that_differs_is_told(house: Any) -> None:
    release = await house.release("关于冬季防火的通告", after=HOUR)
    await readiness(house.clock, fine, drift=3.0).sweep()
    row = await Probe.get(release_id=release)
    assert [finding["field"] for finding in row.findings] == ["clock"]
    assert "3.0 秒" in str(row.findings[0]["message"])


async def test_a_probe_that_hangs_or_breaks_is_a_warning_and_ends(database: str, clock: Any) -> None:
    async def hangs() -> tuple[Problem, ...]:
        await asyncio.sleep(30)
        return ()

    async def breaks() -> tuple[Problem, ...]:
        raise RuntimeError("no such thing")

    for ask in (hangs, breaks):
        (problem,) = (await readiness(clock, ask).channels_now(seconds=0.1))[ChannelName.WECHAT]
        assert problem.severity is Severity.WARN
        assert problem.remedy


async def test_no_platform_is_asked_inside_a_transaction(database: str, clock: Any) -> None:
    free = asyncio.Event()

    async def asks() -> tuple[Problem, ...]:
        # On SQLite a transaction that were open here would make this one wait for ever.
        async with asyncio.timeout(1), in_transaction():
            free.set()
        return ()

    await readiness(clock, asks, seconds=2).sweep()
    assert free.is_set()
    assert await Probe.filter(release_id=NO_RELEASE, horizon="wechat", ok=True).exists()


@pytest.mark.parametrize("together", [2, 4])
async def test_two_nodes_on_duty_for_a_moment_do_no_harm(any_database: str, clock: Any, together: int) -> None:
    async def finds() -> tuple[Problem, ...]:
        return (Problem(severity=Severity.BLOCK, field="wechat.token", message="令牌无效。", remedy="请重新授权。"),)

    await asyncio.gather(*(readiness(clock, finds).sweep() for _ in range(together)))
    assert await Probe.all().count() == 1
    assert await Incident.exclude(open_key=None).count() == 1


async def test_a_moved_release_is_probed_for_its_new_moment(house: Any) -> None:
    release = await house.release("关于冬季防火的通告", after=HOUR)
    await house.profile(ip_whitelist=["203.0.113.7"])
    sweep, move = house.product.readiness.sweep, house.product.timetable.move
    assert await sweep() == 1
    assert await house.incident(f"readiness:{release}") is not None
    await house.profile(ip_whitelist=[])
    await move(PUBLISHER, release, at=(house.clock.moment + 30 * HOUR).isoformat())
    assert await house.incident(f"readiness:{release}") is None, "what was found was about the old moment"
    assert await sweep() == 0
    assert await probes(release) == []
    house.clock.advance(6.5 * 3600)
    assert await sweep() == 1
    assert await probes(release) == [("24h", True)]


async def test_a_probe_that_was_under_way_during_the_move_does_not_count(house: Any) -> None:
    release = await house.release("关于冬季防火的通告", after=20 * HOUR)
    await house.product.readiness.sweep()
    (made,) = await Probe.filter(release_id=release)
    await house.product.timetable.move(PUBLISHER, release, at=(house.clock.moment + 60 * HOUR).isoformat())
    await Probe.create(release_id=release, horizon=made.horizon, at=made.at, ok=True, findings=[])
    house.clock.advance(40 * 3600)
    assert await house.product.readiness.sweep() == 1

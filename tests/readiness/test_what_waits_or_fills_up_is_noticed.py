"""The house notices by itself that due deliveries wait (I5) and that a disk fills up (crash-point table, row 15)."""

import shutil
from collections import namedtuple
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from publishers.records import Halt, Incident
from scheduler.vigil import Vigil, free_space

Usage = namedtuple("Usage", "total used free")


def vigil(clock: Any, *folders: Path) -> Vigil:
    return Vigil(clock=clock, node="node-1", folders=folders)


async def test_a_delivery_that_waits_for_more_than_a_minute_is_an_incident(house: Any) -> None:
    await house.release("关于冬季防火的通告", after=timedelta(minutes=5))
    house.clock.advance(300 + 59)
    watch = vigil(house.clock)
    await watch.look_at_due()
    assert await house.incident("overdue") is None
    house.clock.advance(2)
    await watch.look_at_due()
    await watch.look_at_due()
    incident = await house.incident("overdue")
    assert incident is not None
    assert incident.times == 1, "a bell that rings every few seconds does not count every ring"
    assert "mingbai serve" in incident.remedy
    await house.product.dispatcher.settle_down()
    await watch.look_at_due()
    assert await house.incident("overdue") is None


async def test_waiting_for_a_halt_is_no_incident_and_the_node_stays_in_service(house: Any) -> None:
    await house.release("关于冬季防火的通告", after=timedelta(minutes=5))
    house.clock.advance(600)
    assert (await house.page("/readyz"))[0] == 503
    await Halt.create(kind="red", open_key="red", reason="演练", raised_by_name="周发布", raised_at=house.clock.moment)
    await vigil(house.clock).look_at_due()
    assert await house.incident("overdue") is None
    status, text = await house.page("/readyz")
    assert (status, '"halted"' in text) == (200, True)


async def test_a_disk_below_a_tenth_is_an_incident_of_its_node(
    database: str, clock: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = vigil(clock, tmp_path / "not" / "there" / "yet", tmp_path / "not" / "there" / "yet")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100 * 2**30, 92 * 2**30, 8 * 2**30))
    await watch.look_at_disk()
    (incident,) = await Incident.exclude(open_key=None)
    assert "node-1" in incident.message
    assert "8.0 GB（8%）" in incident.message
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100 * 2**30, 50 * 2**30, 50 * 2**30))
    await watch.look_at_disk()
    assert await Incident.exclude(open_key=None).count() == 0


def test_the_space_of_a_folder_that_is_not_there_yet_is_that_of_its_disk(tmp_path: Path) -> None:
    free, share = free_space(tmp_path / "not" / "there")
    assert 0 < share <= 1
    assert free > 0


async def test_the_metrics_tell_incidents_halts_and_the_quota(house: Any) -> None:
    await house.release("关于城乡低保标准的通知", after=timedelta(hours=2), mass=True)
    await house.control("POST", "weibo/token", {"death": "revoked"})
    await house.product.readiness.sweep()
    status, text = await house.page("/metrics")
    assert status == 200
    lines = text.splitlines()
    assert 'mingbai_incidents{severity="alarm"} 2' in lines
    assert 'mingbai_incidents{severity="warn"} 0' in lines
    assert "mingbai_halted 0" in lines
    assert "mingbai_held 0" in lines
    assert 'mingbai_quota{state="reserved"} 1' in lines
    assert 'mingbai_quota{state="used"} 0' in lines

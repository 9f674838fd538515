"""Crash-point row 22 on both databases: machine and database more than two seconds apart stop the sending, with an incident."""

from datetime import timedelta
from typing import Any

import pytest

from publishers.records import Incident


@pytest.mark.parametrize("ahead", [3.0, -3.0, 3600.0, -3600.0])
async def test_nothing_is_sent_while_machine_and_database_differ(lonely: Any, ahead: float) -> None:
    house = lonely
    release = await house.planned(house.clock.true + timedelta(seconds=10))
    house.machine_ahead = ahead
    await house.run(30)
    assert await house.states(release) == {"portal": "pending", "wechat": "pending"}
    (incident,) = await house.open()
    assert (incident.key, incident.kind, incident.times) == ("clock.drift:node-1", "clock", 1)
    assert "chrony" in incident.remedy
    house.machine_ahead = 0.0
    await house.run(3)
    assert await house.states(release) == {"portal": "published", "wechat": "published"}
    assert await house.open() == []
    house.machine_ahead = ahead
    await house.run(3)
    assert await Incident.filter(key="clock.drift:node-1").count() == 2, "a new cause is a new incident"


@pytest.mark.parametrize("ahead", [1.9, -1.9])
async def test_less_than_two_seconds_do_not_matter(lonely: Any, ahead: float) -> None:
    house = lonely
    release = await house.planned(house.clock.true + timedelta(seconds=10))
    house.machine_ahead = ahead
    await house.run(15)
    assert await house.states(release) == {"portal": "published", "wechat": "published"}
    assert await house.open() == []


async def test_what_was_sent_is_still_read_while_they_differ(lonely: Any) -> None:
    house = lonely
    house.platform.running = True
    release = await house.planned(house.clock.true + timedelta(seconds=2))
    await house.run(5)
    house.machine_ahead = 60.0
    house.platform.running = False
    await house.run(30)
    assert (await house.states(release))["wechat"] == "published"

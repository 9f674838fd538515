"""An outage over the moment of a release: what is not too late goes out within ten seconds of the return, the rest asks a person,
each channel by its own policy. A real process, on both databases, in other time zones than Shanghai's."""

import asyncio
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.database.connection import connect, disconnect
from publishers.records import Delivery
from tests.time.processes import SetHouse, set_house


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")])]
)
def any_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty database of either kind that nobody has opened."""
    return str(request.getfixturevalue("database_url" if request.param == "sqlite" else "postgres_url"))


@pytest.mark.timeout(120)
async def test_what_fell_into_an_outage_goes_out_within_ten_seconds(any_url: str, tmp_path: Path) -> None:
    async with set_house(tmp_path, any_url, texts=1, fake=False) as (house, (text,)):
        house.environ(TZ="America/New_York")
        await house.open()
        release, due = await house.planned(text, 4)
        await house.end(signal.SIGKILL)
        await asyncio.sleep(max(0.0, due - time.time()) + 1)
        assert await house.effects() == []
        house.environ(TZ="Asia/Kolkata")
        await house.open()
        back = time.time()
        await house.until(release, "published", "submitted", seconds=10)
        gone = await house.effects()
        assert len(gone) == 2
        assert all(due <= at <= back + 10 for at in gone)


@pytest.mark.timeout(120)
async def test_what_is_too_late_for_its_channel_asks_a_person(any_url: str, tmp_path: Path) -> None:
    async with set_house(tmp_path, any_url, texts=1, fake=False) as (house, (text,)):
        house.environ(MINGBAI_LATE_MINUTES="60", MINGBAI_LATE_MINUTES_WECHAT="15")
        await house.open()
        release, _ = await house.planned(text, 30)
        await house.end(signal.SIGKILL)
        await _as_if_due_earlier(house, timedelta(minutes=20))
        await house.open()
        found = await house.until(release, "published", "held", seconds=20)
        states = {delivery["channel"]: delivery["state"] for delivery in found["deliveries"]}
        assert states == {"portal": "published", "wechat": "held", "weibo": "published"}
        assert len(await house.effects()) == 1


async def _as_if_due_earlier(house: SetHouse, by: timedelta) -> None:
    """The outage has lasted so long."""
    await connect(house.settings.database_url)
    for row in await Delivery.all():
        await Delivery.filter(id=row.id).update(due_at=row.due_at - by, next_at=row.due_at - by)
    await disconnect()

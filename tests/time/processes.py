"""The product as a process of its own, whose wall clock can be set while it runs, beside a sandbox that keeps true time.

libfaketime stands between the process and the C library: it shows it another wall clock, and leaves alone the clocks that
count from the machine's start, which is what setting a clock does.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from tortoise.backends.base.executor import EXECUTOR_CACHE

from gateway.commands.demo import environment
from gateway.database.connection import connect, disconnect
from gateway.database.seed import seed
from gateway.settings import Settings
from sandbox.app import run
from sandbox.cli import options_from
from tests.conftest import missing
from tests.endtoend import walk
from tests.endtoend.conftest import House, ProcessHouse, free_port, settings_for
from tests.machine_setup import faketime

CHANNELS = ["portal", "wechat", "weibo"]


class SetHouse(ProcessHouse):
    """A process whose clock is set by writing a file; ``down`` and ``up`` end and start it."""

    def __init__(self, settings: Settings, sandbox_port: int, folder: Path, *, library: Path | None) -> None:
        super().__init__(settings, sandbox_port)
        self._file = folder / "clock"
        if library is not None:
            self._environment |= {
                "LD_PRELOAD": str(library),
                "FAKETIME_TIMESTAMP_FILE": str(self._file),
                "FAKETIME_NO_CACHE": "1",
                "DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
        self.set_by(0)

    def set_by(self, seconds: float) -> None:
        """From now on the process sees the true time and so many seconds."""
        written = self._file.with_suffix(".new")
        written.write_text(f"{seconds:+f}\n")
        written.replace(self._file)

    def environ(self, **variables: str) -> None:
        self._environment |= variables

    async def planned(self, disclosure: int, in_seconds: float) -> tuple[int, float]:
        """A release so many true seconds ahead; returns its id and the moment, in seconds since the epoch."""
        due = datetime.now(UTC) + timedelta(seconds=in_seconds)
        wanted = {"disclosure": disclosure, "at": due.isoformat(), "channels": CHANNELS, "reason": walk.REASON}
        made = await self.must("fabu", "POST", "/releases", wanted)
        return int(made["id"]), due.timestamp()

    async def shows(self, disclosure: int, *, seconds: float) -> None:
        """Waits for the portal's page of a disclosure."""
        end = time.monotonic() + seconds
        status, _ = await self.page(f"/d/{disclosure}")
        while status != 200 and time.monotonic() < end:
            await asyncio.sleep(0.1)
            status, _ = await self.page(f"/d/{disclosure}")
        assert status == 200

    async def effects(self) -> list[float]:
        """When, by the platforms' own clock, something of ours reached them; oldest first."""
        found = await self.control("GET", "/effects")
        posts = [moment(post) for post in (*found["publications"], *found["mass_sends"], *found["weibo_posts"])]
        return sorted(posts)

    async def expect(self, effects: int, *, seconds: float) -> list[float]:
        """Waits until there are so many effects in all; fails when there are more, or not yet so many."""
        end = time.monotonic() + seconds
        found = await self.effects()
        while len(found) < effects and time.monotonic() < end:
            await asyncio.sleep(0.1)
            found = await self.effects()
        assert len(found) == effects, found
        return found


def moment(post: dict[str, Any]) -> float:
    at = post["at"] if "at" in post else post["created_at"]
    return float(at) if not isinstance(at, str) else datetime.fromisoformat(at).timestamp()


@contextlib.asynccontextmanager
async def set_house(
    folder: Path, database_url: str, *, texts: int, fake: bool = True
) -> AsyncIterator[tuple[SetHouse, list[int]]]:
    """A migrated database with staff and so many approved texts, the sandbox, and a process that is not started yet."""
    # Before anything is open that a skip would leave open.
    library = (faketime() or missing("libfaketime")) if fake else None
    port, sandbox_port = free_port(), free_port()
    settings = settings_for(folder, database_url, port=port, sandbox_port=sandbox_port)
    runner = await run(options_from({**environment(settings)}, settings.public_url), port=sandbox_port)
    house = SetHouse(settings, sandbox_port, folder, library=library)
    try:
        approved = await _prepared(House(settings, sandbox_port), house, texts)
        yield house, approved
    finally:
        await house.close()
        await house.http.close()
        await runner.cleanup()


async def _prepared(inside: House, house: SetHouse, texts: int) -> list[int]:
    """Everything that people did before, in this process, because a dozen commands would take as many seconds."""
    EXECUTOR_CACHE.clear()
    await connect(house.settings.database_url)
    await seed()
    await disconnect()
    await inside.open()
    try:
        await inside.staff()
        house.tokens = inside.tokens
        return [await _approved(inside, number) for number in range(texts)]
    finally:
        await inside.http.close()
        await inside.close()
        EXECUTOR_CACHE.clear()


async def _approved(house: House, number: int) -> int:
    """Each with other words: Weibo refuses a post that is like the one before."""
    draft = walk.draft(f"{walk.TITLE}（第{number + 1}批）")
    draft["channels"]["weibo"]["text"] = f"【取暖补助】第{number + 1}批名单已经公布，请到村（居）委员会核对。"
    made = await house.must("nigao", "POST", "/disclosures", draft)
    await house.must("nigao", "POST", f"/disclosures/{made['id']}/submit")
    for reviewer in ("chushen", "fushen", "zhongshen"):
        await house.must(reviewer, "POST", f"/disclosures/{made['id']}/approve")
    return int(made["id"])


async def answers(house: House) -> bool:
    with contextlib.suppress(aiohttp.ClientError):
        async with house.http.get(f"{house.base}/healthz") as answer:
            return answer.status == 200
    return False

"""Nobody ran `mingbai restore`: an old database file was simply copied back. The anchor beside it remembers more than the
file knows, so the house starts in quarantine. Without the anchor the same act publishes twice: the check can fail."""

import asyncio
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from gateway.database.connection import sqlite_path

SQLITE = pytest.mark.parametrize("installed", ["sqlite"], indirect=True)


async def _a_day_with_an_old_file_put_back(day: Any) -> list[int]:
    """One release is due after the copy was made and is published; then the old copy is put back. What is out there."""
    file = sqlite_path(day.settings.database_url)
    assert file is not None
    await day.start()
    first, second = await day.approved("备案登记的通知"), await day.approved("停水检修的通知")
    await day.published(await day.scheduled(first))
    later = await day.scheduled(second, after=8)
    await day.end(signal.SIGTERM)
    old = Path(f"{file}.old")
    await asyncio.to_thread(shutil.copy, file, old)
    await day.start()
    await day.published(later)
    await day.end(signal.SIGTERM)
    for ending in ("-wal", "-shm"):
        await asyncio.to_thread(Path(f"{file}{ending}").unlink, missing_ok=True)
    await asyncio.to_thread(old.replace, file)
    assert await day.out_there() == {"wechat": {first: 1, second: 1}, "weibo": {first: 1, second: 1}}
    return [later, first, second]


@SQLITE
@pytest.mark.timeout(300)
async def test_the_house_starts_in_quarantine_and_repeats_nothing(day: Any) -> None:
    later, first, second = await _a_day_with_an_old_file_put_back(day)
    await day.start()
    found = await day.halt()
    assert [halt["kind"] for halt in found["halts"]] == ["quarantine"]
    assert "数据库比本机记得的旧" in found["halts"][0]["reason"]
    await day.settled()
    await day.lifted()
    await day.published(later)
    assert await day.out_there() == {"wechat": {first: 1, second: 1}, "weibo": {first: 1, second: 1}}
    assert await day.approved("恢复之后起草的通知") > 100_000
    await day.end(signal.SIGTERM)
    await day.start()
    assert (await day.halt())["halted"] is False, "the next start knows that it has been dealt with"
    assert "审计链完整" in await day.command("audit", "verify")


@SQLITE
@pytest.mark.timeout(300)
async def test_without_the_anchor_the_same_act_repeats_the_posts(day: Any) -> None:
    later, _, second = await _a_day_with_an_old_file_put_back(day)
    await asyncio.to_thread(shutil.rmtree, day.folder / "state")
    await day.start()
    await day.published(later)
    # Weibo's own refusal of the same words is luck; WeChat has none.
    assert (await day.out_there())["wechat"][second] == 2

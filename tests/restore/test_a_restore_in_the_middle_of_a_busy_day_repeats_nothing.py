"""The drill (reliability §3): a backup in the middle of a busy day, more publishing, a crash, the restore of the middle,
reconciling, two persons, and on. The sandbox counts: nothing twice, nothing lost."""

import signal
from typing import Any

import pytest

from tests.endtoend import walk

BOTH = [
    "sqlite",
    pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")]),
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("installed", BOTH, indirect=True)
async def test_nothing_goes_out_twice_and_nothing_is_lost(day: Any) -> None:
    await day.start()
    early = [await day.approved(f"早间通知之{number}") for number in ("一", "二")]
    soon = await day.approved("稍后发布的通知")
    idle = await day.approved("停机期间到点的通知")
    waiting = await day.approved("审定后尚未安排的通知")
    tomorrow = await day.approved("明日发布的通知")
    await day.published(*[await day.scheduled(number) for number in early])
    # The middle of the day: two releases are under way, one is due while the house will be down, one tomorrow.
    late_release = await day.scheduled(tomorrow, after=86_400)
    idle_release = await day.scheduled(idle, after=12)
    soon_release = await day.scheduled(soon, after=5)
    made = await day.command("backup", "--to", str(day.folder / "middle.mbk"), "--json")
    assert made["counts"]["disclosure"] == 6

    after = await day.approved("备份之后起草的通知")
    await day.published(soon_release, await day.scheduled(waiting), await day.scheduled(after))
    await day.end(signal.SIGKILL)
    before = await day.out_there()
    for channel in ("wechat", "weibo"):
        # On a slow machine the moment of the idle one comes before the end; then it is one more that must be found.
        before[channel].pop(idle, None)
        assert before[channel] == dict.fromkeys((*early, soon, waiting, after), 1)

    done = await day.command("restore", str(day.folder / "middle.mbk"), "--replace", "--json")
    assert done["aside"], "the old database is kept"
    assert done["set_aside"] >= 2, "what was due and is not proved out"
    await day.start()
    assert (await day.halt())["halted"] is True
    assert (await day.page_status(f"/d/{after}")) == 404, "it was drafted after the backup"

    await day.settled()
    await day.lifted()
    await day.published(soon_release, idle_release)
    assert await day.deliveries(late_release) == dict.fromkeys(("portal", "wechat", "weibo", "answers"), "pending")
    assert await day.page_status(f"/d/{soon}") == 200, "the page is back: its posts prove that it was public"

    # What was released after the backup stays as it is; releasing it once more would repeat it.
    again = {"disclosure": waiting, "at": "now", "channels": ["portal", "wechat"], "reason": walk.REASON}
    status, refused = await day.call("fabu", "POST", "/releases", again)
    assert (status, "重复" in refused["detail"]) == (409, True), refused
    assert await day.approved("恢复之后起草的通知") > 100_000, "no number is given twice"

    out = await day.out_there()
    assert out["wechat"] == dict.fromkeys((*early, soon, idle, waiting, after), 1) == out["weibo"]
    assert "审计链完整" in await day.command("audit", "verify")

"""Row 14: the database goes away after the send; the platform's answer is on this machine's disk and settles the row."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from audit.kept_lines import LARGEST_FILE, KeptLines
from publishers.errors import ChannelRefused, OutcomeUnknown
from publishers.port import Sighting, Verdict
from publishers.recalling import Recalling
from publishers.records import Attempt
from publishers.states import State

OUT = Sighting(verdict=Verdict.PUBLISHED, external_id="5001", url="https://weibo.com/1/5001", facts={"mid": "5001"})


@pytest.fixture
def kept(tmp_path: Path) -> KeptLines:
    return KeptLines(tmp_path / "state" / "evidence.jsonl")


def recalling(desk: Any, kept: KeptLines) -> Recalling:
    return Recalling(
        ledger=desk.ledger, evidence=kept, clock=desk.clock, patience=desk.patience, after_publish=desk.after,
        capabilities={name: channel.capabilities for name, channel in desk.channels.items()},
    )  # fmt: skip


async def _sent_into_the_dark(desk: Any, kept: KeptLines, monkeypatch: pytest.MonkeyPatch) -> int:
    """A send whose answer no try could write down. Afterwards the database is back."""
    monkeypatch.setattr("publishers.delivering.PAUSES", (0.0, 0.0, 0.0))
    desk.evidence = kept
    desk.dispatcher = desk.worker("worker-1")
    honest, away = desk.ledger.end, [True]

    async def end(*arguments: Any, **detail: Any) -> Any:
        if desk.platform.calls.count("send") and away:
            raise ConnectionError("away")
        return await honest(*arguments, **detail)

    monkeypatch.setattr(desk.ledger, "end", end)
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    away.clear()
    assert (await desk.row(release, "wechat")).state == State.SENDING
    return int(release)


async def test_a_posts_number_settles_the_row_without_a_look(
    weibo_like: Any, kept: KeptLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = weibo_like
    desk.platform.script["send"] = [OUT]
    release = await _sent_into_the_dark(desk, kept, monkeypatch)
    assert len(kept.read()) == 1
    assert await recalling(desk, kept).recall() == 0, "the old lease still runs"
    assert len(kept.read()) == 1
    desk.clock.advance(61)
    assert await recalling(desk, kept).recall() == 1
    row = await desk.row(release, "wechat")
    assert (row.state, row.external_id, row.facts["mid"]) == (State.PUBLISHED, "5001", "5001")
    attempts = await Attempt.filter(delivery_id=row.id, verb="evidence")
    assert [(a.outcome, a.fence) for a in attempts] == [("published", 1)]
    assert kept.read() == []
    assert (desk.platform.calls.count("send"), desk.platform.calls.count("look")) == (1, 0)


async def test_it_settles_a_row_that_waits_for_a_person(
    weibo_like: Any, kept: KeptLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = weibo_like
    desk.platform.script["send"] = [OUT]
    release = await _sent_into_the_dark(desk, kept, monkeypatch)
    for _ in range(20):
        desk.clock.advance(30)
        await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.HELD
    assert await recalling(desk, kept).recall() == 1
    assert (await desk.row(release, "wechat")).state == State.PUBLISHED


async def test_an_accepted_submission_is_followed(desk: Any, kept: KeptLines, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.platform.script["send"] = [Sighting(verdict=Verdict.RUNNING, facts={"publish_id": "P1"})]
    release = await _sent_into_the_dark(desk, kept, monkeypatch)
    desk.clock.advance(61)
    assert await recalling(desk, kept).recall() == 1
    row = await desk.row(release, "wechat")
    assert (row.state, row.facts["publish_id"]) == (State.SUBMITTED, "P1")


async def test_a_refusal_is_a_refusal(desk: Any, kept: KeptLines, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.platform.script["send"] = [ChannelRefused("草稿未通过发布检查", remedy="请修改后重新送审")]
    release = await _sent_into_the_dark(desk, kept, monkeypatch)
    desk.clock.advance(61)
    assert await recalling(desk, kept).recall() == 1
    row = await desk.row(release, "wechat")
    assert (row.state, row.problem, row.remedy) == (State.FAILED, "草稿未通过发布检查", "请修改后重新送审")


async def test_an_unknown_answer_stays_unknown(
    weibo_like: Any, kept: KeptLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = weibo_like
    desk.platform.script["send"] = [OutcomeUnknown("超时")]
    release = await _sent_into_the_dark(desk, kept, monkeypatch)
    desk.clock.advance(61)
    assert await recalling(desk, kept).recall() == 1
    assert (await desk.row(release, "wechat")).state == State.SENDING, "reading decides, as ever"
    assert await Attempt.filter(verb="evidence", outcome="unknown").count() == 1


async def test_recalling_twice_attaches_one_attempt(
    desk: Any, kept: KeptLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.platform.script["send"] = [OUT]
    await _sent_into_the_dark(desk, kept, monkeypatch)
    again = kept.read()[0]
    desk.clock.advance(61)
    await recalling(desk, kept).recall()
    # The process died after its commit and before it took the line out.
    kept._append((json.dumps(again) + "\n").encode())
    assert await recalling(desk, kept).recall() == 1
    assert await Attempt.filter(verb="evidence").count() == 1


async def test_an_answer_to_an_earlier_send_does_not_settle_a_later_one(
    weibo_like: Any, kept: KeptLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = weibo_like
    desk.platform.script["send"] = [OUT]
    release = await _sent_into_the_dark(desk, kept, monkeypatch)
    desk.clock.advance(61)
    await desk.dispatcher.settle_down()
    row = await desk.row(release, "wechat")
    await Attempt.create(delivery_id=row.id, verb="send", fence=9, owner="other", began_at=await desk.clock.now())
    assert await recalling(desk, kept).recall() == 1
    assert (await desk.row(release, "wechat")).state == State.UNKNOWN
    assert await Attempt.filter(verb="evidence").count() == 1, "people see it all the same"


async def test_one_answer_that_cannot_be_used_keeps_no_other_waiting(
    desk: Any, kept: KeptLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.keep({"delivery": "not a number"})
    kept.keep({"delivery": 4711, "at": "2026-11-23T09:30:00+00:00"})
    desk.platform.script["send"] = [OUT]
    release = await _sent_into_the_dark(desk, kept, monkeypatch)
    desk.clock.advance(61)
    assert await recalling(desk, kept).recall() == 1
    assert (await desk.row(release, "wechat")).state == State.PUBLISHED
    assert len(kept.read()) == 2


def test_the_file_is_private_survives_a_torn_line_and_does_not_grow_for_ever(kept: KeptLines, tmp_path: Path) -> None:
    path = tmp_path / "state" / "evidence.jsonl"
    assert kept.read() == []
    assert kept.keep({"delivery": 1})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open("ab") as file:
        file.write(b'{"delivery": 2, "ma')
    assert [answer["delivery"] for answer in kept.read()] == [1]
    path.write_bytes(b"\n" * LARGEST_FILE)
    assert not kept.keep({"delivery": 3})


def test_what_is_torn_does_not_swallow_the_next_line(kept: KeptLines, tmp_path: Path) -> None:
    kept.keep({"delivery": 1})
    with (tmp_path / "state" / "evidence.jsonl").open("ab") as file:
        file.write(b'{"delivery": 2, "ma')
    assert kept.keep({"delivery": 3})
    assert [answer["delivery"] for answer in kept.read()] == [1, 3]

"""Rows 13 to 15: the database is away, or its disk is full. No recorded intent, no send; an answer is never lost."""

import json
import stat
from typing import Any

import pytest

from publishers.records import Attempt
from publishers.states import State

SUBMIT, SHARE, TIMELINE = "/cgi-bin/freepublish/submit", "/2/statuses/share.json", "/2/statuses/user_timeline.json"
FAULT = "fault while working"


@pytest.mark.row(13)
@pytest.mark.parametrize("channel", ["wechat", "weibo"])
async def test_the_database_is_away_at_the_intent(scene: Any, channel: str) -> None:
    number = await scene.release(channel)
    worker = await scene.start(at="before_intent=stop")
    await worker.stopped()
    async with scene.database_away():
        worker.go_on()
        await worker.says(FAULT)
    row = await scene.row(number)
    assert (row.intent_at, await scene.attempts(number, "send")) == (None, [])
    assert await scene.effects(channel) == []
    assert row.state in {State.CLAIMED, State.DRAFTED}
    await scene.until(number, State.PUBLISHED)
    assert len(await scene.effects(channel)) == 1, "the same process goes on by itself"


@pytest.mark.row(14)
async def test_the_database_is_away_after_the_send_and_the_answer_is_on_the_disk(scene: Any) -> None:
    number = await scene.release("weibo")
    worker = await scene.start(at="after_answer=stop,after_evidence")
    await worker.stopped()
    assert len(await scene.effects("weibo")) == 1
    async with scene.database_away():
        worker.go_on()
        await worker.died()
    assert (await scene.row(number)).state == State.SENDING
    file = scene.settings.state_folder / "evidence.jsonl"
    kept = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    mid = (await scene.effects("weibo"))[0]["mid"]
    assert [(line["delivery"], line["outcome"], line["sighting"]["external_id"]) for line in kept] == [
        (number, "published", mid)
    ]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for secret in (scene.settings.weibo_access_token, scene.settings.weibo_app_secret):
        assert secret not in file.read_text(encoding="utf-8")
    # Nobody can look it up: the answer that was kept is the only proof.
    await scene.fault("http_5xx_before", TIMELINE, count=None)
    await scene.start(ask_person_soon=1)
    row = await scene.until(number, State.PUBLISHED)
    assert (row.external_id, row.facts["mid"]) == (mid, mid)
    evidence = await Attempt.get(delivery_id=number, verb="evidence")
    assert (evidence.outcome, evidence.owner) == ("published", kept[0]["owner"])
    assert not file.exists(), "what the database has is taken out"
    assert len(await scene.effects("weibo")) == 1


@pytest.mark.row(14)
async def test_the_process_that_lives_through_it_brings_the_answer_itself(scene: Any) -> None:
    number = await scene.release("wechat")
    worker = await scene.start(at="after_answer=stop")
    await worker.stopped()
    async with scene.database_away():
        worker.go_on()
        await worker.says("is kept in")
    await scene.until(number, State.PUBLISHED)
    await scene.attempted(number, "evidence")
    assert await scene.attempts(number, "evidence") == ["running"]
    assert len(await scene.effects("wechat")) == 1


@pytest.mark.row(15)
async def test_the_disk_is_full_at_the_intent(scene: Any) -> None:
    number = await scene.release("weibo")
    serve = await scene.start("serve", at="before_intent=stop")
    await serve.stopped()
    async with scene.disk_full(serve):
        serve.go_on()
        await serve.says(FAULT)
        await scene.ready(serve)
        async with scene.http.get(f"{scene.settings.public_url}/d/1") as page:
            assert page.status == 200, "the portal still reads"
        assert await scene.effects("weibo") == []
        row = await scene.row(number)
        assert (row.intent_at, await scene.attempts(number, "send")) == (None, [])
    await scene.until(number, State.PUBLISHED)
    assert len(await scene.effects("weibo")) == 1

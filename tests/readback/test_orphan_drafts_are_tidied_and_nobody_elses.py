"""Drafts that a crash left behind are deleted after a day; what a person wrote or touched, or a delivery needs, never."""

from datetime import timedelta
from typing import Any

import pytest

from audit.records import AuditRecord
from publishers.records import Delivery
from publishers.wechat import tidying
from publishers.wechat.tidying import VERB, Tidying
from tests.readback.conftest import CONTENT, PUBLISHER, Stage, changed


async def orphan(stage: Stage, row: Delivery) -> str:
    """What a crash between draft/add and its commit leaves: a draft of this very delivery that nobody knows of."""
    channel: Any = stage.channels[row.channel]
    ticket = stage.ledger.ticket_of(row)
    facts = await channel.prepare(type(ticket)(**{**_fields(ticket), "facts": {}, "intent_at": None}), None)
    return str(facts["media_id"])


def _fields(ticket: Any) -> dict[str, Any]:
    return {name: getattr(ticket, name) for name in ticket.__dataclass_fields__}


async def written_by_a_person(
    stage: Stage, *, page: str, title: str = "编辑自己的草稿", body: str = "<p>正文</p>"
) -> str:
    cover = (await stage.client.drafts_page(offset=0))[0]["content"]["news_item"][0]["thumb_media_id"]
    article = {
        "article_type": "news", "title": title, "content": body, "content_source_url": page, "thumb_media_id": cover,
    }  # fmt: skip
    return await stage.client.add_draft(article)


async def box(stage: Stage) -> set[str]:
    return {item["media_id"] for item in await stage.client.drafts_page(offset=0)}


@pytest.fixture
def tidy(stage: Stage) -> Tidying:
    return Tidying(client=stage.client, trail=stage.trail, public_url=stage.public_url)


async def test_only_the_orphans_go(stage: Stage, tidy: Tidying) -> None:
    row = (await stage.out(CONTENT, "portal", "wechat"))["wechat"]
    left_behind = await orphan(stage, row)
    page = stage.page_url(row.disclosure_id)
    theirs = await written_by_a_person(stage, page=page)
    elsewhere = await written_by_a_person(stage, page="https://www.gov.cn/")
    body = str(row.payload["content_html"]).replace("935", "950")
    touched = await written_by_a_person(stage, page=page, title=str(row.payload["title"]), body=body)
    assert await tidy.sweep() == 0  # Too young: its delivery may be about to save it.
    stage.clock.advance(timedelta(hours=25).total_seconds())
    fresh = await orphan(stage, row)
    assert await tidy.sweep() == 1
    assert await box(stage) == {theirs, elsewhere, touched, fresh}
    assert left_behind not in await box(stage)
    (line,) = await AuditRecord.filter(verb=VERB)
    assert line.detail["media_id"] == left_behind
    assert await tidy.sweep() == 0


async def test_a_draft_that_a_delivery_needs_stays(stage: Stage, tidy: Tidying) -> None:
    number = await stage.approved()
    await stage.control("POST", "faults", {"kind": "errcode", "platform": "wechat", "path": "/cgi-bin/freepublish/submit", "errcode": 53503})  # fmt: skip
    release = await stage.release(number, "portal", "wechat")
    row = await Delivery.get(release_id=release, channel="wechat")
    assert row.state == "failed"
    stage.clock.advance(timedelta(days=3).total_seconds())
    assert await tidy.sweep() == 0  # A person must look at this very draft on the website.
    assert row.facts["media_id"] in await box(stage)
    await stage.timetable.cancel(PUBLISHER, release)
    assert await tidy.sweep() == 1
    assert await box(stage) == set()


async def test_a_mistake_of_ours_cannot_empty_the_box(
    stage: Stage, tidy: Tidying, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidying, "A_DAY", 2)
    row = (await stage.out(changed(title="关于供暖的通告"), "portal", "wechat"))["wechat"]
    for _ in range(5):
        await orphan(stage, row)
    stage.clock.advance(timedelta(hours=25).total_seconds())
    assert await tidy.sweep() == 2
    assert await tidy.sweep() == 0
    stage.clock.advance(timedelta(hours=24).total_seconds())
    assert await tidy.sweep() == 2

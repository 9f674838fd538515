"""The newest posts, articles and drafts as the platform lists them now, and an article that lies many pages back."""

from datetime import timedelta
from typing import Any, cast

from publishers.port import Liveness, RemoteChannel
from publishers.records import Delivery
from publishers.wechat import reading
from tests.readback.conftest import PUBLISHER, Stage, changed


def remote(stage: Stage, row: Delivery) -> RemoteChannel:
    return cast(RemoteChannel, stage.channels[cast(Any, row.channel)])


async def test_articles_and_drafts_are_listed_with_the_page_they_link_to(stage: Stage) -> None:
    row = (await stage.out(changed(), "portal", "wechat"))["wechat"]
    stage.clock.advance(60)
    other = await stage.approved(changed(title="关于供暖的通告"))
    await stage.control("POST", "faults", {"kind": "errcode", "platform": "wechat", "path": "/cgi-bin/freepublish/submit", "errcode": 53503})  # fmt: skip
    await stage.release(other, "portal", "wechat")
    draft, article = await remote(stage, row).shown(limit=5)
    assert (draft.kind, draft.text, draft.page_url, draft.url) == ("draft", "关于供暖的通告", stage.page_url(other), "")
    assert (article.kind, article.external_id, article.url) == ("article", row.external_id, row.url)
    assert article.page_url == stage.page_url(row.disclosure_id)
    assert draft.at is not None
    assert article.at is not None
    assert draft.at > article.at


async def test_weibo_shows_its_five_newest_with_their_long_links(stage: Stage) -> None:
    await stage.control("POST", "weibo/switches", {"url_objects": True, "seconds_between_posts": 0})
    rows = [(await stage.out(changed(title=f"第{number}号通告"), "portal", "weibo"))["weibo"] for number in range(6)]
    posts = await remote(stage, rows[0]).shown(limit=10)
    assert [post.external_id for post in posts] == [row.external_id for row in reversed(rows)][:5]
    assert posts[0].page_url == stage.page_url(rows[-1].disclosure_id)
    assert posts[0].page_url in posts[0].text
    assert "第5号通告" in posts[0].text


async def test_a_post_whose_number_is_not_known_is_read_in_the_timeline(stage: Stage) -> None:
    row = (await stage.out(changed(), "portal", "weibo"))["weibo"]
    ticket = stage.ledger.ticket_of(row)
    unnumbered = type(ticket)(**{name: getattr(ticket, name) for name in ticket.__dataclass_fields__} | {"facts": {}})
    channel = remote(stage, row)
    assert (await channel.read_back(unnumbered)).liveness is Liveness.LIVE
    await stage.control("POST", "weibo/review", {"mid": row.external_id})
    assert (await channel.read_back(unnumbered)).liveness is Liveness.UNREADABLE
    assert (await channel.read_back(ticket)).liveness is Liveness.GONE


async def test_an_article_is_found_however_many_came_after_it(stage: Stage, monkeypatch: Any) -> None:
    """Pages are read until they are older than the intent: three pages were not enough on a busy day."""
    monkeypatch.setattr(reading, "PER_PAGE", 2)
    rows = [(await stage.out(changed(title=f"第{number}号通告"), "portal", "wechat"))["wechat"] for number in range(12)]
    channel: Any = remote(stage, rows[0])
    before = await stage.calls("/cgi-bin/freepublish/batchget")
    found = await channel._reading.found_published(stage.ledger.ticket_of(rows[1]))
    assert found is not None
    assert found.external_id == rows[1].external_id
    assert await stage.calls("/cgi-bin/freepublish/batchget") - before == 6
    # What is not there is not sought beyond the moment of its intent.
    stage.clock.advance(timedelta(hours=1).total_seconds())
    late = await stage.approved(changed(title="没有发出的通告"))
    release = await stage.timetable.schedule(PUBLISHER, late, at="now", channels=["portal", "wechat"])
    row = await Delivery.get(release_id=release.id, channel="wechat")
    before = await stage.calls("/cgi-bin/freepublish/batchget")
    assert await channel._reading.found_published(stage.ledger.ticket_of(row)) is None
    assert await stage.calls("/cgi-bin/freepublish/batchget") - before == 1

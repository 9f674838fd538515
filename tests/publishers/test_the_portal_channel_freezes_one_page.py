"""The portal channel: the same content gives the same bytes, the page holds exactly them, and doing it twice leaves one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from tortoise.transactions import in_transaction

from disclosures.content import Content, FileReference, Particular
from publishers.port import Severity, Ticket, Verdict
from publishers.portal import markup
from publishers.portal.channel import PortalChannel, frozen
from publishers.records import PortalPage

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
URL = "https://www.mingbai.example/d/1"
CONTENT = Content(
    title="通知",
    body_html="<p>正文。</p>",
    department="区民政局",
    category="通知公告",
    formed_on=date(2026, 11, 20),
    index_number="11330100000000000X/2026-00001",
)
CHANNEL = PortalChannel(site_name="明白区人民政府")


def ticket(content=CONTENT, *, release=1):
    return Ticket(
        delivery_id=release,
        release_id=release,
        disclosure_id=1,
        facts={},
        page_url=URL,
        due_at=NOW,
        payload=CHANNEL.render(content, page_url=URL).payload,
    )


async def publish(given, *, now=NOW):
    async with in_transaction() as connection:
        return await CHANNEL.publish(connection, given, now=now)


async def test_the_stored_page_is_the_frozen_payload(database):
    seen = await publish(ticket())
    page = await PortalPage.get(disclosure_id=1)
    assert seen.verdict is Verdict.PUBLISHED
    assert seen.url == URL
    assert frozen(page.payload).sha256 == CHANNEL.render(CONTENT, page_url=URL).sha256
    assert page.published_at == page.updated_at == NOW


async def test_the_same_release_twice_leaves_one_page_untouched(database):
    await publish(ticket())
    await publish(ticket(), now=NOW + timedelta(hours=1))
    page = await PortalPage.get(disclosure_id=1)
    assert page.updated_at == NOW
    assert [line["act"] for line in page.payload["history"]] == ["published"]


async def test_a_correction_keeps_the_first_date_and_adds_to_the_history(database):
    await publish(ticket())
    later = NOW + timedelta(days=1)
    await publish(
        ticket(replace(CONTENT, title="更正后的通知", body_html="<p>正文。新增一句。</p>"), release=2), now=later
    )
    page = await PortalPage.get(disclosure_id=1)
    assert (page.published_at, page.updated_at, page.title) == (NOW, later, "更正后的通知")
    change = page.payload["history"][-1]
    assert change["act"] == "updated"
    assert change["changed"] == ["标题", "正文"]
    assert change["added"] == ["新增一句。"]


async def test_a_release_that_was_withdrawn_does_not_come_back_by_repetition(database):
    await publish(ticket())
    async with in_transaction() as connection:
        await CHANNEL.retract(connection, 1, explanation="有误", repealed=False, now=NOW)
    assert (await publish(ticket())).verdict is Verdict.GONE
    assert (await PortalPage.get(disclosure_id=1)).state == "withdrawn"


async def test_a_transaction_that_fails_leaves_no_page(database):
    async def publish_and_fail() -> None:
        async with in_transaction() as connection:
            await CHANNEL.publish(connection, ticket(), now=NOW)
            raise RuntimeError("the ledger failed afterwards")

    with pytest.raises(RuntimeError):
        await publish_and_fail()
    assert await PortalPage.all().count() == 0


def test_rendering_is_the_same_every_time_and_gives_away_no_other_channel():
    content = replace(
        CONTENT, body_html='<p>看<a href="https://other.example/">外站</a></p><table><tr><td>1</td></tr></table>'
    )
    one, two = (CHANNEL.render(content, page_url=URL) for _ in range(2))
    assert one.sha256 == two.sha256
    assert not {"wechat", "weibo"} & set(one.payload)


def blocked(content):
    return {p.field for p in CHANNEL.check(content, page_url=URL) if p.severity is Severity.BLOCK}


def test_the_check_names_what_would_spoil_the_page():
    assert blocked(CONTENT) == set()
    assert blocked(replace(CONTENT, title=" ")) == {"title"}
    assert blocked(replace(CONTENT, title="长" * 200)) == set()
    assert blocked(replace(CONTENT, title="长" * 201)) == {"title"}
    assert blocked(replace(CONTENT, body_html="<p> </p>")) == {"body"}
    assert blocked(replace(CONTENT, summary="长" * 200)) == set()
    assert blocked(replace(CONTENT, summary="长" * 201)) == {"summary"}
    picture = '<p>图<img src="/files/' + "a" * 64 + '/图.png"></p>'
    assert blocked(replace(CONTENT, body_html=picture)) == {"body"}
    assert blocked(replace(CONTENT, body_html=picture.replace("<img", '<img alt="流程图"'))) == set()
    assert blocked(replace(CONTENT, body_html='<p>图<img alt="图" src="https://other.example/x.png"></p>')) == {"body"}
    assert blocked(replace(CONTENT, department="", category="")) == {"department", "category"}
    untitled = FileReference(sha256="a" * 64, file_name="表.pdf", media_type="application/pdf", size=1)
    assert [p.severity for p in CHANNEL.check(replace(CONTENT, attachments=(untitled,)), page_url=URL)] == [
        Severity.WARN
    ]


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<img src="/files/x" alt="" onerror="alert(1)">',
        '<a href="javascript:alert(1)">x</a>',
        "<svg><script>alert(1)</script></svg>",
        "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
        '<iframe src="https://x.example"></iframe>',
        '<p style="position:fixed">x</p>',
        "<form action=//x><input></form>",
        '<table><td><a href="data:text/html,x">y</a>',
    ],
)
def test_what_the_page_shows_is_cleaned_once_more(hostile):
    shown = markup.shown(hostile, page_url=URL).lower()
    for forbidden in ("<script", "onerror", "javascript:", "<iframe", "style=", "<form", "data:", "<svg", "<math"):
        assert forbidden not in shown


def test_showing_twice_changes_nothing():
    body = '<h1>题</h1><p>看<a href="https://x.example/">外</a></p><table><caption>表</caption><tr><td>1</td></tr></table>尾'
    once = markup.shown(body, page_url=URL)
    assert markup.shown(once, page_url=URL) == once
    assert "站外链接" not in markup.plain_text(once)
    assert "<h1" not in once
    assert 'class="table-scroll"' in once


def test_what_a_kinds_fields_say_stands_above_the_text_and_nowhere_else_anything_changes():
    plain = CHANNEL.render(CONTENT, page_url=URL).payload
    said = (
        Particular(name="deadline", label="截止日期", value="2026年12月1日"),
        Particular(name="how", label="方式", value="现场\n网上 <a>"),
    )
    payload = CHANNEL.render(replace(CONTENT, kind="tongzhi", particulars=said), page_url=URL).payload
    assert {name for name in payload if payload[name] != plain[name]} == {"body_html"}
    assert payload["body_html"] == (
        '<div class="table-scroll" tabindex="0" role="region" aria-label="表格"><table><tbody>'
        '<tr><th scope="row">截止日期</th><td>2026年12月1日</td></tr>'
        '<tr><th scope="row">方式</th><td>现场<br>网上 &lt;a&gt;</td></tr>'
        "</tbody></table></div><p>正文。</p>"
    )

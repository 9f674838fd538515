"""评论 and 数据 over real HTTP: the list, one comment with its proposals, two people, what nobody can know, and the API."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from audit.records import AuditRecord
from knowledge.records import KnowledgeEntry
from publishers.echo.figures import keep_figures
from publishers.echo.port import Act, Figure, Post
from publishers.echo.records import Comment, CommentReply, Listening
from publishers.echo.states import State
from publishers.errors import ChannelUnavailable, OutcomeUnknown
from publishers.port import Shown
from tests.echo.scripted import published, waiting_comment

WORDS = "补贴自12月1日起发放，请留意银行到账短信。"


@pytest.fixture
async def comment(house: Any) -> Comment:
    return await waiting_comment(house.clock.moment, at=house.clock.moment - timedelta(days=7))


async def signed_in(browser: Any, name: str) -> Any:
    """Somebody at the screen."""
    made = browser()
    await made.sign_in(name)
    return made


async def entry(body: str = "每户300元。") -> None:
    """The entry that the bot of these tests finds, as it stands in the base."""
    await KnowledgeEntry.create(
        entry_id="faq-1", kind="faq", title="冬季供暖补贴怎么领？", body=body, similar=[], keywords=[]
    )


async def test_the_list_shows_what_waits_the_longest_first(house: Any, browser: Any, comment: Comment) -> None:
    await waiting_comment(house.clock.moment, number=6, text="今天的问题")
    officer = await signed_in(browser, "fabu")
    assert await officer.get("/console/comments") == 200
    assert officer.text.index("请问补贴什么时候发") < officer.text.index("今天的问题")
    assert "1 条超过 3 个工作日" in officer.text
    assert "已等 5 个工作日" in officer.text
    assert await officer.get("/console/comments?q=今天") == 200
    assert "请问补贴什么时候发" not in officer.text
    await officer.get("/console/")
    assert "2 条评论等待回复" in officer.text
    assert "1 条已超过 3 个工作日" in officer.text


async def test_one_writes_another_agrees_and_it_is_sent(house: Any, browser: Any, comment: Comment) -> None:
    officer, second = await signed_in(browser, "fabu"), await signed_in(browser, "chushen")
    here = f"/console/comments/{comment.id}"
    assert await officer.get(here) == 200
    assert await officer.post(f"{here}/reply", {"text": WORDS}) == 200
    assert "等待另一位同志同意" in officer.text
    row = await CommentReply.get(comment_id=comment.id)
    assert await officer.post(f"/console/replies/{row.id}/agree", {}) == 422
    assert "不能同意自己写的回复" in officer.text
    await second.get("/console/")
    assert "1 条回复等您同意" in second.text
    await second.get(here)
    assert await second.post(f"/console/replies/{row.id}/agree", {"remark": "可以"}) == 200
    await house.outbox.sweep()
    assert house.voices.said == [WORDS]
    await officer.get(here)
    assert "已回复" in officer.text
    await officer.get("/console/comments?view=answered")
    assert WORDS in officer.text


async def test_approved_words_go_out_at_once_and_changed_ones_do_not(
    house: Any, browser: Any, comment: Comment
) -> None:
    await entry()
    officer, here = await signed_in(browser, "fabu"), f"/console/comments/{comment.id}"
    await officer.get(f"{here}?entry=faq-1")
    assert '<input type="hidden" name="entry" value="faq-1">' in officer.text
    assert ">每户300元。</textarea>" in officer.text
    await officer.post(f"{here}/reply", {"text": "每户300元。", "entry": "faq-1"})
    assert "回复正在发出" in officer.text
    await house.outbox.sweep()
    assert house.voices.said == ["每户300元。"]
    other = await waiting_comment(house.clock.moment, number=6)
    await officer.get(f"/console/comments/{other.id}")
    await officer.post(f"/console/comments/{other.id}/reply", {"text": "每户300元！", "entry": "faq-1"})
    assert (await CommentReply.get(comment_id=other.id)).state == State.WAITING


async def test_of_the_disclosure_itself_the_passage_that_answers_is_proposed(house: Any, browser: Any) -> None:
    body = (
        "各镇人民政府，各街道办事处：\n"
        + "现将有关事项通知如下，请认真贯彻执行。\n" * 20
        + "补贴自2026年12月1日起发放，每户300元。\n"
    )
    await KnowledgeEntry.create(
        entry_id="d-7", kind="policy", title="供暖补贴通知", body=body, similar=[], keywords=[], origin="disclosure:7",
        disclosure_id=7,
    )  # fmt: skip
    asked = await waiting_comment(house.clock.moment, number=9, text="补贴什么时候发放，每户多少？", disclosure_id=7)
    officer, here = await signed_in(browser, "fabu"), f"/console/comments/{asked.id}"
    await officer.get(here)
    assert officer.text.index("供暖补贴通知") < officer.text.index("冬季供暖补贴怎么领")
    assert "原文节选" in officer.text
    await officer.get(f"{here}?entry=d-7")
    quoted = officer.text.split("<textarea", 1)[1].split(">", 1)[1].split("</textarea>", 1)[0]
    assert "每户300元" in quoted
    assert len(quoted) <= 140
    await officer.post(f"{here}/reply", {"text": quoted, "entry": "d-7"})
    assert (await CommentReply.get(comment_id=asked.id)).state == State.WAITING


async def test_words_that_have_expired_are_not_approved_any_more(house: Any, browser: Any, comment: Comment) -> None:
    await entry()
    await KnowledgeEntry.all().update(valid_to=date(2026, 11, 22))
    officer, here = await signed_in(browser, "fabu"), f"/console/comments/{comment.id}"
    await officer.get(here)
    await officer.post(f"{here}/reply", {"text": "每户300元。", "entry": "faq-1"})
    assert (await CommentReply.get(comment_id=comment.id)).state == State.WAITING


async def test_a_refused_reply_keeps_what_was_typed(house: Any, browser: Any, comment: Comment) -> None:
    officer, here = await signed_in(browser, "fabu"), f"/console/comments/{comment.id}"
    await officer.get(here)
    assert await officer.post(f"{here}/reply", {"text": "请打 13812345678 <b>"}) == 422
    assert "手机号码" in officer.text
    assert "请打 13812345678 &lt;b&gt;</textarea>" in officer.text
    assert 'aria-invalid="true"' in officer.text


async def test_what_nobody_can_know_is_looked_for_and_decided(house: Any, browser: Any, comment: Comment) -> None:
    await entry()
    officer, here = await signed_in(browser, "fabu"), f"/console/comments/{comment.id}"
    await officer.get(here)
    await officer.post(f"{here}/reply", {"text": "每户300元。", "entry": "faq-1"})
    house.voices.outcome = OutcomeUnknown("微博没有完整答复")
    await house.outbox.sweep()
    row = await CommentReply.get(comment_id=comment.id)
    await officer.get("/console/comments?view=unknown")
    assert "待核实" in officer.text
    await officer.get(here)
    assert await officer.post(f"/console/replies/{row.id}/not-sent", {"reason": "看过了"}) == 422
    assert "系统还没有在平台上核对过" in officer.text
    house.clock.advance(180)
    await officer.get(here)
    assert await officer.post(f"/console/replies/{row.id}/look", {}) == 200
    assert "没有看到这条回复" in officer.text
    assert await officer.post(f"/console/replies/{row.id}/not-sent", {"reason": "客户端里也没有"}) == 200
    assert "人工核对没有发出" in officer.text
    assert house.voices.said == ["每户300元。"]


async def test_other_ways_to_deal_with_a_comment(house: Any, browser: Any, comment: Comment) -> None:
    officer, here = await signed_in(browser, "fabu"), f"/console/comments/{comment.id}"
    await officer.get(here)
    assert await officer.post(f"{here}/act", {"act": "take_down"}) == 422
    assert "不能随意删除" in officer.text
    assert await officer.post(f"{here}/act", {"act": "burn"}) == 422
    assert await officer.post(f"{here}/act", {"act": "elect"}) == 200
    assert house.voices.done == [Act.ELECT]
    assert await officer.post(f"{here}/leave", {"reason": "重复的问题"}) == 200
    assert "理由：重复的问题" in officer.text
    assert await officer.post(f"{here}/take-up", {"reason": "还是要回"}) == 200
    assert (await Comment.get(id=comment.id)).state == "new"


async def test_what_cannot_be_read_is_said(house: Any, browser: Any, comment: Comment) -> None:
    house.voices.trouble = ChannelUnavailable("连接不上微博", remedy="系统将自动重试。")
    await house.hearing.sweep()
    officer = await signed_in(browser, "fabu")
    await officer.get("/console/comments")
    assert "微博的评论暂时读不到：连接不上微博。" in officer.text
    assert await officer.post("/console/comments/read", {}) == 200
    assert "正在读取平台上的评论" in officer.text
    assert (await Listening.get(key="comments:weibo")).failures == 1


async def test_the_state_alone_says_whether_it_moves(house: Any, browser: Any, comment: Comment) -> None:
    await entry()
    officer, here = await signed_in(browser, "fabu"), f"/console/comments/{comment.id}"
    await officer.get(f"{here}/state")
    assert officer.headers["X-Moving"] == "no"
    await officer.get(here)
    await officer.post(f"{here}/reply", {"text": "每户300元。", "entry": "faq-1"})
    await officer.get(f"{here}/state")
    assert officer.headers["X-Moving"] == "yes"


async def test_figures_of_a_month_are_shown_and_exported(house: Any, browser: Any) -> None:
    delivery = await published("portal", house.clock.moment)
    post = Post(delivery_id=delivery.id, disclosure_id=7, facts={}, url="", published_at=datetime.now(UTC))
    days = [
        Figure(delivery_id=delivery.id, name="reads", day=date(2026, 11, d), value=d * 10, source="s")
        for d in (21, 22, 23)
    ]
    await keep_figures("portal", days, {delivery.id: post}, now=house.clock.moment)
    officer = await signed_in(browser, "fabu")
    assert await officer.get("/console/figures") == 200
    assert "<dt>阅读</dt><dd>230</dd>" in officer.text
    assert '<svg class="chart"' in officer.text
    assert await officer.get("/console/figures?month=2026-10") == 200
    assert "这个月没有符合条件的发布" in officer.text
    assert await officer.get("/console/figures?month=nonsense&channel=x") == 200
    assert await officer.get("/console/figures/figures.csv?month=2026-11") == 200
    (head, row) = list(csv.reader(io.StringIO(officer.text.lstrip("\ufeff"))))
    assert dict(zip(head, row, strict=True))["阅读"] == "230"
    async with officer.session.get(f"{officer.base}/console/figures/figures.xlsx?month=2026-11") as answer:
        assert "xl/workbook.xml" in zipfile.ZipFile(io.BytesIO(await answer.read())).namelist()
    assert await officer.get(f"/console/releases/{delivery.release_id}") == 200
    assert "阅读与互动" in officer.text


async def test_the_same_by_the_api(house: Any, call: Any, comment: Comment) -> None:
    fabu, chushen, nigao = call("fabu"), call("chushen"), call("nigao")
    listed = await fabu("GET", "/comments?state=new")
    assert [each["id"] for each in listed.body["items"]] == [comment.id]
    assert (await fabu("GET", "/comments?state=odd")).status == 422
    assert (await nigao("POST", f"/comments/{comment.id}/reply", {"text": WORDS})).status == 403
    key = {"Idempotency-Key": "k1"}
    written = await fabu("POST", f"/comments/{comment.id}/reply", {"text": WORDS}, headers=key)
    again = await fabu("POST", f"/comments/{comment.id}/reply", {"text": WORDS}, headers=key)
    assert (written.status, again.body) == (201, written.body)
    (reply,) = written.body["replies"]
    assert reply["state"] == "waiting"
    assert (await fabu("POST", f"/replies/{reply['id']}/agree", {})).status == 403
    agreed = await chushen("POST", f"/replies/{reply['id']}/agree", {"remark": "可以"})
    assert agreed.body["replies"][0]["state"] == "ready"
    house.voices.outcome = OutcomeUnknown("超时")
    await house.outbox.sweep()
    early = await fabu("POST", f"/replies/{reply['id']}/decide", {"outcome": "not_sent", "reason": "看过"})
    assert early.status == 409
    there = await fabu("POST", f"/replies/{reply['id']}/decide", {"outcome": "sent", "reason": "客户端可见"})
    assert there.body["state"] == "answered"
    assert (await fabu("GET", f"/comments/{comment.id + 1}")).status == 404
    assert (await fabu("POST", f"/comments/{comment.id}/reply", {"text": "再说一遍"})).status == 409
    other = await waiting_comment(house.clock.moment, number=8)
    assert (await fabu("POST", f"/comments/{other.id}/reply", {"text": "好" * 141})).status == 422
    assert (await fabu("POST", f"/comments/{other.id}/leave", {"reason": "广告"})).body["state"] == "ignored"
    assert (await fabu("POST", f"/comments/{other.id}/act", {"act": "elect"})).body["elected"]
    radar = await fabu("GET", "/radar")
    assert {line["channel"] for line in radar.body["accounts"]} == {"weibo", "wechat", "answers"}


async def test_figures_and_the_live_list_by_the_api(house: Any, call: Any) -> None:
    fabu, nigao = call("fabu"), call("nigao")
    delivery = await published("weibo", house.clock.moment)
    post = Post(delivery_id=delivery.id, disclosure_id=7, facts={}, url="", published_at=house.clock.moment)
    figure = Figure(delivery_id=delivery.id, name="likes", day=date(2026, 11, 23), value=9, source="s")
    await keep_figures("weibo", [figure], {delivery.id: post}, now=house.clock.moment)
    (line,) = (await fabu("GET", "/figures?disclosure=7")).body["channels"]
    assert (line["totals"], line["days"]) == ({"likes": 9}, {"likes": {"2026-11-23": 9}})
    assert len((await fabu("GET", "/figures?month=2026-11")).body["lines"]) == 1
    assert (await fabu("GET", "/figures?month=11")).status == 422
    assert (await fabu("GET", "/figures")).status == 422
    house.weibo.timeline = (
        Shown(
            kind="post",
            external_id="9",
            text="供暖补贴",
            url="https://weibo.example/9",
            page_url=house.page_url(7),
            at=house.clock.moment,
        ),
    )
    live = await fabu("GET", f"/deliveries/{delivery.id}/live")
    assert (live.status, live.body["items"][0]["ours"], live.body["problem"]) == (200, True, "")
    house.weibo.timeline = ChannelUnavailable("连接不上微博")
    away = await fabu("GET", f"/deliveries/{delivery.id}/live")
    assert (away.status, away.body["items"], away.body["problem"]) == (200, [], "连接不上微博")
    assert (await fabu("GET", "/deliveries/999/live")).status == 404
    assert (await nigao("GET", f"/deliveries/{delivery.id}/live")).status == 403


async def test_every_act_is_in_the_trail_in_plain_words(house: Any, browser: Any, comment: Comment) -> None:
    officer, here = await signed_in(browser, "fabu"), f"/console/comments/{comment.id}"
    await officer.get(here)
    await officer.post(f"{here}/leave", {"reason": "重复的问题"})
    (record,) = await AuditRecord.filter(verb="comment.left")
    assert record.detail["reason"] == "重复的问题"

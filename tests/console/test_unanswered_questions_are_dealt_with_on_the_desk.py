"""未解答问题 on the screen and by the API: clusters with askers, weeks and owners, one act each, masked for readers, nothing lost."""

from collections.abc import Callable
from typing import Any

import pytest

from audit.actor import Actor
from bot.feedback_records import AnswerFeedback
from console.question_pages import HOME
from knowledge.entry import Entry, EntryKind
from knowledge.question_records import QuestionCluster
from knowledge.records import KnowledgeDraft
from tests.console.conftest import Browser, House

SAME = ("冬季取暖补贴怎么申领，我电话13812345678", "冬季取暖补贴怎么申领", "取暖补贴怎样申领")
HEATING = Entry(
    id="faq-1", kind=EntryKind.faq, title="冬季供暖补贴怎么领？", body="每户300元。", unit="区民政局", source="区民政局"
)


@pytest.fixture
async def asked(house: House, clock: Any) -> None:
    curation = house.curating.curation
    await curation.put_entries([HEATING], actor=Actor.machine("测试"))
    for number, text in enumerate(SAME):
        await curation.keep_unanswered(
            text=text, masked=text.replace("13812345678", "138****5678"), channel="web" if number else "wechat",
            asker_hash=f"p{number}", asked_at=clock.moment, decision="none", reason="none",
            candidates=[{"id": "faq-1", "title": HEATING.title, "score": 0.3}],
        )  # fmt: skip


async def signed_in(browser: Callable[[], Browser], name: str, path: str = HOME) -> Browser:
    mine = browser()
    await mine.sign_in(name)
    assert await mine.get(path) == 200
    return mine


async def test_the_list_shows_one_cluster_with_its_persons_its_owner_and_its_day(
    asked: None, browser: Callable[[], Browser], clock: Any
) -> None:
    page = (await signed_in(browser, "zhishi")).text
    for words in (
        "<b>3</b> 人问过，共 3 次", "区民政局（按问题推定）", "11月30日 前办理", "近七天 3 次，前七天 0 次", "13812345678",
        "当时给出的选项：冬季供暖补贴怎么领？", "机器人现在能答", "微信", "门户",
    ):  # fmt: skip
        assert words in page
    assert page.count('data-cluster="') == 1
    reader = (await signed_in(browser, "nigao")).text
    assert "138****5678" in reader
    assert "13812345678" not in reader
    assert "查找并并入" not in reader
    clock.advance(9 * 86_400)
    late = await signed_in(browser, "zhishi", f"{HOME}?late=yes")
    assert "已超期 2 天" in late.text
    assert "近七天 0 次，前七天 3 次" in late.text


async def test_the_search_says_why_and_one_tap_attaches(
    asked: None, house: House, browser: Callable[[], Browser]
) -> None:
    curator = await signed_in(browser, "zhishi")
    assert await curator.get(f"{HOME}/1?q=供暖补贴") == 200
    for words in ("“补贴”在标题中", "机器人会直接这样答", "编号 faq-1"):
        assert words in curator.text
    ids = [part.split('"', 1)[0] for part in curator.text.split('name="question" value="')[1:]]
    assert await curator.post(
        f"{HOME}/1/attach", [("entry", "faq-1"), ("similar", "yes"), *(("question", number) for number in ids)]
    ) == 200  # fmt: skip
    assert "收录的问法已送审" in curator.text
    assert "机器建议，把握 93%" in curator.text
    draft = await KnowledgeDraft.get()
    assert draft.state == "submitted"
    second = await signed_in(browser, "zhongshen", f"/console/knowledge/drafts/{draft.id}")
    assert await second.post(f"/console/knowledge/drafts/{draft.id}/accept", {"sha256": draft.content_sha256}) == 200
    member = house.people["zhishi"]
    prepared = await house.curating.releases.prepare(member)
    await house.curating.releases.release(house.people["zhongshen"], release_id=prepared.row.id)
    assert await curator.get(f"{HOME}/1") == 200
    assert "已有答复" in curator.text
    assert await curator.post(f"{HOME}/1/reopen") == 200
    assert (await QuestionCluster.get()).state == "open"


async def test_what_is_refused_stands_beside_its_field_and_nothing_typed_is_lost(
    asked: None, browser: Callable[[], Browser]
) -> None:
    curator = await signed_in(browser, "zhishi")
    await curator.get(f"{HOME}/1")
    assert await curator.post(f"{HOME}/1/close", {"remark": "不知道写什么"}) == 409
    assert 'id="wrong-close"' in curator.text
    assert "没有选择关闭的理由" in curator.text
    assert "不知道写什么" in curator.text
    assert await curator.post(f"{HOME}/1/hand", {"unit": "区民政局", "due_on": "2020-01-01", "note": "尽快"}) == 409
    assert "期限早于今天" in curator.text
    assert 'value="尽快"' in curator.text
    assert await curator.post(f"{HOME}/1/attach", {"entry": "no-such"}) == 409
    assert "没有编号为 no-such 的条目" in curator.text
    assert await curator.post(f"{HOME}/1/merge", {"into": "77"}) == 409
    assert await curator.post(f"{HOME}/1/split", {}) == 409
    assert await curator.post(f"{HOME}/1/close", {"reason": "not_ours", "remark": "市里办理"}) == 200
    assert "已关闭：不属于本区职责" in curator.text
    assert await curator.get(f"{HOME}/999") == 404


async def test_one_tap_takes_the_wordings_but_none_with_somebodys_number(
    asked: None, browser: Callable[[], Browser]
) -> None:
    curator = await signed_in(browser, "zhishi")
    assert await curator.post(f"{HOME}/1/attach", {"entry": "faq-1", "similar": "all"}) == 200
    assert "收录的问法已送审" in curator.text
    assert (await KnowledgeDraft.get()).content["similar"] == list(SAME[1:])
    assert await curator.post(f"{HOME}/1/attach", {"entry": "faq-1"}) == 409
    assert "正在等待发布" in curator.text


async def test_a_new_answer_is_begun_with_one_button(asked: None, browser: Callable[[], Browser]) -> None:
    curator = await signed_in(browser, "zhishi")
    await curator.get(f"{HOME}/1")
    assert await curator.post(f"{HOME}/1/write") == 200
    assert "/console/knowledge/drafts/1/edit" in curator.url
    assert "取暖补贴怎样申领" in curator.text
    assert await curator.get(f"{HOME}?state=drafting") == 200
    assert 'data-cluster="1"' in curator.text


@pytest.mark.parametrize("act", ["attach", "write", "close", "hand", "take", "let-go", "merge", "split", "reopen"])
async def test_who_may_only_read_does_nothing(asked: None, browser: Callable[[], Browser], act: str) -> None:
    reader = await signed_in(browser, "nigao")
    assert await reader.post(f"{HOME}/1/{act}", {"reason": "test", "entry": "faq-1"}) == 403


async def test_another_system_lists_attaches_and_closes(asked: None, call: Callable[[str], Any]) -> None:
    curator, reader = call("zhishi"), call("nigao")
    listed = await curator("GET", "/knowledge/questions")
    assert listed.status == 200
    item = listed.body["items"][0]
    assert (item["askers"], item["volume"], item["unit"], item["overdue"]) == (3, 3, "区民政局", False)
    assert "138****5678" in (await reader("GET", "/knowledge/questions/1")).body["wordings"][0]["text"]
    assert (await reader("POST", "/knowledge/questions/1/close", {"reason": "test"})).status == 403
    assert (await curator("POST", "/knowledge/questions/1/attach", {"entry": "none"})).status == 404
    assert (await curator("POST", "/knowledge/questions/1/close", {"reason": "why"})).status == 409
    attached = await curator("POST", "/knowledge/questions/1/attach", {"entry": "faq-1"})
    assert (attached.status, attached.body["state"], attached.body["entry"]) == (200, "answered", "faq-1")
    assert (await curator("POST", "/knowledge/questions/1/close", {"reason": "test"})).status == 409
    assert (await curator("GET", "/knowledge/questions?state=sleeping")).status == 422


async def mark(clock: Any, asker: str, reason: str, *, useful: bool = False) -> None:
    await AnswerFeedback.create(
        channel="wechat", asker_hash=asker, entry_id="faq-1", mark="m", unit="区民政局", useful=useful, reason=reason, at=clock.moment
    )  # fmt: skip


async def test_answers_that_were_of_no_use_come_to_their_owner_by_a_day(
    asked: None, browser: Callable[[], Browser], clock: Any
) -> None:
    for asker, reason in (("a", "过时或有误"), ("b", "看不懂"), ("c", "过时或有误"), ("d", "")):
        await mark(clock, asker, reason)
    await mark(clock, "e", "", useful=True)
    curator = await signed_in(browser, "zhishi", f"{HOME}/useless")
    for words in ("<b>3</b> 人", "过时或有误 2 人", "看不懂 1 人", "区民政局", "2026-11-30 前处理", "修改条目"):
        assert words in curator.text
    assert await curator.post(f"{HOME}/useless/1/close", {"remark": "先记着"}) == 409
    assert "没有选择怎样处理的" in curator.text
    assert 'value="先记着"' in curator.text
    clock.advance(9 * 86_400)
    curator = await signed_in(browser, "zhishi", "/console/")
    assert "个条目的“没用”评价已超期" in curator.text
    assert await curator.get(f"{HOME}/useless") == 200
    assert await curator.post(f"{HOME}/useless/1/close", {"outcome": "right", "remark": "以文件为准"}) == 200
    assert "没有待处理的评价" in curator.text
    clock.advance(60)
    await mark(clock, "f", "不完整")
    assert await curator.get(f"{HOME}/useless") == 200
    assert "<b>1</b> 人" in curator.text, "only what came since is counted"
    reader = await signed_in(browser, "nigao", f"{HOME}/useless")
    assert await reader.post(f"{HOME}/useless/1/close", {"outcome": "right"}) == 403

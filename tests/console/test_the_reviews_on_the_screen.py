"""The reviews as people work with them: remarks on a sentence, differences, deputies, 保密审查, the declaration, without script."""

import re
from typing import Any

import pytest

from disclosures.records import DocumentKind
from tests.console.conftest import draft


async def submitted(call: Any, **changed: Any) -> int:
    number = int((await call("nigao")("POST", "/disclosures", draft(**changed))).body["id"])
    assert (await call("nigao")("POST", f"/disclosures/{number}/submit")).status == 200
    return number


async def at(browser: Any, name: str, path: str = "") -> Any:
    page = browser()
    assert await page.sign_in(name) == 200
    if path:
        assert await page.get(path) == 200, page.text
    return page


def sentence(text: str, words: str) -> str:
    """The value of the list's line that shows these words."""
    found = re.search(rf'<option value="(body:\d+)"[^>]*>[^<]*{words}', text)
    assert found is not None, words
    return found[1]


async def test_a_remark_is_made_answered_and_accepted_without_script(call: Any, browser: Any) -> None:
    number = await submitted(call)
    one = f"/console/disclosures/{number}"
    reviewer = await at(browser, "chushen", f"{one}/read")
    fields = {"sentence": sentence(reviewer.text, "每户300元"), "text": "请核对金额", "revision": "1"}
    assert await reviewer.post(f"{one}/remarks", fields) == 200
    assert "意见已记录" in reviewer.text
    assert "请核对金额" in reviewer.text
    remark = re.search(r'id="remark-(\d+)"', reviewer.text)[1]  # type: ignore[index]
    assert await reviewer.get(one) == 200
    assert "1 条待答复" in reviewer.text
    content_hash = reviewer.text.split('name="content_hash" value="', 1)[1].split('"', 1)[0]
    assert await reviewer.post(f"{one}/approve", {"content_hash": content_hash}) == 409
    assert "没有答复" in reviewer.text
    assert await reviewer.post(f"{one}/reject", {"content_hash": content_hash, "remark": ""}) == 200
    assert "见逐句意见（1 条）" in reviewer.text

    author = await at(browser, "nigao", "/console/")
    assert "等我答复的审核意见" in author.text
    assert await author.post(f"{one}/submit", {"declared": "yes"}) == 422
    assert "请核对金额" in author.text, "the page says what is to be answered"
    assert await author.get(f"{one}/read") == 200
    answer = {"disclosure": str(number), "kind": "kept", "answer": ""}
    assert await author.post(f"/console/remarks/{remark}/answer", answer) == 422
    assert "不改须说明理由" in author.text
    assert await author.post(f"/console/remarks/{remark}/answer", {**answer, "answer": "与区政府文件一致"}) == 200
    assert "与区政府文件一致" in author.text
    assert await author.post(f"{one}/submit", {"declared": "yes"}) == 200

    assert await reviewer.get(f"{one}/read") == 200
    assert "认可答复" in reviewer.text
    assert await reviewer.post(f"/console/remarks/{remark}/close", {"disclosure": str(number)}) == 200
    assert "已认可" in reviewer.text
    assert await reviewer.get(one) == 200
    assert "认可对“补贴自2026年12月1日起发放，每户300元。”的答复" in reviewer.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"sentence": "", "text": "意见"}, "没有找到所指的句子"), ({"sentence": "body:9", "text": "意见二"}, "没有找到所指的句子"),
     ({"sentence": "body:x", "text": "意见三"}, "没有找到所指的句子"), ({"sentence": "title:0", "text": " "}, "没有写意见")],
)  # fmt: skip
async def test_a_remark_that_is_not_taken_says_why_and_is_kept(call: Any, browser: Any, fields: Any, said: str) -> None:
    number = await submitted(call)
    reviewer = await at(browser, "chushen", f"/console/disclosures/{number}/read")
    assert await reviewer.post(f"/console/disclosures/{number}/remarks", fields) == 422
    assert said in reviewer.text
    assert fields["text"].strip() in reviewer.text


async def test_the_page_of_a_reader_without_a_say_has_no_form(call: Any, browser: Any) -> None:
    number = await submitted(call)
    reader = await at(browser, "zhishi", f"/console/disclosures/{number}/read")
    assert 'id="place-box"' not in reader.text
    assert "每户300元" in reader.text
    assert await reader.post(f"/console/disclosures/{number}/remarks", {"sentence": "title:0", "text": "x"}) == 403


async def test_a_reviewer_sees_what_changed_since_the_text_that_was_approved(call: Any, browser: Any) -> None:
    number = await submitted(call)
    for name in ("chushen", "fushen", "zhongshen"):
        await call(name)("POST", f"/disclosures/{number}/approve")
    changed = {"title": "关于发布2026年冬季供暖补贴的通知", "body_markdown": "补贴自2026年12月15日起发放，每户350元。"}
    assert (await call("nigao")("PATCH", f"/disclosures/{number}", changed)).status == 200
    await call("nigao")("POST", f"/disclosures/{number}/submit")
    reviewer = await at(browser, "chushen", f"/console/disclosures/{number}")
    assert "较上次审定稿（第 1 版）" in reviewer.text
    assert await reviewer.get(f"/console/disclosures/{number}/compare") == 200
    assert '<del><span class="unseen">删去：</span>300</del>' in reviewer.text
    assert '<ins><span class="unseen">新增：</span>350</ins>' in reviewer.text
    assert '<ins><span class="unseen">新增：</span>发布</ins>' in reviewer.text, "whole words"
    assert await reviewer.get(f"/console/disclosures/{number}/compare?from=2&to=2") == 200
    assert "两个版本没有差别" in reviewer.text
    assert await reviewer.get(f"/console/disclosures/{number}/compare?from=1&to=99") == 404
    assert await reviewer.get(f"/console/disclosures/{number}/compare?from=x&to=") == 200
    by_api = (await call("chushen")("GET", f"/disclosures/{number}/compare?from=1&to=2")).body
    assert (by_api["from_revision"], by_api["to_revision"], by_api["fields"][0]["label"]) == (1, 2, "标题")


async def test_what_was_written_is_never_markup(call: Any, browser: Any) -> None:
    number = await submitted(call, title="通知<script>alert(1)</script>")
    reviewer = await at(browser, "chushen", f"/console/disclosures/{number}/read")
    fields = {"sentence": "title:0", "text": "<img src=x onerror=alert(1)>"}
    await reviewer.post(f"/console/disclosures/{number}/remarks", fields)
    assert "<script>alert" not in reviewer.text
    assert "<img src=x" not in reviewer.text


async def test_the_author_declares_that_he_looked_for_secrets(call: Any, browser: Any, house: Any) -> None:
    number = int((await call("nigao")("POST", "/disclosures", draft())).body["id"])
    author = await at(browser, "nigao", f"/console/disclosures/{number}")
    assert await author.post(f"/console/disclosures/{number}/submit") == 422
    assert "保密自查" in author.text
    assert (await house.desk.sheet(number)).state == "draft"
    assert await author.post(f"/console/disclosures/{number}/submit", {"declared": "yes"}) == 200
    verbs = [record.verb for record in await house.trail.about(f"disclosure:{number}")]
    assert verbs[-3:] == ["disclosure.declared", "disclosure.proofread", "disclosure.submitted"]
    assert "送审前声明" in author.text
    assert "一校" in author.text


async def test_the_secrecy_review_is_signed_with_an_opinion(call: Any, browser: Any, house: Any) -> None:
    await DocumentKind.create(code="k", name="规范性文件", facts={"chain": ["first", "second", "secrecy", "final"]})
    await house.staff("gongkai", "officer", "何公开")
    number = int((await call("nigao")("POST", "/disclosures", draft())).body["id"])
    await house.desk.revise(house.people["nigao"], number, {"kind": "k"})
    one = f"/console/disclosures/{number}"
    author = await at(browser, "nigao", one)
    assert 'name="declared"' not in author.text
    assert await author.post(f"{one}/submit") == 200
    for name in ("chushen", "fushen"):
        assert (await call(name)("POST", f"/disclosures/{number}/approve")).status == 200
    officer = await at(browser, "gongkai", "/console/")
    assert "等我审核" in officer.text
    assert await officer.get(one) == 200
    assert "政府信息公开条例" in officer.text
    fields = {"content_hash": officer.text.split('name="content_hash" value="', 1)[1].split('"', 1)[0]}
    assert await officer.post(f"{one}/approve", {**fields, "remark": "已核"}) == 422
    assert "选择一项" in officer.text
    assert "已核" in officer.text
    assert await officer.post(f"{one}/approve", {**fields, "opinion": "open"}) == 200
    assert "保密审查意见：<b>不涉密，可以公开</b>" in officer.text
    assert "审阅用时" in officer.text
    assert (await call("zhongshen")("POST", f"/disclosures/{number}/approve")).body["state"] == "approved"


async def test_a_deputy_is_named_signs_and_is_listed(call: Any, browser: Any, clock: Any) -> None:
    number = await submitted(call)
    wang = await at(browser, "chushen", "/console/deputies")
    assert (
        await wang.post(
            "/console/deputies", {"deputy": "fushen", "steps": "first", "from_day": "2026-11-23", "to_day": ""}
        )
        == 422
    )
    assert "请填写日期" in wang.text
    fields = {
        "deputy": "zhongshen",
        "steps": "first",
        "from_day": "2026-11-23",
        "to_day": "2026-11-25",
        "reason": "出差",
    }
    assert await wang.post("/console/deputies", {**fields, "person": "fushen"}) == 200, "always for himself"
    assert "孙终审" in wang.text
    assert "代理中" in wang.text
    deputy = await at(browser, "zhongshen", "/console/")
    assert "代 王初审 办理初审" in deputy.text
    assert f"/console/disclosures/{number}" in deputy.text
    assert await deputy.get(f"/console/disclosures/{number}") == 200
    assert "代 <b>王初审</b>" in deputy.text
    content_hash = deputy.text.split('name="content_hash" value="', 1)[1].split('"', 1)[0]
    assert await deputy.post(f"/console/disclosures/{number}/approve", {"content_hash": content_hash}) == 200
    assert "<b>代 王初审</b>" in deputy.text
    assert "代 王初审（初审）：初审通过" in deputy.text
    clock.advance(3 * 86400)
    wang = await at(browser, "chushen", "/console/deputies")
    assert "已到期" in wang.text
    drafter = await at(browser, "nigao", "/console/deputies")
    assert 'id="name-box"' not in drafter.text
    assert await drafter.post("/console/deputies", fields) == 403


async def test_deputies_by_the_api(call: Any) -> None:
    body = {
        "person": "chushen",
        "deputy": "fushen",
        "steps": ["first"],
        "from_day": "2026-11-23",
        "to_day": "2026-11-24",
    }
    assert (await call("nigao")("POST", "/deputies", body)).status == 403
    assert (await call("fushen")("POST", "/deputies", body)).status == 403, "not for a colleague"
    made = await call("guanli")("POST", "/deputies", body)
    assert (made.status, made.body["state"]) == (201, "now")
    wrong = await call("chushen")("POST", "/deputies", {**body, "deputy": "chushen"})
    assert (wrong.status, wrong.body["errors"][0]["field"]) == (422, "deputy")
    assert len((await call("chushen")("GET", "/deputies")).body["items"]) == 1
    assert (await call("fushen")("POST", f"/deputies/{made.body['id']}/end")).body["state"] == "ended"
    assert (await call("fushen")("POST", "/deputies/99/end")).status == 404


async def test_remarks_by_the_api(call: Any) -> None:
    number = await submitted(call)
    body = {"quote": "每户300元", "text": "请核对金额"}
    made = await call("chushen")("POST", f"/disclosures/{number}/remarks", body)
    assert (made.status, made.body["state"], made.body["unchanged"]) == (201, "open", True)
    assert (await call("nigao")("POST", f"/disclosures/{number}/remarks", body)).status == 403
    missing = await call("chushen")("POST", f"/disclosures/{number}/remarks", {**body, "quote": "没有这一句"})
    assert (missing.status, missing.body["errors"][0]["field"]) == (422, "quote")
    assert (await call("chushen")("POST", f"/disclosures/{number}/reject", {"remark": ""})).status == 200
    refused = await call("nigao")("POST", f"/disclosures/{number}/submit")
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "remarks")
    changed = {"body_markdown": "补贴自2026年12月1日起发放，每户350元。"}
    await call("nigao")("PATCH", f"/disclosures/{number}", changed)
    answered = await call("nigao")("POST", f"/remarks/{made.body['id']}/answer", {"kind": "changed"})
    assert (answered.body["state"], answered.body["now"], answered.body["unchanged"]) == (
        "answered", "补贴自2026年12月1日起发放，每户350元。", False,
    )  # fmt: skip
    assert (await call("nigao")("POST", f"/disclosures/{number}/submit")).status == 200
    assert (await call("fushen")("POST", f"/remarks/{made.body['id']}/close")).body["state"] == "accepted"
    assert [each["state"] for each in (await call("nigao")("GET", f"/disclosures/{number}/remarks")).body["items"]] == [
        "accepted"
    ]


async def test_the_kept_kinds_of_chain_show_on_the_road(call: Any, browser: Any, house: Any) -> None:
    await DocumentKind.create(
        code="k", name="预决算", facts={"chain": ["first", "countersign", "second", "secrecy", "final"]}
    )
    number = int((await call("nigao")("POST", "/disclosures", draft())).body["id"])
    await house.desk.revise(house.people["nigao"], number, {"kind": "k"})
    author = await at(browser, "nigao", f"/console/disclosures/{number}")
    road = author.text.split('class="road', 1)[1].split("</ol>", 1)[0]
    assert list(re.findall(r">([^<]+)</li>", road)) == [
        "拟稿", "送审", "初审", "会签", "复审", "保密审查", "终审", "发布",
    ]  # fmt: skip

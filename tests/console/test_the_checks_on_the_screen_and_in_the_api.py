"""What the checks find, on the screen and in the API: told with its reason, let pass one by one, asked again at planning."""

import io
import zipfile
from typing import Any

import xlsxwriter

from staff.person import Person
from tests.console.conftest import BODY, draft

ID = "11010519491231002X"


async def written(browser: Any, body: str, **changed: Any) -> tuple[Any, str]:
    """A draft of the drafter, and its address."""
    page = browser()
    await page.sign_in("nigao")
    await page.get("/console/disclosures/new")
    fields = {
        "title": "关于发放2026年冬季供暖补贴的通知", "body": body, "department": "区民政局", "category": "通知公告",
        "formed_on": "2026-11-20", "wechat_digest": "每户300元", "weibo_text": "供暖补贴开始发放，每户300元。", "action": "save", **changed,
    }  # fmt: skip
    assert await page.post("/console/disclosures", fields) == 200, page.text
    return page, page.url.split("?")[0].removeprefix(page.base)


def key_of(text: str, rule_words: str) -> str:
    """The key of the first finding after these words."""
    return text.split(rule_words, 1)[1].split('name="key" value="', 1)[1].split('"', 1)[0]


async def signed_by_three(house: Any, number: int) -> None:
    for name in ("chushen", "fushen", "zhongshen"):
        await house.desk.approve(house.people[name], number)


async def test_a_finding_shows_its_words_its_reason_and_what_to_do(house: Any, browser: Any) -> None:
    page, _ = await written(browser, f"{BODY}\n\n工作已经布署。失信人员{ID}。")
    for words in (
        "布署",
        "疑为错别字",
        "怎么改",
        "为什么",
        "改为 部署",
        "遮盖为 11*************02X",
        "放行并说明理由",
        "个人信息保护法",
    ):
        assert words in page.text, words
    assert ID not in page.text.split('id="check-box"', 1)[1].split("</section>", 1)[0]


async def test_it_is_let_pass_with_a_reason_that_the_reviewers_see(house: Any, browser: Any) -> None:
    page, path = await written(browser, f"{BODY}\n\n失信人员{ID}。")
    key = key_of(page.text, "疑似身份证号")
    assert await page.post(f"{path}/submit", {"declared": "yes"}) == 422
    assert await page.post(f"{path}/pass", {"key": key, "reason": " "}) == 422
    assert "未写明放行的理由" in page.text
    assert await page.post(f"{path}/pass", {"key": key, "reason": "失信惩戒公示，依法公开"}) == 200
    assert "已放行" in page.text
    assert await page.post(f"{path}/submit", {"declared": "yes"}) == 200
    reviewer = browser()
    await reviewer.sign_in("chushen")
    await reviewer.get(path)
    box = reviewer.text.split('id="check-box"', 1)[1]
    assert "失信惩戒公示，依法公开" in box
    assert "李拟稿" in box
    assert "收回放行" not in box
    assert "放行一处检查提示" in reviewer.text
    # While it is being reviewed nobody changes what was let pass.
    assert await page.post(f"{path}/pass", {"key": key, "reason": "再来"}) == 409


async def test_it_is_taken_back(house: Any, browser: Any) -> None:
    page, path = await written(browser, f"{BODY}\n\n失信人员{ID}。")
    await page.post(f"{path}/pass", {"key": key_of(page.text, "疑似身份证号"), "reason": "依法公开"})
    number = page.text.split(f"{path}/pass/", 1)[1].split("/", 1)[0]
    assert await page.post(f"{path}/pass/{number}/take-back", {}) == 200
    assert "已收回放行" in page.text
    assert await page.post(f"{path}/submit", {"declared": "yes"}) == 422


async def test_a_proposal_is_put_in_place_by_a_click_as_a_new_version(house: Any, browser: Any) -> None:
    page, path = await written(browser, f"{BODY}\n\n工作已经布署。失信人员{ID}。")
    number = int(path.rpartition("/")[2])
    for words, mask in (("疑似身份证号", "11*************02X"), ("疑为错别字", "部署")):
        sheet = await house.desk.sheet(number)
        key = key_of(page.text.split('id="check-box"', 1)[1], words)
        assert await page.post(f"{path}/replace", {"key": key, "revision": str(sheet.revision)}) == 200, page.text
        assert mask in (await house.desk.sheet(number)).version.body_source
    body = (await house.desk.sheet(number)).version.body_source
    assert ID not in body
    assert "布署" not in body
    assert (await house.desk.sheet(number)).revision == 3
    stale = {"key": "0" * 16, "revision": "1"}
    assert await page.post(f"{path}/replace", stale) == 409


async def test_the_check_while_one_types_knows_the_words_and_the_attachments(house: Any, browser: Any) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word/document.xml", f"<w:document><w:p><w:r><w:t>{ID}</w:t></w:r></w:p></w:document>")
    stored = await house.files.put(packed.getvalue(), "名单.docx", by=house.people["nigao"].actor, title="名单")
    page = browser()
    await page.sign_in("nigao")
    await page.get("/console/disclosures/new")
    fields = {
        "title": "通知", "body": "工作已经布署", "department": "区民政局", "category": "通知公告", "formed_on": "2026-11-20",
        "attachment": stored.sha256, "attachment_title": "名单",
    }  # fmt: skip
    assert await page.post("/console/check", fields) == 200
    for words in ('"quote": "\\u5e03\\u7f72"', '"mask": "\\u90e8\\u7f72"', "11*************02X", "\\u7b2c 1 \\u6bb5"):
        assert words in page.text, words
    assert ID not in page.text


async def test_a_word_that_was_added_after_the_reviews_stops_the_planning(house: Any, browser: Any) -> None:
    page, path = await written(browser, f"{BODY}\n\n做好推进部属。")
    await page.post(f"{path}/submit", {"declared": "yes"})
    await signed_by_three(house, int(path.rpartition("/")[2]))
    officer = browser()
    await officer.sign_in("fabu")
    await officer.get("/console/lexicon")
    word = {
        "word": "推进部属",
        "kind": "错别字",
        "severity": "说明理由可放行",
        "suggestion": "推进部署",
        "reason": "错字",
    }
    assert await officer.post("/console/lexicon", word) == 200
    await officer.get(path)
    assert "推进部属" in officer.text.split('id="check-box"', 1)[1]
    plan = {"when": "later", "at": "2026-11-24T09:00", "channels": "portal"}
    assert await officer.post(f"{path}/schedule", plan) == 422
    assert "推进部属" in officer.text
    await officer.post(f"{path}/pass", {"key": key_of(officer.text, "疑为错别字"), "reason": "引文如此"})
    assert "已放行" in officer.text
    assert await officer.post(f"{path}/schedule", plan) == 200


async def test_the_words_are_kept_by_whoever_may(house: Any, browser: Any) -> None:
    reader = browser()
    await reader.sign_in("nigao")
    assert await reader.get("/console/lexicon?q=布署") == 200
    assert "部署" in reader.text
    assert "add-word" not in reader.text
    assert await reader.post("/console/lexicon", {"word": "甲乙"}) == 403
    officer = browser()
    await officer.sign_in("fabu")
    await officer.get("/console/lexicon")
    assert await officer.post("/console/lexicon", {"word": "甲", "kind": "错别字", "reason": "还在"}) == 422
    assert "应为 2 至 60 个字" in officer.text
    assert 'value="还在"' in officer.text
    assert await officer.post("/console/lexicon", {"word": "甲乙丙", "kind": "错别字", "suggestion": "甲乙"}) == 200
    assert "甲乙丙" in officer.text
    assert await officer.post("/console/lexicon/switch", {"word": "布署", "active": "no"}) == 200
    await officer.get("/console/lexicon?q=布署")
    assert "已停用" in officer.text
    assert await officer.get("/console/lexicon?edit=甲乙丙") == 200
    assert "修改“甲乙丙”" in officer.text
    assert await officer.post("/console/lexicon/remove", {"word": "甲乙丙"}) == 200
    assert await officer.post("/console/lexicon/remove", {"word": "甲乙丙"}) == 404
    assert await officer.get("/console/lexicon/rules") == 200
    assert "GB/T 9704-2012" in officer.text


def workbook(*rows: tuple[str, ...]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    return file.getvalue()


async def test_a_file_is_tried_taken_undone_and_given_back(house: Any, browser: Any) -> None:
    officer = browser()
    await officer.sign_in("fabu")
    await officer.get("/console/lexicon/import")
    heads = ("词语", "类别", "程度", "建议", "理由", "例外")
    wrong = workbook(heads, ("甲乙", "胡编", "", "", "", ""), ("丙", "", "", "", "", ""))
    assert await officer.post("/console/lexicon/import", [("file", ("a.xlsx", wrong)), ("then", "take")]) == 422
    assert "没有“胡编”这一类" in officer.text
    assert "2 处错误" in officer.text
    good = workbook(heads, ("甲乙丙", "敏感词", "必须修改", "丁", "因为", "甲乙丙戊；大甲乙丙"))
    assert await officer.post("/console/lexicon/import", [("file", ("a.xlsx", good)), ("then", "plan")]) == 200
    assert "没有写入任何内容。新增 1 个" in officer.text
    assert await officer.post("/console/lexicon/import", [("file", ("a.xlsx", good)), ("then", "take")]) == 200
    assert await officer.get("/console/lexicon/export/lexicon.csv") == 200
    exported = officer.text.encode()
    assert "甲乙丙戊；大甲乙丙" in officer.text
    await officer.get("/console/lexicon/import")
    assert await officer.post("/console/lexicon/import", [("file", ("b.csv", exported)), ("then", "plan")]) == 200
    assert "相同 1 个" in officer.text
    assert await officer.post("/console/lexicon/import", [("then", "take")]) == 422
    number = officer.text.split("/console/lexicon/import/", 1)[1].split("/", 1)[0]
    assert await officer.post(f"/console/lexicon/import/{number}/undo", {}) == 200
    assert await house.desk.examination.lexicon.lines(own=True) == ()


async def test_the_list_of_leaders_has_its_page(house: Any, browser: Any) -> None:
    officer = browser()
    await officer.sign_in("fabu")
    await officer.get("/console/lexicon/leaders")
    bad = {"name": "钱立新", "title": "好人", "order": "一", "since": "2026-13-01"}
    assert await officer.post("/console/lexicon/leaders", bad) == 422
    assert "排序应为数字" in officer.text
    assert "日期无法识别" in officer.text
    assert 'value="好人"' in officer.text
    assert await officer.post("/console/lexicon/leaders", {**bad, "order": "2", "since": ""}) == 422
    assert "没有认出职务" in officer.text
    assert await officer.post("/console/lexicon/leaders", {"name": "钱 立新", "title": "区长", "order": "2"}) == 200
    rows = await house.desk.examination.lexicon.leaders()
    assert [(row.name, row.title, row.order) for row in rows] == [("钱立新", "区长", 2)]
    assert await officer.get(f"/console/lexicon/leaders?edit={rows[0].id}") == 200
    assert await officer.post(f"/console/lexicon/leaders/{rows[0].id}", {"name": "钱立新", "title": "副区长"}) == 200
    assert await officer.post(f"/console/lexicon/leaders/{rows[0].id}/remove", {}) == 200
    assert await house.desk.examination.lexicon.leaders() == []


async def test_other_systems_check_pass_and_keep_words_by_the_same_rules(house: Any, call: Any) -> None:
    nigao, fabu = call("nigao"), call("fabu")
    text = draft(body_markdown=f"{BODY}\n\n工作布署，失信人员{ID}。")
    found = (await nigao("POST", "/check", text)).body["issues"]
    assert {(each["rule"], each["replacement"]) for each in found} == {
        ("lexicon.typo", "部署"), ("private.identity", "11*************02X"),
    }  # fmt: skip
    made = (await nigao("POST", "/disclosures", text)).body
    key = next(each["key"] for each in made["problems"] if each["blocks"])
    assert (await nigao("POST", f"/disclosures/{made['id']}/pass", {"key": key, "reason": ""})).status == 422
    passed = await nigao("POST", f"/disclosures/{made['id']}/pass", {"key": key, "reason": "依法公开"})
    assert [each["passed_reason"] for each in passed.body["issues"] if each["key"] == key] == ["依法公开"]
    assert (await nigao("POST", f"/disclosures/{made['id']}/submit", {})).status == 200
    await signed_by_three(house, made["id"])
    assert (await nigao("POST", "/lexicon", {"words": [{"word": "发放供暖"}]})).status == 403
    words = {"words": [{"word": "抓好落实", "severity": "说明理由可放行"}]}
    tried = await fabu("POST", "/lexicon", {**words, "dry_run": True})
    assert (tried.body["new"], tried.body["import_id"]) == (1, None)
    assert (await fabu("POST", "/lexicon", words)).body["new"] == 1
    assert (await fabu("POST", "/lexicon", {"words": [{"word": "抓", "kind": "无"}]})).status == 422
    assert (await fabu("GET", "/lexicon?q=抓好落实")).body["items"][0]["own"]
    plan = {"disclosure": made["id"], "at": "now", "channels": ["portal"]}
    refused = await fabu("POST", "/releases", plan)
    assert refused.status == 422
    assert "抓好落实" in str(refused.body)
    assert (await fabu("POST", "/releases", {**plan, "reason": "通用语"})).status == 201


async def test_the_same_text_twice_wants_a_reason_of_a_person_at_the_screen(
    house: Any, call: Any, browser: Any
) -> None:
    nigao, fabu = call("nigao"), call("fabu")
    body = (
        BODY
        + "\n\n申请人持身份证到村（居）民委员会登记，民政所在五个工作日内审核，经公示无异议后发放到社会保障卡，如有疑问请向区民政局咨询。"
    )
    numbers = []
    for title in ("关于发放供暖补贴的通知", "关于发放冬季供暖补贴的公告", "关于发放供暖补贴的补充通知"):
        made = (await nigao("POST", "/disclosures", draft(title=title, body_markdown=body))).body
        await nigao("POST", f"/disclosures/{made['id']}/submit", {})
        await signed_by_three(house, made["id"])
        numbers.append(made["id"])
        if len(numbers) == 1:
            await fabu("POST", "/releases", {"disclosure": numbers[0], "at": "now", "channels": ["portal"]})
            await house.dispatcher.settle_down()
    page, plan = browser(), {"when": "now", "channels": "portal"}
    await page.sign_in("fabu")
    await page.get(f"/console/disclosures/{numbers[1]}")
    assert await page.post(f"/console/disclosures/{numbers[1]}/schedule", plan) == 422
    assert f"编号 {numbers[0]}" in page.text
    assert await page.post(f"/console/disclosures/{numbers[1]}/schedule", {**plan, "reason": "分别面向两类对象"}) == 200
    # A program that plans is not asked: it has the same warning in the answer of /check, and nobody to type a reason.
    again = {"disclosure": numbers[2], "at": "now", "channels": ["portal"]}
    assert (await fabu("POST", "/releases", again)).status == 201


async def test_a_person_without_the_verb_lets_nothing_pass(house: Any, browser: Any) -> None:
    _, path = await written(browser, f"{BODY}\n\n失信人员{ID}。")
    curator: Person = house.people["zhishi"]
    assert curator.display_name == "吴知识"
    page = browser()
    await page.sign_in("zhishi")
    await page.get(path)
    assert "放行并说明理由" not in page.text
    assert await page.post(f"{path}/pass", {"key": "0" * 16, "reason": "可以"}) == 403

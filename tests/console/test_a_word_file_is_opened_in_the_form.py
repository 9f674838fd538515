"""A Word file opens the form filled and explained; nothing is saved before a person says so. The API reads the same."""

import io
import re
from html import unescape
from typing import Any

from aiohttp import FormData

from disclosures.records import Disclosure, Revision
from tests.disclosures.word_files import LINK, NOTICE, docx, p, picture, run

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef00000000"
    "49454e44ae426082"
)
FILE = docx(*NOTICE, footnotes=("以民政部门认定为准。",), relations=LINK)


async def opened(browser: Any, data: bytes = FILE, name: str = "通知.docx") -> Any:
    drafter = browser()
    assert await drafter.sign_in("nigao") == 200
    assert await drafter.get("/console/disclosures/import") == 200
    drafter.status = await drafter.post("/console/disclosures/import", [("file", (name, data))])
    return drafter


def value(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"(?: type="date")? value="([^"]*)"', page)
    assert found, name
    return unescape(found[1])


def body_of(page: str) -> str:
    return unescape(page.split('name="body" rows="18">', 1)[1].split("</textarea>", 1)[0])


async def test_the_form_is_filled_and_says_from_what(browser: Any) -> None:
    drafter = await opened(browser)
    assert drafter.status == 200
    page = drafter.text
    assert value(page, "title") == "关于开展2026年冬季供暖补贴发放工作的通知"
    assert value(page, "document_number") == "区民发〔2026〕18号"
    assert value(page, "formed_on") == "2026-11-20"
    assert '<option value="区民政局" selected>' in page
    assert value(page, "body_format") == "html"
    assert "<h2>一、总体要求</h2>" in body_of(page)
    assert "导入时的说明" in page
    assert "发布机构：区民政局（文件中写作“东安区民政局”）" in page
    assert "文号：区民发〔2026〕18号（文件中写作“区民发[2026]18号”）" in page
    assert await Disclosure.all().count() == 0


async def test_what_was_read_is_saved_when_the_person_says_so(browser: Any) -> None:
    drafter = await opened(browser)
    fields = {
        "title": value(drafter.text, "title"), "body": body_of(drafter.text), "body_format": "html",
        "department": "区民政局", "formed_on": "2026-11-20", "import_note": "请核对一处",
    }  # fmt: skip
    assert await drafter.post("/console/disclosures", {**fields, "category": ""}) == 422
    assert "请核对一处" in drafter.text, "the notes are still there when the saving was refused"
    assert await drafter.post("/console/disclosures", {**fields, "category": "通知公告"}) == 200
    content = (await Revision.get(number=1)).content
    assert '<td rowspan="2">城东</td>' in content["body_html"]


async def test_a_picture_without_a_description_comes_in_and_stops_the_submission(browser: Any) -> None:
    drafter = await opened(browser, docx(p("说明。", picture()), parts={"word/media/image1.png": PNG}))
    assert "1 张图片没有图片说明" in drafter.text
    fields = {
        "title": "关于供暖的说明", "body": body_of(drafter.text), "body_format": "html", "department": "区民政局",
        "formed_on": "2026-11-20", "category": "通知公告",
    }  # fmt: skip
    assert await drafter.post("/console/disclosures", fields) == 200
    number = drafter.url.split("?")[0].rsplit("/", 1)[1]
    assert await drafter.post(f"/console/disclosures/{number}/submit", {"declared": "yes"}) == 422
    assert "有 1 张图片没有图片说明" in drafter.text
    assert (await Disclosure.get(id=int(number))).state == "draft"


async def test_a_signature_nobody_knows_is_said_and_not_taken(browser: Any) -> None:
    drafter = await opened(browser, docx(p("正文。"), p("火星区民政厅"), p("2026年11月20日")))
    assert "文件署名“火星区民政厅”不在发布机构名单中" in drafter.text
    assert "没有认出标题，请填写" in drafter.text


async def test_words_of_the_file_are_text_on_the_page(browser: Any) -> None:
    drafter = await opened(browser, docx(p("<img src=x onerror=alert(1)>的通知", align="center"), p("正文。")))
    assert "<img src=x" not in drafter.text


async def test_a_file_that_cannot_be_read_is_refused_beside_its_field(browser: Any) -> None:
    drafter = await opened(browser, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "旧.doc")
    assert drafter.status == 422
    assert 'id="file-problem"' in drafter.text
    assert "另存为" in drafter.text
    assert await drafter.post("/console/disclosures/import", {}) == 422
    assert "请先选择" in drafter.text


async def test_the_editor_gets_the_same_as_json(browser: Any) -> None:
    drafter = await opened(browser)
    form = FormData({"csrf": drafter.csrf})
    form.add_field("file", FILE, filename="a.docx")
    headers = {"Origin": drafter.base, "Accept": "application/json"}
    async with drafter.session.post(f"{drafter.base}/console/disclosures/import", data=form, headers=headers) as answer:
        told = await answer.json()
    assert "<h2>一、总体要求</h2>" in told["body_html"]
    assert told["notes"]


async def test_markdown_and_rich_text_turn_into_one_another(browser: Any) -> None:
    drafter = await opened(browser)
    headers = {"Origin": drafter.base, "Accept": "application/json"}

    async def convert(body: str, to: str) -> tuple[int, Any]:
        sent = FormData({"csrf": drafter.csrf, "to": to})
        sent.add_field("body", body, content_type="text/plain")
        async with drafter.session.post(f"{drafter.base}/console/convert", data=sent, headers=headers) as answer:
            return answer.status, await answer.json()

    assert await convert("## 一\r\n\r\n**二**", "html") == (
        200,
        {"body": "<h2>一</h2>\n<p><strong>二</strong></p>", "lost": []},
    )
    assert await convert("<h2>一</h2><p><b>二</b></p>", "markdown") == (200, {"body": "## 一\n\n**二**", "lost": []})
    assert (await convert("<p><u>二</u></p>", "markdown"))[1]["lost"] == ["下划线"]
    status, told = await convert("字" * 200_001, "html")
    assert status == 422
    assert "上限" in told["detail"]


async def test_without_a_script_the_text_turns_to_markdown_unless_something_would_be_lost(browser: Any) -> None:
    drafter = await opened(browser)
    fields = {"body": "<h2>一</h2>", "body_format": "html", "action": "markdown"}
    assert await drafter.post("/console/disclosures", fields) == 200
    assert body_of(drafter.text) == "## 一"
    assert value(drafter.text, "body_format") == "markdown"
    assert await drafter.post("/console/disclosures", {**fields, "body": "<p><u>一</u></p>"}) == 422
    assert "Markdown 写不出：下划线" in drafter.text
    assert await Disclosure.all().count() == 0


async def test_the_api_reads_a_file_and_saves_nothing(call: Any) -> None:
    as_form = FormData()
    as_form.add_field("file", FILE, filename="a.docx")
    told = await call("nigao")("POST", "/disclosures/import", data=as_form)
    assert told.status == 200
    assert told.body["title"] == "关于开展2026年冬季供暖补贴发放工作的通知"
    assert {"field": "department", "value": "东安区民政局", "evidence": "东安区民政局文件"} not in told.body[
        "proposals"
    ]
    assert {"field": "department", "value": "东安区民政局", "evidence": "东安区民政局"} in told.body["proposals"]
    bare = await call("nigao")(
        "POST", "/disclosures/import", data=FILE,
        headers={"Content-Type": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    )  # fmt: skip
    assert bare.body == told.body
    assert await Disclosure.all().count() == 0
    made = await call("nigao")("POST", "/disclosures", {
        "title": told.body["title"], "body_html": told.body["body_html"], "department": "区民政局", "category": "通知公告",
        "formed_on": "2026-11-20",
    })  # fmt: skip
    assert made.status == 201


async def test_the_api_refuses_what_it_cannot_read(call: Any) -> None:
    form = FormData()
    form.add_field("file", docx(p(run("x")), parts={"word/vbaProject.bin": b"x"}), filename="a.docm")
    told = await call("nigao")("POST", "/disclosures/import", data=form)
    assert told.status == 422
    assert "宏" in told.body["detail"]
    assert (await call("nigao")("POST", "/disclosures/import", {})).status == 415
    huge = await call("nigao")(
        "POST", "/disclosures/import", data=io.BytesIO(b"x" * (10 * 1024 * 1024 + 1)),
        headers={"Content-Type": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    )  # fmt: skip
    assert huge.status == 413

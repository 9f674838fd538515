"""Writing in a real Chromium under the real Content-Security-Policy: a Word file comes in, a table is changed, a picture gets its
description, Word's clipboard is cleaned, Markdown stays Markdown until somebody types; and it fits on a telephone."""

import io
import os
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

from tests.disclosures.word_files import LINK, NOTICE, docx, p, run
from tests.endtoend.screen import DESK, TELEPHONE, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PICTURES = os.environ.get("MINGBAI_TEST_PICTURES", "")
"""A folder: the walk's screenshots are kept there, for the manuals."""
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
CLIPBOARD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal {color: red}</style></head><body>
<!--StartFragment--><p class=MsoNormal style='mso-margin-top-alt:auto'><b><span lang=EN-US style='font-family:"Times New Roman"'>加粗
<o:p></o:p></span></b><span style='font-family:仿宋_GB2312'>普通</span><span
style="font-weight:bold;color:red">再加粗</span></p>
<p class=MsoListParagraph style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span lang=EN-US
style='font-family:Wingdings'><span style='mso-list:Ignore'>l<span style='font:7.0pt "Times New Roman"'>&nbsp; </span></span></span>
<![endif]>甲项</p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>·<span>&nbsp;</span>
</span><![endif]>乙项</p>
<p class=MsoNormal style='mso-list:l1 level1 lfo2'><span style='mso-list:Ignore'>（一）</span>条目</p>
<table class=MsoTableGrid border=1><tr><td width=10 colspan=2 style='border:solid'><p class=MsoNormal>合并</p></td></tr>
<tr><td>1</td><td>2</td></tr></table><img src="file:///C:/Temp/clip_image001.png"><script>alert(1)</script><!--EndFragment--></body></html>"""


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 120), "#0b5f6b").save(out, "PNG")
    return out.getvalue()


async def _keep(page: Page, name: str) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240
        await page.screenshot(path=f"{PICTURES}/{name}.png")


def _with(part: str) -> re.Pattern[str]:
    """A value that has this part."""
    return re.compile(re.escape(part).replace("/", r"\/"))


async def _fits(page: Page) -> None:
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"


async def _desk(chromium: Browser, house: Any, size: tuple[int, int] = DESK) -> tuple[Page, list[str]]:
    """The drafter's page, and what the browser complains of: errors, and breaches of the security policy."""
    page = await signed_in(chromium, house, "nigao", size=size)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page, complaints


async def _paste(page: Page, html: str) -> None:
    await page.evaluate(
        """html => { const data = new DataTransfer(); data.setData("text/html", html); data.setData("text/plain", "x");
        document.querySelector(".ProseMirror").dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true})); }""",
        html,
    )


async def test_a_word_file_is_opened_changed_and_saved(house: Any, chromium: Browser) -> None:
    page, complaints = await _desk(chromium, house)
    await page.goto(f"{house.base}/console/disclosures/new")
    await page.click("#import-word")
    await _keep(page, "word-import")
    data = docx(*NOTICE, footnotes=("以民政部门认定为准。",), relations=LINK)
    await page.set_input_files("#file", {"name": "通知.docx", "mimeType": WORD, "buffer": data})
    await page.click("#import")
    await expect(page.locator(".word-told")).to_contain_text("请逐项核对")
    editor = page.locator(".ProseMirror")
    await expect(editor.locator("h2")).to_have_text("一、总体要求")
    await _keep(page, "word-imported")

    await editor.locator("td", has_text="4").click()
    await page.click("[data-action=row-after]")
    await editor.locator("tr").nth(3).locator("td").nth(1).click()
    await page.keyboard.type("新的一行")
    await _keep(page, "editor-table")

    await editor.locator("p", has_text="各镇人民政府").click()
    await page.keyboard.press("End")
    await page.click("[data-action=picture]")
    await page.set_input_files("#editor-field-file", {"name": "a.png", "mimeType": "image/png", "buffer": picture()})
    await page.click("dialog button[value=ok]")
    await expect(page.locator("#editor-dialog-wrong")).to_have_text("请填写图片说明。")
    await _keep(page, "editor-picture")
    await page.fill("#editor-field-alt", "发放点示意图")
    await page.click("dialog button[value=ok]")
    await expect(editor.locator(".editor-picture button")).to_have_text("图片说明：发放点示意图")
    await expect(editor.locator(".editor-picture img")).to_have_js_property("complete", True)
    assert await editor.locator(".editor-picture img").evaluate("image => image.naturalWidth") == 320

    await page.select_option("[name=category]", value="通知公告")
    assert complaints == []
    await page.click("#save")
    await expect(page.locator("h1")).to_contain_text("补贴发放工作的通知")
    number = int(await page.get_attribute("body", "data-disclosure") or "0")
    saved = (await house.must("nigao", "GET", f"/disclosures/{number}"))["body_html"]
    assert '各镇人民政府，各街道办事处：<img src="/files/' in saved
    assert 'alt="发放点示意图"' in saved
    assert "新的一行" in saved
    assert '<thead><tr><th scope="col">镇街</th><th colspan="2" scope="col">户数</th></tr></thead>' in saved
    assert "<td>3</td><td>4</td>" in saved
    assert '<td rowspan="2">城东</td>' in saved
    assert "<p>[1] 以民政部门认定为准。" in saved


async def test_the_clipboard_of_word_is_cleaned_and_lists_are_lists(house: Any, chromium: Browser) -> None:
    page, complaints = await _desk(chromium, house)
    await page.goto(f"{house.base}/console/disclosures/new")
    await page.locator(".ProseMirror").click()
    await _paste(page, CLIPBOARD)
    await expect(page.locator(".editor-status")).to_contain_text("有 1 张图片没有随文字粘贴过来")
    await expect(page.locator("[name=body_format]")).to_have_value("html")
    body = await page.input_value("#body")
    assert body.split("\n") == [
        "<p><strong>加粗 </strong>普通<strong>再加粗</strong></p>", "<ul><li>甲项</li><li>乙项</li></ul>", "<p>（一）条目</p>",
        '<table><tbody><tr><td colspan="2">合并</td></tr><tr><td>1</td><td>2</td></tr></tbody></table>',
    ]  # fmt: skip
    assert complaints == []


async def test_what_is_dropped_pasted_or_attached_arrives_and_what_is_refused_costs_nothing(
    house: Any, chromium: Browser
) -> None:
    page, complaints = await _desk(chromium, house)
    page.on("dialog", lambda asked: asked.accept())  # Leaving a half-written text asks first.
    await _a_word_file_is_dropped(page, house)
    await _a_picture_is_pasted(page, house)
    assert complaints == []
    await _attachments_go_up(page, house)


async def _a_word_file_is_dropped(page: Page, house: Any) -> None:
    """Without this the browser would leave the page for the file, and the text with it."""
    await page.goto(f"{house.base}/console/disclosures/new")
    await page.locator(".ProseMirror").click()
    await page.keyboard.type("开头。")
    drop = """([name, bytes]) => { const data = new DataTransfer(); data.items.add(new File([Uint8Array.from(bytes)], name));
        const box = document.querySelector(".ProseMirror p"), place = box.getBoundingClientRect();
        box.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true,
            clientX: place.left + 2, clientY: place.top + 5})); }"""
    await page.evaluate(drop, ["通知.docx", list(docx(p("从文件来。"), p(run("隐", "<w:vanish/>"), "二")))])
    await expect(page.locator(".editor-status")).to_contain_text("1 处隐藏文字没有导入")
    await expect(page.locator("#body")).to_have_value(_with("从文件来。"))
    await page.evaluate(drop, ["程序.exe", [77, 90]])
    await expect(page.locator(".editor-status")).to_contain_text("不能放进正文")


async def _a_picture_is_pasted(page: Page, house: Any) -> None:
    await page.goto(f"{house.base}/console/disclosures/new")
    await page.locator(".ProseMirror").click()
    await page.evaluate(
        """bytes => { const data = new DataTransfer(); data.items.add(new File([Uint8Array.from(bytes)], "a.png", {type: "image/png"}));
        document.querySelector(".ProseMirror").dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true})); }""",
        list(picture()),
    )
    await expect(page.locator("dialog h2")).to_have_text("图片说明")
    await page.keyboard.press("Escape")
    missing = page.locator(".editor-undescribed button")
    await expect(missing).to_have_text("缺少图片说明，点此填写")
    await missing.click()
    await page.fill("#editor-field-alt", "一张图")
    await page.keyboard.press("Enter")
    await expect(page.locator(".editor-picture button")).to_have_text("图片说明：一张图")
    await expect(page.locator("#body")).to_have_value(_with('alt="一张图"'))


async def _attachments_go_up(page: Page, house: Any) -> None:
    await page.goto(f"{house.base}/console/disclosures/new")
    await page.fill("[name=title]", "写了一半的标题")
    await page.set_input_files("#attachment_file", [
        {"name": "名单.csv", "mimeType": "text/csv", "buffer": "姓名,金额\n张某,300\n".encode()},
        {"name": "程序.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"},
    ])  # fmt: skip
    await expect(page.locator(".attached-told")).to_contain_text("“程序.exe”没有上传：不支持这种文件")
    await expect(page.locator("[name=attachment_title]")).to_have_value("名单")
    await expect(page.locator("[name=title]")).to_have_value("写了一半的标题")
    await _keep(page, "editor-attachments")


async def test_markdown_stays_markdown_until_somebody_types(house: Any, chromium: Browser) -> None:
    page, complaints = await _desk(chromium, house)
    await page.goto(f"{house.base}/console/disclosures/new")
    await page.fill("#body", "## 一、要求\n\n每户**300元**。")
    editor = page.locator(".ProseMirror")
    await expect(editor.locator("h2")).to_have_text("一、要求")
    await expect(page.locator("[name=body_format]")).to_have_value("markdown")
    await expect(page.locator("#body")).to_have_value("## 一、要求\n\n每户**300元**。")
    await page.get_by_role("button", name="Markdown", exact=True).click()
    await expect(page.locator("#body")).to_be_focused()
    await expect(page.locator(".editor")).to_be_hidden()
    await page.get_by_role("button", name="富文本").click()
    await editor.locator("p").click()
    await page.keyboard.press("End")
    await page.keyboard.type("请办理。")
    await expect(page.locator("[name=body_format]")).to_have_value("html")
    await expect(page.locator("#body")).to_have_value("<h2>一、要求</h2>\n<p>每户<strong>300元</strong>。请办理。</p>")
    # A check points at words in the textarea; they are selected where they are read.
    await page.evaluate("""() => { const area = document.getElementById("body"), at = area.value.indexOf("300元");
        area.focus(); area.setSelectionRange(at, at + 4); }""")
    await expect(editor).to_be_focused()
    assert await page.evaluate("getSelection().toString()") == "300元"
    await page.keyboard.press("Control+a")
    await page.keyboard.press("Control+u")
    await page.get_by_role("button", name="Markdown", exact=True).click()
    await expect(page.locator("dialog")).to_contain_text("Markdown 写不出：下划线。")
    await page.click("dialog button[value=cancel]")
    await expect(page.locator(".editor")).to_be_visible()
    assert complaints == []


async def test_the_toolbar_is_worked_by_keys_and_fits_a_telephone(house: Any, chromium: Browser) -> None:
    page, complaints = await _desk(chromium, house, TELEPHONE)
    await page.goto(f"{house.base}/console/disclosures/new")
    await _fits(page)
    await page.locator(".ProseMirror").click()
    await page.keyboard.type("小标题")
    await page.keyboard.press("Alt+F10")
    await expect(page.locator("[data-action=heading2]")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("[data-action=heading3]")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".ProseMirror h3")).to_have_text("小标题")
    await expect(page.locator("[data-action=heading3]")).to_have_attribute("aria-pressed", "true")
    await page.keyboard.press("End")
    await page.keyboard.press("Enter")
    await page.click("[data-action=table]")
    await page.fill("#editor-field-caption", "发放标准")
    await _keep(page, "editor-phone-dialog")
    await page.click("dialog button[value=ok]")
    await expect(page.locator(".ProseMirror table")).to_be_visible()
    await expect(page.locator(".ProseMirror")).to_be_focused()
    await page.keyboard.type("镇街")
    await page.keyboard.press("Tab")
    await page.keyboard.type("金额")
    await _fits(page)
    await _keep(page, "editor-phone")
    await expect(page.locator("#body")).to_have_value(
        _with('<table><caption>发放标准</caption><thead><tr><th scope="col">镇街</th><th scope="col">金额</th>')
    )
    await page.goto(f"{house.base}/console/disclosures/import")
    await _fits(page)
    await _keep(page, "word-import-phone")
    assert complaints == []

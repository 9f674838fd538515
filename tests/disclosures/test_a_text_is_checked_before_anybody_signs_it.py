"""The house's own checks: what blocks a save, what blocks a submission, what is only pointed out."""

import io
import zipfile
from datetime import date
from typing import Any

import pytest

from disclosures.checks import check
from disclosures.content import Content, FileReference
from disclosures.errors import InvalidContent
from disclosures.findings import Finding, Severity

TODAY = date(2026, 11, 23)
ID = "11010519491231002X"


def content(**changed: Any) -> Content:
    values: dict[str, Any] = {
        "title": "关于发放补贴的通知", "body_html": "<p>正文。</p>", "department": "区民政局", "category": "通知公告",
        "formed_on": date(2026, 11, 20), "index_number": "11441700007280420Y/2026-00001",
    }  # fmt: skip
    return Content(**{**values, **changed})


def found(**changed: Any) -> list[Finding]:
    return list(check(content(**changed), today=TODAY))


def test_a_good_text_has_no_findings() -> None:
    body = "<p>定于2026年11月23日（星期一）发放，见国办发〔2017〕47号，咨询电话0571-88888888。</p>"
    assert found(body_html=body, document_number="区民发〔2026〕18号") == []


@pytest.mark.parametrize(
    ("changed", "field", "severity", "words"),
    [
        ({"title": "题" * 201}, "title", "block", "200"),
        ({"title": "上\n下"}, "title", "block", "换行"),
        ({"title": "反\u202e向"}, "title", "block", "控制字符"),
        ({"body_html": "<p> </p>"}, "body", "block", "不能为空"),
        ({"formed_on": date(2026, 11, 24)}, "formed_on", "block", "晚于今天"),
        ({"body_html": '<p>文</p><img src="/files/x/y.png" alt=" ">'}, "body", "block", "图片说明"),
        ({"body_html": "<p>2026年11月23日（星期二）召开</p>"}, "body", "warn", "星期一"),
        ({"body_html": "<p>11月23日(周日)召开</p>"}, "body", "warn", "不符"),
        ({"body_html": "<p>2026年2月30日（星期一）</p>"}, "body", "warn", "不存在"),
        ({"body_html": f"<p>张某，{ID}</p>"}, "body", "block", "11*************02X"),
        ({"body_html": "<p>联系13800138000</p>"}, "body", "warn", "138****8000"),
        ({"summary": "卡号6222021234567890128"}, "summary", "block", "银行卡号"),
        ({"body_html": "<p>机密★1年</p>"}, "body", "block", "密级标志"),
        ({"body_html": "<p>密级：秘密</p>"}, "body", "block", "密级标志"),
        ({"title": "秘 密★ 关于某事的通知"}, "title", "block", "密级标志"),
        ({"body_html": "<p>内部资料，注意保存</p>"}, "body", "block", "内部资料"),
        ({"body_html": "<p>属于不予公开的情形</p>"}, "body", "warn", "不予公开"),
        ({"document_number": "十八号"}, "document_number", "warn", "常见写法"),
        ({"body_html": "<p>根据区政发[2026]5号</p>"}, "body", "warn", "六角括号"),
    ],
)
def test_each_fault_is_found_in_its_field(changed: dict[str, Any], field: str, severity: str, words: str) -> None:
    findings = found(**changed)
    assert [(finding.field, finding.severity) for finding in findings] == [(field, Severity(severity))], findings
    assert words in findings[0].message + findings[0].remedy
    assert findings[0].remedy


@pytest.mark.parametrize(
    "text",
    [
        "依照保守国家秘密法办理",
        "保护商业秘密和个人隐私",
        "2026年11月23日，星期一上午",
        "机密性、完整性和可用性",
        "每周二开放",
        "5月1日至5日放假",
        "星期五之前报送",
    ],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert found(body_html=f"<p>{text}</p>") == []


def test_no_message_repeats_the_personal_data() -> None:
    for finding in found(body_html=f"<p>{ID} 6222021234567890128 13800138000</p>"):
        assert not any(secret in f"{finding}" for secret in (ID, "6222021234567890128", "13800138000"))


async def test_a_save_names_everything_that_is_wrong_at_once(office: Any) -> None:
    with pytest.raises(InvalidContent) as invalid:
        await office.desk.create(
            office.drafter,
            office.draft(title=" ", body="", department="区民证局", category="公告", stage="其他",
                         formed_on=date(2027, 1, 1), interprets=4711),
        )  # fmt: skip
    fields = {problem.field: problem for problem in invalid.value.problems}
    assert set(fields) == {"title", "body", "department", "category", "stage", "formed_on", "interprets"}
    assert "区民政局" in fields["department"].remedy
    assert "通知公告" in fields["category"].remedy


async def test_submission_waits_until_the_text_is_mended(office: Any) -> None:
    sheet = await office.desk.create(office.drafter, office.draft(body="机密★1年"))
    for reason in ("", "确需公开"):
        with pytest.raises(InvalidContent, match="密级标志"):
            await office.desk.submit(office.drafter, sheet.id, reason=reason)
    assert (await office.desk.sheet(sheet.id)).state == "draft"


async def test_a_list_that_the_law_makes_public_passes_with_a_written_reason(office: Any) -> None:
    sheet = await office.desk.create(office.drafter, office.draft(body=f"失信被执行人：张某，{ID}"))
    with pytest.raises(InvalidContent, match="身份证号"):
        await office.desk.submit(office.drafter, sheet.id)
    await office.desk.submit(office.drafter, sheet.id, reason="失信惩戒公示，依法公开")
    record = (await office.trail.about(f"disclosure:{sheet.id}"))[-1]
    assert record.detail["reason"] == "失信惩戒公示，依法公开"
    assert ID not in str(record.detail)


async def test_the_document_number_is_written_the_official_way(office: Any) -> None:
    for written in ("区民发[2026]18号", "区民发（2026）18号", "区民发【2026】第018号", " 区民发〔2026〕18号 "):
        sheet = await office.desk.create(office.drafter, office.draft(document_number=written))
        assert sheet.content.document_number == "区民发〔2026〕18号"


async def test_the_same_document_number_twice_is_pointed_out(office: Any) -> None:
    await office.desk.create(office.drafter, office.draft(title="第一份"))
    second = await office.desk.create(office.drafter, office.draft(document_number="区民发[2026]18号"))
    findings = await office.desk.findings(second)
    assert [(finding.field, finding.blocks) for finding in findings] == [("document_number", False)]
    assert "《第一份》" in findings[0].message
    other = await office.desk.create(office.drafter, office.draft(document_number="区民发〔2026〕19号"))
    assert await office.desk.findings(other) == ()


async def test_a_picture_from_elsewhere_is_left_out_and_said_so(office: Any) -> None:
    for body, body_format in (
        ("文字\n\n![外部](https://example.com/x.png)", "markdown"),
        ('<p>文字<img src="https://example.com/x.png" alt="外部"></p>', "html"),
    ):
        sheet = await office.desk.create(office.drafter, office.draft(body=body, body_format=body_format,
                                                                       document_number=""))  # fmt: skip
        assert "example.com" not in sheet.content.body_html
        assert ["站外图片" in finding.message for finding in await office.desk.findings(sheet)] == [True]


async def test_active_content_does_not_survive_saving(office: Any) -> None:
    body = '<p onclick="x()">补贴<script>alert(1)</script></p><img src=x onerror=alert(1)>'
    sheet = await office.desk.create(office.drafter, office.draft(body=body, body_format="html"))
    assert sheet.content.body_html == "<p>补贴</p>"


async def test_an_attachment_is_read_too(office: Any) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        runs = "".join(f"<w:r><w:t>{part}</w:t></w:r>" for part in ("110105", "19491231", "002X"))
        archive.writestr("word/document.xml", f"<w:document><w:p>{runs}</w:p><w:p>13800138000</w:p></w:document>")
    stored = await office.files.put(packed.getvalue(), "名单.docx", by=office.drafter.actor, title="名单")
    sheet = await office.desk.create(office.drafter, office.draft(attachments=(stored,)))
    findings = await office.desk.findings(sheet)
    assert [(finding.field, finding.blocks) for finding in findings] == [("attachments", True), ("attachments", False)]
    assert "11*************02X" in findings[0].message


async def test_a_file_that_was_never_uploaded_cannot_be_attached(office: Any) -> None:
    ghost = FileReference(sha256="0" * 64, file_name="x.pdf", media_type="application/pdf", size=1)
    with pytest.raises(InvalidContent, match="文件库"):
        await office.desk.create(office.drafter, office.draft(attachments=(ghost,)))
    with pytest.raises(InvalidContent, match="文件库"):
        await office.desk.create(office.drafter, office.draft(body=f"![图](/files/{'0' * 64}/x.png)"))


async def test_the_summary_follows_the_text_unless_the_author_wrote_one(office: Any) -> None:
    long = "第一句话说明补贴的范围和标准以及发放对象。" * 10
    sheet = await office.desk.create(office.drafter, office.draft(body=long))
    assert 50 <= len(sheet.content.summary) <= 100
    assert sheet.content.summary.endswith("。")
    shorter = await office.desk.revise(office.drafter, sheet.id, {"body": "只有一句。"})
    assert shorter.content.summary == "只有一句。"
    own = await office.desk.revise(office.drafter, sheet.id, {"summary": "自拟概述"})
    assert (await office.desk.revise(office.drafter, own.id, {"body": "又改。"})).content.summary == "自拟概述"

"""A Word file becomes clean HTML with its tables, notes and pictures; what its layout says is proposed; what must not be public
stays out; and a hostile file costs a sentence on the screen, nothing more."""

import asyncio
import io
import subprocess
import zipfile
from datetime import date
from typing import Any

import pytest
from PIL import Image

from disclosures.confined import read_in_process
from disclosures.errors import FileRefused
from disclosures.records import StoredFile
from disclosures.word import WordImport, WordText
from disclosures.word_head import Line, date_in, read_head
from disclosures.word_numbers import chinese, written
from tests.disclosures.word_files import (
    LINK,
    NOTICE,
    cell,
    docx,
    font,
    header,
    link,
    note_mark,
    p,
    picture,
    row,
    run,
    table,
)


def image(kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, kind)
    return out.getvalue()


async def read(office: Any, data: bytes, name: str = "通知.docx") -> WordText:
    return await WordImport(files=office.files).read(data, name, by=office.drafter.actor)


NUMBERED = (
    '<w:numbering xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:abstractNum w:abstractNumId="4">'
    '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>'
    '</w:abstractNum><w:num w:numId="4"><w:abstractNumId w:val="4"/></w:num></w:numbering>'
)


async def test_a_notice_as_offices_write_it(office: Any) -> None:
    told = await read(office, docx(*NOTICE, footnotes=("以民政部门认定为准。",), relations=LINK))
    assert told.title == "关于开展2026年冬季供暖补贴发放工作的通知"
    assert {one.field: one.value for one in told.proposals} == {
        "title": told.title, "document_number": "区民发[2026]18号", "department": "东安区民政局", "formed_on": "2026-11-20",
    }  # fmt: skip
    assert told.body_html.split("\n") == [
        "<p>各镇人民政府，各街道办事处：</p>",
        "<h2>一、总体要求</h2>",
        '<p>补贴自2026年12月1日起发放<sup>[1]</sup>，详见<a href="https://www.example.gov.cn/guide" rel="noopener noreferrer">'
        "办事指南</a>。</p>",
        "<h3>（一）发放对象</h3>",
        "<ul><li>低保户</li><li>特困人员</li></ul>",
        '<table><thead><tr><th>镇街</th><th colspan="2">户数</th></tr></thead><tbody><tr><td rowspan="2">城东</td><td>1</td>'
        "<td>2</td></tr><tr><td>3</td><td>4</td></tr></tbody></table>",
        "<p><strong>粗</strong><em>斜</em><u>线</u><sup>2</sup></p>",
        "<p>东安区民政局</p>",
        "<p>二〇二六年十一月二十日</p>",
        "<hr>",
        "<p>[1] 以民政部门认定为准。 </p>",
    ]
    said = " ".join(told.notes)
    assert "东安区民政局文件；区民发[2026]18号；关于开展" in said
    assert "认出 2 个小标题" in said
    assert "1 条脚注" in said


async def test_heading_styles_are_kept_in_their_order(office: Any) -> None:
    told = await read(office, docx(
        p("年度报告", style="a3"), p("第一章", style="1"), p("细节", style="2"), p("正文。"), p("第二章", style="1"),
        table(row(cell("无表头"))),
    ))  # fmt: skip
    assert told.title == "年度报告"
    assert told.body_html.startswith("<h2>第一章</h2>\n<h3>细节</h3>\n<p>正文。</p>\n<h2>第二章</h2>")
    assert any("没有标明表头" in note for note in told.notes)


async def test_numbers_that_word_only_draws_become_words(office: Any) -> None:
    """“第三条” is cited; a list that starts at one and counts plainly stays a list."""
    told = await read(office, docx(
        p("总则。"), p("申请", style="clause"), p("审核", style="clause"), p("材料", number=2, depth=1),
        p("公示", number=2), p("甲", number=3), p("乙", number=3), p("插一段。"), p("丙", number=3),
    ))  # fmt: skip
    assert told.body_html.split("\n") == [
        "<p>总则。</p>", "<p>第一条　申请</p>", "<p>第二条　审核</p>", "<p>（一）材料</p>", "<p>第三条　公示</p>",
        "<ol><li>甲</li><li>乙</li></ol>", "<p>插一段。</p>", "<p>3.丙</p>",
    ]  # fmt: skip
    assert any("5 个自动编号" in note for note in told.notes)


async def test_a_heading_whose_number_word_draws_is_a_heading_with_its_number(office: Any) -> None:
    look = font("黑体")
    told = await read(office, docx(
        p("前言。"), p(run("总体要求", look), number=4), p("正文。"), p(run("工作安排", look), number=4), p("", number=4),
        p("附则", style="1", number=4),
        parts={"word/numbering.xml": NUMBERED.encode()},
    ))  # fmt: skip
    assert told.body_html.split("\n") == [
        "<p>前言。</p>", "<p>一、总体要求</p>", "<p>正文。</p>", "<p>二、工作安排</p>", "<h2>四、附则</h2>",
    ]  # fmt: skip
    told = await read(office, docx(
        p("前言。"), p(run("总体要求", look), number=4), p("正文。"), p(run("工作安排", look), number=4),
        parts={"word/numbering.xml": NUMBERED.encode()},
    ))  # fmt: skip
    assert told.body_html == "<p>前言。</p>\n<h2>一、总体要求</h2>\n<p>正文。</p>\n<h2>二、工作安排</h2>"


async def test_what_is_not_public_stays_out(office: Any) -> None:
    deleted = "<w:del><w:r><w:delText>13800138000</w:delText></w:r></w:del>"
    moved = f"<w:moveFrom>{run('旧处')}</w:moveFrom>"
    gone = f"<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:del>{run('整段删去')}</w:del></w:p>"
    told = await read(office, docx(
        p("联系人", deleted, moved, f"<w:ins>{run('刘同志')}</w:ins>", '<w:r><w:commentReference w:id="1"/></w:r>', "。"),
        gone, p(run("内部掌握", "<w:vanish/>"), "公开。"),
        parts={"word/comments.xml": b'<w:comments xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
               b"<w:comment w:id='1'><w:p><w:r><w:t>private remark</w:t></w:r></w:p></w:comment></w:comments>",
               "word/header1.xml": header("内部资料")},
    ))  # fmt: skip
    assert told.body_html == "<p>联系人刘同志。</p>\n<p>公开。</p>"
    said = " ".join(told.notes)
    for words in ("已删除的文字没有导入", "1 条批注没有导入", "1 处隐藏文字没有导入", "页眉、页脚没有导入"):
        assert words in said, words


async def test_words_in_fields_boxes_and_controls_are_not_lost(office: Any) -> None:
    box = (
        "<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wp:anchor><wps:txbx><w:txbxContent>"
        f"{p('框中文字。')}</w:txbxContent></wps:txbx></wp:anchor></w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape>"
        f"<v:textbox><w:txbxContent>{p('框中文字。')}</w:txbxContent></v:textbox></v:shape></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )
    told = await read(office, docx(
        p(f"<w:fldSimple w:instr='DATE'>{run('域中文字')}</w:fldSimple>", "。"), p("段落。", box),
        f"<w:sdt><w:sdtPr/><w:sdtContent>{p('控件文字。')}</w:sdtContent></w:sdt>",
        "<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj></w:sdtPr>"
        f"<w:sdtContent>{p('目录 1')}</w:sdtContent></w:sdt>", p("第一章 3", style="TOC1"),
        p("公式", "<m:oMath><m:r><m:t>x</m:t></m:r></m:oMath>", "。"),
    ))  # fmt: skip
    assert told.body_html.split("\n") == [
        "<p>域中文字。</p>", "<p>段落。</p>", "<p>框中文字。</p>", "<p>控件文字。</p>", "<p>公式。</p>",
    ]  # fmt: skip
    said = " ".join(told.notes)
    assert "1 个文本框" in said
    assert "目录没有导入" in said
    assert "1 处公式没有导入（在“公式" in said


async def test_pictures_come_with_their_descriptions_or_are_marked(office: Any) -> None:
    told = await read(office, docx(
        p("甲", picture(alt="发放点示意图")), p("乙", picture("rIdQ", alt="图片包含 文字 描述已自动生成")), p("丙", picture("rIdE")),
        relations='<Relationship Id="rIdQ" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" '
        'Target="media/image2.bmp"/><Relationship Id="rIdE" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/image" Target="media/image3.emf"/>',
        parts={"word/media/image1.png": image(), "word/media/image2.bmp": image("BMP"), "word/media/image3.emf": b"EMF"},
    ))  # fmt: skip
    stored = await StoredFile.all().order_by("file_name")
    # The same picture twice is one file: the BMP became the PNG that was there already.
    assert [one.media_type for one in stored] == ["image/png"]
    assert f'<img alt="发放点示意图" src="/files/{stored[0].sha256}/' in told.body_html
    assert told.body_html.count("<img") == 2
    assert 'alt=""' in told.body_html
    said = " ".join(told.notes)
    assert "1 张图片是 EMF" in said
    assert "1 张图片没有图片说明" in said


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "a.docx", "空"),
        (b"x" * (10 * 1024 * 1024 + 1), "a.docx", "10 MB"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.doc", "另存为"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "a.docx", "打开密码"),
        (b"plain words", "a.wps", "docx"),
        (b"plain words", "a.txt", "不是 Word 文件"),
        (b"%PDF-1.7", "a.pdf", "附件"),
        (b"PK\x03\x04 broken", "a.docx", "损坏"),
        (docx(p("x"), parts={"word/vbaProject.bin": b"x"}), "a.docx", "宏"),
        (docx(p("x"), parts={"word/media/a.bin": bytes(60_000_000)}), "a.docx", "过大"),
        (docx(p("x" * 9_000_000)), "a.docx", "过多|过大"),
        (docx(p("字" * 200_001)), "a.docx", "上限"),
        (docx(), "a.docx", "没有可以导入的文字"),
        (docx(p("x"), parts={"word/document.xml": b"<w:document"}), "a.docx", "损坏"),
        (docx(p("x"), parts={"word/document.xml": b"<!DOCTYPE d [<!ENTITY a 'b'>]><d>&a;</d>"}), "a.docx", "不是 Word"),
        (docx(p("x"), parts={"word/styles.xml": b"<!DOCTYPE d [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><d>&a;</d>"}),
         "a.docx", "不是 Word"),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_says_what_to_do(office: Any, data: bytes, name: str, words: str) -> None:
    with pytest.raises(FileRefused, match=words):
        await read(office, data, name)
    assert await StoredFile.all().count() == 0


def nested(depth: int) -> str:
    inner = p("最里面")
    for _ in range(depth):
        inner = table(row(cell(inner)))
    return inner


async def test_tables_in_tables_have_an_end(office: Any) -> None:
    with pytest.raises(FileRefused, match="嵌套过深"):
        await read(office, docx(nested(200)))
    told = await read(office, docx(nested(3)))
    assert told.body_html.count("<table>") == 3


async def test_a_picture_outside_the_file_is_not_fetched(office: Any) -> None:
    outside = (
        '<Relationship Id="rIdX" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" '
        'Target="file:///etc/hostname" TargetMode="External"/><Relationship Id="rIdY" Type="http://schemas.openxmlformats.org'
        '/officeDocument/2006/relationships/image" Target="../../../../etc/hostname"/>'
    )
    told = await read(office, docx(p("甲", picture("rIdX", link=True), picture("rIdY")), relations=outside))
    assert told.body_html == "<p>甲</p>"
    assert await StoredFile.all().count() == 0
    assert any("2 张图片" in note for note in told.notes)


async def test_what_points_to_nothing_costs_no_words(office: Any) -> None:
    told = await read(office, docx(p("甲", link("rId404", "旧链接"), picture("rId405"), note_mark(9), "。")))
    assert told.body_html == "<p>甲旧链接。</p>"
    assert any("1 张图片" in note for note in told.notes)


async def test_a_style_map_hidden_in_the_file_is_not_obeyed(office: Any) -> None:
    told = await read(office, docx(p("甲"), parts={"mammoth/style-map": b"p => script"}))
    assert told.body_html == "<p>甲</p>"


async def test_dangerous_links_lose_their_address(office: Any) -> None:
    bad = LINK.replace("https://www.example.gov.cn/guide", "javascript:alert(1)")
    told = await read(office, docx(p(link("rIdL", "点我")), relations=bad))
    assert told.body_html == "<p>点我</p>"


async def test_two_files_at_once_are_read_one_after_the_other(office: Any) -> None:
    word = WordImport(files=office.files)
    told = await asyncio.gather(
        *(word.read(docx(p(f"第{n}份。")), "a.docx", by=office.drafter.actor) for n in range(2))
    )
    assert [one.body_html for one in told] == ["<p>第0份。</p>", "<p>第1份。</p>"]


def test_the_reading_process_knows_nothing_of_the_house(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment holds no secret, and it can write no file: a taken-over reader has nothing to take."""
    monkeypatch.setenv("MINGBAI_SECRET_KEY", "s3cret")
    seen: dict[str, Any] = {}
    real = subprocess.run

    def spy(*args: Any, **options: Any) -> Any:
        seen.update(options["env"])
        return real(*args, **options)

    monkeypatch.setattr(subprocess, "run", spy)
    assert read_in_process("word", docx(p("甲")))["html"] == "<p>甲</p>"
    assert "MINGBAI_SECRET_KEY" not in seen


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026年11月20日", date(2026, 11, 20)),
        ("二〇二六年十一月二十日", date(2026, 11, 20)),
        ("二○二六年一月三十一日", date(2026, 1, 31)),
        ("（2026年 1 月 2 日）", date(2026, 1, 2)),
        ("2026年2月30日", None),
        ("自2026年1月1日起", None),
        ("二〇二六年十三月一日", None),
    ],
)
def test_dates_are_read_in_both_scripts(text: str, day: date | None) -> None:
    assert date_in(text) == day


def test_a_heading_or_a_letter_is_no_title() -> None:
    body = [Line(place=0, text="一、总体要求", centred=True), Line(place=1, text="文" * 80)]
    assert read_head(body).title == ""
    letter = [Line(place=0, text="尊敬的居民朋友：", centred=True), Line(place=1, text="您好。")]
    assert read_head(letter).title == ""


def test_numbers_are_written_as_word_draws_them() -> None:
    assert [chinese(n) for n in (1, 10, 11, 20, 21, 100, 105, 110, 999, 1000)] == [
        "一", "十", "十一", "二十", "二十一", "一百", "一百〇五", "一百一十", "九百九十九", "1000",
    ]  # fmt: skip
    assert written(3, "chineseLegalSimplified") == "叁"
    assert written(3, "decimalEnclosedCircle") == "③"
    assert (written(28, "lowerLetter"), written(4, "upperRoman"), written(7, "decimalZero")) == ("bb", "IV", "07")
    assert written(7, "nobody knows") == "7"


def test_the_helper_writes_a_file_that_word_would_open() -> None:
    names = zipfile.ZipFile(io.BytesIO(docx(p("x")))).namelist()
    assert {"[Content_Types].xml", "_rels/.rels", "word/document.xml"} <= set(names)

"""Word files for the tests, written part by part, as Word and WPS write them."""

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

_NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" xmlns:v="urn:schemas-microsoft-com:vml"'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"

STYLES = "".join(
    f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{title}"/>{inner}</w:style>'
    for name, title, inner in (
        ("a", "Normal", ""),
        ("1", "heading 1", '<w:pPr><w:outlineLvl w:val="0"/></w:pPr>'),
        ("2", "heading 2", '<w:pPr><w:outlineLvl w:val="1"/></w:pPr>'),
        ("a3", "Title", '<w:pPr><w:jc w:val="center"/></w:pPr>'),
        ("TOC1", "toc 1", ""),
        ("clause", "条文", '<w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr>'),
    )
)
NUMBERING = "".join(
    f'<w:abstractNum w:abstractNumId="{number}">{"".join(levels)}</w:abstractNum>'
    for number, levels in (
        (1, ['<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/></w:lvl>']),
        (2, [
            '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="第%1条"/></w:lvl>',
            '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="（%2）"/></w:lvl>',
        ]),
        (3, ['<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>']),
    )
) + "".join(f'<w:num w:numId="{n}"><w:abstractNumId w:val="{n}"/></w:num>' for n in (1, 2, 3))  # fmt: skip


def run(text: str, marks: str = "") -> str:
    """A run; ``marks`` is the inside of its rPr."""
    inner = f"<w:rPr>{marks}</w:rPr>" if marks else ""
    return f'<w:r>{inner}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def p(*inner: str, style: str = "", align: str = "", number: int = 0, depth: int = 0) -> str:
    """A paragraph of runs; a plain text is one run."""
    marks = f'<w:pStyle w:val="{style}"/>' if style else ""
    if number:
        marks += f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>'
    marks += f'<w:jc w:val="{align}"/>' if align else ""
    return f"<w:p><w:pPr>{marks}</w:pPr>{''.join(one if one.startswith('<') else run(one) for one in inner)}</w:p>"


def font(name: str) -> str:
    return f'<w:rFonts w:ascii="Times New Roman" w:eastAsia="{name}"/>'


def cell(text: str, marks: str = "") -> str:
    return f"<w:tc><w:tcPr>{marks}</w:tcPr>{p(text) if not text.startswith('<') else text}</w:tc>"


def row(*cells: str, head: bool = False) -> str:
    return f"<w:tr>{'<w:trPr><w:tblHeader/></w:trPr>' if head else ''}{''.join(cells)}</w:tr>"


def table(*rows: str) -> str:
    return f"<w:tbl><w:tblPr/><w:tblGrid/>{''.join(rows)}</w:tbl>"


def picture(relation: str = "rIdP", *, alt: str = "", link: bool = False) -> str:
    return (
        f'<w:r><w:drawing><wp:inline><wp:docPr id="1" name="图片 1" descr="{escape(alt)}"/><a:graphic><a:graphicData '
        f'uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:blipFill>'
        f'<a:blip r:{"link" if link else "embed"}="{relation}"/></pic:blipFill></pic:pic></a:graphicData></a:graphic>'
        "</wp:inline></w:drawing></w:r>"
    )


def note_mark(number: int, kind: str = "footnote") -> str:
    return f'<w:r><w:{kind}Reference w:id="{number}"/></w:r>'


def link(relation: str, text: str) -> str:
    return f'<w:hyperlink r:id="{relation}">{run(text)}</w:hyperlink>'


def docx(
    *body: str, footnotes: tuple[str, ...] = (), relations: str = "", parts: Mapping[str, bytes] | None = None
) -> bytes:
    """A whole file. ``relations`` are further relationships of the document, ``parts`` further parts by name."""
    notes = "".join(f'<w:footnote w:id="{number}">{p(text)}</w:footnote>' for number, text in enumerate(footnotes, 1))
    written: dict[str, bytes | str] = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" '
        'ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/><Default Extension="emf" '
        f'ContentType="image/x-emf"/><Override PartName="/word/document.xml" ContentType="{_WORD}.document.main+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_OFFICE}/'
        'officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rIdP" '
        f'Type="{_OFFICE}/image" Target="media/image1.png"/>{relations}</Relationships>',
        "word/document.xml": f"<w:document {_NAMES}><w:body>{''.join(body)}<w:sectPr/></w:body></w:document>",
        "word/styles.xml": f"<w:styles {_NAMES}>{STYLES}</w:styles>",
        "word/numbering.xml": f"<w:numbering {_NAMES}>{NUMBERING}</w:numbering>",
        "word/footnotes.xml": f"<w:footnotes {_NAMES}>{notes}</w:footnotes>",
        **(parts or {}),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in written.items():
            archive.writestr(name, data)
    return out.getvalue()


def header(text: str) -> bytes:
    return f"<w:hdr {_NAMES}>{p(text)}</w:hdr>".encode()


NOTICE = (
    p(run("东安区民政局文件", font("方正小标宋简体")), align="center"),
    p("区民发[2026]18号", align="center"),
    p("关于开展2026年冬季供暖", align="center"),
    p("补贴发放工作的通知", align="center"),
    p("各镇人民政府，各街道办事处："),
    p(run("一、总体要求", font("黑体"))),
    p("　　补贴自2026年12月1日起发放", note_mark(1), "，详见", link("rIdL", "办事指南"), "。"),
    p(run("（一）发放对象", font("楷体_GB2312"))),
    p("低保户", number=1),
    p("特困人员", number=1),
    table(
        row(cell("镇街"), cell("户数", '<w:gridSpan w:val="2"/>'), head=True),
        row(cell("城东", '<w:vMerge w:val="restart"/>'), cell("1"), cell("2")),
        row(cell("", "<w:vMerge/>"), cell("3"), cell("4")),
    ),
    p(run("粗", "<w:b/>"), run("斜", "<w:i/>"), run("线", '<w:u w:val="single"/>'), run("2", '<w:vertAlign w:val="superscript"/>')),
    p("东安区民政局", align="right"),
    p("二〇二六年十一月二十日", align="right"),
)  # fmt: skip
LINK = (
    '<Relationship Id="rIdL" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" '
    'Target="https://www.example.gov.cn/guide" TargetMode="External"/>'
)

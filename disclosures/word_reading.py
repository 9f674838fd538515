"""A Word file read in the confined process: XML sifted, converted by mammoth, tidied; pictures made fit for the file store.

Nothing here is trusted by the house: the body is cleaned again by ``disclosures.markup``, pictures are encoded again by
``disclosures.images``.
"""

import base64
import io
import re
import time
import warnings
import zipfile
from collections.abc import Callable
from typing import Any, Final

import mammoth
from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement
from mammoth.docx.files import InvalidFileReferenceError
from PIL import Image

from disclosures.confined import TookTooLong, Unreadable
from disclosures.word_head import Head, read_head, small_headings
from disclosures.word_numbers import Numbering, W
from disclosures.word_parts import (
    HEADING_STYLE,
    Tally,
    read_lines,
    set_heading,
    set_plain,
    sifted,
    styles_of,
    without_dangling,
    write_numbers,
)

MOST_XML: Final = 8 * 1024 * 1024
"""Bytes of one XML part; a text of 200 000 characters with its layout is about half of it."""
DEEPEST: Final = 120
"""Elements in one another; a table in a table in a table is about thirty."""
MOST_PICTURES: Final = 100
MOST_PIXELS: Final = 50_000_000
PICTURE_SCHEME: Final = "mingbai-picture:"

_STYLES: Final = "\n".join([
    *(f"p.{HEADING_STYLE}{depth} => h{depth}:fresh" for depth in (2, 3, 4)),
    "p[style-name='Quote'] => blockquote > p:fresh", "p[style-name='Intense Quote'] => blockquote > p:fresh",
    "u => u", "strike => s", "comment-reference =>",
])  # fmt: skip
_RELATIONS: Final = (
    '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    'relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
    'officeDocument" Target="word/document.xml"/></Relationships>'
)
_KEPT: Final = re.compile(
    r"\[Content_Types\]\.xml|word/(?:styles|numbering|footnotes|endnotes)\.xml|word/media/[^/]+"
    r"|word/_rels/(?:document|footnotes|endnotes)\.xml\.rels"
)
_EDGES: Final = re.compile(r"word/(?:header|footer)\d*\.xml")
_AS_THEY_ARE: Final = frozenset({"PNG", "JPEG", "GIF"})
_MADE_BY_MACHINE: Final = re.compile(
    r"描述已自动生成|Description automatically generated|AI-generated content", re.IGNORECASE
)
_FILE_NAME: Final = re.compile(r"[\w\s().（）-]+\.(?:png|jpe?g|gif|bmp|tiff?|emf|wmf|webp)", re.IGNORECASE)
_MIXED: Final = "p h2 h3 h4 li td th blockquote"


def job(data: bytes, deadline: float) -> dict[str, Any]:
    """Runs in the confined process. Raises Unreadable, TookTooLong."""
    try:
        return _read(data, deadline)
    except (zipfile.BadZipFile, etree.LxmlError, KeyError, IndexError, AttributeError, ValueError, TypeError, OSError,
            RecursionError) as broken:  # fmt: skip
        # mammoth meets a broken file with whatever Python raises.
        raise Unreadable("Word 文件已损坏或结构异常，请用 Word 或 WPS 打开后另存为 .docx 再试。") from broken


def _read(data: bytes, deadline: float) -> dict[str, Any]:
    tally = Tally()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        document = _part(archive, "word/document.xml")
        if document is None:
            raise Unreadable("文件里没有 Word 正文。")
        styles = styles_of(_part(archive, "word/styles.xml"))
        numbering = Numbering.read(_part(archive, "word/numbering.xml"))
        body = document.find(f"{W}body")
        if body is None:
            raise Unreadable("文件里没有 Word 正文。")
        sifted(document, tally)
        without_dangling(document, _relations(archive), _known_notes(archive), tally)
        numbered = write_numbers(body, styles, numbering, tally)
        lines, paragraphs = read_lines(body, styles, numbering, numbered)
        lines = _without_contents(lines, paragraphs, styles, tally)
        head = read_head(lines)
        headings, guessed = small_headings(lines, head.taken)
        for paragraph in numbered:
            set_plain(paragraph)
        for place, depth in headings.items():
            set_heading(paragraphs[place], depth)
        for place in head.taken:
            _remove(paragraphs[place])
        tally.counts["fonts"] = len(headings) if guessed else 0
        _count_edges(archive, tally)
        packed = _packed(archive, document, tally)
    pictures: list[dict[str, str]] = []
    if time.monotonic() > deadline:
        raise TookTooLong
    converted = mammoth.convert_to_html(
        io.BytesIO(packed), style_map=_STYLES, include_embedded_style_map=False,
        convert_image=mammoth.images.img_element(_keeper(pictures, tally)),
    )  # fmt: skip
    if time.monotonic() > deadline:
        raise TookTooLong
    return {
        "html": _tidied(converted.value, tally), "pictures": pictures, "title": head.title,
        "document_number": head.document_number, "office": head.office, "date_line": head.date_line,
        "formed_on": head.formed_on.isoformat() if head.formed_on else "", "left_out": _left_out(head, lines),
        "counts": dict(tally.counts), "near": tally.near,
    }  # fmt: skip


def _part(archive: zipfile.ZipFile, name: str) -> "etree._Element | None":
    """One XML part, bounded in size and depth, without entities. Raises TookTooLong, Unreadable."""
    if name not in archive.namelist():
        return None
    with archive.open(name) as opened:
        raw = opened.read(MOST_XML + 1)
    if len(raw) > MOST_XML:
        raise TookTooLong("文件中的文字和排版过多，请拆成几个文件，或把长表格改为附件。")
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise Unreadable("文件的结构不是 Word 或 WPS 写的，没有读取。")
    depth = 0
    try:
        for event, _ in etree.iterparse(
            io.BytesIO(raw), events=("start", "end"), resolve_entities=False, no_network=True
        ):
            depth += 1 if event == "start" else -1
            if depth > DEEPEST:
                raise TookTooLong("文件中的表格或文本框嵌套过深，请拆开后再导入。")
    except etree.XMLSyntaxError as broken:
        raise Unreadable("Word 文件已损坏，请用 Word 或 WPS 打开后另存为 .docx 再试。") from broken
    return etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True))


def _relations(archive: zipfile.ZipFile) -> frozenset[str]:
    """The ids under which the document knows other parts and addresses."""
    part = _part(archive, "word/_rels/document.xml.rels")
    inside = set(archive.namelist())
    return frozenset(
        str(each.get("Id")) for each in (part if part is not None else ())
        if each.get("TargetMode") == "External" or not str(each.get("Type")).endswith("/image")
        or f"word/{each.get('Target')}" in inside or str(each.get("Target")).lstrip("/") in inside
    )  # fmt: skip


def _known_notes(archive: zipfile.ZipFile) -> frozenset[str]:
    found = set()
    for kind in ("footnote", "endnote"):
        part = _part(archive, f"word/{kind}s.xml")
        found |= {f"{kind} {each.get(f'{W}id')}" for each in (part if part is not None else ())}
    return frozenset(found)


def _without_contents(
    lines: list[Any], paragraphs: list["etree._Element"], styles: dict[str, Any], tally: Tally
) -> list[Any]:
    """A table of contents is of pages; on a web page it leads nowhere."""
    kept = []
    for line in lines:
        name = paragraphs[line.place].find(f"{W}pPr/{W}pStyle")
        style = styles.get(str(name.get(f"{W}val"))) if name is not None else None
        if style is not None and re.fullmatch(r"toc (?:\d|heading)", style.name):
            tally.add("contents")
            _remove(paragraphs[line.place])
        else:
            kept.append(line)
    return kept


def _packed(archive: zipfile.ZipFile, document: "etree._Element", tally: Tally) -> bytes:
    """A new file of only the parts that are needed, so that nothing of the old one can lead elsewhere."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        new.writestr("_rels/.rels", _RELATIONS)
        new.writestr("word/document.xml", etree.tostring(document))
        for name in dict.fromkeys(archive.namelist()):
            if not _KEPT.fullmatch(name):
                continue
            if name.endswith((".xml", ".rels")):
                part = _part(archive, name)
                assert part is not None
                if name in {"word/footnotes.xml", "word/endnotes.xml"}:
                    sifted(part, tally)
                new.writestr(name, etree.tostring(part))
            else:
                new.writestr(name, archive.read(name))
    return out.getvalue()


def _count_edges(archive: zipfile.ZipFile, tally: Tally) -> None:
    for name in archive.namelist():
        if _EDGES.fullmatch(name) and (part := _part(archive, name)) is not None:
            text = "".join(each.text or "" for each in part.iter(f"{W}t"))
            if len(re.sub(r"[\W\d_第共页]", "", text)) > 1:
                tally.add("edges")


def _keeper(pictures: list[dict[str, str]], tally: Tally) -> Callable[[Any], dict[str, str]]:
    """What mammoth asks for every picture: keeps it and says how the body refers to it."""

    def keep(image: Any) -> dict[str, str]:
        alt = _alt(image.alt_text or "")
        if len(pictures) >= MOST_PICTURES:
            tally.add("too_many_pictures")
            return {"src": "", "alt": alt}
        try:
            with image.open() as opened:
                data, extension = _fit(opened.read())
        except (OSError, ValueError, KeyError, SyntaxError, Image.DecompressionBombError, InvalidFileReferenceError):
            # Broken, of a kind no browser shows, or outside the file: a bad picture must not cost the text.
            tally.add("pictures_lost")
            return {"src": "", "alt": alt}
        if not alt:
            tally.add("pictures_without_alt")
        pictures.append({
            "data": base64.b64encode(data).decode(), "alt": alt, "name": f"word-{len(pictures) + 1}.{extension}",
        })  # fmt: skip
        return {"src": f"{PICTURE_SCHEME}{len(pictures) - 1}", "alt": alt}

    return keep


def _fit(data: bytes) -> tuple[bytes, str]:
    """PNG, JPEG and GIF as they are; BMP, TIFF and WebP as PNG. Raises for anything else (EMF, WMF, SVG)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"))
    with image:
        if image.width * image.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        if image.format in _AS_THEY_ARE:
            return data, str(image.format).lower().replace("jpeg", "jpg")
        out = io.BytesIO()
        image.convert("RGBA" if "A" in image.getbands() else "RGB").save(out, "PNG")
        return out.getvalue(), "png"


def _alt(text: str) -> str:
    """The description a person wrote; what Word made by itself, and file names, say nothing to who cannot see."""
    text = " ".join(text.split())[:200]
    return "" if _MADE_BY_MACHINE.search(text) or _FILE_NAME.fullmatch(text) else text


def _tidied(converted: str, tally: Tally) -> str:
    """mammoth's HTML as the house writes it: notes at the end, no anchors, no bold headings, one paragraph no paragraph."""
    root = lxml_html.fragment_fromstring(f"<div>{converted}</div>")
    _notes(root, tally)
    _without_anchors(root)
    for heading in root.iter("h2", "h3", "h4"):
        for bold in list(heading.iter("strong")):
            bold.drop_tag()
    for block in root.iter(*_MIXED.split()):
        if block.text:
            block.text = block.text.lstrip(" \t\u3000\xa0")
    for cell in root.iter("td", "th"):
        if len(cell) == 1 and cell[0].tag == "p" and not (cell.text or "").strip():
            cell[0].drop_tag()
    for paragraph in list(root.iter("p")):
        if not len(paragraph) and not (paragraph.text or "").strip():
            paragraph.drop_tree()
    for table in root.iter("table"):
        tally.counts["tables"] += 1
        if next(table.iter("th"), None) is None:
            tally.counts["tables_without_head"] += 1
    return ((root.text or "") + "\n".join(lxml_html.tostring(child, encoding="unicode") for child in root)).strip()


def _without_anchors(root: HtmlElement) -> None:
    for link in list(root.iter("a")):
        if not link.get("href") or str(link.get("href")).startswith("#"):
            link.drop_tag()
    for image in list(root.iter("img")):
        if not image.get("src"):
            image.drop_tree()


def _notes(root: HtmlElement, tally: Tally) -> None:
    """Marks as [1] in the text, the notes under a line at its end: without anchors, which no channel keeps."""
    for listed in list(root.iter("ol")):
        items = [each for each in listed if re.match(r"(?:foot|end)note-", str(each.get("id", "")))]
        parent = listed.getparent()
        if not items or len(items) != len(listed) or parent is None:
            continue
        place = parent.index(listed)
        listed.drop_tree()
        parent.insert(place, lxml_html.Element("hr"))
        for number, item in enumerate(items, 1):
            tally.add("notes")
            for back in [each for each in item.iter("a") if str(each.get("href", "")).startswith("#")]:
                back.drop_tree()
            for position, child in enumerate(list(item)):
                if position == 0:
                    child.text = f"[{number}] {(child.text or '').lstrip()}"
                place += 1
                parent.insert(place, child)


def _left_out(head: Head, lines: list[Any]) -> list[str]:
    return [line.text[:60] for line in lines if line.place in head.taken and line.text]


def _remove(paragraph: "etree._Element") -> None:
    parent = paragraph.getparent()
    if parent is not None:
        parent.remove(paragraph)

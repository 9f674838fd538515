"""A clean HTML body as Markdown, and what Markdown cannot say of it. Pure.

The proof is the way back: what is written is read again by ``markup.from_markdown``, and whatever is then missing is named, so
that nothing is lost without a word.
"""

import re
from typing import Final

from lxml import html as lxml_html
from lxml.html import HtmlElement

from disclosures import markup

OTHER: Final = "个别格式"
_BLOCKS: Final = frozenset({
    "p", "h2", "h3", "h4", "ul", "ol", "li", "table", "blockquote", "hr", "figure", "figcaption", "section", "caption",
})  # fmt: skip
_ALWAYS: Final = re.compile(r"([\\*_\[\]<>`~])")
_ENTITY: Final = re.compile(r"&(?=#?\w{1,32};)")
_LINE_START: Final = re.compile(r"^(\s*)(#{1,6}(?=\s|$)|[-+=>]|\d{1,9}[.)](?=\s|$))", re.MULTILINE)
_SAID: Final[tuple[tuple[str, str], ...]] = (
    ("下划线", ".//u"), ("上标、下标", ".//sup|.//sub"), ("合并的单元格", ".//*[@colspan or @rowspan]"),
    ("表格标题", ".//caption"), ("图注", ".//figcaption"), ("图片尺寸", ".//img[@width or @height]"),
    ("左侧表头", ".//tbody//th"), ("单元格里的分段", ".//td/*[self::p or self::ul or self::ol][2]"),
    ("加粗", ".//strong"), ("斜体", ".//em"), ("删除线", ".//s"), ("链接", ".//a"), ("引用", ".//blockquote"),
    ("列表", ".//ul|.//ol"), ("图片", ".//img"), ("标题", ".//h2|.//h3|.//h4"),
)  # fmt: skip


def to_markdown(body_html: str) -> tuple[str, tuple[str, ...]]:
    """The Markdown of a body, and the names of what it loses; empty: nothing. The body is cleaned first.

    Raises MarkupError.
    """
    clean = markup.clean(body_html)
    root = _parsed(clean)
    written = "\n\n".join(_blocks(root)).strip()
    back = _parsed(markup.from_markdown(written))
    before, after = _canonical(root), _canonical(back)
    if before == after:
        return written, ()
    lost = [name for name, path in _SAID if len(root.xpath(path)) > len(back.xpath(path))]
    headless = [table for table in root.iter("table") if next(table.iter("th"), None) is None]
    if headless:
        lost.append("没有表头的表格（第一行会变成表头）")
    return written, tuple(lost) or (OTHER,)


def _parsed(clean: str) -> HtmlElement:
    return lxml_html.fragment_fromstring(f"<div>{clean}</div>")


def _blocks(parent: HtmlElement) -> list[str]:
    """The blocks within an element, each as its lines; text beside blocks is a paragraph of its own."""
    found: list[str] = []
    loose = _escaped(parent.text or "")

    def settle() -> None:
        nonlocal loose
        if loose.strip():
            found.append(_paragraph(loose))
        loose = ""

    for child in parent:
        if child.tag in _BLOCKS:
            settle()
            found += _block(child)
        else:
            loose += _inline_element(child)
        loose += _escaped(child.tail or "")
    settle()
    return found


def _block(element: HtmlElement) -> list[str]:
    tag = str(element.tag)
    if tag in {"h2", "h3", "h4"}:
        return [f"{'#' * int(tag[1])} {' '.join(_inline(element).split())}"]
    if tag in {"ul", "ol"}:
        return [_list(element, ordered=tag == "ol")]
    if tag == "hr":
        return ["---"]
    if tag == "blockquote":
        return ["\n".join(f"> {line}".rstrip() for line in "\n\n".join(_blocks(element)).split("\n"))]
    if tag == "table":
        return _table(element)
    if tag in {"section", "figure"}:
        return _blocks(element)
    return [_paragraph(_inline(element))]


def _paragraph(text: str) -> str:
    lines = [line.strip() for line in text.strip().split("\n")]
    return _LINE_START.sub(lambda found: f"{found[1]}{_stopped(found[2])}", "\n".join(lines))


def _stopped(mark: str) -> str:
    """The mark at the beginning of a line, so that it begins nothing: 1. becomes 1\\., - becomes \\-."""
    return f"{mark[:-1]}\\{mark[-1]}" if mark[0].isdigit() else f"\\{mark}"


def _list(element: HtmlElement, *, ordered: bool) -> str:
    lines: list[str] = []
    for number, item in enumerate(element, 1):
        mark = f"{number}. " if ordered else "- "
        # Nested blocks stand under the item's text, without an empty line where the list is tight.
        inner = "\n".join(_blocks(item)).split("\n")
        lines += [f"{mark if place == 0 else ' ' * len(mark)}{line}".rstrip() for place, line in enumerate(inner)]
    return "\n".join(lines)


def _table(element: HtmlElement) -> list[str]:
    rows = [[_cell(cell) for cell in row if cell.tag in {"td", "th"}] for row in element.iter("tr")]
    width = max((len(row) for row in rows), default=0)
    if not width:
        return []
    lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in rows]
    lines.insert(1, f"|{' --- |' * width}")
    caption = element.find("caption")
    return [*([_paragraph(_inline(caption))] if caption is not None else []), "\n".join(lines)]


def _cell(cell: HtmlElement) -> str:
    text = " ".join(" ".join(_blocks(cell)).split())
    return text.replace("|", "\\|")


def _inline(element: HtmlElement) -> str:
    return _escaped(element.text or "") + "".join(
        _inline_element(child) + _escaped(child.tail or "") for child in element
    )


def _inline_element(element: HtmlElement) -> str:
    tag = str(element.tag)
    if tag == "br":
        return "\n"
    if tag == "img":
        return f"![{_escaped(element.get('alt') or '')}]({element.get('src') or ''})"
    inner = _inline(element)
    if tag == "a":
        address = element.get("href") or ""
        return f"[{inner}](<{address}>)" if "(" in address or ")" in address else f"[{inner}]({address})"
    mark = {"strong": "**", "em": "*", "s": "~~"}.get(tag, "")
    if not mark or not inner.strip():
        return inner
    # Marks stand close to their words, or they are none.
    before, after = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
    return f"{before}{mark}{inner.strip()}{mark}{after}"


def _escaped(text: str) -> str:
    return _ENTITY.sub(r"\\&", _ALWAYS.sub(r"\\\1", text.replace("\n", " ")))


def _canonical(root: HtmlElement) -> str:
    """The same for two bodies that look the same: without layout between blocks, one paragraph in a box being its text."""
    copy = _parsed(lxml_html.tostring(root, encoding="unicode"))[0]
    for element in list(copy.iter()):
        if (
            element.tag in {"td", "th", "li"}
            and len(element)
            and element[0].tag == "p"
            and not (element.text or "").strip()
        ):
            element[0].drop_tag()
        if element.tag in {"tbody", "thead", "span"}:
            element.drop_tag()
        for name in ("scope", "rel"):
            element.attrib.pop(name, None)
    text = re.sub(r"\s+", " ", lxml_html.tostring(copy, encoding="unicode"))
    text = re.sub(rf"\s*(</?(?:{'|'.join(sorted(_BLOCKS))}|tr|td|th|div|br)\b[^>]*>)\s*", r"\1", text)
    return text.replace("<p></p>", "")

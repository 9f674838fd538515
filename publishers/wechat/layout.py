"""A body in the only HTML that survives WeChat's editor: simple tags, inline styles, no links to other sites.

Pure: the same body gives the same bytes. Rules of the platform: it drops ``<style>``, class and id, and ``<a>`` to other
sites (the text stays), and shows only pictures of its own host. So links become numbered references whose addresses are
printed at the end, and pictures are written as ``picture:<sha256>`` until they are uploaded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

from lxml import html as lxml_html
from lxml.html import HtmlElement

PICTURE_SCHEME: Final = "picture:"
_FILE_PATH: Final = re.compile(r"/files/([0-9a-f]{64})/([^/?#]+)")

_INLINE: Final = frozenset({"strong", "em", "sub", "sup"})
_LINE_BREAKING: Final = frozenset({"p", "section", "blockquote", "figure", "figcaption", "h2", "h3", "h4"})
_DECORATED: Final = {"u": "text-decoration:underline", "s": "text-decoration:line-through", "span": ""}
_HEADINGS: Final = {
    "h2": "margin:28px 0 14px;padding-left:10px;border-left:4px solid #1a4f8b;font-size:18px;color:#1a4f8b",
    "h3": "margin:22px 0 10px;font-size:17px;color:#1a4f8b",
    "h4": "margin:18px 0 8px;font-size:16px",
}
_PARAGRAPH: Final = "margin:0 0 16px"
_LIST: Final = "margin:0 0 16px;padding-left:1.6em"
_QUOTE: Final = "margin:0 0 16px;padding:10px 14px;border-left:3px solid #b8c4d2;background-color:#f6f8fa"
_TABLE: Final = "width:100%;margin:0 0 16px;border-collapse:collapse;font-size:13px;line-height:1.75"
_CELL: Final = "border:1px solid #c5ced8;padding:5px"
_HEAD_CELL: Final = f"{_CELL};background-color:#eaf1f8"
_CARD: Final = "margin:0 0 12px;padding:10px 12px;border:1px solid #c5ced8;font-size:15px"
_LABEL: Final = "color:#5a6673"
_CAPTION: Final = "margin:0 0 8px;text-align:center;font-size:14px;color:#5a6673"
_FIGURE: Final = "margin:0 0 16px;text-align:center"
_IMAGE: Final = "max-width:100%"
_RULE: Final = "margin:24px 0;font-size:1px;border-top:1px solid #d5dde6"
_WIDEST_SPAN: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of the body, in the order of its first appearance."""

    sha256: str
    file_name: str
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One place where the article says or shows something otherwise than the portal's page."""

    kind: str
    """``link``, ``file``, ``contact``, ``table`` or ``picture``."""
    detail: str
    """The words, the address or the file that it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The body as WeChat will take it, its pictures, the addresses behind its numbered links, and what was changed."""

    html: str
    pictures: tuple[Picture, ...]
    references: tuple[str, ...]
    changes: tuple[Change, ...] = ()


def lay_out(
    body_html: str, *, page_url: str, columns: int, alts: dict[str, str] | None = None, marked: bool = False
) -> Layout:
    """The layout of a clean body. ``columns`` is the widest table that stays one; ``alts`` are alt texts by SHA-256
    for pictures that carry none in the body. ``marked`` wraps every change in ``<mark>``: for people, never to be sent."""
    if not body_html.strip():
        return Layout(html="", pictures=(), references=())
    desk = _Desk(page_url=page_url, columns=columns, alts=alts or {}, marked=marked)
    root = lxml_html.fragment_fromstring(body_html, create_parent="section")
    written = "".join(desk.blocks(root))
    return Layout(
        html=written, pictures=tuple(desk.pictures.values()), references=tuple(desk.references),
        changes=tuple(desk.changes),
    )  # fmt: skip


def paragraph(inner: str, style: str = _PARAGRAPH) -> str:
    """A styled paragraph of HTML."""
    return f'<p style="{style}">{inner}</p>'


@dataclass(slots=True, kw_only=True)
class _Cell:
    inner: str
    plain: str
    head: bool
    columns: int
    rows: int


@dataclass(slots=True, kw_only=True)
class _Desk:
    """One body in the making: what was met so far."""

    page_url: str
    columns: int
    alts: dict[str, str]
    marked: bool = False
    changes: list[Change] = field(default_factory=list)
    pictures: dict[str, Picture] = field(default_factory=dict)
    references: list[str] = field(default_factory=list)

    def blocks(self, parent: HtmlElement) -> Iterator[str]:
        """The children of a container as blocks; text between them becomes paragraphs."""
        run: list[str] = [_text(parent.text)]
        for child in parent:
            block = self._block(child)
            if block is None:
                run.append(self._inline(child))
            else:
                yield from _flushed(run)
                yield block
            run.append(_text(child.tail))
        yield from _flushed(run)

    def _block(self, node: HtmlElement) -> str | None:
        """The node as a block; None when it is part of a line."""
        tag = str(node.tag)
        if tag == "p":
            inner = self._line(node)
            return paragraph(inner) if _filled(inner) else ""
        if tag in _HEADINGS:
            inner = self._line(node)
            return paragraph(f"<strong>{inner}</strong>", _HEADINGS[tag]) if _filled(inner) else ""
        if tag in {"ul", "ol"}:
            return self._list(node, tag)
        if tag == "table":
            return self._table(node)
        if tag == "blockquote":
            return f'<blockquote style="{_QUOTE}">{"".join(self.blocks(node))}</blockquote>'
        if tag == "figure":
            return f'<section style="{_FIGURE}">{"".join(self.blocks(node))}</section>'
        if tag == "figcaption":
            return paragraph(self._line(node), _CAPTION)
        if tag == "section":
            return "".join(self.blocks(node))
        if tag == "hr":
            return f'<section style="{_RULE}"><br></section>'
        return None

    def _line(self, node: HtmlElement) -> str:
        """Everything within the node as one line; blocks inside are parted by line breaks."""
        return self._run(node).strip().replace("<br> ", "<br>")

    def _run(self, node: HtmlElement) -> str:
        parts = [_text(node.text)]
        for child in node:
            tail = _text(child.tail)
            if child.tag in _LINE_BREAKING:
                inner = self._line(child)
                if _filled(inner):
                    parts.append("<br>" if _filled("".join(parts)) else "")
                    parts.append(inner)
                    tail = f"<br>{tail}" if tail.strip() else ""
            else:
                block = self._block(child) if child.tag in {"ul", "ol", "table"} else None
                parts.append(self._inline(child) if block is None else block)
            parts.append(tail)
        return "".join(parts)

    def _inline(self, node: HtmlElement) -> str:
        tag = node.tag
        if not isinstance(tag, str):
            return ""
        if tag == "br":
            return "<br>"
        if tag == "img":
            return self._image(node)
        inner = self._run(node)
        if tag == "a":
            return self._link(node.get("href", ""), inner, str(node.text_content()))
        if tag in _INLINE:
            return f"<{tag}>{inner}</{tag}>" if inner else ""
        style = _DECORATED.get(tag, "")
        return f'<span style="{style}">{inner}</span>' if style and inner else inner

    def _changed(self, kind: str, detail: str, written: str) -> str:
        """What is written in a changed place, noted."""
        self.changes.append(Change(kind=kind, detail=detail))
        return f"<mark>{written}</mark>" if self.marked else written

    def _image(self, node: HtmlElement) -> str:
        found = _FILE_PATH.fullmatch(node.get("src", ""))
        if not found:
            gone = "〔不显示的图片〕" if self.marked else ""
            return self._changed("picture", node.get("src", ""), gone)
        sha256, name = found.group(1), unquote(found.group(2))
        alt = (node.get("alt") or "").strip() or self.alts.get(sha256, "").strip()
        known = self.pictures.get(sha256)
        if known is None or not known.alt:
            self.pictures[sha256] = Picture(sha256=sha256, file_name=name, alt=alt)
        return f'<img src="{PICTURE_SCHEME}{sha256}" alt="{escape(alt)}" style="{_IMAGE}">'

    def _link(self, href: str, inner: str, words: str) -> str:
        """A link to another article of the platform stays; any other becomes its words and a number."""
        if not href or not inner:
            return inner
        if href.startswith("/files/"):
            return self._changed("file", words.strip(), inner)
        address = urljoin(self.page_url, href)
        parts = urlsplit(address)
        if parts.scheme in {"mailto", "tel"}:
            bare = unquote(parts.path)
            return self._changed("contact", bare, inner if bare in words else f"{inner}（{escape(bare)}）")
        if parts.hostname == "mp.weixin.qq.com":
            return f'<a href="{escape(address)}">{inner}</a>'
        if words.strip() == address:
            return self._changed("link", address, inner)
        if address not in self.references:
            self.references.append(address)
        return self._changed("link", address, f"{inner}<sup>[{self.references.index(address) + 1}]</sup>")

    def _list(self, node: HtmlElement, tag: str) -> str:
        """The list; what stands in it outside of an item becomes an item, for no word may be lost."""
        items = [_text(node.text)]
        for child in node:
            items.append(self._line(child) if child.tag == "li" else self._block(child) or self._inline(child))
            items.append(_text(child.tail))
        written = "".join(f"<li>{item.strip()}</li>" for item in items if _filled(item))
        return f'<{tag} style="{_LIST}">{written}</{tag}>' if written else ""

    def _table(self, node: HtmlElement) -> str:
        lines_within = node.xpath("./tr | ./thead/tr | ./tbody/tr")
        rows = [[self._cell(cell) for cell in row if cell.tag in {"td", "th"}] for row in lines_within]
        rows = [row for row in rows if row]
        caption = node.find("caption")
        title = "" if caption is None else paragraph(f"<strong>{self._line(caption)}</strong>", _CAPTION)
        if not rows:
            return title
        heads = _head_rows(node, rows)
        if len(rows) <= max(heads, 1) or max(sum(cell.columns for cell in row) for row in rows) <= self.columns:
            lines = "".join(_row(row, shaded=index < heads) for index, row in enumerate(rows))
            return f'{title}<table style="{_TABLE}"><tbody>{lines}</tbody></table>'
        wide = max(sum(cell.columns for cell in row) for row in rows)
        note = self._changed("table", f"{wide} 列、{len(rows)} 行", "以下由宽表格改为逐条排列" if self.marked else "")
        return title + (paragraph(note) if note else "") + _cards(_grid(rows), heads or 1)

    def _cell(self, node: HtmlElement) -> _Cell:
        return _Cell(
            inner=self._line(node),
            plain=" ".join(str(node.text_content()).split()),
            head=node.tag == "th",
            columns=_span(node.get("colspan")),
            rows=_span(node.get("rowspan")),
        )


def _text(value: str | None) -> str:
    return re.sub(r"[ \t\r\n]+", " ", escape(value, quote=False)) if value else ""


def _filled(inner: str) -> bool:
    """Whether there is anything to see: a picture, or text that is not only space."""
    return "<img " in inner or bool(re.sub(r"<[^>]*>|&nbsp;|\s", "", inner))


def _flushed(run: list[str]) -> Iterator[str]:
    inner = "".join(run).strip()
    run.clear()
    if _filled(inner):
        yield paragraph(inner)


def _span(value: str | None) -> int:
    return min(int(value), _WIDEST_SPAN) if value and value.isdecimal() and int(value) > 0 else 1


def _head_rows(table: HtmlElement, rows: list[list[_Cell]]) -> int:
    """How many leading rows name the columns: those of ``thead``, else leading rows of nothing but ``th``."""
    in_head = len([row for row in table.iterfind("thead/tr") if len(row)])
    if in_head:
        return in_head
    count = 0
    while count < len(rows) and all(cell.head for cell in rows[count]):
        count += 1
    return count


def _row(row: list[_Cell], *, shaded: bool) -> str:
    written = []
    for cell in row:
        spans = "".join(
            f' {name}="{value}"' for name, value in (("colspan", cell.columns), ("rowspan", cell.rows)) if value > 1
        )
        head = shaded or cell.head
        inner = f"<strong>{cell.inner}</strong>" if head and cell.inner else cell.inner
        written.append(f'<td{spans} style="{_HEAD_CELL if head else _CELL}">{inner}</td>')
    return f"<tr>{''.join(written)}</tr>"


def _grid(rows: list[list[_Cell]]) -> list[list[_Cell]]:
    """The rows with every merged cell repeated wherever it reaches, so that each row can be read alone."""
    grid: list[list[_Cell]] = []
    hanging: dict[int, tuple[_Cell, int]] = {}
    for row in rows:
        line: list[_Cell] = []
        cells = iter(row)
        while True:
            cell, left = hanging.pop(len(line), (None, 0))
            if cell is not None:
                if left > 1:
                    hanging[len(line)] = (cell, left - 1)
                line.append(cell)
                continue
            cell = next(cells, None)
            if cell is None:
                break
            for _ in range(cell.columns):
                if cell.rows > 1:
                    hanging[len(line)] = (cell, cell.rows - 1)
                line.append(cell)
        grid.append(line)
    return grid


def _cards(grid: list[list[_Cell]], heads: int) -> str:
    """One card for each row, a line for each column: “列名：值”."""
    width = max(len(line) for line in grid)
    names = []
    for column in range(width):
        parts = [line[column].plain for line in grid[:heads] if column < len(line)]
        names.append(" ".join(dict.fromkeys(part for part in parts if part)))
    return "".join(_card(names, line) for line in grid[heads:])


def _card(names: list[str], line: list[_Cell]) -> str:
    if len({id(cell) for cell in line}) == 1:  # A row that is one merged cell is a heading within the table.
        return paragraph(f"<strong>{line[0].inner}</strong>", _HEADINGS["h4"]) if line[0].inner else ""
    lines = []
    for name, cell in zip(names, line, strict=False):
        if cell.inner:
            label = f'<span style="{_LABEL}">{escape(name)}：</span>' if name else ""
            lines.append(paragraph(f"{label}{cell.inner}", "margin:0"))
    return f'<section style="{_CARD}">{"".join(lines)}</section>' if lines else ""

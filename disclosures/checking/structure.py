"""What a clean body is made of, beside its words: headings, tables, links, pictures. Pure."""

import re
from dataclasses import dataclass

from lxml import html as lxml_html

_BLANK = re.compile(r"\s+")
MOST_CELLS = 20_000
"""Cells of one table that are looked at; a longer table is a file, not a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table as a grid: a cell that spans others stands in its first place, the rest is empty."""

    rows: tuple[tuple[str, ...], ...]
    has_header: bool
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    address: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    headings: tuple[tuple[int, str], ...] = ()
    """(level, text) in their order."""
    tables: tuple[Table, ...] = ()
    links: tuple[Link, ...] = ()
    alts: tuple[str, ...] = ()


def structure_of(body_html: str) -> Structure:
    """Reads a body that ``markup.clean`` wrote."""
    if not body_html.strip():
        return Structure()
    page = lxml_html.document_fromstring(f"<div>{body_html}</div>")
    headings: list[tuple[int, str]] = []
    tables, links, alts = [], [], []
    for node in page.iter("h2", "h3", "h4", "table", "a", "img"):
        if node.tag == "table":
            tables.append(_table(node))
        elif node.tag == "a":
            links.append(Link(address=str(node.get("href") or ""), text=_text(node)))
        elif node.tag == "img":
            alts.append(str(node.get("alt") or ""))
        else:
            headings.append((int(str(node.tag)[1]), _text(node)))
    return Structure(headings=tuple(headings), tables=tuple(tables), links=tuple(links), alts=tuple(alts))


def _text(node: lxml_html.HtmlElement) -> str:
    return _BLANK.sub(" ", str(node.text_content())).strip()


def _table(node: lxml_html.HtmlElement) -> Table:
    rows: list[tuple[str, ...]] = []
    taken: dict[tuple[int, int], bool] = {}
    has_header = False
    seen = 0
    for number, row in enumerate(node.iter("tr")):
        cells: dict[int, str] = {}
        column = 0
        for cell in row:
            if cell.tag not in {"td", "th"}:
                continue
            seen += 1
            has_header = has_header or cell.tag == "th"
            while taken.get((number, column)):
                column += 1
            cells[column] = _text(cell)
            wide, high = _span(cell.get("colspan")), _span(cell.get("rowspan"))
            for down in range(high):
                for right in range(wide):
                    taken[number + down, column + right] = True
            column += wide
        width = max([*cells, *(place[1] for place in taken if place[0] == number)], default=-1) + 1
        rows.append(tuple(cells.get(place, "") for place in range(width)))
        if seen > MOST_CELLS or len(taken) > 10 * MOST_CELLS:
            break
    captions = [_text(each) for each in node.iter("caption")]
    return Table(rows=tuple(rows), has_header=has_header, caption=captions[0] if captions else "")


def _span(value: str | None) -> int:
    """How many places a cell takes; wild figures are cut, since each place costs."""
    return min(int(value), 60) if value and value.isascii() and value.isdigit() and int(value) else 1

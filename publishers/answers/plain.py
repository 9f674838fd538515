"""The words of a body, word for word: one line a block; in a table each value stands behind the name of its column. Pure."""

import re
from html.parser import HTMLParser
from typing import Final

BLOCKS: Final = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "caption",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ]
)
SILENT: Final = frozenset(("script", "style", "template", "head"))


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._said: list[str] = []
        self._silent = 0
        self._names: list[str] = []
        self._cells: list[str] | None = None
        self._heading = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        if tag == "table":
            self._names = []
        elif tag == "tr":
            self.end_line()
            self._cells, self._heading = [], True
        elif tag in {"th", "td"} and self._cells is not None:
            self._said.clear()
            self._heading = self._heading and tag == "th"
        elif tag in BLOCKS and self._cells is None:
            self.end_line()

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT and self._silent > 0
        if tag in {"th", "td"} and self._cells is not None:
            self._cells.append(self._taken())
        elif tag == "tr" and self._cells is not None:
            self._end_row(self._cells)
            self._cells = None
        elif tag in BLOCKS and self._cells is None:
            self.end_line()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._said.append(re.sub(r"\s+", " ", data))

    def end_line(self) -> None:
        if line := self._taken():
            self.lines.append(line)

    def _end_row(self, cells: list[str]) -> None:
        if self._heading and not self._names:
            self._names = cells
            return
        named = len(self._names) == len(cells)
        values = [
            f"{name} {cell}" if named and name and place else cell
            for place, (name, cell) in enumerate(zip(self._names if named else cells, cells, strict=True))
            if cell
        ]
        if values:
            self.lines.append("，".join(values) + "。" if named and len(values) > 1 else "　".join(values))

    def _taken(self) -> str:
        said = re.sub(r" {2,}", " ", "".join(self._said)).strip()
        self._said.clear()
        return said


def plain_text(body_html: str) -> str:
    """The text of cleaned HTML. A row of a table becomes one line: its first cell, then “column value” pairs, because
    bare numbers in a row say nothing in a chat."""
    words = _Words()
    words.feed(body_html)
    words.close()
    words.end_line()
    return "\n".join(words.lines)

"""The words of a body, word for word: one line a block, the cells of a table apart. Pure."""

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
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
CELLS: Final = frozenset(("td", "th"))
SILENT: Final = frozenset(("script", "style", "template", "head"))
CELL_MARK: Final = "\x1f"


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        self._mark(tag)

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT and self._silent > 0
        self._mark(tag)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(re.sub(r"[\s\x1f]+", " ", data))

    def _mark(self, tag: str) -> None:
        if tag in BLOCKS:
            self.parts.append(CELL_MARK if tag in CELLS else "\n")


def plain_text(body_html: str) -> str:
    """The text of cleaned HTML. The cells of a row stay in one line, with a wide space between them."""
    words = _Words()
    words.feed(body_html)
    words.close()
    lines = []
    for line in "".join(words.parts).split("\n"):
        cells = [cell.strip() for cell in line.split(CELL_MARK)]
        said = "　".join(re.sub(r" {2,}", " ", cell) for cell in cells if cell)
        if said:
            lines.append(said)
    return "\n".join(lines)

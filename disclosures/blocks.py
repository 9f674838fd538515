"""A body as its blocks: paragraphs, headings, items of lists, tables with their cells, pictures. Pure.

What stands in a tag and is read by people (a link's address, a picture's description) becomes part of the text.
"""

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final

_BREAKS: Final = frozenset(
    {"p", "h2", "h3", "h4", "li", "blockquote", "figure", "figcaption", "section", "ul", "ol", "hr"}
)
_MARKS: Final = frozenset({"strong", "em", "u", "s", "sub", "sup"})
_HEADINGS: Final = frozenset({"h2", "h3", "h4"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """``style``: text, heading, item, table or picture. A table has rows of cells and no text."""

    style: str
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    marks: tuple[str, ...] = ()
    """Bold and the like, each with its place: what differs although the words are the same."""

    @property
    def words(self) -> str:
        return self.text or "\n".join("\t".join(row) for row in self.rows)


def blocks_of(body_html: str) -> tuple[Block, ...]:
    """The blocks of a clean body, in order; empty ones are left out."""
    reader = _Reader()
    reader.feed(body_html)
    reader.close()
    reader.end_block()
    return tuple(reader.blocks)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._style = "text"
        self._text: list[str] = []
        self._length = 0
        self._marks: list[str] = []
        self._links: list[str] = []
        self._rows: list[list[str]] | None = None
        self._depth = 0
        """Tables inside a cell are read as its text."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "table":
            self._start_table()
        elif tag == "tr" and self._rows is not None and self._depth == 1:
            self._rows.append([])
        elif tag in {"td", "th"} and self._depth == 1:
            self._clear()
        elif tag in _BREAKS and self._rows is None:
            self.end_block()
            self._style = "heading" if tag in _HEADINGS else "item" if tag == "li" else "text"
        elif tag == "img":
            self._say(f"〔图片：{values.get('alt') or '没有说明'}〕")
            self._marks.append(values.get("src", ""))
            if self._rows is None and self._length == len(self._text[-1]):
                self._style = "picture"
        elif tag == "br":
            self._say("\n")
        elif tag == "a":
            self._links.append(values.get("href", ""))
        elif tag in _MARKS:
            self._marks.append(f"{self._length}{tag}")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and self._rows is not None:
            self._end_table()
        elif tag in {"td", "th"} and self._rows is not None and self._depth == 1:
            self._rows = self._rows or [[]]
            self._rows[-1].append(" ".join("".join(self._text).split()))
            self._clear()
        elif tag in _BREAKS and self._rows is None:
            self.end_block()
        elif tag == "caption" and self._depth == 1:
            rows, self._rows = self._rows, None
            marks, self._marks = self._marks, []
            self.end_block()
            self._rows, self._marks = rows, marks
        elif tag == "a" and self._links:
            href = self._links.pop()
            if href and href != "".join(self._text)[-len(href) :]:
                self._say(f"〔链接：{href}〕")
        elif tag in _MARKS:
            self._marks.append(f"/{self._length}{tag}")

    def handle_data(self, data: str) -> None:
        self._say(data if self._rows is None else data.replace("\n", " "))

    def end_block(self) -> None:
        text = "".join(self._text).strip()
        if text:
            self.blocks.append(Block(style=self._style, text=text, marks=tuple(self._marks)))
        self._clear()
        self._style = "text"
        self._marks = []

    def _start_table(self) -> None:
        self._depth += 1
        if self._depth == 1:
            self.end_block()
            self._rows = []

    def _end_table(self) -> None:
        self._depth -= 1
        if self._depth == 0:
            rows = tuple(tuple(row) for row in self._rows or () if row)
            if rows:
                self.blocks.append(Block(style="table", rows=rows, marks=tuple(self._marks)))
            self._rows, self._marks = None, []
            self._clear()

    def _say(self, text: str) -> None:
        self._text.append(text)
        self._length += len(text)

    def _clear(self) -> None:
        self._text, self._length = [], 0

"""Cells: any text as cells of a table and back without loss, and never as something that a spreadsheet would run.

Three things stand between a text and a cell. Some texts cannot stand in a workbook's XML as they are: they are written as
JSON behind `JSON:`. A cell holds 32,767 characters: longer texts go on in further cells. And a cell that begins like a formula
is run by spreadsheets that open it from a CSV file (CWE-1236): it gets a `'` in front, which reading takes away again.
"""

import json
import re
from collections.abc import Sequence

LONGEST_CELL = 16_000
"""Characters a cell: a workbook allows 32,767 units of UTF-16, of which a character may need two."""

PACKED = "JSON:"

_LIVE = r"(?:[\t\r\n]|\s*[=+\-@＝＋－＠])"
_TO_GUARD = re.compile(rf"'*{_LIVE}")
_GUARDED = re.compile(rf"'+{_LIVE}")
# The first is how a workbook writes a character that XML cannot hold, the others are characters that no XML can hold.
_NOT_FOR_XML = re.compile("_x[0-9A-Fa-f]{4}_|[\ufffe\uffff]")


def to_cells(value: str | Sequence[str]) -> list[str]:
    """The cells, one after the other, that hold a text, or a list of texts which cannot be joined. None for an empty text."""
    packed = _packed(value)
    return [guarded(packed[start : start + LONGEST_CELL]) for start in range(0, len(packed), LONGEST_CELL)]


def from_cells(cells: Sequence[str]) -> str | list[str]:
    """What was given to `to_cells`. Cells that a person wrote are returned as they are."""
    text = "".join(unguarded(cell) for cell in cells)
    if not text.startswith(PACKED):
        return text
    try:
        value = json.loads(text.removeprefix(PACKED))
    except (ValueError, RecursionError):
        return text
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    return text


def guarded(cell: str) -> str:
    """The cell with a `'` in front if a spreadsheet could take it for a formula."""
    return f"'{cell}" if _TO_GUARD.match(cell) else cell


def unguarded(cell: str) -> str:
    """The cell without the `'` that `guarded` put in front."""
    return cell[1:] if _GUARDED.match(cell) else cell


def joined(items: Sequence[str], *, separator: str, separators: str) -> str | list[str]:
    """A list as one text that a person can read and edit; the list itself where splitting would not give it back."""
    text = separator.join(items)
    return text if split(text, separators=separators) == list(items) and not text.startswith(PACKED) else list(items)


def split(text: str, *, separators: str) -> list[str]:
    """The items of a text that a person wrote: without blanks around them, and without empty ones."""
    items = re.split(f"[{re.escape(separators)}]", text)
    return [item.strip() for item in items if item.strip()]


def _packed(value: str | Sequence[str]) -> str:
    if isinstance(value, str) and not value.startswith(PACKED) and not _NOT_FOR_XML.search(value):
        return value
    text = json.dumps(value if isinstance(value, str) else list(value), ensure_ascii=False)
    text = text.replace("_x", "_\\u0078")
    return PACKED + re.sub("[\ufffe\uffff]", lambda found: f"\\u{ord(found[0]):04x}", text)

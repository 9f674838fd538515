"""The dictionary as a table and back (CSV or xlsx)."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from knowledge import delimited, workbook
from knowledge.dictionary import BOTH, HEADERS, KINDS, MOST, ONE, Word, wrong_with
from knowledge.errors import EntryInvalid, ImportRefused

_FIELDS: Final = {header: field for field, header in HEADERS.items()}
_KINDS: Final = {name: code for code, name in KINDS.items()}
_WAYS: Final = {BOTH: True, ONE: False, "": False, "是": True, "否": False}


def rows_of(words: Iterable[Word]) -> list[list[str]]:
    """With the line of headings."""
    rows = [[w.said, w.means, KINDS[w.kind], BOTH if w.both else ONE, w.source, w.note] for w in words]
    return [list(HEADERS.values()), *rows]


def read_words(path: Path) -> list[Word]:
    """The words of a file. Raises ImportRefused with every fault and its line. Blocking."""
    table = delimited.read(path) if path.suffix.lower() == ".csv" else workbook.read(path)
    lines = [(row.number, [cell.strip() for cell in row.cells]) for row in table.rows]
    if not lines or "群众的说法" not in lines[0][1] or "知识库的说法" not in lines[0][1]:
        what = "第一行没有“群众的说法”“知识库的说法”两列"
        raise ImportRefused([EntryInvalid(1, "", what, "先导出一份，照它的格式填写")])
    columns = [_FIELDS.get(header, "") for header in lines[0][1]]
    words: list[Word] = []
    errors: list[EntryInvalid] = []
    for number, cells in lines[1:]:
        row = {field: cell for field, cell in zip(columns, cells, strict=False) if field}
        if not any(row.values()):
            continue
        word = Word(
            said=row.get("said", ""), means=row.get("means", ""), kind=_KINDS.get(row.get("kind", "") or "俗称", row.get("kind", "")),
            both=_WAYS.get(row.get("both", ""), False), source=row.get("source", ""), note=row.get("note", ""),
        )  # fmt: skip
        if row.get("both", "") not in _WAYS:
            errors.append(
                EntryInvalid(number, HEADERS["both"], f"没有“{row['both'][:20]}”这个方向", f"写“{BOTH}”或“{ONE}”")
            )
        errors += wrong_with(word, number)
        words.append(word)
    if len(words) > MOST:
        errors.append(EntryInvalid(0, "", f"超过 {MOST} 行", "分几次导入"))
    if not words and not errors:
        errors.append(EntryInvalid(0, "", "没有一个词", "每行写一个词"))
    if errors:
        raise ImportRefused(errors)
    return list(_unique(words))


def _unique(words: Sequence[Word]) -> Iterable[Word]:
    return {word.key: word for word in words}.values()

"""Heat and coverage as a table for any program. Pure."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from knowledge.opinion import Opinion
from knowledge.usage import EntryHeat

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
UNIT_HEAD: Final = ("单位", "条目数", "提问", "一次答出", "选择后答出", "转人工", "没有答出", "答出率%", "有用", "没用")
ENTRY_HEAD: Final = ("条目编号", "条目", "单位", "命中", "上一期", "有用", "没用")


def as_csv(
    name: str, units: Sequence[Any], entries: Sequence[EntryHeat], opinions: Mapping[str, Opinion]
) -> bytes:  # fmt: skip
    """UTF-8 with a mark, as spreadsheets want it: the units, an empty line, the entries. No cell is ever a formula."""
    rows: list[Sequence[object]] = [(f"热度与覆盖，{name}",), (), UNIT_HEAD]
    rows += [unit_cells(one) for one in units]
    rows += [(), ENTRY_HEAD]
    for entry in entries:
        opinion = opinions.get(entry.entry_id, Opinion())
        rows.append(
            (entry.entry_id, entry.title, entry.unit, entry.hits, entry.before, opinion.useful, opinion.useless)
        )
    return written(rows)


def unit_cells(one: Any) -> tuple[object, ...]:
    """A unit's line: ``name``, ``entries``, ``figures`` and ``opinion``."""
    figures = one.figures
    return (
        one.name or "未归到单位", one.entries, figures.questions, figures.at_once, figures.chosen, figures.handed,
        figures.missed, "" if figures.coverage is None else figures.coverage, one.opinion.useful, one.opinion.useless,
    )  # fmt: skip


def written(rows: Sequence[Sequence[object]]) -> bytes:
    """A cell that would be a formula gets an apostrophe in front."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell

"""Reading a file of entries, whatever kind of file it is; and writing one."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from knowledge import columns, delimited, exchange, workbook
from knowledge.entry import Entry
from knowledge.errors import EntryInvalid, ExportRefused, ImportRefused
from knowledge.exchange import Progress
from knowledge.given import Reading
from knowledge.table import COLUMNS, ROWS, Table

SHEET = "知识条目"
TABLES = frozenset({".xlsx", ".csv", ".tsv"})
WRITTEN = TABLES | {".jsonl"}
"""What a file that is written may be called."""
_WORKBOOKS = frozenset({".xlsx", ".xls", ".xlsm", ".et"})


def read_entries(path: Path, *, on_progress: Progress | None = None) -> Reading:
    """What a file says of entries: .xlsx and .csv as tables, anything else as JSON lines.

    Raises ImportRefused with everything that is wrong, OSError if the file cannot be opened. Blocking.
    """
    name, digest = path.name[:255], _digest(path)
    table = read_table(path)
    if table is None:
        return Reading(name=name, sha256=digest, rows=tuple(exchange.read_rows(path, on_progress=on_progress)))
    rows, errors, ignored = columns.from_table(table)
    if errors:
        raise ImportRefused(errors)
    return Reading(name=name, sha256=digest, rows=tuple(rows), ignored=tuple(ignored))


def read_table(path: Path) -> Table | None:
    """The table in a file; None for a file that is none. Raises ImportRefused. Blocking."""
    suffix = path.suffix.lower()
    if suffix in _WORKBOOKS | TABLES and not path.stat().st_size:
        raise ImportRefused([EntryInvalid(0, "", "文件是空的", "核对是不是选错了文件，或者没有保存完")])
    if suffix in _WORKBOOKS:
        return workbook.read(path)
    return delimited.read(path) if suffix in TABLES else None


def write_entries(path: Path, entries: Sequence[Entry]) -> int:
    """Writes entries as the file's name says: .xlsx, .csv, else JSON lines; the number written.

    `read_entries` gives the same entries back. Raises ExportRefused where the file would not hold them. Blocking.
    """
    suffix = path.suffix.lower()
    if suffix not in TABLES:
        return exchange.write(path, entries)
    rows, widths = columns.to_rows(entries)
    if suffix == ".xlsx":
        workbook.write(path, rows, sheet=SHEET, widths=widths)
    elif len(rows) > ROWS or len(widths) > COLUMNS:
        raise ExportRefused(f"超过 {ROWS} 行或 {COLUMNS} 列")
    else:
        delimited.write(path, rows)
    return len(entries)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Delimited text (CSV) as a table and back. Spreadsheets of this country write it in GB18030, all others in UTF-8."""

import codecs
import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from knowledge.errors import EntryInvalid, ImportRefused
from knowledge.table import CELL, COLUMNS, ROWS, Row, Table

FILE_BYTES = 200 * 1024 * 1024
DELIMITERS = (",", "\t", ";")

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read(path: Path) -> Table:
    """The rows of a CSV file. Raises ImportRefused when the file is too large, of unknown encoding or malformed. Blocking."""
    if path.stat().st_size > FILE_BYTES:
        raise ImportRefused([EntryInvalid(0, "", "文件超过 200 MB", "拆成几个文件分别导入")])
    text = decoded(path.read_bytes())
    csv.field_size_limit(CELL)
    rows: list[Row] = []
    number = 1
    try:
        for number, cells in enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True), 1
        ):
            if not any(cells):
                continue
            if len(rows) == ROWS or len(cells) > COLUMNS:
                what = f"超过 {ROWS} 行" if len(cells) <= COLUMNS else f"有 {len(cells)} 列，超过 {COLUMNS} 列"
                raise ImportRefused([EntryInvalid(number, "", what, "拆成几个文件分别导入")])
            rows.append(Row(number=number, cells=tuple(cells)))
    except csv.Error as wrong:
        what = "单元格超过 1 MB" if "limit" in str(wrong) else "引号没有成对"
        raise ImportRefused([EntryInvalid(number + 1, "", what, "用表格软件打开，另存为 CSV 后再导入")]) from None
    return Table(rows=tuple(rows))


def write(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Writes rows as UTF-8 with a byte order mark, without which spreadsheets take it for GB18030; in one step. Blocking."""
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def decoded(data: bytes) -> str:
    """The text of a file: by its byte order mark, else UTF-8 where it is that, else GB18030. Raises ImportRefused."""
    marked = [encoding for mark, encoding in _MARKS if data.startswith(mark)]
    for encoding in marked or ["utf-8", "gb18030"]:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ImportRefused([EntryInvalid(0, "", "文件的编码不是 UTF-8，也不是 GB18030", "另存为“CSV UTF-8”后再导入")])


def _delimiter(text: str) -> str:
    """The sign that stands most often in the first line that says anything."""
    first = text.lstrip().split("\n", 1)[0]
    return max(DELIMITERS, key=first.count)

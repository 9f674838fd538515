"""Workbooks (xlsx) as tables and back. A workbook from outside is weighed before it is opened, and opened in another process.

The limits are those for archives that grow when they are unpacked: a file of 189 KB may hold 200 MB.
"""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from knowledge import workbook_reader
from knowledge.errors import EntryInvalid, ExportRefused, ImportRefused
from knowledge.table import COLUMNS, ROWS, Row, Table

PARTS = 1_000
UNPACKED_BYTES = 50 * 1024 * 1024
RATIO = 100
SECONDS = 20
OLD_FORMAT = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_SPLIT = "拆成几个文件分别导入，或改用 CSV"
_SAVE_AGAIN = "用表格软件打开，另存为 .xlsx 后再导入"


def read(path: Path) -> Table:
    """The rows of the first visible sheet. Raises ImportRefused, every formula named. Blocking, at most about 20 s."""
    _weighed(path)
    script = str(Path(workbook_reader.__file__))
    try:
        done = subprocess.run(
            [sys.executable, "-I", script, str(path.resolve()), str(ROWS), str(COLUMNS)],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False, env={},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _refused(f"读了 {SECONDS} 秒还没有读完", _SPLIT) from None
    lines = done.stdout.splitlines()
    if lines and lines[-1].startswith(b"{"):
        reasons = json.loads(lines[-1])["refused"]
        raise ImportRefused([EntryInvalid(row, column, what, remedy) for row, column, what, remedy in reasons])
    if done.returncode:
        raise _refused("文件损坏，或者内容远超一张表格", _SAVE_AGAIN)
    rows = (json.loads(line) for line in lines)
    return Table(rows=tuple(Row(number=number, cells=tuple(cells)) for number, cells in rows))


def write(path: Path, rows: Sequence[Sequence[str]], *, sheet: str, widths: Sequence[int]) -> None:
    """Writes rows of texts, the first as header, in one step; every cell is a text and no formula. Blocking.

    Raises ExportRefused where `read` would not take the file back.
    """
    if len(rows) > ROWS or any(len(row) > COLUMNS for row in rows):
        raise ExportRefused(f"超过 {ROWS} 行或 {COLUMNS} 列")
    part = path.with_name(f"{path.name}.part")
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(part), options) as workbook:
        page = workbook.add_worksheet(sheet)
        # As text, or a spreadsheet turns a typed 007 into 7.
        as_text = workbook.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        header = workbook.add_format({"num_format": "@", "bold": True, "bg_color": "#E8EEF4"})
        page.freeze_panes(1, 0)
        for place, width in enumerate(widths):
            page.set_column(place, place, width, as_text)
        for number, row in enumerate(rows):
            for place, text in enumerate(row):
                if text:
                    page.write_string(number, place, text, header if number == 0 else as_text)
    try:
        _weighed(part)
    except ImportRefused as refused:
        part.unlink()
        raise ExportRefused(refused.errors[0].what) from None
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)


def _weighed(path: Path) -> None:
    """Looks at the archive's list of contents, before anything is unpacked. Raises ImportRefused."""
    with path.open("rb") as file:
        if file.read(len(OLD_FORMAT)) == OLD_FORMAT:
            raise _refused("是旧版 .xls 文件，或者设有打开密码", "取消密码，另存为 .xlsx 后再导入")
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise _refused("不是 .xlsx 文件，或者文件已损坏", _SAVE_AGAIN) from None
    unpacked, packed = sum(part.file_size for part in parts), max(1, path.stat().st_size)
    if len(parts) > PARTS:
        raise _refused(f"压缩包里有 {len(parts)} 个文件，超过 {PARTS} 个", _SAVE_AGAIN)
    if unpacked > UNPACKED_BYTES:
        raise _refused(f"解压后有 {unpacked >> 20} MB，超过 {UNPACKED_BYTES >> 20} MB", _SPLIT)
    if unpacked > RATIO * packed:
        raise _refused(f"解压后是原来的 {unpacked // packed} 倍，超过 {RATIO} 倍", _SPLIT)
    names = {part.filename for part in parts}
    if len(names) < len(parts) or "xl/workbook.xml" not in names or any(part.flag_bits & 1 for part in parts):
        raise _refused("不是 .xlsx 文件", _SAVE_AGAIN)


def _refused(what: str, remedy: str) -> ImportRefused:
    return ImportRefused([EntryInvalid(0, "", what, remedy)])

"""Reads the first visible sheet of a workbook, in a process of its own: ``python -I workbook_reader.py FILE MOST_ROWS MOST_COLUMNS``.

Nothing of ours is imported, so that it starts quickly and holds nothing worth taking. It gives itself a limit of memory and
of processor time before it opens the file. Standard output: one JSON line ``[row, [texts]]`` for each row that is not empty,
or, alone or last, one object ``{"refused": [[row, column, what, remedy], …]}``.
"""

import json
import re
import resource
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import PurePosixPath
from typing import Any

MEMORY_BYTES = 1 << 30
SECONDS = 20
OUTPUT_CHARACTERS = 200 * 1024 * 1024
MOST_NAMED = 100

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_LINK = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_FORMULA = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*>\s*<(?:\w+:)?f[\s/>]')
_ERROR = re.compile(rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
_ANY_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")


class Refused(Exception):
    """The workbook is not read: (row, column, what, remedy) of each reason."""


def limit() -> None:
    """No more than so much memory and processor time for this process."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def text_of(value: Any) -> str:
    """A cell's value as the text a person would have typed."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, timedelta) else repr(value)


def sound(path: str) -> None:
    """Raises Refused for a part that is larger than the archive's list says: its first bytes fail the checksum of all."""
    with zipfile.ZipFile(path) as archive:
        if archive.testzip() is not None:
            raise Refused((0, "", "文件已损坏", "用表格软件打开，另存为 .xlsx 后再导入"))


def no_formulas(path: str, sheet: int) -> None:
    """Raises Refused where cells are formulas or errors: an answer must be the text that was read and approved."""
    with zipfile.ZipFile(path) as archive:
        data = archive.read(part_of(archive, sheet))
    wrong = [
        (int(row), f"{column.decode()} 列", "是错误值", "改为文字") for column, row in _ERROR.findall(data)[:MOST_NAMED]
    ]
    if _ANY_FORMULA.search(data):
        found = _FORMULA.findall(data)[:MOST_NAMED] or [(b"?", b"0")]
        remedy = "复制后“选择性粘贴”为数值，再导入"
        wrong += [(int(row), f"{column.decode()} 列", "是公式，不是文字", remedy) for column, row in found]
    if wrong:
        raise Refused(*sorted(wrong))


def part_of(archive: zipfile.ZipFile, sheet: int) -> str:
    """The name of a sheet's part in the archive, by the workbook's own list."""
    from defusedxml.ElementTree import fromstring

    book = fromstring(archive.read("xl/workbook.xml"))
    sheets = [*book.iter(f"{_MAIN}sheet"), *book.iter(f"{_STRICT}sheet")]
    link = sheets[sheet].get(_LINK) or sheets[sheet].get(_STRICT_LINK)
    for relation in fromstring(archive.read("xl/_rels/workbook.xml.rels")):
        if relation.get("Id") == link:
            return str(PurePosixPath("/xl") / str(relation.get("Target"))).lstrip("/")
    raise KeyError(link)


def read(path: str, most_rows: int, most_columns: int) -> None:
    """Writes the rows to standard output. Raises Refused, or whatever a damaged file makes its readers raise."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    sound(path)
    workbook = CalamineWorkbook.from_path(path)
    chosen = next(
        (
            number
            for number, sheet in enumerate(workbook.sheets_metadata)
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        ),
        None,
    )
    if chosen is None:
        raise Refused((0, "", "没有可见的工作表", "取消隐藏后保存"))
    no_formulas(path, chosen)
    rows = written = 0
    for number, values in enumerate(workbook.get_sheet_by_index(chosen).iter_rows(), 1):
        cells = [text_of(value) for value in values]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        rows += 1
        if rows > most_rows:
            raise Refused((number, "", f"超过 {most_rows} 行", "拆成几个文件分别导入"))
        if len(cells) > most_columns:
            raise Refused((number, "", f"有 {len(cells)} 列，超过 {most_columns} 列", "删去多余的列"))
        line = json.dumps([number, cells], ensure_ascii=True)
        written += len(line)
        if written > OUTPUT_CHARACTERS:
            raise Refused((number, "", "内容太多", "拆成几个文件分别导入"))
        sys.stdout.write(line + "\n")


def main() -> int:
    limit()
    try:
        read(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    except Refused as refused:
        sys.stdout.write(json.dumps({"refused": refused.args}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A month's figures as a table: CSV for any program, XLSX with numbers as numbers. Blocking."""

import csv
import io
from collections.abc import Sequence
from typing import Final

import xlsxwriter

from console.screen import minute
from publishers.echo.figures import CHANNELS, NAMES, Month

HEAD: Final = ("编号", "标题", "发布机构", "渠道", "发布时间", *NAMES.values())
_WIDTHS: Final = (8, 48, 18, 18, 18, *[9] * len(NAMES))
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def rows_of(month: Month) -> list[list[str | int]]:
    """One row for each disclosure, the most read first; what a channel does not tell is empty, not 0."""
    ranked = sorted(month.lines, key=lambda line: (-line.totals.get("reads", 0), line.disclosure_id))
    return [
        [
            line.disclosure_id, line.title, line.unit, "、".join(CHANNELS.get(name, name) for name in line.channels),
            minute(line.published_at), *[line.totals.get(name, "") for name in NAMES],
        ]
        for line in ranked
    ]  # fmt: skip


def as_csv(month: Month, *, channel: str, unit: str) -> bytes:
    """UTF-8 with a mark, as spreadsheets want it. A cell that would be a formula gets an apostrophe in front."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(HEAD)
    writer.writerows([_harmless(cell) for cell in row] for row in rows_of(month))
    return file.getvalue().encode("utf-8-sig")


def as_xlsx(month: Month, *, channel: str, unit: str) -> bytes:
    """A sheet with the rows, and one line above them that says what was asked for."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("数据")
        strong = book.add_format({"bold": True, "bg_color": "#e8f1f1", "border": 1})
        sheet.write(0, 0, f"{month.first:%Y年%m月}发布的公开信息；渠道：{channel}；发布机构：{unit}")
        _row(sheet, 1, HEAD, strong)
        for number, row in enumerate(rows_of(month), 2):
            _row(sheet, number, row, None)
        for column, width in enumerate(_WIDTHS):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(2, 2)
    return file.getvalue()


def _row(sheet: "xlsxwriter.worksheet.Worksheet", number: int, cells: Sequence[str | int], dress: object) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, int):
            sheet.write_number(number, column, cell, dress)
        else:
            sheet.write_string(number, column, cell, dress)


def _harmless(cell: str | int) -> str | int:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell

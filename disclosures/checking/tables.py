"""Sums in tables, added again: rows and columns of totals, and shares that should make a hundred. Pure.

A blank cell is not a nought: it takes no part. What cannot be a summand (a year, a price, a rate) is known by its heading.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from disclosures.checking.amounts import number
from disclosures.checking.structure import Table
from disclosures.findings import Finding, warn

_TOTAL: Final = re.compile(r"^(?:合计|总计|共计|总和|合计数|总数)(?:[（(].*[)）])?$")
_SUBTOTAL: Final = re.compile(r"^(?:小计|.{0,10}小计)$")
_NO_SUMMAND: Final = re.compile(
    "序号|编号|年份|年度|标准|单价|均|率|增幅|增长|同比|环比|电话|日期|时间|排名|名次|代码|邮编|备注|面积单位"
)
_SHARE: Final = re.compile("占比|比重|构成|所占比例")
_CELL: Final = re.compile(
    r"^[¥￥]?\s*(-?\d{1,3}(?:[,，]\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?)\s*(亿元?|万元?|千元|元|[%％]|[一-鿿]{0,2})$"
)
_UNITS: Final = {"亿": 100_000_000, "万": 10_000, "千": 1_000}
MOST_FINDINGS: Final = 20


def find(field: str, tables: Sequence[Table]) -> Iterator[Finding]:
    """What does not add up, at most MOST_FINDINGS."""
    told = 0
    for place, table in enumerate(tables, 1):
        name = f"表“{table.caption[:20]}”" if table.caption else f"第 {place} 个表格" if len(tables) > 1 else "表格"
        for finding in (*_columns(field, table, name), *_rows(field, table, name), *_shares(field, table, name)):
            yield finding
            told += 1
            if told >= MOST_FINDINGS:
                return


def _columns(field: str, table: Table, name: str) -> Iterator[Finding]:
    """Each row of totals against the rows above it."""
    rows = table.rows
    first = 0
    subtotals: list[int] = []
    for at, row in enumerate(rows):
        label = _label(row)
        if not at or not (_TOTAL.match(label) or _SUBTOTAL.match(label)):
            continue
        below = [place for place in range(1, at) if place not in subtotals and not _TOTAL.match(_label(rows[place]))]
        if _SUBTOTAL.match(label):
            below = [place for place in below if place >= first]
            subtotals.append(at)
            first = at + 1
        for column in range(1, len(row)):
            if not _NO_SUMMAND.search(_head(rows, column)):
                yield from _compared(field, f"{name}“{_head(rows, column) or f'第 {column + 1} 列'}”栏", label, row[column],
                    [_cell(rows[place], column) for place in below])  # fmt: skip
    # A total that stands above its parts.
    if len(rows) > 3 and _TOTAL.match(_label(rows[1])) and not any(_TOTAL.match(_label(row)) for row in rows[2:]):
        for column in range(1, len(rows[1])):
            if not _NO_SUMMAND.search(_head(rows, column)):
                parts = [_cell(row, column) for row in rows[2:] if not _SUBTOTAL.match(_label(row))]
                yield from _compared(field, f"{name}“{_head(rows, column) or f'第 {column + 1} 列'}”栏", _label(rows[1]), rows[1][column], parts)  # fmt: skip


def _rows(field: str, table: Table, name: str) -> Iterator[Finding]:
    """The column of totals against the others of its row: only where most rows agree, for then it is meant so."""
    if len(table.rows) < 3:
        return
    heads = table.rows[0]
    totals = [place for place, head in enumerate(heads) if _TOTAL.match(_bare(head))]
    if len(totals) != 1:
        return
    column = totals[0]
    others = [place for place in range(1, len(heads)) if place != column and not _NO_SUMMAND.search(heads[place])]
    wrong: list[tuple[int, Finding]] = []
    right = 0
    for at, row in enumerate(table.rows[1:], 2):
        found = list(_compared(field, f"{name}第 {at} 行（{_label(row)[:12]}）", _bare(heads[column]), _cell(row, column),
            [_cell(row, place) for place in others]))  # fmt: skip
        if found:
            wrong.append((at, found[0]))
        elif _read(_cell(row, column)) is not None:
            right += 1
    if right >= len(wrong):
        yield from (finding for _, finding in wrong)


def _shares(field: str, table: Table, name: str) -> Iterator[Finding]:
    if len(table.rows) < 3:
        return
    for column, head in enumerate(table.rows[0]):
        if not _SHARE.search(head):
            continue
        rows = [row for row in table.rows[1:] if not _TOTAL.match(_label(row)) and not _SUBTOTAL.match(_label(row))]
        shares = [value[0] for row in rows if (value := _read(_cell(row, column))) is not None]
        total = sum(shares, Decimal(0))
        # Far from a hundred it is a share of something else.
        if len(shares) > 1 and Decimal(90) < total < Decimal(110) and abs(total - 100) > _tolerance(shares):
            yield warn(
                field,
                f"{name}“{head}”栏相加是 {total:f}%，不是 100%。",
                "请核对各项占比。",
                rule="table.share",
                quote=head,
            )


def _compared(field: str, where: str, label: str, total: str, parts: Sequence[str]) -> Iterator[Finding]:
    said = _read(total)
    values = [value for part in parts if (value := _read(part)) is not None]
    if said is None or len(values) < 2 or len({value[1] == "%" for value in (*values, said)}) > 1:
        return
    if len(values) < len([part for part in parts if part.strip()]) / 2:
        return  # A column of words with some numbers in it.
    total_value = _scaled(said)
    added = sum((_scaled(value) for value in values), Decimal(0))
    if abs(added - total_value) > _tolerance([value[0] for value in values], scale=_scale(said[1])):
        shown = added / _scale(said[1])
        yield warn(
            field, f"{where}的“{label}”写的是 {total}，重新相加是 {shown.normalize():f}{said[1]}。", "请核对各项数字和合计。",
            rule="table.sum", quote=f"{label} {total}",
        )  # fmt: skip


def _read(cell: str) -> tuple[Decimal, str] | None:
    found = _CELL.match(cell.strip())
    value = number(found[1]) if found else None
    if found is None or value is None:
        return None
    return value, "%" if found[2] in {"%", "％"} else found[2]


def _scale(unit: str) -> Decimal:
    return Decimal(_UNITS.get(unit[:1], 1))


def _scaled(value: tuple[Decimal, str]) -> Decimal:
    return value[0] * _scale(value[1])


def _tolerance(values: Sequence[Decimal], scale: Decimal = Decimal(1)) -> Decimal:
    """Half of the last place for each rounded summand; whole numbers are exact."""
    places = max((-int(value.as_tuple().exponent) for value in values if int(value.as_tuple().exponent) < 0), default=0)
    return Decimal(1).scaleb(-places) / 2 * (len(values) + 1) * scale if places else Decimal(0)


def _label(row: Sequence[str]) -> str:
    """What a row is called: the first cell that says something and is no number."""
    for cell in row[:3]:
        bare = _bare(cell)
        if bare and _read(cell) is None:
            return bare
    return ""


def _head(rows: Sequence[Sequence[str]], column: int) -> str:
    return rows[0][column] if column < len(rows[0]) else ""


def _cell(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""


def _bare(text: str) -> str:
    return re.sub(r"\s", "", text)

"""Columns: entries as rows of a table with the trade's words as headers, and back. Pure."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from knowledge.cells import from_cells, joined, split, to_cells
from knowledge.entry import CURATOR, DAYS, Entry, EntryKind
from knowledge.errors import EntryInvalid, ImportRefused
from knowledge.exchange import MOST_ERRORS, from_json
from knowledge.given import Given
from knowledge.table import Row, Table

KINDS = {"常见问题": "faq", "政策文件": "policy", "办事服务": "service", "谣言澄清": "rumour"}
LAYERS = {"人工维护": CURATOR}
HEADER_WITHIN = 10
"""The header is looked for in so many rows, since a table often has its title above."""

_MORE_KINDS = {
    "问答": "faq",
    "常见问答": "faq",
    "政策": "policy",
    "办事": "service",
    "服务": "service",
    "谣言": "rumour",
}
_YES, _NO = frozenset({"是", "启用", "true", "yes", "1"}), frozenset({"否", "停用", "false", "no", "0"})
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_CONTINUED = re.compile(r"(.+?)\s*[（(]续\s*(\d+)[）)]")
_REMARK = re.compile(r"[（(].*[）)]|[*＊:：\s]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One field as a column: its header, the other headers under which it is known, and how wide a person wants it."""

    field: str
    header: str
    also: tuple[str, ...] = ()
    width: int = 14


COLUMNS: tuple[Column, ...] = (
    Column(field="id", header="编号", also=("条目编号",), width=18),
    Column(field="kind", header="类别", also=("类型",), width=10),
    Column(field="title", header="问题", also=("标题", "标准问题", "问题或标题", "question"), width=36),
    Column(field="body", header="答复", also=("答案", "回答", "正文", "内容", "answer"), width=60),
    Column(field="similar", header="相似问法", also=("相似问题", "相似问", "别名", "aliases"), width=36),
    Column(field="keywords", header="关键词", width=18),
    Column(field="verdict", header="结论"),
    Column(field="unit", header="责任单位", also=("单位", "部门")),
    Column(field="source", header="出处", also=("来源", "依据"), width=24),
    Column(field="source_url", header="链接", also=("原文链接", "网址", "url"), width=24),
    Column(field="document_number", header="文号", also=("发文字号",), width=18),
    Column(field="issuer", header="发文机关", also=("制发机关", "发布机关")),
    Column(field="made_on", header="成文日期"),
    Column(field="published_on", header="发布日期", also=("公开日期",)),
    Column(field="validity", header="有效性", also=("时效性",), width=8),
    Column(field="evidence", header="核实依据", also=("证据",), width=36),
    Column(field="phone", header="咨询电话", also=("电话", "联系电话")),
    Column(field="responsible", header="责任人", also=("负责人", "联系人"), width=10),
    Column(field="next_review_on", header="下次复核日期", also=("复核日期", "下次复核")),
    Column(field="checked", header="已核对不冲突", also=("已核对",), width=24),
    Column(field="valid_from", header="生效日期", also=("有效期起",)),
    Column(field="valid_to", header="截止日期", also=("有效期止", "失效日期")),
    Column(field="origin", header="维护方式"),
    Column(field="live", header="启用", also=("是否启用",), width=6),
    Column(field="withdrawn_because", header="停用原因", width=24),
    Column(field="claimed_on", header="传言日期", also=("首现日期",)),
    Column(field="links", header="相关链接", also=("传言链接",), width=24),
    Column(field="places", header="涉及地点", also=("地点",), width=18),
    Column(field="figures", header="关键数字", also=("数字",), width=18),
)
_WORDS = ("、", "、，,；;\n")
_LISTS = {
    "similar": ("\n", "\n"), "keywords": _WORDS, "checked": ("\n", "\n"), "links": ("\n", "\n"), "places": _WORDS, "figures": _WORDS,
}  # fmt: skip


def to_rows(entries: Sequence[Entry]) -> tuple[list[list[str]], list[int]]:
    """The header and a row for each entry, and the columns' widths. A long text goes on in columns `…（续1）`, `…（续2）`."""
    cut = [[to_cells(_shown(entry, column.field)) for column in COLUMNS] for entry in entries]
    needed = [max((len(row[place]) for row in cut), default=1) or 1 for place in range(len(COLUMNS))]
    header, widths = [], []
    for column, count in zip(COLUMNS, needed, strict=True):
        header += [column.header, *(f"{column.header}（续{number}）" for number in range(1, count))]
        widths += [column.width] * count
    rows = [[cell for cells, count in zip(row, needed, strict=True) for cell in _filled(cells, count)] for row in cut]
    return [header, *rows], widths


def from_table(table: Table) -> tuple[list[Given], list[EntryInvalid], list[str]]:
    """What a table says of entries, what is wrong in it, and the headers that mean nothing. Raises ImportRefused without a
    header."""
    names = {name.casefold(): column.field for column in COLUMNS for name in (column.header, *column.also)}
    names |= {field.name: field.name for field in fields(Entry)}
    heading, rows = header_of(table, names, needed=("title", "body"), words="问题、答复")
    given: list[Given] = []
    errors = list(heading.errors)
    lines_of: dict[str, int] = {}
    for row in rows:
        try:
            one = _given(row, heading)
            if one.entry.id in lines_of:
                what = f"编号 {one.entry.id} 与第 {lines_of[one.entry.id]} 行重复"
                raise EntryInvalid(row.number, heading.names["id"], what, "改为不同的编号，或删去其中一行")
        except EntryInvalid as error:
            errors.append(error)
            if len(errors) >= MOST_ERRORS:
                break
            continue
        lines_of[one.entry.id] = row.number
        given.append(one)
    return given, errors, list(heading.ignored)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """Which fields stand in which places of a row, in their order, and under which header."""

    width: int
    places: Mapping[str, tuple[int, ...]]
    names: Mapping[str, str]
    ignored: tuple[str, ...]
    errors: tuple[EntryInvalid, ...]

    def check(self, row: Row) -> None:
        """Raises EntryInvalid for a row with more cells than the header, as a comma without quotes makes one."""
        if any(row.cells[self.width :]):
            raise EntryInvalid(row.number, "", "比表头多出内容", "把含逗号的单元格加上引号，或给多出的列写上列名")

    def value(self, row: Row, field: str) -> str | list[str]:
        """What a row holds under a field's columns together."""
        return from_cells([row.cell(place) for place in self.places.get(field, ())])

    def text(self, row: Row, field: str) -> str:
        """The same, where only a text is right. Raises EntryInvalid."""
        value = self.value(row, field)
        if isinstance(value, str):
            return value
        raise EntryInvalid(row.number, self.names[field], "是列表，不是文字", "改为文字")

    def items(self, row: Row, field: str, separators: str) -> list[str]:
        """The same as a list."""
        value = self.value(row, field)
        return split(value.replace("\r\n", "\n"), separators=separators) if isinstance(value, str) else value


def header_of(
    table: Table, names: Mapping[str, str], *, needed: Sequence[str], words: str
) -> tuple[Heading, list[Row]]:
    """The heading and the rows below it. `names` gives the field of a header; one of `needed` must be there, which are shown
    to the person as `words`. Raises ImportRefused."""
    for position, row in enumerate(table.rows[:HEADER_WITHIN]):
        heading = _heading(row, names)
        if any(field in heading.places for field in needed):
            return heading, list(table.rows[position + 1 :])
    what = f"没有找到表头（{words}）"
    raise ImportRefused([EntryInvalid(0, "", what, "在第一行写上列名；列名是乱码时，把文件另存为“CSV UTF-8”")])


def _heading(row: Row, names: Mapping[str, str]) -> Heading:
    found: dict[str, dict[int, int]] = {}
    called: dict[str, str] = {}
    ignored: list[str] = []
    errors: list[EntryInvalid] = []
    for place, cell in enumerate(row.cells):
        text = from_cells([cell])
        header = text.strip() if isinstance(text, str) else ""
        continued = _CONTINUED.fullmatch(header)
        stem, part = (continued[1], int(continued[2])) if continued else (header, 0)
        field = names.get(_REMARK.sub("", stem).casefold())
        if field is None:
            ignored += [header] if header else []
        elif part in found.get(field, {}):
            errors.append(EntryInvalid(row.number, header, f"“{header}”这一列有两个", "删去或改名其中一个"))
        else:
            found.setdefault(field, {})[part] = place
            called.setdefault(field, stem)
    places = {field: tuple(parts[number] for number in sorted(parts)) for field, parts in found.items()}
    called = {"id": "编号", **called}
    return Heading(width=len(row.cells), places=places, names=called, ignored=tuple(ignored), errors=tuple(errors))


def _given(row: Row, heading: Heading) -> Given:
    heading.check(row)
    values: dict[str, Any] = {}
    for field in heading.places:
        if field in _LISTS:
            values[field] = heading.items(row, field, _LISTS[field][1])
        else:
            values[field] = _READ.get(field, _same)(row.number, heading.names[field], heading.text(row, field))
    filled = frozenset(field for field in heading.places if heading.value(row, field))
    if not str(values.get("id", "")).strip():
        values["id"] = _made_id(values)
    try:
        entry = from_json(values, line=row.number)
    except EntryInvalid as error:
        name = heading.names.get(error.field, error.field)
        raise EntryInvalid(row.number, name, error.what, error.remedy) from None
    columns = frozenset(heading.places) | {"id"}
    return Given(line=row.number, entry=entry, columns=columns, filled=filled | {"id"})


def _made_id(values: Mapping[str, Any]) -> str:
    """An id for a row that has none: the same question gets the same one, so that the file can be imported again."""
    text = str(values.get("title") or values.get("body") or "").strip()
    return f"q-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:16]}" if text else ""


def _kind(line: int, header: str, text: str) -> str:
    word = text.strip()
    kind = (KINDS | _MORE_KINDS).get(word, word.casefold())
    if kind and kind not in EntryKind.__members__:
        raise EntryInvalid(line, header, f"没有“{word[:20]}”这种类别", f"改为 {'、'.join(KINDS)} 之一")
    return kind


def _flag(line: int, header: str, text: str) -> bool:
    word = text.strip().casefold()
    if word and word not in _YES | _NO:
        raise EntryInvalid(line, header, f"“{word[:20]}”不是“是”或“否”", "写成“是”或“否”")
    return word not in _NO


def _day(_line: int, _header: str, text: str) -> str:
    """A day in one of the ways in which people write it; anything else is left for the check of the entry to name."""
    word = text.strip()
    found = _DAY.fullmatch(word) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", word)
    return f"{int(found[1]):04d}-{int(found[2]):02d}-{int(found[3]):02d}" if found else word


def _layer(_line: int, _header: str, text: str) -> str:
    return LAYERS.get(text.strip(), text.strip())


def _stripped(_line: int, _header: str, text: str) -> str:
    return text.strip()


def _same(_line: int, _header: str, text: str) -> str:
    return text


_READ: Mapping[str, Callable[[int, str, str], Any]] = {
    "kind": _kind,
    "live": _flag,
    "origin": _layer,
    "validity": _stripped,
    **dict.fromkeys(DAYS, _day),
}


def _shown(entry: Entry, field: str) -> str | list[str]:
    value = getattr(entry, field)
    if field in _LISTS:
        separator, separators = _LISTS[field]
        return joined(value, separator=separator, separators=separators)
    if field == "kind":
        return next(word for word, kind in KINDS.items() if kind == value)
    if field == "origin":
        return next((word for word, layer in LAYERS.items() if layer == value), str(value))
    if field == "live":
        return "是" if value else "否"
    if field in DAYS:
        return value.isoformat() if value else ""
    return str(value)


def shown(entry: Entry, field: str) -> str:
    """A field as a person reads it; the items of a list one a line."""
    value = _shown(entry, field)
    return value if isinstance(value, str) else "\n".join(value)


def made_id(title: str, body: str = "") -> str:
    """An id for a question that has none: the same question gets the same one."""
    return _made_id({"title": title, "body": body})


def _filled(cells: Iterable[str], count: int) -> list[str]:
    found = list(cells)
    return found + [""] * (count - len(found))

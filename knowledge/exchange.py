"""Import and export: entries as JSON lines, one object a line, without loss."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from knowledge.entry import (
    CURATOR,
    DAYS,
    DISCLOSURE_PREFIX,
    IN_FORCE,
    LISTS,
    VALIDITIES,
    Entry,
    EntryKind,
)
from knowledge.errors import EntryInvalid, ImportRefused
from knowledge.given import EVERY_FIELD, Given

FILE_BYTES = 200 * 1024 * 1024
LINE_BYTES = 1024 * 1024
ROWS = 300_000
"""Entries a file: an import of so many takes about 1.5 GB of memory while it runs."""
MOST_ERRORS = 1000
REPORT_EVERY = 200

Progress = Callable[[int, int], None]

_LONGEST = {
    "id": 191,
    "verdict": 32,
    "unit": 255,
    "source": 255,
    "document_number": 255,
    "issuer": 255,
    "phone": 255,
    "responsible": 255,
    "origin": 64,
}
_TEXTS = (
    "verdict",
    "unit",
    "source",
    "source_url",
    "document_number",
    "issuer",
    "evidence",
    "phone",
    "responsible",
    "withdrawn_because",
)
_FIELD_REMEDY = "改为文字并加引号"


def read(path: Path, *, on_progress: Progress | None = None) -> list[Entry]:
    """The entries of a file; see `read_rows`."""
    return [row.entry for row in read_rows(path, on_progress=on_progress)]


def read_rows(path: Path, *, on_progress: Progress | None = None) -> list[Given]:
    """Reads a whole file or nothing.

    `on_progress(done, total)` is called in bytes. Fields that are missing take their default; unknown fields are ignored.
    Raises ImportRefused with every wrong line, OSError if the file cannot be opened. Blocking.
    """
    total = path.stat().st_size
    if total > FILE_BYTES:
        what = f"文件有 {total // (1024 * 1024)} MB，超过 {FILE_BYTES // (1024 * 1024)} MB"
        raise ImportRefused([EntryInvalid(0, "", what, "拆成几个文件分别导入")])
    rows: list[Given] = []
    errors: list[EntryInvalid] = []
    lines_of: dict[str, int] = {}
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), 1):
            _take(line, number, rows, errors, lines_of)
            if len(rows) > ROWS:
                raise ImportRefused([EntryInvalid(number, "", f"超过 {ROWS} 个条目", "拆成几个文件分别导入")])
            if len(errors) >= MOST_ERRORS:
                break
            if on_progress is not None and number % REPORT_EVERY == 0:
                on_progress(min(file.tell(), total), total)
    if errors:
        raise ImportRefused(errors)
    if on_progress is not None:
        on_progress(total, total)
    return rows


def write(path: Path, entries: Iterable[Entry]) -> int:
    """Writes entries as JSON lines, replacing the file in one step; the number written. Blocking."""
    count = 0
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf8", newline="\n") as file:
        for entry in entries:
            file.write(json.dumps(to_json(entry), ensure_ascii=False, separators=(",", ":")) + "\n")
            count += 1
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return count


def to_json(entry: Entry) -> dict[str, Any]:
    """An entry as a JSON object; fields at their default are left out, so that `from_json` gives the same entry."""
    found: dict[str, Any] = {"id": entry.id, "kind": entry.kind.value, "title": entry.title, "body": entry.body}
    found |= {name: list(getattr(entry, name)) for name in LISTS if getattr(entry, name)}
    found |= {name: getattr(entry, name) for name in _TEXTS if getattr(entry, name)}
    found |= {name: getattr(entry, name).isoformat() for name in DAYS if getattr(entry, name) is not None}
    if entry.validity != IN_FORCE:
        found["validity"] = entry.validity
    if entry.origin != CURATOR:
        found["origin"] = entry.origin
    if not entry.live:
        found["live"] = False
    return found


def from_json(row: Mapping[str, Any], *, line: int = 0) -> Entry:
    """An entry from a JSON object. Raises EntryInvalid with the line, the field, what is wrong and what to do."""
    entry_id = _text(row, "id", line)
    if not entry_id.strip():
        raise EntryInvalid(line, "id", "缺少编号", "给每个条目一个不重复的编号")
    kind = _text(row, "kind", line) or EntryKind.faq.value
    if kind not in EntryKind.__members__:
        raise EntryInvalid(line, "kind", f"没有“{kind[:20]}”这种类型", f"改为 {'、'.join(EntryKind)} 之一")
    title, body = _text(row, "title", line), _text(row, "body", line)
    if not title.strip() and not body.strip():
        raise EntryInvalid(line, "title", "标题和正文都是空的", "至少填写一项")
    validity = _text(row, "validity", line) or IN_FORCE
    if validity not in VALIDITIES:
        raise EntryInvalid(line, "validity", f"没有“{validity[:20]}”这种有效性", f"改为 {'、'.join(VALIDITIES)} 之一")
    days: dict[str, Any] = {name: _day(row, name, line) for name in DAYS}
    if days["valid_from"] and days["valid_to"] and days["valid_to"] < days["valid_from"]:
        raise EntryInvalid(line, "valid_to", "有效期的止日早于起日", "核对两个日期")
    texts: dict[str, Any] = {name: _text(row, name, line) for name in _TEXTS}
    lists: dict[str, Any] = {name: _texts(row, name, line) for name in LISTS}
    return Entry(
        id=entry_id,
        kind=EntryKind(kind),
        title=title,
        body=body,
        validity=validity,
        origin=_origin(row, line),
        live=_flag(row, "live", line),
        **texts,
        **lists,
        **days,
    )


def _take(line: bytes, number: int, rows: list[Given], errors: list[EntryInvalid], lines_of: dict[str, int]) -> None:
    try:
        row = _object(line, number)
        if row is None:
            return
        entry = from_json(row, line=number)
        if entry.id in lines_of:
            what = f"编号 {entry.id} 与第 {lines_of[entry.id]} 行重复"
            raise EntryInvalid(number, "id", what, "改为不同的编号，或删去其中一行")
    except EntryInvalid as error:
        errors.append(error)
        return
    lines_of[entry.id] = number
    filled = frozenset(name for name, value in row.items() if value not in (None, "", []))
    rows.append(Given(line=number, entry=entry, filled=filled & EVERY_FIELD))


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines of at most LINE_BYTES + 1 bytes; the rest of a longer one is read past, not kept."""
    while line := file.readline(LINE_BYTES + 1):
        yield line
        while len(line) > LINE_BYTES and not line.endswith(b"\n"):
            line = file.readline(LINE_BYTES + 1)
            if not line:
                return


def _object(line: bytes, number: int) -> dict[str, Any] | None:
    if len(line) > LINE_BYTES:
        raise EntryInvalid(number, "", f"这一行超过 {LINE_BYTES // 1024} KB", "把正文拆成几个条目")
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
    except UnicodeDecodeError:
        raise EntryInvalid(number, "", "不是 UTF-8 编码", "把文件另存为 UTF-8") from None
    if not text:
        return None
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        raise EntryInvalid(number, "", "不是 JSON", "每行写一个 JSON 对象，检查引号和逗号") from None
    if not isinstance(row, dict):
        raise EntryInvalid(number, "", "不是 JSON 对象", "每行写成 {…}")
    return row


def _text(row: Mapping[str, Any], field: str, line: int) -> str:
    value = row.get(field)
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool) and field in {"id", "phone", "document_number"}:
        value = str(value)
    if not isinstance(value, str):
        raise EntryInvalid(line, field, "不是文字", _FIELD_REMEDY)
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise EntryInvalid(line, field, "含有不能保存的字符", "删去这些字符")
    longest = _LONGEST.get(field)
    if longest is not None and len(value) > longest:
        raise EntryInvalid(line, field, f"有 {len(value)} 个字，超过 {longest}", "缩短后再导入")
    return value


def _texts(row: Mapping[str, Any], field: str, line: int) -> tuple[str, ...]:
    value = row.get(field)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise EntryInvalid(line, field, "不是列表", '写成 ["…", "…"]')
    texts = [_text({field: item}, field, line) for item in value]
    return tuple(text for text in texts if text.strip())


def _day(row: Mapping[str, Any], field: str, line: int) -> date | None:
    value = _text(row, field, line)
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise EntryInvalid(line, field, f"“{value[:20]}”不是日期", "写成 2026-01-31 的样子") from None


def _origin(row: Mapping[str, Any], line: int) -> str:
    value = _text(row, "origin", line) or CURATOR
    number = value.removeprefix(DISCLOSURE_PREFIX)
    if value == CURATOR or (value != number and number.isascii() and number.isdigit()):
        return value
    raise EntryInvalid(line, "origin", f"没有“{value[:20]}”这种来源", f"写成 {CURATOR}，或删去这一项")


def _flag(row: Mapping[str, Any], field: str, line: int) -> bool:
    value = row.get(field, True)
    if not isinstance(value, bool):
        raise EntryInvalid(line, field, "不是 true 或 false", "写成 true 或 false，不加引号")
    return value

"""What differs between two contents: every field, every paragraph in words, tables cell by cell, files by their bytes. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from disclosures.blocks import Block, blocks_of
from disclosures.content import Content, FileReference
from disclosures.wording import Kind, Piece, Words, aligned, compared, recurring

LABELS: Final[Mapping[str, str]] = {
    "title": "标题", "document_number": "文号", "department": "发布机构", "category": "栏目", "formed_on": "成文日期",
    "index_number": "索引号", "summary": "内容概述", "keywords": "关键词", "stage": "五公开", "validity": "有效性",
    "source": "信息来源", "interprets": "解读的文件", "kind": "文种", "wechat.title": "微信标题", "wechat.author": "微信作者",
    "wechat.digest": "微信摘要", "wechat.mode": "微信发布方式", "weibo.text": "微博文字",
}  # fmt: skip
_APART: Final = frozenset({"body_html", "pictures", "attachments", "particulars", "wechat.cover"})
_MODES: Final = {"publish": "发布（不推送）", "mass": "群发"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """A field that says something else now."""

    label: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a table. ``change``: same, changed, added, removed."""

    change: str
    cells: tuple[tuple[Piece, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A block of the body. ``note`` says what changed besides the words."""

    change: str
    style: str
    pieces: tuple[Piece, ...] = ()
    rows: tuple[Row, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A picture or attachment that came, went, or is another now."""

    label: str
    change: str
    """added, removed or changed."""
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Everything that differs, and how much of it there is."""

    fields: tuple[FieldChange, ...]
    parts: tuple[Part, ...]
    files: tuple[FileChange, ...]
    inserted: int
    """Places with new text only."""
    deleted: int
    changed: int
    """Places where other words stand now, or the same ones in another form."""

    @property
    def same(self) -> bool:
        return not (self.inserted or self.deleted or self.changed)

    @property
    def words(self) -> str:
        """新增 3 处，修改 2 处."""
        counted = (("新增", self.inserted), ("删除", self.deleted), ("修改", self.changed))
        return "，".join(f"{name} {number} 处" for name, number in counted if number) or "没有改动"


def differences(old: Content, new: Content, words: Words | None = None) -> Difference:
    """From the old content to the new one. ``words`` gives the words of a text (``knowledge.keywords``)."""
    before, after = blocks_of(old.body_html), blocks_of(new.body_html)
    known = _words_of(before, after, words)
    parts = _parts(before, after, known)
    fields = _fields(old, new, known)
    files = _files(old, new)
    rows = [field.pieces for field in fields]
    rows += [part.pieces for part in parts] + [cell for part in parts for row in part.rows for cell in row.cells]
    inserted, deleted, changed = (
        (sum(counts) for counts in zip(*map(_places, rows), strict=True)) if rows else (0, 0, 0)
    )
    return Difference(
        fields=fields, parts=parts, files=files,
        inserted=inserted + sum(file.change == "added" for file in files),
        deleted=deleted + sum(file.change == "removed" for file in files),
        changed=changed + sum(file.change == "changed" for file in files) + sum(bool(part.note) for part in parts),
    )  # fmt: skip


def _words_of(before: Sequence[Block], after: Sequence[Block], words: Words | None) -> frozenset[str]:
    old, new = "\n".join(block.words for block in before), "\n".join(block.words for block in after)
    if old == new:
        return frozenset()
    if words is None:
        return recurring(old, new)
    # What stands in both is the same words in both: only what differs is cut.
    had, has = {block.words for block in before}, {block.words for block in after}
    return frozenset(word for text in had ^ has for word in words(text) if len(word) > 1)


def _places(pieces: Sequence[Piece]) -> tuple[int, int, int]:
    """(inserted, deleted, changed) in one row of pieces."""
    inserted = deleted = changed = at = 0
    while at < len(pieces):
        here, following = pieces[at].kind, pieces[at + 1].kind if at + 1 < len(pieces) else Kind.SAME
        if here is Kind.DELETED and following is Kind.INSERTED:
            changed, at = changed + 1, at + 1
        elif here is Kind.DELETED:
            deleted += 1
        elif here is Kind.INSERTED:
            inserted += 1
        at += 1
    return inserted, deleted, changed


# The body


def _parts(before: Sequence[Block], after: Sequence[Block], known: frozenset[str]) -> tuple[Part, ...]:
    old_keys, new_keys = _keys(before), _keys(after)
    parts: list[Part] = []
    matcher = SequenceMatcher(None, old_keys, new_keys, autojunk=max(len(old_keys), len(new_keys)) > 2000)
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag == "equal":
            parts += [_kept(a, b) for a, b in zip(before[a1:a2], after[b1:b2], strict=True)]
            continue
        old, new = before[a1:a2], after[b1:b2]
        for left, right in aligned([block.words for block in old], [block.words for block in new]):
            parts += _met(None if left is None else old[left], None if right is None else new[right], known)
    return tuple(parts)


def _keys(blocks: Sequence[Block]) -> list[tuple[str, str, tuple[tuple[str, ...], ...]]]:
    return [(block.style, block.text, block.rows) for block in blocks]


def _kept(old: Block, new: Block) -> Part:
    note = (
        ""
        if old.marks == new.marks
        else "图片已更换"
        if new.style == "picture"
        else "文字相同，格式（加粗、上下标等）有改动"
    )
    return Part(
        change="changed" if note else "same", style=new.style, note=note,
        pieces=(Piece(kind=Kind.SAME, text=new.text),) if new.text else (),
        rows=tuple(_whole_row(row, Kind.SAME, "same") for row in new.rows),
    )  # fmt: skip


def _met(old: Block | None, new: Block | None, known: frozenset[str]) -> list[Part]:
    if old is None or new is None or (old.style == "table") is not (new.style == "table"):
        gone = [] if old is None else [_whole(old, Kind.DELETED, "removed")]
        return gone + ([] if new is None else [_whole(new, Kind.INSERTED, "added")])
    note = "" if old.style == new.style else "段落的样式有改动"
    if new.style == "table":
        return [Part(change="changed", style="table", rows=_rows(old.rows, new.rows, known))]
    return [Part(change="changed", style=new.style, pieces=compared(old.text, new.text, known), note=note)]


def _whole(block: Block, kind: Kind, change: str) -> Part:
    return Part(
        change=change, style=block.style, pieces=(Piece(kind=kind, text=block.text),) if block.text else (),
        rows=tuple(_whole_row(row, kind, change) for row in block.rows),
    )  # fmt: skip


def _whole_row(row: Sequence[str], kind: Kind, change: str) -> Row:
    return Row(change=change, cells=tuple((Piece(kind=kind, text=cell),) if cell else () for cell in row))


def _rows(
    before: Sequence[tuple[str, ...]], after: Sequence[tuple[str, ...]], known: frozenset[str]
) -> tuple[Row, ...]:
    rows: list[Row] = []
    matcher = SequenceMatcher(None, before, after, autojunk=max(len(before), len(after)) > 2000)
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag == "equal":
            rows += [_whole_row(row, Kind.SAME, "same") for row in after[b1:b2]]
            continue
        old, new = before[a1:a2], after[b1:b2]
        for left, right in aligned(["\t".join(row) for row in old], ["\t".join(row) for row in new]):
            if left is None:
                rows.append(_whole_row(new[right or 0], Kind.INSERTED, "added"))
            elif right is None:
                rows.append(_whole_row(old[left], Kind.DELETED, "removed"))
            else:
                rows.append(Row(change="changed", cells=_cells(old[left], new[right], known)))
    return tuple(rows)


def _cells(old: Sequence[str], new: Sequence[str], known: frozenset[str]) -> tuple[tuple[Piece, ...], ...]:
    if len(old) == len(new):
        return tuple(compared(a, b, known) for a, b in zip(old, new, strict=True))
    cells: list[tuple[Piece, ...]] = []
    for left, right in aligned(old, new):
        cells.append(compared("" if left is None else old[left], "" if right is None else new[right], known))
    return tuple(cells)


# Fields and files


def _fields(old: Content, new: Content, known: frozenset[str]) -> tuple[FieldChange, ...]:
    before, after = _flat(old), _flat(new)
    changed = [
        FieldChange(label=LABELS.get(name, name), pieces=compared(before.get(name, ""), after.get(name, ""), known))
        for name in dict.fromkeys((*LABELS, *before, *after))
        if before.get(name, "") != after.get(name, "")
    ]
    typed_before = {each.name: each for each in old.particulars}
    typed_after = {each.name: each for each in new.particulars}
    for name in dict.fromkeys((*typed_before, *typed_after)):
        a, b = typed_before.get(name), typed_after.get(name)
        if a != b:
            label = (b or a).label  # type: ignore[union-attr]
            pieces = compared(a.value if a else "", b.value if b else "", known)
            changed.append(FieldChange(label=label, pieces=pieces))
    return tuple(changed)


def _flat(content: Content) -> dict[str, str]:
    """Every field but body and files as text; what a later version adds to a content shows up under its own name."""
    flat: dict[str, str] = {}
    for name, value in content.canonical().items():
        inside = {f"{name}.{key}": each for key, each in value.items()} if isinstance(value, dict) else {name: value}
        flat.update({key: _said(key, each) for key, each in inside.items() if key not in _APART})
    return flat


def _said(name: str, value: Any) -> str:
    if name == "wechat.mode":
        return _MODES.get(str(value), str(value))
    if isinstance(value, list):
        return "；".join(map(str, value))
    return "" if value is None else str(value)


def _files(old: Content, new: Content) -> tuple[FileChange, ...]:
    found: list[FileChange] = []
    for label, before, after in (
        ("附件", old.attachments, new.attachments),
        ("正文图片", old.pictures, new.pictures),
        ("微信封面", _cover(old), _cover(new)),
    ):
        found += _file_changes(label, before, after)
    return tuple(found)


def _cover(content: Content) -> tuple[FileReference, ...]:
    return () if content.wechat.cover is None else (content.wechat.cover,)


def _file_changes(label: str, before: Sequence[FileReference], after: Sequence[FileReference]) -> list[FileChange]:
    had, has = {file.sha256: file for file in before}, {file.sha256: file for file in after}
    gone = [file for file in before if file.sha256 not in has]
    changes = []
    for file in after:
        name = f"{file.title}（{file.file_name}）" if file.title else file.file_name
        known = had.get(file.sha256)
        if known is None:
            twin = next((each for each in gone if each.file_name == file.file_name), None)
            if twin is not None:
                gone.remove(twin)
                changes.append(FileChange(label=label, change="changed", words=f"{name}：同名文件，内容已更换"))
            else:
                changes.append(FileChange(label=label, change="added", words=name))
        elif known.title != file.title:
            words = f"{file.file_name}：说明由“{known.title}”改为“{file.title}”"
            changes.append(FileChange(label=label, change="changed", words=words))
    left = [f"{file.title}（{file.file_name}）" if file.title else file.file_name for file in gone]
    return changes + [FileChange(label=label, change="removed", words=each) for each in left]

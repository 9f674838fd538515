"""The public change history of a page: what happened when, in words that cannot hide a change as minor. Pure."""

import difflib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

History = list[dict[str, Any]]
"""Oldest first; each entry: at (ISO 8601, UTC), act, changed, added, removed, note."""

_LABELS = {
    "title": "标题",
    "body_html": "正文",
    "summary": "内容概述",
    "document_number": "文号",
    "formed_on": "成文日期",
    "category": "分类",
    "department": "发布机构",
    "validity": "有效性",
    "keywords": "关键词",
    "source": "信息来源",
    "attachments": "附件",
    "interprets": "关联文件",
}
_SENTENCE = re.compile(r"[^。！？；\n]+[。！？；]?")
_SHOWN_SENTENCES = 6
_SENTENCE_LENGTH = 160
_COMPARED_SENTENCES = 1500


def label(name: str) -> str:
    """A field of the page in the words of the trade."""
    return _LABELS.get(name, name)


def entry(
    act: str,
    *,
    at: datetime,
    note: str = "",
    changed: list[str] | None = None,
    added: list[str] | None = None,
    removed: int = 0,
) -> dict[str, Any]:
    """One line of the history. ``act`` is published, updated, withdrawn, repealed or restored."""
    return {
        "at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "act": act,
        "note": note,
        "changed": changed or [],
        "added": added or [],
        "removed": removed,
    }


def update_entry(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    text_before: str,
    text_after: str,
    at: datetime,
    act: str = "updated",
) -> dict[str, Any]:
    """What a correction changed. New sentences are quoted; removed ones are only counted, because a correction often
    takes out what should never have been public (personal data), and the history must not publish it again."""
    changed = [label for name, label in _LABELS.items() if before.get(name) != after.get(name)]
    added, removed = _compare(text_before, text_after)
    return entry(act, at=at, changed=changed, added=added, removed=removed)


def _compare(before: str, after: str) -> tuple[list[str], int]:
    old, new = (_SENTENCE.findall(text)[:_COMPARED_SENTENCES] for text in (before, after))
    added: list[str] = []
    removed = 0
    for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind in ("replace", "delete"):
            removed += i2 - i1
        if kind in ("replace", "insert"):
            added += [sentence.strip()[:_SENTENCE_LENGTH] for sentence in new[j1:j2] if sentence.strip()]
    return added[:_SHOWN_SENTENCES], removed

"""Changes of the dictionary, the pins and the rules, in words of the screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from knowledge.canned import ACTS, CHANNELS, LIST_NAMES, Rule
from knowledge.dictionary import BOTH, KINDS, ONE, Word
from knowledge.dictionary_changes import Desk, Item, items_of
from knowledge.dictionary_pins import Pin
from knowledge.dictionary_records import DictionaryChange
from knowledge.errors import EntryInvalid, ImportRefused, KnowledgeError

SHOWN: Final = 100
PAGES: Final[Mapping[str, str]] = {
    Desk.words: "/console/knowledge/dictionary", Desk.pins: "/console/knowledge/pins", Desk.rules: "/console/knowledge/rules",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row that changes: what is done with it, its name, and what it said and would say."""

    act: str
    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def lines_of(desk: str, items: Sequence[Item]) -> list[Line]:
    return [
        Line(
            act="新增" if item.before is None else "删去" if item.after is None else "修改",
            name=_name(desk, item.after or item.before or {}), before=_said(desk, item.before), after=_said(desk, item.after),
        )
        for item in items[:SHOWN]
    ]  # fmt: skip


def title_of(row: DictionaryChange) -> str:
    """A change in one line of a list."""
    items = items_of(row)
    lines = lines_of(row.desk, items[:1])
    first = f"{lines[0].act}“{lines[0].name}”" if lines else ""
    return first + (f" 等 {len(items)} 行" if len(items) > 1 else "")


def faults_of(problem: KnowledgeError | None) -> dict[str, list[EntryInvalid]]:
    """What is wrong, by the heading of its field."""
    found: dict[str, list[EntryInvalid]] = {}
    for fault in problem.errors if isinstance(problem, ImportRefused) else ():
        found.setdefault(fault.field, []).append(fault)
    return found


def _name(desk: str, row: Mapping[str, Any]) -> str:
    if desk == Desk.words:
        return f"{row['said']} → {row['means']}"
    return str(row["questions"][0] if desk == Desk.pins else row["name"])


def _said(desk: str, row: Mapping[str, Any] | None) -> tuple[str, ...]:
    if row is None:
        return ()
    if desk == Desk.words:
        word = Word.from_json(row)
        parts = (KINDS.get(word.kind, word.kind), BOTH if word.both else ONE, f"来源：{word.source}", word.note)
        return tuple(part for part in parts if part)
    if desk == Desk.pins:
        pin = Pin.from_json(row)
        others = (f"也适用于：{'；'.join(pin.questions[1:])}",) if len(pin.questions) > 1 else ()
        return (
            f"由条目 {pin.entry_id} 答复",
            f"{pin.review_on.isoformat()} 前复核",
            *others,
            *((pin.note,) if pin.note else ()),
        )
    return rule_lines(Rule.from_json(row))


def rule_lines(rule: Rule) -> tuple[str, ...]:
    """What a rule takes and does, a line each."""
    lists = [(name, getattr(rule, field)) for field, name in LIST_NAMES.items()]
    days = (
        rule.valid_from.isoformat() if rule.valid_from else "即日",
        rule.valid_to.isoformat() if rule.valid_to else "长期",
    )
    fixed = (f"答复：{rule.text}", f"单位：{rule.unit}", f"依据：{rule.source}") if rule.act == "text" else ()
    return (
        f"做法：{ACTS[rule.act]}，优先级 {rule.priority}",
        *(f"{name}：{'、'.join(words)}" for name, words in lists if words),
        f"渠道：{'、'.join(CHANNELS.get(each, each) for each in rule.channels) or '全部'}",
        f"有效期：{days[0]} 至 {days[1]}",
        *fixed,
        *((f"说明：{rule.note}",) if rule.note else ()),
    )

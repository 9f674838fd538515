"""Requirements: what an entry must say before it may be released. Pure.

An answer without an owner is nobody's to mend, one without a source cannot be checked, and a verdict without evidence is a
rumour itself (features K11 and K19).
"""

from dataclasses import dataclass

from knowledge.entry import VERDICTS, Entry, EntryKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanting:
    """One thing that is missing: the field, what is wrong, and what to do. Simplified Chinese."""

    field: str
    what: str
    remedy: str


def wanting(entry: Entry) -> tuple[Wanting, ...]:
    """What keeps an entry from being released; empty when nothing does. An entry that is stopped needs its reason only."""
    if not entry.live:
        missing = not entry.withdrawn_because.strip()
        return (_want("withdrawn_because", "没有写停用原因", "写明为什么停用"),) if missing else ()
    found: list[Wanting] = []
    if not entry.title.strip():
        found.append(_want("title", "没有问题或标题", "写上群众会怎么问"))
    if not entry.body.strip():
        found.append(_want("body", "没有答复", "写上答复的原文"))
    if not entry.unit.strip():
        found.append(_want("unit", "没有责任单位", "写上对这条答复负责的单位"))
    if not entry.source.strip() and not entry.source_url.strip():
        found.append(_want("source", "没有出处", "写上文件名称，或原文链接"))
    return (*found, *(_of_rumour(entry) if entry.kind is EntryKind.rumour else ()))


def _of_rumour(entry: Entry) -> tuple[Wanting, ...]:
    if entry.verdict not in VERDICTS:
        return (_want("verdict", "没有结论", f"从 {'、'.join(VERDICTS)} 中选一个"),)
    if not entry.under_check and not entry.evidence.strip():
        return (_want("evidence", "有结论而没有核实依据", "写明由谁、依据什么核实"),)
    return ()


def _want(field: str, what: str, remedy: str) -> Wanting:
    return Wanting(field=field, what=what, remedy=remedy)

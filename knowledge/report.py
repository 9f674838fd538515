"""The report: what was found when a release was checked, and whether it stands in the way. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from knowledge.conflicts import Conflict


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An entry or draft and what is wrong with it."""

    entry_id: str
    title: str
    what: str
    draft: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """A conflict as it is shown. `unlike` are triples: what, what the one says, what the other says."""

    one: str
    one_title: str
    one_body: str
    other: str
    other_title: str
    other_body: str
    unlike: tuple[tuple[str, str, str], ...]
    checked: str = ""

    @classmethod
    def of(cls, conflict: Conflict) -> "Clash":
        one, other = conflict.one, conflict.other
        return cls(
            one=one.id, one_title=one.title, one_body=one.body, other=other.id, other_title=other.title,
            other_body=other.body, unlike=tuple((each.what, each.one, each.other) for each in conflict.unlike),
            checked=conflict.checked,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """A test question that came out right before and wrong now, or the other way round. `was` and `now` name the entry."""

    suite: str
    question: str
    expected: str
    was: str
    now: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One set of test cases: how many there are, and how many came out right on the live base and on the one to be."""

    name: str
    total: int
    passed_before: int
    passed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a release was checked against. The first four stand in the way; `regressed` does until two persons answer for it;
    the rest is for the eye."""

    wanting: tuple[Named, ...] = ()
    conflicts: tuple[Clash, ...] = ()
    moved: tuple[Named, ...] = ()
    unaccepted: tuple[Named, ...] = ()
    regressed: tuple[Turned, ...] = ()
    recovered: tuple[Turned, ...] = ()
    excused: tuple[Clash, ...] = ()
    suites: tuple[Suite, ...] = ()
    entries: int = 0
    generation: int = 0
    milliseconds: int = 0
    at: str = ""

    @property
    def obstacles(self) -> tuple[str, ...]:
        """What stands in the way, in words; empty when nothing does."""
        counted = (
            (len(self.unaccepted), "份草稿没有通过审核"),
            (len(self.moved), "个条目在起草之后又有改动"),
            (len(self.wanting), "处缺少必填的内容"),
            (len(self.conflicts), "处与其他条目矛盾"),
            (len(self.regressed), "个测试问句退步"),
        )
        return tuple(f"{count} {words}" for count, words in counted if count)

    @property
    def hard(self) -> bool:
        """Whether something stands in the way for which nobody can answer."""
        return bool(self.wanting or self.conflicts or self.moved or self.unaccepted)

    @property
    def questions(self) -> frozenset[tuple[str, str]]:
        """The questions that came out worse: (suite, question)."""
        return frozenset((each.suite, each.question) for each in self.regressed)

    def to_json(self) -> dict[str, object]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Report":
        """A report as it was kept; what this version does not know is left out."""
        values: dict[str, Any] = {field.name: kept[field.name] for field in fields(cls) if field.name in kept}
        for name, kind in _PARTS.items():
            values[name] = _parts(kind, values.get(name, ()))
        return cls(**values)


_PARTS: Mapping[str, type[Any]] = {
    "wanting": Named, "conflicts": Clash, "moved": Named, "unaccepted": Named, "regressed": Turned,
    "recovered": Turned, "excused": Clash, "suites": Suite,
}  # fmt: skip


def _parts(kind: type[Any], kept: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
    found = []
    for row in kept:
        values = dict(row)
        if "unlike" in values:
            values["unlike"] = tuple(tuple(each) for each in values["unlike"])
        found.append(kind(**values))
    return tuple(found)

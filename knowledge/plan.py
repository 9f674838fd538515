"""The plan: what an import would do, row by row, before anything is done. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from knowledge.entry import CURATOR, DISCLOSURE_PREFIX, LISTS, Entry
from knowledge.errors import EntryInvalid
from knowledge.exchange import from_json, to_json
from knowledge.given import Given


class Mode(StrEnum):
    """What happens to an entry that the base has already."""

    REPLACE = "replace"
    """It becomes what the row says; columns that the file does not have stay as they are."""
    MERGE = "merge"
    """Cells with a value win, empty ones change nothing; similar questions and keywords are added to those it has."""
    SKIP = "skip"
    """It stays as it is; only entries that are new are taken."""


class Act(StrEnum):
    """What happens to one row."""

    new = "new"
    changed = "changed"
    same = "same"
    skipped = "skipped"
    kept = "kept"
    """A disclosure's entry is what was published; a file does not change it."""
    refused = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row: the entry as it was and as it would be, and which fields differ."""

    line: int
    entry: Entry
    act: Act
    before: Entry | None = None
    fields: tuple[str, ...] = ()
    error: EntryInvalid | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every row of a file. With a single refused one nothing is imported."""

    mode: Mode
    steps: tuple[Step, ...]

    @property
    def errors(self) -> tuple[EntryInvalid, ...]:
        """What is wrong, in the order of the rows."""
        return tuple(step.error for step in self.steps if step.error is not None)

    @property
    def changes(self) -> tuple[Step, ...]:
        """The rows that would change the base."""
        return tuple(step for step in self.steps if step.act in {Act.new, Act.changed})

    def counts(self) -> dict[str, int]:
        """How many rows there are of each act."""
        found = Counter(step.act for step in self.steps)
        return {act.value: found[act] for act in Act}


def planned(rows: Iterable[Given], held: Mapping[str, Entry], mode: Mode) -> Plan:
    """What importing `rows` into a base that holds `held` would do."""
    return Plan(mode=mode, steps=tuple(_step(row, held.get(row.entry.id), mode) for row in rows))


def _step(row: Given, before: Entry | None, mode: Mode) -> Step:
    try:
        if before is not None and mode is Mode.SKIP:
            return Step(line=row.line, entry=before, act=Act.skipped, before=before)
        entry = row.entry if before is None else _combined(row, before, mode)
        _check_layer(entry, row.line)
    except EntryInvalid as error:
        return Step(line=row.line, entry=row.entry, act=Act.refused, before=before, error=error)
    if before is None:
        return Step(line=row.line, entry=entry, act=Act.new)
    differ = tuple(field.name for field in fields(Entry) if getattr(entry, field.name) != getattr(before, field.name))
    if not differ:
        return Step(line=row.line, entry=before, act=Act.same, before=before)
    if before.origin != CURATOR:
        return Step(line=row.line, entry=before, act=Act.kept, before=before, fields=differ)
    return Step(line=row.line, entry=entry, act=Act.changed, before=before, fields=differ)


def _combined(row: Given, before: Entry, mode: Mode) -> Entry:
    """The entry of which a row says something. Raises EntryInvalid where old and new do not go together."""
    said = row.filled if mode is Mode.MERGE else row.columns
    values = {name: getattr(row.entry, name) for name in said}
    if mode is Mode.MERGE:
        values |= {
            name: tuple(dict.fromkeys((*getattr(before, name), *values[name]))) for name in LISTS if name in values
        }
    entry = replace(before, **values)
    from_json(to_json(entry), line=row.line)
    return entry


def _check_layer(entry: Entry, line: int) -> None:
    if entry.id.startswith(DISCLOSURE_PREFIX) != (entry.origin != CURATOR):
        remedy = f"换一个编号；以 {DISCLOSURE_PREFIX} 开头的编号留给公开信息"
        raise EntryInvalid(line, "id", f"编号 {entry.id} 与来源 {entry.origin} 不符", remedy)

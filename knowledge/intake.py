"""The intake: a file's entries into the base in one transaction, and out again."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from datetime import date
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from knowledge.curation import BATCH, Curation, Progress
from knowledge.entry import Entry, EntryKind
from knowledge.errors import BatchUnknown, ImportRefused, UndoRefused
from knowledge.given import Given, Reading
from knowledge.plan import Mode, Plan, planned
from knowledge.records import STATE_ID, KnowledgeEntry, KnowledgeImport, KnowledgeImportChange, KnowledgeState
from knowledge.rows import from_row

_UNDONE = re.compile(r"导入已撤销（第 \d+ 批）")
_LISTS = frozenset({"similar", "keywords", "links", "places", "figures"})
_DAYS = frozenset(field.name for field in fields(Entry) if field.type == (date | None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What an import did. `batch` is its number, None when it changed nothing."""

    batch: int | None
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What an undo did: how many entries are as they were again, and how many that had been new are stopped."""

    restored: int
    stopped: int


class Intake:
    """Imports with their history. The changes themselves are made by `Curation`."""

    def __init__(self, *, clock: Clock, trail: Trail, curation: Curation) -> None:
        self._clock = clock
        self._trail = trail
        self._curation = curation

    async def plan(self, reading: Reading, mode: Mode) -> Plan:
        """What importing a file would do now. Changes nothing."""
        return planned(reading.rows, await _held(reading.rows), mode)

    async def take(self, reading: Reading, mode: Mode, *, actor: Actor, on_progress: Progress | None = None) -> Taken:
        """Imports a file: everything or, with a single row that is refused, nothing. Raises ImportRefused.

        The plan is made outside the transaction, so that a large file does not hold up others, and made again inside if
        the base has changed in between.
        """
        seen = await _generation(None)
        plan = await self.plan(reading, mode)
        _refuse(plan)
        if not plan.changes:
            return Taken(batch=None, plan=plan)
        async with in_transaction() as connection:
            if await _generation(connection) != seen:
                plan = planned(reading.rows, await _held(reading.rows, connection), mode)
                _refuse(plan)
            chosen = [step.entry for step in plan.changes]
            await self._curation.put_entries(chosen, actor=actor, on_progress=on_progress, using_db=connection)
            batch = await self._keep(connection, reading, plan, actor)
        return Taken(batch=batch, plan=plan)

    async def undo(self, batch: int, *, actor: Actor) -> Undone:
        """Puts back what one import changed, and stops what it added; all or nothing.

        Entries are never deleted: one that was new answers no more, is not exported, and counts as new for the next import.
        Raises BatchUnknown, and UndoRefused when it was undone before or an entry was changed since.
        """
        async with in_transaction() as connection:
            await _generation(connection)
            row = await KnowledgeImport.get_or_none(id=batch, using_db=connection)
            if row is None:
                raise BatchUnknown(batch)
            if row.undone_at is not None:
                raise UndoRefused(batch, ())
            changes = await KnowledgeImportChange.filter(import_id=batch).order_by("id").using_db(connection)
            now = await _entries([change.entry_id for change in changes], connection)
            moved = [one.entry_id for one in changes if digest(now.get(one.entry_id)) != one.after_sha256]
            if moved:
                raise UndoRefused(batch, moved)
            before = [_thawed(one.before) if one.before else _stopped(now[one.entry_id], batch) for one in changes]
            await self._curation.put_entries(before, actor=actor, using_db=connection)
            at = await self._clock.now()
            row.undone_at, row.undone_by = at, actor.name
            await row.save(using_db=connection)
            undone = Undone(restored=sum(1 for one in changes if one.before), stopped=_count_new(changes))
            await self._trail.append(
                connection, at=at, actor=actor, verb="knowledge.import.undone", subject=f"knowledge.import:{batch}",
                restored=undone.restored, stopped=undone.stopped,
            )  # fmt: skip
        return undone

    async def batches(self, *, limit: int = 50) -> list[KnowledgeImport]:
        """The latest imports, newest first."""
        return await KnowledgeImport.all().order_by("-id").limit(limit)

    async def entries(self) -> list[Entry]:
        """Every entry of the base in the order in which they came, for an export: without what an undone import had added."""
        return [entry for entry in await self._curation.entries() if not never_was(entry)]

    async def _keep(self, connection: BaseDBAsyncClient, reading: Reading, plan: Plan, actor: Actor) -> int:
        at, counts = await self._clock.now(), plan.counts()
        row = await KnowledgeImport.create(
            using_db=connection, at=at, by=actor.name, file=reading.name, sha256=reading.sha256, mode=plan.mode.value,
            counts=counts,
        )  # fmt: skip
        changes = [
            KnowledgeImportChange(
                import_id=row.id,
                entry_id=step.entry.id,
                before=_frozen(step.before) if step.before is not None else None,
                after_sha256=digest(step.entry),
            )
            for step in plan.changes
        ]
        await KnowledgeImportChange.bulk_create(changes, batch_size=BATCH, using_db=connection)
        await self._trail.append(
            connection, at=at, actor=actor, verb="knowledge.import", subject=f"knowledge.import:{row.id}",
            file=reading.name, sha256=reading.sha256, mode=plan.mode.value, counts=counts,
        )  # fmt: skip
        return row.id


def never_was(entry: Entry) -> bool:
    """Whether an entry is only there because an import that was undone had added it."""
    return not entry.live and _UNDONE.fullmatch(entry.withdrawn_because) is not None


def digest(entry: Entry | None) -> str:
    """The hash of an entry's content; empty for none. Fields at their default do not count, so that it outlives new ones."""
    if entry is None:
        return ""
    text = json.dumps(_frozen(entry), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _refuse(plan: Plan) -> None:
    if plan.errors:
        raise ImportRefused(plan.errors)


def _stopped(entry: Entry, batch: int) -> Entry:
    # Without a last day the withdrawn text of a disclosure is not spoken of either.
    return replace(entry, live=False, withdrawn_because=f"导入已撤销（第 {batch} 批）", valid_to=None)


def _count_new(changes: Sequence[KnowledgeImportChange]) -> int:
    return sum(1 for change in changes if not change.before)


def _frozen(entry: Entry) -> dict[str, object]:
    """An entry as JSON without what stands at its default; `_thawed` gives it back unchecked, as it was."""
    found: dict[str, object] = {}
    for field in fields(Entry):
        value = getattr(entry, field.name)
        if field.default is MISSING or value != field.default:
            found[field.name] = value.isoformat() if isinstance(value, date) else value
    return json.loads(json.dumps(found)) if found else found


def _thawed(kept: Mapping[str, Any]) -> Entry:
    known = {field.name for field in fields(Entry)}
    values = {name: value for name, value in kept.items() if name in known}
    values |= {name: tuple(values[name]) for name in _LISTS & values.keys()}
    values |= {name: date.fromisoformat(values[name]) for name in _DAYS & values.keys()}
    return Entry(**{**values, "kind": EntryKind(values["kind"])})


async def _held(rows: Sequence[Given], connection: BaseDBAsyncClient | None = None) -> dict[str, Entry]:
    """What the base holds under the rows' ids, save for what never was."""
    found = await _entries([row.entry.id for row in rows], connection)
    return {entry_id: entry for entry_id, entry in found.items() if not never_was(entry)}


async def _entries(ids: Sequence[str], connection: BaseDBAsyncClient | None) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for start in range(0, len(ids), BATCH):
        rows = KnowledgeEntry.filter(entry_id__in=ids[start : start + BATCH])
        for row in await (rows if connection is None else rows.using_db(connection)):
            found[row.entry_id] = from_row(row)
    return found


async def _generation(connection: BaseDBAsyncClient | None) -> int:
    """The base's generation; inside a transaction nobody else can raise it until the end."""
    rows = KnowledgeState.filter(id=STATE_ID)
    if connection is not None:
        first = KnowledgeState(id=STATE_ID, generation=0)
        await KnowledgeState.bulk_create([first], ignore_conflicts=True, using_db=connection)
        rows = rows.using_db(connection).select_for_update()
    state = await rows.first()
    return state.generation if state is not None else 0

"""The intake: a file's entries into the base in one transaction, and out again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from knowledge.curation import Curation, Progress, Stored
from knowledge.entry import Entry
from knowledge.errors import BatchUnknown, ImportRefused, UndoRefused
from knowledge.frozen import digest, thawed
from knowledge.generation import locked_generation, present_generation
from knowledge.given import Given, Reading
from knowledge.history import Note, Origin, held
from knowledge.plan import Mode, Plan, planned
from knowledge.records import KnowledgeImport, KnowledgeRelease, KnowledgeReleaseChange

_NEVER_WAS = re.compile(r"导入已撤销（第 \d+ 批）|知识库已回退（第 \d+ 版）")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What an import did. `batch` is its number and `release` that of the base, both None when it changed nothing."""

    batch: int | None
    plan: Plan
    release: int | None = None


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
        seen = await present_generation()
        plan = await self.plan(reading, mode)
        _refuse(plan)
        if not plan.changes:
            return Taken(batch=None, plan=plan)
        async with in_transaction() as connection:
            if await locked_generation(connection) != seen:
                plan = planned(reading.rows, await _held(reading.rows, connection), mode)
                _refuse(plan)
            chosen = [step.entry for step in plan.changes]
            stored = await self._curation.put_entries(
                chosen, actor=actor, on_progress=on_progress, using_db=connection,
                note=Note(origin=Origin.imported, title=reading.name),
            )  # fmt: skip
            batch = await self._keep(connection, reading, plan, stored, actor)
        return Taken(batch=batch, release=stored.release, plan=plan)

    async def undo(self, batch: int, *, actor: Actor) -> Undone:
        """Puts back what one import changed, and stops what it added; all or nothing. It is a release of its own.

        Entries are never deleted: one that was new answers no more, is not exported, and counts as new for the next import.
        Raises BatchUnknown, and UndoRefused when it was undone before or an entry was changed since.
        """
        async with in_transaction() as connection:
            await locked_generation(connection)
            row = await KnowledgeImport.get_or_none(id=batch, using_db=connection)
            if row is None:
                raise BatchUnknown(batch)
            if row.undone_at is not None:
                raise UndoRefused(batch, ())
            changes = await KnowledgeReleaseChange.filter(release_id=row.release_id).order_by("id").using_db(connection)
            now = await held([change.entry_id for change in changes], connection)
            moved = [one.entry_id for one in changes if digest(now.get(one.entry_id)) != one.after_sha256]
            if moved:
                raise UndoRefused(batch, moved)
            before = [thawed(one.before) if one.before else _stopped(now[one.entry_id], batch) for one in changes]
            note = Note(origin=Origin.undo, title=row.file, target=batch)
            await self._curation.put_entries(before, actor=actor, note=note, using_db=connection)
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

    async def _keep(
        self, connection: BaseDBAsyncClient, reading: Reading, plan: Plan, stored: Stored, actor: Actor
    ) -> int:
        at, counts = await self._clock.now(), plan.counts()
        row = await KnowledgeImport.create(
            using_db=connection, at=at, by=actor.name, file=reading.name, sha256=reading.sha256, mode=plan.mode.value,
            counts=counts, release_id=stored.release_id,
        )  # fmt: skip
        if stored.release_id is not None:
            await KnowledgeRelease.filter(id=stored.release_id).using_db(connection).update(target=row.id)
        await self._trail.append(
            connection, at=at, actor=actor, verb="knowledge.import", subject=f"knowledge.import:{row.id}",
            file=reading.name, sha256=reading.sha256, mode=plan.mode.value, counts=counts, release=stored.release,
        )  # fmt: skip
        return row.id


def never_was(entry: Entry) -> bool:
    """Whether an entry is only there because an import that was undone, or a release that was gone back on, had added it."""
    return not entry.live and _NEVER_WAS.fullmatch(entry.withdrawn_because) is not None


def _refuse(plan: Plan) -> None:
    if plan.errors:
        raise ImportRefused(plan.errors)


def _stopped(entry: Entry, batch: int) -> Entry:
    # Without a last day the withdrawn text of a disclosure is not spoken of either.
    return replace(entry, live=False, withdrawn_because=f"导入已撤销（第 {batch} 批）", valid_to=None)


def _count_new(changes: Sequence[KnowledgeReleaseChange]) -> int:
    return sum(1 for change in changes if not change.before)


async def _held(rows: Sequence[Given], connection: BaseDBAsyncClient | None = None) -> dict[str, Entry]:
    """What the base holds under the rows' ids, save for what never was."""
    found = await held([row.entry.id for row in rows], connection)
    return {entry_id: entry for entry_id, entry in found.items() if not never_was(entry)}

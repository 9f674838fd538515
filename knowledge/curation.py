"""Curation: every change of the knowledge base, each in one transaction with its line in the audit trail."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from knowledge.entry import CURATOR, DISCLOSURE_PREFIX, Entry, disclosure_entry_id
from knowledge.errors import EntryInvalid, EntryUnknown, LayerConflict
from knowledge.exchange import to_json
from knowledge.generation import next_generation
from knowledge.history import Note, Origin, Record
from knowledge.records import KnowledgeEntry, UnansweredQuestion
from knowledge.rows import COLUMNS, from_row, to_columns

BATCH = 200  # rows a statement: SQLite binds at most 32,766 values
NAMED_IN_TRAIL = 20
SHANGHAI = ZoneInfo("Asia/Shanghai")

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """How many entries were new, changed, or already there word for word; and the release that says so, its row's id and its
    number, None where no curator's entry changed."""

    added: int
    changed: int
    unchanged: int
    release_id: int | None = None
    release: int | None = None


class Curation:
    """The verbs of the curator and of publishing. With `using_db` a verb joins the caller's transaction."""

    def __init__(self, *, clock: Clock, trail: Trail) -> None:
        self._clock = clock
        self._trail = trail

    async def put_entries(
        self,
        entries: Iterable[Entry],
        *,
        actor: Actor,
        on_progress: Progress | None = None,
        note: Note | None = None,
        using_db: BaseDBAsyncClient | None = None,
    ) -> Stored:
        """Adds entries and replaces those of the same id, all or none.

        What it does to curators' entries becomes a numbered release of the base; `note` is what that says of itself, and makes
        it keep changes of both layers. Raises EntryInvalid (an id twice, or a curator's entry under a disclosure's id) and LayerConflict (the id belongs to the
        other layer); the base then stays as it was.
        """
        chosen = list(entries)
        _check(chosen)
        async with _within(using_db) as connection:
            stored, generation = await self._store(connection, chosen, actor, on_progress, note)
            if stored.added or stored.changed:
                await self._trail.append(
                    connection,
                    at=await self._clock.now(),
                    actor=actor,
                    verb="knowledge.put",
                    subject=f"knowledge:{generation}",
                    added=stored.added,
                    changed=stored.changed,
                    release=stored.release,
                    ids=[entry.id for entry in chosen[:NAMED_IN_TRAIL]],
                    sha256=_digest(chosen),
                )
        return stored

    async def upsert_from_disclosure(
        self, disclosure_id: int, entry: Entry, *, actor: Actor, using_db: BaseDBAsyncClient | None = None
    ) -> Entry:
        """Puts the entry that a published disclosure teaches; the same act on the same text changes nothing.

        The entry's id and origin are set here, so that it can never fall on a curator's entry. Returns the entry as stored.
        """
        entry_id = disclosure_entry_id(disclosure_id)
        mine = replace(entry, id=entry_id, origin=entry_id, live=True)
        await self.put_entries([mine], actor=actor, using_db=using_db)
        return mine

    async def withdraw_disclosure(
        self, disclosure_id: int, explanation: str, *, actor: Actor, using_db: BaseDBAsyncClient | None = None
    ) -> int:
        """Stops every entry that was built from a disclosure; how many there were. Curators' entries stay.

        `entry` refuses them from the commit on; indexes in memory follow with their next refresh. They are still found, so
        that a citizen who asks for that very text is told that it was withdrawn, with the `explanation`, which is public.
        """
        async with _within(using_db) as connection:
            rows = KnowledgeEntry.filter(disclosure_id=disclosure_id, live=True).using_db(connection)
            if not await rows.exists():
                return 0
            generation = await next_generation(connection)
            today = (await self._clock.now()).astimezone(SHANGHAI).date()
            stopped = await rows.update(
                live=False, withdrawn_because=explanation, valid_to=today, changed_in=generation
            )
            await self._note(
                connection, actor, "knowledge.withdraw", f"disclosure:{disclosure_id}", explanation=explanation
            )
        return stopped

    async def stop_entry(
        self, entry_id: str, explanation: str, *, actor: Actor, note: Note | None = None,
        using_db: BaseDBAsyncClient | None = None,
    ) -> None:  # fmt: skip
        """Stops one entry; its text and history stay, and nothing is said of it any more. Raises EntryUnknown."""
        async with _within(using_db) as connection:
            generation = await next_generation(connection)
            held = await self.stored(entry_id, using_db=connection)
            if held is None:
                raise EntryUnknown(entry_id)
            if held.disclosure_id is None:
                stopped = replace(held, live=False, withdrawn_because=explanation)
                note = note or Note(origin=Origin.direct, title=f"停用 {entry_id}", reason=explanation)
                await self.put_entries([stopped], actor=actor, note=note, using_db=connection)
            else:
                # A withdrawn text that a curator stops is not spoken of either: this explanation is for the house.
                await (
                    KnowledgeEntry.filter(entry_id=entry_id)
                    .using_db(connection)
                    .update(live=False, withdrawn_because=explanation, valid_to=None, changed_in=generation)
                )
            await self._note(connection, actor, "knowledge.stop", f"entry:{entry_id}", explanation=explanation)

    async def entry(self, entry_id: str, *, today: date, using_db: BaseDBAsyncClient | None = None) -> Entry | None:
        """The entry as the database has it now, or None when it may not answer on that local day."""
        rows = KnowledgeEntry.filter(entry_id=entry_id)
        row = await (rows if using_db is None else rows.using_db(using_db)).first()
        if row is None:
            return None
        found = from_row(row)
        return found if found.answers_on(today) else None

    async def spoken(self, entry_id: str, *, today: date) -> Entry | None:
        """The entry as the database has it now, if anything may be said of it on that local day: one that answers as it is,
        a withdrawn one without its text; else None."""
        found = await self.stored(entry_id)
        if found is None or found.answers_on(today):
            return found
        return found.without_text() if found.withdrawn else None

    async def stored(self, entry_id: str, *, using_db: BaseDBAsyncClient | None = None) -> Entry | None:
        """The entry as the database has it, whether it may answer or not; None when there is none."""
        rows = KnowledgeEntry.filter(entry_id=entry_id)
        row = await (rows if using_db is None else rows.using_db(using_db)).first()
        return from_row(row) if row is not None else None

    async def entries(self, *, live_only: bool = False) -> list[Entry]:
        """Every entry of the base in the order in which they came; with those that do not answer unless `live_only`."""
        rows = KnowledgeEntry.filter(live=True) if live_only else KnowledgeEntry.all()
        return [from_row(row) for row in await rows.order_by("id")]

    async def keep_unanswered(
        self,
        *,
        text: str,
        masked: str,
        channel: str,
        asker_hash: str,
        asked_at: datetime,
        decision: str,
        reason: str,
        candidates: Sequence[Mapping[str, object]] = (),
        confidence: float | None = None,
        using_db: BaseDBAsyncClient | None = None,
    ) -> int:
        """Keeps a question for the curator, `candidates` as they were offered ({"id", "title", "score"}); the row's number."""
        row = await UnansweredQuestion.create(
            using_db=using_db,
            text=text,
            masked=masked,
            channel=channel,
            asker_hash=asker_hash,
            asked_at=asked_at,
            candidates=[dict(candidate) for candidate in candidates],
            decision=decision,
            confidence=confidence,
            reason=reason,
        )
        return row.id

    async def close_unanswered(
        self, question_id: int, *, actor: Actor, entry_id: str | None = None, using_db: BaseDBAsyncClient | None = None
    ) -> bool:
        """Closes an open question, with the entry that answers it from now on; False if it was not open. Raises EntryUnknown."""
        async with _within(using_db) as connection:
            known = entry_id is None or await KnowledgeEntry.filter(entry_id=entry_id).using_db(connection).exists()
            if not known:
                raise EntryUnknown(entry_id or "")
            now = await self._clock.now()
            open_one = UnansweredQuestion.filter(id=question_id, state="open").using_db(connection)
            if not await open_one.update(state="closed", entry_id=entry_id, closed_at=now, closed_by=actor.name):
                return False
            await self._note(connection, actor, "knowledge.close_question", f"question:{question_id}", entry=entry_id)
        return True

    async def _note(
        self, connection: BaseDBAsyncClient, actor: Actor, verb: str, subject: str, **detail: object
    ) -> None:
        await self._trail.append(
            connection, at=await self._clock.now(), actor=actor, verb=verb, subject=subject, **detail
        )

    async def _store(
        self, connection: BaseDBAsyncClient, entries: list[Entry], actor: Actor, on_progress: Progress | None,
        note: Note | None,
    ) -> tuple[Stored, int]:  # fmt: skip
        # Raising the generation first makes two curators wait for each other, so that none reads a row the other is changing.
        generation = await next_generation(connection)
        added = changed = 0
        now = await self._clock.now()
        record = Record(connection=connection, note=note or Note(origin=Origin.direct), actor=actor, at=now)
        for start in range(0, len(entries), BATCH):
            batch = entries[start : start + BATCH]
            rows = await KnowledgeEntry.filter(entry_id__in=[entry.id for entry in batch]).using_db(connection)
            held = {row.entry_id: row for row in rows}
            before = {row.entry_id: from_row(row) for row in rows}
            fresh = [entry for entry in batch if entry.id not in held]
            other = [entry for entry in batch if entry.id in held and before[entry.id] != entry]
            for entry in other:
                _check_layer(held[entry.id], entry)
            await record.add(
                (before.get(entry.id), entry)
                for entry in batch
                if before.get(entry.id) != entry and (note is not None or entry.disclosure_id is None)
            )
            await _write(connection, held, fresh, other, generation=generation, now=now)
            added, changed = added + len(fresh), changed + len(other)
            if on_progress is not None:
                on_progress(min(start + BATCH, len(entries)), len(entries))
        await record.close()
        unchanged = len(entries) - added - changed
        stored = Stored(
            added=added, changed=changed, unchanged=unchanged, release_id=record.release_id, release=record.number
        )
        return stored, generation


async def _write(
    connection: BaseDBAsyncClient, held: Mapping[str, KnowledgeEntry], fresh: Sequence[Entry], other: Sequence[Entry],
    *, generation: int, now: datetime,
) -> None:  # fmt: skip
    for entry in other:
        held[entry.id].update_from_dict({**to_columns(entry), "changed_in": generation, "updated_at": now})
    await KnowledgeEntry.bulk_create(
        [KnowledgeEntry(**to_columns(entry), changed_in=generation) for entry in fresh], using_db=connection
    )
    if other:
        rows = [held[entry.id] for entry in other]
        await KnowledgeEntry.bulk_update(rows, fields=[*COLUMNS, "updated_at"], using_db=connection)


@asynccontextmanager
async def _within(using_db: BaseDBAsyncClient | None) -> AsyncIterator[BaseDBAsyncClient]:
    """The caller's transaction, or one of our own."""
    if using_db is not None:
        yield using_db
        return
    async with in_transaction() as connection:
        yield connection


def _check(entries: Sequence[Entry]) -> None:
    seen: set[str] = set()
    for entry in entries:
        if entry.id in seen:
            raise EntryInvalid(0, "id", f"编号 {entry.id} 出现两次", "改为不同的编号")
        seen.add(entry.id)
        if entry.id.startswith(DISCLOSURE_PREFIX) != (entry.origin != CURATOR):
            what = f"编号 {entry.id} 与来源 {entry.origin} 不符"
            raise EntryInvalid(0, "id", what, f"以 {DISCLOSURE_PREFIX} 开头的编号留给公开信息，请换一个编号")


def _check_layer(row: KnowledgeEntry, entry: Entry) -> None:
    if row.origin != entry.origin:
        raise LayerConflict(entry.id, row.origin, entry.origin)


def _digest(entries: Sequence[Entry]) -> str:
    found = hashlib.sha256()
    for entry in entries:
        found.update(json.dumps(to_json(entry), ensure_ascii=False, sort_keys=True).encode())
    return found.hexdigest()

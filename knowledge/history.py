"""The history: every change of the curators' layer belongs to a numbered release, whatever way it came in.

A change keeps the entry as it was before. What the base was after any release follows from that: for every entry changed
since, it is what stood before the first of those changes.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from tortoise.backends.base.client import BaseDBAsyncClient

from audit.actor import Actor
from knowledge.entry import DISCLOSURE_PREFIX, Entry
from knowledge.frozen import digest, frozen, thawed
from knowledge.records import KnowledgeEntry, KnowledgeRelease, KnowledgeReleaseChange
from knowledge.rows import from_row

PAGE = 1_000
NAMES_AT_ONCE = 500


class Origin(StrEnum):
    """How a release came about."""

    drafts = "drafts"
    """Accepted drafts, put together on the screen or by the API."""
    imported = "import"
    """A file, loaded by the operator with ``mingbai knowledge load``."""
    undo = "undo"
    """An import taken back."""
    rollback = "rollback"
    """An earlier release, put back."""
    rumour = "rumour"
    """The rumour desk: 核实中, a verdict that two persons answer for, or wordings that an entry takes in."""
    direct = "direct"
    """Anything else that changed curators' entries."""


ORIGIN_NAMES: Final[Mapping[str, str]] = MappingProxyType({
    Origin.drafts: "审核发布", Origin.imported: "命令行导入", Origin.undo: "撤销导入", Origin.rollback: "回退",
    Origin.rumour: "谣言处置", Origin.direct: "直接修改",
})  # fmt: skip
"""What the screens and the command line call each way."""


def counted(counts: Mapping[str, int]) -> str:
    """What a release did, in words."""
    # Imports of before there were releases counted what was new.
    known = {"added": counts.get("new", 0), **counts}
    names = {"added": "新增", "changed": "修改", "stopped": "停用"}
    return "，".join(f"{name} {known[key]} 条" for key, name in names.items() if known.get(key))


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a change says of itself in the history. ``release_id``: the prepared release that it completes."""

    origin: Origin
    title: str = ""
    target: int | None = None
    reason: str = ""
    release_id: int | None = None


@dataclass(kw_only=True)
class Record:
    """Writes one release's changes while they are made, a batch at a time. Call it with the generation locked."""

    connection: BaseDBAsyncClient
    note: Note
    actor: Actor
    at: datetime
    release_id: int | None = None
    number: int | None = None
    counts: dict[str, int] = field(default_factory=lambda: {"added": 0, "changed": 0, "stopped": 0})

    async def add(self, changes: Iterable[tuple[Entry | None, Entry]]) -> None:
        """Pairs of before and after."""
        chosen = list(changes)
        if not chosen:
            return
        if self.release_id is None:
            await self._open()
        rows = []
        for before, after in chosen:
            rows.append(
                KnowledgeReleaseChange(
                    release_id=self.release_id, entry_id=after.id, after_sha256=digest(after),
                    before=frozen(before) if before is not None else None,
                )
            )  # fmt: skip
            stopped = not after.live and (before is None or before.live)
            self.counts["stopped" if stopped else "changed" if before is not None else "added"] += 1
        await KnowledgeReleaseChange.bulk_create(rows, using_db=self.connection)

    async def close(self) -> None:
        """Writes down what was counted."""
        if self.release_id is not None:
            await KnowledgeRelease.filter(id=self.release_id).using_db(self.connection).update(counts=self.counts)

    async def _open(self) -> None:
        self.number = await next_number(self.connection)
        values = {
            "number": self.number, "released_by": self.actor.name, "released_by_id": self.actor.account_id,
            "released_at": self.at,
        }  # fmt: skip
        if self.note.release_id is not None:
            self.release_id = self.note.release_id
            await KnowledgeRelease.filter(id=self.release_id).using_db(self.connection).update(**values)
            return
        row = await KnowledgeRelease.create(
            using_db=self.connection, origin=self.note.origin, title=self.note.title[:255], target=self.note.target,
            reason=self.note.reason, drafts=[], counts={}, **values,
        )  # fmt: skip
        self.release_id = row.id


async def next_number(connection: BaseDBAsyncClient | None = None) -> int:
    """The number that the next release gets."""
    rows = KnowledgeRelease.filter(number__isnull=False).order_by("-number")
    last = await (rows if connection is None else rows.using_db(connection)).first()
    return (last.number or 0) + 1 if last is not None else 1


async def released(number: int, connection: BaseDBAsyncClient | None = None) -> KnowledgeRelease | None:
    """The release of a number."""
    rows = KnowledgeRelease.filter(number=number)
    return await (rows if connection is None else rows.using_db(connection)).first()


async def at_release(
    number: int, connection: BaseDBAsyncClient | None = None, *, only: Iterable[str] | None = None
) -> dict[str, Entry | None]:
    """The curators' entries that were changed after a release, each as it was then; None for one that did not exist yet.

    Entries of disclosures are left out: they are what was published, and no release of the base goes back on that.
    """
    later = KnowledgeRelease.filter(number__gt=number).order_by("number")
    ids = [row.id for row in await (later if connection is None else later.using_db(connection)).only("id")]
    first: dict[str, int] = {}
    for release_id in ids:
        rows = KnowledgeReleaseChange.filter(release_id=release_id)
        if only is not None:
            rows = rows.filter(entry_id__in=list(only))
        rows = rows if connection is None else rows.using_db(connection)
        for change_id, entry_id in await rows.order_by("id").values_list("id", "entry_id"):
            if not entry_id.startswith(DISCLOSURE_PREFIX):
                first.setdefault(entry_id, change_id)
    found: dict[str, Entry | None] = {}
    chosen = list(first.values())
    for start in range(0, len(chosen), NAMES_AT_ONCE):
        changes = KnowledgeReleaseChange.filter(id__in=chosen[start : start + NAMES_AT_ONCE])
        for change in await (changes if connection is None else changes.using_db(connection)):
            found[change.entry_id] = thawed(change.before) if change.before else None
    return found


async def going_back(number: int, connection: BaseDBAsyncClient | None = None) -> list[tuple[Entry, Entry]]:
    """What putting a release back would change: pairs of an entry as it is and as it would be. An entry that did not exist
    then is stopped, since entries are never deleted."""
    then = await at_release(number, connection)
    now = await held(list(then), connection)
    pairs = []
    for entry_id, entry in then.items():
        present = now[entry_id]
        back = entry if entry is not None else stopped_by_rollback(present, number)
        if back != present:
            pairs.append((present, back))
    return pairs


def stopped_by_rollback(entry: Entry, number: int) -> Entry:
    """An entry that the release did not have: it answers no more. One that was stopped otherwise stays as it is."""
    if not entry.live:
        return entry
    return replace(entry, live=False, withdrawn_because=f"知识库已回退（第 {number} 版）")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry in one release; `before` is None for one that was new."""

    before: Entry | None
    after: Entry


async def changes_of(release: KnowledgeRelease, *, offset: int = 0, limit: int = 50) -> tuple[list[Change], int]:
    """The changes of a release, a page of them, and how many there are."""
    rows = KnowledgeReleaseChange.filter(release_id=release.id)
    total = await rows.count()
    page = await rows.order_by("id").offset(offset).limit(limit)
    names = [row.entry_id for row in page]
    now, later = await held(names), await at_release(release.number or 0, only=names)
    found = []
    for row in page:
        # What it became is what stood before the next change, or what stands now.
        after = later.get(row.entry_id) or now.get(row.entry_id)
        if after is not None:
            found.append(Change(before=thawed(row.before) if row.before else None, after=after))
    return found, total


async def held(ids: Sequence[str], connection: BaseDBAsyncClient | None = None) -> dict[str, Entry]:
    """What the base holds under these ids now."""
    found: dict[str, Entry] = {}
    for start in range(0, len(ids), NAMES_AT_ONCE):
        rows = KnowledgeEntry.filter(entry_id__in=ids[start : start + NAMES_AT_ONCE])
        for row in await (rows if connection is None else rows.using_db(connection)):
            found[row.entry_id] = from_row(row)
    return found


async def entries_with(changed: Mapping[str, Entry]) -> AsyncIterator[Entry]:
    """Every entry of the base in its order, as it would be with these changes; new ones last."""
    seen: set[str] = set()
    last = 0
    while page := await KnowledgeEntry.filter(id__gt=last).order_by("id").limit(PAGE):
        for row in page:
            seen.add(row.entry_id)
            yield changed.get(row.entry_id) or from_row(row)
        last = page[-1].id
    for entry_id, entry in changed.items():
        if entry_id not in seen:
            yield entry

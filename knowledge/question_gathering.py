"""Gathering: new unanswered questions are placed into their clusters, a batch at a time, and the clusters recounted.

The reply to a citizen does not wait for it: the question is kept in the reply's transaction and placed within seconds by
the sweep, or when somebody opens the inbox. One row is the lock by which nodes place one after the other, and its number
tells a node that its clusters in memory are not the database's any more.
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import F
from tortoise.functions import Count, Max, Min
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from knowledge.question_clusters import Clusters, Cut, Shape, likeness, shape_of
from knowledge.question_records import QuestionCluster, QuestionNotice, QuestionState
from knowledge.question_rules import OPEN, owner_of, shipped
from knowledge.records import KnowledgeEntry, UnansweredQuestion

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
MACHINE: Final = Actor.machine("未解答问题归集")
STATE_ID: Final = 1
BATCH: Final = 400
"""Questions placed in one transaction."""
THE_SAME: Final = 0.85
"""From this likeness on a question goes to a cluster that is closed already."""
TITLE: Final = 200
"""Characters of a wording that name a cluster."""
READ: Final = 40_000
"""Questions of clusters, newest first, that are held in memory to be compared with."""

DueOn = Callable[[date, int], tuple[date, bool]]
"""The n-th working day after a day, and whether part of the count lies in a year without a calendar."""
Units = Callable[[], Awaitable[Sequence[Sequence[str]]]]
"""The units of the catalogue, each by its names, the full one first."""


@dataclass(slots=True)
class _Held:
    """The clusters in memory, and the generation that they show. `ids` are those of the clusters by what `Clusters` calls them."""

    generation: int
    open: Clusters
    closed: Clusters


class QuestionGathering:
    """`cut` gives the words of a normalised text; it and the placing run off the event loop."""

    def __init__(self, *, clock: Clock, trail: Trail, cut: Cut, due_on: DueOn, units: Units) -> None:
        self._clock = clock
        self._trail = trail
        self._cut = cut
        self._due_on = due_on
        self._units = units
        self._held: _Held | None = None
        self._shapes: dict[str, Shape] = {}
        self._one_at_a_time = asyncio.Lock()

    async def gather(self) -> int:
        """Places every question that has no cluster yet; how many there were."""
        placed = 0
        if not await UnansweredQuestion.filter(cluster_id=None, state="open").exists():
            return placed
        async with self._one_at_a_time:
            while found := await self._batch():
                placed += found
                if found < BATCH:
                    break
        return placed

    async def likest(self, text: str, others: Sequence[tuple[int, str]]) -> list[tuple[int, float]]:
        """Other clusters by how alike their titles are to a text, the likest first: for a person who looks for what to join."""

        def compared() -> list[tuple[int, float]]:
            mine = shape_of(text, self._cut)
            found = [(number, likeness(mine, shape_of(title, self._cut))) for number, title in others]
            return sorted(found, key=lambda pair: (-pair[1], pair[0]))

        return await asyncio.to_thread(compared)

    async def due(self, at: datetime) -> tuple[date, bool]:
        """By which day a cluster is dealt with that was first asked at a moment."""
        return self._due_on(at.astimezone(SHANGHAI).date(), shipped().answered_within)

    async def _batch(self) -> int:
        rows = await UnansweredQuestion.filter(cluster_id=None, state="open").order_by("id").limit(BATCH)
        if not rows:
            return 0
        await self._shaped(row.masked for row in rows)
        await self._up_to_date()
        try:
            return await self._place(rows)
        except BaseException:
            self._held = None  # What is in memory was not written: it is read anew.
            raise

    async def _place(self, rows: Sequence[UnansweredQuestion]) -> int:
        async with in_transaction() as connection:
            generation = await locked(connection)
            if self._held is None or self._held.generation != generation:
                self._held = await self._read(generation, connection)
            ids = [row.id for row in rows]
            still = UnansweredQuestion.filter(id__in=ids, cluster_id=None, state="open").using_db(connection)
            rows = await still.order_by("id")
            if not rows:
                return 0
            touched = await self._into_clusters(connection, rows)
            await recount(connection, touched)
            self._held.generation = await raised(connection)
        return len(rows)

    async def _into_clusters(self, connection: BaseDBAsyncClient, rows: Sequence[UnansweredQuestion]) -> set[int]:
        assert self._held is not None
        units, of_entries = await self._units(), await _units_of(connection, rows)
        fresh: dict[int, QuestionCluster] = {}
        for row in rows:
            shape = self._shapes[row.masked]
            if (near := self._held.open.nearest(shape)) is not None:
                row.cluster_id = near[0]
            elif (closed := self._held.closed.nearest(shape)) is not None and closed[1] >= THE_SAME:
                row.cluster_id = await self._into_closed(connection, row, closed[0])
            else:
                # The first question's own number names its cluster until it has one: below zero, so that no other has it.
                row.cluster_id = -row.id
                fresh[row.id] = await self._fresh(
                    row, shape, owner_of(row.masked, units, candidates=of_entries[row.id])
                )
            self._held.open.add(row.cluster_id, shape) if row.state == "open" else None
        await QuestionCluster.bulk_create(fresh.values(), using_db=connection, batch_size=100)
        made = QuestionCluster.filter(key__in=[one.key for one in fresh.values()]).using_db(connection)
        number_of = {one.key: one.id for one in await made.only("id", "key")}
        names = {-question: number_of[one.key] for question, one in fresh.items()}
        self._held.open.rename(names)
        for row in rows:
            row.cluster_id = names.get(row.cluster_id or 0, row.cluster_id)
        await UnansweredQuestion.bulk_update(
            rows, ["cluster_id", "state", "entry_id", "closed_at", "closed_by"], batch_size=100, using_db=connection
        )
        return {row.cluster_id for row in rows if row.cluster_id is not None}

    async def _fresh(self, row: UnansweredQuestion, shape: Shape, unit: str) -> QuestionCluster:
        due_on, provisional = await self.due(row.asked_at)
        return QuestionCluster(
            key=hashlib.sha256(f"{shape.digest}\0{row.id}".encode()).hexdigest(), title=row.masked[:TITLE], unit=unit,
            unit_by="machine" if unit else "", due_on=due_on, due_provisional=provisional, first_at=row.asked_at,
            last_at=row.asked_at,
        )  # fmt: skip

    async def _into_closed(self, connection: BaseDBAsyncClient, row: UnansweredQuestion, number: int) -> int:
        """Closed as an advertisement it stays closed. Answered, and asked again since, it is open again: the bot does not find the
        answer. What was asked before the answer is answered by it."""
        cluster = await QuestionCluster.get(id=number, using_db=connection)
        if cluster.state == "answered" and cluster.closed_at is not None and row.asked_at > cluster.closed_at:
            due_on, provisional = await self.due(row.asked_at)
            standing = QuestionCluster.filter(id=number).using_db(connection)
            await standing.update(
                state="open", closed_at=None, closed_by="", draft_id=None, due_on=due_on, due_provisional=provisional,
                remark=f"曾并入条目 {cluster.entry_id}，现在仍有群众问到而机器人没有找到。",
            )  # fmt: skip
            await self._trail.append(
                connection, at=await self._clock.now(), actor=MACHINE, verb="question.asked_again",
                subject=f"question_cluster:{number}", entry=cluster.entry_id,
            )  # fmt: skip
            assert self._held is not None
            self._held.closed.drop(number)
            self._held.open.add(number, self._shapes[row.masked])
            return number
        if cluster.state not in OPEN:
            row.state, row.entry_id = "closed", cluster.entry_id
            row.closed_at, row.closed_by = cluster.closed_at, cluster.closed_by
            if cluster.state == "answered" and cluster.entry_id:
                await answer_notices(connection, [row.id], cluster.entry_id, now=await self._clock.now())
        return number

    async def _up_to_date(self) -> None:
        """Reads the clusters anew, off the event loop, before the lock is taken: inside it they are read only if they changed
        in this very moment."""
        state = await QuestionState.filter(id=STATE_ID).first()
        if self._held is None or state is None or self._held.generation != state.generation:
            self._held = await self._read(state.generation if state else 0, None)

    async def _read(self, generation: int, connection: BaseDBAsyncClient | None) -> _Held:
        since = await self._clock.now() - shipped().absorbed_for
        rows = QuestionCluster.filter(state__in=OPEN)
        closed = QuestionCluster.filter(state__in=["answered", "closed"], closed_at__gt=since)
        sets = []
        for query in (rows, closed):
            chosen = await (query if connection is None else query.using_db(connection)).values_list("id", flat=True)
            sets.append(frozenset(int(str(number)) for number in chosen))
        asked = UnansweredQuestion.exclude(cluster_id=None).order_by("-id").limit(READ)
        found = await (asked if connection is None else asked.using_db(connection)).values_list(
            "cluster_id", "masked", "placed_by"
        )
        await self._shaped(text for _, text, _ in found)
        return await asyncio.to_thread(self._made, generation, sets[0], sets[1], found[::-1])

    def _made(self, generation: int, open_ones: frozenset[int], closed: frozenset[int], found: Sequence[Any]) -> _Held:
        held = _Held(generation=generation, open=Clusters(), closed=Clusters())
        for number, text, placed_by in found:
            into = held.open if number in open_ones else held.closed if number in closed else None
            if into is not None:
                into.add(number, self._shapes[text], by_hand=placed_by == "hand")
        return held

    async def _shaped(self, texts: Iterable[str]) -> None:
        wanted = [text for text in dict.fromkeys(texts) if text not in self._shapes]
        if len(self._shapes) + len(wanted) > 2 * READ:
            self._shapes.clear()
        if wanted:
            self._shapes.update(await asyncio.to_thread(self._cut_all, wanted))

    def _cut_all(self, texts: Sequence[str]) -> dict[str, Shape]:
        return {text: shape_of(text, self._cut) for text in texts}


async def locked(connection: BaseDBAsyncClient) -> int:
    """The generation of the clusters; until the end of the caller's transaction nobody else changes them."""
    first = QuestionState(id=STATE_ID, generation=0)
    await QuestionState.bulk_create([first], ignore_conflicts=True, using_db=connection)
    state = await QuestionState.filter(id=STATE_ID).using_db(connection).select_for_update().first()
    return state.generation if state is not None else 0


async def raised(connection: BaseDBAsyncClient) -> int:
    """Raises the generation in the caller's transaction, in which it is locked."""
    await QuestionState.filter(id=STATE_ID).using_db(connection).update(generation=F("generation") + 1)
    return (await QuestionState.get(id=STATE_ID, using_db=connection)).generation


async def recount(connection: BaseDBAsyncClient, clusters: Iterable[int]) -> None:
    """Counts persons and questions of some clusters anew. Who unfollowed counts on, a question a person."""
    ids = sorted(set(clusters))
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        asked = UnansweredQuestion.filter(cluster_id__in=part).using_db(connection)
        counted = await asked.annotate(n=Count("id"), first=Min("asked_at"), last=Max("asked_at")).group_by(
            "cluster_id"
        ).values("cluster_id", "n", "first", "last")  # fmt: skip
        persons = await _counts(asked.exclude(asker_hash="").annotate(n=Count("asker_hash", distinct=True)))
        left = await _counts(asked.filter(asker_hash="").annotate(n=Count("id")))
        rows = {row.id: row for row in await QuestionCluster.filter(id__in=part).using_db(connection)}
        for each in counted:
            row = rows[each["cluster_id"]]
            row.volume, row.first_at, row.last_at = each["n"], _moment(each["first"]), _moment(each["last"])
            row.askers = persons.get(row.id, 0) + left.get(row.id, 0)
        empty = [row for row in rows.values() if row.id not in {each["cluster_id"] for each in counted}]
        for row in empty:
            row.volume = row.askers = 0
        if rows:
            await QuestionCluster.bulk_update(
                rows.values(), ["volume", "askers", "first_at", "last_at"], batch_size=100, using_db=connection
            )


async def answer_notices(
    connection: BaseDBAsyncClient, questions: Sequence[int], entry_id: str, *, now: datetime
) -> int:
    """Who asked to be told of these questions is told of the entry from now on; how many."""
    told = 0
    for start in range(0, len(questions), BATCH):
        wanted = QuestionNotice.filter(question_id__in=list(questions[start : start + BATCH]), state="wanted")
        told += await wanted.using_db(connection).update(state="waiting", entry_id=entry_id, made_at=now)
    return told


async def _counts(query: Any) -> dict[int, int]:
    return {each["cluster_id"]: int(each["n"]) for each in await query.group_by("cluster_id").values("cluster_id", "n")}


def _moment(value: datetime | str) -> datetime:
    """SQLite gives an aggregate of moments as text."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo("UTC"))


async def _units_of(connection: BaseDBAsyncClient, rows: Sequence[UnansweredQuestion]) -> Mapping[int, tuple[str, ...]]:
    """For each question the units of the entries that were found for it, best first."""
    named = {str(one["id"]) for row in rows for one in row.candidates}
    found = KnowledgeEntry.filter(entry_id__in=sorted(named)).using_db(connection) if named else None
    unit_of = {entry.entry_id: entry.unit for entry in await found.only("entry_id", "unit")} if found else {}
    units: defaultdict[int, tuple[str, ...]] = defaultdict(tuple)
    for row in rows:
        units[row.id] = tuple(unit for one in row.candidates if (unit := unit_of.get(str(one["id"]), "")))
    return units

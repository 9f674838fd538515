"""Complaints: answers that people marked as 没用 with a reason come to whoever owns the entry, by a day, and are counted when late."""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from knowledge.errors import ClusterUnknown, QuestionRefused
from knowledge.member import WRITE, Member, require
from knowledge.question_gathering import SHANGHAI, DueOn, locked
from knowledge.question_records import EntryComplaint
from knowledge.question_rules import shipped
from knowledge.records import KnowledgeEntry

OUTCOMES: Final = {"changed": "已修改条目", "right": "条目无误，不需修改"}
"""How a task is closed, and what the screens call it."""
REMARK: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One person's 没用 with its reason. `unit` is the unit that the entry belonged to."""

    entry_id: str
    unit: str
    reason: str
    at: datetime


Marks = Callable[[], Awaitable[Sequence[Mark]]]
"""The latest marks of 没用 that have a reason, of all entries."""


class Complaints:
    """`marks`: where they come from; the bot keeps them."""

    def __init__(self, *, clock: Clock, trail: Trail, marks: Marks, due_on: DueOn) -> None:
        self._clock = clock
        self._trail = trail
        self._marks = marks
        self._due_on = due_on

    async def gather(self) -> int:
        """Brings the tasks up to the marks; how many tasks changed."""
        by_entry: defaultdict[str, list[Mark]] = defaultdict(list)
        for mark in await self._marks():
            by_entry[mark.entry_id].append(mark)
        if not by_entry:
            return 0
        held = {row.entry_id: row for row in await EntryComplaint.filter(entry_id__in=sorted(by_entry))}
        changed = 0
        for entry_id, marks in sorted(by_entry.items()):
            row = held.get(entry_id)
            since = row.closed_at if row is not None else None
            fresh = [mark for mark in marks if since is None or mark.at > since]
            if fresh and (row is None or row.state == "closed" or row.askers != len(fresh)):
                await self._write(entry_id, fresh)
                changed += 1
        return changed

    async def close(self, member: Member, number: int, outcome: str, *, remark: str = "") -> None:
        """The entry was changed, or is right as it is; later marks open the task anew. Raises ClusterUnknown, QuestionRefused,
        NotPermitted."""
        require(member, WRITE)
        if outcome not in OUTCOMES:
            raise QuestionRefused("没有选择怎样处理的。", f"请选择：{'、'.join(OUTCOMES.values())}。")
        async with in_transaction() as connection:
            await locked(connection)
            row = await EntryComplaint.filter(id=number).using_db(connection).select_for_update().first()
            if row is None:
                raise ClusterUnknown
            if row.state != "open":
                raise QuestionRefused("这一条已经处理。", "请刷新页面查看。")
            now, said = await self._clock.now(), remark.strip()[:REMARK]
            closed = EntryComplaint.filter(id=number).using_db(connection)
            await closed.update(
                state="closed", closed_at=now, closed_by=member.label, remark=f"{OUTCOMES[outcome]}。{said}".strip()
            )
            await self._trail.append(
                connection, at=now, actor=member.actor, verb="complaint.closed", subject=f"entry:{row.entry_id}",
                outcome=OUTCOMES[outcome], remark=said, askers=row.askers,
            )  # fmt: skip

    async def _write(self, entry_id: str, marks: Sequence[Mark]) -> None:
        first, last = min(mark.at for mark in marks), max(mark.at for mark in marks)
        due_on, provisional = self._due_on(first.astimezone(SHANGHAI).date(), shipped().answered_within)
        async with in_transaction() as connection:
            await locked(connection)
            entry = await KnowledgeEntry.filter(entry_id=entry_id).using_db(connection).first()
            unit = (entry.unit if entry else "") or next((mark.unit for mark in marks if mark.unit), "")
            values = {
                "unit": unit, "state": "open", "due_on": due_on, "due_provisional": provisional, "first_at": first,
                "last_at": last, "askers": len(marks), "reasons": dict(Counter(mark.reason for mark in marks)), "remark": "",
            }  # fmt: skip
            row = await EntryComplaint.filter(entry_id=entry_id).using_db(connection).first()
            if row is None:
                await EntryComplaint.create(using_db=connection, entry_id=entry_id, **values)
            else:
                await EntryComplaint.filter(id=row.id).using_db(connection).update(**values)

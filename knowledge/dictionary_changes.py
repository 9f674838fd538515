"""Changes of what lies over the base: one person proposes rows, another puts them in force, at once and on every node.

All three lists (dictionary, pins, rules) change in this one way. A change in force raises the generation of the base, by
which every node knows within a second that it must read them anew. A change is taken back by a change; history stays.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from knowledge import canned, dictionary, dictionary_pins
from knowledge.canned import Rule
from knowledge.dictionary import Word
from knowledge.dictionary_pins import Pin
from knowledge.dictionary_records import DictionaryChange, DictionaryItem
from knowledge.dictionary_store import PINS, RULES, WORDS, contents_in_force, layers_of
from knowledge.errors import AnotherPersonNeeded, CaseRefused, EntryInvalid, ImportRefused
from knowledge.generation import next_generation
from knowledge.layers import Layers
from knowledge.member import APPROVE, WRITE, Member, require
from knowledge.records import KnowledgeEntry

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
MOST_ITEMS: Final = 2_000
MOST_WAITING: Final = 200
LONGEST_NOTE: Final = 300
NAMED_IN_TRAIL: Final = 20
_AGAIN: Final = "请刷新页面查看最新状态。"


class Desk(StrEnum):
    """The lists."""

    words = WORDS
    pins = PINS
    rules = RULES


DESK_NAMES: Final[Mapping[str, str]] = {WORDS: "词典", PINS: "固定答复的问句", RULES: "敏感事项规则"}


class State(StrEnum):
    proposed = "proposed"
    accepted = "accepted"
    refused = "refused"
    taken_back = "taken_back"


STATE_NAMES: Final[Mapping[str, str]] = {
    State.proposed: "等待另一人确认", State.accepted: "已生效", State.refused: "已退回", State.taken_back: "已撤销",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One row that changes: as it is, and as it should be; None for a row that is not there."""

    key: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    def to_json(self) -> dict[str, Any]:
        return {"key": self.key, "before": self.before, "after": self.after}


def items_of(row: DictionaryChange) -> tuple[Item, ...]:
    return tuple(
        Item(key=str(each["key"]), before=_row(each["before"]), after=_row(each["after"])) for each in row.items
    )


def _row(value: object) -> dict[str, Any] | None:
    return dict(value) if isinstance(value, dict) else None


class Changes:
    """The verbs; each stands in the audit trail in its own transaction."""

    def __init__(self, *, clock: Clock, trail: Trail) -> None:
        self._clock = clock
        self._trail = trail

    async def today(self) -> date:
        return (await self._clock.now()).astimezone(SHANGHAI).date()

    # What would change

    async def words(self, put: Sequence[Word] = (), remove: Sequence[str] = ()) -> tuple[Item, ...]:
        """The items that put these rows into the dictionary and take those keys out. Raises ImportRefused with every fault."""
        wrong = [
            fault
            for line, word in enumerate(put, 1)
            for fault in dictionary.wrong_with(word, line if len(put) > 1 else 0)
        ]
        return await self._items(Desk.words, {word.key: word.to_json() for word in put}, remove, wrong)

    async def pins(self, put: Sequence[Pin] = (), remove: Sequence[str] = ()) -> tuple[Item, ...]:
        """As ``words``, of pins."""
        today = await self.today()
        wrong = [fault for pin in put for fault in dictionary_pins.wrong_with(pin, today)]
        wanted = KnowledgeEntry.filter(entry_id__in=[pin.entry_id for pin in put], live=True)
        known = {row.entry_id for row in await wanted.only("id", "entry_id")}
        wrong += [
            EntryInvalid(0, "条目", f"没有编号为 {pin.entry_id} 的、正在回答的条目", "从命中测试中选择条目")
            for pin in put if pin.entry_id not in known
        ]  # fmt: skip
        return await self._items(Desk.pins, {pin.key: pin.to_json() for pin in put if pin.questions}, remove, wrong)

    async def rules(self, put: Sequence[Rule] = (), remove: Sequence[str] = ()) -> tuple[Item, ...]:
        """As ``words``, of rules."""
        wrong = [fault for rule in put for fault in canned.wrong_with(rule)]
        return await self._items(Desk.rules, {rule.key: rule.to_json() for rule in put}, remove, wrong)

    async def layers_with(self, desk: Desk, items: Sequence[Item]) -> Layers:
        """All layers as they would be."""
        return layers_of(_with(await contents_in_force(), desk, items))

    async def layers_to_be(self) -> Layers:
        """All layers with everything that waits for its second person."""
        contents = await contents_in_force()
        for row in await self.waiting():
            contents = _with(contents, Desk(row.desk), items_of(row))
        return layers_of(contents)

    # Verbs

    async def propose(
        self, member: Member, desk: Desk, items: Sequence[Item], *, note: str = "", undoes: int | None = None
    ) -> DictionaryChange:
        """Raises NotPermitted, CaseRefused."""
        require(member, WRITE)
        if not items:
            raise CaseRefused("没有变化，不需要提交。", "改动之后再提交。")
        if len(items) > MOST_ITEMS:
            raise CaseRefused(f"一次最多改动 {MOST_ITEMS} 行。", "请分几次提交。")
        if len(note) > LONGEST_NOTE:
            raise CaseRefused(f"说明超过 {LONGEST_NOTE} 个字。", "请写短一些。")
        async with in_transaction() as connection:
            waiting = DictionaryChange.filter(desk=desk, state=State.proposed).using_db(connection)
            if await waiting.count() >= MOST_WAITING:
                raise CaseRefused(f"已有 {MOST_WAITING} 项改动等待确认。", "请先办理这些改动。")
            now = await self._clock.now()
            rows = [item.to_json() for item in items]
            row = await DictionaryChange.create(
                using_db=connection, desk=desk, items=rows, sha256=_digest(rows), note=note.strip(), state=State.proposed,
                undoes=undoes, author_id=member.account_id, author=member.label, proposed_at=now,
            )  # fmt: skip
            await self._told(connection, member, "dictionary.proposed", row, now)
        return row

    async def accept(self, member: Member, change_id: int, *, sha256: str) -> DictionaryChange:
        """Puts it in force, by somebody else than its author. Raises NotPermitted, AnotherPersonNeeded, CaseRefused (decided
        meanwhile, or the rows changed since), ImportRefused (what was sound then is no more)."""
        require(member, APPROVE)
        async with in_transaction() as connection:
            # The generation's row is the lock: changes of the base and of what lies over it come one after the other.
            generation = await next_generation(connection)
            row = await _proposed(connection, change_id)
            if row.author_id == member.account_id:
                raise AnotherPersonNeeded(
                    "这项改动由您提出，须由另一位同志确认。", "请有审核权限的另一位同志登录后办理。"
                )
            if row.sha256 != sha256:
                raise CaseRefused("您打开之后，这项改动已经换了内容。", _AGAIN)
            now = await self._clock.now()
            await self._make_true(connection, row, now)
            values = {
                "state": State.accepted, "decided_by_id": member.account_id, "decided_by": member.label, "decided_at": now,
                "generation": generation,
            }  # fmt: skip
            # The second person is asked for in the statement itself.
            mine = DictionaryChange.filter(id=change_id, state=State.proposed).exclude(author_id=member.account_id)
            if await mine.using_db(connection).update(**values) != 1:
                raise CaseRefused("这项改动刚刚已经办理。", _AGAIN)
            row.update_from_dict(values)
            await self._told(connection, member, "dictionary.accepted", row, now)
        return row

    async def refuse(self, member: Member, change_id: int, *, remark: str) -> None:
        """退回. Raises NotPermitted, CaseRefused."""
        require(member, APPROVE)
        remark = remark.strip()[:LONGEST_NOTE]
        if not remark:
            raise CaseRefused("退回须写意见。", "请写明要改什么。")
        await self._end(member, change_id, State.refused, "dictionary.refused", remark)

    async def take_back(self, member: Member, change_id: int) -> None:
        """撤销, by whoever proposed it. Raises NotPermitted, CaseRefused."""
        require(member, WRITE)
        await self._end(member, change_id, State.taken_back, "dictionary.taken_back", "", only=member.account_id)

    async def undo(self, member: Member, change_id: int) -> DictionaryChange:
        """Proposes the way back of a change that is in force. Raises NotPermitted, CaseRefused (a row changed since)."""
        require(member, WRITE)
        row = await DictionaryChange.get_or_none(id=change_id, state=State.accepted)
        if row is None:
            raise CaseRefused("只有已生效的改动可以撤回。", _AGAIN)
        contents = (await contents_in_force()).get(row.desk, {})
        items = items_of(row)
        if later := next((item for item in items if contents.get(item.key) != item.after), None):
            raise CaseRefused(f"“{later.key}”后来又有改动。", "请直接修改这一行。")
        back = [Item(key=item.key, before=item.after, after=item.before) for item in items]
        return await self.propose(member, Desk(row.desk), back, note=f"撤回第 {row.id} 项改动", undoes=row.id)

    # Reading

    async def find(self, change_id: int) -> DictionaryChange | None:
        return await DictionaryChange.get_or_none(id=change_id)

    async def waiting(self, desk: Desk | None = None) -> list[DictionaryChange]:
        rows = DictionaryChange.filter(state=State.proposed)
        return await (rows.filter(desk=desk) if desk else rows).order_by("id")

    async def history(self, desk: Desk, *, limit: int = 50) -> list[DictionaryChange]:
        return await DictionaryChange.filter(desk=desk).exclude(state=State.proposed).order_by("-id").limit(limit)

    # The steps

    async def _items(
        self, desk: Desk, put: Mapping[str, dict[str, Any]], remove: Sequence[str], wrong: list[EntryInvalid]
    ) -> tuple[Item, ...]:
        contents = await contents_in_force()
        held = contents.get(desk, {})
        items = [Item(key=key, before=held.get(key), after=row) for key, row in put.items() if held.get(key) != row]
        items += [Item(key=key, before=held[key], after=None) for key in remove if key in held and key not in put]
        wrong = wrong or _together(_with(contents, desk, items), desk, tuple(put))
        if wrong:
            raise ImportRefused(wrong)
        return tuple(items)

    async def _make_true(self, connection: BaseDBAsyncClient, row: DictionaryChange, now: datetime) -> None:
        desk, items = Desk(row.desk), items_of(row)
        contents = await contents_in_force(connection)
        if moved := next((item for item in items if contents.get(desk, {}).get(item.key) != item.before), None):
            raise CaseRefused(f"“{moved.key}”在提出之后又有改动。", "请退回，由提出人重新提交。")
        if wrong := _together(_with(contents, desk, items), desk, [item.key for item in items if item.after]):
            raise ImportRefused(wrong)
        keys = [item.key for item in items]
        await DictionaryItem.filter(desk=desk, key__in=keys).using_db(connection).delete()
        rows = [
            DictionaryItem(desk=desk, key=item.key, content=item.after, change_id=row.id, since=now)
            for item in items if item.after is not None
        ]  # fmt: skip
        await DictionaryItem.bulk_create(rows, batch_size=200, using_db=connection)

    async def _end(
        self, member: Member, change_id: int, state: State, verb: str, remark: str, *, only: int | None = None
    ) -> None:
        async with in_transaction() as connection:
            row = await _proposed(connection, change_id)
            if only is not None and row.author_id != only:
                raise CaseRefused("只有提出的人可以撤销。", "有审核权限的同志可以退回。")
            now = await self._clock.now()
            values = {
                "state": state, "decided_by_id": member.account_id, "decided_by": member.label, "decided_at": now,
                "remark": remark,
            }  # fmt: skip
            open_one = DictionaryChange.filter(id=change_id, state=State.proposed).using_db(connection)
            if await open_one.update(**values) != 1:
                raise CaseRefused("这项改动刚刚已经办理。", _AGAIN)
            await self._told(connection, member, verb, row, now, remark=remark)

    async def _told(
        self,
        connection: BaseDBAsyncClient,
        member: Member,
        verb: str,
        row: DictionaryChange,
        now: datetime,
        remark: str = "",
    ) -> None:
        await self._trail.append(
            connection, at=now, actor=member.actor, verb=verb, subject=f"dictionary:{row.id}",
            desk=DESK_NAMES[row.desk], rows=len(row.items), note=row.note, remark=remark, sha256=row.sha256,
            keys=[str(each["key"]) for each in row.items[:NAMED_IN_TRAIL]],
        )  # fmt: skip


async def _proposed(connection: BaseDBAsyncClient, change_id: int) -> DictionaryChange:
    row = await DictionaryChange.get_or_none(id=change_id, using_db=connection)
    if row is None or row.state != State.proposed:
        raise CaseRefused("这项改动已经办理，或者不存在。", _AGAIN)
    return row


def _with(
    contents: Mapping[str, Mapping[str, dict[str, Any]]], desk: Desk, items: Sequence[Item]
) -> dict[str, dict[str, dict[str, Any]]]:
    """The rows in force with some items done."""
    found = {name: dict(rows) for name, rows in contents.items()}
    mine = found.setdefault(desk, {})
    for item in items:
        if item.after is None:
            mine.pop(item.key, None)
        else:
            mine[item.key] = item.after
    return found


def _together(
    contents: Mapping[str, Mapping[str, dict[str, Any]]], desk: Desk, changed: Sequence[str]
) -> list[EntryInvalid]:
    """What is wrong with the list as a whole."""
    rows = contents.get(desk, {}).values()
    if desk is Desk.words:
        return dictionary.wrong_together([Word.from_json(row) for row in rows], changed)
    if desk is Desk.pins:
        return dictionary_pins.wrong_together([Pin.from_json(row) for row in rows], changed)
    return canned.wrong_together([Rule.from_json(row) for row in rows], changed)


def _digest(rows: Sequence[Mapping[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, sort_keys=True).encode()).hexdigest()

"""词库: the district's own words and leaders beside the list that comes with the product; each change is audited.

A word of the district stands in the place of the product's own; switched off, it silences that one. Every change raises the
version row, by which each node knows that its automaton is old.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from disclosures.check_records import LexiconImport, LexiconLeader, LexiconVersion, LexiconWord
from disclosures.checking.leaders import Leader
from disclosures.checking.lexicon import Lexicon, Word
from disclosures.errors import InvalidContent, NotFound, NotPermitted, StateRefused
from disclosures.findings import block
from disclosures.member import LEXICON, Member
from disclosures.seed_words import faults, row_of, seed_words, word_of

MOST_WORDS: Final = 50_000
MOST_LEADERS: Final = 2_000
MERGE, REPLACE = "merge", "replace"
MODES: Final = {MERGE: "并入：文件里有的增改，其余不动", REPLACE: "替换：本区词语以文件为准，文件里没有的删去"}
FIELDS: Final = {
    "词语": "word",
    "类别": "kind",
    "程度": "severity",
    "建议": "suggestion",
    "理由": "reason",
    "例外": "exceptions",
}
"""The columns of a list and the fields of the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """What the checks use, as one generation."""

    version: int
    lexicon: Lexicon
    leaders: tuple[Leader, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WordLine:
    """A word as the page shows it. ``own``: the district's; ``replaces``: it stands in the place of a word of the product."""

    word: Word
    own: bool
    active: bool = True
    replaces: bool = False
    by_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What taking a file would do."""

    new: tuple[Word, ...]
    changed: tuple[Word, ...]
    gone: tuple[str, ...]
    same: int

    @property
    def counts(self) -> dict[str, int]:
        return {"new": len(self.new), "changed": len(self.changed), "gone": len(self.gone), "same": self.same}


class LexiconDesk:
    """The verbs on the lists, and the generation in use."""

    def __init__(self, *, clock: Clock, trail: Trail) -> None:
        self._clock = clock
        self._trail = trail
        self._kept: Lists | None = None

    # Reading

    async def current(self) -> Lists:
        """The words and leaders as they stand now; the automaton is built once for a version."""
        version = await _version()
        if self._kept is not None and self._kept.version == version:
            return self._kept
        # No lock around this: somebody may ask inside a transaction that the others' statements wait for. Two who come at
        # once build the same automaton twice.
        rows = await LexiconWord.all()
        leaders = tuple([_leader(row) for row in await LexiconLeader.all().order_by("order", "id")])
        words = [line.word for line in _merged(rows) if line.active]
        lexicon = await asyncio.to_thread(Lexicon, words)
        self._kept = lists = Lists(version=version, lexicon=lexicon, leaders=leaders)
        return lists

    async def lines(self, *, text: str = "", kind: str = "", own: bool | None = None) -> tuple[WordLine, ...]:
        """Every word, the district's first; ``text`` is looked for in word, proposal and reason."""
        lines = _merged(await LexiconWord.all().order_by("word"))
        text = text.strip().lower()
        return tuple(
            line for line in lines
            if (not kind or line.word.kind == kind) and (own is None or line.own == own)
            and (not text or any(text in part.lower() for part in (line.word.word, line.word.suggestion, line.word.reason)))
        )  # fmt: skip

    async def leaders(self) -> list[LexiconLeader]:
        """In the agreed order; those without one last."""
        rows = await LexiconLeader.all().order_by("id")
        return sorted(rows, key=lambda row: (row.order == 0, row.order, row.id))

    async def imports(self) -> list[LexiconImport]:
        return await LexiconImport.all().order_by("-id").limit(10)

    # Words

    async def put(self, person: Member, row: Mapping[str, str]) -> Word:
        """A word of the district, new or in the place of the same one; ``row`` has the columns of a list. Raises
        NotPermitted, InvalidContent."""
        _require(person)
        if problems := [block(FIELDS[column], f"{what}。", f"{remedy}。") for column, what, remedy in faults(row)]:
            raise InvalidContent(problems)
        word = word_of(row)
        now = await self._clock.now()
        async with in_transaction() as connection:
            before = await LexiconWord.filter(word=word.word).using_db(connection).first()
            if before is None and await LexiconWord.all().using_db(connection).count() >= MOST_WORDS:
                raise InvalidContent([block("word", f"词语已有 {MOST_WORDS} 个。", "请先删去不用的。")])
            await _write(connection, word, by_name=person.display_name, at=now)
            await _raise(connection)
            await self._record(connection, person, "lexicon.put", word=word.word, row=list(row_of(word)))
        return word

    async def switch(self, person: Member, word: str, *, active: bool) -> None:
        """Switches a word off, or on again; of the product or of the district. Raises NotPermitted, NotFound."""
        _require(person)
        now = await self._clock.now()
        async with in_transaction() as connection:
            row = await LexiconWord.filter(word=word).using_db(connection).first()
            seeded = next((each for each in seed_words() if each.word == word), None)
            if row is None and seeded is None:
                raise NotFound("词库里没有这个词语。")
            if row is None and seeded is not None:
                await _write(connection, seeded, by_name=person.display_name, at=now, active=active)
            elif row is not None and active and seeded is not None and _word(row) == seeded:
                await row.delete(using_db=connection)
            elif row is not None:
                await LexiconWord.filter(id=row.id).using_db(connection).update(active=active, by_name=person.display_name, at=now)  # fmt: skip
            await _raise(connection)
            await self._record(connection, person, "lexicon.switch", word=word, active=active)

    async def remove(self, person: Member, word: str) -> None:
        """Removes a word of the district; the same word of the product is back then. Raises NotPermitted, NotFound."""
        _require(person)
        async with in_transaction() as connection:
            if not await LexiconWord.filter(word=word).using_db(connection).delete():
                raise NotFound("本区词库里没有这个词语。")
            await _raise(connection)
            await self._record(connection, person, "lexicon.remove", word=word)

    # Files

    async def plan(self, words: Sequence[Word], mode: str) -> Plan:
        """What taking these words would do; nothing is written."""
        return _plan(await LexiconWord.all(), words, mode)

    async def take(self, person: Member, words: Sequence[Word], mode: str, *, file: str) -> tuple[int, Plan]:
        """Takes a file into the district's list; returns (number of the import, what was done). Raises NotPermitted,
        InvalidContent when it would be too many."""
        _require(person)
        now = await self._clock.now()
        async with in_transaction() as connection:
            rows = await LexiconWord.all().using_db(connection)
            plan = _plan(rows, words, mode)
            if len(rows) + len(plan.new) - len(plan.gone) > MOST_WORDS:
                raise InvalidContent([block("file", f"词语会超过 {MOST_WORDS} 个。", "请分批，或先删去不用的。")])
            known = {row.word: row for row in rows}
            touched = [*(word.word for word in (*plan.new, *plan.changed)), *plan.gone]
            batch = await LexiconImport.create(
                using_db=connection, file=file[:160], mode=mode, counts=plan.counts,
                before={word: _plain(known[word]) if word in known else None for word in touched},
                by_name=person.display_name, at=now,
            )  # fmt: skip
            for word in (*plan.new, *plan.changed):
                await _write(connection, word, by_name=person.display_name, at=now, import_id=batch.id)
            for gone in plan.gone:
                await LexiconWord.filter(word=gone).using_db(connection).delete()
            await _raise(connection)
            await self._record(
                connection, person, "lexicon.import", file=file[:160], mode=mode, batch=batch.id, **plan.counts
            )
        return batch.id, plan

    async def undo(self, person: Member, import_id: int) -> int:
        """Puts back what an import changed, as far as nobody changed it since; returns how many words were left as they
        are. Raises NotPermitted, NotFound, StateRefused when it was undone already."""
        _require(person)
        now = await self._clock.now()
        left = 0
        async with in_transaction() as connection:
            batch = await LexiconImport.filter(id=import_id).using_db(connection).first()
            if batch is None:
                raise NotFound("没有这次导入。")
            if batch.undone_at is not None:
                raise StateRefused("这次导入已经撤销过。")
            for word, before in batch.before.items():
                row = await LexiconWord.filter(word=word).using_db(connection).first()
                if row is not None and row.import_id != batch.id:
                    left += 1
                elif before is None:
                    await LexiconWord.filter(word=word).using_db(connection).delete()
                else:
                    await _restore(connection, word, dict(before))  # type: ignore[call-overload]
            await (
                LexiconImport.filter(id=batch.id)
                .using_db(connection)
                .update(undone_at=now, undone_by=person.display_name)
            )
            await _raise(connection)
            await self._record(connection, person, "lexicon.undo", batch=batch.id, left=left)
        return left

    # Leaders

    async def put_leader(self, person: Member, leader: Leader, *, leader_id: int | None = None) -> None:
        """Writes a leader down, or changes one. Raises NotPermitted, InvalidContent, NotFound."""
        _require(person)
        if problems := list(_leader_faults(leader)):
            raise InvalidContent([block(field, what, remedy) for field, what, remedy in problems])
        now = await self._clock.now()
        values: dict[str, Any] = {
            "name": leader.name, "title": leader.title, "order": leader.order, "since": leader.since, "until": leader.until,
            "by_name": person.display_name, "at": now,
        }  # fmt: skip
        async with in_transaction() as connection:
            if leader_id is None:
                if await LexiconLeader.all().using_db(connection).count() >= MOST_LEADERS:
                    raise InvalidContent([block("name", f"名单已有 {MOST_LEADERS} 人。", "请先删去不用的。")])
                await LexiconLeader.create(using_db=connection, **values)
            elif not await LexiconLeader.filter(id=leader_id).using_db(connection).update(**values):
                raise NotFound("名单里没有这一行。")
            await _raise(connection)
            await self._record(
                connection, person, "lexicon.leader.put", name=leader.name, title=leader.title, order=leader.order,
                since=_day(leader.since), until=_day(leader.until),
            )  # fmt: skip

    async def remove_leader(self, person: Member, leader_id: int) -> None:
        """Raises NotPermitted, NotFound."""
        _require(person)
        async with in_transaction() as connection:
            row = await LexiconLeader.filter(id=leader_id).using_db(connection).first()
            if row is None:
                raise NotFound("名单里没有这一行。")
            await row.delete(using_db=connection)
            await _raise(connection)
            await self._record(connection, person, "lexicon.leader.remove", name=row.name, title=row.title)

    async def _record(self, connection: BaseDBAsyncClient, person: Member, verb: str, **detail: object) -> None:
        now = await self._clock.now()
        await self._trail.append(connection, at=now, actor=person.actor, verb=verb, subject="lexicon", **detail)


def _require(person: Member) -> None:
    if not person.may(LEXICON):
        raise NotPermitted


async def _version() -> int:
    row = await LexiconVersion.filter(id=1).first()
    return row.version if row else 0


async def _raise(connection: BaseDBAsyncClient) -> None:
    await connection.execute_query(
        'INSERT INTO "lexicon_version" ("id", "version") VALUES (1, 1) '
        'ON CONFLICT ("id") DO UPDATE SET "version" = "lexicon_version"."version" + 1'
    )


def _merged(rows: Sequence[LexiconWord]) -> list[WordLine]:
    """The district's words, then those of the product whose place they do not take."""
    known = {word.word for word in seed_words()}
    own = {row.word for row in rows}
    lines = [
        WordLine(word=_word(row), own=True, active=row.active, replaces=row.word in known, by_name=row.by_name)
        for row in rows
    ]
    return [*lines, *(WordLine(word=word, own=False) for word in seed_words() if word.word not in own)]


def _plan(rows: Sequence[LexiconWord], words: Sequence[Word], mode: str) -> Plan:
    known = {row.word: row for row in rows}
    new = tuple(word for word in words if word.word not in known)
    same = [
        word for word in words if word.word in known and known[word.word].active and _word(known[word.word]) == word
    ]
    changed = tuple(word for word in words if word.word in known and word not in same)
    wanted = {word.word for word in words}
    gone = tuple(word for word in known if word not in wanted) if mode == REPLACE else ()
    return Plan(new=new, changed=changed, gone=gone, same=len(same))


async def _write(
    connection: BaseDBAsyncClient, word: Word, *, by_name: str, at: object, import_id: int | None = None,
    active: bool = True,
) -> None:  # fmt: skip
    values: dict[str, Any] = {
        "kind": word.kind, "severity": word.severity, "suggestion": word.suggestion, "reason": word.reason,
        "exceptions": list(word.exceptions), "active": active, "import_id": import_id, "by_name": by_name, "at": at,
    }  # fmt: skip
    if not await LexiconWord.filter(word=word.word).using_db(connection).update(**values):
        await LexiconWord.create(using_db=connection, word=word.word, **values)


async def _restore(connection: BaseDBAsyncClient, word: str, before: dict[str, Any]) -> None:
    if not await LexiconWord.filter(word=word).using_db(connection).update(**before):
        await LexiconWord.create(using_db=connection, word=word, **before)


def _plain(row: LexiconWord) -> dict[str, object]:
    return {
        "kind": row.kind, "severity": row.severity, "suggestion": row.suggestion, "reason": row.reason,
        "exceptions": row.exceptions, "active": row.active, "import_id": row.import_id, "by_name": row.by_name,
        "at": row.at.isoformat(),
    }  # fmt: skip


def _word(row: LexiconWord) -> Word:
    return Word(
        word=row.word, kind=row.kind, severity=row.severity, suggestion=row.suggestion, reason=row.reason,
        exceptions=tuple(row.exceptions),
    )  # fmt: skip


def _leader(row: LexiconLeader) -> Leader:
    return Leader(name=row.name, title=row.title, order=row.order, since=row.since, until=row.until)


def _leader_faults(leader: Leader) -> list[tuple[str, str, str]]:
    found = []
    if not 2 <= len(leader.name) <= 16:
        found.append(("name", "姓名应为 2 至 16 个字。", "请填写姓名。"))
    if not 2 <= len(leader.title) <= 128:
        found.append(("title", "职务应为 2 至 128 个字。", "请填写职务，几个职务用顿号隔开。"))
    elif not leader.cores:
        found.append(("title", "没有认出职务。", "请写“区长”“副书记”“局长”等职务名称。"))
    if not 0 <= leader.order <= 9999:
        found.append(("order", "排序应为 0 至 9999 的数字。", "不参与排序的填 0。"))
    if leader.since and leader.until and leader.until <= leader.since:
        found.append(("until", "离任日期不晚于任职日期。", "请核对日期。"))
    return found


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""

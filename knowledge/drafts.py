"""The curator's drafts: a change of the base that changes nothing yet. One writes, another accepts, a release makes it true."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from knowledge.curation import Curation
from knowledge.draft import NAMES, OPEN, Hand, State
from knowledge.entry import CURATOR, DISCLOSURE_PREFIX, Entry
from knowledge.errors import (
    AnotherPersonNeeded,
    DraftMoved,
    DraftOpen,
    DraftRefused,
    DraftUnknown,
    EntryIncomplete,
    EntryInvalid,
    EntryUnknown,
    ImportRefused,
)
from knowledge.exchange import from_json, to_json
from knowledge.frozen import digest, frozen, thawed
from knowledge.given import Reading
from knowledge.history import held
from knowledge.intake import never_was
from knowledge.member import APPROVE, WRITE, Member, require
from knowledge.plan import Mode, Plan, planned
from knowledge.records import KnowledgeDraft, KnowledgeDraftHand, KnowledgeImport
from knowledge.requirements import wanting

LONGEST_REMARK = 1_000
MOST_IMPORTED = 5_000
"""Drafts of one file; larger files are the operator's to load."""
AS_DRAFTS = "drafts"
_AGAIN = "请刷新页面查看最新状态。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A draft with the entry it would make and the one that stands now; `moved` when that is no longer the one it was
    written on."""

    row: KnowledgeDraft
    entry: Entry
    now: Entry | None
    authors: frozenset[int]

    @property
    def state(self) -> State:
        return State(self.row.state)

    @property
    def moved(self) -> bool:
        return self.state in OPEN and digest(self.now) != self.row.base_sha256


class Drafts:
    """The verbs of curators and of those who accept their work; each stands in the audit trail."""

    def __init__(self, *, clock: Clock, trail: Trail, curation: Curation) -> None:
        self._clock = clock
        self._trail = trail
        self._curation = curation

    # Writing

    async def create(self, member: Member, entry: Entry, *, note: str = "") -> Sheet:
        """A draft of a new entry, or of a change to the one of the same id. Raises NotPermitted, EntryInvalid, DraftOpen,
        DraftRefused (the entry is a disclosure's)."""
        require(member, WRITE)
        entry = sound(entry)
        try:
            async with in_transaction() as connection:
                row = await self._open(connection, member, entry, note)
                await self._note(connection, member, "created", row)
        except IntegrityError:
            # Somebody opened one for the same entry at the same moment.
            await _refuse_second(entry.id, None)
            raise
        return await self.sheet(row.id)

    async def stop(self, member: Member, entry_id: str, reason: str) -> Sheet:
        """A draft that stops a live entry. Raises EntryUnknown, DraftRefused, DraftOpen, NotPermitted."""
        require(member, WRITE)
        entry = await self._curation.stored(entry_id)
        if entry is None:
            raise EntryUnknown(entry_id)
        if not entry.live:
            raise DraftRefused("这个条目已经停用。", "不需要再停用。")
        return await self.create(member, replace(entry, live=False, withdrawn_because=_stated(reason, "停用原因")))

    async def save(self, member: Member, draft_id: int, entry: Entry, *, version: int, note: str = "") -> Sheet:
        """Saves over the version that was read; an acceptance falls. Raises NotPermitted, EntryInvalid, DraftMoved when
        somebody else saved meanwhile, DraftRefused."""
        require(member, WRITE)
        async with in_transaction() as connection:
            row = await _locked(connection, draft_id)
            if row.version != version:
                raise DraftMoved(row.author, row.updated_at, row.version)
            _state(row, OPEN)
            entry = sound(replace(entry, id=row.entry_id))
            now = await self._curation.stored(row.entry_id, using_db=connection)
            values = {
                "content": frozen(entry), "content_sha256": digest(entry), "base_sha256": digest(now),
                "version": version + 1, "state": State.draft, "note": note.strip(), "author_id": member.account_id,
                "author": member.label, "updated_at": await self._clock.now(), "reviewer_id": None, "reviewer": "",
                "reviewed_at": None,
            }  # fmt: skip
            saved = KnowledgeDraft.filter(id=draft_id, version=version, state__in=OPEN).using_db(connection)
            if await saved.update(**values) != 1:
                raise DraftMoved(row.author, row.updated_at, row.version)
            await _hand(connection, draft_id, member, Hand.wrote)
            row.update_from_dict(values)
            await self._note(connection, member, "saved", row)
        return await self.sheet(draft_id)

    async def submit(self, member: Member, draft_id: int, *, version: int) -> Sheet:
        """送审. Raises NotPermitted, EntryIncomplete, DraftMoved, DraftRefused."""
        require(member, WRITE)
        row = await _row(draft_id)
        missing = wanting(thawed(row.content))
        if missing:
            raise EntryIncomplete(missing)
        return await self._move(member, draft_id, (State.draft,), State.submitted, "submitted", version=version)

    async def discard(self, member: Member, draft_id: int, *, version: int) -> Sheet:
        """作废. The entry stays as it is. Raises NotPermitted, DraftMoved, DraftRefused."""
        require(member, WRITE)
        return await self._move(member, draft_id, OPEN, State.discarded, "discarded", version=version)

    # Reviewing

    async def accept(self, member: Member, draft_id: int, *, sha256: str, remark: str = "") -> Sheet:
        """通过, by somebody who wrote none of it, and exactly the content that he read (`sha256`).

        Raises NotPermitted, AnotherPersonNeeded, DraftMoved, DraftRefused.
        """
        require(member, APPROVE)
        try:
            async with in_transaction() as connection:
                await self._accept(connection, member, draft_id, sha256, remark)
        except IntegrityError as clash:
            raise AnotherPersonNeeded(
                "草稿由您起草或修改过，须由另一位同志审核。", "请知识库管理员或审核员办理。"
            ) from clash
        return await self.sheet(draft_id)

    async def accept_all(self, member: Member, chosen: Sequence[tuple[int, str]]) -> int:
        """通过 several that were read together, (number, content hash) each; all or none. Raises as `accept`."""
        require(member, APPROVE)
        try:
            async with in_transaction() as connection:
                for draft_id, sha256 in chosen:
                    await self._accept(connection, member, draft_id, sha256, "")
        except IntegrityError as clash:
            raise AnotherPersonNeeded(
                "其中有您起草或修改过的草稿，须由另一位同志审核；一份也没有通过。", "请去掉自己的草稿再办理。"
            ) from clash
        return len(chosen)

    async def send_back(self, member: Member, draft_id: int, *, remark: str) -> Sheet:
        """退回, with what is to be mended. Raises NotPermitted, DraftRefused."""
        require(member, APPROVE)
        remark = _stated(remark, "退回意见")
        async with in_transaction() as connection:
            row = await _locked(connection, draft_id)
            _state(row, (State.submitted, State.accepted))
            values = {
                "state": State.draft, "remark": remark, "reviewer_id": member.account_id, "reviewer": member.label,
                "reviewed_at": await self._clock.now(),
            }  # fmt: skip
            await KnowledgeDraft.filter(id=draft_id).using_db(connection).update(**values)
            await self._note(connection, member, "sent_back", row, remark=remark)
        return await self.sheet(draft_id)

    # Reading

    async def sheet(self, draft_id: int) -> Sheet:
        """Raises DraftUnknown."""
        row = await _row(draft_id)
        return (await self.sheets([row]))[0]

    async def sheets(self, rows: Sequence[KnowledgeDraft]) -> list[Sheet]:
        """The rows with what they would make and what stands now."""
        now = await held([row.entry_id for row in rows])
        hands = await KnowledgeDraftHand.filter(draft_id__in=[row.id for row in rows], hand=Hand.wrote)
        return [
            Sheet(
                row=row, entry=thawed(row.content), now=now.get(row.entry_id),
                authors=frozenset(hand.account_id for hand in hands if hand.draft_id == row.id),
            )
            for row in rows
        ]  # fmt: skip

    # A file as drafts

    async def plan(self, reading: Reading, mode: Mode) -> Plan:
        """What importing a file as drafts would do. Changes nothing."""
        found = await held([row.entry.id for row in reading.rows])
        plan = planned(reading.rows, {name: entry for name, entry in found.items() if not never_was(entry)}, mode)
        if len(plan.changes) > MOST_IMPORTED:
            what = f"会产生 {len(plan.changes)} 份草稿，超过 {MOST_IMPORTED} 份"
            raise ImportRefused([EntryInvalid(0, "", what, "分几次导入，或请系统管理员用命令行导入")])
        return plan

    async def take(self, member: Member, reading: Reading, mode: Mode) -> tuple[int | None, Plan]:
        """A file's changes as drafts, all or none; the import's number, None when nothing would change. Raises NotPermitted,
        ImportRefused, DraftOpen."""
        require(member, WRITE)
        plan = await self.plan(reading, mode)
        if plan.errors:
            raise ImportRefused(plan.errors)
        if not plan.changes:
            return None, plan
        async with in_transaction() as connection:
            at, counts = await self._clock.now(), plan.counts()
            batch = await KnowledgeImport.create(
                using_db=connection, at=at, by=member.label, file=reading.name, sha256=reading.sha256,
                mode=f"{AS_DRAFTS}.{mode}", counts=counts,
            )  # fmt: skip
            for step in plan.changes:
                await self._open(connection, member, sound(step.entry), "", batch=batch.id)
            await self._trail.append(
                connection, at=at, actor=member.actor, verb="knowledge.import.drafts",
                subject=f"knowledge.import:{batch.id}", file=reading.name, sha256=reading.sha256, counts=counts,
            )  # fmt: skip
        return batch.id, plan

    async def submit_batch(self, member: Member, batch: int) -> tuple[int, int]:
        """送审 every complete draft of a file at once; how many went, and how many still lack something."""
        require(member, WRITE)
        rows = await KnowledgeDraft.filter(import_id=batch, state=State.draft)
        ready = [row for row in rows if not wanting(thawed(row.content))]
        for row in ready:
            await self.submit(member, row.id, version=row.version)
        return len(ready), len(rows) - len(ready)

    async def undo_batch(self, member: Member, batch: int) -> int:
        """Discards every draft of a file that is not released; how many. Raises NotPermitted, DraftRefused when one was
        released."""
        require(member, WRITE)
        async with in_transaction() as connection:
            rows = KnowledgeDraft.filter(import_id=batch).using_db(connection)
            gone = await rows.filter(state=State.released).count()
            if gone:
                raise DraftRefused(f"这一批已有 {gone} 份草稿发布。", "请在“版本”中回退，或逐条修改。")
            now = await self._clock.now()
            count = await rows.filter(state__in=OPEN).update(state=State.discarded, open_key=None, updated_at=now)
            undone = KnowledgeImport.filter(id=batch, undone_at=None).using_db(connection)
            await undone.update(undone_at=now, undone_by=member.label)
            await self._trail.append(
                connection, at=now, actor=member.actor, verb="knowledge.import.undone",
                subject=f"knowledge.import:{batch}", discarded=count,
            )  # fmt: skip
        return count

    async def _open(
        self, connection: BaseDBAsyncClient, member: Member, entry: Entry, note: str, *, batch: int | None = None
    ) -> KnowledgeDraft:
        await _refuse_second(entry.id, connection)
        now, before = await self._clock.now(), await self._curation.stored(entry.id, using_db=connection)
        if before is not None and before.origin != CURATOR:
            raise DraftRefused(f"条目 {entry.id} 由公开信息生成，以发布的原文为准。", "请在“公开信息”中更正或撤回。")
        row = await KnowledgeDraft.create(
            using_db=connection, entry_id=entry.id, open_key=entry.id, content=frozen(entry),
            content_sha256=digest(entry), base_sha256=digest(before), version=1, state=State.draft, note=note.strip(),
            author_id=member.account_id, author=member.label, import_id=batch, created_at=now, updated_at=now,
        )  # fmt: skip
        await _hand(connection, row.id, member, Hand.wrote)
        return row

    async def _accept(
        self, connection: BaseDBAsyncClient, member: Member, draft_id: int, sha256: str, remark: str
    ) -> None:
        row = await _locked(connection, draft_id)
        _state(row, (State.submitted,))
        if row.content_sha256 != sha256:
            raise DraftMoved(row.author, row.updated_at, row.version)
        now = await self._curation.stored(row.entry_id, using_db=connection)
        if digest(now) != row.base_sha256:
            raise DraftRefused("起草之后，这个条目又有改动。", "请退回，由起草人对照现在的条目重新保存。")
        await _hand(connection, draft_id, member, Hand.accepted)
        values = {
            "state": State.accepted, "remark": remark.strip()[:LONGEST_REMARK], "reviewer_id": member.account_id,
            "reviewer": member.label, "reviewed_at": await self._clock.now(),
        }  # fmt: skip
        await KnowledgeDraft.filter(id=draft_id, content_sha256=sha256).using_db(connection).update(**values)
        await self._note(connection, member, "accepted", row, remark=values["remark"])

    async def _move(
        self, member: Member, draft_id: int, before: Sequence[State], to: State, verb: str, *, version: int
    ) -> Sheet:
        async with in_transaction() as connection:
            row = await _locked(connection, draft_id)
            if row.version != version:
                raise DraftMoved(row.author, row.updated_at, row.version)
            _state(row, before)
            values = {"state": to, "updated_at": await self._clock.now()}
            if to not in OPEN:
                values["open_key"] = None
            await KnowledgeDraft.filter(id=draft_id).using_db(connection).update(**values)
            await self._note(connection, member, verb, row)
        return await self.sheet(draft_id)

    async def _note(
        self, connection: BaseDBAsyncClient, member: Member, verb: str, row: KnowledgeDraft, **detail: object
    ) -> None:
        await self._trail.append(
            connection, at=await self._clock.now(), actor=member.actor, verb=f"knowledge.draft.{verb}",
            subject=f"knowledge.draft:{row.id}", entry=row.entry_id, version=row.version, sha256=row.content_sha256,
            **detail,
        )  # fmt: skip


def sound(entry: Entry) -> Entry:
    """The entry as a file would bring it. Raises EntryInvalid for what no entry may be, and for a disclosure's id."""
    if entry.id.startswith(DISCLOSURE_PREFIX) or entry.origin != CURATOR:
        raise EntryInvalid(
            0, "id", f"以 {DISCLOSURE_PREFIX} 开头的编号留给公开信息", "换一个编号；要改公开信息，请更正那条公开信息"
        )
    return from_json(to_json(entry))


async def _hand(connection: BaseDBAsyncClient, draft_id: int, member: Member, hand: Hand) -> None:
    """Writes down who did what; the table refuses an author who accepts. Whoever accepted and then writes is an author."""
    mine = KnowledgeDraftHand.filter(draft_id=draft_id, account_id=member.account_id).using_db(connection)
    await mine.exclude(hand=Hand.wrote).delete()
    if hand is Hand.wrote and await mine.exists():
        return
    await KnowledgeDraftHand.create(using_db=connection, draft_id=draft_id, account_id=member.account_id, hand=hand)


async def _refuse_second(entry_id: str, connection: BaseDBAsyncClient | None) -> None:
    rows = KnowledgeDraft.filter(open_key=entry_id)
    standing = await (rows if connection is None else rows.using_db(connection)).first()
    if standing is not None:
        raise DraftOpen(standing.id, entry_id, standing.author)


async def _row(draft_id: int) -> KnowledgeDraft:
    row = await KnowledgeDraft.get_or_none(id=draft_id)
    if row is None:
        raise DraftUnknown
    return row


async def _locked(connection: BaseDBAsyncClient, draft_id: int) -> KnowledgeDraft:
    row = await KnowledgeDraft.filter(id=draft_id).using_db(connection).select_for_update().first()
    if row is None:
        raise DraftUnknown
    return row


def _state(row: KnowledgeDraft, allowed: Iterable[State]) -> None:
    if State(row.state) not in allowed:
        raise DraftRefused(f"这份草稿现在是“{NAMES[State(row.state)]}”，不能这样办理。", _AGAIN)


def _stated(text: str, what: str) -> str:
    text = text.strip()
    if not text:
        raise DraftRefused(f"没有写{what}。", f"请写明{what}。")
    return text[:LONGEST_REMARK]

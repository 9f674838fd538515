"""The desk of unanswered questions: every act on a cluster, each in one transaction with its line in the audit trail.

One answer closes a cluster: it is attached to an entry that answers it, or a new entry is written for it. What changes an entry
goes the way of every change of the base, draft, another person, release; the cluster waits for the release and then closes by
itself, and who asked to be told is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from knowledge.curation import Curation
from knowledge.draft import OPEN as OPEN_DRAFTS
from knowledge.draft import State
from knowledge.drafts import Drafts, Sheet
from knowledge.entry import CURATOR, Entry, EntryKind
from knowledge.errors import ClusterUnknown, DraftOpen, EntryIncomplete, EntryUnknown, QuestionRefused
from knowledge.index import bare
from knowledge.keywords import normalise
from knowledge.member import WRITE, Member, require
from knowledge.question_gathering import (
    BATCH,
    MACHINE,
    SHANGHAI,
    QuestionGathering,
    answer_notices,
    locked,
    raised,
    recount,
)
from knowledge.question_notices import drop_notices, withdraw_notices
from knowledge.question_records import QuestionCluster, QuestionLabel
from knowledge.question_rules import OPEN, shipped
from knowledge.question_suggesting import Suggestion
from knowledge.records import KnowledgeDraft, UnansweredQuestion

REMARK: Final = 500
MOST_WORDINGS: Final = 30
"""Wordings that one act takes into an entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """What came of attaching: the draft that has to be released first, None when the cluster is closed at once."""

    draft_id: int | None = None
    submitted: bool = False


class QuestionDesk:
    """Raises ClusterUnknown, NotPermitted, and QuestionRefused for what cannot be done now; then nothing has changed."""

    def __init__(
        self, *, clock: Clock, trail: Trail, curation: Curation, drafts: Drafts, gathering: QuestionGathering
    ) -> None:
        self._clock = clock
        self._trail = trail
        self._curation = curation
        self._drafts = drafts
        self._gathering = gathering

    async def now(self) -> datetime:
        return await self._clock.now()

    async def likest(self, text: str, others: Sequence[tuple[int, str]]) -> list[tuple[int, float]]:
        """Other clusters, the likest first, with their likeness."""
        return await self._gathering.likest(text, others)

    # The machine

    async def sweep(self) -> int:
        """Places new questions and closes what was released meanwhile; to be called again and again. Returns how many."""
        return await self._gathering.gather() + await self.follow()

    async def follow(self) -> int:
        """Closes the clusters whose draft was released, and opens those whose draft was discarded; how many."""
        done = 0
        for cluster in await QuestionCluster.filter(state="drafting").order_by("id").limit(BATCH):
            draft = await KnowledgeDraft.get_or_none(id=cluster.draft_id or 0)
            if draft is not None and State(draft.state) in OPEN_DRAFTS:
                continue
            async with in_transaction() as connection:
                await locked(connection)
                row = await QuestionCluster.filter(id=cluster.id, state="drafting").using_db(connection).first()
                if row is None or row.draft_id != cluster.draft_id:
                    continue
                done += 1
                entry = await self._curation.stored(draft.entry_id, using_db=connection) if draft else None
                if draft is not None and draft.state == State.released and entry is not None and entry.live:
                    await self._answered(connection, row, entry.id, by=MACHINE)
                else:
                    await _set(connection, row, state="open", draft_id=None, remark="草稿没有发布，请另行办理。")
                    await self._note(connection, MACHINE, "question.returned", row, draft=cluster.draft_id)
                await raised(connection)
        return done

    # One answer closes the cluster

    async def attach(
        self, member: Member, cluster_id: int, entry_id: str, *, wordings: Sequence[int] = (),
        suggestion: Suggestion | None = None,
    ) -> Attached:  # fmt: skip
        """The entry answers the cluster. The chosen `wordings` (numbers of its questions) become similar questions of the entry
        once another person has accepted and released them; without any that are new it is closed at once. `suggestion`: what
        the machine had proposed, kept beside who accepted it. Raises EntryUnknown."""
        require(member, WRITE)
        cluster, entry = await _cluster(cluster_id), await self._curation.stored(entry_id.strip())
        _open(cluster)
        if entry is None:
            raise EntryUnknown(entry_id.strip())
        today = (await self._clock.now()).astimezone(SHANGHAI).date()
        if not entry.answers_on(today):
            raise QuestionRefused("这个条目现在不回答（已停用或已过有效期）。", "请选择正在回答的条目，或写一条新的。")
        chosen = await _chosen(cluster, wordings)
        fresh = _unknown_to(entry, chosen)
        sheet = await self._with_wordings(member, entry, fresh, cluster) if fresh else None
        submitted = sheet is not None and await self._submitted(member, sheet)
        async with in_transaction() as connection:
            await locked(connection)
            row = await _cluster(cluster_id, connection)
            _open(row)
            await self._label(connection, member, row, entry.id, chosen, suggestion, sheet, {one.id for one in fresh})
            if sheet is None:
                await self._answered(connection, row, entry.id, by=member.actor)
            else:
                await _set(
                    connection, row, state="drafting", entry_id=entry.id, draft_id=sheet.row.id, remark="",
                    taken_by_id=member.account_id, taken_by=member.label,
                )  # fmt: skip
            await self._note(
                connection, member.actor, "question.attached", row, entry=entry.id, wordings=len(fresh),
                draft=sheet.row.id if sheet else None, suggested=suggestion is not None,
            )  # fmt: skip
            await raised(connection)
        return Attached(draft_id=sheet.row.id if sheet else None, submitted=submitted)

    async def write(self, member: Member, cluster_id: int) -> int:
        """Begins a new entry with the cluster's wordings; the number of the draft. The cluster waits for its release."""
        require(member, WRITE)
        cluster = await _cluster(cluster_id)
        _open(cluster)
        texts = await _wordings(cluster.id)
        entry = Entry(
            id=await self._free_id(cluster.id), kind=EntryKind.faq, title=texts[0], similar=tuple(texts[1:MOST_WORDINGS]),
            unit=cluster.unit,
        )  # fmt: skip
        sheet = await self._drafts.create(
            member, entry, note=f"为未解答问题第 {cluster.id} 组起草，共 {cluster.askers} 人询问。"
        )
        async with in_transaction() as connection:
            await locked(connection)
            row = await _cluster(cluster_id, connection)
            _open(row)
            await _set(
                connection, row, state="drafting", entry_id=entry.id, draft_id=sheet.row.id, remark="",
                taken_by_id=member.account_id, taken_by=member.label,
            )  # fmt: skip
            await self._note(connection, member.actor, "question.written", row, draft=sheet.row.id, entry=entry.id)
            await raised(connection)
        return sheet.row.id

    async def close(self, member: Member, cluster_id: int, reason: str, *, remark: str = "") -> None:
        """Closes it without an answer; `reason` is a code of the rules."""
        require(member, WRITE)
        if reason not in shipped().reasons:
            raise QuestionRefused("没有选择关闭的理由。", f"请选择：{'、'.join(shipped().reasons.values())}。")
        async with in_transaction() as connection:
            await locked(connection)
            row = await _cluster(cluster_id, connection)
            _open(row)
            now = await self._clock.now()
            await _set(
                connection, row, state="closed", reason=reason, remark=remark.strip()[:REMARK], closed_at=now,
                closed_by=member.label, draft_id=None, entry_id=None,
            )  # fmt: skip
            await _close_questions(connection, row.id, None, now=now, by=member.label)
            await drop_notices(connection, row)
            named = shipped().reasons[reason]
            await self._note(
                connection, member.actor, "question.closed", row, reason=named, remark=remark.strip()[:REMARK]
            )
            await raised(connection)

    async def reopen(self, member: Member, cluster_id: int) -> None:
        """Takes an act back: the cluster is open again, and whoever was not told yet is not told of the old answer. A draft that
        was begun stays; it is discarded where it lies."""
        require(member, WRITE)
        async with in_transaction() as connection:
            await locked(connection)
            row = await _cluster(cluster_id, connection)
            if row.state == "open":
                raise QuestionRefused("这一组问题没有关闭。", "不需要重新打开。")
            due_on, provisional = await self._gathering.due(await self._clock.now())
            await _set(
                connection, row, state="open", entry_id=None, draft_id=None, reason="", closed_at=None, closed_by="",
                due_on=due_on, due_provisional=provisional,
            )  # fmt: skip
            asked = UnansweredQuestion.filter(cluster_id=row.id).using_db(connection)
            await asked.update(state="open", entry_id=None, closed_at=None, closed_by=None)
            await withdraw_notices(connection, row)
            await self._note(connection, member.actor, "question.reopened", row)
            await raised(connection)

    # Who works on it

    async def hand(
        self, member: Member, cluster_id: int, *, unit: str, due_on: date | None = None, remark: str = ""
    ) -> None:
        """Hands it to a unit, by a day; without a day, by the rules from today on."""
        require(member, WRITE)
        unit, now = unit.strip()[:255], await self._clock.now()
        if not unit:
            raise QuestionRefused("没有选择交给哪个单位。", "请选择单位。")
        today = now.astimezone(SHANGHAI).date()
        if due_on is not None and due_on < today:
            raise QuestionRefused("期限早于今天。", "请选择今天或以后的日期。")
        by_rule, provisional = await self._gathering.due(now)
        async with in_transaction() as connection:
            await locked(connection)
            row = await _cluster(cluster_id, connection)
            _open(row)
            await _set(
                connection, row, unit=unit, unit_by="person", due_on=due_on or by_rule,
                due_provisional=provisional if due_on is None else False, handed_at=now, handed_by=member.label,
                remark=remark.strip()[:REMARK],
            )  # fmt: skip
            await self._note(
                connection, member.actor, "question.handed", row, unit=unit, due=str(due_on or by_rule),
                remark=remark.strip()[:REMARK],
            )  # fmt: skip

    async def take(self, member: Member, cluster_id: int, *, back: bool = False) -> None:
        """The member works on it, or with `back` lets go of it."""
        require(member, WRITE)
        async with in_transaction() as connection:
            row = await _cluster(cluster_id, connection)
            _open(row)
            mine = {"taken_by_id": None, "taken_by": ""} if back else {
                "taken_by_id": member.account_id, "taken_by": member.label,
            }  # fmt: skip
            await _set(connection, row, **mine)
            await self._note(connection, member.actor, "question.let_go" if back else "question.taken", row)

    # What belongs together

    async def merge(self, member: Member, cluster_id: int, into: int) -> None:
        """Puts a cluster's questions into another one, where the machine leaves them."""
        require(member, WRITE)
        if cluster_id == into:
            raise QuestionRefused("不能并入自己。", "请选择另一组。")
        async with in_transaction() as connection:
            await locked(connection)
            row, other = await _cluster(cluster_id, connection), await _cluster(into, connection)
            if other.state not in OPEN:
                raise QuestionRefused("要并入的那一组已经办结。", "请选择还没有办结的一组，或先重新打开它。")
            if row.state != "open":
                raise QuestionRefused("只有待处理的一组才能并入别组。", "已起草答复的，请先撤回办理。")
            asked = UnansweredQuestion.filter(cluster_id=row.id).using_db(connection)
            await asked.update(cluster_id=other.id, placed_by="hand")
            await _set(
                connection, row, state="merged", merged_into=other.id, closed_at=await self._clock.now(),
                closed_by=member.label,
            )  # fmt: skip
            due_on = min(row.due_on, other.due_on)
            await _set(connection, other, due_on=due_on)  # Joining two does not give more time.
            await recount(connection, [row.id, other.id])
            await self._note(connection, member.actor, "question.merged", row, into=other.id)
            await raised(connection)

    async def split(self, member: Member, cluster_id: int, questions: Sequence[int]) -> int:
        """Parts some questions, and those in the same words, from a cluster; the number of the new one."""
        require(member, WRITE)
        async with in_transaction() as connection:
            await locked(connection)
            row = await _cluster(cluster_id, connection)
            _open(row)
            asked = UnansweredQuestion.filter(cluster_id=row.id).using_db(connection)
            chosen = await asked.filter(id__in=list(questions)[:BATCH]).order_by("id")
            texts = list(dict.fromkeys(one.masked for one in chosen))
            moved = asked.filter(masked__in=texts) if texts else asked.filter(id=0)
            count, all_of_it = await moved.count(), await asked.count()
            if not count or count == all_of_it:
                raise QuestionRefused("没有选择要分出的问法，或选择了全部。", "请勾选其中一部分。")
            made = await QuestionCluster.create(
                using_db=connection, key=f"split:{row.id}:{chosen[0].id}:{row.volume}:{await _made(connection)}",
                title=texts[0][:200], unit=row.unit, unit_by=row.unit_by, due_on=row.due_on,
                due_provisional=row.due_provisional, first_at=chosen[0].asked_at, last_at=chosen[0].asked_at,
            )  # fmt: skip
            await moved.update(cluster_id=made.id, placed_by="hand")
            await recount(connection, [row.id, made.id])
            await self._note(connection, member.actor, "question.split", row, into=made.id, questions=count)
            await raised(connection)
        return made.id

    # The steps

    async def _with_wordings(
        self, member: Member, entry: Entry, fresh: Sequence[UnansweredQuestion], cluster: QuestionCluster
    ) -> Sheet:
        """The draft that gives an entry more similar questions: a new one, or the one that is open already, gone on with."""
        if entry.origin != CURATOR:
            raise QuestionRefused(
                "这个条目由公开信息生成，不能加问法。", "请不勾选问法，直接并入；或另写一条问答指向这份公开信息。"
            )
        note = f"收录群众的 {len(fresh)} 种问法（未解答问题第 {cluster.id} 组）。"
        more = tuple(one.masked for one in fresh)
        try:
            return await self._drafts.create(member, replace(entry, similar=(*entry.similar, *more)), note=note)
        except DraftOpen as standing:
            sheet = await self._drafts.sheet(standing.draft_id)
            known = {bare(normalise(text)) for text in sheet.entry.similar}
            more = tuple(text for text in more if bare(normalise(text)) not in known)
            return await self._drafts.save(
                member, sheet.row.id, replace(sheet.entry, similar=(*sheet.entry.similar, *more)),
                version=sheet.row.version, note=f"{sheet.row.note}\n{note}".strip(),
            )  # fmt: skip

    async def _submitted(self, member: Member, sheet: Sheet) -> bool:
        """Whether the draft could be submitted at once; one that lacks something waits for its author."""
        try:
            await self._drafts.submit(member, sheet.row.id, version=sheet.row.version)
        except EntryIncomplete:
            return False
        return True

    async def _answered(
        self, connection: BaseDBAsyncClient, cluster: QuestionCluster, entry_id: str, *, by: Actor
    ) -> None:
        now = await self._clock.now()
        await _set(
            connection,
            cluster,
            state="answered",
            entry_id=entry_id,
            reason="",
            closed_at=now,
            closed_by=by.name,
            remark="",
        )
        ids = await _close_questions(connection, cluster.id, entry_id, now=now, by=by.name)
        told = await answer_notices(connection, ids, entry_id, now=now)
        await self._note(connection, by, "question.answered", cluster, entry=entry_id, notices=told)

    async def _label(
        self, connection: BaseDBAsyncClient, member: Member, cluster: QuestionCluster, entry_id: str,
        chosen: Sequence[UnansweredQuestion], suggestion: Suggestion | None, sheet: Sheet | None, fresh: set[int],
    ) -> None:  # fmt: skip
        now = await self._clock.now()
        rows = [
            QuestionLabel(
                cluster_id=cluster.id, question_id=one.id, text=one.masked, entry_id=entry_id,
                suggested_by="machine" if suggestion else "person", confidence=suggestion.confidence if suggestion else None,
                why="；".join(suggestion.why)[:500] if suggestion else "", accepted_by_id=member.account_id,
                accepted_by=member.label, accepted_at=now, draft_id=sheet.row.id if sheet and one.id in fresh else None,
            )
            for one in chosen
        ]  # fmt: skip
        await QuestionLabel.bulk_create(rows, using_db=connection, batch_size=50)

    async def _free_id(self, cluster_id: int) -> str:
        """The id of the entry that a cluster gets; a cluster that was answered and is open again gets another."""
        number, name = 1, f"question-{cluster_id}"
        while await self._curation.stored(name) or await KnowledgeDraft.exists(open_key=name):
            number += 1
            name = f"question-{cluster_id}-{number}"
        return name

    async def _note(
        self, connection: BaseDBAsyncClient, actor: Actor, verb: str, cluster: QuestionCluster, **detail: object
    ) -> None:
        await self._trail.append(
            connection, at=await self._clock.now(), actor=actor, verb=verb,
            subject=f"question_cluster:{cluster.id}", **detail,
        )  # fmt: skip


async def _cluster(cluster_id: int, connection: BaseDBAsyncClient | None = None) -> QuestionCluster:
    rows = QuestionCluster.filter(id=cluster_id)
    row = await (rows if connection is None else rows.using_db(connection).select_for_update()).first()
    if row is None:
        raise ClusterUnknown
    return row


def _open(cluster: QuestionCluster) -> None:
    if cluster.state == "drafting":
        raise QuestionRefused("这一组已经起草答复，正在等待发布。", "要另行办理的，请先撤回办理。")
    if cluster.state not in OPEN:
        raise QuestionRefused("这一组问题已经办结。", "要重新办理的，请先重新打开。")


async def _set(connection: BaseDBAsyncClient, cluster: QuestionCluster, **values: object) -> None:
    await QuestionCluster.filter(id=cluster.id).using_db(connection).update(**values)
    cluster.update_from_dict(dict(values))


async def _close_questions(
    connection: BaseDBAsyncClient, cluster_id: int, entry_id: str | None, *, now: datetime, by: str
) -> list[int]:
    asked = UnansweredQuestion.filter(cluster_id=cluster_id, state="open").using_db(connection)
    ids = [int(str(number)) for number in await asked.values_list("id", flat=True)]
    await asked.update(state="closed", entry_id=entry_id, closed_at=now, closed_by=by)
    return ids


async def _chosen(cluster: QuestionCluster, wordings: Sequence[int]) -> list[UnansweredQuestion]:
    """The chosen questions of the cluster, of each wording one."""
    rows = UnansweredQuestion.filter(cluster_id=cluster.id, id__in=list(wordings)[:BATCH]).order_by("id")
    found = {bare(normalise(row.masked)): row for row in reversed(await rows)} if wordings else {}
    return list(found.values())[::-1][:MOST_WORDINGS]


def _unknown_to(entry: Entry, chosen: Sequence[UnansweredQuestion]) -> list[UnansweredQuestion]:
    known = {bare(normalise(text)) for text in (entry.title, *entry.similar)}
    return [row for row in chosen if bare(normalise(row.masked)) not in known]


async def _wordings(cluster_id: int) -> list[str]:
    """The masked wordings of a cluster, each once, the one that most used first."""
    counted: dict[str, tuple[int, str]] = {}
    for text in await UnansweredQuestion.filter(cluster_id=cluster_id).order_by("id").limit(2000).values_list(
        "masked", flat=True
    ):  # fmt: skip
        name = bare(normalise(str(text)))
        times, first = counted.get(name, (0, str(text)))
        counted[name] = times + 1, first
    return [text for _, text in sorted(counted.values(), key=lambda pair: -pair[0])]


async def _made(connection: BaseDBAsyncClient) -> int:
    """How many clusters there ever were: makes the key of a new one its own."""
    return await QuestionCluster.all().using_db(connection).count()

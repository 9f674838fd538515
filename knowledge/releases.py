"""Releases of the base: accepted drafts put together, checked, and made true in one transaction; and the way back.

One release is prepared at a time. Checks run when it is prepared, and once more when it is released, against the very state
that it will change; what they find wrong stops it. A rollback is a release too: history is never rewritten.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from knowledge.cases import Outcome
from knowledge.checking import Checked, Checking
from knowledge.curation import Curation, Stored
from knowledge.draft import NAMES, State
from knowledge.entry import Entry
from knowledge.errors import AnotherPersonNeeded, ReleaseBlocked, ReleaseRefused, ReleaseUnknown
from knowledge.frozen import digest, thawed
from knowledge.generation import locked_generation
from knowledge.history import Change, Note, Origin, changes_of, going_back, held, next_number, released
from knowledge.member import APPROVE, WRITE, Member, require
from knowledge.records import KnowledgeDraft, KnowledgeRelease
from knowledge.report import Named, Report
from knowledge.trials import keep

OPEN = "open"
LONGEST_REASON = 500
MOST_DRAFTS = 5_000
TRIES = 3
"""So often a release begins anew because the base changed while it was checked."""
NAMED_IN_TRAIL = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The release that is being prepared, with what it would do and what was found."""

    row: KnowledgeRelease
    number: int
    """The number that it will get if no other comes first."""
    changes: tuple[Change, ...]
    report: Report

    @property
    def origin(self) -> Origin:
        return Origin(self.row.origin)

    @property
    def asked(self) -> bool:
        """Whether somebody has asked for it with a reason, so that another one may answer for it."""
        return self.row.asked_by_id is not None

    @property
    def needs_asking(self) -> bool:
        """Whether questions came out worse and nobody has answered for that yet."""
        return bool(self.report.regressed) and not self.report.hard and not self.asked


class Releases:
    """The verbs; each stands in the audit trail."""

    def __init__(self, *, clock: Clock, trail: Trail, curation: Curation, checking: Checking) -> None:
        self._clock = clock
        self._trail = trail
        self._curation = curation
        self._checking = checking

    # Preparing

    async def prepare(self, member: Member, draft_ids: Sequence[int] | None = None, *, title: str = "") -> Prepared:
        """Puts accepted drafts together (all of them, if none are named) and checks them; in place of what was being
        prepared. Raises NotPermitted, ReleaseRefused."""
        require(member, WRITE)
        rows = KnowledgeDraft.filter(state=State.accepted)
        chosen = await (rows if draft_ids is None else rows.filter(id__in=list(draft_ids))).order_by("id")
        if draft_ids is not None and len(chosen) != len(set(draft_ids)):
            raise ReleaseRefused("选中的草稿中有的没有通过审核。", "请刷新页面后重新选择。")
        if not chosen:
            raise ReleaseRefused("没有可以发布的草稿。", "草稿须先由另一位同志审核通过。")
        if len(chosen) > MOST_DRAFTS:
            raise ReleaseRefused(f"一次最多发布 {MOST_DRAFTS} 份草稿。", "请分几次发布。")
        drafts: list[dict[str, object]] = [{"id": row.id, "sha256": row.content_sha256} for row in chosen]
        return await self._begin(member, Origin.drafts, title=title, drafts=drafts)

    async def prepare_rollback(self, member: Member, number: int, *, reason: str) -> Prepared:
        """Asks for going back to an earlier release; another person confirms it. Raises NotPermitted, ReleaseUnknown,
        ReleaseRefused."""
        require(member, WRITE)
        reason = _stated(reason)
        if await released(number) is None:
            raise ReleaseUnknown(number)
        if not await going_back(number):
            raise ReleaseRefused(f"知识库与第 {number} 版没有差别。", "不需要回退。")
        return await self._begin(
            member, Origin.rollback, title=f"回退到第 {number} 版", target=number, reason=reason, asked=True
        )

    async def recheck(self, member: Member) -> Prepared:
        """Checks the prepared release once more. Raises NotPermitted, ReleaseRefused."""
        require(member, WRITE)
        row = await self._row()
        checked = await self._check(row)
        await KnowledgeRelease.filter(id=row.id, open_key=OPEN).update(report=checked.report.to_json())
        return await self._prepared(await self._row())

    async def ask(self, member: Member, *, reason: str) -> Prepared:
        """Asks for releasing in spite of questions that came out worse; another person confirms it by releasing.

        Raises NotPermitted, ReleaseRefused: also for conflicts and missing contents, for which nobody can answer.
        """
        require(member, APPROVE)
        reason = _stated(reason)
        row = await self._row()
        report = Report.from_json(row.report or {})
        if report.hard:
            raise ReleaseRefused(
                "矛盾的条目和缺少的内容不能例外放行。", "请先改正；确认不矛盾的，在其中一个条目上注明已核对。"
            )
        if not report.regressed:
            raise ReleaseRefused("没有退步的测试问句，不需要例外放行。", "可以直接发布。")
        async with in_transaction() as connection:
            now = await self._clock.now()
            values = {"asked_by_id": member.account_id, "asked_by": member.label, "asked_at": now, "reason": reason}
            await KnowledgeRelease.filter(id=row.id, open_key=OPEN).using_db(connection).update(**values)
            await self._trail.append(
                connection, at=now, actor=member.actor, verb="knowledge.release.asked",
                subject=f"knowledge.release:{row.id}", reason=reason, regressed=len(report.regressed),
                questions=[each.question for each in report.regressed[:NAMED_IN_TRAIL]],
            )  # fmt: skip
        return await self._prepared(await self._row())

    async def drop(self, member: Member) -> None:
        """Gives up the prepared release; its drafts stay accepted. Raises NotPermitted, ReleaseRefused."""
        require(member, WRITE)
        async with in_transaction() as connection:
            now = await self._clock.now()
            row = await self._row(connection)
            await KnowledgeRelease.filter(id=row.id).using_db(connection).update(open_key=None, dropped_at=now)
            await self._trail.append(
                connection, at=now, actor=member.actor, verb="knowledge.release.dropped",
                subject=f"knowledge.release:{row.id}",
            )  # fmt: skip

    # Releasing

    async def release(self, member: Member, *, release_id: int | None = None) -> KnowledgeRelease:
        """Makes the prepared release true: checked once more, then in one transaction with its line in the trail.

        ``release_id``: the one that was read. Raises NotPermitted, AnotherPersonNeeded (a rollback, or questions that came out
        worse: never whoever asked for it), ReleaseBlocked, ReleaseRefused.
        """
        require(member, APPROVE)
        for _ in range(TRIES):
            row = await self._row()
            if release_id is not None and row.id != release_id:
                raise ReleaseRefused("您打开之后，准备发布的内容已经换了一份。", "请刷新页面，核对后再发布。")
            checked = await self._check(row)
            self._allowed(member, row, checked.report)
            done = await self._make_true(member.actor, row, checked)
            if done is not None:
                return done
        raise ReleaseRefused("检查期间知识库一直在变化。", "请稍后再试。")

    async def roll_back_now(self, number: int, *, reason: str, actor: Actor) -> KnowledgeRelease:
        """The operator's direct way back, as ``mingbai knowledge load`` is his direct way in. Raises ReleaseUnknown,
        ReleaseRefused."""
        reason = _stated(reason)
        async with in_transaction() as connection:
            await locked_generation(connection)
            if await released(number, connection) is None:
                raise ReleaseUnknown(number)
            back = [after for _, after in await going_back(number, connection)]
            if not back:
                raise ReleaseRefused(f"知识库与第 {number} 版没有差别。", "不需要回退。")
            note = Note(origin=Origin.rollback, title=f"回退到第 {number} 版", target=number, reason=reason)
            stored = await self._curation.put_entries(back, actor=actor, note=note, using_db=connection)
            await self._told(connection, actor, stored, Origin.rollback, target=number, reason=reason)
        return await KnowledgeRelease.get(id=stored.release_id)

    # Reading

    async def prepared(self) -> Prepared | None:
        """The release that is being prepared."""
        row = await KnowledgeRelease.get_or_none(open_key=OPEN)
        return await self._prepared(row) if row is not None else None

    async def history(self, *, offset: int = 0, limit: int = 50) -> tuple[list[KnowledgeRelease], int]:
        """The releases, newest first, and how many there are."""
        rows = KnowledgeRelease.filter(number__isnull=False)
        return await rows.order_by("-number").offset(offset).limit(limit), await rows.count()

    async def find(self, number: int) -> KnowledgeRelease:
        """Raises ReleaseUnknown."""
        row = await released(number)
        if row is None:
            raise ReleaseUnknown(number)
        return row

    async def changes(self, row: KnowledgeRelease, *, offset: int = 0, limit: int = 50) -> tuple[list[Change], int]:
        """What a release did, a page of it, and how many entries it changed."""
        return await changes_of(row, offset=offset, limit=limit)

    # The steps

    async def _begin(
        self, member: Member, origin: Origin, *, title: str, drafts: list[dict[str, object]] | None = None,
        target: int | None = None, reason: str = "", asked: bool = False,
    ) -> Prepared:  # fmt: skip
        now = await self._clock.now()
        standing = await KnowledgeRelease.get_or_none(open_key=OPEN)
        if standing is not None and standing.asked_by_id is not None:
            raise ReleaseRefused(
                f"{standing.asked_by}已提出“{standing.title or '例外放行'}”，正在等待另一人确认。",
                "请先办理或放弃这一项。",
            )
        try:
            async with in_transaction() as connection:
                if standing is not None:
                    old = KnowledgeRelease.filter(id=standing.id, open_key=OPEN).using_db(connection)
                    await old.update(open_key=None, dropped_at=now)
                row = await KnowledgeRelease.create(
                    using_db=connection, origin=origin, open_key=OPEN, title=title.strip()[:255], target=target,
                    drafts=drafts or [], counts={}, reason=reason, prepared_by_id=member.account_id,
                    prepared_by=member.label, prepared_at=now, asked_by_id=member.account_id if asked else None,
                    asked_by=member.label if asked else "", asked_at=now if asked else None,
                )  # fmt: skip
                await self._trail.append(
                    connection, at=now, actor=member.actor, verb="knowledge.release.prepared",
                    subject=f"knowledge.release:{row.id}", origin=origin, target=target, reason=reason,
                    drafts=len(drafts or []),
                )  # fmt: skip
        except IntegrityError as clash:
            raise ReleaseRefused("另一位同志刚刚也在准备发布。", "请刷新页面查看。") from clash
        checked = await self._check(row)
        await KnowledgeRelease.filter(id=row.id, open_key=OPEN).update(report=checked.report.to_json())
        return await self._prepared(await self._row())

    async def _check(self, row: KnowledgeRelease) -> Checked:
        if row.origin == Origin.rollback:
            pairs = await going_back(row.target or 0)
            return await self._checking.check({after.id: after for _, after in pairs})
        drafts = await self._drafts(row)
        now = await held([draft.entry_id for draft in drafts])
        kept = {each["id"]: each["sha256"] for each in row.drafts}
        unaccepted = tuple(
            _named(draft, _unaccepted(draft))
            for draft in drafts
            if draft.state != State.accepted or draft.content_sha256 != kept[draft.id]
        )
        moved = tuple(
            _named(draft, "起草之后又有改动，请退回重新核对")
            for draft in drafts
            if digest(now.get(draft.entry_id)) != draft.base_sha256
        )
        checked = await self._checking.check({draft.entry_id: thawed(draft.content) for draft in drafts})
        report = replace(checked.report, unaccepted=unaccepted, moved=moved)
        return Checked(report=report, outcomes=checked.outcomes)

    def _allowed(self, member: Member, row: KnowledgeRelease, report: Report) -> None:
        """Raises what stands in the way of this person's releasing."""
        rollback = row.origin == Origin.rollback
        if row.asked_by_id == member.account_id:
            raise AnotherPersonNeeded(
                "这一项由您提出，须由另一位同志确认。", "请有审核权限的另一位同志登录后在本页办理。"
            )
        if rollback:
            return
        known = Report.from_json(row.report or {}).questions
        answered_for = row.asked_by_id is not None and report.questions <= known
        if report.hard or (report.regressed and not answered_for):
            raise ReleaseBlocked(report)

    async def _make_true(self, actor: Actor, row: KnowledgeRelease, checked: Checked) -> KnowledgeRelease | None:
        """None when the base changed since it was checked."""
        async with in_transaction() as connection:
            if await locked_generation(connection) != checked.report.generation:
                return None
            # The second person is asked for in the statement itself: whoever asked moves no row.
            open_one = KnowledgeRelease.filter(id=row.id, open_key=OPEN).using_db(connection)
            other = Q(asked_by_id__isnull=True) | ~Q(asked_by_id=actor.account_id)
            if await open_one.filter(other).update(open_key=None, report=checked.report.to_json()) != 1:
                raise ReleaseRefused("这次发布刚刚已经办理或换了内容。", "请刷新页面查看。")
            origin = Origin(row.origin)
            entries = await self._entries(row, connection)
            note = Note(origin=origin, title=row.title, target=row.target, reason=row.reason, release_id=row.id)
            stored = await self._curation.put_entries(entries, actor=actor, note=note, using_db=connection)
            if stored.release is None:
                raise ReleaseRefused("知识库已经是这个样子，没有需要发布的变化。", "请放弃这次发布。")
            await self._close_drafts(row, connection)
            await self._told(
                connection, actor, stored, origin, target=row.target, reason=row.reason, asked_by=row.asked_by,
                regressed=len(checked.report.regressed),
            )  # fmt: skip
            await self._keep_trials(connection, actor, checked.outcomes)
        return await KnowledgeRelease.get(id=row.id)

    async def _entries(self, row: KnowledgeRelease, connection: BaseDBAsyncClient) -> list[Entry]:
        if row.origin == Origin.rollback:
            return [after for _, after in await going_back(row.target or 0, connection)]
        return [thawed(draft.content) for draft in await self._drafts(row, connection)]

    async def _close_drafts(self, row: KnowledgeRelease, connection: BaseDBAsyncClient) -> None:
        now = await self._clock.now()
        for each in row.drafts:
            draft = KnowledgeDraft.filter(id=each["id"], content_sha256=each["sha256"], state=State.accepted)
            values = {"state": State.released, "open_key": None, "release_id": row.id, "updated_at": now}
            if await draft.using_db(connection).update(**values) != 1:
                raise ReleaseRefused("其中一份草稿刚刚被改动。", "请重新检查后再发布。")

    async def _keep_trials(
        self, connection: BaseDBAsyncClient, actor: Actor, outcomes: Mapping[str, Sequence[Outcome]]
    ) -> None:
        """The runs on the base as it would be are the first runs on the base as it now is."""
        at, generation = await self._clock.now(), await locked_generation(connection)
        for suite, found in outcomes.items():
            await keep(connection, suite, found, at=at, actor=actor, generation=generation)

    async def _told(
        self, connection: BaseDBAsyncClient, actor: Actor, stored: Stored, origin: Origin, **detail: object
    ) -> None:
        await self._trail.append(
            connection, at=await self._clock.now(), actor=actor, verb="knowledge.release",
            subject=f"knowledge.release:{stored.release_id}", number=stored.release, origin=origin, added=stored.added,
            changed=stored.changed, **detail,
        )  # fmt: skip

    async def _prepared(self, row: KnowledgeRelease) -> Prepared:
        if row.origin == Origin.rollback:
            changes = [Change(before=now, after=after) for now, after in await going_back(row.target or 0)]
        else:
            drafts = await self._drafts(row)
            now = await held([draft.entry_id for draft in drafts])
            changes = [Change(before=now.get(draft.entry_id), after=thawed(draft.content)) for draft in drafts]
        return Prepared(
            row=row, number=await next_number(), changes=tuple(changes), report=Report.from_json(row.report or {})
        )

    async def _drafts(self, row: KnowledgeRelease, connection: BaseDBAsyncClient | None = None) -> list[KnowledgeDraft]:
        rows = KnowledgeDraft.filter(id__in=[each["id"] for each in row.drafts]).order_by("id")
        return await (rows if connection is None else rows.using_db(connection))

    async def _row(self, connection: BaseDBAsyncClient | None = None) -> KnowledgeRelease:
        rows = KnowledgeRelease.filter(open_key=OPEN)
        row = await (rows if connection is None else rows.using_db(connection).select_for_update()).first()
        if row is None:
            raise ReleaseRefused("现在没有准备发布的内容。", "请先选择草稿，或选择要回退的版本。")
        return row


def _named(draft: KnowledgeDraft, what: str) -> Named:
    return Named(entry_id=draft.entry_id, title=str(draft.content.get("title", "")), what=what, draft=draft.id)


def _stated(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise ReleaseRefused("没有写理由。", "请写明为什么这样做；理由会记入审计。")
    return reason[:LONGEST_REASON]


def _unaccepted(draft: KnowledgeDraft) -> str:
    state = State(draft.state)
    over = state in {State.released, State.discarded}
    remedy = "请在下面重新选择草稿，或者放弃这次发布" if over else "审核通过后，请在下面重新选择草稿"
    return f"现在是“{NAMES[state]}”，{remedy}"

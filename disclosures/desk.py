"""The desk where a text becomes a disclosure: each verb validates, changes and audits in one transaction, and returns the
sheet as it then lies there. What is sent, and when, is decided above this package."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from disclosures import checks, emergencies
from disclosures.catalogue import find_category, find_unit
from disclosures.composition import clean_body, compose
from disclosures.content import Content
from disclosures.deadlines import deadlines
from disclosures.draft import DraftText, revised
from disclosures.errors import Conflict, InvalidContent, NotFound, StateRefused
from disclosures.examination import Examination
from disclosures.findings import Finding, block
from disclosures.indexnumber import take
from disclosures.kinds import draft_problems
from disclosures.member import REPEAL, SUBMIT, WITHDRAW, WRITE, Member
from disclosures.proofreading import Pass, close_pass, passes_of, proofread
from disclosures.records import Category, Disclosure, Revision, Unit
from disclosures.remarks import Remark, remarks_of
from disclosures.review import Decision, Refusal, Signature, Step, Turn
from disclosures.reviewing import Deputies, Reviewing, Signing, frozen, nobody, ready
from disclosures.rows import change as _change
from disclosures.rows import locked as _locked
from disclosures.rows import record
from disclosures.rows import require as _require
from disclosures.sheet import (
    Line,
    Sheet,
    Version,
    is_live,
    read_approved,
    read_lines,
    read_sheet,
    read_signatures,
    read_version,
    version_of,
)
from disclosures.states import Move, State, moved
from disclosures.workdays import Deadline, WorkingDays

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Every text and every signature of a disclosure, oldest first. Its timeline is ``Trail.about("disclosure:<id>")``."""

    versions: tuple[Version, ...]
    signatures: tuple[Signature, ...]
    passes: tuple[Pass, ...] = ()
    """The proofreadings (校对), one a submission."""
    remarks: tuple[Remark, ...] = ()
    debts: tuple[emergencies.Debt, ...] = ()
    """The emergency releases and what became of each."""


class Desk:
    """The verbs. ``credit_code`` is the district's 统一社会信用代码, with which index numbers begin; ``deputies`` tells who
    may sign in whose place; ``examination`` asks what is wrong with a text."""

    def __init__(
        self, *, clock: Clock, trail: Trail, credit_code: str, working_days: WorkingDays, deputies: Deputies = nobody
    ) -> None:
        self.reviewing = Reviewing(clock=clock, trail=trail, deputies=deputies)
        self._clock, self._trail = clock, trail
        self._credit_code, self._working_days = credit_code, working_days
        self.examination = Examination(clock=clock, trail=trail)

    # Writing

    async def create(self, person: Member, draft: DraftText) -> Sheet:
        """A new draft with its index number. Raises NotPermitted, InvalidContent."""
        _require(person, WRITE)
        now = await self._clock.now()
        body_html = await self._validated(draft, now)
        async with in_transaction() as connection:
            unit, category = await _catalogued(connection, draft)
            number = await take(connection, credit_code=self._credit_code, year=_shanghai(now).year)
            content = await compose(
                connection, draft, body_html=body_html, department=unit.name, category=category.name,
                index_number=number,
            )  # fmt: skip
            row = await Disclosure.create(
                using_db=connection, state=State.DRAFT, title=content.title, unit_id=unit.id, category_id=category.id,
                index_number=number, current_revision=1, author_id=person.account_id, author_name=person.display_name,
                created_at=now, updated_at=now,
            )  # fmt: skip
            await _save_version(connection, row.id, 1, content, draft, person, now)
            await self._record(
                connection, now, person.actor, "disclosure.created", row.id,
                revision=1, content_hash=content.digest(), title=content.title, index_number=number,
            )  # fmt: skip
            return await read_sheet(row.id, connection)

    async def revise(
        self,
        person: Member,
        disclosure_id: int,
        changes: Mapping[str, Any] | DraftText,
        *,
        expected_revision: int | None = None,
    ) -> Sheet:
        """Saves a new text; every signature falls and the state is 草稿 again (invariant 1). ``changes`` are fields of
        DraftText, or a whole one. When nothing differs, nothing happens. A released text may be revised: its page stays
        as it is until the new text is signed and released. Raises NotPermitted, NotFound, InvalidContent, StateRefused,
        and Conflict when somebody else saved after ``expected_revision``."""
        _require(person, WRITE)
        now = await self._clock.now()
        before = await read_sheet(disclosure_id)
        _same_revision(before, expected_revision)
        moved(before.state, Move.REVISE)
        draft = changes if isinstance(changes, DraftText) else revised(before.version.draft, changes)
        body_html = await self._validated(draft, now, itself=disclosure_id)
        async with in_transaction() as connection:
            row = await _locked(connection, disclosure_id)
            if row.current_revision != before.revision:
                raise Conflict
            state = moved(State(row.state), Move.REVISE)
            unit, category = await _catalogued(connection, draft, before)
            content = await compose(
                connection, draft, body_html=body_html, department=unit.name, category=category.name,
                index_number=row.index_number,
            )  # fmt: skip
            if content == before.content and (draft.body, draft.body_format) == (
                before.version.body_source,
                before.version.body_format,
            ):
                return before
            number = row.current_revision + 1
            await _save_version(connection, row.id, number, content, draft, person, now)
            await _change(
                connection, row, state=state, current_revision=number, title=content.title, unit_id=unit.id,
                category_id=category.id, approved_revision=None, approved_hash=None, updated_at=now,
                emergency_hash=None,
            )  # fmt: skip
            await self._record(
                connection, now, person.actor, "disclosure.revised", row.id, revision=number,
                content_hash=content.digest(), title=content.title, approval_fell=row.approved_hash is not None,
            )  # fmt: skip
            return await read_sheet(row.id, connection)

    async def submit(self, person: Member, disclosure_id: int, *, reason: str = "") -> Sheet:
        """Sends the text to the three reviews. Raises InvalidContent while a finding blocks; ``reason`` overrides the
        findings that a person may override, and stands in the audit trail. Also NotPermitted, NotFound, StateRefused,
        Conflict."""
        _require(person, SUBMIT)
        now = await self._clock.now()
        before = await read_sheet(disclosure_id)
        moved(before.state, Move.SUBMIT)
        passed = await self.examination.passed(disclosure_id)
        blocking = [finding for finding in await self.findings(before) if finding.blocks]
        if in_the_way := [
            finding for finding in blocking if not (finding.overridable and (reason.strip() or finding.key in passed))
        ]:
            raise InvalidContent(in_the_way)
        proof = await proofread(before)
        async with in_transaction() as connection:
            row = await _locked(connection, disclosure_id)
            if row.current_revision != before.revision:
                raise Conflict
            state = moved(State(row.state), Move.SUBMIT)
            submission = row.submission + 1
            chain = frozen(await ready(connection, before))
            await _change(
                connection, row, state=state, submission=submission, approved_revision=None, approved_hash=None,
                updated_at=now, chain=chain,
            )  # fmt: skip
            reasons = [passed[f.key].reason if f.key in passed else reason.strip() for f in blocking]
            override = (
                {"reason": "；".join(dict.fromkeys(reasons)), "overridden": [f.message for f in blocking]}
                if blocking
                else {}
            )
            await self.examination.keep(connection, person, before, blocking, reason, now=now)
            await close_pass(connection, self._trail, before, proof, person=person, now=now)
            await self._record(
                connection, now, person.actor, "disclosure.submitted", row.id, revision=before.revision,
                content_hash=before.content_hash, submission=submission, **override,
            )  # fmt: skip
            return await read_sheet(row.id, connection)

    # Reviewing

    async def approve(
        self, person: Member, disclosure_id: int, *, seen_hash: str | None = None, remark: str = "", opinion: str = ""
    ) -> Sheet:
        """Signs the next step of the chain (初审, 复审, 终审, and what the kind adds); after the last the exact text is
        approved. ``seen_hash`` is the content hash of the text that the reviewer read, ``opinion`` the one that 保密审查
        ends with. Raises ReviewRefused, NotFound, InvalidContent, and Conflict when the text is another by now."""
        signing = Signing(decision=Decision.APPROVED, remark=remark, opinion=opinion, seen_hash=seen_hash)
        return await self.reviewing.sign(person, disclosure_id, signing)

    async def reject(
        self, person: Member, disclosure_id: int, remark: str, *, seen_hash: str | None = None, opinion: str = ""
    ) -> Sheet:
        """Sends the text back to its author with a remark, which must not be empty unless the person remarked on its
        sentences (InvalidContent). Whoever may sign the step may reject it; otherwise ReviewRefused."""
        signing = Signing(decision=Decision.REJECTED, remark=remark, opinion=opinion, seen_hash=seen_hash)
        return await self.reviewing.sign(person, disclosure_id, signing)

    async def may_sign(self, person: Member, disclosure_id: int) -> Turn | Refusal:
        """Whether this person may sign (or reject) now, and if not, why: what the screen shows beside the button."""
        return await self.reviewing.may_sign(person, disclosure_id)

    async def steps_of(self, person: Member) -> frozenset[Step]:
        """The steps that this person may sign today, for himself or for another."""
        return await self.reviewing.steps_of(person)

    # Reading

    async def sheet(self, disclosure_id: int) -> Sheet:
        """Raises NotFound."""
        return await read_sheet(disclosure_id)

    async def content(self, disclosure_id: int) -> Content:
        """The newest text, approved or not. Raises NotFound."""
        return (await read_sheet(disclosure_id)).content

    async def version(self, disclosure_id: int, number: int) -> Version:
        """One saved text. Raises NotFound."""
        return await read_version(disclosure_id, number)

    async def history(self, disclosure_id: int) -> History:
        """Raises NotFound."""
        rows = await Revision.filter(disclosure_id=disclosure_id).order_by("number")
        if not rows:
            raise NotFound(f"没有编号为 {disclosure_id} 的公开信息。")
        return History(
            versions=tuple([version_of(row) for row in rows]), signatures=await read_signatures(disclosure_id),
            passes=await passes_of(disclosure_id), remarks=await remarks_of(disclosure_id),
            debts=await emergencies.debts_of(disclosure_id),
        )  # fmt: skip

    async def lines(
        self, *, states: frozenset[State] | None = None, unit_id: int | None = None, author_id: int | None = None,
        text: str = "", before_id: int | None = None, limit: int = 50, hidden: frozenset[int] = frozenset(),
    ) -> tuple[Line, ...]:  # fmt: skip
        """A page of disclosures, newest first; at most 200."""
        return await read_lines(
            states=states, unit_id=unit_id, author_id=author_id, text=text, before_id=before_id, limit=limit,
            hidden=hidden,
        )  # fmt: skip

    async def findings(self, sheet: Sheet) -> tuple[Finding, ...]:
        """What must be mended or looked at in the newest text; the channels' own checks come on top."""
        return await self.examination.of_sheet(sheet)

    async def deadlines(self, sheet: Sheet) -> tuple[Deadline, Deadline]:
        """(local, statutory): by when the text must be public."""
        category = await Category.get(id=sheet.category_id)
        return deadlines(sheet.content, category, self._working_days)

    # For the release layer, inside its transaction

    async def approved_content(
        self, disclosure_id: int, connection: BaseDBAsyncClient | None = None
    ) -> tuple[Content, str]:
        """The text that three people signed, and its hash. Raises what ``read_approved`` raises."""
        sheet = await read_approved(disclosure_id, connection)
        return sheet.content, sheet.content_hash

    async def mark_released(
        self, connection: BaseDBAsyncClient, disclosure_id: int, *, content_hash: str, by: Actor, now: datetime
    ) -> None:
        """The text with this hash is public now. Doing it twice is harmless. Raises StateRefused when that text is not
        (or no longer) the approved one, nor one that a live emergency authorisation names: then the caller's transaction
        must fail and nothing goes out."""
        row = await _locked(connection, disclosure_id)
        if row.emergency_hash is not None and row.emergency_hash == content_hash:
            await self._released_unsigned(connection, row, by, now)
            return
        if row.approved_hash is None or row.approved_hash != content_hash:
            raise StateRefused("审定的内容已变更，不能公开原先的内容。")
        state = moved(State(row.state), Move.RELEASE)
        if row.state == State.RELEASED and is_live(row):
            return
        released_at = row.released_at if is_live(row) else now
        await _change(
            connection, row, state=state, released_at=released_at, withdrawn_at=None, explanation="", updated_at=now,
            embargoed_at=None,
        )  # fmt: skip
        await self._record(
            connection,
            now,
            by,
            "disclosure.released",
            row.id,
            revision=row.approved_revision,
            content_hash=content_hash,
        )
        await emergencies.settle(connection, self._trail, row.id, how="corrected", actor=by, now=now)

    async def _released_unsigned(
        self, connection: BaseDBAsyncClient, row: Disclosure, by: Actor, now: datetime
    ) -> None:
        """An emergency release is public: the text goes on to its signatures in the state it has."""
        content_hash = str(row.emergency_hash)
        if not await emergencies.gone_out(connection, row.id, content_hash, now):
            return
        released_at = row.released_at if is_live(row) else now
        await _change(connection, row, released_at=released_at, withdrawn_at=None, explanation="", updated_at=now)
        await self._record(
            connection, now, by, "disclosure.released", row.id, revision=row.current_revision,
            content_hash=content_hash, emergency=True,
        )  # fmt: skip

    async def withdraw_state(
        self, connection: BaseDBAsyncClient, person: Member, disclosure_id: int, *, explanation: str, now: datetime
    ) -> None:
        """The disclosure is withdrawn, with the public explanation; an approval of a correction falls too. The caller
        changes portal, feeds and answers in the same transaction (invariant 5). Raises NotPermitted, InvalidContent,
        StateRefused, NotFound."""
        _require(person, WITHDRAW)
        await self._end(connection, person, disclosure_id, Move.WITHDRAW, explanation, now)

    async def repeal_state(
        self, connection: BaseDBAsyncClient, person: Member, disclosure_id: int, *, explanation: str, now: datetime
    ) -> None:
        """The document is repealed (废止): it stays readable, marked, and can never be revised. As withdraw_state."""
        _require(person, REPEAL)
        await self._end(connection, person, disclosure_id, Move.REPEAL, explanation, now)

    async def _end(
        self, connection: BaseDBAsyncClient, person: Member, disclosure_id: int, move: Move, explanation: str,
        now: datetime,
    ) -> None:  # fmt: skip
        if not explanation.strip():
            raise InvalidContent([block("explanation", "须写明向社会公布的说明。", "请填写说明。")])
        row = await _locked(connection, disclosure_id)
        state = moved(State(row.state), move, live=is_live(row))
        withdrawn_at = now if move is Move.WITHDRAW else None
        await _change(
            connection, row, state=state, withdrawn_at=withdrawn_at, explanation=explanation.strip(),
            approved_revision=None, approved_hash=None, emergency_hash=None, updated_at=now,
        )  # fmt: skip
        verb = "disclosure.withdrawn" if move is Move.WITHDRAW else "disclosure.repealed"
        await self._record(connection, now, person.actor, verb, row.id, explanation=explanation.strip())
        await emergencies.settle(connection, self._trail, row.id, how="withdrawn", actor=person.actor, now=now)

    async def _validated(self, draft: DraftText, now: datetime, *, itself: int | None = None) -> str:
        """The clean body of a draft that can be saved. Raises InvalidContent with everything that is wrong."""
        problems = list(checks.structure(draft, today=_shanghai(now)))
        problems += await draft_problems(draft, new=itself is None)
        if draft.interprets is not None and (
            draft.interprets == itself or not await Disclosure.filter(id=draft.interprets).exists()
        ):
            problems.append(block("interprets", "所解读的公开信息不存在。", "请选择已有的政策文件。"))
        for find, text, field in (
            (find_unit, draft.department, "department"),
            (find_category, draft.category, "category"),
        ):
            if text.strip() and itself is None:
                try:
                    await find(text)
                except InvalidContent as invalid:
                    problems += [problem for problem in invalid.problems if problem.field == field]
        if problems:
            raise InvalidContent(problems)
        return await clean_body(draft)

    async def _record(
        self,
        connection: BaseDBAsyncClient,
        now: datetime,
        actor: Actor,
        verb: str,
        disclosure_id: int,
        **detail: object,
    ) -> None:
        await record(self._trail, connection, now, actor, verb, disclosure_id, **detail)


def _shanghai(now: datetime) -> date:
    return now.astimezone(SHANGHAI).date()


def _same_revision(sheet: Sheet, expected: int | None) -> None:
    if expected is not None and expected != sheet.revision:
        raise Conflict(
            f"{sheet.version.author_name} 已保存第 {sheet.revision} 版，您修改的是第 {expected} 版。"
            "请核对差异后再保存。"
        )


async def _catalogued(
    connection: BaseDBAsyncClient, draft: DraftText, before: Sheet | None = None
) -> tuple[Unit, Category]:
    """The unit and the category of a draft. A name that the text already had stays good when the catalogue changed."""
    if before is not None and draft.department == before.content.department:
        unit = await Unit.filter(id=before.unit_id).using_db(connection).get()
        unit.name = before.content.department
    else:
        unit = await find_unit(draft.department, connection)
    if before is not None and draft.category == before.content.category:
        category = await Category.filter(id=before.category_id).using_db(connection).get()
        category.name = before.content.category
    else:
        category = await find_category(draft.category, connection)
    return unit, category


async def _save_version(
    connection: BaseDBAsyncClient, disclosure_id: int, number: int, content: Content, draft: DraftText, person: Member,
    now: datetime,
) -> None:  # fmt: skip
    await Revision.create(
        using_db=connection, disclosure_id=disclosure_id, number=number, content=content.canonical(),
        body_source=draft.body, body_format=draft.body_format, content_hash=content.digest(),
        author_id=person.account_id, author_name=person.display_name, created_at=now,
    )  # fmt: skip

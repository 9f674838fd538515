"""The desk where a text becomes a disclosure: each verb validates, changes and audits in one transaction, and returns the
sheet as it then lies there. What is sent, and when, is decided above this package."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError
from tortoise.expressions import RawSQL
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from disclosures import checks
from disclosures.attachments import READABLE, text_of
from disclosures.catalogue import find_category, find_unit
from disclosures.composition import clean_body, compose
from disclosures.content import Content
from disclosures.deadlines import deadlines
from disclosures.draft import DraftText, revised, unkept_pictures
from disclosures.errors import Conflict, InvalidContent, NotFound, NotPermitted, ReviewRefused, StateRefused
from disclosures.findings import Finding, block
from disclosures.indexnumber import take
from disclosures.member import REPEAL, SUBMIT, WITHDRAW, WRITE, Member
from disclosures.records import Category, Disclosure, Review, Revision, StoredFile, Unit
from disclosures.review import STEP_NAMES, STEPS, Decision, Refusal, Signature, Turn, decide
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


class Desk:
    """The verbs. ``credit_code`` is the district's 统一社会信用代码, with which index numbers begin."""

    def __init__(self, *, clock: Clock, trail: Trail, credit_code: str, working_days: WorkingDays) -> None:
        self._clock, self._trail = clock, trail
        self._credit_code, self._working_days = credit_code, working_days

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
        blocking = [finding for finding in await self.findings(before) if finding.blocks]
        if in_the_way := [finding for finding in blocking if not (reason.strip() and finding.overridable)]:
            raise InvalidContent(in_the_way)
        async with in_transaction() as connection:
            row = await _locked(connection, disclosure_id)
            if row.current_revision != before.revision:
                raise Conflict
            state = moved(State(row.state), Move.SUBMIT)
            submission = row.submission + 1
            await _change(
                connection, row, state=state, submission=submission, approved_revision=None, approved_hash=None,
                updated_at=now,
            )  # fmt: skip
            override = {"reason": reason.strip(), "overridden": [f.message for f in blocking]} if blocking else {}
            await self._record(
                connection, now, person.actor, "disclosure.submitted", row.id, revision=before.revision,
                content_hash=before.content_hash, submission=submission, **override,
            )  # fmt: skip
            return await read_sheet(row.id, connection)

    # Reviewing

    async def approve(
        self, person: Member, disclosure_id: int, *, seen_hash: str | None = None, remark: str = ""
    ) -> Sheet:
        """Signs the next of 初审, 复审, 终审; after the last the exact text is approved. ``seen_hash`` is the content
        hash of the text that the reviewer read. Raises ReviewRefused, NotFound, and Conflict when the text is another
        by now."""
        return await self._sign(person, disclosure_id, Decision.APPROVED, seen_hash, remark)

    async def reject(self, person: Member, disclosure_id: int, remark: str, *, seen_hash: str | None = None) -> Sheet:
        """Sends the text back to its author with a remark, which must not be empty (InvalidContent). Whoever may sign
        the step may reject it; otherwise ReviewRefused."""
        if not remark.strip():
            raise InvalidContent([block("remark", "退回时须写明理由。", "请填写退回意见。")])
        return await self._sign(person, disclosure_id, Decision.REJECTED, seen_hash, remark)

    async def may_sign(self, person: Member, disclosure_id: int) -> Turn | Refusal:
        """Whether this person may sign (or reject) now, and if not, why: what the screen shows beside the button."""
        sheet = await read_sheet(disclosure_id)
        return _decide(sheet, person, await _authors(None, sheet))

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
            versions=tuple([version_of(row) for row in rows]), signatures=await read_signatures(disclosure_id)
        )

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
        today = _shanghai(await self._clock.now())
        same_number = await _same_document_number(sheet)
        attached: dict[str, str] = {}
        for file in sheet.content.attachments:
            if file.media_type in READABLE:
                row = await StoredFile.get(sha256=file.sha256)
                attached[file.file_name] = await asyncio.to_thread(text_of, bytes(row.data), row.media_type)
        return await asyncio.to_thread(_examine, sheet, today, same_number, attached)

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
        (or no longer) the approved one: then the caller's transaction must fail and nothing goes out."""
        row = await _locked(connection, disclosure_id)
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
            approved_revision=None, approved_hash=None, updated_at=now,
        )  # fmt: skip
        verb = "disclosure.withdrawn" if move is Move.WITHDRAW else "disclosure.repealed"
        await self._record(connection, now, person.actor, verb, row.id, explanation=explanation.strip())

    async def _validated(self, draft: DraftText, now: datetime, *, itself: int | None = None) -> str:
        """The clean body of a draft that can be saved. Raises InvalidContent with everything that is wrong."""
        problems = list(checks.structure(draft, today=_shanghai(now)))
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

    async def _sign(
        self, person: Member, disclosure_id: int, decision: Decision, seen_hash: str | None, remark: str
    ) -> Sheet:
        now = await self._clock.now()
        try:
            async with in_transaction() as connection:
                row = await _locked(connection, disclosure_id)
                sheet = await read_sheet(disclosure_id, connection)
                if seen_hash is not None and seen_hash != sheet.content_hash:
                    raise Conflict("您审阅之后内容已被修改，请重新审阅后再签署。")
                turn = _decide(sheet, person, await _authors(connection, sheet))
                if isinstance(turn, Refusal):
                    raise ReviewRefused(turn.reason)
                await Review.create(
                    using_db=connection, disclosure_id=disclosure_id, submission=sheet.submission, step=turn.step,
                    decision=decision, reviewer_id=person.account_id, reviewer_name=person.display_name,
                    content_hash=sheet.content_hash, remark=remark.strip(), at=now,
                )  # fmt: skip
                await _change(connection, row, updated_at=now, **_consequence(sheet, decision, turn))
                await self._record(
                    connection, now, person.actor, f"disclosure.{decision}", disclosure_id, step=turn.step,
                    revision=sheet.revision, content_hash=sheet.content_hash, submission=sheet.submission,
                    remark=remark.strip(),
                )  # fmt: skip
                return await read_sheet(disclosure_id, connection)
        except IntegrityError as clash:
            # The table itself allows one signature a step and one a person in each submission.
            raise ReviewRefused("该步骤已由他人签署，或您已签署过本次送审。") from clash

    async def _record(
        self,
        connection: BaseDBAsyncClient,
        now: datetime,
        actor: Actor,
        verb: str,
        disclosure_id: int,
        **detail: object,
    ) -> None:
        await self._trail.append(
            connection, at=now, actor=actor, verb=verb, subject=f"disclosure:{disclosure_id}", **detail
        )


def _require(person: Member, verb: str) -> None:
    if not person.may(verb):
        raise NotPermitted


def _shanghai(now: datetime) -> date:
    return now.astimezone(SHANGHAI).date()


def _same_revision(sheet: Sheet, expected: int | None) -> None:
    if expected is not None and expected != sheet.revision:
        raise Conflict(
            f"{sheet.version.author_name} 已保存第 {sheet.revision} 版，您修改的是第 {expected} 版。"
            "请核对差异后再保存。"
        )


def _decide(sheet: Sheet, person: Member, authors: frozenset[int]) -> Turn | Refusal:
    return decide(
        state=sheet.state, signatures=sheet.signatures, content_hash=sheet.content_hash, authors=authors,
        reviewer_id=person.account_id, may=person.may,
    )  # fmt: skip


def _consequence(sheet: Sheet, decision: Decision, turn: Turn) -> dict[str, Any]:
    if decision is Decision.REJECTED:
        return {"state": moved(sheet.state, Move.REJECT)}
    if not turn.last:
        return {"state": moved(sheet.state, Move.SIGN)}
    # Three signatures by three people under this very hash; the database rows prove it to whoever looks later.
    if {signature.step for signature in sheet.signatures} | {turn.step} != set(STEPS):
        raise ReviewRefused(f"{STEP_NAMES[turn.step]}之前的审签不完整，不能审定。")
    return {
        "state": moved(sheet.state, Move.APPROVE),
        "approved_revision": sheet.revision,
        "approved_hash": sheet.content_hash,
    }


def _examine(sheet: Sheet, today: date, same_number: list[str], attached: dict[str, str]) -> tuple[Finding, ...]:
    unkept = unkept_pictures(sheet.version.body_source, sheet.version.body_format)
    return checks.check(sheet.content, today=today, same_number=same_number, unkept_pictures=unkept, attached=attached)


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


async def _locked(connection: BaseDBAsyncClient, disclosure_id: int) -> Disclosure:
    row = await Disclosure.filter(id=disclosure_id).using_db(connection).select_for_update().first()
    if row is None:
        raise NotFound(f"没有编号为 {disclosure_id} 的公开信息。")
    return row


async def _change(connection: BaseDBAsyncClient, row: Disclosure, **values: Any) -> None:
    """Compare-and-swap: SQLite knows no row locks, so the change itself proves that nobody came between."""
    unchanged = Disclosure.filter(
        id=row.id, state=row.state, current_revision=row.current_revision, submission=row.submission,
        updated_at=row.updated_at,
    )  # fmt: skip
    if await unchanged.using_db(connection).update(**values) != 1:
        raise Conflict


async def _save_version(
    connection: BaseDBAsyncClient, disclosure_id: int, number: int, content: Content, draft: DraftText, person: Member,
    now: datetime,
) -> None:  # fmt: skip
    await Revision.create(
        using_db=connection, disclosure_id=disclosure_id, number=number, content=content.canonical(),
        body_source=draft.body, body_format=draft.body_format, content_hash=content.digest(),
        author_id=person.account_id, author_name=person.display_name, created_at=now,
    )  # fmt: skip


async def _authors(connection: BaseDBAsyncClient | None, sheet: Sheet) -> frozenset[int]:
    """Who wrote any of the text since three people last approved it; the first author always."""
    approved = (
        await Review.filter(disclosure_id=sheet.id, step=STEPS[-1], decision=Decision.APPROVED)
        .using_db(connection)
        .order_by("-id")
        .first()
    )
    versions = Revision.filter(disclosure_id=sheet.id).using_db(connection)
    if approved is not None:
        signed = (
            await versions.filter(content_hash=approved.content_hash, created_at__lte=approved.at)
            .order_by("-number")
            .first()
        )
        if signed is not None:
            versions = versions.filter(number__gt=signed.number)
    ids = {int(row["author_id"]) for row in await versions.values("author_id")}
    return frozenset(ids | {sheet.author_id})


async def _same_document_number(sheet: Sheet) -> list[str]:
    """Titles of other disclosures, not withdrawn, that carry the same 文号."""
    if not sheet.content.document_number:
        return []
    rows = (
        await Revision.exclude(disclosure_id=sheet.id)
        .annotate(written=RawSQL('"disclosure_revision"."content"->>\'document_number\''))
        .filter(written=sheet.content.document_number)
        .exclude(disclosure__state=State.WITHDRAWN)
        .filter(disclosure__embargoed_at__isnull=True)
        .order_by("-id")
        .limit(10)
        .select_related("disclosure")
    )
    return list(dict.fromkeys(row.disclosure.title for row in rows if row.disclosure.current_revision == row.number))

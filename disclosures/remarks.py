"""Remarks on a sentence: made while reading, answered by the author before the text is submitted again (features P8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from disclosures.errors import InvalidContent, NotFound, NotPermitted, StateRefused
from disclosures.findings import Finding, block
from disclosures.member import WRITE, Member
from disclosures.review import STEP_VERBS
from disclosures.reviewing_records import ReviewRemark
from disclosures.rows import locked, record, require
from disclosures.sentences import FIELD_LABELS, LONGEST, Anchor, find_quote, follow, sentences, text_of_field
from disclosures.sheet import Sheet, read_sheet, read_version
from disclosures.states import State

OPEN, ANSWERED, ACCEPTED = "open", "answered", "accepted"
STATE_WORDS = {OPEN: "待答复", ANSWERED: "已答复", ACCEPTED: "已认可"}
CHANGED, KEPT = "changed", "kept"
ANSWER_NAMES = {CHANGED: "改了", KEPT: "不改"}
LONGEST_TEXT = 1000
MOST = 200
"""Remarks on one disclosure that are not accepted yet; beyond that the text is to be talked about, not remarked on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One remark and what became of it."""

    id: int
    disclosure_id: int
    revision: int
    field: str
    quote: str
    start: int
    text: str
    by_id: int | None
    by_name: str
    at: datetime
    state: str
    answer_kind: str
    answer: str
    answered_by_name: str
    answered_at: datetime | None
    closed_by_name: str
    closed_at: datetime | None

    @property
    def open(self) -> bool:
        return self.state == OPEN

    @property
    def label(self) -> str:
        return FIELD_LABELS.get(self.field, self.field)

    @property
    def state_name(self) -> str:
        return STATE_WORDS[self.state]

    @property
    def answer_name(self) -> str:
        return ANSWER_NAMES.get(self.answer_kind, "")

    @property
    def short_quote(self) -> str:
        return self.quote if len(self.quote) <= 40 else f"{self.quote[:39]}…"


def remark_of(row: ReviewRemark) -> Remark:
    return Remark(
        id=row.id, disclosure_id=row.disclosure_id, revision=row.revision, field=row.field, quote=row.quote,
        start=row.start, text=row.text, by_id=row.by_id, by_name=row.by_name, at=row.at, state=row.state,
        answer_kind=row.answer_kind, answer=row.answer, answered_by_name=row.answered_by_name,
        answered_at=row.answered_at, closed_by_name=row.closed_by_name, closed_at=row.closed_at,
    )  # fmt: skip


async def remarks_of(disclosure_id: int, connection: BaseDBAsyncClient | None = None) -> tuple[Remark, ...]:
    """Every remark on a disclosure, oldest first."""
    rows = await ReviewRemark.filter(disclosure_id=disclosure_id).using_db(connection).order_by("id")
    return tuple(remark_of(row) for row in rows)


async def open_remarks(disclosure_id: int, connection: BaseDBAsyncClient | None = None) -> tuple[Remark, ...]:
    """Those that wait for an answer."""
    rows = ReviewRemark.filter(disclosure_id=disclosure_id, state=OPEN).using_db(connection)
    return tuple(remark_of(row) for row in await rows.order_by("id"))


def unanswered(remarks: Sequence[Remark]) -> list[Finding]:
    """What stands in the way of a submission."""
    return [
        block(
            "remarks", f"{each.by_name}对{each.label}“{each.short_quote}”的意见还没有答复：{each.text}",
            "请在“逐句审阅”页面答复（改了，或不改并说明理由）。",
        )
        for each in remarks
    ]  # fmt: skip


def anchored(remark: Remark, sheet: Sheet) -> Anchor:
    """Where the remark belongs in the newest text."""
    return follow(remark.quote, remark.start, sentences(text_of_field(sheet.content, remark.field)))


class Remarks:
    """The verbs: each validates, changes and audits in one transaction."""

    def __init__(self, *, clock: Clock, trail: Trail) -> None:
        self._clock = clock
        self._trail = trail

    async def place(
        self, person: Member, disclosure_id: int, *, field: str, text: str, quote: str = "", start: int | None = None,
        seen_revision: int | None = None,
    ) -> Remark:  # fmt: skip
        """A remark on the sentence that begins at ``start``, or that ``quote`` stands in. Raises NotPermitted (only
        reviewers remark), NotFound, InvalidContent."""
        if not any(person.may(verb) for verb in STEP_VERBS.values()):
            raise NotPermitted
        return await self.place_as(
            disclosure_id, field=field, text=text, quote=quote, start=start, seen_revision=seen_revision,
            by_id=person.account_id, by_name=person.display_name, actor=person.actor,
        )  # fmt: skip

    async def place_as(
        self, disclosure_id: int, *, field: str, text: str, quote: str, start: int | None, seen_revision: int | None,
        by_id: int | None, by_name: str, actor: Actor,
    ) -> Remark:  # fmt: skip
        """As ``place``, for somebody whose right to remark the caller has seen to (a reader by a link)."""
        version = await read_version(disclosure_id, seen_revision or (await read_sheet(disclosure_id)).revision)
        sentence = None
        if field in FIELD_LABELS:
            among = sentences(text_of_field(version.content, field))
            at_start = next((each for each in among if each.start == start), None)
            sentence = at_start if start is not None else find_quote(quote, among)
        problems = []
        if sentence is None:
            problems.append(block("quote", "没有找到所指的句子。", "请点选要提意见的句子。"))
        if not text.strip():
            problems.append(block("text", "没有写意见。", "请写明哪里不妥、建议怎样改。"))
        elif len(text.strip()) > LONGEST_TEXT:
            problems.append(block("text", f"意见超过 {LONGEST_TEXT} 个字。", "请精简。"))
        if problems or sentence is None:
            raise InvalidContent(problems)
        async with in_transaction() as connection:
            now = await self._clock.now()
            row = await locked(connection, disclosure_id)
            if State(row.state) is State.REPEALED:
                raise StateRefused("已废止的信息不能再提意见。")
            waiting = ReviewRemark.filter(disclosure_id=disclosure_id).exclude(state=ACCEPTED).using_db(connection)
            if await waiting.count() >= MOST:
                raise StateRefused(f"未办结的意见已有 {MOST} 条，请先退回拟稿人处理。")
            made = await ReviewRemark.create(
                using_db=connection, disclosure_id=disclosure_id, revision=version.number, field=field,
                quote=sentence.text[:LONGEST], start=sentence.start, text=text.strip(), by_id=by_id,
                by_name=by_name[:64], at=now, state=OPEN,
            )  # fmt: skip
            remark = remark_of(made)
            await record(
                self._trail, connection, now, actor, "disclosure.remark.placed", disclosure_id,
                remark=remark.id, field=remark.label, quote=remark.short_quote, text=remark.text,
                revision=version.number,
            )  # fmt: skip
        return remark

    async def answer(self, person: Member, remark_id: int, *, kind: str, text: str = "") -> Remark:
        """改了, or 不改 with the reason. Raises NotPermitted, NotFound, InvalidContent, StateRefused."""
        require(person, WRITE)
        text = text.strip()
        if kind not in ANSWER_NAMES:
            raise InvalidContent([block("kind", "没有选择怎样答复。", "请选择“改了”或“不改”。")])
        if kind == KEPT and not text:
            raise InvalidContent([block("answer", "不改须说明理由。", "请写明为什么保留原文。")])
        if len(text) > LONGEST_TEXT:
            raise InvalidContent([block("answer", f"答复超过 {LONGEST_TEXT} 个字。", "请精简。")])
        async with in_transaction() as connection:
            now = await self._clock.now()
            row = await _taken(connection, remark_id)
            if row.state == ACCEPTED:
                raise StateRefused("这条意见已经办结，不必再答复。")
            await ReviewRemark.filter(id=remark_id).using_db(connection).update(
                state=ANSWERED, answer_kind=kind, answer=text, answered_by_id=person.account_id,
                answered_by_name=person.display_name, answered_at=now,
            )  # fmt: skip
            await record(
                self._trail, connection, now, person.actor, "disclosure.remark.answered", row.disclosure_id,
                remark=remark_id, kind=kind, text=text, quote=remark_of(row).short_quote,
            )  # fmt: skip
            return remark_of(await ReviewRemark.get(id=remark_id, using_db=connection))

    async def accept(self, person: Member, remark_id: int) -> Remark:
        """认可: a reviewer is content with the answer; or whoever made the remark takes it back. Nobody closes a remark
        that somebody else made and nobody answered. Raises NotPermitted, NotFound, StateRefused."""
        if not any(person.may(verb) for verb in STEP_VERBS.values()):
            raise NotPermitted
        async with in_transaction() as connection:
            now = await self._clock.now()
            row = await _taken(connection, remark_id)
            if row.state == ACCEPTED:
                raise StateRefused("这条意见已经办结。")
            if row.answered_by_id == person.account_id and row.by_id != person.account_id:
                raise StateRefused("自己的答复须由提意见的人或其他审核人认可。")
            if row.state == OPEN and row.by_id != person.account_id:
                raise StateRefused("这条意见还没有答复，只有提出人可以收回。")
            await (
                ReviewRemark.filter(id=remark_id)
                .using_db(connection)
                .update(state=ACCEPTED, closed_by_name=person.display_name, closed_at=now)
            )
            await record(
                self._trail, connection, now, person.actor,
                "disclosure.remark.taken_back" if row.state == OPEN else "disclosure.remark.accepted", row.disclosure_id,
                remark=remark_id, quote=remark_of(row).short_quote,
            )  # fmt: skip
            return remark_of(await ReviewRemark.get(id=remark_id, using_db=connection))


async def _taken(connection: BaseDBAsyncClient, remark_id: int) -> ReviewRemark:
    """The remark, under its disclosure's lock. Raises NotFound."""
    row = await ReviewRemark.filter(id=remark_id).using_db(connection).first()
    if row is None:
        raise NotFound("没有这条意见。")
    await locked(connection, row.disclosure_id)
    return await ReviewRemark.get(id=remark_id, using_db=connection)

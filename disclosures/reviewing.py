"""Reviewing: a text gets its chain when it is submitted, and the signatures of it one by one. The desk's other half."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from disclosures import emergencies
from disclosures.errors import Conflict, InvalidContent, ReviewRefused
from disclosures.findings import block
from disclosures.kinds import find_kind
from disclosures.member import Member
from disclosures.records import Disclosure, Review, Revision
from disclosures.remarks import open_remarks, unanswered
from disclosures.review import (
    STEP_NAMES,
    STEP_VERBS,
    STEPS,
    Chain,
    Decision,
    Refusal,
    Standing,
    Step,
    Turn,
    chain_of,
    decide,
    with_secrecy,
)
from disclosures.reviewing_records import ReviewOpening
from disclosures.rows import change, locked, record
from disclosures.secrecy import NEEDS_ONE, OPEN, PART, SECRET, rules
from disclosures.sheet import Sheet, read_sheet
from disclosures.states import Move, State, moved

SHANGHAI = ZoneInfo("Asia/Shanghai")

Deputies = Callable[[int, date], Awaitable[Sequence[Standing]]]
"""(account, day in Shanghai) → for whom this account may sign on that day."""


async def nobody(_account_id: int, _day: date) -> Sequence[Standing]:
    """A house without deputies."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """What a person decides at his step. ``opinion`` belongs to 保密审查."""

    decision: Decision
    remark: str
    opinion: str = ""
    seen_hash: str | None = None


class Reviewing:
    """Signs and sends back. ``deputies`` tells who may sign in whose place."""

    def __init__(self, *, clock: Clock, trail: Trail, deputies: Deputies = nobody) -> None:
        self._clock = clock
        self._trail = trail
        self._deputies = deputies

    async def sign(self, person: Member, disclosure_id: int, signing: Signing) -> Sheet:
        """Raises ReviewRefused, NotFound, InvalidContent, and Conflict when the text is another by now."""
        now = await self._clock.now()
        standing = await self._standing(person, now)
        try:
            async with in_transaction() as connection:
                row = await locked(connection, disclosure_id)
                sheet = await read_sheet(disclosure_id, connection)
                if signing.seen_hash is not None and signing.seen_hash != sheet.content_hash:
                    raise Conflict("您审阅之后内容已被修改，请重新审阅后再签署。")
                debt = await emergencies.open_debt(disclosure_id, connection)
                turn = await _turn(connection, sheet, person, standing, debt)
                if isinstance(turn, Refusal):
                    raise ReviewRefused(turn.reason)
                signing = await _checked(connection, sheet, person, turn, signing)
                await Review.create(
                    using_db=connection, disclosure_id=disclosure_id, submission=sheet.submission, step=turn.step,
                    decision=signing.decision, reviewer_id=person.account_id, reviewer_name=person.display_name,
                    content_hash=sheet.content_hash, remark=signing.remark, at=now, opinion=signing.opinion or None,
                    for_id=turn.for_id, for_name=turn.for_name or None,
                    opened_at=await _opened_at(connection, sheet, person),
                )  # fmt: skip
                await change(connection, row, updated_at=now, **_consequence(sheet, signing.decision, turn, debt))
                await record(
                    self._trail, connection, now, person.actor, f"disclosure.{signing.decision}", disclosure_id,
                    step=turn.step, revision=sheet.revision, content_hash=sheet.content_hash,
                    submission=sheet.submission, remark=signing.remark, **_besides(turn, signing),
                )  # fmt: skip
                await self._settled(connection, sheet, person, signing.decision, turn, now)
                return await read_sheet(disclosure_id, connection)
        except IntegrityError as clash:
            # The table itself allows one signature a step and one a person in each submission.
            raise ReviewRefused("该步骤已由他人签署，或您已签署过本次送审。") from clash

    async def may_sign(self, person: Member, disclosure_id: int) -> Turn | Refusal:
        """Whether this person may sign (or reject) now, in his own name or as a deputy, and if not, why."""
        sheet = await read_sheet(disclosure_id)
        standing = await self._standing(person, await self._clock.now())
        return await _turn(None, sheet, person, standing, await emergencies.open_debt(disclosure_id))

    async def steps_of(self, person: Member) -> frozenset[Step]:
        """The steps that this person may sign today, for himself or for another."""
        standing = await self._standing(person, await self._clock.now())
        lent = {step for each in standing for step in each.steps}
        return frozenset(step for step in Step if person.may(STEP_VERBS[step]) or step in lent)

    async def opened(self, person: Member, sheet: Sheet) -> None:
        """The person whose turn it is has the text before him; only the first time counts."""
        kept = ReviewOpening.filter(
            disclosure_id=sheet.id, submission=sheet.submission, reviewer_id=person.account_id
        )  # fmt: skip
        if await kept.exists():
            return
        try:
            async with in_transaction() as connection:
                await ReviewOpening.create(
                    using_db=connection, disclosure_id=sheet.id, submission=sheet.submission,
                    reviewer_id=person.account_id, at=await self._clock.now(),
                )  # fmt: skip
        except IntegrityError:
            # He opened it in two windows at once.
            return

    async def _standing(self, person: Member, now: datetime) -> Sequence[Standing]:
        return await self._deputies(person.account_id, now.astimezone(SHANGHAI).date())

    async def _settled(
        self, connection: BaseDBAsyncClient, sheet: Sheet, person: Member, decision: Decision, turn: Turn, now: datetime
    ) -> None:
        """What a signature means for the debt of an emergency release."""
        if decision is Decision.REJECTED:
            await emergencies.rejected(connection, sheet.id, sheet.content_hash, now)
        elif turn.last:
            debt = await emergencies.open_debt(sheet.id, connection)
            how = "signed" if debt is not None and debt.content_hash == sheet.content_hash else "corrected"
            await emergencies.settle(
                connection, self._trail, sheet.id, how=how, actor=person.actor, now=now, only=sheet.content_hash
            )


async def chain_for(connection: BaseDBAsyncClient, sheet: Sheet) -> Chain:
    """The chain that this text gets when it is submitted now. Raises InvalidContent when its kind's chain is none."""
    kind = await find_kind(sheet.content.kind, connection)
    try:
        chain = chain_of(kind.chain)
    except ValueError as wrong:
        message = f"文种“{kind.name}”的审核流程设置不正确：{wrong}。"
        raise InvalidContent([block("kind", message, "请政务公开办在文种设置中改正。")]) from wrong
    # A text that a secrecy review once objected to goes there again, whatever kind it has become.
    objected = Review.filter(disclosure_id=sheet.id, step=Step.SECRECY, decision=Decision.REJECTED)
    return with_secrecy(chain) if await objected.using_db(connection).exists() else chain


async def ready(connection: BaseDBAsyncClient, sheet: Sheet) -> Chain:
    """The chain of a text that may be submitted. Raises InvalidContent while a remark is unanswered, and for a text that
    a secrecy review found to be a secret."""
    problems = unanswered(await open_remarks(sheet.id, connection))
    if await found_secret(connection, sheet):
        problems.append(
            block("body", "这一文本经保密审查认定涉密，不得公开。", "请删除涉密内容，保存为新的版本后再送审。")
        )
    if problems:
        raise InvalidContent(problems)
    return await chain_for(connection, sheet)


async def found_secret(connection: BaseDBAsyncClient, sheet: Sheet) -> bool:
    """Whether 保密审查 ended with 涉密不得公开 for this very text."""
    secret = Review.filter(disclosure_id=sheet.id, opinion=SECRET, content_hash=sheet.content_hash)
    return await secret.using_db(connection).exists()


def frozen(chain: Chain) -> list[str] | None:
    """The chain as the row keeps it: nothing for the plain one."""
    return None if chain == STEPS else [str(step) for step in chain]


async def authors(connection: BaseDBAsyncClient | None, sheet: Sheet) -> frozenset[int]:
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


async def _turn(
    connection: BaseDBAsyncClient | None, sheet: Sheet, person: Member, standing: Sequence[Standing],
    debt: emergencies.Debt | None,
) -> Turn | Refusal:  # fmt: skip
    owed = debt is not None and debt.content_hash == sheet.content_hash
    return decide(
        state=sheet.state, signatures=sheet.signatures, content_hash=sheet.content_hash,
        authors=await authors(connection, sheet), reviewer_id=person.account_id, may=person.may, chain=sheet.chain,
        standing=standing, authoriser=debt.authorised_by_id if debt is not None and owed else None,
    )  # fmt: skip


async def _checked(
    connection: BaseDBAsyncClient, sheet: Sheet, person: Member, turn: Turn, signing: Signing
) -> Signing:
    """The signing as it is written down. Raises InvalidContent, ReviewRefused."""
    waiting = await open_remarks(sheet.id, connection)
    remark, opinion = signing.remark.strip(), ""
    if turn.step is Step.SECRECY:
        opinion = _opinion(signing)
    if signing.decision is Decision.APPROVED:
        if waiting:
            raise ReviewRefused(
                f"还有 {len(waiting)} 条逐句意见没有答复：请等拟稿人答复，或退回；自己提出的也可以收回。"
            )
    elif not remark:
        mine = [each for each in waiting if each.by_id == person.account_id]
        if not mine:
            raise InvalidContent([block("remark", "退回时须写明理由。", "请填写退回意见，或在正文中逐句提意见。")])
        remark = f"见逐句意见（{len(mine)} 条）"
    return Signing(decision=signing.decision, remark=remark, opinion=opinion)


def _opinion(signing: Signing) -> str:
    known = rules().opinions
    code = signing.opinion or ("" if signing.decision is Decision.APPROVED else PART)
    if code not in known:
        raise InvalidContent([block("opinion", NEEDS_ONE, "请选择一项意见。")])
    if known[code].approves is not (signing.decision is Decision.APPROVED):
        said = f"“{known[code].name}”"
        wrong = f"意见是{said}，应当退回，不能通过。" if code != OPEN else f"意见是{said}，不必退回。"
        raise InvalidContent([block("opinion", wrong, "请核对意见与办理方式。")])
    return code


def _besides(turn: Turn, signing: Signing) -> dict[str, object]:
    """What the trail says beyond a plain signature."""
    besides: dict[str, object] = {}
    if signing.opinion:
        besides["opinion"] = signing.opinion
    if turn.for_id is not None:
        besides |= {"for_id": turn.for_id, "for_name": turn.for_name}
    return besides


async def _opened_at(connection: BaseDBAsyncClient, sheet: Sheet, person: Member) -> datetime | None:
    kept = ReviewOpening.filter(disclosure_id=sheet.id, submission=sheet.submission, reviewer_id=person.account_id)
    row = await kept.using_db(connection).first()
    return None if row is None else row.at


def _consequence(sheet: Sheet, decision: Decision, turn: Turn, debt: emergencies.Debt | None) -> dict[str, Any]:
    if decision is Decision.REJECTED:
        # What has not gone out of an emergency release stays in the house.
        return {"state": moved(sheet.state, Move.REJECT), "emergency_hash": None}
    if not turn.last:
        return {"state": moved(sheet.state, Move.SIGN)}
    # Three signatures by three people under this very hash; the database rows prove it to whoever looks later.
    if {signature.step for signature in sheet.signatures} | {turn.step} != set(sheet.chain):
        raise ReviewRefused(f"{STEP_NAMES[turn.step]}之前的审签不完整，不能审定。")
    state = moved(sheet.state, Move.APPROVE)
    if debt is not None and debt.content_hash == sheet.content_hash and debt.released_at is not None and sheet.live:
        state = moved(state, Move.RELEASE)
    return {
        "state": state, "approved_revision": sheet.revision, "approved_hash": sheet.content_hash,
        "emergency_hash": None,
    }  # fmt: skip


def is_open_state(row: Disclosure) -> bool:
    """Whether the text is on its way to approval: what an emergency release may take from there."""
    return State(row.state) in {State.DRAFT, State.SUBMITTED, State.IN_REVIEW}

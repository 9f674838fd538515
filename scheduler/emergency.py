"""应急发布: a text goes out before it is signed, on one final reviewer's word, and leaves a debt (features P10, ADR 0029)."""

from collections.abc import Iterable

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from disclosures import emergencies
from disclosures.desk import Desk
from disclosures.emergencies import SHORTEST_REASON, Debt
from disclosures.errors import Conflict, InvalidContent, ReviewRefused, StateRefused
from disclosures.findings import Finding, block
from disclosures.proofreading import close_pass, proofread
from disclosures.records import Disclosure, Review
from disclosures.review import Decision
from disclosures.reviewing import authors, chain_for, found_secret, frozen, is_open_state
from disclosures.reviewing_records import EmergencyRelease
from disclosures.rows import change, locked, record
from disclosures.sheet import Sheet, read_sheet
from disclosures.states import Move, State, moved
from publishers.incident_desk import insist
from publishers.incidents import clear_incident
from publishers.records import Incident, Release
from scheduler.timetable import Timetable
from staff.person import Person
from staff.roles import Verb

LONGEST_REASON = 500
_KEY = "emergency:"


class Emergency:
    """Authorises and releases in one transaction, and keeps reminding until the signatures stand. ``hours``: how long the
    signatures may take."""

    def __init__(self, *, clock: Clock, trail: Trail, desk: Desk, timetable: Timetable, hours: int) -> None:
        self._clock = clock
        self._trail = trail
        self._desk = desk
        self._timetable = timetable
        self.hours = hours

    async def release(
        self, person: Person, disclosure_id: int, *, reason: str, channels: Iterable[str], secrecy_checked: bool,
        seen_hash: str | None = None, confirm_mass: bool = False, operator_address: str = "",
    ) -> Release:  # fmt: skip
        """Lets the newest text out now. What blocks without an override blocks here too; what could be overridden is
        overridden by the reason. Raises NotAllowed, InvalidContent, StateRefused, ReviewRefused, Conflict, NotReleasable."""
        person.require(Verb.RELEASE_EMERGENCY)
        reason = reason.strip()
        sheet = await read_sheet(disclosure_id)
        overridden = await self._examined(sheet, reason, secrecy_checked)
        proof = await proofread(sheet)
        async with in_transaction() as connection:
            now = await self._clock.now()
            row = await locked(connection, disclosure_id)
            sheet = await read_sheet(disclosure_id, connection)
            if proof.to_revision != sheet.revision or (seen_hash is not None and seen_hash != sheet.content_hash):
                raise Conflict("您审阅之后内容已被修改，请重新审阅后再办理。")
            if await emergencies.open_debt(disclosure_id, connection) is not None:
                raise StateRefused("上一次应急发布的补审还没有办结，请先办结。")
            await _fit(connection, row, sheet, person)
            submission = sheet.submission + (1 if State(row.state) is State.DRAFT else 0)
            debt = await emergencies.keep(
                connection, disclosure_id=disclosure_id, revision=sheet.revision, content_hash=sheet.content_hash,
                submission=submission, title=sheet.title, unit_id=sheet.unit_id, reason=reason, channels=list(channels),
                by_id=person.account_id, by_name=person.display_name, now=now, hours=self.hours,
            )  # fmt: skip
            was_draft = State(row.state) is State.DRAFT
            values = {"emergency_hash": sheet.content_hash, "updated_at": now}
            if was_draft:
                chain = frozen(await chain_for(connection, sheet))
                values |= {"state": moved(State.DRAFT, Move.SUBMIT), "submission": submission, "chain": chain}
            await change(connection, row, **values)
            # In the same transaction: an authorisation without its release would lie about and be used later. The trail
            # comes after it, because its head is the last lock that anybody takes (publishers.conclusion).
            release = await self._timetable.schedule(
                person, disclosure_id, at="now", channels=debt.channels, confirm_mass=confirm_mass,
                operator_address=operator_address, emergency=True, reason=reason, override=reason,
            )  # fmt: skip
            if was_draft:
                await close_pass(connection, self._trail, sheet, proof, person=person, now=now)
            await record(
                self._trail, connection, now, person.actor, "disclosure.emergency", disclosure_id, reason=reason,
                channels=list(debt.channels), content_hash=sheet.content_hash, revision=sheet.revision,
                due_at=debt.due_at.isoformat(), overridden=overridden, secrecy_checked=secrecy_checked,
                release=release.id,
            )  # fmt: skip
            return release

    async def sweep(self) -> None:
        """The overdue become incidents and are marked for the ranking; incidents of settled debts end."""
        now = await self._clock.now()
        debts = await emergencies.open_debts()
        for debt in debts:
            if debt.late(now):
                await self._mark(debt)
                await insist(
                    f"{_KEY}{debt.id}", kind="emergency", now=now, link=f"/console/disclosures/{debt.disclosure_id}",
                    message=f"“{debt.title}”应急发布后，审签逾期未补齐", remedy=debt.task,
                )  # fmt: skip
        standing = {f"{_KEY}{debt.id}" for debt in debts}
        for row in await Incident.filter(kind="emergency").exclude(open_key=None):
            if row.key not in standing:
                await clear_incident(row.key, now=now)

    async def _mark(self, debt: Debt) -> None:
        if debt.overdue_at is not None:
            return
        async with in_transaction() as connection:
            now = await self._clock.now()
            await locked(connection, debt.disclosure_id)
            marked = await (
                EmergencyRelease.filter(id=debt.id, overdue_at=None, settled_at=None)
                .using_db(connection)
                .update(overdue_at=now)
            )
            if marked:
                await record(
                    self._trail, connection, now, Actor.machine("发布系统"), "disclosure.emergency.overdue",
                    debt.disclosure_id, due_at=debt.due_at.isoformat(), content_hash=debt.content_hash,
                )  # fmt: skip

    async def _examined(self, sheet: Sheet, reason: str, secrecy_checked: bool) -> list[str]:
        """The findings that the reason overrides. Raises InvalidContent."""
        problems: list[Finding] = []
        if len(reason) < SHORTEST_REASON:
            problems.append(
                block(
                    "reason", f"应急发布的理由不少于 {SHORTEST_REASON} 个字。", "请写明发生了什么、为什么来不及审签。"
                )
            )
        elif len(reason) > LONGEST_REASON:
            problems.append(block("reason", f"理由超过 {LONGEST_REASON} 个字。", "请精简。"))
        if not secrecy_checked:
            problems.append(block("secrecy_checked", "没有确认保密自查。", "请先做保密自查，再勾选。"))
        found = [finding for finding in await self._desk.findings(sheet) if finding.blocks]
        problems += [finding for finding in found if not finding.overridable]
        if problems:
            raise InvalidContent(problems)
        return [finding.message for finding in found]


async def _fit(connection: BaseDBAsyncClient, row: Disclosure, sheet: Sheet, person: Person) -> None:
    """Raises StateRefused for a text that this is not for, ReviewRefused when it is the person."""
    if sheet.approved:
        raise StateRefused("这一文本已经审定，请由发布员直接安排发布。")
    if not is_open_state(row):
        raise StateRefused(f"当前状态为“{sheet.state_name}”，不能应急发布。")
    if await found_secret(connection, sheet):
        raise StateRefused("这一文本经保密审查认定涉密，不得公开。")
    back = Review.filter(disclosure_id=sheet.id, decision=Decision.REJECTED, content_hash=sheet.content_hash)
    if await back.using_db(connection).exists():
        raise StateRefused("这一文本刚被审核人退回，请修改后再办理。")
    if person.account_id in await authors(connection, sheet):
        raise ReviewRefused("应急发布不能由撰稿人本人批准，请由其他终审人员办理。")
    if any(person.account_id in signature.people for signature in sheet.signatures):
        raise ReviewRefused("您已审签本次送审，应急发布须由另一位终审人员批准。")

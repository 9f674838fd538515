"""The API's calls on deliveries: what is unknown, what was tried, and what one person or two decide."""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from pydantic import BaseModel

from console.api.bodies import (
    AttemptAnswer,
    ConfirmBody,
    DecideBody,
    DeliveryDetail,
    DeliveryLine,
    DeliveryListAnswer,
    ProposalAnswer,
    ProposeBody,
    RefuseBody,
)
from console.api.intake import parse, read_body, whole_number
from console.api.problems import dumps
from console.api.receipts import Answer, Receipts, keyed
from console.doubts import titles_of
from console.errors import FieldError, RequestInvalid
from disclosures.embargo import hidden_from
from publishers.choices import choices
from publishers.conclusion import WITHDRAWN_MEANWHILE
from publishers.decisions import Decisions
from publishers.proposals import OPEN, Proposals, proposals_of
from publishers.records import Attempt, Delivery, Proposal
from publishers.states import State
from scheduler.errors import ReleaseNotFound
from staff.person import Person

PER_PAGE: Final = 20
MOST_ATTEMPTS: Final = 500


class DeliveryCalls:
    """Handlers; each is parse → verb → answer. What must be read from the platform is read before the transaction."""

    def __init__(self, *, decisions: Decisions, proposals: Proposals, receipts: Receipts) -> None:
        self._decisions = decisions
        self._proposals = proposals
        self._receipts = receipts

    async def list_deliveries(self, request: web.Request, person: Person) -> web.Response:
        page = whole_number(request.query.get("page"), default=1, field="page")
        rows = Delivery.filter(state__in=_states(request.query.get("state", "")))
        if hidden := await hidden_from(person.account_id):
            rows = rows.exclude(disclosure_id__in=list(hidden))
        total = await rows.count()
        shown = await rows.order_by("-id").offset((page - 1) * PER_PAGE).limit(PER_PAGE)
        titles = await titles_of({row.disclosure_id for row in shown})
        listed = await proposals_of([row.id for row in shown])
        answer = DeliveryListAnswer(
            items=[_line(row, titles, listed[row.id]) for row in shown],
            page=page, pages=max(1, -(-total // PER_PAGE)), total=total,
        )  # fmt: skip
        return _json(answer)

    async def read_delivery(self, request: web.Request, person: Person) -> web.Response:
        return _json(await _detail(_id(request)))

    async def decide_alone(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        body, number = parse(DecideBody, raw), _id(request)
        await _exists(number)

        async def decide() -> None:
            await self._decisions.decide(person, number, body.choice, reason=body.reason)

        return await self._once(request, person, raw, decide)

    async def propose_decision(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        body, number = parse(ProposeBody, raw), _id(request)
        await _exists(number)

        async def propose() -> None:
            await self._proposals.propose(person, number, body.choice, reason=body.reason, url=body.url)

        await self._proposals.look_before(number, body.choice)
        return await self._once(request, person, raw, propose)

    async def confirm_decision(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        body, number = parse(ConfirmBody, raw), _id(request)
        await _exists(number)

        async def confirm() -> None:
            await self._proposals.confirm(person, number, proposal_id=body.proposal, remark=body.remark)

        await self._proposals.look_after(person, number)
        return await self._once(request, person, raw, confirm)

    async def refuse_decision(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        body, number = parse(RefuseBody, raw), _id(request)
        await _exists(number)

        async def refuse() -> None:
            await self._proposals.refuse(person, number, proposal_id=body.proposal, remark=body.remark)

        return await self._once(request, person, raw, refuse)

    async def _once(
        self, request: web.Request, person: Person, raw: bytes, act: Callable[[], Awaitable[None]]
    ) -> web.Response:
        async def work() -> Answer:
            await act()
            return 200, (await _detail(_id(request))).model_dump(mode="json")

        status, body = await self._receipts.atomically(keyed(request, person, raw), work)
        return web.json_response(body, status=status, dumps=dumps)


async def _detail(number: int) -> DeliveryDetail:
    row = await Delivery.get_or_none(id=number)
    if row is None:
        raise ReleaseNotFound("没有这条投放记录。")
    attempts = await Attempt.filter(delivery_id=number).order_by("-id").limit(MOST_ATTEMPTS)
    listed = (await proposals_of([number]))[number]
    return DeliveryDetail(
        **_line(row, await titles_of({row.disclosure_id}), listed).model_dump(),
        attempts=[
            AttemptAnswer(
                verb=each.verb, outcome=each.outcome, began_at=each.began_at, ended_at=each.ended_at, owner=each.owner,
                evidence=each.detail,
            )
            for each in reversed(attempts)
        ],
        proposals=[_proposal(each) for each in listed],
    )  # fmt: skip


async def _exists(number: int) -> None:
    """Raises ReleaseNotFound."""
    if not await Delivery.exists(id=number):
        raise ReleaseNotFound("没有这条投放记录。")


def _line(row: Delivery, titles: dict[int, str], listed: list[Proposal]) -> DeliveryLine:
    waiting = next((each for each in listed if each.state == OPEN), None)
    offered = choices(
        State(row.state), sent=row.intent_at is not None, withdrawn=bool(row.facts.get(WITHDRAWN_MEANWHILE))
    )
    return DeliveryLine(
        id=row.id, release=row.release_id, disclosure=row.disclosure_id, title=titles.get(row.disclosure_id, ""),
        channel=row.channel, state=row.state, external_id=row.external_id, url=row.url, problem=row.problem,
        remedy=row.remedy, due_at=row.due_at, intent_at=row.intent_at, settle_until=row.settle_until,
        next_look_at=row.next_at, published_at=row.published_at, proof=row.proof,
        choices=[str(each) for each in offered], proposal=_proposal(waiting) if waiting else None,
    )  # fmt: skip


def _proposal(proposal: Proposal) -> ProposalAnswer:
    return ProposalAnswer(
        id=proposal.id, choice=proposal.choice, reason=proposal.reason, url=proposal.url, state=proposal.state,
        proposed_by=proposal.proposed_by_name, proposed_at=proposal.proposed_at, decided_by=proposal.decided_by_name,
        decided_at=proposal.decided_at, remark=proposal.remark,
    )  # fmt: skip


def _states(text: str) -> list[State]:
    """The states asked for; all when nothing was. Raises RequestInvalid for one that does not exist."""
    wanted = [part.strip() for part in text.split(",") if part.strip()]
    for part in wanted:
        if part not in set(State):
            raise RequestInvalid(
                [
                    FieldError(
                        field="state", message=f"没有“{part[:20]}”这个状态。", remedy=f"可选：{'、'.join(State)}。"
                    )
                ]
            )
    return [State(part) for part in wanted] or list(State)


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


def _json(answer: BaseModel) -> web.Response:
    return web.json_response(answer.model_dump(mode="json"), dumps=dumps)

"""Decisions by two persons about what nobody can prove (I6): one proposes with a reason, a second one confirms or refuses.

Only the confirmation moves the delivery, by the ledger's compare-and-set, in one transaction with the audit records. The
machine goes on looking meanwhile; what it finds overtakes the proposal, and whoever comes too late is told so.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from publishers.addresses import named
from publishers.choices import ABSENT, BY_TWO, CHOICE_NAMES, LEADS_TO, Choice, choices, is_unknown, overtaken_by, stands
from publishers.conclusion import WITHDRAWN_MEANWHILE, AfterPublish, conclude, lock_disclosure
from publishers.errors import DecisionRefused, SecondPersonNeeded
from publishers.ledger import LATE_ALLOWED
from publishers.looking import Looking, did_not_find, last_look
from publishers.port import ChannelName, Liveness
from publishers.records import Delivery, Proposal, Release
from publishers.states import State
from staff.person import Person
from staff.roles import Verb

MACHINE = Actor.machine("发布系统")
LONGEST_REASON = 500
OPEN, CONFIRMED, REFUSED, TAKEN_BACK, OVERTAKEN = "open", "confirmed", "refused", "taken_back", "overtaken"
AGAIN = "请刷新页面查看最新状态"


class Proposals:
    """Every verb asks for ``delivery.decide`` and a reason or remark, and stands in the audit trail."""

    def __init__(
        self, *, clock: Clock, trail: Trail, looking: Looking, after_publish: AfterPublish, ring: Callable[[], None]
    ) -> None:
        self._clock = clock
        self._trail = trail
        self._looking = looking
        self._after_publish = after_publish
        self._ring = ring

    # The first person

    async def look_before(self, delivery_id: int, choice: str) -> None:
        """The machine looks once more before anybody says “it is not there, send it again”. A read over the network: to be
        called before ``propose``, outside of any transaction."""
        if choice == Choice.SEND_AGAIN:
            await self._looking.again(delivery_id, now=await self._clock.now())

    async def propose(self, person: Person, delivery_id: int, choice: str, *, reason: str, url: str = "") -> Proposal:
        """已经发出 or 没有发出，重新发送 about an unknown outcome; nothing moves yet. ``url``: the post's address or number.

        Raises NotAllowed, DecisionRefused.
        """
        person.require(Verb.DELIVERY_DECIDE)
        chosen, reason = _chosen(choice), stated(reason)
        async with in_transaction() as connection:
            now = await self._clock.now()
            row = await locked_delivery(connection, delivery_id)
            if not is_unknown(State(row.state), row.intent_at):
                raise DecisionRefused(overtaken_by(State(row.state)), remedy=AGAIN)
            if chosen not in _offered(row):
                raise _not_offered(chosen)
            if chosen is Choice.SEND_AGAIN:
                await self._proved_absent(connection, row, chosen, now)
            address = named(row.channel, url if chosen is Choice.IT_IS_OUT else "")
            return await open_proposal(
                connection, self._trail, person, row, chosen, reason, now, url=address.url or address.external_id
            )

    async def give_up(self, person: Person, release_id: int, *, reason: str) -> int:
        """Cancelling a release: for every delivery of unknown outcome, not to be sent any more is proposed. Returns how
        many proposals were opened; a delivery about which something is proposed already is left as it is."""
        person.require(Verb.DELIVERY_DECIDE)
        opened = 0
        async with in_transaction() as connection:
            now = await self._clock.now()
            rows = Delivery.filter(release_id=release_id).using_db(connection)
            for row in await rows.order_by("id").select_for_update():
                if is_unknown(State(row.state), row.intent_at) and await _open(connection, row) is None:
                    await open_proposal(connection, self._trail, person, row, Choice.GIVE_UP, stated(reason), now)
                    opened += 1
        return opened

    async def take_back(self, person: Person, delivery_id: int, *, proposal_id: int | None = None) -> Proposal:
        """The proposer thought better of it. Raises NotAllowed, DecisionRefused."""
        person.require(Verb.DELIVERY_DECIDE)
        async with in_transaction() as connection:
            row = await locked_delivery(connection, delivery_id)
            proposal = await _waiting(connection, row, proposal_id)
            if proposal.proposed_by_id != person.account_id:
                raise DecisionRefused("只有提出的人可以收回", remedy="不同意的，请选择“不同意”并写明意见")
            await self._close(connection, person.actor, person, row, proposal, TAKEN_BACK, "")
        return proposal

    # The second person

    async def look_after(self, person: Person, delivery_id: int) -> None:
        """What the machine must see before a confirmation: a read over the network, to be called before ``confirm``, outside
        of any transaction. Raises SecondPersonNeeded, and DecisionRefused when the platform still shows what is said to be
        gone."""
        proposal = await Proposal.get_or_none(open_key=_key(delivery_id))
        if proposal is None:
            return
        _another(person, proposal)
        if proposal.choice in ABSENT:
            await self._looking.again(delivery_id, now=await self._clock.now())
        if proposal.choice == Choice.IT_IS_GONE:
            live = await self._looking.read_back(await Delivery.get(id=delivery_id))
            if live.liveness is Liveness.LIVE:
                raise DecisionRefused("平台上仍能看到这条内容", remedy="请先在平台后台删除，系统随后会自动核实")

    async def confirm(
        self, person: Person, delivery_id: int, *, proposal_id: int | None = None, remark: str = ""
    ) -> Proposal:
        """同意, by another person than the proposer: only now the delivery moves. ``proposal_id``: the one that was read.

        Raises NotAllowed, SecondPersonNeeded, DecisionRefused; the last also when the machine was quicker.
        """
        person.require(Verb.DELIVERY_DECIDE)
        async with in_transaction() as connection:
            now = await self._clock.now()
            row = await locked_delivery(connection, delivery_id)
            proposal = await _waiting(connection, row, proposal_id)
            _another(person, proposal)
            stood = _still(row, proposal)
            if stood:
                await self._decide(connection, person, row, proposal, remark.strip(), now)
            else:
                await self._overtake(connection, row, proposal)
        if not stood:
            raise DecisionRefused(overtaken_by(State(row.state)), remedy="不需要再作决定")
        self._ring()
        return proposal

    async def refuse(
        self, person: Person, delivery_id: int, *, proposal_id: int | None = None, remark: str
    ) -> Proposal:
        """不同意, with the reason; the delivery stays as it is. Raises NotAllowed, SecondPersonNeeded, DecisionRefused."""
        person.require(Verb.DELIVERY_DECIDE)
        remark = stated(remark, what="不同意的理由", example="例如：微博上已经看到这一条")
        async with in_transaction() as connection:
            row = await locked_delivery(connection, delivery_id)
            proposal = await _waiting(connection, row, proposal_id)
            _another(person, proposal)
            await self._close(connection, person.actor, person, row, proposal, REFUSED, remark)
        return proposal

    # The machine

    async def sweep(self) -> int:
        """Closes the proposals that the machine's own findings have overtaken; returns how many. May run anywhere, often."""
        closed = 0
        for waiting in await Proposal.exclude(open_key=None).order_by("id").limit(200):
            row = await Delivery.get(id=waiting.delivery_id)
            if _still(row, waiting):
                continue
            async with in_transaction() as connection:
                row = await locked_delivery(connection, waiting.delivery_id)
                proposal = await _open(connection, row)
                if proposal is not None and not _still(row, proposal):
                    await self._overtake(connection, row, proposal)
                    closed += 1
        return closed

    # Moving

    async def _decide(
        self, connection: BaseDBAsyncClient, person: Person, row: Delivery, proposal: Proposal, remark: str,
        now: datetime,
    ) -> None:  # fmt: skip
        choice = Choice(proposal.choice)
        if choice in ABSENT:
            await self._proved_absent(connection, row, choice, now)
        values: dict[str, object] = {"next_at": None}
        if choice is Choice.SEND_AGAIN:
            facts = {**row.facts, LATE_ALLOWED: proposal.proposed_by_id}
            values = {"next_at": now, "intent_at": None, "settle_until": None, "tries": 0, "facts": facts}
        elif choice is Choice.IT_IS_OUT:
            found = named(row.channel, proposal.url)
            values |= {
                "published_at": now,
                "proof_at": now,
                "url": found.url or row.url,
                "external_id": found.external_id or row.external_id,
                "facts": {**row.facts, **found.facts},
            }
        await self._move(connection, row, LEADS_TO[choice], now, **values)
        await self._close(connection, person.actor, person, row, proposal, CONFIRMED, remark)
        await self._follows(connection, row, choice, now)
        await self._trail.append(
            connection, at=now, actor=person.actor, verb=f"delivery.decide.{LEADS_TO[choice]}",
            subject=f"delivery:{row.id}", channel=row.channel, before=row.state, choice=choice, reason=proposal.reason,
            proposed_by=proposal.proposed_by_name, proposal=proposal.id, url=proposal.url,
        )  # fmt: skip

    async def _move(
        self, connection: BaseDBAsyncClient, row: Delivery, to: State, now: datetime, **values: object
    ) -> None:
        moved = (
            await Delivery.filter(id=row.id, state=row.state, fence=row.fence)
            .using_db(connection)
            .update(state=to, fence=row.fence + 1, lease_until=None, updated_at=now, problem="", remedy="", **values)
        )
        if moved != 1:
            raise DecisionRefused("这条投放记录刚刚变化了", remedy=AGAIN)

    async def _follows(self, connection: BaseDBAsyncClient, row: Delivery, choice: Choice, now: datetime) -> None:
        """What the move means beyond its row."""
        siblings = Delivery.filter(release_id=row.release_id, state=State.PENDING, due_at__lte=now)
        if choice is Choice.IT_IS_OUT:
            if row.channel == ChannelName.PORTAL:
                await siblings.using_db(connection).update(next_at=now)
            moved = await Delivery.filter(id=row.id).using_db(connection).get()
            await conclude(connection, moved, now, self._after_publish)
        elif choice is Choice.GIVE_UP:
            release = Release.filter(id=row.release_id, cancelled_at=None).using_db(connection)
            await release.update(cancelled_at=now)

    async def _proved_absent(self, connection: BaseDBAsyncClient, row: Delivery, choice: Choice, now: datetime) -> None:
        """Nothing is said to be absent before a late commit is over, while a look is under way, or without a fresh look."""
        if row.settle_until is not None and now < row.settle_until:
            seconds = int((row.settle_until - now).total_seconds()) + 1
            raise DecisionRefused(
                "平台可能还在延迟处理这次发送，现在不能断定没有发出", remedy=f"请在 {seconds} 秒之后再决定"
            )
        if row.lease_until is not None and row.lease_until > now:
            raise DecisionRefused("系统正在向平台核对这条内容", remedy="请稍候几秒再试")
        look = await last_look(row, now=now, connection=connection)
        if look is None or not (did_not_find(look) or choice is Choice.GIVE_UP):
            raise DecisionRefused(
                "系统刚才没有读到平台的内容，不能断定没有发出",
                remedy="请稍后再试；如果在平台上看到了，请选择“已经发出”",
            )

    # Closing

    async def _overtake(self, connection: BaseDBAsyncClient, row: Delivery, proposal: Proposal) -> None:
        remark = overtaken_by(State(row.state))
        await self._close(connection, MACHINE, None, row, proposal, OVERTAKEN, remark)

    async def _close(
        self, connection: BaseDBAsyncClient, actor: Actor, person: Person | None, row: Delivery, proposal: Proposal,
        state: str, remark: str,
    ) -> None:  # fmt: skip
        now = await self._clock.now()
        values: dict[str, object] = {
            "open_key": None, "state": state, "decided_at": now, "remark": remark,
            "decided_by_id": person.account_id if person else None,
            "decided_by_name": person.label if person else actor.name,
        }  # fmt: skip
        closed = await Proposal.filter(id=proposal.id, open_key=_key(row.id)).using_db(connection).update(**values)
        if closed != 1:
            raise DecisionRefused("这项决定刚刚已经办理", remedy=AGAIN)
        for name, value in values.items():
            setattr(proposal, name, value)
        await self._trail.append(
            connection, at=now, actor=actor, verb=f"delivery.proposal.{state}", subject=f"delivery:{row.id}",
            channel=row.channel, proposal=proposal.id, choice=proposal.choice, proposed_by=proposal.proposed_by_name,
            reason=remark,
        )  # fmt: skip


async def open_proposal(
    connection: BaseDBAsyncClient, trail: Trail, person: Person, row: Delivery, choice: Choice, reason: str,
    now: datetime, *, url: str = "",
) -> Proposal:  # fmt: skip
    """Writes down the first person's word in the caller's transaction, which holds the delivery's lock. Raises
    DecisionRefused when another proposal waits already; one that was overtaken makes room."""
    waiting = await _open(connection, row)
    if waiting is not None and _still(row, waiting):
        name = CHOICE_NAMES[Choice(waiting.choice)]
        raise DecisionRefused(
            f"{waiting.proposed_by_name}已提出“{name}”，正在等待另一人确认", remedy="请先处理这一项，或请提出的人收回"
        )
    if waiting is not None:
        closing = Proposal.filter(id=waiting.id).using_db(connection)
        said = overtaken_by(State(row.state))
        await closing.update(open_key=None, state=OVERTAKEN, decided_at=now, decided_by_name=MACHINE.name, remark=said)
    proposal = await Proposal.create(
        using_db=connection, delivery_id=row.id, open_key=_key(row.id), choice=choice, reason=reason, url=url,
        fence=row.fence, proposed_by_id=person.account_id, proposed_by_name=person.label, proposed_at=now, state=OPEN,
    )  # fmt: skip
    await trail.append(
        connection, at=now, actor=person.actor, verb="delivery.proposal.open", subject=f"delivery:{row.id}",
        channel=row.channel, proposal=proposal.id, choice=choice, reason=reason, url=url,
    )  # fmt: skip
    return proposal


def stated(text: str, *, what: str = "理由", example: str = "例如：已在微博核对，时间线上没有这条内容") -> str:
    """The reason, trimmed. Raises DecisionRefused when it is missing or too long."""
    text = text.strip()
    if not text:
        raise DecisionRefused(f"请写明{what}", remedy=example)
    if len(text) > LONGEST_REASON:
        raise DecisionRefused(f"{what}不能超过 {LONGEST_REASON} 字", remedy="请精简")
    return text


async def proposals_of(delivery_ids: Iterable[int]) -> dict[int, list[Proposal]]:
    """Delivery → its proposals, newest first; one that was overtaken a moment ago is shown as such already."""
    ids = list(delivery_ids)
    found: dict[int, list[Proposal]] = {number: [] for number in ids}
    rows = {row.id: row for row in await Delivery.filter(id__in=ids)} if ids else {}
    for proposal in await Proposal.filter(delivery_id__in=ids).order_by("-id") if ids else []:
        if proposal.open_key is not None and not _still(rows[proposal.delivery_id], proposal):
            proposal.state, proposal.remark = OVERTAKEN, overtaken_by(State(rows[proposal.delivery_id].state))
        found[proposal.delivery_id].append(proposal)
    return found


def _chosen(choice: str) -> Choice:
    if choice not in BY_TWO or choice == Choice.IT_IS_GONE:
        raise DecisionRefused("没有选择要作的决定", remedy="请选择“已经发出”或“没有发出，重新发送”")
    return Choice(choice)


def _offered(row: Delivery) -> set[Choice]:
    withdrawn = bool(row.facts.get(WITHDRAWN_MEANWHILE))
    return set(choices(State(row.state), sent=row.intent_at is not None, withdrawn=withdrawn))


def _not_offered(choice: Choice) -> DecisionRefused:
    """There are two ways to answer, as on the screen; giving up is a part of cancelling (ADR 15)."""
    if choice is Choice.GIVE_UP:
        return DecisionRefused("要不再发送，须取消这次发布", remedy="请取消发布计划，再由另一人确认没有发出")
    return DecisionRefused("该信息已经撤回，不会重新发送", remedy="请选择“已经发出”，或“没有发出，不再发送”")


def _still(row: Delivery, proposal: Proposal) -> bool:
    return stands(
        Choice(proposal.choice), State(row.state), intent_at=row.intent_at, proposed_at=proposal.proposed_at,
        withdrawn=bool(row.facts.get(WITHDRAWN_MEANWHILE)),
    )  # fmt: skip


def _another(person: Person, proposal: Proposal) -> None:
    if proposal.proposed_by_id == person.account_id:
        raise SecondPersonNeeded("提出的人不能自己确认", remedy="请另一位发布员或终审人员确认")


def _key(delivery_id: int) -> str:
    return f"delivery:{delivery_id}"


async def locked_delivery(connection: BaseDBAsyncClient, delivery_id: int) -> Delivery:
    """The delivery under lock, its disclosure first: everybody takes locks in this order."""
    known = await Delivery.filter(id=delivery_id).using_db(connection).only("id", "disclosure_id").first()
    if known is None:
        raise DecisionRefused("没有这条投放记录", remedy="请刷新页面")
    await lock_disclosure(connection, known.disclosure_id)
    return await Delivery.filter(id=delivery_id).using_db(connection).select_for_update().get()


async def _open(connection: BaseDBAsyncClient, row: Delivery) -> Proposal | None:
    return await Proposal.filter(open_key=_key(row.id)).using_db(connection).first()


async def _waiting(connection: BaseDBAsyncClient, row: Delivery, proposal_id: int | None) -> Proposal:
    proposal = await _open(connection, row)
    if proposal is None or (proposal_id is not None and proposal.id != proposal_id):
        raise DecisionRefused("这项决定已经办理、收回，或已有新的提议", remedy=AGAIN)
    return proposal

"""待核实: the deliveries of unknown outcome as the screens and the API show them: what is known, who proposed what, who may
confirm it (features P15)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from console.attempts import LOOKS, Tried, outcome_name, tried
from console.results import ChannelResult, results_of
from disclosures.records import Disclosure
from publishers.choices import Choice, is_unknown
from publishers.proposals import CONFIRMED, OPEN, proposals_of
from publishers.records import Attempt, Delivery, Proposal
from publishers.states import State
from scheduler.errors import ReleaseNotFound
from staff.person import Person
from staff.records import Account
from staff.roles import Verb

MOST = 200
UNKNOWN_STATES = (State.UNKNOWN, State.HELD)
_FOUND: Final[Mapping[str, str]] = MappingProxyType(
    {
        "send": "平台答复：已经发布。",
        "look": "系统已在平台上找到这条内容，记为已发布。",
        "follow": "平台答复：已经发布。",
        "event": "平台通知：已经发布。",
    }
)
_ENDED: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.CANCELLED: "已取消，不再发送。",
        State.WITHDRAWN: "已从平台撤下。",
        State.DRAFTED: "准备重新发送。",
        State.SENDING: "正在发送。",
        State.SUBMITTED: "平台已受理，正在处理。",
        State.PENDING: "等待发布。",
        State.CLAIMED: "正在准备。",
        State.FAILED: "没有发布。",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One delivery about which persons decide, on the list."""

    row: Delivery
    result: ChannelResult
    title: str
    waiting: Proposal | None
    """What somebody proposed and nobody has confirmed yet."""
    mine: bool
    """This person may confirm it."""

    @property
    def since(self) -> datetime:
        return self.row.intent_at or self.row.updated_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One delivery with everything that is known of it."""

    row: Delivery
    result: ChannelResult
    title: str
    unknown: bool
    tried: tuple[Tried, ...]
    proposals: tuple[Proposal, ...]
    """Newest first."""
    looks: int
    last_look_at: datetime | None
    last_look: str
    found_by: str
    """Which kind of call told that it is published: send, look, follow, event; empty when none did."""
    settled: bool
    """The time of a late commit is over: “it is not there” may be believed."""

    @property
    def waiting(self) -> Proposal | None:
        return next((each for each in self.proposals if each.state == OPEN), None)

    @property
    def known(self) -> str:
        """How it ended, in one sentence; empty while that is not known."""
        state = self.result.state
        if state is State.PUBLISHED:
            by_two = any(each.state == CONFIRMED and each.choice == Choice.IT_IS_OUT for each in self.proposals)
            told = "经两人确认，已经发出。" if by_two else "已发布。"
            return _FOUND.get(self.found_by, told)
        if state is State.WITHDRAWING:
            return f"正在从{self.result.channel_name}撤下，平台证实之前一直办理。"
        return _ENDED.get(state, "")

    @property
    def mark(self) -> str:
        """Changes whenever the page's forms would."""
        waiting = self.waiting
        return f"{self.result.state}-{waiting.id if waiting else 0}-{'yes' if self.settled else 'no'}"

    @property
    def moving(self) -> bool:
        """Whether the machine may still change what the page shows."""
        return not self.result.ended or self.waiting is not None


async def doubts(person: Person, *, limit: int = MOST) -> tuple[Doubt, ...]:
    """What waits for this person first, then the oldest."""
    rows = list(
        await Delivery.filter(state__in=list(UNKNOWN_STATES)).exclude(intent_at=None).order_by("intent_at").limit(limit)
    )
    going = await Delivery.filter(state=State.WITHDRAWING).order_by("id").limit(limit)
    waiting = await _waiting([row.id for row in [*rows, *going]])
    rows += [row for row in going if row.id in waiting]
    titles = await titles_of({row.disclosure_id for row in rows})
    decides = person.may(Verb.DELIVERY_DECIDE)
    found = [
        Doubt(
            row=row, result=result, title=titles.get(row.disclosure_id, ""), waiting=waiting.get(row.id),
            mine=decides and row.id in waiting and waiting[row.id].proposed_by_id != person.account_id,
        )
        for row, result in zip(rows, await results_of(rows), strict=True)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda doubt: (not doubt.mine, doubt.since)))


async def read_case(delivery_id: int, *, now: datetime) -> Case:
    """Raises ReleaseNotFound."""
    row = await Delivery.get_or_none(id=delivery_id)
    if row is None:
        raise ReleaseNotFound("没有这条投放记录。")
    attempts = await Attempt.filter(delivery_id=row.id).order_by("-id").limit(500)
    looks = [each for each in attempts if each.verb in LOOKS and each.ended_at is not None]
    sent_at = row.intent_at
    looks = [each for each in looks if sent_at is None or each.began_at >= sent_at]
    titles = await titles_of({row.disclosure_id})
    return Case(
        row=row, result=(await results_of([row]))[0], title=titles.get(row.disclosure_id, ""),
        unknown=is_unknown(State(row.state), row.intent_at), tried=tried(attempts, now=now),
        proposals=tuple((await proposals_of([row.id]))[row.id]), looks=len(looks),
        last_look_at=looks[0].ended_at if looks else None,
        last_look=outcome_name(looks[0].verb, looks[0].outcome) if looks else "",
        found_by=next((each.verb for each in attempts if each.outcome == "published"), ""),
        settled=row.settle_until is None or now >= row.settle_until,
    )  # fmt: skip


async def confirmers(proposal: Proposal) -> tuple[str, ...]:
    """Who may confirm: every enabled account with the verb except the proposer's."""
    accounts = await Account.filter(disabled_at=None).exclude(id=proposal.proposed_by_id).order_by("id")
    people = [Person.of(account) for account in accounts]
    return tuple(person.label for person in people if person.may(Verb.DELIVERY_DECIDE))


async def titles_of(ids: set[int]) -> dict[int, str]:
    return dict(await Disclosure.filter(id__in=list(ids)).values_list("id", "title")) if ids else {}


async def _waiting(delivery_ids: Sequence[int]) -> dict[int, Proposal]:
    found = await proposals_of(delivery_ids)
    return {number: each for number, listed in found.items() for each in listed if each.state == OPEN}

"""The delivery's states and the pure rules of moving between them (reliability-and-security.md §2). No database here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from publishers.port import Capabilities, ChannelName, Sighting, Verdict


class State(StrEnum):
    PENDING = "pending"
    CLAIMED = "claimed"
    DRAFTED = "drafted"
    SENDING = "sending"
    SUBMITTED = "submitted"
    PUBLISHED = "published"
    UNKNOWN = "unknown"
    HELD = "held"
    FAILED = "failed"
    CANCELLED = "cancelled"
    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"


MOVES: Mapping[State, frozenset[State]] = {
    State.PENDING: frozenset({State.CLAIMED, State.HELD, State.CANCELLED}),
    State.CLAIMED: frozenset(
        {State.PENDING, State.DRAFTED, State.SENDING, State.PUBLISHED, State.HELD, State.FAILED, State.CANCELLED}
    ),
    State.DRAFTED: frozenset({State.SENDING, State.HELD, State.FAILED, State.CANCELLED}),
    State.SENDING: frozenset({State.SUBMITTED, State.PUBLISHED, State.UNKNOWN, State.DRAFTED, State.FAILED}),
    State.SUBMITTED: frozenset({State.PUBLISHED, State.FAILED, State.UNKNOWN, State.HELD}),
    State.UNKNOWN: frozenset(
        {State.PUBLISHED, State.SUBMITTED, State.DRAFTED, State.HELD, State.FAILED, State.CANCELLED}
    ),
    # Out of HELD the machine may only go to PUBLISHED (a later sighting); every other move is a person's.
    State.HELD: frozenset({State.PUBLISHED, State.DRAFTED, State.PENDING, State.CANCELLED, State.FAILED}),
    State.FAILED: frozenset({State.PENDING, State.CANCELLED}),
    State.PUBLISHED: frozenset({State.WITHDRAWING, State.WITHDRAWN}),
    State.WITHDRAWING: frozenset({State.WITHDRAWN}),
    State.CANCELLED: frozenset(),
    State.WITHDRAWN: frozenset(),
}
BEFORE_INTENT = frozenset({State.PENDING, State.CLAIMED, State.DRAFTED})
"""Nothing has been sent yet: a cancellation may win."""
AFTER_INTENT = frozenset({State.SENDING, State.SUBMITTED, State.UNKNOWN, State.HELD})
"""Something may be out there: an event of the platform may settle it."""
ENDED = frozenset({State.PUBLISHED, State.FAILED, State.CANCELLED, State.WITHDRAWN})


class Step(StrEnum):
    """What a worker does with a claimed row."""

    PUBLISH = "publish"
    PREPARE = "prepare"
    SEND = "send"
    FOLLOW = "follow"
    LOOK = "look"
    WITHDRAW = "withdraw"


def step_of(state: State, capabilities: Capabilities) -> Step | None:
    """The next step of a row in ``state``; None when the machine has nothing to do."""
    if state is State.CLAIMED:
        return Step.PUBLISH if capabilities.local else Step.PREPARE
    return {
        State.DRAFTED: Step.SEND,
        State.SUBMITTED: Step.FOLLOW,
        State.UNKNOWN: Step.LOOK,
        State.HELD: Step.LOOK,
        State.WITHDRAWING: Step.WITHDRAW,
    }.get(state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the machine waits before it acts again or asks a person. All values in seconds."""

    lease: int = 60
    late: int = 15 * 60
    """A delivery later than this is not sent without a person (stale news is not burst out after an outage)."""
    late_by_channel: Mapping[ChannelName, int] = field(default_factory=dict)
    """The same for channels with a policy of their own."""
    settle: int = 105
    """How long after an intent ABSENT is believed: half a lease until the request leaves, ten seconds for the call, and the
    longest late commit (tried: 4–60 s)."""
    ask_person: int = 9 * 60
    """After an unknown outcome of this age a person decides."""
    ask_person_soon: int = 5 * 60
    """The same for a platform where absence can never be proved: waiting longer tells nothing more."""
    watch_held: int = 24 * 3600
    """How long a held delivery is still looked for."""
    first_retry: int = 5
    longest_retry: int = 300
    follow: tuple[int, ...] = (3, 10, 30, 60, 120, 300, 900)
    """Back-off of the status poll: its day quota is 100 calls (wechat.md §1)."""
    look: tuple[int, ...] = (3, 6, 15, 30, 60, 120, 300, 600)

    def late_for(self, channel: ChannelName) -> int:
        """How late a delivery of this channel may be and still go out by itself."""
        return self.late_by_channel.get(channel, self.late)


def retry_at(tries: int, *, now: datetime, patience: Patience) -> datetime:
    """When a step that surely had no effect is tried again: doubling, bounded."""
    seconds = min(patience.first_retry * 2 ** min(tries, 10), patience.longest_retry)
    return now + timedelta(seconds=seconds)


def _paced(paces: tuple[int, ...], tries: int, now: datetime) -> datetime:
    return now + timedelta(seconds=paces[min(tries, len(paces) - 1)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Where a sighting takes the row, and when the machine looks again (None: only a person moves it, or it is done)."""

    state: State
    next_at: datetime | None
    message: str = ""
    remedy: str = ""


FIRST_PROOF = timedelta(seconds=5)
"""How long after a publication what is live is read back for the first time: the platforms' own reads lag by a moment."""

ASK = "请到平台核对，再在“待核实”中由两人决定：已经发出，或没有发出，重新发送。"


def settle(
    state: State,
    sighting: Sighting,
    *,
    capabilities: Capabilities,
    tries: int,
    intent_at: datetime | None,
    settle_until: datetime | None,
    now: datetime,
    patience: Patience,
) -> Settled:
    """Decides what a call's answer or a look at the platform means for a row in ``state``. Pure.

    UNKNOWN is never turned into a new sending without proof of absence (I6): ABSENT counts only for a channel whose
    draft makes sending at most once, only after the settling time, only while the machine still decides, and never out
    of HELD.
    """
    verdict = sighting.verdict
    if verdict is Verdict.PUBLISHED:
        return Settled(state=State.PUBLISHED, next_at=None)
    if verdict is Verdict.FAILED and state is not State.HELD:
        return Settled(state=State.FAILED, next_at=None, message=sighting.message, remedy=sighting.remedy)
    if verdict is Verdict.GONE:
        return Settled(
            state=State.FAILED,
            next_at=None,
            message=sighting.message or "平台上已看不到这条内容",
            remedy=sighting.remedy or "请到平台后台查看原因",
        )
    if verdict is Verdict.RUNNING and state is not State.HELD:
        return Settled(state=State.SUBMITTED, next_at=_paced(patience.follow, tries, now), message=sighting.message)
    age = (now - intent_at).total_seconds() if intent_at else 0.0
    if state is State.SUBMITTED:
        return _followed(sighting, tries=tries, age=age, now=now, patience=patience)
    if state is State.HELD:
        ends = age > patience.watch_held
        return Settled(
            state=State.HELD,
            next_at=None if ends else now + timedelta(seconds=patience.look[-1]),
            message=sighting.message,
            remedy=ASK,
        )
    ask_after = patience.ask_person if capabilities.may_conclude_absent else patience.ask_person_soon
    proved = verdict is Verdict.ABSENT and capabilities.may_conclude_absent and settle_until and now >= settle_until
    if proved and age <= ask_after:
        return Settled(state=State.DRAFTED, next_at=now, message="已核实平台未收到，重新发布同一份草稿")
    if age > ask_after and state is not State.SENDING:
        # A call that took so long (its worker was frozen) is unknown first: the machine looks before a person must.
        return Settled(
            state=State.HELD,
            next_at=now + timedelta(seconds=patience.look[-1]),
            message=sighting.message or "发送结果无法确认",
            remedy=ASK,
        )
    next_at = _paced(patience.look, tries, now)
    if intent_at is not None and age <= ask_after:
        # The long paces must not step over the moment at which a person is asked.
        next_at = min(next_at, intent_at + timedelta(seconds=ask_after + 1))
    return Settled(
        state=State.UNKNOWN,
        next_at=next_at,
        message=sighting.message or "发送结果待核实，正在向平台核对",
        remedy="系统会自动核对，不会重复发送",
    )


def _followed(sighting: Sighting, *, tries: int, age: float, now: datetime, patience: Patience) -> Settled:
    """An accepted submission without an end is asked for again; after a day of that a person is asked as well."""
    if age > patience.watch_held:
        return Settled(
            state=State.HELD,
            next_at=now + timedelta(seconds=patience.look[-1]),
            message=sighting.message or "平台受理后一直没有给出结果",
            remedy=ASK,
        )
    return Settled(state=State.SUBMITTED, next_at=_paced(patience.follow, tries, now), message=sighting.message)


def release_state(states: list[State], *, cancelled: bool) -> str:
    """The release's state follows from its deliveries: scheduled, releasing, released, partial, attention, cancelled."""
    if cancelled and all(state is State.CANCELLED for state in states):
        return "cancelled"
    if all(state is State.PENDING for state in states):
        return "scheduled"
    if any(state in {State.HELD, State.UNKNOWN, State.FAILED} for state in states):
        return "attention"
    if any(state in {State.WITHDRAWING, State.WITHDRAWN} for state in states):
        return "withdrawn" if all(s in {State.WITHDRAWN, State.CANCELLED} for s in states) else "withdrawing"
    live = [state for state in states if state is not State.CANCELLED]
    return "released" if all(state is State.PUBLISHED for state in live) else "releasing"

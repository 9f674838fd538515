"""The reviews (初审、复审、终审, and what a kind of document adds): who may sign the next one. Pure.

At least three signatures of as many people, none of whom wrote the text, all under the same content hash (invariant 1).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from disclosures.states import STATE_NAMES, State


class Step(StrEnum):
    FIRST = "first"
    SECOND = "second"
    FINAL = "final"
    SECRECY = "secrecy"
    """保密审查: signed with one of the fixed opinions (``disclosures.secrecy``)."""
    COUNTERSIGN = "countersign"
    """会签: the disclosure office signs too."""


Chain = tuple[Step, ...]

STEPS: Chain = (Step.FIRST, Step.SECOND, Step.FINAL)
"""The plain chain. No chain has fewer steps than these, in this order, and every chain ends with the last of them."""

STEP_NAMES: Mapping[Step, str] = MappingProxyType(
    {
        Step.FIRST: "初审",
        Step.SECOND: "复审",
        Step.FINAL: "终审",
        Step.SECRECY: "保密审查",
        Step.COUNTERSIGN: "会签",
    }
)

STEP_VERBS: Mapping[Step, str] = MappingProxyType({step: f"disclosure.review.{step}" for step in Step})


def chain_of(names: Iterable[str]) -> Chain:
    """A chain as data holds it. Raises ValueError, which says what is wrong with it, in Chinese."""
    given = list(names)
    if unknown := [name for name in given if name not in set(Step)]:
        raise ValueError(f"没有“{unknown[0]}”这个审核步骤")
    chain = tuple(Step(name) for name in given)
    if len(set(chain)) != len(chain):
        raise ValueError("同一个审核步骤出现了两次")
    if tuple(step for step in chain if step in STEPS) != STEPS or chain[-1] is not Step.FINAL:
        raise ValueError("审核步骤须依次包含初审、复审、终审，并以终审结束")
    return chain


def with_secrecy(chain: Chain) -> Chain:
    """The chain with 保密审查 before its last step, unless it has it."""
    return chain if Step.SECRECY in chain else (*chain[:-1], Step.SECRECY, chain[-1])


class Decision(StrEnum):
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature, or one rejection with its remark."""

    submission: int
    step: Step
    decision: Decision
    reviewer_id: int
    reviewer_name: str
    content_hash: str
    remark: str
    at: datetime
    opinion: str = ""
    """保密审查: the code of the opinion."""
    for_id: int | None = None
    for_name: str = ""
    """Whom the signer stood in for; empty: he signed for himself."""
    opened_at: datetime | None = None
    """When he first had this submission before him; None: nobody saw him open it (the API)."""

    @property
    def people(self) -> frozenset[int]:
        """Who counts as having acted: the signer, and whom he stood in for."""
        return frozenset({self.reviewer_id} if self.for_id is None else {self.reviewer_id, self.for_id})

    @property
    def signed_by(self) -> str:
        """赵敏, or 赵敏 代 王芳."""
        return f"{self.reviewer_name} 代 {self.for_name}" if self.for_name else self.reviewer_name

    @property
    def seconds_read(self) -> int | None:
        """审阅用时: from the first opening to the signature; None when nobody knows."""
        return None if self.opened_at is None else max(0, int((self.at - self.opened_at).total_seconds()))


class Standing(Protocol):
    """Today this person may sign some steps in the place of another; ``staff.deputies.StandingIn`` is one."""

    @property
    def for_id(self) -> int: ...

    @property
    def for_name(self) -> str: ...

    @property
    def steps(self) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The person may sign (or reject) this step."""

    step: Step
    last: bool
    """True: with this signature the text is approved."""
    for_id: int | None = None
    for_name: str = ""
    """In whose place; empty: in his own name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The person may not; ``reason`` is for the screen."""

    reason: str
    forbidden: bool = False
    """True: it is the person that is wrong (not the moment): another person must sign."""


def next_step(state: State, signatures: Sequence[Signature], chain: Chain = STEPS) -> Step | None:
    """The step that waits for a signature; None when none does. ``signatures`` are those of the current submission."""
    if state not in {State.SUBMITTED, State.IN_REVIEW}:
        return None
    if any(signature.decision is not Decision.APPROVED for signature in signatures):
        return None
    signed = {signature.step for signature in signatures}
    return next((step for step in chain if step not in signed), None)


def decide(
    *,
    state: State,
    signatures: Sequence[Signature],
    content_hash: str,
    authors: frozenset[int],
    reviewer_id: int,
    may: Callable[[str], bool],
    chain: Chain = STEPS,
    standing: Sequence[Standing] = (),
    authoriser: int | None = None,
) -> Turn | Refusal:
    """Whether this person may sign or reject now. ``authors`` are all who wrote any of the text that is not yet
    approved; ``may`` tells what the person's roles allow, ``standing`` for whom he stands in today; ``authoriser`` let
    this very text out before it was signed, and does not sign it afterwards."""
    step = next_step(state, signatures, chain)
    if step is None:
        return Refusal(reason=f"当前状态为“{STATE_NAMES[state]}”，没有待审签的步骤。")
    if any(signature.content_hash != content_hash for signature in signatures):
        return Refusal(reason="已有审签所针对的内容与当前内容不一致，请退回后重新送审。")
    if reviewer_id in authors:
        return Refusal(reason=f"{STEP_NAMES[step]}不能由撰稿人本人办理，请由其他同志审签。", forbidden=True)
    if reviewer_id == authoriser:
        return Refusal(reason="您批准了本次应急发布，事后补审须由其他同志办理。", forbidden=True)
    if earlier := next((s for s in signatures if reviewer_id in s.people), None):
        done = STEP_NAMES[earlier.step]
        how = "您已办理" if earlier.reviewer_id == reviewer_id else f"{earlier.reviewer_name} 已代您办理"
        return Refusal(reason=f"{how}本次送审的{done}，{STEP_NAMES[step]}须由另一位同志审签。", forbidden=True)
    last = step is chain[-1]
    if may(STEP_VERBS[step]):
        return Turn(step=step, last=last)
    return _as_deputy(step, last, signatures, authors, standing, authoriser)


def _as_deputy(
    step: Step, last: bool, signatures: Sequence[Signature], authors: frozenset[int], standing: Sequence[Standing],
    authoriser: int | None,
) -> Turn | Refusal:  # fmt: skip
    """Whom the person may stand in for at this step; who is stood in for counts like a signer himself."""
    offered = [each for each in standing if step in each.steps]
    if not offered:
        return Refusal(
            reason=f"现在等待{STEP_NAMES[step]}，您的账号没有{STEP_NAMES[step]}权限。", forbidden=True
        )  # fmt: skip
    acted = frozenset[int]().union(*(signature.people for signature in signatures))
    barred = authors | acted | (frozenset() if authoriser is None else frozenset({authoriser}))
    free = next((each for each in offered if each.for_id not in barred), None)
    if free is None:
        name = offered[0].for_name
        return Refusal(
            reason=f"{name} 是撰稿人、已办理本次送审的其他步骤，或批准了应急发布，不能再由您代为办理{STEP_NAMES[step]}。",
            forbidden=True,
        )
    return Turn(step=step, last=last, for_id=free.for_id, for_name=free.for_name)

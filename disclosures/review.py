"""The three reviews (初审、复审、终审): who may sign the next one. Pure.

Three signatures of three people, none of whom wrote the text, all under the same content hash (invariant 1).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from disclosures.states import STATE_NAMES, State


class Step(StrEnum):
    FIRST = "first"
    SECOND = "second"
    FINAL = "final"


STEPS = (Step.FIRST, Step.SECOND, Step.FINAL)

STEP_NAMES: Mapping[Step, str] = MappingProxyType({Step.FIRST: "初审", Step.SECOND: "复审", Step.FINAL: "终审"})

STEP_VERBS: Mapping[Step, str] = MappingProxyType({step: f"disclosure.review.{step}" for step in STEPS})


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The person may sign (or reject) this step."""

    step: Step
    last: bool
    """True: with this signature the text is approved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The person may not; ``reason`` is for the screen."""

    reason: str
    forbidden: bool = False
    """True: it is the person that is wrong (not the moment): another person must sign."""


def next_step(state: State, signatures: Sequence[Signature]) -> Step | None:
    """The step that waits for a signature; None when none does. ``signatures`` are those of the current submission."""
    if state not in {State.SUBMITTED, State.IN_REVIEW}:
        return None
    if any(signature.decision is not Decision.APPROVED for signature in signatures):
        return None
    signed = {signature.step for signature in signatures}
    return next((step for step in STEPS if step not in signed), None)


def decide(
    *,
    state: State,
    signatures: Sequence[Signature],
    content_hash: str,
    authors: frozenset[int],
    reviewer_id: int,
    may: Callable[[str], bool],
) -> Turn | Refusal:
    """Whether this person may sign or reject now. ``authors`` are all who wrote any of the text that is not yet
    approved; ``may`` tells what the person's roles allow."""
    step = next_step(state, signatures)
    if step is None:
        return Refusal(reason=f"当前状态为“{STATE_NAMES[state]}”，没有待审签的步骤。")
    if any(signature.content_hash != content_hash for signature in signatures):
        return Refusal(reason="已有审签所针对的内容与当前内容不一致，请退回后重新送审。")
    if reviewer_id in authors:
        return Refusal(reason=f"{STEP_NAMES[step]}不能由撰稿人本人办理，请由其他同志审签。", forbidden=True)
    if earlier := next((s for s in signatures if s.reviewer_id == reviewer_id), None):
        done = STEP_NAMES[earlier.step]
        return Refusal(reason=f"您已办理本次送审的{done}，{STEP_NAMES[step]}须由另一位同志审签。", forbidden=True)
    if not may(STEP_VERBS[step]):
        return Refusal(reason=f"现在等待{STEP_NAMES[step]}，您的账号没有{STEP_NAMES[step]}权限。", forbidden=True)
    return Turn(step=step, last=step is STEPS[-1])

"""Counts what became of each question, in the transaction of its reply (features K21). What is counted names no citizen."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from tortoise.backends.base.client import BaseDBAsyncClient

from bot.decision import Step
from bot.turn import Left, Turn
from knowledge.usage import Happened, Outcome, Usage

ASKED: Final = {
    Step.ANSWER: Outcome.at_once, Step.WITHDRAWN: Outcome.at_once, Step.CHOOSE: Outcome.offered,
    Step.DOCUMENTS: Outcome.documents, Step.REPHRASE: Outcome.missed, Step.OFFER: Outcome.missed,
    Step.NOT_SAID: Outcome.missed, Step.HAND_OVER: Outcome.handed,
}  # fmt: skip
"""What a step means when the knowledge base was asked."""


def outcome_of(turn: Turn, *, asked: bool, reason: str) -> Outcome | None:
    """What is counted of a turn; None when it was no question. ``asked``: the base was asked; ``reason``: why the question
    goes to the curators' list. Pure."""
    if asked:
        return ASKED.get(turn.step)
    if reason == "rejected_choice":
        return Outcome.refused
    if turn.step is Step.ANSWER:
        return Outcome.chosen
    return Outcome.person if turn.step is Step.HAND_OVER else None


class Counting:
    """``counted`` gives a turn what is to be written for it; nobody in particular (a test of a curator) is not counted."""

    def __init__(self, *, usage: Usage) -> None:
        self._usage = usage

    def counted(self, turn: Turn, *, asked: bool, reason: str, now: datetime) -> Turn:
        outcome = outcome_of(turn, asked=asked, reason=reason)
        if outcome is None or not turn.sender:
            return turn
        near = turn.entry or (turn.hits[0].entry if turn.hits else None)
        happened = Happened(
            at=now, entry_id=near.id if near else "", unit=near.unit if near else "", channel=turn.channel, outcome=outcome
        )  # fmt: skip
        return replace(turn, left=(*turn.left, Left(settle=self._settle, value=happened)))

    async def _settle(self, connection: BaseDBAsyncClient, happened: Sequence[Happened]) -> None:
        await self._usage.count(connection, happened)

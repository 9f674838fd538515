"""A check that cannot fail proves nothing: each rule of the house is broken once, and the model must notice."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import seed
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from disclosures import desk
from publishers import ledger, objection
from publishers.claim import Claim
from publishers.records import Delivery
from publishers.states import Settled, State
from tests.properties.fast_database import FastDatabase, opened_database
from tests.properties.how_many import STEPS, how
from tests.properties.newsroom import watch_moves
from tests.properties.test_the_approval_against_a_model import ApprovalMachine, catalogue
from tests.properties.test_the_ledger_against_a_model import LedgerMachine

AT_MOST = 600
"""Examples within which a broken rule must be found; it takes a few dozen."""


@pytest.fixture
def database() -> Iterator[FastDatabase]:
    with opened_database() as database:
        watch_moves(database)
        database.run(catalogue())
        yield database


def found(machine: type[RuleBasedStateMachine], database: FastDatabase) -> str:
    """What the model said of the broken house."""
    broken = seed(1)(type(machine.__name__, (machine,), {"database": database}))
    with pytest.raises(AssertionError) as caught:
        run_state_machine_as_test(broken, settings=how(examples=AT_MOST, shrink=False), _min_steps=STEPS)
    return str(caught.value)


def unknown_is_tried_again(settled_by: Callable[..., Settled]) -> Callable[..., Settled]:
    """The forbidden rule: what nobody knows is simply sent again."""

    def broken(claim: Claim, sighting: Any, *, now: datetime, **rest: Any) -> Settled:
        settled = settled_by(claim, sighting, now=now, **rest)
        return replace(settled, state=State.DRAFTED, next_at=now) if settled.state is State.UNKNOWN else settled

    return broken


@pytest.mark.timeout(600)
def test_sending_again_what_is_unknown_is_found(database: FastDatabase) -> None:
    with patch.object(Claim, "settled_by", unknown_is_tried_again(Claim.settled_by)):
        said = found(LedgerMachine, database)
    # Whichever harm of the second sending the search meets first: two posts, or one of which the ledger knows nothing.
    assert "a duplicate on weibo" in said or "it is out on weibo" in said


@pytest.mark.timeout(600)
def test_a_move_that_leaves_the_claim_to_its_worker_is_found(database: FastDatabase) -> None:
    """Both nets are taken away: the fence that rises, and the moment that the intent reads once more."""
    look = objection.objection

    async def keeps_the_claim(connection: Any, row: Any, due_at: datetime, now: datetime) -> None:
        await Delivery.filter(id=row.id).using_db(connection).update(due_at=due_at, next_at=due_at)

    async def any_moment(connection: Any, row: Any, now: datetime) -> Any:
        return await look(connection, row, now + timedelta(days=1))

    with patch("scheduler.timetable.move_row", keeps_the_claim), patch.object(ledger, "objection", any_moment):
        said = found(LedgerMachine, database)
    assert "early" in said


@pytest.mark.timeout(600)
def test_an_edit_that_keeps_the_approval_is_found(database: FastDatabase) -> None:
    change = desk._change

    async def broken(connection: Any, row: Any, **values: Any) -> None:
        if "current_revision" in values:
            values = {
                name: value for name, value in values.items() if name not in {"approved_revision", "approved_hash"}
            }
        await change(connection, row, **values)

    with patch("disclosures.desk._change", broken):
        found(ApprovalMachine, database)


@pytest.mark.timeout(600)
def test_an_intent_that_does_not_read_the_halt_again_is_found(database: FastDatabase) -> None:
    async def nothing_stands(connection: Any) -> None:
        return None

    with patch.object(objection, "standing_halt", nothing_stands):
        said = found(LedgerMachine, database)
    assert "sent while the red switch was on" in said


@pytest.mark.timeout(600)
def test_an_intent_that_does_not_read_the_approval_again_is_found(database: FastDatabase) -> None:
    look = objection.objection

    async def broken(connection: Any, row: Any, now: datetime) -> Any:
        against = await look(connection, row, now)
        return None if against is not None and "审核" in against.problem else against

    with patch.object(ledger, "objection", broken):
        said = found(LedgerMachine, database)
    assert "without the approval of three people" in said

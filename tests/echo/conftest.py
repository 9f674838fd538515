"""The outbox and its desk over a real database and a platform that does as it is told."""

from typing import Any

import pytest

from audit.trail import Trail
from publishers.echo.comment_desk import Approval, CommentDesk
from publishers.echo.hearing import Hearing
from publishers.echo.outbox import Outbox
from tests.echo.scripted import ScriptedDiscussion


class Desk:
    """Everything around one account's comments."""

    def __init__(self, clock: Any, approval: Approval = Approval.WRITTEN) -> None:
        self.clock = clock
        self.platform = ScriptedDiscussion()
        self.trail = Trail()
        self.outbox = self.worker("worker-1")
        self.comments = CommentDesk(
            clock=clock, trail=self.trail, outbox=self.outbox, discussions={"weibo": self.platform}, approval=approval
        )
        self.hearing = Hearing(
            clock=clock, trail=self.trail, key="a key of this house", discussions={"weibo": self.platform}, figures={}
        )

    def worker(self, owner: str) -> Outbox:
        return Outbox(clock=self.clock, trail=self.trail, owner=owner, discussions={"weibo": self.platform})


@pytest.fixture
def desk(any_database: str, clock: Any) -> Desk:
    return Desk(clock)


@pytest.fixture
def lone(database: str, clock: Any) -> Desk:
    """The same on SQLite alone."""
    return Desk(clock)

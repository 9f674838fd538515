"""The closed cases of some time, as candidates of the quality check."""

from collections.abc import Sequence
from datetime import datetime

from casework.case import State
from casework.records import CaseMessage, CitizenCase
from casework.sample import Candidate, Kind
from staff.person import Person
from staff.records import Account

LEFT = "left"
"""The outcome of a case whose citizen has left: there is nothing to be judged any more."""


async def closed_cases(since: datetime, until: datetime) -> Sequence[Candidate]:
    """Every case that was closed in this time, its end not included, with everybody who wrote in it."""
    closed = CitizenCase.filter(state=State.CLOSED, closed_at__gte=since, closed_at__lt=until).exclude(outcome=LEFT)
    rows = await closed.order_by("id")
    accounts = {Person.of(account).label: account.id for account in await Account.all()}
    authors: dict[int, set[int]] = {}
    said = CaseMessage.filter(case_id__in=[row.id for row in rows] or [0]).exclude(author="")
    for case_id, author in await said.distinct().values_list("case_id", "author"):
        if author in accounts:
            authors.setdefault(case_id, set()).add(accounts[author])
    return [
        Candidate(
            kind=Kind.CASE, ref=row.id, label=row.number, channel=row.channel, unit=row.unit,
            at=row.closed_at or row.opened_at,
            hands=frozenset(authors.get(row.id, set()) | ({row.handler_id} if row.handler_id else set())),
        )
        for row in rows
    ]  # fmt: skip

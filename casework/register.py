"""What may be asked about cases: lists, one case, its transcript with personal data covered. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tortoise.expressions import Q
from tortoise.functions import Count, Sum
from tortoise.queryset import QuerySet

from casework.case import ACTIVE, Case, Line, State
from casework.errors import CaseUnknown
from casework.numbering import found_in
from casework.records import CaseMessage, CitizenCase
from casework.rows import case_of, line_of

PAGE: Final = 50
LONGEST_SEARCH: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many cases there are, for the tabs of the desk and its small poll. ``latest``: grows with every word and case."""

    waiting: int
    open: int
    answered: int
    closed: int
    mine: int
    unread: int
    """Unread words in the cases of the one who asks."""
    latest: int


class Register:
    """Callers have checked CASE_READ."""

    async def waiting(self, *, limit: int = PAGE) -> list[Case]:
        """Nobody has these yet; the one whose promise ends first is first."""
        return _cases(await CitizenCase.filter(state=State.WAITING).order_by("reply_due", "id").limit(limit))

    async def mine(self, account_id: int, *, limit: int = PAGE) -> list[Case]:
        """The cases that somebody has in hand; those with unread words first."""
        active = CitizenCase.filter(handler_id=account_id, state__in=[str(state) for state in ACTIVE])
        return _cases(await active.order_by("-unread", "answer_due", "id").limit(limit))

    async def listed(
        self, *, states: Sequence[State] = (), unit: str = "", channel: str = "", words: str = "",
        handler_id: int | None = None, limit: int = PAGE, offset: int = 0,
    ) -> list[Case]:  # fmt: skip
        """Cases by what is known of them, the newest first. ``words``: a number, whole or its beginning, or words of the
        subject."""
        return _cases(
            await _matching(states, unit, channel, words, handler_id)
            .order_by("-opened_at", "-id")
            .offset(offset)
            .limit(limit)
        )

    async def count(
        self, *, states: Sequence[State] = (), unit: str = "", channel: str = "", words: str = "",
        handler_id: int | None = None,
    ) -> int:  # fmt: skip
        return await _matching(states, unit, channel, words, handler_id).count()

    async def one(self, number: str) -> Case:
        """Raises CaseUnknown."""
        row = await CitizenCase.filter(number=number).first()
        if row is None:
            raise CaseUnknown(number)
        return case_of(row)

    async def transcript(self, number: str) -> tuple[Line, ...]:
        """All that was said and noted, in its order, with personal data covered. Raises CaseUnknown."""
        case = await self.one(number)
        rows = await CaseMessage.filter(case_id=case.id).order_by("at", "id")
        return tuple(line_of(row) for row in rows)

    async def counts(self, account_id: int) -> Counts:
        grouped = CitizenCase.all().annotate(many=Count("id")).group_by("state").values("state", "many")
        by_state = {str(row["state"]): int(str(row["many"])) for row in await grouped}
        mine = CitizenCase.filter(handler_id=account_id, state__in=[str(state) for state in ACTIVE])
        totals = await mine.annotate(many=Count("id"), words=Sum("unread")).values("many", "words")
        newest = await CaseMessage.all().order_by("-id").first()
        return Counts(
            waiting=by_state.get(State.WAITING, 0), open=by_state.get(State.OPEN, 0),
            answered=by_state.get(State.ANSWERED, 0), closed=by_state.get(State.CLOSED, 0),
            mine=int(totals[0]["many"] or 0) if totals else 0, unread=int(totals[0]["words"] or 0) if totals else 0,
            latest=newest.id if newest else 0,
        )  # fmt: skip

    async def units(self) -> list[str]:
        """The units that have cases, for a filter."""
        named = CitizenCase.all().exclude(unit="").distinct().order_by("unit")
        return [str(unit) for unit in await named.values_list("unit", flat=True)]


def _matching(
    states: Sequence[State], unit: str, channel: str, words: str, handler_id: int | None
) -> QuerySet[CitizenCase]:
    found = CitizenCase.all()
    if states:
        found = found.filter(state__in=[str(state) for state in states])
    if unit:
        found = found.filter(unit=unit)
    if channel:
        found = found.filter(channel=channel)
    if handler_id is not None:
        found = found.filter(handler_id=handler_id)
    if words := words.strip()[:LONGEST_SEARCH]:
        number = found_in(words)
        found = (
            found.filter(number=number)
            if number
            else found.filter(Q(number__startswith=words) | Q(subject__contains=words))
        )
    return found


def _cases(rows: Sequence[CitizenCase]) -> list[Case]:
    return [case_of(row) for row in rows]

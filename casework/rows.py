"""From the tables to the values, and back."""

from tortoise.backends.base.client import BaseDBAsyncClient

from casework.case import Case, Delivery, Kind, Line, Side, State
from casework.errors import CaseMoved, CaseUnknown
from casework.records import CaseMessage, CitizenCase
from casework.sealing import Seal


def case_of(row: CitizenCase) -> Case:
    return Case(
        id=row.id, number=row.number, kind=Kind(row.kind), channel=row.channel, sender=row.sender, subject=row.subject,
        unit=row.unit, state=State(row.state), version=row.version, handler_id=row.handler_id,
        handler_name=row.handler_name, handler_shown=row.handler_shown, asked_at=row.asked_at, opened_at=row.opened_at,
        taken_at=row.taken_at, replied_at=row.replied_at, last_word_at=row.last_word_at, answered_at=row.answered_at,
        closed_at=row.closed_at, promised_at=row.promised_at, reply_due=row.reply_due, answer_due=row.answer_due, provisional=row.provisional,
        outcome=row.outcome, times_reopened=row.times_reopened, unread=row.unread, acknowledged=row.acknowledged,
        bot_speaks=row.bot_speaks, rating_asked_at=row.rating_asked_at, score=row.score, score_reason=row.score_reason,
        rated_at=row.rated_at,
    )  # fmt: skip


def line_of(row: CaseMessage, seal: Seal | None = None) -> Line:
    """One line; with a ``seal`` its whole text."""
    text = seal.open(row.sealed) if seal is not None and row.sealed else row.text
    return Line(
        id=row.id, case_id=row.case_id, side=Side(row.side), what=row.what, at=row.at, text=text,
        masked=row.sealed is not None, author=row.author, signed=row.signed, entry_id=row.entry_id,
        channel=row.channel, delivery=Delivery(row.delivery), pushed=row.pushed, told_at=row.told_at,
    )  # fmt: skip


async def locked(connection: BaseDBAsyncClient, number: str) -> Case:
    """The case, held until the end of the transaction. Raises CaseUnknown."""
    row = await CitizenCase.filter(number=number).using_db(connection).select_for_update().first()
    if row is None:
        raise CaseUnknown(number)
    return case_of(row)


async def changed(connection: BaseDBAsyncClient, case: Case, **values: object) -> None:
    """Changes a case that stands as it was seen. Raises CaseMoved when it does not."""
    seen = CitizenCase.filter(id=case.id, version=case.version).using_db(connection)
    if not await seen.update(version=case.version + 1, **values):
        raise CaseMoved

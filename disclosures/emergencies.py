"""The debt of an emergency release: a text went out before it was signed, and the signatures are owed (features P10).

An authorisation names one text by its hash. It is used up by an edit, by a rejection and by a withdrawal; the debt stays until the
text is signed by the people who would have signed it (signed), a corrected text took its place (corrected), or it is withdrawn.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.backends.base.client import BaseDBAsyncClient

from audit.actor import Actor
from audit.trail import Trail
from disclosures.reviewing_records import EmergencyRelease
from disclosures.rows import record

SHORTEST_REASON = 10
"""Characters; “紧急” alone explains nothing to whoever asks later."""
SETTLED_NAMES = {"signed": "已补齐审签", "corrected": "已更正", "withdrawn": "已撤回"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """One emergency release."""

    id: int
    disclosure_id: int
    revision: int
    content_hash: str
    title: str
    unit_id: int
    reason: str
    channels: tuple[str, ...]
    authorised_by_id: int
    authorised_by_name: str
    at: datetime
    due_at: datetime
    released_at: datetime | None
    rejected_at: datetime | None
    overdue_at: datetime | None
    """When the machine found that it was late; it stays for the ranking."""
    settled_at: datetime | None
    settled_by: str

    @property
    def open(self) -> bool:
        return self.settled_at is None

    @property
    def settled_name(self) -> str:
        return SETTLED_NAMES.get(self.settled_by, "")

    def late(self, now: datetime) -> bool:
        """Whether the signatures should stand by now and do not."""
        return self.open and now > self.due_at

    @property
    def task(self) -> str:
        """What is still to be done."""
        if self.rejected_at is not None:
            return "事后审核未通过，请更正后重新送审并发布，或撤回"
        return "请尽快补齐审签"


def debt_of_row(row: EmergencyRelease) -> Debt:
    return Debt(
        id=row.id, disclosure_id=row.disclosure_id, revision=row.revision, content_hash=row.content_hash, title=row.title,
        unit_id=row.unit_id, reason=row.reason, channels=tuple(row.channels), authorised_by_id=row.authorised_by_id,
        authorised_by_name=row.authorised_by_name, at=row.at, due_at=row.due_at, released_at=row.released_at,
        rejected_at=row.rejected_at, overdue_at=row.overdue_at, settled_at=row.settled_at, settled_by=row.settled_by,
    )  # fmt: skip


async def open_debt(disclosure_id: int, connection: BaseDBAsyncClient | None = None) -> Debt | None:
    """The debt of a disclosure that still stands."""
    row = await EmergencyRelease.filter(open_key=str(disclosure_id)).using_db(connection).first()
    return None if row is None else debt_of_row(row)


async def open_debts() -> tuple[Debt, ...]:
    """All that stand, the most urgent first."""
    rows = await EmergencyRelease.exclude(open_key=None).order_by("due_at", "id").limit(200)
    return tuple(debt_of_row(row) for row in rows)


async def debts_of(disclosure_id: int) -> tuple[Debt, ...]:
    """Every emergency release of a disclosure, oldest first: for its page and the archive."""
    return tuple(debt_of_row(row) for row in await EmergencyRelease.filter(disclosure_id=disclosure_id).order_by("id"))


async def keep(
    connection: BaseDBAsyncClient, *, disclosure_id: int, revision: int, content_hash: str, submission: int, title: str,
    unit_id: int, reason: str, channels: list[str], by_id: int, by_name: str, now: datetime, hours: int,
) -> Debt:  # fmt: skip
    """Writes the debt down; the signatures are due ``hours`` after ``now``."""
    row = await EmergencyRelease.create(
        using_db=connection, disclosure_id=disclosure_id, open_key=str(disclosure_id), revision=revision,
        content_hash=content_hash, submission=submission, title=title[:200], unit_id=unit_id, reason=reason,
        channels=channels, authorised_by_id=by_id, authorised_by_name=by_name, at=now,
        due_at=now + timedelta(hours=hours),
    )  # fmt: skip
    return debt_of_row(row)


async def gone_out(connection: BaseDBAsyncClient, disclosure_id: int, content_hash: str, now: datetime) -> bool:
    """The text is public under its authorisation. False when that was known already."""
    return bool(
        await EmergencyRelease.filter(open_key=str(disclosure_id), content_hash=content_hash, released_at=None)
        .using_db(connection)
        .update(released_at=now)
    )


async def rejected(connection: BaseDBAsyncClient, disclosure_id: int, content_hash: str, now: datetime) -> None:
    """A reviewer sent the very text back that is out already."""
    rows = EmergencyRelease.filter(open_key=str(disclosure_id), content_hash=content_hash).using_db(connection)
    await rows.update(rejected_at=now)


async def settle(
    connection: BaseDBAsyncClient, trail: Trail, disclosure_id: int, *, how: str, actor: Actor, now: datetime,
    only: str | None = None,
) -> None:  # fmt: skip
    """Ends the open debt, if there is one. ``only``: of the text with this hash, or when nothing went out under it."""
    debt = await open_debt(disclosure_id, connection)
    if debt is None or (only is not None and debt.content_hash != only and debt.released_at is not None):
        return
    await (
        EmergencyRelease.filter(id=debt.id)
        .using_db(connection)
        .update(
            open_key=None,
            settled_at=now,
            settled_by=how,
            **({"overdue_at": now} if debt.late(now) and debt.overdue_at is None else {}),
        )
    )
    await record(
        trail, connection, now, actor, "disclosure.emergency.settled", disclosure_id, how=how,
        content_hash=debt.content_hash, late=debt.late(now),
    )  # fmt: skip

"""Who may see a disclosure before its release: an embargo names its readers, and ends by itself at the release.

What a person may not see does not exist for him: no line in a list, no page, no file, no preview. The author always
sees his text. ``Desk.mark_released`` ends the embargo in the transaction that makes the text public.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from disclosures.embargo_records import EmbargoReader
from disclosures.errors import Conflict, NotFound, NotPermitted, StateRefused
from disclosures.member import Member
from disclosures.records import Disclosure, Review, Revision
from disclosures.states import State

SHOW: Final = "disclosure.show"
"""Who may show a text to others decides who sees it."""
CONCEALED: Final = "（保密期内）"
"""What stands in place of a title where something must be shown, like a taken slot in a calendar."""
_NONE: Final[frozenset[int]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbargoState:
    """The embargo of one disclosure; ``since`` is None when there is none."""

    since: datetime | None
    readers: Mapping[int, str]
    """Account id → name, the author not among them."""


async def hidden_from(account_id: int) -> frozenset[int]:
    """The disclosures that this account may not see: few, mostly none."""
    rows = (
        await Disclosure.filter(embargoed_at__isnull=False).exclude(author_id=account_id).values_list("id", flat=True)
    )
    if not rows:
        return _NONE
    named = await EmbargoReader.filter(account_id=account_id, disclosure_id__in=list(rows)).values_list(
        "disclosure_id", flat=True
    )  # fmt: skip
    return frozenset(int(str(each)) for each in rows) - frozenset(int(str(each)) for each in named)


async def may_see(account_id: int, disclosure_id: int) -> bool:
    """Whether this account may see this disclosure, as far as embargoes go."""
    return disclosure_id not in await hidden_from(account_id)


async def embargo_of(disclosure_id: int) -> EmbargoState:
    """Raises NotFound."""
    row = await Disclosure.filter(id=disclosure_id).only("id", "embargoed_at").first()
    if row is None:
        raise NotFound(f"没有编号为 {disclosure_id} 的公开信息。")
    readers = await EmbargoReader.filter(disclosure_id=disclosure_id).order_by("id") if row.embargoed_at else []
    return EmbargoState(since=row.embargoed_at, readers={each.account_id: each.name for each in readers})


class Embargo:
    """Sets and ends embargoes; each act is audited."""

    def __init__(self, *, clock: Clock, trail: Trail) -> None:
        self._clock = clock
        self._trail = trail

    async def put(self, person: Member, disclosure_id: int, readers: Mapping[int, str]) -> None:
        """From now on only the author, who sets it, who wrote or signed already, and ``readers`` (account id → name) see
        the text. Setting it again replaces the names. Raises NotPermitted, NotFound, StateRefused, Conflict."""
        _require(person)
        now = await self._clock.now()
        async with in_transaction() as connection:
            row = await Disclosure.filter(id=disclosure_id).using_db(connection).select_for_update().first()
            if row is None:
                raise NotFound(f"没有编号为 {disclosure_id} 的公开信息。")
            if row.state in {State.RELEASED, State.REPEALED}:
                raise StateRefused("已经公开的内容不能再设为保密。")
            names = {person.account_id: person.display_name, **readers}
            for wrote in (
                await Revision.filter(disclosure_id=disclosure_id)
                .using_db(connection)
                .only("id", "author_id", "author_name")
            ):
                names.setdefault(wrote.author_id, wrote.author_name)
            signed = Review.filter(disclosure_id=disclosure_id, submission=row.submission).using_db(connection)
            for each in await signed:
                names.setdefault(each.reviewer_id, each.reviewer_name)
            names.pop(row.author_id, None)
            unchanged = Disclosure.filter(id=disclosure_id, state=row.state).using_db(connection)
            if await unchanged.update(embargoed_at=row.embargoed_at or now) != 1:
                raise Conflict
            await EmbargoReader.filter(disclosure_id=disclosure_id).using_db(connection).delete()
            for account_id, name in names.items():
                await EmbargoReader.create(
                    using_db=connection, disclosure_id=disclosure_id, account_id=account_id, name=name
                )
            await self._trail.append(
                connection, at=now, actor=person.actor, verb="disclosure.embargoed",
                subject=f"disclosure:{disclosure_id}", readers=list(names.values()),
            )  # fmt: skip

    async def lift(self, person: Member, disclosure_id: int) -> None:
        """Everybody with the right to read disclosures sees the text again. Raises NotPermitted."""
        _require(person)
        now = await self._clock.now()
        async with in_transaction() as connection:
            rows = Disclosure.filter(id=disclosure_id, embargoed_at__isnull=False).using_db(connection)
            if await rows.update(embargoed_at=None):
                await EmbargoReader.filter(disclosure_id=disclosure_id).using_db(connection).delete()
                await self._trail.append(
                    connection, at=now, actor=person.actor, verb="disclosure.embargo_lifted",
                    subject=f"disclosure:{disclosure_id}",
                )  # fmt: skip


def _require(person: Member) -> None:
    if not person.may(SHOW):
        raise NotPermitted

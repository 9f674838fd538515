"""The incident desk: a person says that an incident was dealt with, and why. Audited; a cause that lasts comes back."""

from datetime import datetime, timedelta

from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from publishers.errors import NotReleasable
from publishers.incidents import ALARM, raise_incident
from publishers.records import Incident
from staff.errors import NotAllowed
from staff.person import Person
from staff.roles import Verb

MAY_CLOSE = (Verb.DELIVERY_DECIDE, Verb.SYSTEM_OPERATE)
"""Who answers for a delivery, or for the machine: either may have mended it."""
RENEW = timedelta(minutes=5)
"""How often a bell that rings every few seconds renews what it finds again and again."""


async def insist(
    key: str, *, kind: str, message: str, remedy: str, now: datetime, severity: str = ALARM, link: str = ""
) -> None:
    """``raise_incident`` for a bell that rings often: an open incident is renewed every five minutes, not at every ring."""
    if not await Incident.filter(open_key=key, severity=severity, seen_at__gt=now - RENEW).exists():
        await raise_incident(
            key, kind=kind, message=message, remedy=remedy, now=now, severity=severity, link=link
        )  # fmt: skip


class IncidentDesk:
    """Closes incidents by hand. The machine closes those whose end it can see (``clear_incident``)."""

    def __init__(self, *, clock: Clock, trail: Trail) -> None:
        self._clock = clock
        self._trail = trail

    async def dealt_with(self, person: Person, incident_id: int, *, reason: str) -> None:
        """已处理: needs a reason. Raises NotAllowed, NotReleasable when it is closed already."""
        if not any(person.may(verb) for verb in MAY_CLOSE):
            raise NotAllowed(MAY_CLOSE[0])
        reason = reason.strip()[:1000]
        if not reason:
            raise NotReleasable("请写明是怎样处理的", remedy="例如：已在公众平台把新地址加入 IP 白名单")
        async with in_transaction() as connection:
            now = await self._clock.now()
            row = await Incident.filter(id=incident_id).using_db(connection).first()
            moved = await (
                Incident.filter(id=incident_id)
                .exclude(open_key=None)
                .using_db(connection)
                .update(open_key=None, cleared_at=now, cleared_by_name=person.label[:64])
            )
            if row is None or moved != 1:
                raise NotReleasable("这条告警已经解除", remedy="请刷新页面")
            await self._trail.append(
                connection, at=now, actor=person.actor, verb="incident.dealt_with", subject=f"incident:{incident_id}",
                key=row.key, message=row.message, reason=reason,
            )  # fmt: skip

"""Incidents: what a person must know and mend, each with its remedy; one open row for one cause, cleared when it is over."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tortoise.exceptions import IntegrityError
from tortoise.expressions import F

from publishers.records import Incident

log = logging.getLogger(__name__)
ALARM, WARN = "alarm", "warn"


async def raise_incident(
    key: str, *, kind: str, message: str, remedy: str, now: datetime, severity: str = ALARM, link: str = ""
) -> Incident:
    """Opens the incident of this key, or renews the open one (its words, and when it was last seen). Texts in Chinese.

    Not to be called inside a transaction: an alarm must stand even when the act that found it is rolled back.
    """
    words: dict[str, Any] = {"message": message, "remedy": remedy, "severity": severity, "link": link, "seen_at": now}
    if await Incident.filter(open_key=key).update(**words, times=F("times") + 1) == 0:
        try:
            opened = await Incident.create(key=key, open_key=key, kind=kind, raised_at=now, **words)
        except IntegrityError:
            # Another node saw it in the same moment.
            return await Incident.filter(key=key).order_by("-id").get()
        log.error("incident %s: %s remedy: %s", key, message, remedy)
        return opened
    return await Incident.filter(key=key).order_by("-id").first() or await Incident.get(open_key=key)


async def clear_incident(key: str, *, now: datetime, by: str = "系统") -> bool:
    """The cause is gone. False when no such incident was open."""
    cleared = await Incident.filter(open_key=key).update(open_key=None, cleared_at=now, cleared_by_name=by)
    if cleared:
        log.info("incident %s is over", key)
    return bool(cleared)


async def open_incidents(*, limit: int = 50) -> Sequence[Incident]:
    """Alarms first, the newest first."""
    return await Incident.exclude(open_key=None).order_by("severity", "-raised_at").limit(limit)


async def forget_incidents(*, now: datetime, kept: timedelta = timedelta(days=400)) -> int:
    """Deletes incidents that were over long ago; the audit chain keeps what people did about them."""
    return await Incident.filter(open_key=None, cleared_at__lt=now - kept).delete()

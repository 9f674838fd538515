"""What a publication means for its disclosure, in the transaction that records it."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from tortoise.backends.base.client import BaseDBAsyncClient

from disclosures.records import Disclosure
from publishers.port import ChannelName
from publishers.records import Delivery
from publishers.states import State
from publishers.takedown import asked

WITHDRAWN_MEANWHILE = "withdrawn_meanwhile"
"""The fact that the disclosure was withdrawn while nobody knew what had become of this delivery."""

SUPERSEDED_BY = "superseded_by"
"""The fact that names the release which corrected this text."""

AfterPublish = Callable[[BaseDBAsyncClient, Delivery, datetime], Awaitable[None]]


async def lock_disclosure(connection: BaseDBAsyncClient, disclosure_id: int) -> Disclosure | None:
    """Takes the disclosure's row. Everyone takes locks in the same order, or PostgreSQL must break a deadlock: first the
    disclosure, then its deliveries, then what a local channel keeps, the head of the audit trail last."""
    return await Disclosure.filter(id=disclosure_id).using_db(connection).select_for_update().first()


async def conclude(connection: BaseDBAsyncClient, row: Delivery, now: datetime, after: AfterPublish) -> None:
    """What follows from a publication: the disclosure counts as released; one that was withdrawn meanwhile is taken
    down again at once, whatever has become of its text since. A correction that is still under review changes nothing."""
    disclosure = await Disclosure.filter(id=row.disclosure_id).using_db(connection).first()
    if disclosure is None:
        return
    if disclosure.state == "withdrawn" or row.facts.get(WITHDRAWN_MEANWHILE):
        await (
            Delivery.filter(id=row.id, state=State.PUBLISHED)
            .using_db(connection)
            .update(
                state=State.WITHDRAWING,
                next_at=now,
                tries=0,
                facts={**asked(now, disclosure.explanation), **row.facts},
            )
        )
    elif row.content_hash in {disclosure.approved_hash, disclosure.emergency_hash}:
        await after(connection, row, now)
        await _supersede(connection, row, now)
    else:
        await _superseded_before_it_was_seen(connection, row, now)


async def _supersede(connection: BaseDBAsyncClient, row: Delivery, now: datetime) -> None:
    """A corrected text is out: what still shows the old one becomes one task a platform, open until it is proved gone.

    On a platform that gets the correction too, the new post comes first and the old one goes then; elsewhere the old one
    goes as soon as the portal shows the correction.
    """
    older = (
        Delivery.filter(disclosure_id=row.disclosure_id, state=State.PUBLISHED)
        .exclude(content_hash=row.content_hash)
        .using_db(connection)
    )
    if row.channel == ChannelName.PORTAL:
        siblings = await Delivery.filter(release_id=row.release_id).using_db(connection)
        older = older.exclude(channel__in=[s.channel for s in siblings if s.channel != ChannelName.PORTAL])
    else:
        older = older.filter(channel=row.channel)
    for old in await older:
        await _give_way(connection, old, to=row.release_id, now=now)


async def _superseded_before_it_was_seen(connection: BaseDBAsyncClient, row: Delivery, now: datetime) -> None:
    """An old text whose outcome was unknown turned up when its correction was out already, here or on the portal: it
    goes at once."""
    corrected = (
        Delivery.filter(disclosure_id=row.disclosure_id, state=State.PUBLISHED, release_id__gt=row.release_id)
        .filter(channel__in=[row.channel, ChannelName.PORTAL])
        .exclude(content_hash=row.content_hash)
    )
    newer = await corrected.using_db(connection).first()
    if newer is not None:
        await _give_way(connection, row, to=newer.release_id, now=now)


async def _give_way(connection: BaseDBAsyncClient, old: Delivery, *, to: int, now: datetime) -> None:
    here = old.channel in {ChannelName.PORTAL, ChannelName.ANSWERS}
    await (
        Delivery.filter(id=old.id, state=State.PUBLISHED)
        .using_db(connection)
        .update(
            state=State.WITHDRAWN if here else State.WITHDRAWING,
            next_at=None if here else now,
            tries=0,
            lease_until=None,
            updated_at=now,
            facts={**old.facts, SUPERSEDED_BY: to, **asked(now, "内容已更正，以更正后的为准")},
        )
    )

"""The append-only, hash-chained trail: every act stands in it, written in the transaction of the act (invariant 9)."""

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError

from audit.actor import Actor
from audit.errors import TrailBroken
from audit.records import AuditHead, AuditRecord

GENESIS = "0" * 64


def digest(
    *,
    record_id: int,
    at: datetime,
    actor: tuple[str, str],
    verb: str,
    subject: str,
    detail: dict[str, object],
    previous_hash: str,
) -> str:
    """The hash of one record: SHA-256 over its canonical JSON, the previous hash included."""
    text = json.dumps(
        [
            record_id,
            at.astimezone(UTC).isoformat(timespec="microseconds"),
            *actor,
            verb,
            subject,
            detail,
            previous_hash,
        ],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a walk along the chain found: how many records are sound, and the newest hash (to be anchored outside)."""

    records: int
    head: str


class Trail:
    """Appends to the chain and verifies it. ``append`` belongs inside the caller's transaction."""

    async def append(
        self, connection: BaseDBAsyncClient, *, at: datetime, actor: Actor, verb: str, subject: str, **detail: object
    ) -> None:
        """Adds one record. ``subject`` is like ``disclosure:12``; ``detail`` must be JSON and free of secrets."""
        head = await AuditHead.filter(id=1).using_db(connection).select_for_update().first()
        if head is None:
            try:
                head = await AuditHead.create(using_db=connection, id=1, last_id=0, hash=GENESIS)
            except IntegrityError as clash:
                raise TrailBroken("Two writers started the trail at once; repeat the act.") from clash
        record_id = head.last_id + 1
        plain: dict[str, object] = json.loads(json.dumps(detail, ensure_ascii=False, default=str))
        stamp = at.astimezone(UTC)
        mark = digest(
            record_id=record_id,
            at=stamp,
            actor=(actor.kind, actor.name),
            verb=verb,
            subject=subject,
            detail=plain,
            previous_hash=head.hash,
        )
        await AuditRecord.create(
            using_db=connection,
            id=record_id,
            at=stamp,
            actor_kind=actor.kind,
            actor_name=actor.name,
            verb=verb,
            subject=subject,
            detail=plain,
            previous_hash=head.hash,
            hash=mark,
        )
        moved = await AuditHead.filter(id=1, hash=head.hash).using_db(connection).update(last_id=record_id, hash=mark)
        if moved != 1:
            raise TrailBroken("The trail moved under this act; repeat the act.")

    async def verify(self) -> Verification:
        """Walks the whole chain. Raises TrailBroken at the first record that is changed, missing, or out of order."""
        previous, expected = GENESIS, 1
        async for record in self._in_order():
            mark = digest(
                record_id=record.id,
                at=record.at,
                actor=(record.actor_kind, record.actor_name),
                verb=record.verb,
                subject=record.subject,
                detail=record.detail,
                previous_hash=previous,
            )
            if record.id != expected or record.previous_hash != previous or record.hash != mark:
                raise TrailBroken(f"Record {record.id} does not follow from record {expected - 1}.")
            previous, expected = mark, expected + 1
        head = await AuditHead.get_or_none(id=1)
        if (head.last_id, head.hash) != (expected - 1, previous) if head else expected != 1:
            raise TrailBroken(
                f"The trail ends at record {expected - 1}, but its head names another: records are missing."
            )
        return Verification(records=expected - 1, head=previous)

    async def about(self, subject: str, *, limit: int = 200) -> list[AuditRecord]:
        """The acts on one subject, oldest first: the timeline that staff see."""
        return await AuditRecord.filter(subject=subject).order_by("id").limit(limit)

    async def _in_order(self) -> AsyncIterator[AuditRecord]:
        last = 0
        while page := await AuditRecord.filter(id__gt=last).order_by("id").limit(500):
            for record in page:
                yield record
            last = page[-1].id

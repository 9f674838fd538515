"""The audit chain of a backup, verified from its rows alone: no database has to be opened by the product for it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from audit.errors import TrailBroken
from audit.trail import GENESIS, digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One audit record as a backup holds it; ``at`` and ``detail`` still as text."""

    id: int
    at: str
    actor_kind: str
    actor_name: str
    verb: str
    subject: str
    detail: str
    previous_hash: str
    hash: str


def walk(rows: Iterable[Row], *, last_id: int, head: str) -> int:
    """Walks the chain to the head (“” when there is none yet); returns how many records it has. Raises TrailBroken like
    ``Trail.verify``."""
    previous, expected = GENESIS, 1
    for row in rows:
        mark = digest(
            record_id=row.id, at=datetime.fromisoformat(row.at), actor=(row.actor_kind, row.actor_name), verb=row.verb,
            subject=row.subject, detail=json.loads(row.detail), previous_hash=previous,
        )  # fmt: skip
        if row.id != expected or row.previous_hash != previous or row.hash != mark:
            raise TrailBroken(f"Record {row.id} does not follow from record {expected - 1}.")
        previous, expected = mark, expected + 1
    if (last_id, head or GENESIS) != (expected - 1, previous):
        raise TrailBroken(f"The trail ends at record {expected - 1}, but its head names another: records are missing.")
    return expected - 1

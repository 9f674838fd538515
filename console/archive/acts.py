"""Of the package: the timeline, in words and as the records of the hash chain, each provable by itself."""

import hashlib
import json
from datetime import UTC

from console.archive.case import Case, Section
from console.archive.package import entry, exact
from console.timeline import acts_of, days_of, event_of

ACTS = "audit/records.jsonl"


async def acts(case: Case) -> Section:
    """Each line is a record as it was hashed, and its hash; ``previous_hash`` ties it to the record before it in the
    chain, which may be about something else."""
    records = list(reversed(await acts_of(case.id)))
    lines = []
    for record in records:
        hashed = [
            record.id, record.at.astimezone(UTC).isoformat(timespec="microseconds"), record.actor_kind, record.actor_name,
            record.verb, record.subject, record.detail, record.previous_hash,
        ]  # fmt: skip
        lines.append(exact({"record": hashed, "hash": record.hash}))
    html = case.render("acts.html", days=days_of([event_of(record) for record in records]), count=len(records))
    return Section(
        key="acts", title="办理记录", html=html, entries=(entry(ACTS, "".join(f"{line}\n" for line in lines)),),
        manifest={
            "audit": {
                "path": ACTS, "records": len(records), "last_id": records[-1].id if records else 0,
                "last_hash": records[-1].hash if records else "",
            }
        },
    )  # fmt: skip


def hash_of(line: str) -> tuple[list[object], str, str]:
    """(the record, the hash that it bears, the hash that it has): equal when nothing was changed. Raises ValueError."""
    found = json.loads(line)
    if not isinstance(found, dict) or not isinstance(found.get("record"), list) or len(found["record"]) != 8:
        raise ValueError("no record of the trail")
    return found["record"], str(found.get("hash", "")), hashlib.sha256(exact(found["record"]).encode()).hexdigest()

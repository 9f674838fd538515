"""Of the package: the releases, what each channel was given (frozen), what became of it, and what was read back."""

from collections.abc import Sequence
from typing import Any

from console.archive.case import Case, Section
from console.archive.package import Entry, entry, exact, json_entry
from console.proofs import PROOF_NAMES, proof_of
from console.results import STATE_NAMES
from publishers.port import ChannelName
from publishers.records import Attempt, Delivery, Proposal, ReadBack
from publishers.states import State
from scheduler.timetable import CHANNEL_NAMES


def _name(row: Delivery) -> str:
    return f"deliveries/{row.id}-{row.channel}"


async def deliveries(case: Case) -> Section | None:
    """``payload.json`` is byte for byte what was frozen; its SHA-256 stood in the ledger before it was sent."""
    if not case.deliveries:
        return None
    ids = [row.id for row in case.deliveries]
    attempts, proposals = await _of(Attempt, ids), await _of(Proposal, ids)
    found: list[Entry] = []
    for row in case.deliveries:
        mine = attempts.get(row.id, [])
        found.append(entry(f"{_name(row)}/payload.json", exact(row.payload)))
        found.append(json_entry(f"{_name(row)}/delivery.json", _facts(row)))
        if mine:
            found.append(json_entry(f"{_name(row)}/attempts.json", [_plain(each) for each in mine]))
        if decided := proposals.get(row.id):
            found.append(json_entry(f"{_name(row)}/decisions.json", [_plain(each) for each in decided]))
    by_release = {
        release.id: [row for row in case.deliveries if row.release_id == release.id] for release in case.releases
    }
    html = case.render(
        "deliveries.html", releases=case.releases, by_release=by_release, states=STATE_NAMES, state_of=State,
        channel_of=ChannelName, names=CHANNEL_NAMES, folder=_name, tries={number: len(attempts.get(number, [])) for number in ids},
    )  # fmt: skip
    return Section(
        key="deliveries", title="发布与投放", html=html, entries=tuple(found),
        manifest={
            "deliveries": [
                {
                    "id": row.id, "release": row.release_id, "channel": row.channel, "state": row.state,
                    "content_hash": row.content_hash, "payload_sha256": row.payload_sha256, "url": row.url,
                    "published_at": row.published_at.isoformat() if row.published_at else None,
                    "payload": f"{_name(row)}/payload.json",
                }
                for row in case.deliveries
            ]
        },
    )  # fmt: skip


async def proofs(case: Case) -> Section | None:
    """Every read-back with both texts and the difference; the newest of each delivery stands on the page."""
    rows = await ReadBack.filter(delivery_id__in=[row.id for row in case.deliveries] or [0]).order_by("id")
    if not rows:
        return None
    names = {row.id: f"proofs/{row.id}-{row.channel}" for row in case.deliveries}
    found = [json_entry(f"{names[row.delivery_id]}/read-back-{row.id}.json", _plain(row)) for row in rows]
    newest = [await proof_of(row) for row in case.deliveries if any(look.delivery_id == row.id for look in rows)]
    counts = {number: sum(1 for look in rows if look.delivery_id == number) for number in names}
    html = case.render("proofs.html", proofs=newest, counts=counts, folders=names, verdicts=PROOF_NAMES)
    return Section(
        key="proofs", title="发布后核对", html=html, entries=tuple(found),
        manifest={"proofs": [{"id": row.id, "delivery": row.delivery_id, "verdict": row.verdict, "at": row.at.isoformat()} for row in rows]},
    )  # fmt: skip


async def _of(table: Any, ids: Sequence[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in await table.filter(delivery_id__in=list(ids)).order_by("id"):
        found.setdefault(row.delivery_id, []).append(row)
    return found


_PASSING = frozenset(
    {"payload", "lease_until", "owner", "fence", "next_at", "tries", "settle_until", "proof_at", "updated_at"}
)
"""How the machine shares its work: no part of the record."""


def _facts(row: Delivery) -> dict[str, Any]:
    return {name: value for name, value in _plain(row).items() if name not in _PASSING}


def _plain(row: Any) -> dict[str, Any]:
    """A row as JSON: its columns by name, moments in ISO 8601."""
    values = {name: getattr(row, name) for name in row._meta.db_fields if name not in {"owner", "fence"}}
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}

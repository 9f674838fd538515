"""Entries to be reviewed, about to expire, expired, or without an owner are listed, the most pressing first."""

from dataclasses import replace
from datetime import date

import pytest

from audit.actor import Actor
from knowledge.curating import Curating
from knowledge.due import Why, due, reasons
from knowledge.entry import Entry, EntryKind

TODAY = date(2026, 11, 23)
OWNED = Entry(id="a", kind=EntryKind.faq, title="问", body="答", unit="区民政局")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, ()),
        ({"next_review_on": date(2026, 11, 22)}, (Why.overdue,)),
        ({"next_review_on": date(2026, 11, 23)}, (Why.soon,)),
        ({"next_review_on": date(2026, 12, 23)}, (Why.soon,)),
        ({"next_review_on": date(2026, 12, 24)}, ()),
        ({"valid_to": date(2026, 11, 22)}, (Why.expired,)),
        ({"valid_to": date(2026, 11, 23)}, (Why.expiring,)),
        ({"valid_to": date(2026, 12, 24)}, ()),
        ({"unit": " "}, (Why.ownerless,)),
        ({"unit": "", "next_review_on": date(2026, 1, 1), "valid_to": date(2026, 12, 1)}, (Why.overdue, Why.expiring, Why.ownerless)),
        ({"unit": "", "live": False}, ()),
        ({"unit": "", "id": "disclosure:1", "origin": "disclosure:1"}, ()),
    ],
)  # fmt: skip
def test_why(change: dict[str, object], why: tuple[Why, ...]) -> None:
    assert reasons(replace(OWNED, **change), TODAY) == why  # type: ignore[arg-type]


async def test_the_list_and_the_counts(any_database: str, curating: Curating, actor: Actor) -> None:
    await curating.curation.put_entries(
        [
            OWNED,
            replace(OWNED, id="b", valid_to=date(2026, 12, 1)),
            replace(OWNED, id="c", next_review_on=date(2026, 12, 20)),
            replace(OWNED, id="d", next_review_on=date(2026, 1, 1)),
            replace(OWNED, id="e", unit=""),
            replace(OWNED, id="f", next_review_on=date(2026, 1, 1), live=False),
        ],
        actor=actor,
    )
    found, counts = await due(TODAY)
    assert [one.entry.id for one in found] == ["d", "c", "b", "e"]
    assert counts == {Why.overdue: 1, Why.soon: 1, Why.expired: 0, Why.expiring: 1, Why.ownerless: 1}
    only, _ = await due(TODAY, why=Why.expiring)
    assert [one.entry.id for one in only] == ["b"]

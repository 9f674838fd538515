"""The form in which the office edits a kind of document: from the page's fields to the kind and back. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from console.door import Visit
from disclosures.kind import ASKABLE, MOST_FIELDS, PLAIN_CHAIN, SECRECY_CHAIN, TYPE_NAMES, Kind, KindField

SPARE: Final = 3
"""Empty lines at the end of the form, for fields that are added without a script."""
_BETWEEN: Final = re.compile(r"[\n；;]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class KindForm:
    """What stands in the form."""

    kind: Kind
    rows: tuple[KindField, ...]

    @classmethod
    def of(cls, kind: Kind) -> "KindForm":
        return cls(kind=kind, rows=(*kind.present, *(KindField(name="", label="") for _ in range(SPARE))))

    @classmethod
    def typed(cls, visit: Visit, code: str, *, taken: Collection[str] = ()) -> "KindForm":
        """Reads a posted form; a line without a label, or one that is to go, is no field. ``taken``: the names that the
        kind ever had, which no new field may have again."""
        rows = tuple(_row(visit, place) for place in range(MOST_FIELDS + SPARE) if f"label_{place}" in visit.form)
        kept = tuple(row for place, row in enumerate(rows) if row.label and visit.text(f"remove_{place}") != "yes")
        order = {id(row): visit.number(f"order_{place}") or 1000 for place, row in enumerate(rows)}
        kept = tuple(sorted(kept, key=lambda row: order[id(row)]))
        kind = Kind(
            code=code, name=visit.text("name").strip(), description=visit.text("description").strip(),
            category=visit.text("category").strip()[:32], fields=_named(kept, taken),
            asks=tuple(name for name in ASKABLE if name in visit.texts("asks")),
            chain=SECRECY_CHAIN if visit.text("secrecy") == "yes" else PLAIN_CHAIN,
            template=visit.text("template").replace("\r\n", "\n"), sort=visit.number("sort"),
            active=visit.text("active") != "no",
        )  # fmt: skip
        return cls(kind=kind, rows=(*kind.fields, *(KindField(name="", label="") for _ in range(SPARE))))


def _row(visit: Visit, place: int) -> KindField:
    form = visit.text(f"type_{place}")
    choices = tuple(
        dict.fromkeys(part.strip() for part in _BETWEEN.split(visit.text(f"choices_{place}")) if part.strip())
    )
    unit = visit.text(f"unit_{place}").strip()
    return KindField(
        name=visit.text(f"name_{place}").strip(), label=visit.text(f"label_{place}").strip(),
        type=form if form in TYPE_NAMES else "text", required=visit.text(f"required_{place}") == "yes",
        hint=visit.text(f"hint_{place}").strip(), choices=choices if form == "choice" else (),
        unit=unit or ("元" if form == "amount" else "") if form in {"number", "amount"} else "",
    )  # fmt: skip


def _named(rows: tuple[KindField, ...], taken: Collection[str]) -> tuple[KindField, ...]:
    """New fields get a name that no other has: texts keep it for ever, so it never depends on the label."""
    used, number, found = {*taken, *(row.name for row in rows)}, 1, []
    for row in rows:
        if not row.name:
            while f"field_{number}" in used:
                number += 1
            row = replace(row, name=f"field_{number}")
            used.add(row.name)
        found.append(row)
    return tuple(found)

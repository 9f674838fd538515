"""The form of a knowledge entry: what was typed, as it was typed, and the entry that it makes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from console.door import Visit
from knowledge.columns import made_id, shown
from knowledge.entry import DAYS, LISTS, VALIDITIES, VERDICTS, Entry
from knowledge.exchange import from_json

KINDS: Final = {"faq": "常见问题", "policy": "政策文件", "service": "办事服务", "rumour": "谣言澄清"}
FIELDS: Final = (
    "kind", "title", "body", "similar", "keywords", "verdict", "evidence", "unit", "responsible", "source", "source_url",
    "document_number", "issuer", "made_on", "published_on", "validity", "phone", "valid_from", "valid_to",
    "next_review_on", "checked", "withdrawn_because", "claimed_on", "links", "places", "figures",
)  # fmt: skip
CHOICES: Final = {"verdicts": VERDICTS, "validities": VALIDITIES, "kinds": KINDS}
_IN_ONE_LINE: Final = frozenset({"keywords", "places", "figures"})
"""Lists that stand in one line of the form, with 、 between."""
_BETWEEN: Final = re.compile(r"[、，；;\n]|,(?!\d)")
_A_LINE_EACH: Final = re.compile("\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFields:
    """What stands in the form."""

    values: Mapping[str, str] = field(default_factory=dict)
    live: bool = True
    note: str = ""

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    @classmethod
    def typed(cls, visit: Visit) -> "EntryFields":
        values = {name: visit.text(name).replace("\r\n", "\n") for name in ("id", *FIELDS)}
        return cls(values=values, live=visit.text("live") != "no", note=visit.text("note"))

    @classmethod
    def of(cls, entry: Entry, *, note: str = "") -> "EntryFields":
        """From an entry, to be changed."""
        values = {name: shown(entry, name) for name in FIELDS} | {"id": entry.id, "kind": entry.kind.value}
        values |= {name: "、".join(getattr(entry, name)) for name in _IN_ONE_LINE}
        return cls(values=values, live=entry.live, note=note)

    def entry(self, *, entry_id: str = "") -> Entry:
        """The entry. Raises EntryInvalid with the field that is wrong. Without an id the question makes one."""
        row: dict[str, Any] = {}
        for name in FIELDS:
            text = self[name].strip()
            row[name] = _items(text, _BETWEEN if name in _IN_ONE_LINE else _A_LINE_EACH) if name in LISTS else text
        row |= {name: self[name].strip() for name in DAYS if name in self.values}
        row["id"] = entry_id or self["id"].strip() or made_id(row["title"], row["body"])
        row["live"] = self.live
        if self.live:
            row["withdrawn_because"] = ""
        return from_json(row)


def _items(text: str, between: re.Pattern[str]) -> list[str]:
    return list(dict.fromkeys(item.strip() for item in between.split(text) if item.strip()))

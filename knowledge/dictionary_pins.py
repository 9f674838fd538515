"""Pins: for exactly these questions this entry is the answer, until a day on which somebody looks at it again. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Final

from knowledge.errors import EntryInvalid
from knowledge.index import bare
from knowledge.keywords import normalise

MOST: Final = 1_000
LONGEST: Final = 150
"""Letters of a question."""
SHORTEST: Final = 2
MOST_WORDINGS: Final = 20
LONGEST_PIN: Final = timedelta(days=366)
"""A pin is looked at again within a year."""
LONGEST_NOTE: Final = 300


def folded(text: str) -> str:
    """A question as it is compared: without signs and blanks."""
    return bare(normalise(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """``questions`` are the wordings, each compared as a whole; it holds through ``review_on``, a local day."""

    questions: tuple[str, ...]
    entry_id: str
    review_on: date
    note: str = ""

    @property
    def key(self) -> str:
        return folded(self.questions[0])

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"questions": list(self.questions), "review_on": self.review_on.isoformat()}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Pin":
        return cls(
            questions=tuple(row["questions"]), entry_id=str(row["entry_id"]),
            review_on=date.fromisoformat(row["review_on"]), note=str(row.get("note", "")),
        )  # fmt: skip


class Pins:
    """Ready to be looked up. Immutable."""

    def __init__(self, pins: Iterable[Pin] = ()) -> None:
        self.pins = tuple(pins)
        self._by_question = {folded(question): pin for pin in self.pins for question in pin.questions}

    def of(self, texts: Iterable[str], today: date) -> Pin | None:
        """The pin of one of these wordings of a question that holds on that day."""
        if not self._by_question:
            return None
        found = (self._by_question.get(folded(text)) for text in texts)
        return next((pin for pin in found if pin is not None and today <= pin.review_on), None)


def wrong_with(pin: Pin, today: date) -> list[EntryInvalid]:
    found: list[EntryInvalid] = []
    if len(pin.questions) > MOST_WORDINGS:
        found.append(EntryInvalid(0, "问句", f"超过 {MOST_WORDINGS} 种说法", "分成几次固定"))
    if any(not SHORTEST <= len(folded(question)) <= LONGEST for question in pin.questions):
        found.append(EntryInvalid(0, "问句", f"每个问句应为 {SHORTEST} 至 {LONGEST} 个字", "改写问句"))
    if not today < pin.review_on <= today + LONGEST_PIN:
        found.append(EntryInvalid(0, "复核日期", "应在今天之后、一年之内", "改写日期"))
    if len(pin.note) > LONGEST_NOTE:
        found.append(EntryInvalid(0, "说明", f"超过 {LONGEST_NOTE} 个字", "写短一些"))
    return found


def wrong_together(pins: Sequence[Pin], changed: Iterable[str]) -> list[EntryInvalid]:
    mine = set(changed)
    found: list[EntryInvalid] = []
    if len(pins) > MOST:
        found.append(EntryInvalid(0, "", f"固定的问句超过 {MOST} 组", "先取消不再需要的"))
    owner: dict[str, Pin] = {}
    for pin in pins:
        for question in pin.questions:
            other = owner.setdefault(folded(question), pin)
            if other is not pin and {pin.key, other.key} & mine:
                found.append(EntryInvalid(0, "问句", f"“{question}”已经固定到 {other.entry_id}", "先取消那一条"))
    return found

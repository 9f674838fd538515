"""An entry: one approved text that the bot may say, word for word."""

from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum

CURATOR = "curator"
DISCLOSURE_PREFIX = "disclosure:"
CORRECTED = "内容已更正，以更正后的为准"
"""Why an entry is withdrawn when only its correction stands in its place; it is spoken of as corrected."""

VERDICTS = ("不实", "属实", "部分属实", "核实中")
VERDICT_UNDER_CHECK = "核实中"
IN_FORCE = "有效"
VALIDITIES = ("有效", "已修改", "废止", "失效")
NO_LONGER_IN_FORCE = frozenset({"废止", "失效"})


class EntryKind(StrEnum):
    """What sort of text an entry is; the wording of an answer depends on it."""

    faq = "faq"
    policy = "policy"
    service = "service"
    rumour = "rumour"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One approved text with its source.

    `origin` is "curator" or "disclosure:<number>": two layers that never overwrite each other. `verdict` is one of VERDICTS or
    empty; an import may bring another word (谣言) and it is kept as given. Days are local days (Asia/Shanghai); `valid_to` is the
    last day on which the entry answers. An entry of a disclosure gets its days from publishing: `valid_from` the day of a
    correction, `valid_to` the day of its withdrawal, whose public explanation is `withdrawn_because`; of a
    text that still answers and was repealed, `withdrawn_because` is what the public was told of that: what takes its place.

    Of a rumour `title` is the claim, `similar` are its confirmed variants (other wordings and whole forwarded texts), `claimed_on`
    is the day on which it came up and `published_on` the day of the verdict. `links` are addresses under which the rumour or
    its clarification is known; `places` and `figures` are what decides whether a message tells of this very claim.

    `unit` owns the entry and `responsible` is the person there; `next_review_on` is when they look at it again. `checked` are the
    entries that look alike and were compared, each as "编号：理由": the conflict detector then believes the people.
    """

    id: str
    kind: EntryKind
    title: str
    body: str = ""
    similar: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    verdict: str = ""
    unit: str = ""
    source: str = ""
    source_url: str = ""
    document_number: str = ""
    issuer: str = ""
    made_on: date | None = None
    published_on: date | None = None
    validity: str = IN_FORCE
    evidence: str = ""
    phone: str = ""
    responsible: str = ""
    next_review_on: date | None = None
    checked: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    origin: str = CURATOR
    live: bool = True
    withdrawn_because: str = ""
    claimed_on: date | None = None
    links: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()

    def answers_on(self, day: date) -> bool:
        """Whether the entry may answer on that local day: live, begun and not expired."""
        if not self.live:
            return False
        if self.valid_from is not None and day < self.valid_from:
            return False
        return self.valid_to is None or day <= self.valid_to

    def expired_on(self, day: date) -> bool:
        """Whether the entry would still answer on that local day, had its last day not passed."""
        return self.live and self.valid_to is not None and self.valid_to < day

    @property
    def under_check(self) -> bool:
        """A rumour on which no unit has spoken yet; it is shown as 核实中, never as a verdict."""
        return self.verdict == VERDICT_UNDER_CHECK

    @property
    def in_force(self) -> bool:
        """False for a document that was repealed or has lapsed; the wording must say so before the text."""
        return self.validity not in NO_LONGER_IN_FORCE

    @property
    def withdrawn(self) -> bool:
        """A disclosure's text that was withdrawn: it is still found, but only the notice of its withdrawal is spoken. An
        entry that a curator stopped is not: his reason is not for the public."""
        from_disclosure = self.origin.startswith(DISCLOSURE_PREFIX)
        return from_disclosure and not self.live and bool(self.withdrawn_because) and self.valid_to is not None

    @property
    def superseded(self) -> bool:
        """Withdrawn because a corrected text has taken its place."""
        return self.withdrawn and self.withdrawn_because == CORRECTED

    @property
    def withdrawn_on(self) -> date | None:
        """The local day of the withdrawal."""
        return self.valid_to if self.withdrawn else None

    @property
    def corrected_on(self) -> date | None:
        """The local day since which this text replaces an earlier one of the same disclosure."""
        return self.valid_from if self.live and self.origin.startswith(DISCLOSURE_PREFIX) else None

    def without_text(self) -> "Entry":
        """What may be said of a withdrawn entry: what identifies it, and nothing of what it said."""
        return replace(self, body="", similar=(), keywords=(), evidence="")

    @property
    def disclosure_id(self) -> int | None:
        """The number of the disclosure this entry was built from, or None for a curator's entry."""
        if not self.origin.startswith(DISCLOSURE_PREFIX):
            return None
        return int(self.origin.removeprefix(DISCLOSURE_PREFIX))


LISTS = tuple(field.name for field in fields(Entry) if field.type == tuple[str, ...])
"""The fields that hold several texts."""
DAYS = tuple(field.name for field in fields(Entry) if field.type == (date | None))
"""The fields that hold a day."""


def disclosure_entry_id(disclosure_id: int) -> str:
    """The id of the entry that is built from a published disclosure."""
    return f"{DISCLOSURE_PREFIX}{disclosure_id}"

"""An entry: one approved text that the bot may say, word for word."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

CURATOR = "curator"
DISCLOSURE_PREFIX = "disclosure:"

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
    last day on which the entry answers.
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
    valid_from: date | None = None
    valid_to: date | None = None
    origin: str = CURATOR
    live: bool = True

    def answers_on(self, day: date) -> bool:
        """Whether the entry may answer on that local day: live, begun and not expired."""
        if not self.live:
            return False
        if self.valid_from is not None and day < self.valid_from:
            return False
        return self.valid_to is None or day <= self.valid_to

    @property
    def under_check(self) -> bool:
        """A rumour on which no unit has spoken yet; it is shown as 核实中, never as a verdict."""
        return self.verdict == VERDICT_UNDER_CHECK

    @property
    def in_force(self) -> bool:
        """False for a document that was repealed or has lapsed; the wording must say so before the text."""
        return self.validity not in NO_LONGER_IN_FORCE

    @property
    def disclosure_id(self) -> int | None:
        """The number of the disclosure this entry was built from, or None for a curator's entry."""
        if not self.origin.startswith(DISCLOSURE_PREFIX):
            return None
        return int(self.origin.removeprefix(DISCLOSURE_PREFIX))


def disclosure_entry_id(disclosure_id: int) -> str:
    """The id of the entry that is built from a published disclosure."""
    return f"{DISCLOSURE_PREFIX}{disclosure_id}"

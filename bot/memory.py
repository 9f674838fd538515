"""What the bot remembers of one citizen for a short while: what it offered, how often it failed, what it left unsaid."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

VALID: Final = timedelta(minutes=15)
"""How long an offered choice, an unfinished text and a count of tries live."""
LATE_VALID: Final = timedelta(minutes=10)
"""How long an answer that came too late is fetched with “1”."""
LATE_HELD: Final = timedelta(hours=48)
"""How long it waits for its reader's next message."""
RATEABLE: Final = timedelta(hours=24)
"""How long after an answer 有用 and 没用 are understood as said of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One of the numbered choices."""

    id: str
    title: str
    score: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Where a long answer was left: the entry, the next page, and the digest of the body it was cut from."""

    entry_id: str
    next: int
    digest: str
    lead: int = 0
    """The length of what stood before the first page, in the channel's measure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The last answer: which entry it was, with the mark of its text, and the subject that a follow-up question leaves out."""

    entry_id: str
    mark: str
    unit: str
    topic: str
    at: datetime
    kind: str = ""

    @classmethod
    def parse(cls, plain: Mapping[str, Any]) -> "Said":
        return cls(**{**plain, "at": datetime.fromisoformat(plain["at"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One citizen's short memory. ``at`` is the moment of the last change; times are aware."""

    at: datetime | None = None
    options: tuple[Option, ...] = ()
    question: str = ""
    """The question the options were offered for, with personal data masked."""
    confidence: float = 0.0
    page: Page | None = None
    tries: int = 0
    late: str = ""
    """An answer that came too late for its message: to be fetched with “1”, or told before the next reply."""
    late_at: datetime | None = None
    late_entry: str = ""
    late_mark: str = ""
    """The entry that it was made from, and the mark of its text: what was changed since is not told."""
    awaited: str = ""
    """A question without an answer, masked, of which he may ask to be told later."""
    awaited_consent: bool = False
    """He wants to be told, and was asked for his consent."""
    report: str = ""
    """A rumour, with personal data masked, that may be handed in for checking."""
    report_entry: str = ""
    """The entry that says of it that it is 核实中, if there is one."""
    consent: bool = False
    """He said that he wants it checked, and was asked for his consent."""
    clarified: str = ""
    """The clarification that he may get as a text to forward."""
    seek: str = ""
    """The words with which he looked for documents, for the next ones of the list."""
    seek_from: int = 0
    """How many of them he was shown."""
    closed_until: datetime | None = None
    """He was told that nobody is there before this moment; until then it is not said again."""

    said: Said | None = None
    answers: int = 0
    """How many answers he got in this conversation."""
    asked_why: bool = False
    """He said that an answer was of no use, and was asked why."""
    menu: str = ""
    """The number of the list that he may tap, see ``bot.tapping``."""

    def awake(self, now: datetime) -> "Memory":
        """This memory without what has expired; offered options stay, so that their expiry can be explained."""
        if self.at is None or now - self.at <= VALID:
            return self
        return Memory(
            at=self.at, options=self.options, question="", confidence=0.0, said=self.rateable(now), menu=self.menu
        )

    def fetchable(self, now: datetime) -> bool:
        """Whether “1” fetches an answer that came too late."""
        return bool(self.late) and self.late_at is not None and now - self.late_at <= LATE_VALID

    @property
    def told_late(self) -> "Memory":
        """The same once the answer that came too late was told."""
        return replace(self, late="", late_at=None, late_entry="", late_mark="")

    def rateable(self, now: datetime) -> Said | None:
        """The last answer, while it may still be marked."""
        return self.said if self.said is not None and now - self.said.at <= RATEABLE else None

    @property
    def blank(self) -> bool:
        """Whether there is nothing in it worth a row."""
        return not (
            self.options
            or self.page
            or self.tries
            or self.late
            or self.report
            or self.awaited
            or self.clarified
            or self.closed_until
            or self.seek
            or self.said
        )

    def expired(self, now: datetime) -> bool:
        return self.at is not None and now - self.at > VALID

    def dump(self) -> dict[str, Any]:
        plain = {name: value for name, value in asdict(self).items() if value}
        if self.said is not None:
            plain["said"] = {**plain["said"], "at": self.said.at.isoformat()}
        return plain | {name: value.isoformat() for name, value in plain.items() if isinstance(value, datetime)}

    @classmethod
    def parse(cls, plain: Mapping[str, Any]) -> "Memory":
        """Reads the stored form back; ``Memory.parse(m.dump()) == m``."""
        at, page, closed_until = plain.get("at"), plain.get("page"), plain.get("closed_until")
        return cls(
            at=datetime.fromisoformat(at) if at else None,
            options=tuple(Option(**option) for option in plain.get("options", ())),
            question=plain.get("question", ""),
            confidence=plain.get("confidence", 0.0),
            page=Page(**page) if page else None,
            tries=plain.get("tries", 0),
            late=plain.get("late", ""),
            late_at=datetime.fromisoformat(plain["late_at"]) if plain.get("late_at") else None,
            late_entry=plain.get("late_entry", ""),
            late_mark=plain.get("late_mark", ""),
            awaited=plain.get("awaited", ""),
            awaited_consent=plain.get("awaited_consent", False),
            report=plain.get("report", ""),
            report_entry=plain.get("report_entry", ""),
            consent=plain.get("consent", False),
            clarified=plain.get("clarified", ""),
            seek=plain.get("seek", ""),
            seek_from=plain.get("seek_from", 0),
            closed_until=datetime.fromisoformat(closed_until) if closed_until else None,
            said=Said.parse(plain["said"]) if plain.get("said") else None,
            answers=plain.get("answers", 0),
            asked_why=plain.get("asked_why", False),
            menu=plain.get("menu", ""),
        )

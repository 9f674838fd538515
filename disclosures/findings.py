"""What is wrong with a text, found before anybody is asked to sign it (a channel's own findings are its Problems)."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

LONGEST_QUOTE = 60


class Severity(StrEnum):
    BLOCK = "block"
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to mend or to think about. ``message`` and ``remedy`` are Simplified Chinese, free of personal data."""

    severity: Severity
    field: str
    """The field of the form: title, body, department, category, formed_on, document_number, summary, attachments, …"""
    message: str
    remedy: str = ""
    overridable: bool = False
    """True: a person may submit in spite of it with a written reason, which goes into the audit trail."""

    rule: str = ""
    """The stable code of the rule that found it, see ``disclosures.checking.rules``."""
    quote: str = ""
    """The words concerned, at most LONGEST_QUOTE characters; masked when they are somebody's personal data."""
    start: int | None = None
    """Where the words begin in the field's plain text, in characters; None where that says nothing."""
    mask: str = ""
    """What may stand in the place of the words. Offered by a button, put there by a person only."""
    reason: str = ""
    """Why the rule wants it so; empty: the rule's own reason says it."""

    @property
    def blocks(self) -> bool:
        return self.severity is Severity.BLOCK

    @property
    def key(self) -> str:
        """What is found, wherever in the field it stands: an override of it stays good while it is the same words."""
        return hashlib.sha256(f"{self.rule}\n{self.field}\n{self.quote or self.message}".encode()).hexdigest()[:16]


def block(
    field: str, message: str, remedy: str = "", *, overridable: bool = False, rule: str = "", quote: str = "",
    start: int | None = None, mask: str = "", reason: str = "",
) -> Finding:  # fmt: skip
    return Finding(
        severity=Severity.BLOCK, field=field, message=message, remedy=remedy, overridable=overridable, rule=rule,
        quote=shortened(quote), start=start, mask=mask, reason=reason,
    )  # fmt: skip


def warn(
    field: str, message: str, remedy: str = "", *, rule: str = "", quote: str = "", start: int | None = None,
    mask: str = "", reason: str = "",
) -> Finding:  # fmt: skip
    return Finding(
        severity=Severity.WARN, field=field, message=message, remedy=remedy, rule=rule, quote=shortened(quote),
        start=start, mask=mask, reason=reason,
    )  # fmt: skip


def once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Each thing once, at its first place."""
    seen: set[str] = set()
    for finding in findings:
        if finding.key not in seen:
            seen.add(finding.key)
            yield finding


def shortened(words: str) -> str:
    """The words in one line, cut where they are too long for a quotation."""
    words = " ".join(words.split())
    return words if len(words) <= LONGEST_QUOTE else f"{words[: LONGEST_QUOTE - 1]}…"

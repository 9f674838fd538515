"""What is wrong with a text, found before anybody is asked to sign it (a channel's own findings are its Problems)."""

from dataclasses import dataclass
from enum import StrEnum


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

    @property
    def blocks(self) -> bool:
        return self.severity is Severity.BLOCK


def block(field: str, message: str, remedy: str = "", *, overridable: bool = False) -> Finding:
    return Finding(severity=Severity.BLOCK, field=field, message=message, remedy=remedy, overridable=overridable)


def warn(field: str, message: str, remedy: str = "") -> Finding:
    return Finding(severity=Severity.WARN, field=field, message=message, remedy=remedy)

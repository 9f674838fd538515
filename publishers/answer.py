"""What the one send answered, on its way into the ledger or, when the database is away, into the evidence file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from publishers.errors import ChannelBusy, ChannelRefused, ChannelUnavailable, LeaseSpent, OutcomeUnknown
from publishers.port import Sighting, Verdict

REFUSED, NOT_SENT, UNKNOWN, LEASE_SPENT = "refused", "not_sent", "unknown", "lease_lost_before_send"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``outcome`` as the attempt will show it; ``sighting`` is None when the platform surely did nothing."""

    outcome: str
    sighting: Sighting | None = None
    message: str = ""
    remedy: str = ""
    retry_at: datetime | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def seen(cls, sighting: Sighting) -> "Answer":
        return cls(outcome=sighting.verdict, sighting=sighting, detail=dict(sighting.evidence))

    @classmethod
    def of(cls, trouble: ChannelRefused | ChannelUnavailable | OutcomeUnknown) -> "Answer":
        """What an exception of a channel's ``send`` says; each has exactly one meaning."""
        message, remedy = str(trouble), trouble.remedy
        detail = {**trouble.detail, "message": message}
        if isinstance(trouble, OutcomeUnknown):
            sighting = Sighting(verdict=Verdict.UNKNOWN, message=message, remedy=remedy)
            return cls(outcome=UNKNOWN, sighting=sighting, message=message, remedy=remedy, detail=detail)
        if isinstance(trouble, ChannelRefused):
            return cls(outcome=REFUSED, message=message, remedy=remedy, detail=detail)
        return cls(
            outcome=LEASE_SPENT if isinstance(trouble, LeaseSpent) else NOT_SENT,
            message=message,
            remedy=remedy,
            retry_at=trouble.retry_at if isinstance(trouble, ChannelBusy) else None,
            detail=detail,
        )

    def as_facts(self) -> dict[str, Any]:
        """Plain JSON for the evidence file; ``from_facts`` reads it."""
        seen = self.sighting
        told = {
            "verdict": seen.verdict, "external_id": seen.external_id, "url": seen.url, "message": seen.message,
            "remedy": seen.remedy, "facts": seen.facts,
        } if seen is not None else {}  # fmt: skip
        return {
            "outcome": self.outcome,
            "message": self.message,
            "remedy": self.remedy,
            "detail": dict(self.detail),
            "sighting": told,
        }


def proof_in(facts: Mapping[str, Any]) -> Sighting | None:
    """What an answer out of the evidence file proves about an unknown outcome: that it is out, that it was accepted, or
    that the platform refused it. None when it proves nothing, and reading or a person must tell."""
    told = facts.get("sighting") or {}
    if facts.get("outcome") == REFUSED:
        return Sighting(
            verdict=Verdict.FAILED, message=str(facts.get("message", "")), remedy=str(facts.get("remedy", ""))
        )
    if told.get("verdict") not in {Verdict.PUBLISHED, Verdict.RUNNING}:
        return None
    return Sighting(
        verdict=Verdict(told["verdict"]),
        external_id=str(told.get("external_id", "")),
        url=str(told.get("url", "")),
        message=str(told.get("message", "")),
        remedy=str(told.get("remedy", "")),
        facts=dict(told.get("facts") or {}),
        evidence={"from": "evidence file"},
    )

"""
AuditError
└── TrailBroken    the chain does not hold
"""


class AuditError(Exception):
    """Something about the audit trail."""


class TrailBroken(AuditError):
    """The audit chain does not hold: a record was changed, removed, reordered, or two writers met."""

"""The scheduler's tables: which nodes there are, who has a duty, which account is held, and what the probes found."""

from tortoise import fields
from tortoise.models import Model


class Node(Model):
    """One running process of this deployment; it shows itself every few seconds."""

    name = fields.CharField(max_length=96, primary_key=True)
    kind = fields.CharField(max_length=16)
    """serve or worker."""
    started_at = fields.DatetimeField()
    seen_at = fields.DatetimeField(db_index=True)
    detail = fields.JSONField[dict[str, object]](default=dict)

    class Meta:
        app = "mingbai"
        table = "node"


class Duty(Model):
    """A task that one node at a time has: a lease with a fence; the others stand by."""

    name = fields.CharField(max_length=32, primary_key=True)
    owner = fields.CharField(max_length=96, default="")
    fence = fields.IntField(default=0)
    lease_until = fields.DatetimeField(null=True)

    class Meta:
        app = "mingbai"
        table = "duty"


class AccountHold(Model):
    """Which deployment speaks for a platform account (crash-point table, row 21)."""

    account = fields.CharField(max_length=96, primary_key=True)
    deployment = fields.CharField(max_length=64)
    epoch = fields.IntField(default=0)
    """One more with every start and every restore; a smaller one is an old copy."""
    held_at = fields.DatetimeField()
    seen_at = fields.DatetimeField()
    detail = fields.JSONField[dict[str, object]](default=dict)

    class Meta:
        app = "mingbai"
        table = "account_hold"


class Probe(Model):
    """What was found before a slot: credentials, address list, domain, quota, clock (features P23)."""

    id = fields.IntField(primary_key=True)
    release_id = fields.IntField()
    horizon = fields.CharField(max_length=8)
    """24h or 1h."""
    at = fields.DatetimeField()
    ok = fields.BooleanField()
    findings = fields.JSONField[list[dict[str, object]]](default=list)

    class Meta:
        app = "mingbai"
        table = "probe"
        unique_together = (("release_id", "horizon"),)

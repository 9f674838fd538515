"""The publishers' tables: releases, the delivery ledger, platform tokens and materials, the portal's pages."""

from tortoise import fields
from tortoise.models import Model


class Release(Model):
    """One approved disclosure to go out at one moment, over some channels. Its state follows from its deliveries."""

    id = fields.IntField(primary_key=True)
    disclosure_id = fields.IntField(db_index=True)
    revision = fields.IntField()
    content_hash = fields.CharField(max_length=64)
    due_at = fields.DatetimeField(db_index=True)
    created_by_id = fields.IntField()
    created_by_name = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()
    mass_confirmed_by_id = fields.IntField(null=True)
    """Who confirmed that WeChat's followers are to be notified (群发); another person than the creator."""
    cancelled_at = fields.DatetimeField(null=True)
    idempotency_key = fields.CharField(max_length=128, null=True, unique=True)

    class Meta:
        app = "mingbai"
        table = "release"


class Delivery(Model):
    """One row per release and channel: the ledger. Changed only by compare-and-set in ``publishers.ledger``."""

    id = fields.IntField(primary_key=True)
    release: fields.ForeignKeyRelation[Release] = fields.ForeignKeyField("mingbai.Release", related_name="deliveries")
    release_id: int
    disclosure_id = fields.IntField(db_index=True)
    channel = fields.CharField(max_length=16)
    state = fields.CharField(max_length=16, db_index=True)
    due_at = fields.DatetimeField()
    next_at = fields.DatetimeField(null=True, db_index=True)
    """When the machine looks at this row again; null when only a person can move it, or when it is at its end."""
    content_hash = fields.CharField(max_length=64)
    payload = fields.JSONField[dict[str, object]]()
    payload_sha256 = fields.CharField(max_length=64)
    facts = fields.JSONField[dict[str, object]](default=dict)
    """What the platform told us on the way: media_id, publish_id, …"""
    fence = fields.IntField(default=0)
    owner = fields.CharField(max_length=96, default="")
    lease_until = fields.DatetimeField(null=True)
    tries = fields.IntField(default=0)
    """Failed tries of the current step, for the back-off."""
    intent_at = fields.DatetimeField(null=True)
    settle_until = fields.DatetimeField(null=True)
    published_at = fields.DatetimeField(null=True)
    external_id = fields.CharField(max_length=128, default="")
    url = fields.CharField(max_length=512, default="")
    problem = fields.TextField(default="")
    remedy = fields.TextField(default="")
    updated_at = fields.DatetimeField()

    class Meta:
        app = "mingbai"
        table = "delivery"
        unique_together = (("release", "channel"),)


class Attempt(Model):
    """One outbound call for a delivery; written before the call, completed after it, never deleted."""

    id = fields.IntField(primary_key=True)
    delivery: fields.ForeignKeyRelation[Delivery] = fields.ForeignKeyField("mingbai.Delivery", related_name="attempts")
    delivery_id: int
    verb = fields.CharField(max_length=16)
    fence = fields.IntField()
    owner = fields.CharField(max_length=96)
    began_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    outcome = fields.CharField(max_length=32, default="")
    detail = fields.JSONField[dict[str, object]](default=dict)

    class Meta:
        app = "mingbai"
        table = "delivery_attempt"


class PlatformEvent(Model):
    """An event a platform pushed to us (PUBLISHJOBFINISH, MASSSENDJOBFINISH); kept until it is matched, never dropped."""

    id = fields.IntField(primary_key=True)
    key = fields.CharField(max_length=160, unique=True)
    channel = fields.CharField(max_length=16)
    kind = fields.CharField(max_length=48)
    body = fields.JSONField[dict[str, object]]()
    received_at = fields.DatetimeField()
    matched_at = fields.DatetimeField(null=True)

    class Meta:
        app = "mingbai"
        table = "platform_event"


class PlatformToken(Model):
    """The access token of one platform account: one row, one owner at a time (wechat.md §1)."""

    account = fields.CharField(max_length=96, primary_key=True)
    token = fields.TextField(default="")
    expires_at = fields.DatetimeField(null=True)
    generation = fields.IntField(default=0)
    owner = fields.CharField(max_length=96, default="")
    lease_until = fields.DatetimeField(null=True)

    class Meta:
        app = "mingbai"
        table = "platform_token"


class PlatformMaterial(Model):
    """What was uploaded already: (account, kind, sha256) → media_id or URL, so that nothing is uploaded twice."""

    id = fields.IntField(primary_key=True)
    account = fields.CharField(max_length=96)
    kind = fields.CharField(max_length=16)
    sha256 = fields.CharField(max_length=64)
    media_id = fields.CharField(max_length=128, default="")
    url = fields.CharField(max_length=512, default="")
    created_at = fields.DatetimeField()

    class Meta:
        app = "mingbai"
        table = "platform_material"
        unique_together = (("account", "kind", "sha256"),)


class PortalPage(Model):
    """A disclosure as the public sees it on the portal; written in one transaction by the portal channel."""

    disclosure_id = fields.IntField(primary_key=True, generated=False)
    release_id = fields.IntField()
    state = fields.CharField(max_length=16, db_index=True)
    """live, withdrawn or repealed."""
    title = fields.CharField(max_length=200)
    unit = fields.CharField(max_length=64, db_index=True)
    category = fields.CharField(max_length=64, db_index=True)
    published_at = fields.DatetimeField(db_index=True)
    updated_at = fields.DatetimeField(db_index=True)
    withdrawn_at = fields.DatetimeField(null=True)
    explanation = fields.TextField(default="")
    # The long columns come last: SQLite reads past everything that stands before the column it wants.
    payload = fields.JSONField[dict[str, object]]()
    """The frozen payload of the portal channel: the content's public fields and the cleaned HTML."""
    text = fields.TextField(default="")
    """The plain text, for the portal's search."""

    class Meta:
        app = "mingbai"
        table = "portal_page"

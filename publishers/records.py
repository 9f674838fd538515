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
    proof = fields.CharField(max_length=16, null=True)
    """What the newest read-back showed: same, different, gone, unreadable; null before the first."""
    proof_at = fields.DatetimeField(null=True, db_index=True)
    """When what is live is read back next; null when no read-back is due any more."""

    class Meta:
        app = "mingbai"
        table = "delivery"
        unique_together = (("release", "channel"),)
        indexes = (("due_at",),)


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


class Proposal(Model):
    """One person's decision about a delivery whose outcome nobody can prove; it counts when a second person confirms it."""

    id = fields.IntField(primary_key=True)
    delivery_id = fields.IntField(db_index=True)
    open_key = fields.CharField(max_length=32, null=True, unique=True)
    """``delivery:ID`` while it waits for the second person, then null: a delivery has one open proposal at a time."""
    choice = fields.CharField(max_length=16)
    reason = fields.TextField()
    url = fields.CharField(max_length=512, default="")
    fence = fields.IntField()
    """The delivery's fence when it was proposed, as evidence; a later look raises it and overtakes nothing (``choices.stands``)."""
    proposed_by_id = fields.IntField()
    proposed_by_name = fields.CharField(max_length=64)
    proposed_at = fields.DatetimeField()
    state = fields.CharField(max_length=16)
    """open, confirmed, refused, taken_back or overtaken."""
    decided_by_id = fields.IntField(null=True)
    decided_by_name = fields.CharField(max_length=64, default="")
    decided_at = fields.DatetimeField(null=True)
    remark = fields.TextField(default="")

    class Meta:
        app = "mingbai"
        table = "delivery_proposal"


class ReadBack(Model):
    """What was live on a channel at one moment, beside what three people approved. Never changed, never deleted."""

    id = fields.IntField(primary_key=True)
    delivery_id = fields.IntField(db_index=True)
    at = fields.DatetimeField()
    verdict = fields.CharField(max_length=16)
    """same, different, gone or unreadable."""
    approved = fields.TextField()
    live = fields.TextField(default="")
    difference = fields.JSONField[list[dict[str, object]]](default=list)
    evidence = fields.JSONField[dict[str, object]](default=dict)

    class Meta:
        app = "mingbai"
        table = "read_back"


class Halt(Model):
    """发布总开关 (red) or 恢复后隔离 (quarantine): while one stands, nothing new goes out. Two persons lift it."""

    id = fields.IntField(primary_key=True)
    kind = fields.CharField(max_length=16)
    """red or quarantine."""
    open_key = fields.CharField(max_length=16, null=True, unique=True)
    """The kind while it stands, then null: there is one of a kind at a time."""
    reason = fields.TextField()
    raised_by_id = fields.IntField(null=True)
    """Null: the machine (a restore)."""
    raised_by_name = fields.CharField(max_length=64)
    raised_at = fields.DatetimeField()
    lift_asked_by_id = fields.IntField(null=True)
    lift_asked_by_name = fields.CharField(max_length=64, default="")
    lift_asked_at = fields.DatetimeField(null=True)
    lift_reason = fields.TextField(default="")
    lifted_by_id = fields.IntField(null=True)
    lifted_by_name = fields.CharField(max_length=64, default="")
    lifted_at = fields.DatetimeField(null=True)
    detail = fields.JSONField[dict[str, object]](default=dict)

    class Meta:
        app = "mingbai"
        table = "halt"


class Incident(Model):
    """Something a person must know and mend, with the remedy in words. One open row for one cause."""

    id = fields.IntField(primary_key=True)
    key = fields.CharField(max_length=160, db_index=True)
    """What it is about, like ``read_back:12`` or ``credentials:wechat``."""
    open_key = fields.CharField(max_length=160, null=True, unique=True)
    """The key while it is open, then null."""
    kind = fields.CharField(max_length=32)
    severity = fields.CharField(max_length=8)
    """alarm (somebody must act now) or warn."""
    message = fields.TextField()
    remedy = fields.TextField(default="")
    link = fields.CharField(max_length=256, default="")
    """A path in the console where the matter is looked at."""
    raised_at = fields.DatetimeField()
    seen_at = fields.DatetimeField()
    times = fields.IntField(default=1)
    cleared_at = fields.DatetimeField(null=True)
    cleared_by_name = fields.CharField(max_length=64, default="")

    class Meta:
        app = "mingbai"
        table = "incident"


class MassReservation(Model):
    """One place in WeChat's quota of mass sends, taken when the release is planned (features P19)."""

    id = fields.IntField(primary_key=True)
    delivery_id = fields.IntField(unique=True)
    account = fields.CharField(max_length=96)
    day = fields.DateField()
    """The day in Asia/Shanghai on which it is to be sent, or was."""
    state = fields.CharField(max_length=16)
    """reserved, spent or released."""
    at = fields.DatetimeField()

    class Meta:
        app = "mingbai"
        table = "mass_reservation"
        indexes = (("account", "day"),)


class ForeignPost(Model):
    """A post on one of our accounts that links to our portal and that the ledger knows nothing of (after a restore)."""

    id = fields.IntField(primary_key=True)
    channel = fields.CharField(max_length=16)
    external_id = fields.CharField(max_length=128)
    disclosure_id = fields.IntField(null=True, db_index=True)
    url = fields.CharField(max_length=512, default="")
    text = fields.TextField(default="")
    posted_at = fields.DatetimeField(null=True)
    found_at = fields.DatetimeField()
    settled_at = fields.DatetimeField(null=True)
    settled_by_name = fields.CharField(max_length=64, default="")
    remark = fields.TextField(default="")

    class Meta:
        app = "mingbai"
        table = "foreign_post"
        unique_together = (("channel", "external_id"),)


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
        # The counts of the columns and units are read from these alone, without the rows.
        indexes = (("category", "state"), ("unit", "state"), ("state", "updated_at"))

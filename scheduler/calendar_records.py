"""The calendar's tables: quiet days, the hours of the channels, announcements, and the private addresses of the calendar."""

from tortoise import fields
from tortoise.models import Model


class QuietDay(Model):
    """A memorial or quiet day: on these channels nothing ordinary goes out, or whoever plans is reminded."""

    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=64)
    falls_on = fields.CharField(max_length=10)
    """2026-12-13 (once), 12-13 (every year), or 清明 (by the sun)."""
    kind = fields.CharField(max_length=16)
    """memorial, quiet or district."""
    rule = fields.CharField(max_length=8)
    """show, warn or forbid."""
    channels = fields.JSONField[list[str]](default=list)
    """Which channels it concerns; empty for all."""
    message = fields.CharField(max_length=200, default="")
    source = fields.CharField(max_length=200, default="")
    active = fields.BooleanField(default=True)
    changed_by_name = fields.CharField(max_length=64, default="")
    changed_at = fields.DatetimeField()

    class Meta:
        app = "mingbai"
        table = "quiet_day"


class ChannelHours(Model):
    """How far ahead, at which hours and how often this office uses a channel; a channel without a row has the usual ones."""

    channel = fields.CharField(max_length=16, primary_key=True)
    least_minutes = fields.IntField(default=0)
    """A planned moment lies at least this far ahead; “now” is not planned."""
    most_days = fields.IntField(default=425)
    night_from = fields.CharField(max_length=5, default="22:00")
    night_to = fields.CharField(max_length=5, default="07:00")
    apart_minutes = fields.IntField(default=15)
    """Two releases closer than this on one channel hinder one another."""
    per_day = fields.IntField(default=8)
    changed_by_name = fields.CharField(max_length=64, default="")
    changed_at = fields.DatetimeField()

    class Meta:
        app = "mingbai"
        table = "channel_hours"


class Announcement(Model):
    """What will be made public and when (预告). It is public once another person has confirmed it."""

    id = fields.IntField(primary_key=True)
    title = fields.CharField(max_length=120)
    """What will be made public: 2027年财政预算."""
    unit = fields.CharField(max_length=64)
    category = fields.CharField(max_length=64, default="")
    note = fields.CharField(max_length=300, default="")
    precision = fields.CharField(max_length=8)
    """moment, day or month."""
    due_at = fields.DatetimeField(db_index=True)
    """The moment; of a day or a month its beginning in Shanghai."""
    first_due = fields.CharField(max_length=32, default="")
    """What was announced first, when it was put off or brought forward."""
    state = fields.CharField(max_length=16, db_index=True)
    """proposed, planned, changed, fulfilled, cancelled or refused."""
    reason = fields.CharField(max_length=300, default="")
    """Why it was changed or cancelled; public."""
    disclosure_id = fields.IntField(null=True, db_index=True)
    asked = fields.JSONField[dict[str, object] | None](null=True)
    """What one person wants and another has to confirm: {kind, by_id, by_name, at, …}; null when nothing is asked."""
    sequence = fields.IntField(default=0)
    """One more with every public change: the SEQUENCE of the calendar's event (RFC 5545)."""
    author_id = fields.IntField()
    author_name = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    public_at = fields.DatetimeField(null=True)
    """When it became public; null while it is not."""
    fulfilled_at = fields.DatetimeField(null=True)

    class Meta:
        app = "mingbai"
        table = "announcement"


class CalendarAddress(Model):
    """A private address by which a person's calendar program reads the plan. Only the hash of its key is kept."""

    id = fields.IntField(primary_key=True)
    account_id = fields.IntField(db_index=True)
    key_hash = fields.CharField(max_length=64, unique=True)
    created_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)
    used_at = fields.DatetimeField(null=True)

    class Meta:
        app = "mingbai"
        table = "calendar_address"

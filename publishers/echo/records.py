"""The tables of what comes back: figures, comments, replies, and where each platform was read to."""

from datetime import date

from tortoise import fields
from tortoise.models import Model


class FigureReading(Model):
    """One figure of one delivery as it stood at the end of a day. Never changed: a later correction is a later row."""

    id = fields.IntField(primary_key=True)
    delivery_id = fields.IntField()
    disclosure_id = fields.IntField(db_index=True)
    channel = fields.CharField(max_length=16)
    name = fields.CharField(max_length=24)
    """One of ``publishers.echo.figures.NAMES``."""
    day: fields.Field[date] = fields.DateField(db_index=True)
    """In Asia/Shanghai."""
    value = fields.BigIntField()
    """The running total since the publication, at the end of that day (or when it was read, for today)."""
    source = fields.CharField(max_length=64)
    """The call or the counter that told it."""
    read_at = fields.DatetimeField()

    class Meta:
        app = "mingbai"
        table = "figure_reading"
        indexes = (("delivery_id", "name", "day"),)


class FigureTotal(Model):
    """The newest running total of each figure of a delivery: what pages and lists read. Follows from the readings."""

    id = fields.IntField(primary_key=True)
    delivery_id = fields.IntField()
    disclosure_id = fields.IntField(db_index=True)
    channel = fields.CharField(max_length=16)
    name = fields.CharField(max_length=24)
    day: fields.Field[date] = fields.DateField()
    value = fields.BigIntField()
    read_at = fields.DatetimeField()

    class Meta:
        app = "mingbai"
        table = "figure_total"
        unique_together = (("delivery_id", "name"),)


class DayCount(Model):
    """Our own counters by day: how often a portal page was read, how often the bot answered from a disclosure. No person,
    no address, no cookie is kept: only these numbers."""

    id = fields.IntField(primary_key=True)
    disclosure_id = fields.IntField(db_index=True)
    name = fields.CharField(max_length=24)
    day: fields.Field[date] = fields.DateField()
    value = fields.BigIntField(default=0)

    class Meta:
        app = "mingbai"
        table = "day_count"
        unique_together = (("disclosure_id", "name", "day"),)


class Comment(Model):
    """A citizen's comment below one of our posts. Names and numbers of persons are masked before it is stored."""

    id = fields.IntField(primary_key=True)
    channel = fields.CharField(max_length=16)
    external_id = fields.CharField(max_length=128)
    """How the platform tells it from every other; with the channel the key against hearing it twice."""
    address = fields.JSONField[dict[str, object]]()
    """What the platform's calls need to answer it."""
    delivery_id = fields.IntField(null=True, db_index=True)
    disclosure_id = fields.IntField(null=True, db_index=True)
    """Null: below a post that did not go out through this house."""
    post_text = fields.CharField(max_length=200, default="")
    author = fields.CharField(max_length=64, default="")
    author_mark = fields.CharField(max_length=16, default="")
    """The same for comments of the same person, and of no use outside this installation."""
    text = fields.TextField()
    at = fields.DatetimeField(db_index=True)
    heard_at = fields.DatetimeField()
    state = fields.CharField(max_length=16, db_index=True)
    """new, answered, ignored or hidden (taken down)."""
    elected = fields.BooleanField(null=True)
    """微信精选: whether the public sees it; null where the platform has no such thing."""
    answered_at = fields.DatetimeField(null=True)
    answered_by = fields.CharField(max_length=64, default="")
    reason = fields.CharField(max_length=300, default="")
    """Why it is ignored or was taken down."""

    class Meta:
        app = "mingbai"
        table = "comment"
        unique_together = (("channel", "external_id"),)


class CommentReply(Model):
    """One public word of ours below a comment: the outbox. Changed only by compare-and-set in ``publishers.echo``."""

    id = fields.IntField(primary_key=True)
    comment_id = fields.IntField(db_index=True)
    open_key = fields.CharField(max_length=32, null=True, unique=True)
    """``comment:ID`` from writing until its end: a comment has one reply under way at a time."""
    channel = fields.CharField(max_length=16)
    text = fields.TextField()
    entry_id = fields.CharField(max_length=191, default="")
    """The knowledge entry whose approved words it repeats unchanged; empty when a person wrote or changed it."""
    state = fields.CharField(max_length=16, db_index=True)
    """See ``publishers.echo.states``."""
    written_by_id = fields.IntField()
    written_by_name = fields.CharField(max_length=64)
    written_at = fields.DatetimeField()
    approved_by_id = fields.IntField(null=True)
    approved_by_name = fields.CharField(max_length=64, default="")
    approved_at = fields.DatetimeField(null=True)
    remark = fields.CharField(max_length=500, default="")
    next_at = fields.DatetimeField(null=True, db_index=True)
    fence = fields.IntField(default=0)
    owner = fields.CharField(max_length=96, default="")
    lease_until = fields.DatetimeField(null=True)
    intent_at = fields.DatetimeField(null=True)
    tries = fields.IntField(default=0)
    looked_at = fields.DatetimeField(null=True)
    not_seen = fields.BooleanField(default=False)
    """The last look reached the platform, after the sending, and did not find it."""
    sent_at = fields.DatetimeField(null=True)
    external_id = fields.CharField(max_length=128, default="")
    problem = fields.TextField(default="")
    remedy = fields.TextField(default="")
    evidence = fields.JSONField[list[dict[str, object]]](default=list)

    class Meta:
        app = "mingbai"
        table = "comment_reply"


class Listening(Model):
    """Where one kind of reading of one platform stands: comments:weibo, figures:wechat, …"""

    key = fields.CharField(max_length=48, primary_key=True)
    next_at = fields.DatetimeField(null=True)
    cursor = fields.JSONField[dict[str, object]](default=dict)
    failures = fields.IntField(default=0)
    problem = fields.TextField(default="")
    remedy = fields.TextField(default="")
    heard_at = fields.DatetimeField(null=True)
    """When it last went well."""

    class Meta:
        app = "mingbai"
        table = "listening"

"""Rows of those who want to hear of new publications of a unit or a column."""

from tortoise import fields
from tortoise.models import Model


class Subscription(Model):
    """One person's wish to hear of what one unit or column publishes. Deleted when he unsubscribes or leaves."""

    id = fields.IntField(primary_key=True)
    channel = fields.CharField(max_length=16)
    sender = fields.CharField(max_length=128, db_index=True)
    sort = fields.CharField(max_length=16)
    """unit or category."""
    name = fields.CharField(max_length=64)
    at = fields.DatetimeField()
    told_until = fields.DatetimeField()
    """Everything that was published up to this moment was told, or was there before he asked."""

    class Meta:
        app = "mingbai"
        table = "bot_subscription"
        unique_together = (("channel", "sender", "sort", "name"),)

"""Rows of corrections on their way: who was told something that is no longer so."""

from tortoise import fields
from tortoise.models import Model


class CorrectionNotice(Model):
    """One person who had an answer that was changed or taken back since. ``mark`` is that of the text he was told."""

    id = fields.IntField(primary_key=True)
    channel = fields.CharField(max_length=16)
    sender = fields.CharField(max_length=128, db_index=True)
    entry_id = fields.CharField(max_length=191)
    mark = fields.CharField(max_length=32)
    asked = fields.TextField()
    """What he had asked, masked."""
    asked_at = fields.DatetimeField()
    made_at = fields.DatetimeField()
    state = fields.CharField(max_length=16, default="waiting", db_index=True)
    """waiting; later (only with his next message); telling, told, lapsed or moot."""
    told_at = fields.DatetimeField(null=True)

    class Meta:
        app = "mingbai"
        table = "correction_notice"
        unique_together = (("channel", "sender", "entry_id", "mark"),)


class CorrectionState(Model):
    """A single row: up to which generation of the base it was looked for who must be told."""

    id = fields.IntField(primary_key=True, generated=False)
    generation = fields.IntField()

    class Meta:
        app = "mingbai"
        table = "correction_state"

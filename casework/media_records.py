"""Rows of what citizens sent besides words: pictures that are kept for the officer, and what was named but not kept."""

from tortoise import fields
from tortoise.models import Model


class CitizenMedia(Model):
    """One picture, film or file of a citizen. Whose it is, is known by his mark alone (``bot.asker``)."""

    id = fields.IntField(primary_key=True)
    channel = fields.CharField(max_length=16)
    asker_hash = fields.CharField(max_length=64, db_index=True)
    kind = fields.CharField(max_length=16)
    """image, video or file."""
    state = fields.CharField(max_length=16, db_index=True)
    """waiting (to be fetched), kept, failed (``remark`` says why) or named (told of, never fetched)."""
    remark = fields.CharField(max_length=255, default="")
    reference = fields.BinaryField(null=True)
    """Where the platform has it, sealed; empty once it is kept or given up."""
    data = fields.BinaryField(null=True)
    """The picture, encoded again and sealed."""
    media_type = fields.CharField(max_length=32, default="")
    size = fields.IntField(default=0)
    """Bytes of the picture before it was sealed."""
    received_at = fields.DatetimeField(db_index=True)
    expires_at = fields.DatetimeField(db_index=True)
    tries = fields.IntField(default=0)
    next_at = fields.DatetimeField(null=True)

    class Meta:
        app = "mingbai"
        table = "citizen_media"

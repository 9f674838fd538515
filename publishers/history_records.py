"""Rows about the public change history: which old words are no longer shown, and why."""

from tortoise import fields
from tortoise.models import Model


class HiddenChange(Model):
    """The old text of one correction is not shown in the public history. That it is not shown, and why, is."""

    id = fields.IntField(primary_key=True)
    disclosure_id = fields.IntField(db_index=True)
    release_id = fields.IntField()
    """The release of the correction."""
    reason = fields.CharField(max_length=32)
    """A key of ``publishers.public_history.REASONS``."""
    by_id = fields.IntField()
    by = fields.CharField(max_length=64)
    at = fields.DatetimeField()

    class Meta:
        app = "mingbai"
        table = "hidden_change"
        unique_together = (("disclosure_id", "release_id"),)

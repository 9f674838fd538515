"""The tables of the quality check: what was drawn in a week, and what was judged."""

from tortoise import fields
from tortoise.models import Model


class QualityDraw(Model):
    """The draw of one week; it is made once."""

    id = fields.IntField(primary_key=True)
    week = fields.DateField(unique=True)
    """The Monday, in Shanghai."""
    seed = fields.CharField(max_length=64)
    population_sha256 = fields.CharField(max_length=64)
    populations = fields.JSONField[dict[str, int]](default=dict)
    """Kind → how many could be drawn."""
    sizes = fields.JSONField[dict[str, int]](default=dict)
    """Kind → how many were to be drawn."""
    drawn_at = fields.DatetimeField()
    drawn_by = fields.CharField(max_length=64)

    class Meta:
        app = "mingbai"
        table = "quality_draw"


class QualityItem(Model):
    """One conversation of the sample. It holds no citizen's words: what is looked at is read where it is kept, and is gone
    when its citizen has left."""

    id = fields.IntField(primary_key=True)
    draw_id = fields.IntField(db_index=True)
    week = fields.DateField(db_index=True)
    kind = fields.CharField(max_length=8)
    ref = fields.IntField()
    """The case's row, or the first message of the conversation."""
    label = fields.CharField(max_length=40, default="")
    channel = fields.CharField(max_length=16)
    unit = fields.CharField(max_length=128, default="")
    at = fields.DatetimeField()
    hands = fields.JSONField[list[int]](default=list)
    """Who took part and does not judge it."""
    state = fields.CharField(max_length=8, default="open")
    marks = fields.JSONField[dict[str, str]](default=dict)
    remark = fields.TextField(default="")
    judged_by_id = fields.IntField(null=True)
    judged_by = fields.CharField(max_length=64, default="")
    judged_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=0)
    """Counts the judgements, so that two officers do not overwrite each other."""

    class Meta:
        app = "mingbai"
        table = "quality_item"
        unique_together = (("draw_id", "kind", "ref"),)

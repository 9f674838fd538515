"""The table of the years whose calendar of working days this office has entered."""

from tortoise import fields
from tortoise.models import Model


class AnnouncedYear(Model):
    """One year's 节假日安排 as the State Council's notice has it; it goes before the packaged calendar."""

    year = fields.IntField(primary_key=True, generated=False)
    source = fields.CharField(max_length=200)
    """The notice, with its 文号."""
    off = fields.JSONField[dict[str, str]]()
    worked = fields.JSONField[dict[str, str]]()
    entered_by_name = fields.CharField(max_length=64)
    entered_at = fields.DatetimeField()

    class Meta:
        app = "mingbai"
        table = "announced_year"

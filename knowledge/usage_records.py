"""Rows about how the answers are used: daily counters that know no citizen, and the weekly report as it was when its week was over."""

from tortoise import fields
from tortoise.models import Model


class AnswerTally(Model):
    """How often one thing happened on one local day (see ``knowledge.usage.Outcome``). No person stands in it."""

    id = fields.IntField(primary_key=True)
    day = fields.DateField()
    entry_id = fields.CharField(max_length=191, default="")
    """The entry that answered, or, where nothing did, the nearest one; empty when there was none."""
    unit = fields.CharField(max_length=64, default="")
    channel = fields.CharField(max_length=16)
    outcome = fields.CharField(max_length=16)
    times = fields.IntField(default=0)

    class Meta:
        app = "mingbai"
        table = "answer_tally"
        unique_together = (("day", "entry_id", "unit", "channel", "outcome"),)
        indexes = (("entry_id", "day"), ("day", "unit", "channel", "outcome", "times"))
        # The sums of the pages are read from the second one alone, without the rows.


class WeeklyReport(Model):
    """One week's report, frozen. ``week`` is its Monday."""

    week = fields.DateField(primary_key=True, generated=False)
    made_at = fields.DatetimeField()
    figures: fields.Field[dict[str, object]] = fields.JSONField()

    class Meta:
        app = "mingbai"
        table = "weekly_report"

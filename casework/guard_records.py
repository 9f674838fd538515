"""The tables of the guard: what was noted of somebody who floods, advertises or insults, and who is answered less for a while.

Nobody's id on a platform is in them: a person is a hash made with the installation's secret (``bot.asker``).
"""

from typing import Final

from tortoise import fields
from tortoise.models import Model

FLOOD: Final = "flood"
REPEAT: Final = "repeat"
ADVERTISEMENT: Final = "advertisement"
INSULT: Final = "insult"


class Nuisance(Model):
    """What one person did of one kind: how often, since when, with the newest examples, masked."""

    id = fields.IntField(primary_key=True)
    person = fields.CharField(max_length=64)
    channel = fields.CharField(max_length=16)
    kind = fields.CharField(max_length=16)
    """``flood``, ``repeat``, ``advertisement`` or ``insult``."""
    times = fields.IntField(default=1)
    examples = fields.JSONField[list[str]](default=list)
    first_at = fields.DatetimeField()
    last_at = fields.DatetimeField(db_index=True)
    seen_times = fields.IntField(default=0)
    """How often it was when a person last decided about it; what came since is new."""

    class Meta:
        app = "mingbai"
        table = "bot_nuisance"
        unique_together = (("person", "channel", "kind"),)


class Limit(Model):
    """That somebody is answered less until a moment, who decided it and why. It ends by itself."""

    id = fields.IntField(primary_key=True)
    person = fields.CharField(max_length=64, db_index=True)
    channel = fields.CharField(max_length=16)
    reason = fields.TextField()
    made_at = fields.DatetimeField()
    made_by = fields.CharField(max_length=64)
    until = fields.DatetimeField(db_index=True)
    lifted_at = fields.DatetimeField(null=True)
    lifted_by = fields.CharField(max_length=64, default="")

    class Meta:
        app = "mingbai"
        table = "bot_limit"

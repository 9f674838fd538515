"""The handlers' desk's own table: who has a case open, and how far he has read it."""

from tortoise import fields
from tortoise.models import Model


class CaseSeen(Model):
    """One member of staff at one case. It holds no word of the citizen."""

    id = fields.IntField(primary_key=True)
    account_id = fields.IntField()
    case_id = fields.IntField(db_index=True)
    name = fields.CharField(max_length=64)
    read_to = fields.IntField(default=0)
    """The number of the last message of the transcript that he had before him."""
    seen_at = fields.DatetimeField()
    typed_at = fields.DatetimeField(null=True)
    """When he last wrote in the box for the reply."""
    beating = fields.BooleanField(default=False)
    """True: his page tells every few seconds that it is open; without a script it never does."""

    class Meta:
        app = "mingbai"
        table = "case_seen"
        unique_together = (("account_id", "case_id"),)

"""The table of who may see a disclosure before its release."""

from tortoise import fields
from tortoise.models import Model


class EmbargoReader(Model):
    """One named person of an embargo, besides the author. The embargo itself is ``Disclosure.embargoed_at``."""

    id = fields.IntField(primary_key=True)
    disclosure_id = fields.IntField(db_index=True)
    account_id = fields.IntField(db_index=True)
    name = fields.CharField(max_length=64)

    class Meta:
        app = "mingbai"
        table = "disclosure_embargo_reader"
        unique_together = (("disclosure_id", "account_id"),)

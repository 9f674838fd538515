"""The audit trail's tables. Rows are only ever added; the head row lets two writers never fork the chain."""

from tortoise import fields
from tortoise.models import Model


class AuditRecord(Model):
    """One act of a person or of the machine, chained to the act before it."""

    id = fields.BigIntField(primary_key=True, generated=False)
    at = fields.DatetimeField()
    actor_kind = fields.CharField(max_length=16)
    actor_name = fields.CharField(max_length=64)
    verb = fields.CharField(max_length=64)
    subject = fields.CharField(max_length=128, db_index=True)
    detail = fields.JSONField[dict[str, object]](default=dict)
    previous_hash = fields.CharField(max_length=64)
    hash = fields.CharField(max_length=64, unique=True)

    class Meta:
        app = "mingbai"
        table = "audit_record"


class AuditHead(Model):
    """The single row that names the newest record: whoever appends must move it, in the same transaction."""

    id = fields.IntField(primary_key=True, generated=False)
    last_id = fields.BigIntField()
    hash = fields.CharField(max_length=64)

    class Meta:
        app = "mingbai"
        table = "audit_head"

"""The console's table: what the API answered under an Idempotency-Key, so that a repetition gets the same answer."""

from tortoise import fields
from tortoise.models import Model


class ApiReceipt(Model):
    """One answered request, kept for 24 hours. ``key`` begins with the account's id: keys of two accounts never meet."""

    id = fields.IntField(primary_key=True)
    key = fields.CharField(max_length=160, unique=True)
    account_id = fields.IntField()
    method = fields.CharField(max_length=8)
    path = fields.CharField(max_length=255)
    request_sha256 = fields.CharField(max_length=64)
    status = fields.IntField()
    body = fields.JSONField[dict[str, object]]()
    created_at = fields.DatetimeField(db_index=True)

    class Meta:
        app = "mingbai"
        table = "api_receipt"

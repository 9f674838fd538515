"""The console's tables: answers of the API under an Idempotency-Key, forms that nobody has saved yet, and who has a form open."""

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


class WorkingCopy(Model):
    """What stands in a form that nobody has saved yet: one row for a person and an open form, kept for thirty days after
    the last word. Nobody but that person ever sees it."""

    id = fields.IntField(primary_key=True)
    account_id = fields.IntField()
    key = fields.CharField(max_length=32)
    """The open form; made when the page is given out."""
    disclosure_id = fields.IntField(default=0, db_index=True)
    """0: a text that was never saved."""
    base_revision = fields.IntField(default=0)
    """The version that stood in the form when the person began."""
    title = fields.CharField(max_length=200, default="")
    fields_typed = fields.JSONField[dict[str, object]]()
    """See ``console.form.Fields.plain``."""
    saved_at = fields.DatetimeField(db_index=True)

    class Meta:
        app = "mingbai"
        table = "working_copy"
        unique_together = (("account_id", "key"),)


class FormPresence(Model):
    """An open form of an existing text: who has it open, seen when, and when he last wrote in it."""

    id = fields.IntField(primary_key=True)
    account_id = fields.IntField()
    key = fields.CharField(max_length=32)
    name = fields.CharField(max_length=64)
    disclosure_id = fields.IntField(db_index=True)
    seen_at = fields.DatetimeField(db_index=True)
    typed_at = fields.DatetimeField(null=True)
    beating = fields.BooleanField(default=False)
    """True: the page tells every few seconds that it is open; without a script it never does."""

    class Meta:
        app = "mingbai"
        table = "form_presence"
        unique_together = (("account_id", "key"),)

"""The tables of the links by which somebody without an account reads one text, and of what he remarks."""

from tortoise import fields
from tortoise.models import Model


class ShowLink(Model):
    """A link for one named viewer to one revision. Only the SHA-256 of its 256-bit secret is kept."""

    id = fields.IntField(primary_key=True)
    disclosure_id = fields.IntField(db_index=True)
    revision = fields.IntField()
    viewer = fields.CharField(max_length=64)
    secret_hash = fields.CharField(max_length=64, unique=True)
    made_by_id = fields.IntField()
    made_by_name = fields.CharField(max_length=64)
    made_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)
    revoked_by_name = fields.CharField(max_length=64, default="")
    views = fields.IntField(default=0)
    last_viewed_at = fields.DatetimeField(null=True)

    class Meta:
        app = "mingbai"
        table = "show_link"


class ShowRemark(Model):
    """What a viewer wrote: a remark beside the reviews, never a signature."""

    id = fields.IntField(primary_key=True)
    link_id = fields.IntField(db_index=True)
    disclosure_id = fields.IntField(db_index=True)
    revision = fields.IntField()
    viewer = fields.CharField(max_length=64)
    text = fields.TextField()
    at = fields.DatetimeField()

    class Meta:
        app = "mingbai"
        table = "show_remark"

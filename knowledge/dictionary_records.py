"""What curators lay over the base: the rows that are in force, the changes that made them, and how often a rule was used."""

from tortoise import fields
from tortoise.models import Model


class DictionaryItem(Model):
    """One row in force. ``desk`` is the list (a value of ``knowledge.dictionary_changes.Desk``), ``key`` the row's name in it;
    ``content`` is what the row says, in the form of its list. Rows go when they end: their history stands in the changes."""

    id = fields.IntField(primary_key=True)
    desk = fields.CharField(max_length=16)
    key = fields.CharField(max_length=191)
    content: fields.Field[dict[str, object]] = fields.JSONField()
    change_id = fields.IntField()
    since = fields.DatetimeField()

    class Meta:
        app = "mingbai"
        table = "dictionary_item"
        unique_together = (("desk", "key"),)


class DictionaryChange(Model):
    """Some rows of one list that somebody wants otherwise, and what became of it.

    ``items`` are {"key", "before", "after"}, null for a row that was not or is no more; ``sha256`` is their hash, so that the
    second person accepts what he read. ``state`` is one of ``knowledge.dictionary_changes.State``; ``undoes`` the change that
    it takes back. ``generation`` is that of the base from which on it is in force.
    """

    id = fields.IntField(primary_key=True)
    desk = fields.CharField(max_length=16, db_index=True)
    items: fields.Field[list[dict[str, object]]] = fields.JSONField()
    sha256 = fields.CharField(max_length=64)
    note = fields.TextField(default="")
    state = fields.CharField(max_length=16, db_index=True)
    undoes = fields.IntField(null=True)
    author_id = fields.IntField()
    author = fields.CharField(max_length=255)
    proposed_at = fields.DatetimeField()
    decided_by_id = fields.IntField(null=True)
    decided_by = fields.CharField(max_length=255, default="")
    decided_at = fields.DatetimeField(null=True)
    remark = fields.TextField(default="")
    generation = fields.IntField(null=True)

    class Meta:
        app = "mingbai"
        table = "dictionary_change"


class CannedHit(Model):
    """How often a rule answered on one day (Asia/Shanghai) in one channel. It says nothing of who asked."""

    id = fields.IntField(primary_key=True)
    rule = fields.CharField(max_length=191)
    day = fields.DateField()
    channel = fields.CharField(max_length=32)
    count = fields.IntField(default=0)

    class Meta:
        app = "mingbai"
        table = "canned_hit"
        unique_together = (("rule", "day", "channel"),)

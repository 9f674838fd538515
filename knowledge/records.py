"""The knowledge base's rows. Entries are never deleted: what must not answer is not live."""

from tortoise import fields
from tortoise.models import Model

STATE_ID = 1


class KnowledgeEntry(Model):
    """One entry (see `knowledge.entry.Entry`); `changed_in` is the generation of the base that last changed it."""

    id = fields.IntField(primary_key=True)
    entry_id = fields.CharField(max_length=191, unique=True)
    kind = fields.CharField(max_length=16)
    title = fields.TextField()
    body = fields.TextField()
    similar: fields.Field[list[str]] = fields.JSONField()
    keywords: fields.Field[list[str]] = fields.JSONField()
    verdict = fields.CharField(max_length=32, default="")
    unit = fields.CharField(max_length=255, default="")
    source = fields.CharField(max_length=255, default="")
    source_url = fields.TextField(default="")
    document_number = fields.CharField(max_length=255, default="")
    issuer = fields.CharField(max_length=255, default="")
    made_on = fields.DateField(null=True)
    published_on = fields.DateField(null=True)
    validity = fields.CharField(max_length=16, default="有效")
    evidence = fields.TextField(default="")
    phone = fields.CharField(max_length=255, default="")
    valid_from = fields.DateField(null=True)
    valid_to = fields.DateField(null=True)
    origin = fields.CharField(max_length=64, default="curator")
    disclosure_id = fields.IntField(null=True, db_index=True)
    live = fields.BooleanField(default=True)
    withdrawn_because = fields.TextField(null=True)
    changed_in = fields.IntField(default=0, db_index=True)
    updated_at = fields.DatetimeField(auto_now=True)

    class Meta:
        app = "mingbai"
        table = "knowledge_entry"


class KnowledgeState(Model):
    """A single row: the generation of the base, raised in the transaction of every change."""

    id = fields.IntField(primary_key=True, generated=False)
    generation = fields.IntField(default=0)

    class Meta:
        app = "mingbai"
        table = "knowledge_state"


class UnansweredQuestion(Model):
    """A question the base could not answer, or whose offered choices the citizen refused.

    `text` is what was asked and only a curator may read it; `masked` is what everyone else sees. `candidates` is a list of
    {"id", "title", "score"} as they were offered. `reason` is "none" or "rejected_choice"; `state` is "open" or "closed".
    """

    id = fields.IntField(primary_key=True)
    text = fields.TextField()
    masked = fields.TextField()
    channel = fields.CharField(max_length=32)
    asker_hash = fields.CharField(max_length=64, db_index=True)
    asked_at = fields.DatetimeField(db_index=True)
    candidates: fields.Field[list[dict[str, object]]] = fields.JSONField()
    decision = fields.CharField(max_length=16)
    confidence = fields.FloatField(null=True)
    reason = fields.CharField(max_length=32)
    state = fields.CharField(max_length=16, default="open", db_index=True)
    entry_id = fields.CharField(max_length=191, null=True)
    closed_at = fields.DatetimeField(null=True)
    closed_by = fields.CharField(max_length=255, null=True)

    class Meta:
        app = "mingbai"
        table = "unanswered_question"

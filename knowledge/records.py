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
    claimed_on = fields.DateField(null=True)
    links: fields.Field[list[str] | None] = fields.JSONField(null=True)
    places: fields.Field[list[str] | None] = fields.JSONField(null=True)
    figures: fields.Field[list[str] | None] = fields.JSONField(null=True)

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


class KnowledgeImport(Model):
    """One import of a file into the base; its changes are kept, so that it can be undone."""

    id = fields.IntField(primary_key=True)
    at = fields.DatetimeField()
    by = fields.CharField(max_length=255)
    file = fields.CharField(max_length=255)
    sha256 = fields.CharField(max_length=64)
    mode = fields.CharField(max_length=16)
    counts: fields.Field[dict[str, int]] = fields.JSONField()
    undone_at = fields.DatetimeField(null=True)
    undone_by = fields.CharField(max_length=255, default="")

    class Meta:
        app = "mingbai"
        table = "knowledge_import"


class KnowledgeImportChange(Model):
    """What one import did to one entry: as it was (null for a new one), and the hash of what it became."""

    id = fields.IntField(primary_key=True)
    import_id = fields.IntField(db_index=True)
    entry_id = fields.CharField(max_length=191, db_index=True)
    before: fields.Field[dict[str, object] | None] = fields.JSONField(null=True)
    after_sha256 = fields.CharField(max_length=64)

    class Meta:
        app = "mingbai"
        table = "knowledge_import_change"


class KnowledgeTrial(Model):
    """One run of test cases against the base; `suite` names the cases, `figures` is what was counted."""

    id = fields.IntField(primary_key=True)
    suite = fields.CharField(max_length=191, db_index=True)
    at = fields.DatetimeField()
    by = fields.CharField(max_length=255)
    generation = fields.IntField()
    figures: fields.Field[dict[str, object]] = fields.JSONField()

    class Meta:
        app = "mingbai"
        table = "knowledge_trial"


class KnowledgeTrialCase(Model):
    """One case of a run as it was expected and as it came out; `found` are the ids of the first hits."""

    id = fields.IntField(primary_key=True)
    trial_id = fields.IntField(db_index=True)
    line = fields.IntField()
    question = fields.TextField()
    entries: fields.Field[list[str]] = fields.JSONField()
    expected = fields.CharField(max_length=16, default="")
    note = fields.TextField(default="")
    decision = fields.CharField(max_length=16)
    confidence = fields.FloatField()
    found: fields.Field[list[str]] = fields.JSONField()
    passed = fields.BooleanField()
    why = fields.TextField(default="")

    class Meta:
        app = "mingbai"
        table = "knowledge_trial_case"

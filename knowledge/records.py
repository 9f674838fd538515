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
    responsible = fields.CharField(max_length=255, default="", db_default="")
    next_review_on = fields.DateField(null=True, db_index=True)
    checked: fields.Field[list[str] | None] = fields.JSONField(null=True)
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
    cluster_id = fields.IntField(null=True, db_index=True)
    placed_by = fields.CharField(max_length=16, default="", db_default="")
    """"hand" when a person put it into its cluster; the machine then leaves that wording there."""

    class Meta:
        app = "mingbai"
        table = "unanswered_question"


class KnowledgeImport(Model):
    """One import of a file, kept so that it can be undone: into the base (`release_id` is its release), or as drafts."""

    id = fields.IntField(primary_key=True)
    at = fields.DatetimeField()
    by = fields.CharField(max_length=255)
    file = fields.CharField(max_length=255)
    sha256 = fields.CharField(max_length=64)
    mode = fields.CharField(max_length=16)
    counts: fields.Field[dict[str, int]] = fields.JSONField()
    release_id = fields.IntField(null=True)
    undone_at = fields.DatetimeField(null=True)
    undone_by = fields.CharField(max_length=255, default="")

    class Meta:
        app = "mingbai"
        table = "knowledge_import"


class KnowledgeRelease(Model):
    """One numbered release of the base (第 N 版), or the one that is being prepared (`open_key` set, no number yet).

    `origin` is one of `knowledge.release.Origin`; `target` is the release or the import that is gone back on. `drafts` is a list
    of {"id", "sha256"}; `report` is what was last checked (`knowledge.report.Report`). Whoever asks for a rollback or for
    releasing in spite of a regression stands in `asked_*`, with his reason; another person releases.
    """

    id = fields.IntField(primary_key=True)
    number = fields.IntField(null=True, unique=True)
    origin = fields.CharField(max_length=16)
    open_key = fields.CharField(max_length=16, null=True, unique=True)
    title = fields.CharField(max_length=255, default="")
    target = fields.IntField(null=True)
    drafts: fields.Field[list[dict[str, object]]] = fields.JSONField()
    report: fields.Field[dict[str, object] | None] = fields.JSONField(null=True)
    prepared_by_id = fields.IntField(null=True)
    prepared_by = fields.CharField(max_length=255, default="")
    prepared_at = fields.DatetimeField(null=True)
    asked_by_id = fields.IntField(null=True)
    asked_by = fields.CharField(max_length=255, default="")
    asked_at = fields.DatetimeField(null=True)
    reason = fields.TextField(default="")
    released_by_id = fields.IntField(null=True)
    released_by = fields.CharField(max_length=255, default="")
    released_at = fields.DatetimeField(null=True)
    dropped_at = fields.DatetimeField(null=True)
    counts: fields.Field[dict[str, int]] = fields.JSONField()

    class Meta:
        app = "mingbai"
        table = "knowledge_release"


class KnowledgeReleaseChange(Model):
    """What one release did to one entry: as it was before (null for a new one), and the hash of what it became."""

    id = fields.IntField(primary_key=True)
    release_id = fields.IntField(db_index=True)
    entry_id = fields.CharField(max_length=191, db_index=True)
    before: fields.Field[dict[str, object] | None] = fields.JSONField(null=True)
    after_sha256 = fields.CharField(max_length=64)

    class Meta:
        app = "mingbai"
        table = "knowledge_release_change"


class KnowledgeDraft(Model):
    """An entry as somebody wants it to be (`content`, frozen). It changes nothing in what the bot says until it is released.

    `open_key` is the entry's id while the draft is open: an entry has one open draft. `version` counts every saving;
    `base_sha256` is the digest of the live entry on which it was written, empty for a new one. `state` is one of
    `knowledge.draft.State`.
    """

    id = fields.IntField(primary_key=True)
    entry_id = fields.CharField(max_length=191, db_index=True)
    open_key = fields.CharField(max_length=191, null=True, unique=True)
    content: fields.Field[dict[str, object]] = fields.JSONField()
    content_sha256 = fields.CharField(max_length=64)
    base_sha256 = fields.CharField(max_length=64, default="")
    version = fields.IntField()
    state = fields.CharField(max_length=16, db_index=True)
    note = fields.TextField(default="")
    author_id = fields.IntField()
    author = fields.CharField(max_length=255)
    reviewer_id = fields.IntField(null=True)
    reviewer = fields.CharField(max_length=255, default="")
    reviewed_at = fields.DatetimeField(null=True)
    remark = fields.TextField(default="")
    import_id = fields.IntField(null=True, db_index=True)
    release_id = fields.IntField(null=True, db_index=True)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField(db_index=True)

    class Meta:
        app = "mingbai"
        table = "knowledge_draft"


class KnowledgeDraftHand(Model):
    """Who had a hand in a draft, and which: `wrote` or `accepted`. One person has one hand, so the database itself refuses an
    author who accepts."""

    id = fields.IntField(primary_key=True)
    draft_id = fields.IntField(db_index=True)
    account_id = fields.IntField()
    hand = fields.CharField(max_length=16)

    class Meta:
        app = "mingbai"
        table = "knowledge_draft_hand"
        unique_together = (("draft_id", "account_id"),)


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

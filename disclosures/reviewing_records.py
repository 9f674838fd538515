"""The tables of the reviews beside the signatures: remarks on a sentence, openings, proofreadings, emergency releases."""

from tortoise import fields
from tortoise.models import Model


class ReviewRemark(Model):
    """A remark on one sentence. It must be answered before the text is submitted again."""

    id = fields.IntField(primary_key=True)
    disclosure_id = fields.IntField(db_index=True)
    revision = fields.IntField()
    """The revision in which the sentence was read."""
    field = fields.CharField(max_length=32)
    quote = fields.TextField()
    """The sentence, word for word."""
    start = fields.IntField()
    """Where it began in the field's text, in characters."""
    text = fields.TextField()
    by_id = fields.IntField(null=True)
    """Null: somebody without an account, who read the text by a link."""
    by_name = fields.CharField(max_length=64)
    at = fields.DatetimeField()
    state = fields.CharField(max_length=16, db_index=True)
    """open, answered, accepted."""
    answer_kind = fields.CharField(max_length=16, default="")
    """changed (改了) or kept (不改)."""
    answer = fields.TextField(default="")
    answered_by_id = fields.IntField(null=True)
    answered_by_name = fields.CharField(max_length=64, default="")
    answered_at = fields.DatetimeField(null=True)
    closed_by_name = fields.CharField(max_length=64, default="")
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        app = "mingbai"
        table = "disclosure_remark"


class ReviewOpening(Model):
    """When a reviewer first had a submission before him."""

    id = fields.IntField(primary_key=True)
    disclosure_id = fields.IntField()
    submission = fields.IntField()
    reviewer_id = fields.IntField()
    at = fields.DatetimeField()

    class Meta:
        app = "mingbai"
        table = "disclosure_opening"
        unique_together = (("disclosure_id", "submission", "reviewer_id"),)


class ProofPass(Model):
    """One proofreading (校次): what was corrected, and by whom, between two submissions."""

    id = fields.IntField(primary_key=True)
    disclosure_id = fields.IntField()
    number = fields.IntField()
    """The submission that ended it."""
    from_revision = fields.IntField()
    to_revision = fields.IntField()
    at = fields.DatetimeField()
    closed_by_name = fields.CharField(max_length=64)
    corrections = fields.JSONField[list[dict[str, object]]]()
    """See ``disclosures.proofreading.Correction``."""

    class Meta:
        app = "mingbai"
        table = "disclosure_proof_pass"
        unique_together = (("disclosure_id", "number"),)


class EmergencyRelease(Model):
    """A text that went out before it was signed, and the debt that this left."""

    id = fields.IntField(primary_key=True)
    disclosure_id = fields.IntField(db_index=True)
    open_key = fields.CharField(max_length=32, null=True, unique=True)
    """The disclosure's id while the debt stands: a disclosure has one at a time."""
    revision = fields.IntField()
    content_hash = fields.CharField(max_length=64)
    submission = fields.IntField()
    title = fields.CharField(max_length=200)
    unit_id = fields.IntField()
    reason = fields.TextField()
    channels = fields.JSONField[list[str]]()
    authorised_by_id = fields.IntField()
    authorised_by_name = fields.CharField(max_length=64)
    at = fields.DatetimeField()
    due_at = fields.DatetimeField(db_index=True)
    """By when the remaining signatures must stand under the same text."""
    released_at = fields.DatetimeField(null=True)
    """When the text was first public under this authorisation; null: nothing went out yet."""
    rejected_at = fields.DatetimeField(null=True)
    """A reviewer sent the text back afterwards: it must be corrected or withdrawn."""
    overdue_at = fields.DatetimeField(null=True)
    """When the machine found that it was late; it stays, for the ranking."""
    settled_at = fields.DatetimeField(null=True)
    settled_by = fields.CharField(max_length=16, default="")
    """signed, corrected, withdrawn."""

    class Meta:
        app = "mingbai"
        table = "disclosure_emergency"

"""The rows of the unanswered inbox: clusters of questions, who is to be told, and which wordings were accepted for an entry."""

from tortoise import fields
from tortoise.models import Model


class QuestionCluster(Model):
    """Open questions that ask the same (`knowledge.question_clusters`), dealt with as one.

    `key` is the digest of the first wording, so that two nodes make one cluster of it. `title` is a masked wording. `unit` owns
    it (`unit_by`: "machine" when it was read off the words or the candidates), `taken_by` is the person who works on it.
    `askers` counts persons and `volume` questions; both are recounted whenever the cluster changes. `entry_id` is the entry that
    answers it, `draft_id` the draft whose release closes it.
    """

    id = fields.IntField(primary_key=True)
    key = fields.CharField(max_length=64, unique=True)
    title = fields.TextField()
    state = fields.CharField(max_length=16, default="open", db_index=True)
    """open, drafting (a draft waits for its release), answered, closed (with a reason), merged."""
    unit = fields.CharField(max_length=255, default="")
    unit_by = fields.CharField(max_length=16, default="")
    taken_by_id = fields.IntField(null=True)
    taken_by = fields.CharField(max_length=255, default="")
    handed_at = fields.DatetimeField(null=True)
    handed_by = fields.CharField(max_length=255, default="")
    remark = fields.TextField(default="")
    due_on = fields.DateField(db_index=True)
    due_provisional = fields.BooleanField(default=False)
    first_at = fields.DatetimeField()
    last_at = fields.DatetimeField(db_index=True)
    askers = fields.IntField(default=0)
    volume = fields.IntField(default=0)
    entry_id = fields.CharField(max_length=191, null=True, db_index=True)
    draft_id = fields.IntField(null=True, db_index=True)
    merged_into = fields.IntField(null=True, db_index=True)
    reason = fields.CharField(max_length=32, default="")
    closed_at = fields.DatetimeField(null=True, db_index=True)
    closed_by = fields.CharField(max_length=255, default="")

    class Meta:
        app = "mingbai"
        table = "question_cluster"


class QuestionNotice(Model):
    """Somebody asked to be told when his question is answered: wanted (no answer yet), waiting (to be told), telling (on its way
    in a message of our own), told, or lapsed. `sender` is kept for no longer than it is needed, and only where we may write."""

    id = fields.IntField(primary_key=True)
    question_id = fields.IntField(unique=True)
    channel = fields.CharField(max_length=32)
    asker_hash = fields.CharField(max_length=64, db_index=True)
    sender = fields.CharField(max_length=128, default="")
    asked = fields.TextField()
    """The question, masked."""
    asked_at = fields.DatetimeField()
    consented_at = fields.DatetimeField()
    entry_id = fields.CharField(max_length=191, default="")
    made_at = fields.DatetimeField(null=True)
    state = fields.CharField(max_length=16, default="wanted", db_index=True)
    told_at = fields.DatetimeField(null=True)

    class Meta:
        app = "mingbai"
        table = "question_notice"


class QuestionLabel(Model):
    """A wording of citizens that was accepted for an entry: what the machine suggested, how sure it was and why, and who accepted
    it (features K22). `suggested_by` is "machine", or "person" when it was found by hand."""

    id = fields.IntField(primary_key=True)
    cluster_id = fields.IntField(db_index=True)
    question_id = fields.IntField()
    text = fields.TextField()
    entry_id = fields.CharField(max_length=191, db_index=True)
    suggested_by = fields.CharField(max_length=16)
    confidence = fields.FloatField(null=True)
    why = fields.TextField(default="")
    accepted_by_id = fields.IntField()
    accepted_by = fields.CharField(max_length=255)
    accepted_at = fields.DatetimeField()
    draft_id = fields.IntField(null=True)
    """The draft that makes it a similar question of the entry; null where the entry answers it as it is."""

    class Meta:
        app = "mingbai"
        table = "question_label"


class QuestionState(Model):
    """A single row: raised by every change that is not the machine's own placing, so that each node reads the clusters anew."""

    id = fields.IntField(primary_key=True, generated=False)
    generation = fields.IntField(default=0)

    class Meta:
        app = "mingbai"
        table = "question_state"


class EntryComplaint(Model):
    """What people found of no use in one entry's answer, as one task with an owner and a day (features K7).

    Persons and their fixed reasons are counted since the task was last closed; `reasons` maps a reason to how many gave it.
    """

    id = fields.IntField(primary_key=True)
    entry_id = fields.CharField(max_length=191, unique=True)
    unit = fields.CharField(max_length=255, default="")
    state = fields.CharField(max_length=16, default="open", db_index=True)
    due_on = fields.DateField(db_index=True)
    due_provisional = fields.BooleanField(default=False)
    first_at = fields.DatetimeField()
    last_at = fields.DatetimeField()
    askers = fields.IntField(default=0)
    reasons: fields.Field[dict[str, int]] = fields.JSONField()
    closed_at = fields.DatetimeField(null=True)
    closed_by = fields.CharField(max_length=255, default="")
    remark = fields.TextField(default="")

    class Meta:
        app = "mingbai"
        table = "entry_complaint"

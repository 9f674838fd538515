"""The tables of the checks: the district's own words and leaders, what persons let pass, fingerprints, links that were looked at."""

from tortoise import fields
from tortoise.models import Model


class LexiconWord(Model):
    """A word of the district's own list. It stands in the place of the same word of the list that comes with the product;
    with ``active`` false it switches that word off."""

    id = fields.IntField(primary_key=True)
    word = fields.CharField(max_length=64, unique=True)
    kind = fields.CharField(max_length=16)
    severity = fields.CharField(max_length=16)
    suggestion = fields.CharField(max_length=128, default="")
    reason = fields.CharField(max_length=255, default="")
    exceptions = fields.JSONField[list[str]]()
    active = fields.BooleanField(default=True)
    import_id = fields.IntField(null=True)
    """The import that wrote the row last; empty when a person did."""
    by_name = fields.CharField(max_length=64)
    at = fields.DatetimeField()

    class Meta:
        app = "mingbai"
        table = "lexicon_word"


class LexiconLeader(Model):
    """A person with a title, and from when until when he holds it."""

    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=16, db_index=True)
    title = fields.CharField(max_length=128)
    order = fields.IntField(default=0)
    since = fields.DateField(null=True)
    until = fields.DateField(null=True)
    by_name = fields.CharField(max_length=64)
    at = fields.DatetimeField()

    class Meta:
        app = "mingbai"
        table = "lexicon_leader"


class LexiconImport(Model):
    """One file that was taken, and what stood before, so that it can be undone."""

    id = fields.IntField(primary_key=True)
    file = fields.CharField(max_length=160)
    mode = fields.CharField(max_length=16)
    counts = fields.JSONField[dict[str, int]]()
    before = fields.JSONField[dict[str, object]]()
    """word → its row before, or null where there was none."""
    by_name = fields.CharField(max_length=64)
    at = fields.DatetimeField()
    undone_at = fields.DatetimeField(null=True)
    undone_by = fields.CharField(max_length=64, default="")

    class Meta:
        app = "mingbai"
        table = "lexicon_import"


class LexiconVersion(Model):
    """One row, raised by every change: by it each node knows that its words are old."""

    id = fields.IntField(primary_key=True, generated=False)
    version = fields.IntField()

    class Meta:
        app = "mingbai"
        table = "lexicon_version"


class CheckOverride(Model):
    """A finding that a person let pass for one disclosure, with a reason. It holds while the same words are found."""

    id = fields.IntField(primary_key=True)
    disclosure_id = fields.IntField(db_index=True)
    key = fields.CharField(max_length=16)
    rule = fields.CharField(max_length=32)
    field = fields.CharField(max_length=64)
    quote = fields.CharField(max_length=160, default="")
    message = fields.TextField()
    reason = fields.TextField()
    revision = fields.IntField()
    by_id = fields.IntField()
    by_name = fields.CharField(max_length=64)
    at = fields.DatetimeField()
    taken_back_at = fields.DatetimeField(null=True)

    class Meta:
        app = "mingbai"
        table = "check_override"


class Fingerprint(Model):
    """What a public text looks like (``disclosures.checking.likeness``); a new row for a new text, the old one goes."""

    id = fields.IntField(primary_key=True)
    disclosure_id = fields.IntField(unique=True)
    content_hash = fields.CharField(max_length=64)
    title = fields.CharField(max_length=200)
    released_on = fields.DateField()
    """The day in Shanghai."""
    marks = fields.BinaryField()

    class Meta:
        app = "mingbai"
        table = "disclosure_fingerprint"


class LinkLook(Model):
    """What an address answered when it was last opened."""

    id = fields.IntField(primary_key=True)
    address_sha256 = fields.CharField(max_length=64, unique=True)
    address = fields.TextField()
    problem = fields.CharField(max_length=160, default="")
    """Why it does not open, for the screen; empty when it does."""
    failures = fields.IntField(default=0)
    """Looks in a row that failed."""
    at = fields.DatetimeField(db_index=True)

    class Meta:
        app = "mingbai"
        table = "link_look"

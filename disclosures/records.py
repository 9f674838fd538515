"""The disclosures' tables: units, categories, stored files, disclosures, their revisions and reviews."""

from tortoise import fields
from tortoise.models import Model


class Unit(Model):
    """A unit of the district (部门、街道、公共企事业单位)."""

    id = fields.IntField(primary_key=True)
    code = fields.CharField(max_length=32, unique=True)
    name = fields.CharField(max_length=64, unique=True)
    short_name = fields.CharField(max_length=32, default="")
    kind = fields.CharField(max_length=24, default="department")
    phone = fields.CharField(max_length=64, default="")
    address = fields.CharField(max_length=128, default="")
    hours = fields.CharField(max_length=128, default="")
    sort = fields.IntField(default=0)
    active = fields.BooleanField(default=True)

    class Meta:
        app = "mingbai"
        table = "disclosure_unit"


class Category(Model):
    """A column of the disclosure catalogue. ``column_type`` is a value of 国办发〔2017〕47号's ColumnType."""

    id = fields.IntField(primary_key=True)
    code = fields.CharField(max_length=32, unique=True)
    name = fields.CharField(max_length=64, unique=True)
    parent = fields.CharField(max_length=64, default="")
    column_type = fields.CharField(max_length=32, default="信息公开目录")
    description = fields.CharField(max_length=255, default="")
    keywords = fields.CharField(max_length=255, default="")
    legal_basis = fields.CharField(max_length=255, default="")
    deadline_local = fields.IntField(default=10)
    deadline_statutory = fields.IntField(default=20)
    statutory = fields.BooleanField(default=True)
    sort = fields.IntField(default=0)
    active = fields.BooleanField(default=True)

    class Meta:
        app = "mingbai"
        table = "disclosure_category"


class DocumentKind(Model):
    """A kind of document (通知公告、规范性文件、预决算…): its own fields, its chain of reviews, its template."""

    id = fields.IntField(primary_key=True)
    code = fields.CharField(max_length=32, unique=True)
    name = fields.CharField(max_length=64, unique=True)
    facts = fields.JSONField[dict[str, object]]()
    """Everything else, see ``disclosures.kinds.Kind``."""
    sort = fields.IntField(default=0)
    active = fields.BooleanField(default=True)

    class Meta:
        app = "mingbai"
        table = "disclosure_kind"


class StoredFile(Model):
    """A picture or attachment, kept in the database under its SHA-256 so that a backup holds it too."""

    sha256 = fields.CharField(max_length=64, primary_key=True)
    media_type = fields.CharField(max_length=96)
    file_name = fields.CharField(max_length=160)
    size = fields.IntField()
    data = fields.BinaryField()
    created_at = fields.DatetimeField()

    class Meta:
        app = "mingbai"
        table = "stored_file"


class Disclosure(Model):
    """A piece of government information. Its text lives in revisions; its approval is bound to one content hash."""

    id = fields.IntField(primary_key=True)
    state = fields.CharField(max_length=16, db_index=True)
    title = fields.CharField(max_length=200)
    unit: fields.ForeignKeyRelation[Unit] = fields.ForeignKeyField("mingbai.Unit", related_name="disclosures")
    category: fields.ForeignKeyRelation[Category] = fields.ForeignKeyField(
        "mingbai.Category", related_name="disclosures"
    )
    index_number = fields.CharField(max_length=64, unique=True)
    current_revision = fields.IntField()
    submission = fields.IntField(default=0)
    """How many times it was submitted; reviews belong to one submission."""
    approved_revision = fields.IntField(null=True)
    approved_hash = fields.CharField(max_length=64, null=True)
    chain = fields.JSONField[list[str]](null=True)
    """The steps of the current submission as they were frozen when it was submitted; null: 初审, 复审, 终审."""
    emergency_hash = fields.CharField(max_length=64, null=True)
    """The text that may go out before it is signed (``disclosures.emergencies``); any edit and any rejection clears it."""
    author_id = fields.IntField()
    author_name = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField(db_index=True)
    released_at = fields.DatetimeField(null=True)
    withdrawn_at = fields.DatetimeField(null=True)
    explanation = fields.TextField(default="")
    embargoed_at = fields.DatetimeField(null=True, db_index=True)
    """Since when only named people may see it (``disclosures.embargo``); null again at its release."""

    class Meta:
        app = "mingbai"
        table = "disclosure"


class Revision(Model):
    """One saved text of a disclosure; never changed afterwards."""

    id = fields.IntField(primary_key=True)
    disclosure: fields.ForeignKeyRelation[Disclosure] = fields.ForeignKeyField(
        "mingbai.Disclosure", related_name="revisions"
    )
    number = fields.IntField()
    content = fields.JSONField[dict[str, object]]()
    """The frozen content in its canonical form, see ``disclosures.content.Content``."""
    body_source = fields.TextField()
    body_format = fields.CharField(max_length=16)
    content_hash = fields.CharField(max_length=64)
    author_id = fields.IntField()
    author_name = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()

    class Meta:
        app = "mingbai"
        table = "disclosure_revision"
        unique_together = (("disclosure", "number"),)


class Review(Model):
    """One signature of the three reviews (初审、复审、终审), or a rejection with its remark."""

    id = fields.IntField(primary_key=True)
    disclosure: fields.ForeignKeyRelation[Disclosure] = fields.ForeignKeyField(
        "mingbai.Disclosure", related_name="reviews"
    )
    submission = fields.IntField()
    step = fields.CharField(max_length=16)
    decision = fields.CharField(max_length=16)
    reviewer_id = fields.IntField()
    reviewer_name = fields.CharField(max_length=64)
    content_hash = fields.CharField(max_length=64)
    remark = fields.TextField(default="")
    at = fields.DatetimeField()
    opinion = fields.CharField(max_length=16, null=True)
    """保密审查: one of the fixed opinions (``disclosures.secrecy``)."""
    for_id = fields.IntField(null=True)
    """Whom the signer stood in for as a deputy; null: he signed for himself."""
    for_name = fields.CharField(max_length=64, null=True)
    opened_at = fields.DatetimeField(null=True)
    """When the signer first opened this submission; null: he signed through the API."""

    class Meta:
        app = "mingbai"
        table = "disclosure_review"
        unique_together = (("disclosure", "submission", "step"), ("disclosure", "submission", "reviewer_id"))


class IndexSerial(Model):
    """The last serial of the index numbers (索引号) of one year."""

    year = fields.IntField(primary_key=True, generated=False)
    last_serial = fields.IntField()

    class Meta:
        app = "mingbai"
        table = "disclosure_index_serial"

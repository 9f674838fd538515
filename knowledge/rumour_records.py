"""The rumour desk's rows: what people asked about, who must be told, and what two persons decide. Personal data is masked
before it comes here."""

from tortoise import fields
from tortoise.models import Model


class RumourClaim(Model):
    """One claim that nobody has settled when it came up. Reports of the same claim are counted under it.

    `key` is the digest of its first wording, so that two nodes make one claim of it. `entry_id` is the entry that answers it.
    `proposal` is the verdict that one person proposed and another one has to confirm.
    """

    id = fields.IntField(primary_key=True)
    key = fields.CharField(max_length=64, unique=True)
    title = fields.TextField()
    state = fields.CharField(max_length=16, default="open", db_index=True)
    """open, checking (核实中 is said), settled, dismissed; merged when its reports went to another claim."""
    unit = fields.CharField(max_length=255, default="")
    entry_id = fields.CharField(max_length=191, null=True, db_index=True)
    merged_into = fields.IntField(null=True)
    first_at = fields.DatetimeField(db_index=True)
    last_at = fields.DatetimeField(db_index=True)
    first_word_at = fields.DatetimeField(null=True)
    """When the public was first told anything: 核实中, or the verdict."""
    closed_at = fields.DatetimeField(null=True)
    closed_by = fields.CharField(max_length=255, default="")
    remark = fields.TextField(default="")
    proposal: fields.Field[dict[str, object] | None] = fields.JSONField(null=True)
    proposed_at = fields.DatetimeField(null=True)
    proposed_by = fields.CharField(max_length=255, default="")
    proposed_by_id = fields.IntField(null=True)

    class Meta:
        app = "mingbai"
        table = "rumour_claim"


class RumourReport(Model):
    """One person's asking about one claim; asking again raises `times` and is not another person.

    `sender` is kept from the consent until he is told, and for nobody else.
    """

    id = fields.IntField(primary_key=True)
    claim_id = fields.IntField(db_index=True)
    asker_hash = fields.CharField(max_length=64, db_index=True)
    channel = fields.CharField(max_length=32)
    text = fields.TextField()
    """The wording, with personal data masked."""
    digest = fields.CharField(max_length=64, db_index=True)
    links: fields.Field[list[str]] = fields.JSONField()
    first_at = fields.DatetimeField(db_index=True)
    last_at = fields.DatetimeField()
    times = fields.IntField(default=1)
    consented_at = fields.DatetimeField(null=True)
    sender = fields.CharField(max_length=128, default="")
    variant = fields.BooleanField(default=False)
    """Its wording was taken into an entry as a variant."""

    class Meta:
        app = "mingbai"
        table = "rumour_report"
        unique_together = (("claim_id", "asker_hash"),)


class RumourNotice(Model):
    """What one person is to be told when a claim is settled: waiting, telling (on its way in a message of our own), told
    or lapsed."""

    id = fields.IntField(primary_key=True)
    claim_id = fields.IntField(db_index=True)
    entry_id = fields.CharField(max_length=191)
    channel = fields.CharField(max_length=32)
    asker_hash = fields.CharField(max_length=64, db_index=True)
    sender = fields.CharField(max_length=128, default="")
    asked = fields.TextField()
    asked_at = fields.DatetimeField()
    made_at = fields.DatetimeField()
    state = fields.CharField(max_length=16, default="waiting", db_index=True)
    told_at = fields.DatetimeField(null=True)

    class Meta:
        app = "mingbai"
        table = "rumour_notice"

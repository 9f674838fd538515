"""The tables of casework: cases, what was said in them, and the numbers that were given out."""

from tortoise import fields
from tortoise.models import Model


class CaseNumber(Model):
    """A number that was given out, before the case is opened: it stands in the reply that is written with the case. One that
    was offered and never used stays a gap."""

    id = fields.IntField(primary_key=True)
    mark = fields.CharField(max_length=64, unique=True)
    """For what it was given, hashed: who asks again for the same gets the same number."""
    day = fields.DateField()
    place = fields.IntField()

    class Meta:
        app = "mingbai"
        table = "case_number"
        unique_together = (("day", "place"),)


class CitizenCase(Model):
    """One case (诉求, 人工咨询). What is personal in it goes when the citizen leaves; number, unit and times stay."""

    id = fields.IntField(primary_key=True)
    number = fields.CharField(max_length=24, unique=True)
    kind = fields.CharField(max_length=16)
    channel = fields.CharField(max_length=16)
    sender = fields.CharField(max_length=128, default="", db_index=True)
    subject = fields.CharField(max_length=200, default="")
    """Masked."""
    unit = fields.CharField(max_length=128, default="", db_index=True)
    state = fields.CharField(max_length=16, db_index=True)
    version = fields.IntField(default=0)
    """Grows with every change; a change names the version that it saw."""
    handler_id = fields.IntField(null=True, db_index=True)
    handler_name = fields.CharField(max_length=64, default="")
    handler_shown = fields.CharField(max_length=64, default="")
    """His name as a citizen reads it."""
    asked_at = fields.DatetimeField()
    opened_at = fields.DatetimeField(db_index=True)
    taken_at = fields.DatetimeField(null=True)
    replied_at = fields.DatetimeField(null=True)
    """The first word of a person: it keeps the first promise."""
    last_word_at = fields.DatetimeField(null=True)
    """The latest word of a person."""
    answered_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    promised_at = fields.DatetimeField()
    """From when the promise counts: when it was opened, or opened again."""
    reply_due = fields.DatetimeField()
    answer_due = fields.DatetimeField()
    provisional = fields.BooleanField(default=False)
    outcome = fields.CharField(max_length=16, default="")
    times_reopened = fields.IntField(default=0)
    unread = fields.IntField(default=0)
    """Words of the citizen that his handler has not seen."""
    acknowledged = fields.BooleanField(default=False)
    """He was told that his further words go to the case."""
    bot_speaks = fields.BooleanField(default=False)
    """He asked the bot to speak again while the case goes on."""
    rating_asked_at = fields.DatetimeField(null=True)
    score = fields.IntField(null=True)
    score_reason = fields.CharField(max_length=16, default="")
    rated_at = fields.DatetimeField(null=True)

    class Meta:
        app = "mingbai"
        table = "citizen_case"


class CaseMessage(Model):
    """What was said in a case, by whom; and the notes of the house, which no citizen reads."""

    id = fields.IntField(primary_key=True)
    case_id = fields.IntField(db_index=True)
    side = fields.CharField(max_length=16)
    """citizen, bot, handler or note."""
    what = fields.CharField(max_length=16, default="words")
    """words, or closing for the message that says how it ended."""
    at = fields.DatetimeField()
    text = fields.TextField(default="")
    """Masked."""
    sealed = fields.TextField(null=True)
    """The whole text, sealed; null where nothing was masked."""
    author = fields.CharField(max_length=64, default="")
    signed = fields.CharField(max_length=192, default="")
    """Who answers, as the citizen reads it."""
    entry_id = fields.CharField(max_length=191, default="")
    """The entry from which the bot answered, or whose approved text the handler sends."""
    channel = fields.CharField(max_length=16, default="")
    delivery = fields.CharField(max_length=16, default="", db_index=True)
    """Of what goes out: waiting, saying, sending, sent, unknown, told; empty for everything else."""
    pushed = fields.BooleanField(default=True)
    """False: the platform does not take a message of our own any more; it waits for his next word."""
    sending_at = fields.DatetimeField(null=True)
    told_at = fields.DatetimeField(null=True)

    class Meta:
        app = "mingbai"
        table = "case_message"

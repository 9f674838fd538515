"""Messages that we send by ourselves, counted against what the platform allows; messages that belong together; and the
questions behind the keys of a menu."""

from tortoise import fields
from tortoise.models import Model


class OwnMessage(Model):
    """One message of our own. It is noted before it is sent: two processes never take the same number of one grant."""

    id = fields.IntField(primary_key=True)
    channel = fields.CharField(max_length=16)
    sender = fields.CharField(max_length=128, db_index=True)
    granted_by = fields.CharField(max_length=160)
    """The inbox key of the message or tap that allows it."""
    number = fields.IntField()
    """Which of the messages that this grant allows, from 1."""
    at = fields.DatetimeField(db_index=True)
    reply_to = fields.CharField(max_length=160, null=True, unique=True)
    """The key of the message that it answers, where it takes the place of a reply: never sent twice for one message."""

    class Meta:
        app = "mingbai"
        table = "own_message"
        unique_together = (("channel", "sender", "granted_by", "number"),)


class BurstPart(Model):
    """One of several messages that a person sends in a row: they are one question, which the last of them answers."""

    id = fields.IntField(primary_key=True)
    channel = fields.CharField(max_length=16)
    sender = fields.CharField(max_length=128, db_index=True)
    key = fields.CharField(max_length=160, unique=True)
    """The message's key in the inbox."""
    text = fields.TextField()
    """Its words, with personal data masked."""
    at = fields.DatetimeField(db_index=True)
    taken_by = fields.CharField(max_length=160, null=True, db_index=True)
    """The key of the message that answers for it; null while nobody does."""

    class Meta:
        app = "mingbai"
        table = "burst_part"


class MenuQuestion(Model):
    """What a button of the account's own menu asks when it is tapped."""

    id = fields.IntField(primary_key=True)
    key = fields.CharField(max_length=64, unique=True)
    name = fields.CharField(max_length=64)
    question = fields.CharField(max_length=191)
    set_at = fields.DatetimeField()

    class Meta:
        app = "mingbai"
        table = "menu_question"

"""The bot's tables: the inbox (one row per message) and the conversations."""

from tortoise import fields
from tortoise.models import Model


class InboundMessage(Model):
    """One message or event of a citizen. A redelivery meets the same row and gets the same stored reply."""

    id = fields.IntField(primary_key=True)
    key = fields.CharField(max_length=160, unique=True)
    """SHA-256 of what identifies the message on its platform (see ``bot.inbox``)."""
    channel = fields.CharField(max_length=16)
    sender = fields.CharField(max_length=128, db_index=True)
    kind = fields.CharField(max_length=32)
    text = fields.TextField(default="")
    detail = fields.JSONField[dict[str, object]](default=dict)
    received_at = fields.DatetimeField(db_index=True)
    deliveries = fields.IntField(default=1)
    owner = fields.CharField(max_length=96, default="")
    answered_at = fields.DatetimeField(null=True)
    reply = fields.JSONField[dict[str, object]](null=True)
    entry_id = fields.CharField(max_length=191, null=True, db_index=True)
    """The entry from which it was answered; null when from none."""
    entry_mark = fields.CharField(max_length=32, null=True)
    """The mark of that entry's text, see ``bot.correcting.mark_of``."""

    class Meta:
        app = "mingbai"
        table = "inbound_message"


class ConversationState(Model):
    """What the bot remembers of one citizen for a short while: the options it offered, the tries, the subject."""

    id = fields.IntField(primary_key=True)
    channel = fields.CharField(max_length=16)
    sender = fields.CharField(max_length=128)
    state = fields.JSONField[dict[str, object]](default=dict)
    updated_at = fields.DatetimeField()

    class Meta:
        app = "mingbai"
        table = "conversation_state"
        unique_together = (("channel", "sender"),)

"""What citizens think of an answer: 有用 or 没用, once a person and answer."""

from tortoise import fields
from tortoise.models import Model


class AnswerFeedback(Model):
    """One person's mark for one answer. Nobody's words are in it: the reason is one of four fixed ones."""

    id = fields.IntField(primary_key=True)
    channel = fields.CharField(max_length=16)
    asker_hash = fields.CharField(max_length=64, null=True)
    """Who it was (``bot.asker``); null once he has left: the mark stays, and belongs to nobody."""
    entry_id = fields.CharField(max_length=191, db_index=True)
    mark = fields.CharField(max_length=32)
    """The mark of the text that was said (``bot.correcting.mark_of``): a corrected text is another answer."""
    unit = fields.CharField(max_length=128, default="")
    """The unit that the entry belongs to."""
    useful = fields.BooleanField()
    reason = fields.CharField(max_length=32, default="")
    """For 没用: one of ``bot.feedback.REASONS``; empty while he gave none."""
    at = fields.DatetimeField(db_index=True)
    """When he said it last."""

    class Meta:
        app = "mingbai"
        table = "answer_feedback"
        unique_together = (("channel", "asker_hash", "entry_id", "mark"),)

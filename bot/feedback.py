"""有用 or 没用: what a citizen thinks of an answer, in one word or one tap; for 没用 one of four fixed reasons, no text.

A mark is kept once a person and answer, and may be changed; of the person only a hash is kept (features C16).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from tortoise.backends.base.client import BaseDBAsyncClient

from bot.asker import asker_hash
from bot.correcting import mark_of
from bot.decision import Move, Step
from bot.feedback_records import AnswerFeedback
from bot.measure import Measure
from bot.memory import Memory, Said
from bot.rating import REASONS, USEFUL_WORD, USELESS_WORD
from bot.records import InboundMessage
from bot.tapping import WHY_HEAD
from bot.turn import Left, Turn
from knowledge.entry import EntryKind
from knowledge.records import KnowledgeEntry

EVERY: Final = 5
"""Of so many answers in one conversation one is followed by the question whether it was of use."""
RATED_STEPS: Final = frozenset({Step.USEFUL, Step.USELESS, Step.REASON})
HINT: Final = f"（这条答复有帮助吗？请回复“{USEFUL_WORD}”或“{USELESS_WORD}”）"
SPOKEN: Final = frozenset({"wechat", "weibo"})
"""Channels without buttons of ours, where the question is said."""
BUTTONS: Final = frozenset({"web"})
THANKS_TEXT: Final = "谢谢您的评价。还有其他问题，请直接输入。"
WHY_TEXT: Final = "很抱歉没有帮到您。哪里不好？请回复数字（不选也可以，直接再问就行）："
REASON_TEXT: Final = "已经记下，工作人员会据此改进这条答复。您可以换一种说法再问一次，或者回复“转人工”。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """A mark for one answer."""

    channel: str
    sender: str
    said: Said
    useful: bool
    reason: str
    at: datetime


class Feedback:
    """``key`` is the installation's secret, with which the asker's hash is made."""

    def __init__(self, *, key: str) -> None:
        self._key = key

    def about(self, turn: Turn, move: Move, before: Memory, now: datetime) -> tuple[Turn, Memory]:
        """What is said to a mark, and the mark to be kept."""
        turn = replace(turn, text=REASON_TEXT if move.step is Step.REASON else THANKS_TEXT)
        if move.step is Step.USELESS:
            lines = [f"{number}. {reason}" for number, reason in enumerate(REASONS, 1)]
            said = WHY_HEAD if turn.channel in BUTTONS else "\n".join([WHY_TEXT, *lines])
            turn = replace(turn, text=said, replies=REASONS)
        if before.said is not None and turn.sender:
            rating = Rating(
                channel=turn.channel, sender=turn.sender, said=before.said, useful=move.step is Step.USEFUL,
                reason=move.mark, at=now,
            )  # fmt: skip
            turn = replace(turn, left=(*turn.left, Left(settle=self.keep_all, value=rating)))
        return turn, move.memory

    def asked(self, turn: Turn, after: Memory, before: Memory, measure: Measure, now: datetime) -> tuple[Turn, Memory]:
        """An answer with the question whether it was of use, where it is time to ask; and the memory that knows which
        answer it was. ``before``: the memory before this turn."""
        entry, mark = turn.entry, mark_of(turn.entry)
        if turn.decision != "answer" or turn.step is not Step.ANSWER or entry is None or not mark or not turn.sender:
            return turn, after
        said = Said(
            entry_id=entry.id,
            mark=mark,
            unit=entry.unit or entry.issuer,
            topic=entry.title,
            at=now,
            kind=str(entry.kind),
        )
        answers = 1 if before.expired(now) else before.answers + 1
        after = replace(after, said=said, answers=answers)
        if turn.channel in BUTTONS:
            return replace(turn, replies=(*turn.replies, USEFUL_WORD, USELESS_WORD)), after
        clarified = entry.kind is EntryKind.rumour  # It already says how to pass it on.
        unread = turn.more and turn.quotation is None  # Who has not read to the end is not asked yet.
        if turn.channel in SPOKEN and answers % EVERY == 1 and not unread and not clarified:
            turn = replace(turn, rate=True)
            hinted = f"{turn.text}\n{HINT}"
            if measure.fits(hinted):
                turn = replace(turn, text=hinted)
        return turn, after

    async def answered_at(self, channel: str, sender: str, stamp: int) -> Said | None:
        """An earlier answer, by the second in which it was given: whose 有用 or 没用 was tapped further up in the chat."""
        begun = datetime.fromtimestamp(stamp, UTC)
        rows = InboundMessage.filter(
            channel=channel, sender=sender, received_at__gte=begun, received_at__lt=begun + timedelta(seconds=1)
        )
        row = await rows.exclude(entry_id=None).order_by("-id").first()
        if row is None or not row.entry_id or not row.entry_mark:
            return None
        entry = await KnowledgeEntry.filter(entry_id=row.entry_id).first()
        unit = (entry.unit or entry.issuer) if entry is not None else ""
        return Said(entry_id=row.entry_id, mark=row.entry_mark, unit=unit, topic="", at=row.received_at)

    async def keep_all(self, connection: BaseDBAsyncClient, ratings: Sequence[Rating]) -> None:
        """Keeps some marks, the last one of a person and answer."""
        rows = {}
        for one in ratings:
            row = AnswerFeedback(
                channel=one.channel, asker_hash=asker_hash(self._key, channel=one.channel, sender=one.sender),
                entry_id=one.said.entry_id, mark=one.said.mark, unit=one.said.unit[:128], useful=one.useful,
                reason=one.reason, at=one.at,
            )  # fmt: skip
            rows[row.channel, row.asker_hash, row.entry_id, row.mark] = row
        await AnswerFeedback.bulk_create(
            [rows[key] for key in sorted(rows, key=str)], update_fields=["useful", "reason", "at", "unit"],
            on_conflict=["channel", "asker_hash", "entry_id", "mark"], using_db=connection,
        )  # fmt: skip

    async def forget(self, connection: BaseDBAsyncClient, *, channel: str, sender: str) -> None:
        """Lets go of a person: his marks stay in the figures and belong to nobody."""
        his = AnswerFeedback.filter(channel=channel, asker_hash=asker_hash(self._key, channel=channel, sender=sender))
        await his.using_db(connection).update(asker_hash=None)

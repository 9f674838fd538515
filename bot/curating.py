"""How the conversation meets the curator's desk: reading an entry that may answer now, keeping what found no answer,
and letting go of who asked."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import F

from audit.clock import Clock
from bot.conversation import EntryOf, KeepUnanswered, Unanswered
from bot.reception import Forget
from knowledge.curation import Curation
from knowledge.entry import Entry
from knowledge.records import UnansweredQuestion

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")


def reading(curation: Curation, *, clock: Clock) -> EntryOf:
    """Gives an entry as the database has it now, or None when it may not answer today."""

    async def entry_of(entry_id: str) -> Entry | None:
        return await curation.entry(entry_id, today=(await clock.now()).astimezone(SHANGHAI).date())

    return entry_of


def asker_hash(key: str, *, channel: str, sender: str) -> str:
    """Who asked, so that his questions can be counted and forgotten without his name being kept."""
    return hmac.new(key.encode(), f"asker\0{channel}\0{sender}".encode(), hashlib.sha256).hexdigest()


def keeping(curation: Curation, *, mask: Callable[[str], str], key: str) -> KeepUnanswered:
    """Keeps a question for the curators. ``key`` is the installation's secret."""

    async def keep(connection: BaseDBAsyncClient, question: Unanswered) -> None:
        await curation.keep_unanswered(
            text=question.text, masked=mask(question.text), channel=question.channel,
            asker_hash=asker_hash(key, channel=question.channel, sender=question.sender), asked_at=question.asked_at,
            decision=question.decision, reason=question.reason, confidence=question.confidence,
            candidates=[{"id": one.id, "title": one.title, "score": one.score} for one in question.candidates],
            using_db=connection,
        )  # fmt: skip

    return keep


def forgetting(*, key: str) -> Forget:
    """Takes a person out of the curators' list: the question stays, masked, and belongs to nobody."""

    async def forget(connection: BaseDBAsyncClient, channel: str, sender: str) -> None:
        his = UnansweredQuestion.filter(channel=channel, asker_hash=asker_hash(key, channel=channel, sender=sender))
        await his.using_db(connection).update(text=F("masked"), asker_hash="")

    return forget

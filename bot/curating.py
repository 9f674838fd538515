"""How the conversation meets the curator's desk: reading an entry that may answer now, keeping what found no answer,
and letting go of who asked."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import F

from audit.clock import Clock
from bot.asker import asker_hash
from bot.correcting import Corrections
from bot.gathering import Gathering
from bot.reception import Forget
from bot.reporting import Reports
from bot.turn import EntryOf, KeepUnanswered, Unanswered
from knowledge.base import KnowledgeBase, current_generation
from knowledge.curation import Curation
from knowledge.entry import Entry
from knowledge.records import UnansweredQuestion

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")


class Forgets(Protocol):
    """A part of the bot that can let go of a person."""

    async def forget(self, connection: BaseDBAsyncClient, *, channel: str, sender: str) -> None: ...


def reading(curation: Curation, *, clock: Clock, base: KnowledgeBase | None = None) -> EntryOf:
    """Gives an entry as the database has it now, a withdrawn one without its text; None when nothing may be said of it today.

    Where the ``base`` in memory shows the database's present generation, its entry is the database's entry: a withdrawal
    raises the generation in its own transaction, so one number that is read for many questions at once says so.
    """
    generations = Gathering(_present_generation)

    async def entry_of(entry_id: str) -> Entry | None:
        today = (await clock.now()).astimezone(SHANGHAI).date()
        if base is None or await generations.one(None) != base.generation:
            return await curation.spoken(entry_id, today=today)
        entry = base.entry(entry_id)
        return entry if entry is not None and (entry.answers_on(today) or entry.withdrawn) else None

    return entry_of


async def _present_generation(askers: Sequence[None]) -> Sequence[int]:
    return [await current_generation()] * len(askers)


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


def forgetting(*, key: str, reports: Reports, corrections: Corrections, others: Sequence[Forgets] = ()) -> Forget:
    """Takes a person out of the curators' lists: the question stays, masked, and belongs to nobody. ``others``: other
    parts of the bot that keep something of a person."""

    async def forget(connection: BaseDBAsyncClient, channel: str, sender: str) -> None:
        his = UnansweredQuestion.filter(channel=channel, asker_hash=asker_hash(key, channel=channel, sender=sender))
        await his.using_db(connection).update(text=F("masked"), asker_hash="")
        await reports.forget(connection, channel=channel, sender=sender)
        await corrections.forget(connection, channel=channel, sender=sender)
        for other in others:
            await other.forget(connection, channel=channel, sender=sender)

    return forget

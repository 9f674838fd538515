"""Telling who asked: somebody agreed to be told when his question has an answer, is told once, and is forgotten.

The same steps as for rumours (`knowledge.reporting`): a notice waits, is claimed before a message of our own is sent, and ends as
told; what may have arrived is never sent again.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q

from knowledge.question_records import QuestionCluster, QuestionNotice
from knowledge.question_rules import shipped
from knowledge.records import UnansweredQuestion
from knowledge.reporting import Addressed, Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Somebody's consent to be told. `asked` is his question, masked; `sender` is set where we may write to him first."""

    channel: str
    asker_hash: str
    asked: str
    at: datetime
    sender: str = ""


class QuestionNotices:
    """What belongs to a reply joins the caller's transaction."""

    async def want(self, connection: BaseDBAsyncClient, wanted: Wanted) -> bool:
        """Notes that he wants to be told of the latest question that he put in these words; False when there is none."""
        his = UnansweredQuestion.filter(channel=wanted.channel, asker_hash=wanted.asker_hash, masked=wanted.asked)
        question = await his.using_db(connection).order_by("-id").first()
        if question is None:
            return False
        # A curator may have answered it between his question and his consent: then he is told at once.
        answered = question.entry_id if question.state == "closed" and question.entry_id else ""
        row = QuestionNotice(
            question_id=question.id, channel=wanted.channel, asker_hash=wanted.asker_hash, sender=wanted.sender,
            asked=wanted.asked, asked_at=question.asked_at, consented_at=wanted.at, entry_id=answered,
            made_at=wanted.at if answered else None, state="waiting" if answered else "wanted",
        )  # fmt: skip
        await QuestionNotice.bulk_create([row], ignore_conflicts=True, using_db=connection)
        return True

    async def notices(self, askers: Sequence[str]) -> Mapping[str, tuple[Notice, ...]]:
        """What is waiting to be told, by the hash of who asked; each answer once, however often he asked for it."""
        named = [asker for asker in askers if asker]
        found: defaultdict[str, list[Notice]] = defaultdict(list)
        if named:
            for row in await QuestionNotice.filter(asker_hash__in=named, state="waiting").order_by("id"):
                found[row.asker_hash].append(_notice(row))
        return {asker: tuple(waiting) for asker, waiting in found.items()}

    async def told(self, connection: BaseDBAsyncClient, ids: Sequence[int], *, now: datetime) -> None:
        """Notes that notices were said; their askers' addresses are not needed any more."""
        if ids:
            waiting = QuestionNotice.filter(id__in=list(ids), state="waiting").using_db(connection)
            await waiting.update(state="told", told_at=now, sender="")

    async def lapse(self, *, now: datetime) -> int:
        """Lets go of notices that found nobody for longer than the rules say; how many there were. For as long an address is
        kept of somebody whose question has no answer; after that he is told with his next message only."""
        unanswered = QuestionNotice.filter(state="wanted", consented_at__lt=now - shipped().told_within).exclude(
            sender=""
        )
        await unanswered.update(sender="")
        old = QuestionNotice.filter(state="waiting", made_at__lt=now - shipped().told_within)
        return await old.update(state="lapsed", sender="")

    async def addressed(self, *, channels: Sequence[str], limit: int) -> list[Addressed]:
        """Notices to people who may be written to, the oldest first."""
        rows = QuestionNotice.filter(state="waiting", channel__in=list(channels)).exclude(sender="").order_by("id")
        return [
            Addressed(
                id=row.id, entry_id=row.entry_id, asked=row.asked, asked_at=row.asked_at, channel=row.channel,
                sender=row.sender,
            )
            for row in await rows.limit(limit)
        ]  # fmt: skip

    async def begin(self, notice_id: int) -> bool:
        """A message is about to be sent; False when somebody else has begun, or it was told meanwhile."""
        return bool(await QuestionNotice.filter(id=notice_id, state="waiting").update(state="telling"))

    async def end(self, notice_id: int, *, now: datetime) -> None:
        """The message is sent, or may be: it is not sent again. Another question of his with the same answer is answered too."""
        row = await QuestionNotice.get_or_none(id=notice_id)
        await QuestionNotice.filter(id=notice_id, state="telling").update(state="told", told_at=now, sender="")
        if row is not None and row.asker_hash:
            same = QuestionNotice.filter(asker_hash=row.asker_hash, entry_id=row.entry_id, state="waiting")
            await same.update(state="told", told_at=now, sender="")

    async def undo(self, notice_id: int, *, keep_sender: bool = True) -> None:
        """Nothing was sent; without his address it waits for his next message."""
        telling = QuestionNotice.filter(id=notice_id, state="telling")
        await (telling.update(state="waiting") if keep_sender else telling.update(state="waiting", sender=""))

    async def leave(self, notice_id: int) -> None:
        """Nobody may write to him any more: he is told with his next message, for which no address is needed."""
        await QuestionNotice.filter(id=notice_id, state="waiting").update(sender="")

    async def forget(self, connection: BaseDBAsyncClient, *, asker_hash: str) -> None:
        """Deletes what is kept of a person who left."""
        if asker_hash:
            await QuestionNotice.filter(asker_hash=asker_hash).using_db(connection).delete()


async def withdraw_notices(connection: BaseDBAsyncClient, cluster: QuestionCluster) -> None:
    """A cluster is open again: who was not told of its answer yet waits for the next one."""
    for part in await _questions(connection, cluster):
        asked = QuestionNotice.filter(question_id__in=part).using_db(connection)
        again = asked.filter(Q(state="waiting") | Q(state="lapsed", entry_id=""))
        await again.update(state="wanted", entry_id="", made_at=None)


async def drop_notices(connection: BaseDBAsyncClient, cluster: QuestionCluster) -> None:
    """A cluster is closed without an answer: nobody is told of anything, and no address is kept."""
    for part in await _questions(connection, cluster):
        wanted = QuestionNotice.filter(question_id__in=part, state="wanted").using_db(connection)
        await wanted.update(state="lapsed", sender="")


async def _questions(connection: BaseDBAsyncClient, cluster: QuestionCluster) -> list[list[int]]:
    """The numbers of a cluster's questions, in parts that one statement takes."""
    asked = UnansweredQuestion.filter(cluster_id=cluster.id).using_db(connection)
    ids = [int(str(number)) for number in await asked.values_list("id", flat=True)]
    return [ids[start : start + 400] for start in range(0, len(ids), 400)]


def _notice(row: QuestionNotice) -> Notice:
    return Notice(id=row.id, entry_id=row.entry_id, asked=row.asked, asked_at=row.asked_at)

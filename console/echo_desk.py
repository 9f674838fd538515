"""What came back, as the console and the API need it: comments and figures, read together from the tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from tortoise.expressions import Q

from audit.clock import Clock
from console.screen import SHANGHAI
from disclosures.records import Disclosure
from knowledge.entry import Entry
from knowledge.finding import Finding
from knowledge.quotation import LIMIT, quote
from knowledge.records import KnowledgeEntry, UnansweredQuestion
from knowledge.rows import from_row
from publishers.echo.comment_desk import AGREE, Approval, CommentDesk
from publishers.echo.hearing import ANSWERED, NEW, Hearing
from publishers.echo.port import Discussion
from publishers.echo.radar import Message, Reading, Workdays, reading, rule_on, working_days
from publishers.echo.records import Comment, CommentReply, Listening
from publishers.echo.states import State
from publishers.echo.tally import ANSWERS, VIEWS, Tally
from publishers.looking import Looking
from publishers.records import Delivery
from staff.person import Person
from staff.roles import Verb

CHANNEL_NAMES: Final[Mapping[str, str]] = {"wechat": "微信", "weibo": "微博"}
COUNTED: Final = timedelta(days=92)
MOST_COUNTED: Final = 5000
MOST_PROPOSED: Final = 4
SHORTEST_QUESTION: Final = 2
LEFT_FREE: Final = 10
"""Characters of a reply that a quoted passage leaves for a word around it."""


class Ask(Protocol):
    """The knowledge base."""

    def ask(self, text: str, *, top: int = 10, today: date) -> Finding: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Approved words that may answer a comment."""

    entry_id: str
    title: str
    body: str
    source: str
    whole: bool
    """The entry's whole text; otherwise the passage of it that answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentWork:
    """What a person should do about comments today. Empty when it is not his business."""

    to_agree: int = 0
    to_answer: int = 0
    late: int = 0
    unknown: int = 0

    @property
    def nothing(self) -> bool:
        return not (self.to_agree or self.to_answer or self.unknown)


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoDesk:
    """The services of part “what came back”. ``seen`` and ``used`` are the ends of the counters."""

    clock: Clock
    comments: CommentDesk
    hearing: Hearing
    discussions: Mapping[str, Discussion]
    tally: Tally
    looking: Looking
    workdays: Workdays
    ask: Ask
    approval: Approval = Approval.WRITTEN
    names: Mapping[str, str] = field(default_factory=lambda: CHANNEL_NAMES)

    def seen(self, disclosure_id: int) -> None:
        """Somebody opened the portal's page of a disclosure."""
        self.tally.count(disclosure_id, VIEWS)

    def used(self, disclosure_id: int) -> None:
        """The bot answered from a disclosure."""
        self.tally.count(disclosure_id, ANSWERS)

    async def close(self, _: object = None) -> None:
        """The last counts are written before the process ends."""
        await self.tally.flush()

    async def radar(self, *, now: datetime) -> tuple[Reading, ...]:
        """One reading for each connected account, and one for the bot's unanswered questions."""
        rule, since = rule_on(_day(now)), now - COUNTED
        readings = []
        for channel in self.discussions:
            rows = Comment.filter(Q(at__gte=since) | Q(state=NEW), channel=channel, state__in=[NEW, ANSWERED])
            listed = await rows.order_by("-at").limit(MOST_COUNTED).values_list("at", "answered_at", "state")
            messages = [Message(at=at, answered_at=None if state == NEW else done or at) for at, done, state in listed]
            name = self.names.get(channel, channel)
            told = reading(
                name, channel, messages, rule=rule, workdays=self.workdays, now=now,
                last_post_at=await _last_post(channel),
            )  # fmt: skip
            readings.append(told)
        asked = UnansweredQuestion.filter(Q(asked_at__gte=since) | Q(state="open"))
        rows_of = await asked.order_by("-asked_at").limit(MOST_COUNTED).values_list("asked_at", "closed_at", "state")
        messages = [Message(at=at, answered_at=None if state == "open" else done or at) for at, done, state in rows_of]
        readings.append(reading("问答未解答", "answers", messages, rule=rule, workdays=self.workdays, now=now))
        return tuple(readings)

    async def listening(self) -> dict[str, Listening]:
        """Where each reading stands."""
        return {row.key: row for row in await Listening.all()}

    def age(self, comment: Comment, now: datetime) -> int:
        """Working days since the comment came."""
        return working_days(self.workdays, comment.at, now)

    async def propose(self, comment: Comment, *, now: datetime) -> tuple[Proposal, ...]:
        """Approved words that may answer: of the disclosure that is commented on, then what the bot would answer or offer.
        Of a text that is too long for the platform the passage that answers, word for word; it is no whole text, so that a
        second person reads it. A rumour under check or a withdrawn text is none."""
        discussion, today, asked = self.discussions.get(comment.channel), _day(now), comment.text.strip()[:500]
        if discussion is None or len(asked) < SHORTEST_QUESTION:
            return ()
        rows = await KnowledgeEntry.filter(disclosure_id=comment.disclosure_id or 0, live=True).order_by("id").limit(3)
        entries = {row.entry_id: from_row(row) for row in rows}
        finding = self.ask.ask(asked, top=5, today=today)
        if finding.decision != "none":
            entries |= {hit.entry.id: hit.entry for hit in finding.hits if hit.entry.id not in entries}
        found = (
            _proposal(entry, asked, discussion)
            for entry in entries.values()
            if entry.answers_on(today) and not entry.withdrawn and not entry.under_check
        )
        return tuple(each for each in found if each is not None)[:MOST_PROPOSED]

    async def work(self, person: Person, *, now: datetime) -> CommentWork:
        """For the page of today."""
        agrees = any(person.may(verb) for verb in AGREE)
        answers = person.may(Verb.COMMENT_REPLY)
        if not (agrees or answers):
            return CommentWork()
        waiting = CommentReply.filter(state=State.WAITING).exclude(written_by_id=person.account_id)
        under_way = await CommentReply.exclude(open_key=None).values_list("comment_id", flat=True)
        free = Comment.filter(state=NEW).exclude(id__in=list(under_way) or [0])
        moments = [row.at for row in await free.order_by("at").limit(MOST_COUNTED).only("id", "at")]
        rule = rule_on(_day(now))
        return CommentWork(
            to_agree=await waiting.count(), to_answer=len(moments) if answers else 0,
            late=sum(1 for at in moments if working_days(self.workdays, at, now) > rule.answer_working_days)
            if answers else 0,
            unknown=await CommentReply.filter(state=State.UNKNOWN).count() if answers else 0,
        )  # fmt: skip


def _proposal(entry: Entry, question: str, discussion: Discussion) -> Proposal | None:
    body = entry.body.strip()
    whole = bool(body) and discussion.length(body) <= discussion.longest
    said = body
    if not whole:
        passage = quote(entry.body, question, limit=min(LIMIT, discussion.longest - LEFT_FREE)) if body else None
        said = passage.text if passage is not None else ""
    if not said:
        return None
    source = entry.source or entry.document_number or entry.unit
    return Proposal(entry_id=entry.id, title=entry.title, body=said, source=source, whole=whole)


async def _last_post(channel: str) -> datetime | None:
    """When this house last published on a channel. The newest number is the newest post, near enough, and has an index."""
    row = (
        await Delivery.filter(channel=channel, published_at__isnull=False)
        .order_by("-id")
        .only("id", "published_at")
        .first()
    )
    return row.published_at if row is not None else None


def _day(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()


async def titles_of(ids: set[int]) -> dict[int, str]:
    """Titles of disclosures."""
    return dict(await Disclosure.filter(id__in=sorted(ids)).values_list("id", "title")) if ids else {}

"""今天要办: what one person has to do now, read from the tables."""

from dataclasses import dataclass
from datetime import datetime

from console.doubts import Doubt, doubts
from console.knowledge_work import KnowledgeWork, knowledge_work
from console.results import ChannelResult, results_of
from console.rumour_lines import RumourWork, rumour_work
from disclosures.desk import Desk
from disclosures.member import WRITE
from disclosures.records import Disclosure
from disclosures.review import Turn
from disclosures.sheet import Line
from disclosures.states import State as DisclosureState
from knowledge.records import UnansweredQuestion
from publishers.records import Delivery, Release
from publishers.slot import SHANGHAI
from publishers.states import State
from staff.person import Person
from staff.roles import Verb

MOST = 50
"""Lines of one list; whoever has more to do sees the oldest work when the newest is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A delivery that a person must look at."""

    release_id: int
    disclosure_id: int
    title: str
    result: ChannelResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A release that has not begun."""

    release: Release
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The lists of the first page; a list that is not this person's business is empty."""

    to_confirm: tuple[Doubt, ...]
    """What another person proposed about an unknown outcome."""
    troubles: tuple[Trouble, ...]
    to_review: tuple[Line, ...]
    to_schedule: tuple[Line, ...]
    drafts: tuple[Line, ...]
    planned: tuple[Plan, ...]
    questions: int
    rumours: RumourWork
    knowledge: KnowledgeWork

    @property
    def nothing(self) -> bool:
        return (
            not (
                self.to_confirm or self.troubles or self.to_review or self.to_schedule or self.drafts or self.questions
            )
            and self.rumours.nothing
            and not self.knowledge.total
        )


async def today(desk: Desk, person: Person, *, now: datetime) -> Today:
    """What this person may and should do now."""
    decides = person.may(Verb.DELIVERY_DECIDE)
    to_confirm = tuple(doubt for doubt in await doubts(person) if doubt.mine) if decides else ()
    return Today(
        to_confirm=to_confirm,
        troubles=await _troubles({doubt.row.id for doubt in to_confirm}) if decides else (),
        to_review=await _to_review(desk, person),
        to_schedule=await _to_schedule(desk) if person.may(Verb.RELEASE_SCHEDULE) else (),
        drafts=await _drafts(desk, person) if person.may(WRITE) else (),
        planned=await _planned(),
        questions=await UnansweredQuestion.filter(state="open").count() if person.may(Verb.KNOWLEDGE_WRITE) else 0,
        rumours=await rumour_work(person, now=now),
        knowledge=await knowledge_work(person, today=now.astimezone(SHANGHAI).date()),
    )


async def _drafts(desk: Desk, person: Person) -> tuple[Line, ...]:
    return await desk.lines(states=frozenset({DisclosureState.DRAFT}), author_id=person.account_id, limit=MOST)


async def _to_review(desk: Desk, person: Person) -> tuple[Line, ...]:
    steps = await desk.steps_of(person)
    if not steps:
        return ()
    waiting = await desk.lines(states=frozenset({DisclosureState.SUBMITTED, DisclosureState.IN_REVIEW}), limit=200)
    mine = [line for line in waiting if line.next_step in steps]
    found = [line for line in mine[:MOST] if isinstance(await desk.may_sign(person, line.id), Turn)]
    return tuple(reversed(found))


async def _to_schedule(desk: Desk) -> tuple[Line, ...]:
    """Approved texts for which nothing is planned: those with any standing delivery of this very text are left out."""
    approved = await desk.lines(states=frozenset({DisclosureState.APPROVED}), limit=200)
    hashes = dict(
        await Disclosure.filter(id__in=[line.id for line in approved]).values_list("id", "approved_hash")
        if approved else []
    )  # fmt: skip
    standing = {
        (row.disclosure_id, row.content_hash)
        for row in await Delivery.filter(disclosure_id__in=list(hashes)).exclude(state=State.CANCELLED)
        .only("id", "disclosure_id", "content_hash")
    } if hashes else set()  # fmt: skip
    return tuple(line for line in reversed(approved) if (line.id, hashes[line.id]) not in standing)[:MOST]


async def _troubles(without: set[int]) -> tuple[Trouble, ...]:
    states = [State.HELD, State.UNKNOWN, State.FAILED, State.WITHDRAWING]
    found = await Delivery.filter(state__in=states).order_by("-id").limit(MOST)
    rows = [row for row in found if row.id not in without]
    titles = await _titles([row.disclosure_id for row in rows])
    results = await results_of(rows)
    return tuple(
        Trouble(
            release_id=row.release_id, disclosure_id=row.disclosure_id, title=titles.get(row.disclosure_id, ""),
            result=result,
        )
        for row, result in zip(rows, results, strict=True)
    )  # fmt: skip


async def _planned() -> tuple[Plan, ...]:
    pending = (
        await Delivery.filter(state=State.PENDING).order_by("due_at").limit(MOST).values_list("release_id", flat=True)
    )
    releases = await Release.filter(id__in=list(set(pending))).order_by("due_at", "id") if pending else []
    titles = await _titles([release.disclosure_id for release in releases])
    return tuple(Plan(release=release, title=titles.get(release.disclosure_id, "")) for release in releases)


async def _titles(ids: list[int]) -> dict[int, str]:
    return dict(await Disclosure.filter(id__in=ids).values_list("id", "title")) if ids else {}

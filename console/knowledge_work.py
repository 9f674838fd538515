"""What the knowledge base wants of one person today: counts, each with its list behind it."""

from dataclasses import dataclass
from datetime import date

from knowledge.draft import State
from knowledge.due import Why, due
from knowledge.records import KnowledgeDraft, KnowledgeDraftHand, KnowledgeRelease
from staff.person import Person
from staff.roles import Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeWork:
    """``to_confirm``: a rollback or an exception that another person asked for. ``to_review``: drafts that others wrote.
    ``sent_back``: this person's drafts that came back. ``accepted``: drafts for the next release. ``overdue``: entries past
    their review date or their validity."""

    to_confirm: int = 0
    to_review: int = 0
    sent_back: int = 0
    accepted: int = 0
    overdue: int = 0

    @property
    def total(self) -> int:
        return self.to_confirm + self.to_review + self.sent_back + self.accepted + self.overdue


async def knowledge_work(person: Person, *, today: date) -> KnowledgeWork:
    """Nothing of what this person may not do."""
    approves, writes = person.may(Verb.KNOWLEDGE_APPROVE), person.may(Verb.KNOWLEDGE_WRITE)
    if not approves and not writes:
        return KnowledgeWork()
    wrote = await KnowledgeDraftHand.filter(account_id=person.account_id, hand="wrote").values_list(
        "draft_id", flat=True
    )
    waiting = await KnowledgeDraft.filter(state=State.submitted).values_list("id", flat=True) if approves else []
    asked = KnowledgeRelease.filter(open_key__isnull=False, asked_by_id__isnull=False)
    back = KnowledgeDraft.filter(state=State.draft, author_id=person.account_id).exclude(remark="")
    counts = (await due(today, limit=1))[1] if writes else {}
    return KnowledgeWork(
        to_confirm=await asked.exclude(asked_by_id=person.account_id).count() if approves else 0,
        to_review=len(set(waiting) - set(wrote)),
        sent_back=await back.count() if writes else 0,
        accepted=await KnowledgeDraft.filter(state=State.accepted).count() if writes else 0,
        overdue=counts.get(Why.overdue, 0) + counts.get(Why.expired, 0),
    )

"""What a handler does with a case beyond the desk's own verbs: quoting the base in a reply, and teaching the base from one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from casework.case import Case, Line, Side
from casework.desk import CaseDesk
from casework.errors import FieldWrong
from console.case_answers import Proposal, plain, propose, quotes
from console.case_services import CaseServices
from console.door import Visit
from console.screen import SHANGHAI
from disclosures.personal import find, mask
from disclosures.records import Unit
from knowledge.columns import made_id
from knowledge.curating import Curating
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from knowledge.errors import KnowledgeError
from staff.person import Person
from staff.records import Account
from staff.roles import Verb

LONGEST_TYPED: Final = 5000
LONGEST_ASKED: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyTyped:
    """What stands in the box for the reply, and which entry's words were put into it."""

    text: str = ""
    entry: str = ""
    quote: str = ""
    asked: str = ""

    @classmethod
    def of(cls, visit: Visit) -> "ReplyTyped":
        return cls(
            text=plain(visit.text("text"))[:LONGEST_TYPED], entry=visit.text("entry")[:191],
            quote=plain(visit.text("quote"))[:LONGEST_TYPED], asked=visit.text("asked").strip()[:LONGEST_ASKED],
        )  # fmt: skip


class CaseActs:
    def __init__(
        self, *, services: CaseServices, curation: Curation, curating: Curating, clock: Clock, trail: Trail
    ) -> None:
        self._services = services
        self._curation = curation
        self._curating = curating
        self._clock = clock
        self._trail = trail

    @property
    def _desk(self) -> CaseDesk:
        return self._services.desk

    async def read(self, person: Person, case: Case) -> None:
        """His handler has seen what the citizen wrote."""
        if case.handler_id == person.account_id and case.unread:
            await self._desk.seen(case.number, by=person)

    # -- the reply -------------------------------------------------------------------------------------------------

    async def proposals(self, case: Case, asked: str) -> tuple[Proposal, ...]:
        """Approved words of the base that may answer a question."""
        if len(asked) < 2:
            return ()
        today = (await self._clock.now()).astimezone(SHANGHAI).date()
        finding = self._services.ask.ask(asked, top=10, today=today)
        return propose(finding.hits, asked, room=self._services.room(case.channel), today=today)

    async def inserted(self, case: Case, typed: ReplyTyped, entry_id: str) -> ReplyTyped:
        """What is typed, with the chosen entry's words below it."""
        chosen = next((one for one in await self.proposals(case, typed.asked) if one.entry_id == entry_id), None)
        if chosen is None:
            return typed
        text = f"{typed.text}\n{chosen.text}" if typed.text else chosen.text
        return replace(typed, text=text, entry=chosen.entry_id, quote=chosen.text)

    async def reply(self, person: Person, case: Case, typed: ReplyTyped, *, final: bool) -> bool:
        """Sends the reply; whether it quotes an entry word for word. Raises as ``CaseDesk.reply``."""
        room = self._services.room(case.channel)
        if not room.fits(typed.text):
            raise FieldWrong("text", f"回复最多 {room.limit} 字，现在 {len(typed.text)} 字，请精简或分两次回复。")
        today = (await self._clock.now()).astimezone(SHANGHAI).date()
        entry = await self._curation.entry(typed.entry, today=today) if typed.entry else None
        quoting = quotes(typed.text, typed.quote, entry)
        await self._desk.reply(case.number, typed.text, by=person, final=final, entry_id=typed.entry if quoting else "")
        return quoting

    # -- who, and which unit ---------------------------------------------------------------------------------------

    async def assign(self, person: Person, number: str, account_id: int) -> None:
        """Raises FieldWrong for nobody, else as ``CaseDesk.assign``."""
        account = await Account.get_or_none(id=account_id, disabled_at=None)
        to = Person.of(account) if account is not None else None
        if to is None or not to.may(Verb.CASE_HANDLE):
            raise FieldWrong("handler", "请选择一位承办员。")
        await self._desk.assign(number, to=to, by=person)

    async def set_unit(self, person: Person, number: str, unit: str) -> None:
        """Raises FieldWrong for a unit that does not exist, else as ``CaseDesk.set_unit``."""
        if not await Unit.filter(name=unit, active=True).exists():
            raise FieldWrong("unit", "请从列表中选择单位。")
        await self._desk.set_unit(number, unit, by=person)

    # -- teaching the base -----------------------------------------------------------------------------------------

    async def last_answer(self, lines: Sequence[Line]) -> str:
        """The handler's last words, as the beginning of an entry."""
        said = [line.text for line in lines if line.side is Side.HANDLER and line.what == "words"]
        return said[-1] if said else ""

    async def teach(self, person: Person, case: Case, *, question: str, answer: str) -> int:
        """The number of the draft; 0 where the question was handed to the curators, by whoever may not write the base.
        Raises FieldWrong."""
        question = " ".join(question.split())
        if not 2 <= len(question) <= LONGEST_ASKED:
            raise FieldWrong("question", f"请写明问题，{LONGEST_ASKED} 字以内。")
        if find(question) or find(answer):
            raise FieldWrong("question", "其中有个人信息，请删去后再提交。")
        if not person.may(Verb.KNOWLEDGE_WRITE):
            await self._hand_over(person, case, question)
            return 0
        answer = plain(answer)
        if not answer:
            raise FieldWrong("answer", "请写明答复。")
        entry = Entry(
            id=made_id(question, answer), kind=EntryKind.faq, title=question, body=answer, unit=case.unit,
            source=case.unit,
        )  # fmt: skip
        try:
            sheet = await self._curating.drafts.create(person, entry, note=f"由诉求 {case.number} 的答复写成")
        except KnowledgeError as error:
            raise FieldWrong("question", str(error)) from error
        async with in_transaction() as connection:
            await self._trail.append(
                connection, at=await self._clock.now(), actor=person.actor, verb="case.taught",
                subject=f"case:{case.number}", number=case.number, draft=sheet.row.id,
            )  # fmt: skip
        return sheet.row.id

    async def _hand_over(self, person: Person, case: Case, question: str) -> None:
        now = await self._clock.now()
        async with in_transaction() as connection:
            # Nobody in particular asked this: it is the house's question now, so no asker is kept with it.
            kept = await self._curation.keep_unanswered(
                text=question, masked=mask(question), channel=case.channel, asker_hash="", asked_at=now,
                decision="none", reason=f"case:{case.number}", using_db=connection,
            )  # fmt: skip
            await self._trail.append(
                connection,
                at=now,
                actor=person.actor,
                verb="case.taught",
                subject=f"case:{case.number}",
                number=case.number,
                question=kept,
            )

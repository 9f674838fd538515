"""One case for its page: the conversation with what is approved in it, the promises, and which acts are offered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from casework.case import (
    CHOSEN_OUTCOMES,
    DELIVERY_NAMES,
    OUTCOMES,
    REASONS,
    Act,
    Case,
    Line,
    Side,
    State,
    may_follow,
)
from console.case_answers import Part, parts
from console.case_services import CHANNEL_NAMES, CaseServices
from console.case_view import LAMP_NAMES, lights, reach_words
from disclosures.records import Unit
from knowledge.entry import Entry
from knowledge.records import KnowledgeEntry
from knowledge.rows import from_row
from staff.person import Person
from staff.records import Account
from staff.roles import Role, Verb, may

SIDE_NAMES: Final[Mapping[str, str]] = {
    Side.CITIZEN: "群众", Side.BOT: "机器人", Side.HANDLER: "承办员", Side.NOTE: "内部备注",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An entry that is named in a conversation."""

    row: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What was said, with the approved words of the handlers' replies told from their own."""

    lines: Sequence[Line]
    pieces: Mapping[int, tuple[Part, ...]]
    entries: Mapping[str, Known]

    @property
    def last(self) -> int:
        return self.lines[-1].id if self.lines else 0

    def new_from(self, read_to: int) -> int:
        """The first line of the citizen after what was read; 0 when there is none, or nothing was read before."""
        new = [line.id for line in self.lines if line.id > read_to and line.side is Side.CITIZEN]
        return new[0] if read_to and new else 0

    def shown(self) -> dict[str, Any]:
        return {
            "lines": self.lines, "pieces": self.pieces, "entries": self.entries, "side_names": SIDE_NAMES,
            "delivery_names": DELIVERY_NAMES,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """Somebody to whom a case can be given."""

    account_id: int
    label: str
    unit: str


class CaseSheets:
    def __init__(self, *, services: CaseServices) -> None:
        self._services = services

    async def talk(self, case: Case, *, whole_for: Person | None = None) -> Talk:
        """Masked; with ``whole_for`` the whole words, and the look is audited."""
        desk = self._services.desk
        lines = (
            await desk.whole(case.number, by=whole_for) if whole_for is not None else await desk.transcript(case.number)
        )
        ids = sorted({line.entry_id for line in lines if line.entry_id})
        rows = await KnowledgeEntry.filter(entry_id__in=ids) if ids else []
        entries: dict[str, Entry] = {row.entry_id: from_row(row) for row in rows}
        return Talk(
            lines=lines,
            pieces={
                line.id: parts(line.text, entries.get(line.entry_id)) for line in lines if line.side is Side.HANDLER
            },
            entries={row.entry_id: Known(row=row.id, title=row.title or row.entry_id) for row in rows},
        )

    async def values(self, case: Case, talk: Talk, person: Person, *, now: datetime) -> dict[str, Any]:
        """Everything else that stands on the page."""
        services = self._services
        handles, assigns = person.may(Verb.CASE_HANDLE), person.may(Verb.CASE_ASSIGN)
        mine = case.handler_id == person.account_id
        replies = mine and handles and may_follow(Act.ASK_BACK, case.state)
        return {
            "case": case, "mine": mine, "handles": handles, "assigns": assigns, "replies": replies,
            "offers": _offers(case, mine=mine, handles=handles, assigns=assigns),
            "writes_knowledge": person.may(Verb.KNOWLEDGE_WRITE), "promises": lights(case, services, now=now),
            "lamp_names": LAMP_NAMES, "rules": services.desk.rules, "reasons": REASONS, "channel_names": CHANNEL_NAMES,
            "deadline": services.desk.counted(case),
            "unit": await Unit.get_or_none(name=case.unit), "handlers": await handlers(),
            "units": await Unit.filter(active=True).order_by("sort", "name").values_list("name", flat=True),
            "outcomes": {name: OUTCOMES[name] for name in CHOSEN_OUTCOMES}, "room": services.room(case.channel),
            "reach": await reach_words(case, services, now=now) if replies else "",
            "may_unmask": person.may(Verb.PERSONAL_READ) and any(line.masked for line in talk.lines), **talk.shown(),
        }  # fmt: skip


def _offers(case: Case, *, mine: bool, handles: bool, assigns: bool) -> dict[str, bool]:
    """Which acts the page shows; the desk asks again."""
    return {
        "assign": may_follow(Act.ASSIGN, case.state) and (assigns or mine),
        "unit": may_follow(Act.SET_UNIT, case.state) and (mine or assigns),
        "note": handles or assigns,
        "close": may_follow(Act.CLOSE, case.state) and (mine or assigns),
        "reopen": may_follow(Act.REOPEN, case.state)
        and bool(case.sender)
        and (mine or assigns or case.handler_id is None),
        "teach": handles and bool(case.sender) and case.state in {State.ANSWERED, State.CLOSED},
    }


async def handlers() -> list[Handler]:
    """Everybody who may handle cases, by unit and name."""
    rows = await Account.filter(disabled_at=None).order_by("unit", "display_name")
    return [
        Handler(account_id=row.id, label=row.display_name, unit=row.unit)
        for row in rows
        if may([Role(role) for role in row.roles], Verb.CASE_HANDLE)
    ]

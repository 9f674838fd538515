"""What a citizen does to his case, and what is kept of him. Everything joins the transaction of the reply that he reads."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import F

from audit.actor import Actor, ActorKind
from audit.trail import Trail
from casework.case import REASONS, SCORES, Act, Case, Heard, Opening, Side, State, follows
from casework.errors import CaseRefused, FieldWrong
from casework.numbering import number_of
from casework.promise import Rules, promised, shipped
from casework.records import CaseMessage, CaseNumber, CitizenCase
from casework.rows import case_of, changed
from casework.sealing import Seal
from disclosures.personal import mask as cover
from disclosures.workdays import WorkingDays

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
CITIZEN: Final = Actor(kind=ActorKind.CITIZEN, name="群众")
SUBJECT: Final = 200
LONGEST: Final = 4000
"""Characters of one message; the bot reads no more either."""
TRIES: Final = 50
"""Attempts to get a number while others take theirs."""


class Intake:
    """``key``: the installation's secret. ``mask`` covers personal data before a text is stored in the clear."""

    def __init__(
        self, *, trail: Trail, working_days: WorkingDays, key: str, mask: Callable[[str], str] = cover,
        rules: Rules | None = None,
    ) -> None:  # fmt: skip
        self._trail = trail
        self._working_days = working_days
        self._seal = Seal(key=key)
        self._mask = mask
        self.rules = rules or shipped()

    def code(self, number: str) -> str:
        """The 查询码 that goes with a number on the portal."""
        return self._seal.code(number)

    async def reserve(self, *, channel: str, sender: str, offered_at: datetime, now: datetime) -> str:
        """The number for a case that was offered to somebody at a moment; always the same one for the same offer."""
        mark, day = self._seal.mark("number", channel, sender, offered_at.isoformat()), now.astimezone(SHANGHAI).date()
        for _ in range(TRIES):
            own = await CaseNumber.filter(mark=mark).first()
            if own is not None:
                return number_of(own.day, own.place)
            last = await CaseNumber.filter(day=day).order_by("-place").first()
            wanted = CaseNumber(mark=mark, day=day, place=last.place + 1 if last else 1)
            await CaseNumber.bulk_create([wanted], ignore_conflicts=True)
        raise CaseRefused("现在登记的人太多，没有取到编号。", "请稍后再试。")

    async def open(self, connection: BaseDBAsyncClient, opening: Opening) -> None:
        """Opens a case with what was said before it. Opened twice under one number, it is opened once."""
        if await CitizenCase.filter(number=opening.number).using_db(connection).exists():
            return
        promise = promised(self.rules, opening.kind, opening.opened_at, self._working_days)
        row = await CitizenCase.create(
            using_db=connection, number=opening.number, kind=opening.kind, channel=opening.channel, sender=opening.sender,
            subject=_one_line(self._mask(opening.question))[:SUBJECT], unit=opening.unit[:128], state=State.WAITING,
            asked_at=opening.asked_at, opened_at=opening.opened_at, promised_at=opening.opened_at, reply_due=promise.reply_due,
            answer_due=promise.answer_due, provisional=promise.provisional,
        )  # fmt: skip
        said = [
            CaseMessage(
                case_id=row.id, side=one.side, at=one.at, text=one.text, entry_id=one.entry_id, channel=opening.channel
            )
            for one in opening.transcript
        ]
        await CaseMessage.bulk_create(said, using_db=connection)
        await self._note(connection, "case.opened", case_of(row), opening.opened_at, unit=row.unit)

    async def hear(self, connection: BaseDBAsyncClient, words: Sequence[Heard]) -> None:
        """Keeps further words. They are kept in whatever state the case is by now: no word is lost."""
        for heard in sorted(
            words, key=lambda each: each.case_id
        ):  # Always in one order: two nodes never wait for each other.
            row = await CitizenCase.filter(id=heard.case_id).using_db(connection).select_for_update().first()
            if row is None:
                continue
            case = case_of(row)
            if heard.text:
                await self._say(connection, case, heard)
            after: dict[str, object] = {"state": follows(Act.HEAR if heard.asks else Act.THANK, case.state)}
            if heard.text and heard.asks:
                after["unread"] = case.unread + 1
            if heard.text and heard.asks and not case.subject:
                after["subject"] = _one_line(self._mask(heard.text))[:SUBJECT]
            if heard.acknowledged:
                after["acknowledged"] = True
            if heard.bot_speaks is not None:
                after["bot_speaks"] = heard.bot_speaks
            await changed(connection, case, **after)

    async def reopen(self, connection: BaseDBAsyncClient, case_id: int, *, text: str, now: datetime) -> None:
        """He says that it is not settled. A case that is open again already stays so."""
        row = await CitizenCase.filter(id=case_id).using_db(connection).select_for_update().first()
        if row is None:
            return
        case = case_of(row)
        await self._say(connection, case, Heard(case_id=case_id, text=text, at=now))
        if case.active:
            await changed(connection, case, unread=case.unread + 1)
            return
        promise = promised(self.rules, case.kind, now, self._working_days)
        await changed(
            connection, case, state=follows(Act.REOPEN, case.state, handled=case.handler_id is not None),
            unread=case.unread + 1, times_reopened=case.times_reopened + 1, closed_at=None, answered_at=None,
            replied_at=None, outcome="", rating_asked_at=None, acknowledged=True, bot_speaks=False,
            promised_at=now, reply_due=promise.reply_due, answer_due=promise.answer_due, provisional=promise.provisional,
        )  # fmt: skip
        await self._note(connection, "case.reopened", case, now)

    async def rate(
        self, connection: BaseDBAsyncClient, case_id: int, *, now: datetime, score: int | None = None, reason: str = ""
    ) -> None:
        """His satisfaction, and why he is not satisfied. The last word counts. Raises FieldWrong for what is neither."""
        if score is not None and score not in SCORES:
            raise FieldWrong("score", "请选择满意、基本满意或不满意。")
        if reason and reason not in REASONS:
            raise FieldWrong("reason", "请选择列出的一项原因。")
        values: dict[str, object] = {"rated_at": now}
        if score is not None:
            values |= {"score": score, "score_reason": ""}
        if reason:
            values["score_reason"] = reason
        closed = CitizenCase.filter(id=case_id, state=State.CLOSED).using_db(connection)
        if await closed.update(version=F("version") + 1, **values):
            row = await CitizenCase.get(id=case_id, using_db=connection)
            said = SCORES.get(row.score or 0, "")
            await self._note(connection, "case.rated", case_of(row), now, score=said, reason=REASONS.get(reason, ""))

    async def forget(self, connection: BaseDBAsyncClient, *, channel: str, sender: str, now: datetime) -> None:
        """Deletes what is personal in a person's cases: his words, ours to him, the notes about him. Number, kind, unit and
        times stay; what was still open is closed."""
        for row in await CitizenCase.filter(channel=channel, sender=sender).using_db(connection):
            await CaseMessage.filter(case_id=row.id).using_db(connection).delete()
            values: dict[str, object] = {"sender": "", "subject": "", "unread": 0}
            if row.state != State.CLOSED:
                values |= {"state": State.CLOSED, "outcome": "left", "closed_at": now}
            his = CitizenCase.filter(id=row.id).using_db(connection)
            await his.update(version=F("version") + 1, **values)
            await self._note(connection, "case.forgotten", case_of(row), now)

    async def _say(self, connection: BaseDBAsyncClient, case: Case, heard: Heard) -> None:
        text = heard.text[:LONGEST]
        masked = self._mask(text)
        await CaseMessage.create(
            using_db=connection, case_id=case.id, side=Side.CITIZEN, at=heard.at, text=masked,
            sealed=self._seal.close(text) if masked != text else None, channel=case.channel,
        )  # fmt: skip

    async def _note(
        self, connection: BaseDBAsyncClient, verb: str, case: Case, now: datetime, **detail: object
    ) -> None:
        told = {name: value for name, value in detail.items() if value}
        await self._trail.append(
            connection, at=now, actor=CITIZEN, verb=verb, subject=f"case:{case.number}", number=case.number, **told
        )


def _one_line(text: str) -> str:
    return " ".join(text.split())

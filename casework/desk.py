"""The handlers' desk: every act of a person on a case, each in one transaction with its line in the audit trail."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from casework.case import CHOSEN_OUTCOMES, OUTCOMES, Act, Case, Delivery, Line, Side, State, follows
from casework.errors import CaseRefused, CaseTaken, FieldWrong, NotYours
from casework.promise import Light, Rules, answer_deadline, light, promised, shipped
from casework.records import CaseMessage, CitizenCase
from casework.register import Register
from casework.rows import changed, line_of, locked
from casework.sealing import Seal
from disclosures.personal import mask as cover
from disclosures.workdays import Deadline, WorkingDays
from staff.errors import NotAllowed
from staff.person import Person
from staff.roles import Verb

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
LONGEST_REPLY: Final = 500
"""Characters: with its head and its number a reply must fit into one message of WeChat (2,000 bytes, wechat.md)."""
LONGEST_ON: Final = {"weibo": 200}
"""Characters where one message holds fewer (weibo.md: 299 with head and number)."""
LONGEST_CLOSING_ON: Final = {"weibo": 120}
"""Characters of the words with which a case is closed: the question about satisfaction stands beside them."""
LONGEST_NOTE: Final = 2000
LONGEST_UNIT: Final = 128
MACHINE: Final = Actor.machine("诉求办理")
QUIET_AT_A_TIME: Final = 50


class CaseDesk(Register):
    """What the console and the API do with cases, on top of what they may ask (``Register``).

    Every act names its ``Person`` and raises ``staff.errors.NotAllowed`` without the verb, CaseUnknown, or a CaseRefused that
    says why it cannot be done; then nothing has changed. ``key``: the installation's secret.
    """

    def __init__(
        self, *, clock: Clock, trail: Trail, working_days: WorkingDays, key: str, mask: Callable[[str], str] = cover,
        rules: Rules | None = None,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._trail = trail
        self._working_days = working_days
        self._seal = Seal(key=key)
        self._mask = mask
        self.rules = rules or shipped()

    async def take(self, number: str, *, by: Person) -> None:
        """Takes a case that waits. Raises CaseTaken, with his name, when somebody was faster."""
        by.require(Verb.CASE_HANDLE)
        async with in_transaction() as connection:
            case, now = await locked(connection, number), await self._clock.now()
            if case.handler_id == by.account_id and case.active:
                return  # Twice the same button.
            if case.state in (State.OPEN, State.ANSWERED):
                raise CaseTaken(case.handler_name)
            after = follows(Act.TAKE, case.state)
            await changed(connection, case, state=after, taken_at=now, **_handler(by))
            await self._note(connection, by.actor, "case.taken", case, now)

    async def assign(self, number: str, *, to: Person, by: Person) -> None:
        """Gives a case to somebody: by whoever may assign (CASE_ASSIGN), or by its handler who passes it on. A waiting one
        that a handler gives to himself is taken."""
        async with in_transaction() as connection:
            case, now = await locked(connection, number), await self._clock.now()
            if not (by.may(Verb.CASE_ASSIGN) or (by.may(Verb.CASE_HANDLE) and case.handler_id == by.account_id)):
                raise NotAllowed(Verb.CASE_ASSIGN)
            if not to.may(Verb.CASE_HANDLE):
                raise FieldWrong("handler", f"{to.label}没有承办诉求的权限，请选择一位承办员。")
            if case.handler_id == to.account_id and case.active:
                return
            after = follows(Act.ASSIGN, case.state)
            await changed(connection, case, state=after, taken_at=case.taken_at or now, **_handler(to))
            await self._note(
                connection, by.actor, "case.assigned", case, now, handler=to.label, before=case.handler_name
            )

    async def note(self, number: str, text: str, *, by: Person) -> None:
        """内部备注, for colleagues only. Personal data in it is masked like a citizen's."""
        _require_some(by, Verb.CASE_HANDLE, Verb.CASE_ASSIGN)
        said = _filled("text", text, LONGEST_NOTE, "请写明备注内容。")
        async with in_transaction() as connection:
            case, now = await locked(connection, number), await self._clock.now()
            follows(Act.NOTE, case.state)
            await self._say(connection, case, Side.NOTE, said, now, author=by.label)
            await self._note(connection, by.actor, "case.noted", case, now)

    async def set_unit(self, number: str, unit: str, *, by: Person) -> None:
        """The unit that the case belongs to. Its promise stays: it was given to the citizen."""
        _require_some(by, Verb.CASE_HANDLE, Verb.CASE_ASSIGN)
        said = _filled("unit", unit, LONGEST_UNIT, "请写明承办单位。")
        async with in_transaction() as connection:
            case, now = await locked(connection, number), await self._clock.now()
            follows(Act.SET_UNIT, case.state)
            await changed(connection, case, unit=said)
            await self._note(connection, by.actor, "case.unit", case, now, unit=said, before=case.unit)

    async def reply(self, number: str, text: str, *, by: Person, final: bool = True, entry_id: str = "") -> None:
        """Words to the citizen, by the case's handler; a waiting case is taken with them. ``final``: this is the answer; else
        he is asked something. ``entry_id``: the entry whose approved text it is, word for word (the caller has checked)."""
        by.require(Verb.CASE_HANDLE)
        async with in_transaction() as connection:
            case, now = await locked(connection, number), await self._clock.now()
            said = _filled("text", text, longest_reply(case.channel), "请写明答复内容。")
            case = await self._mine(connection, case, by, now)
            after = follows(Act.REPLY if final else Act.ASK_BACK, case.state)
            await self._say(
                connection, case, Side.HANDLER, said, now, author=by.label, signed=self._signed(case, by),
                entry_id=entry_id[:191], delivery=Delivery.WAITING if case.sender else Delivery.NONE,
            )  # fmt: skip
            await changed(
                connection, case, state=after, replied_at=case.replied_at or now, last_word_at=now, unread=0,
                answered_at=now if final else case.answered_at, bot_speaks=False,
            )  # fmt: skip
            await self._note(connection, by.actor, "case.replied", case, now, final=final, entry=entry_id)

    async def close(self, number: str, *, outcome: str, by: Person, words: str = "") -> None:
        """Ends a case. 已办结 needs that somebody answered; every other outcome needs words that say why to the citizen.
        By its handler, or whoever may assign."""
        if outcome not in CHOSEN_OUTCOMES:
            raise FieldWrong("outcome", "请选择办理结果。")
        words = words.strip()
        async with in_transaction() as connection:
            case, now = await locked(connection, number), await self._clock.now()
            if not by.may(Verb.CASE_ASSIGN):
                by.require(Verb.CASE_HANDLE)
                if case.handler_id != by.account_id:
                    raise NotYours(case.handler_name)
            follows(Act.CLOSE, case.state)
            longest = longest_closing(case.channel)
            if len(words) > longest:
                raise FieldWrong("text", f"说明最多 {longest} 字，现在 {len(words)} 字，请精简。")
            if outcome == "done" and case.last_word_at is None:
                raise CaseRefused(
                    "还没有答复过群众，不能办结。", "请先答复；重复的、不属于本区的，请选择相应的结果并说明。"
                )
            if outcome != "done" and not words:
                raise FieldWrong("text", "请向群众说明为什么这样处理。")
            await self._end(connection, case, outcome, words, now, by=by)
            await self._note(connection, by.actor, "case.closed", case, now, outcome=OUTCOMES[outcome])

    async def reopen(self, number: str, *, by: Person) -> None:
        """Opens a closed case again, with a new promise."""
        _require_some(by, Verb.CASE_HANDLE, Verb.CASE_ASSIGN)
        async with in_transaction() as connection:
            case, now = await locked(connection, number), await self._clock.now()
            after = follows(Act.REOPEN, case.state, handled=case.handler_id is not None)
            if not case.sender:
                raise CaseRefused("本人已取消关注，内容已删除，不能重新打开。")
            promise = promised(self.rules, case.kind, now, self._working_days)
            await changed(
                connection, case, state=after, closed_at=None, answered_at=None, outcome="", rating_asked_at=None,
                times_reopened=case.times_reopened + 1, replied_at=None, promised_at=now, reply_due=promise.reply_due,
                answer_due=promise.answer_due, provisional=promise.provisional,
            )  # fmt: skip
            # What asks for his satisfaction must not reach him any more.
            closing = CaseMessage.filter(case_id=case.id, what="closing", delivery=Delivery.WAITING)
            await closing.using_db(connection).update(delivery=Delivery.NONE)
            await self._note(connection, by.actor, "case.reopened", case, now)

    async def seen(self, number: str, *, by: Person) -> None:
        """The handler of a case has its latest words on his screen. For anybody else nothing changes."""
        if by.may(Verb.CASE_HANDLE):
            await CitizenCase.filter(number=number, handler_id=by.account_id).update(unread=0)

    async def whole(self, number: str, *, by: Person) -> tuple[Line, ...]:
        """The transcript with its masked words whole. Needs PERSONAL_READ, and each look is in the trail."""
        by.require(Verb.CASE_READ)
        by.require(Verb.PERSONAL_READ)
        async with in_transaction() as connection:
            case, now = await locked(connection, number), await self._clock.now()
            rows = await CaseMessage.filter(case_id=case.id).using_db(connection).order_by("at", "id")
            await self._note(connection, by.actor, "case.looked_whole", case, now)
        return tuple(line_of(row, self._seal) for row in rows)

    async def close_quiet(self) -> int:
        """Closes what was answered and had no word since for some working days; how many. To be called by one node."""
        now, closed = await self._clock.now(), 0
        since = now - timedelta(days=self.rules.quiet_days)
        rows = CitizenCase.filter(state=State.ANSWERED, last_word_at__lte=since).order_by("id")
        for row in await rows.limit(QUIET_AT_A_TIME):
            if row.last_word_at and self._quiet_for(row.last_word_at, now) >= self.rules.quiet_days:
                closed += await self._close_quiet(row.number, now)
        return closed

    def reply_light(self, case: Case, now: datetime) -> Light:
        """How the promise of a first word stands; a case that was closed without one counts as done then."""
        return light(
            self.rules, since=case.promised_at, due=case.reply_due, done_at=case.replied_at or case.closed_at, now=now,
            calendar=self._working_days,
        )  # fmt: skip

    def answer_light(self, case: Case, now: datetime) -> Light:
        """How the promise of an answer stands."""
        return light(
            self.rules, since=case.promised_at, due=case.answer_due, done_at=case.answered_at or case.closed_at, now=now,
            calendar=self._working_days,
        )  # fmt: skip

    def counted(self, case: Case) -> Deadline:
        """The working days until the answer, day by day (``Deadline.explanation``)."""
        return answer_deadline(self.rules, case.kind, case.promised_at, self._working_days)

    def code(self, number: str) -> str:
        """The 查询码 that goes with a number on the portal."""
        return self._seal.code(number)

    async def _mine(self, connection: BaseDBAsyncClient, case: Case, by: Person, now: datetime) -> Case:
        """The case in the hands of its handler; a waiting one is taken."""
        if case.state is State.WAITING:
            await changed(connection, case, state=State.OPEN, taken_at=now, **_handler(by))
            await self._note(connection, by.actor, "case.taken", case, now)
            return await locked(connection, case.number)
        if case.active and case.handler_id != by.account_id:
            raise NotYours(case.handler_name)
        return case

    async def _close_quiet(self, number: str, now: datetime) -> int:
        async with in_transaction() as connection:
            case = await locked(connection, number)
            if case.state is not State.ANSWERED:
                return 0
            await self._end(connection, case, "quiet", "", now)
            await self._note(connection, MACHINE, "case.closed", case, now, outcome=OUTCOMES["quiet"])
        return 1

    def _quiet_for(self, since: datetime, now: datetime) -> int:
        """Working days since the last word."""
        start, today = (moment.astimezone(SHANGHAI).date() for moment in (since, now))
        return self._working_days.remaining(start, today)

    async def _end(
        self,
        connection: BaseDBAsyncClient,
        case: Case,
        outcome: str,
        words: str,
        now: datetime,
        by: Person | None = None,
    ) -> None:
        delivery = Delivery.WAITING if case.sender else Delivery.NONE
        await self._say(
            connection, case, Side.HANDLER if words else Side.BOT, words, now, what="closing",
            author=by.label if by else MACHINE.name, signed=self._signed(case, by) if by else case.unit, delivery=delivery,
        )  # fmt: skip
        await changed(
            connection, case, state=State.CLOSED, outcome=outcome, closed_at=now, bot_speaks=False, acknowledged=False,
            last_word_at=now if words else case.last_word_at, unread=0,
        )  # fmt: skip

    def _signed(self, case: Case, by: Person) -> str:
        shown = f"{case.unit}　{by.display_name}" if self.rules.signed_with_name else case.unit
        return shown.strip()[:192]

    async def _say(
        self, connection: BaseDBAsyncClient, case: Case, side: Side, text: str, now: datetime, *, author: str,
        what: str = "words", signed: str = "", entry_id: str = "", delivery: Delivery = Delivery.NONE,
    ) -> None:  # fmt: skip
        masked = self._mask(text)
        await CaseMessage.create(
            using_db=connection, case_id=case.id, side=side, what=what, at=now, text=masked,
            sealed=self._seal.close(text) if masked != text else None, author=author, signed=signed, entry_id=entry_id,
            channel=case.channel, delivery=delivery,
        )  # fmt: skip

    async def _note(
        self, connection: BaseDBAsyncClient, actor: Actor, verb: str, case: Case, now: datetime, **detail: object
    ) -> None:
        told = {name: value for name, value in detail.items() if value not in ("", None)}
        await self._trail.append(
            connection, at=now, actor=actor, verb=verb, subject=f"case:{case.number}", number=case.number, **told
        )


def longest_reply(channel: str) -> int:
    """Characters of a reply on a channel."""
    return LONGEST_ON.get(channel, LONGEST_REPLY)


def longest_closing(channel: str) -> int:
    """Characters of the words with which a case is closed on a channel."""
    return LONGEST_CLOSING_ON.get(channel, LONGEST_REPLY)


def _handler(person: Person) -> dict[str, object]:
    return {
        "handler_id": person.account_id, "handler_name": person.label[:64], "handler_shown": person.display_name[:64],
    }  # fmt: skip


def _require_some(by: Person, *verbs: Verb) -> None:
    if not any(by.may(verb) for verb in verbs):
        raise NotAllowed(verbs[0])


def _filled(field: str, text: str, longest: int, empty: str) -> str:
    said = text.strip()
    if not said:
        raise FieldWrong(field, empty)
    if len(said) > longest:
        raise FieldWrong(field, f"最多 {longest} 字，现在 {len(said)} 字，请精简。")
    return said

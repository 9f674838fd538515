"""Handing over to a person: the offer, the receipt, silence while somebody has the case, and what he answers.

Nothing is opened before the citizen agrees. What is written is left with the turn (``Turn.left``) and joins the transaction of
the stored reply, so that no word is lost and none is kept twice, however often a message is delivered.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from tortoise.backends.base.client import BaseDBAsyncClient

from audit.clock import Clock
from bot import handing_words as say
from bot.appealing import brings_an_appeal, is_appeal
from bot.correcting import mark_of
from bot.decision import PERSON, Step, plain
from bot.gathering import Gathering
from bot.handing_meaning import UNSOLVED, Meaning, Meant, meant, silent
from bot.hours import closed_text, parse_hours, standing_of
from bot.measure import Measure, measure_of
from bot.memory import Memory, Offer
from bot.office import FindOffice, Office
from bot.records import InboundMessage
from bot.turn import Left, Turn
from bot.urgent import urgent_text
from bot.wording import fitted
from casework.case import SCORES, Case, Heard, Kind, Opening, Side, Spoken
from casework.intake import Intake
from casework.outbox import Outbox, Standing
from casework.promise import Rules, promised, shipped
from disclosures.workdays import WorkingDays

OPENED_ON: Final = frozenset({"wechat", "weibo", "web"})
"""Channels on which an answer of a person reaches the citizen."""
TRANSCRIPT: Final = timedelta(minutes=30)
TRANSCRIBED: Final = 30
"""Messages of the transcript at most."""
MEANT: Final = 4
"""Characters from which a text may be the question itself, and not a word that leads on."""
PLACE: Final = "/case"


def rules_of(office: Office) -> Rules:
    """The rules for cases, with the working hours of the office that answers, where they can be read as those of a working day."""
    hours, rules = parse_hours(office.hours), shipped()
    return replace(rules, windows=hours.windows) if hours and hours.weekdays is None else rules


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asker:
    channel: str
    sender: str
    now: datetime


class Handing:
    """``office``: who answers where no unit is named; ``page``: the address at which the portal shows a case."""

    def __init__(
        self, *, intake: Intake, outbox: Outbox, clock: Clock, working_days: WorkingDays, office: Office, find_office: FindOffice,
        measures: Mapping[str, Measure], mask: Callable[[str], str], page: str = PLACE,
    ) -> None:  # fmt: skip
        self._intake = intake
        self._outbox = outbox
        self._clock = clock
        self._working_days = working_days
        self._office = office
        self._find_office = find_office
        self._measures = measures
        self._mask = mask
        self._page = page
        self._standings: Gathering[_Asker, Standing] = Gathering(self._standing_of_all)

    async def standing(self, *, channel: str, sender: str, now: datetime) -> Standing:
        """What somebody has with us; nobody has nothing."""
        if not sender or channel not in OPENED_ON:
            return Standing()
        return await self._standings.one(_Asker(channel=channel, sender=sender, now=now))

    async def first(self, turn: Turn, text: str, memory: Memory, standing: Standing, now: datetime) -> Turn | None:
        """The reply to words that are about his case, or for a person; None: they are the bot's to answer. ``turn`` names
        channel and sender."""
        if urgent_text(text):
            return None
        found = meant(text, memory, standing, now, self._intake.rules)
        if found is None:
            return None
        turn = replace(turn, step=Step.CASE)
        if found.meaning is Meaning.REGISTER and memory.offer is not None:
            return await self._registered(turn, memory, memory.offer, now)
        if found.meaning is Meaning.DECLINE:
            return replace(turn, text=say.NOT_REGISTERED, memory=Memory(at=now))
        if found.meaning is Meaning.PROGRESS:
            return replace(turn, text=await self._progress(turn, found, now))
        case = found.case
        return None if case is None else self._about(turn, found, case, text, now)

    def has_the_word(self, standing: Standing, now: datetime) -> bool:
        """Whether a person has somebody's case, so that the bot is silent."""
        return standing.active is not None and silent(standing.active, now, self._intake.rules)

    def overhears(self, turn: Turn, text: str, standing: Standing, now: datetime) -> Turn:
        """The same turn, whose words are kept for the person who has his case, if somebody has: what is not text, or came too
        fast, or was urgent."""
        case = standing.active
        if case is None or not silent(case, now, self._intake.rules):
            return turn
        heard = Heard(case_id=case.id, text=text, at=now)
        return replace(turn, left=(*turn.left, Left(settle=self._hear_all, value=heard)))

    def kept(self, turn: Turn, text: str, standing: Standing, now: datetime) -> Turn | None:
        """The reply to something that is no text (a picture, a place) while a person has his case; None: nobody has."""
        case = standing.active
        if case is None or not silent(case, now, self._intake.rules):
            return None
        return self._heard(replace(turn, step=Step.HEARD), case, text, now)

    def offers(self, turn: Turn, text: str, before: Memory, now: datetime) -> bool:
        """Whether a person is offered with a turn: where the machine ends, and beside what it says to an appeal, or to somebody
        who was offered a person before he had said what it is about."""
        if turn.step is Step.HAND_OVER:
            return True
        pending = before.offer is not None and not before.offer.question and not before.expired(now)
        return turn.step in (Step.ANSWER, Step.CHOOSE, Step.REPHRASE) and (pending or brings_an_appeal(plain(text)))

    async def offered(
        self, turn: Turn, memory: Memory, *, before: Memory, text: str, standing: Standing
    ) -> tuple[Turn, Memory]:
        """A turn that names a person, with the offer to open a case: only when he says so is anything kept of it. ``memory`` is what
        the turn leaves, ``before`` what stood before it."""
        if not turn.sender or turn.channel not in OPENED_ON:
            return turn, memory
        if standing.active is not None:
            ends = turn.step is Step.HAND_OVER
            return (replace(turn, text=say.still_open_text(standing.active)) if ends else turn), memory
        words, earlier = plain(text), before.offer
        bare = is_appeal(words) or bool(PERSON.fullmatch(words))
        appeal = brings_an_appeal(words) or (earlier is not None and earlier.kind == Kind.APPEAL)
        question, name = "" if bare else self._mask(text), (await self._find_office(text) or self._office).name
        measure = measure_of(self._measures, turn.channel)
        whole_offer = say.offer_text(unit=name, known=bool(question) or not appeal)
        offers = (whole_offer, say.SHORT_OFFER) if turn.step is Step.HAND_OVER else (say.SHORT_OFFER,)
        said = next((whole for each in offers if measure.fits(whole := f"{turn.text}\n{each}")), "")
        if not said:
            return turn, memory
        offer = Offer(question=question, unit=name, kind=Kind.APPEAL if appeal else Kind.HANDOVER)
        return replace(turn, text=said, replies=(*turn.replies, say.WORD)), replace(memory, offer=offer)

    async def before(self, turn: Turn, standing: Standing, memory: Memory, now: datetime) -> Turn:
        """The reply, with what people answered before it. What finds no room waits for his next word; the bot's own answer
        then waits too, to be fetched with “1”."""
        if turn.step is Step.URGENT or not standing.untold:
            return turn
        measure = measure_of(self._measures, turn.channel)
        _, ids = _told(standing, measure)
        ids = await self._outbox.say(ids, now=now)
        if not ids:
            return turn
        told, _ = _told(standing, measure, most=len(ids))
        turn = replace(turn, left=(*turn.left, Left(settle=self._tell_all, value=ids)))
        if any(line.what == "closing" and line.id in ids for _, line in standing.untold):
            turn = replace(turn, replies=(*turn.replies, *SCORES.values()))
        together = f"{told}\n\n{turn.text}" if turn.text else told
        if measure.fits(together):
            return replace(turn, text=together)
        told, _ = _told(standing, measure, most=len(ids), numbered=False)  # Here “1” fetches the bot's answer.
        waits = say.waiting_text(told)
        if not measure.fits(waits):
            waits = told
        return replace(turn, text=waits, memory=replace(
                turn.memory or memory, at=now, late=turn.text, late_at=now,
                late_entry=turn.entry.id if turn.entry else "", late_mark=mark_of(turn.entry),
            ),
        )  # fmt: skip

    async def forget(self, connection: BaseDBAsyncClient, *, channel: str, sender: str) -> None:
        """Deletes what is personal in his cases."""
        await self._intake.forget(connection, channel=channel, sender=sender, now=await self._clock.now())

    def _about(self, turn: Turn, found: Meant, case: Case, text: str, now: datetime) -> Turn:
        match found.meaning:
            case Meaning.HEAR:
                return self._heard(replace(turn, step=Step.HEARD), case, text, now)
            case Meaning.THANK:
                heard = Heard(case_id=case.id, text=text, at=now, asks=False)
                return self._left(replace(turn, step=Step.HEARD, text=self._page_needs(turn)), heard)
            case Meaning.BACK:
                speaks = Heard(case_id=case.id, text="", at=now, asks=False, bot_speaks=True)
                return self._left(replace(turn, text=say.back_text(case)), speaks)
            case Meaning.MESSAGE:
                words = text if UNSOLVED.fullmatch(plain(text)) else ""
                listens = Heard(case_id=case.id, text=words, at=now, bot_speaks=False, acknowledged=True)
                return self._left(replace(turn, text=say.message_text(case)), listens)
            case Meaning.UNDER_WAY:
                return replace(turn, text=say.under_way_text(case, now))
            case Meaning.RATE:
                rating = (case.id, found.score, "", now)
                left = Left(settle=self._rate_all, value=rating)
                return replace(turn, text=say.rated_text(found.score), left=(left,))
            case Meaning.REASON:
                left = Left(settle=self._rate_all, value=(case.id, None, found.reason, now))
                return replace(turn, text=say.reason_text(), left=(left,))
            case _:
                return self._reopened(turn, case, text, now)

    def _heard(self, turn: Turn, case: Case, text: str, now: datetime) -> Turn:
        said = self._page_needs(turn) if case.acknowledged else say.acknowledged_text(case)
        return self._left(replace(turn, text=said), Heard(case_id=case.id, text=text, at=now, acknowledged=True))

    def _page_needs(self, turn: Turn) -> str:
        """A page that asks gets a word; a platform gets its empty success."""
        return say.PASSED_ON if turn.channel == "web" else ""

    def _left(self, turn: Turn, heard: Heard) -> Turn:
        return replace(turn, left=(*turn.left, Left(settle=self._hear_all, value=heard)))

    def _reopened(self, turn: Turn, case: Case, text: str, now: datetime) -> Turn:
        if case.closed_at is None or now - case.closed_at > self._intake.rules.reopen_within:
            return replace(turn, text=say.too_late_to_reopen_text(case))
        promise = promised(self._intake.rules, case.kind, now, self._working_days)
        left = Left(settle=self._reopen_all, value=(case.id, text, now))
        return replace(turn, text=say.reopened_text(case, promise=promise, now=now), left=(left,))

    async def _progress(self, turn: Turn, found: Meant, now: datetime) -> str:
        case = found.case
        if found.number and (case is None or case.number != found.number):
            case = await self._outbox.his(channel=turn.channel, sender=turn.sender, number=found.number)
        if case is None:
            return say.UNKNOWN_NUMBER.format(number=found.number)
        return say.progress_text(case, now)

    async def _registered(self, turn: Turn, memory: Memory, offer: Offer, now: datetime) -> Turn:
        channel, sender, rules = turn.channel, turn.sender, self._intake.rules
        offered_at = memory.at or now
        number = await self._intake.reserve(channel=channel, sender=sender, offered_at=offered_at, now=now)
        transcript = await _transcript(channel, sender, now)
        question, asked_at = offer.question, offered_at
        if not question:
            asked = [one for one in transcript if one.side is Side.CITIZEN and _asks(one.text)]
            question, asked_at = (asked[-1].text, asked[-1].at) if asked else ("", offered_at)
        if question and not any(one.side is Side.CITIZEN and one.text == question for one in transcript):
            transcript = (*transcript, Spoken(side=Side.CITIZEN, at=asked_at, text=question))
        opening = Opening(
            number=number, kind=Kind(offer.kind), channel=channel, sender=sender, question=question, unit=offer.unit,
            asked_at=asked_at, opened_at=now, transcript=transcript,
        )  # fmt: skip
        promise, found = (
            promised(rules, opening.kind, now, self._working_days),
            standing_of(self._office, now, self._working_days),
        )
        web = channel == "web"
        said = say.receipt_text(
            number, unit=offer.unit, promise=promise, now=now, closed=closed_text(found, now) if found else "",
            known=bool(question), code=self._intake.code(number) if web else "", page=self._page if web else "",
        )  # fmt: skip
        left = Left(settle=self._open_all, value=opening)
        return replace(turn, step=Step.REGISTERED, text=said, left=(left,), memory=Memory(at=now))

    async def _standing_of_all(self, askers: Sequence[_Asker]) -> Sequence[Standing]:
        people = [(asker.channel, asker.sender) for asker in askers]
        return await self._outbox.standing(people, now=max(asker.now for asker in askers))

    async def _open_all(self, connection: BaseDBAsyncClient, openings: Sequence[Any]) -> None:
        for opening in openings:
            await self._intake.open(connection, opening)

    async def _hear_all(self, connection: BaseDBAsyncClient, words: Sequence[Any]) -> None:
        await self._intake.hear(connection, words)

    async def _rate_all(self, connection: BaseDBAsyncClient, ratings: Sequence[Any]) -> None:
        for case_id, score, reason, now in ratings:
            await self._intake.rate(connection, case_id, now=now, score=score, reason=reason)

    async def _reopen_all(self, connection: BaseDBAsyncClient, words: Sequence[Any]) -> None:
        for case_id, text, now in words:
            await self._intake.reopen(connection, case_id, text=text, now=now)

    async def _tell_all(self, connection: BaseDBAsyncClient, told: Sequence[Any]) -> None:
        ids = [message_id for each in told for message_id in each]
        await self._outbox.told(connection, ids, now=await self._clock.now())


def _told(
    standing: Standing, measure: Measure, *, most: int | None = None, numbered: bool = True
) -> tuple[str, tuple[int, ...]]:
    """What people answered, as far as one message holds it, and the numbers of the lines."""
    told, ids = "", list[int]()
    for case, line in standing.untold[:most]:
        said = say.reply_text(case, line, numbered=numbered)
        whole = f"{told}\n\n{said}" if told else fitted(said, measure)
        if not measure.fits(whole):
            break
        told, ids = whole, [*ids, line.id]
    return told, tuple(ids)


async def _transcript(channel: str, sender: str, now: datetime) -> tuple[Spoken, ...]:
    """What was said in the last half hour, as it is stored: masked."""
    recent = InboundMessage.filter(channel=channel, sender=sender, received_at__gte=now - TRANSCRIPT)
    rows = await recent.exclude(answered_at=None).order_by("-id").limit(TRANSCRIBED)
    said = list[Spoken]()
    for row in reversed(rows):
        if row.text:
            said.append(Spoken(side=Side.CITIZEN, at=row.received_at, text=row.text))
        if text := str((row.reply or {}).get("text", "")):
            said.append(Spoken(side=Side.BOT, at=row.received_at, text=text, entry_id=row.entry_id or ""))
    return tuple(said)


def _asks(text: str) -> bool:
    """Whether a text may be the question itself."""
    return len(plain(text)) >= MEANT and not PERSON.fullmatch(plain(text)) and not is_appeal(plain(text))

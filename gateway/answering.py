"""The wiring of the bot: the conversation, its reception, and what goes out from it by itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from audit.clock import Clock
from audit.kept_lines import KeptLines
from audit.trail import Trail
from bot.conversation import Conversation
from bot.correcting import Corrections
from bot.curating import forgetting, keeping, reading
from bot.handing import Handing, rules_of
from bot.inbox import Inbox
from bot.measure import load_measures
from bot.office import Office, Units
from bot.putting_right import PuttingRight
from bot.reaching import Reaching
from bot.reception import KeepEvent, Reception, SendText
from bot.reporting import Reports
from bot.telling import Telling
from bot.waiting import LARGEST_FILE, WaitingMessages
from casework.desk import CaseDesk
from casework.intake import Intake
from casework.lookup import Lookup
from casework.outbox import Outbox
from disclosures.personal import mask
from disclosures.workdays import WorkingDays
from gateway.settings import Settings
from gateway.speaking import EXAMPLES, Speaking
from knowledge.base import KnowledgeBase
from knowledge.curation import Curation
from knowledge.keywords import Keywords
from knowledge.lapsed import Lapsed
from knowledge.reporting import Reporting
from knowledge.rumour_desk import RumourDesk
from scheduler.alarm import Alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """The bot's parts that others meet."""

    reception: Reception
    reporting: Reporting
    speaking: Speaking
    cases: CaseDesk
    lookup: Lookup


def answering(
    settings: Settings, *, clock: Clock, base: KnowledgeBase, curation: Curation, keywords: Keywords,
    working_days: WorkingDays, rumour_desk: RumourDesk, keep_event: KeepEvent, send_text: Mapping[str, SendText],
    alarm: Alarm, used: Callable[[int], None] = lambda _: None,
) -> Answering:  # fmt: skip
    """``send_text``: the channels on which we may write first; ``keep_event``: where a platform's own news goes;
    ``used``: told of each disclosure that gave an answer."""
    office = Office(name=settings.office_name, phone=settings.office_phone, hours=settings.office_hours)
    reporting, entry_of, measures = Reporting(), reading(curation, clock=clock, base=base), load_measures()
    corrections = Corrections(clock=clock)
    reports = Reports(reporting=reporting, mask=mask, key=settings.secret_key)
    rules, units = rules_of(office), Units()
    outbox = Outbox(key=settings.secret_key, rules=rules)
    handing = Handing(
        intake=Intake(trail=Trail(), working_days=working_days, key=settings.secret_key, rules=rules), outbox=outbox, clock=clock,
        working_days=working_days, office=office, find_office=units.find, measures=measures, mask=mask,
        page=f"{settings.public_url}/case",
    )  # fmt: skip
    conversation = Conversation(
        base=base, clock=clock, entry_of=entry_of,
        keep_unanswered=keeping(curation, mask=mask, key=settings.secret_key), mask=mask, measures=measures,
        office=office, find_office=units.find, examples=EXAMPLES, name=settings.site_name, reports=reports,
        lapsed=Lapsed(keywords=keywords).find, working_days=working_days, corrections=corrections,
        used=used, handing=handing,
    )  # fmt: skip
    telling = Telling(reporting=reporting, clock=clock, entry_of=entry_of, send_text=send_text)
    putting_right = PuttingRight(
        corrections=corrections, clock=clock, entry_of=entry_of, measures=measures, send_text=send_text
    )
    reception = Reception(
        inbox=Inbox(clock=clock, mask=mask), conversation=conversation, keep_event=keep_event,
        forget=forgetting(key=settings.secret_key, reports=reports, corrections=corrections, more=[handing.forget]),
        send_text=send_text,
        waiting=WaitingMessages(
            KeptLines(settings.state_folder / "messages.jsonl", largest=LARGEST_FILE), key=settings.secret_key
        ),
    )  # fmt: skip

    cases = CaseDesk(clock=clock, trail=Trail(), working_days=working_days, key=settings.secret_key, rules=rules)
    reaching = Reaching(outbox=outbox, clock=clock, send_text=send_text, measures=measures)

    async def catch_up() -> None:
        await reception.catch_up(now=await clock.now())

    alarm.every(60.0, rumour_desk.follow, name="rumours", on_duty=True)
    alarm.every(60.0, telling.sweep, name="telling", on_duty=True)
    alarm.every(60.0, putting_right.sweep, name="corrections", on_duty=True)
    alarm.every(3.0, reaching.sweep, name="case replies", on_duty=True)
    alarm.every(3600.0, cases.close_quiet, name="quiet cases", on_duty=True)
    alarm.every(2.0, catch_up, name="waiting messages")
    return Answering(
        reception=reception,
        reporting=reporting,
        speaking=Speaking(conversation=conversation),
        cases=cases,
        lookup=Lookup(outbox=outbox, key=settings.secret_key),
    )

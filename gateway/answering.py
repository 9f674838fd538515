"""The wiring of the bot: the conversation, its reception, and what goes out from it by itself."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from audit.clock import Clock
from audit.kept_lines import KeptLines
from audit.trail import Trail
from bot.allowed import OwnMessages
from bot.awaiting import Awaiting
from bot.burst import Bursts
from bot.conversation import Conversation
from bot.correcting import Corrections
from bot.counting import Counting
from bot.curating import forgetting, keeping, reading
from bot.documents import Documents
from bot.feedback import Feedback
from bot.guard import Guard
from bot.handing import Handing, rules_of
from bot.inbox import Inbox
from bot.inputs import Inputs
from bot.listing import Lists
from bot.measure import load_measures
from bot.media import FetchPicture
from bot.menu_desk import MenuDesk
from bot.office import Office, Units
from bot.putting_right import PuttingRight
from bot.reaching import Reaching
from bot.reception import KeepEvent, Reception, SendText
from bot.reporting import Reports
from bot.ruled_talk import RuledTalk
from bot.subscribing import Subscribing
from bot.tapping import TapList
from bot.telling import Telling
from bot.waiting import LARGEST_FILE, WaitingMessages
from bot.web import WebChat
from casework.desk import CaseDesk
from casework.guard_desk import sweep
from casework.intake import Intake
from casework.lookup import Lookup
from casework.media import CitizenPictures
from casework.outbox import Outbox
from disclosures.personal import mask
from disclosures.workdays import WorkingDays
from gateway.inputting import ring_for_pictures
from gateway.settings import Settings, WeChatLists
from gateway.speaking import EXAMPLES, Speaking
from gateway.talking import weekly_report
from knowledge.base import KnowledgeBase
from knowledge.curation import Curation
from knowledge.keywords import Keywords
from knowledge.lapsed import Lapsed
from knowledge.question_notices import QuestionNotices
from knowledge.reporting import Reporting
from knowledge.rumour_desk import RumourDesk
from knowledge.usage import Usage
from scheduler.alarm import Alarm

SendWeChatList = Callable[[str, str, Sequence[tuple[str, str]], str], Awaitable[None]]
"""Sends a list on WeChat: the citizen's id, what stands above it, the items with their ids, what stands below."""


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
    alarm: Alarm, trail: Trail, fetch: Mapping[str, FetchPicture], used: Callable[[int], None] = lambda _: None, send_list: SendWeChatList | None = None,
) -> Answering:  # fmt: skip
    """``send_list``: sends a list to tap on WeChat, where the account may; ``send_text``: the channels on which we may write first; ``keep_event``: where a platform's own news goes;
    ``fetch``: how each platform gives us a citizen's picture;
    ``used``: told of each disclosure that gave an answer."""

    def page_url(disclosure_id: int) -> str:
        return f"{settings.public_url}/d/{disclosure_id}"

    office = Office(name=settings.office_name, phone=settings.office_phone, hours=settings.office_hours)
    reporting, entry_of, measures = Reporting(), reading(curation, clock=clock, base=base), load_measures()
    own, bursts = OwnMessages(clock=clock), Bursts(clock=clock, mask=mask, window=settings.burst_seconds)
    send_text = {channel: own.guarded(channel, send) for channel, send in send_text.items()}
    corrections, feedback = Corrections(clock=clock), Feedback(key=settings.secret_key)
    reports = Reports(reporting=reporting, mask=mask, key=settings.secret_key)
    rules, units = rules_of(office), Units()
    outbox = Outbox(key=settings.secret_key, rules=rules)
    handing = Handing(
        intake=Intake(trail=trail, working_days=working_days, key=settings.secret_key, rules=rules), outbox=outbox, clock=clock,
        working_days=working_days, office=office, find_office=units.find, measures=measures, mask=mask,
        page=f"{settings.public_url}/case",
    )  # fmt: skip
    guard = Guard(key=settings.secret_key, mask=mask)
    subscribing = Subscribing(clock=clock, page_url=page_url, measures=measures, send_text=send_text)
    notices = QuestionNotices()
    awaiting = Awaiting(
        notices=notices, clock=clock, entry_of=entry_of, measures=measures, mask=mask, key=settings.secret_key,
        office=settings.office_name, first=tuple(send_text),
    )  # fmt: skip
    conversation = Conversation(
        base=base, clock=clock, entry_of=entry_of,
        keep_unanswered=keeping(curation, mask=mask, key=settings.secret_key), mask=mask, measures=measures,
        office=office, find_office=units.find, examples=EXAMPLES, name=settings.site_name, reports=reports,
        lapsed=Lapsed(keywords=keywords).find, working_days=working_days, corrections=corrections,
        feedback=feedback, handing=handing, awaiting=awaiting,
        used=used, public_url=settings.public_url,
        guard=guard, ruled=RuledTalk(ruled=base.ruled, office=office),
        counting=Counting(usage=Usage()),
        documents=Documents(clock=clock, page_url=page_url, measures=measures),
        subscribing=subscribing,
    )  # fmt: skip
    pictures = CitizenPictures(clock=clock, trail=trail, key=settings.secret_key)
    inputs = Inputs(conversation=conversation, pictures=pictures, key=settings.secret_key, find_office=units.find)
    ring_for_pictures(alarm, pictures=pictures, fetch=fetch)
    telling = Telling(reporting=reporting, clock=clock, entry_of=entry_of, send_text=send_text)
    telling_answers = Telling(
        reporting=notices, clock=clock, entry_of=entry_of, send_text=send_text,
        worded=lambda notice, entry: awaiting.worded(notice, entry, notice.channel),
    )  # fmt: skip
    putting_right = PuttingRight(
        corrections=corrections, clock=clock, entry_of=entry_of, measures=measures, send_text=send_text
    )
    inbox = Inbox(clock=clock, mask=mask)
    reception = Reception(
        bursts=bursts, lists=_lists(settings, own=own, send=send_list),
        inputs=inputs,
        menu_question=MenuDesk(clock=clock, trail=trail).question,
        inbox=inbox, conversation=conversation, keep_event=keep_event,
        forget=forgetting(key=settings.secret_key, reports=reports, corrections=corrections, others=(feedback, own, bursts, handing, guard, subscribing, awaiting)),
        send_text=send_text,
        waiting=WaitingMessages(
            KeptLines(settings.state_folder / "messages.jsonl", largest=LARGEST_FILE), key=settings.secret_key
        ),
    )  # fmt: skip

    cases = CaseDesk(clock=clock, trail=trail, working_days=working_days, key=settings.secret_key, rules=rules)
    reaching = Reaching(outbox=outbox, clock=clock, send_text=send_text, measures=measures)
    chat = WebChat(conversation=conversation, inbox=inbox, bursts=bursts, clock=clock)

    async def catch_up() -> None:
        await reception.catch_up(now=await clock.now())

    async def forget_old_abuse() -> None:
        await sweep(await clock.now())

    alarm.every(86400.0, forget_old_abuse, name="abuse", on_duty=True)
    alarm.every(60.0, rumour_desk.follow, name="rumours", on_duty=True)
    alarm.every(60.0, telling.sweep, name="telling", on_duty=True)
    alarm.every(10.0, telling_answers.sweep, name="telling answers", on_duty=True)
    alarm.every(3600.0, own.sweep, name="own messages", on_duty=True)
    alarm.every(3600.0, bursts.sweep, name="bursts", on_duty=True)
    alarm.every(86400.0, chat.sweep, name="visitors", on_duty=True)
    alarm.every(60.0, putting_right.sweep, name="corrections", on_duty=True)
    alarm.every(3.0, reaching.sweep, name="case replies", on_duty=True)
    alarm.every(3600.0, cases.close_quiet, name="quiet cases", on_duty=True)
    alarm.every(2.0, catch_up, name="waiting messages")
    alarm.every(60.0, subscribing.refresh, name="subscribers")
    alarm.every(300.0, subscribing.sweep, name="subscriptions", on_duty=True)
    alarm.every(3600.0, weekly_report(clock).sweep, name="weekly report", on_duty=True)
    return Answering(
        reception=reception,
        reporting=reporting,
        speaking=Speaking(conversation=conversation, inputs=inputs, chat=chat),
        cases=cases,
        lookup=Lookup(outbox=outbox, key=settings.secret_key),
    )


def _lists(settings: Settings, *, own: OwnMessages, send: SendWeChatList | None) -> Lists | None:
    """Lists to tap, on an account that may send messages of its own."""
    if send is None or settings.wechat_lists is WeChatLists.OFF:
        return None

    async def send_list(person: str, shown: TapList) -> None:
        await send(person, shown.head, [(item.id, item.label) for item in shown.items], shown.tail)

    return Lists(own=own, send={"wechat": send_list})

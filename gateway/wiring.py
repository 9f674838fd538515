"""The wiring: read it from top to bottom to see how the house hangs together.

settings → database → transports → channels → ledger → scheduler → knowledge → bot → web
"""

import asyncio
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from tortoise.backends.base.client import BaseDBAsyncClient

from audit.actor import Actor
from audit.clock import Clock
from audit.kept_lines import KeptLines
from audit.trail import Trail
from bot.envelope import Envelope
from bot.moment import DoorClock
from bot.reception import Reception
from bot.wechat import WeChatCallback
from bot.weibo import WeiboCallback
from console.api.api import Api
from console.site import Console
from disclosures.catalogue import Catalogue
from disclosures.desk import Desk
from disclosures.files import Files
from disclosures.workdays import WorkingDays
from gateway.anchor import EVERY, AnchorFile, Anchoring
from gateway.answering import answering
from gateway.backup.restoring import remote_channels
from gateway.database.clock import DatabaseClock
from gateway.database.waking import Topic
from gateway.echoing import echo_desk
from gateway.health import Health
from gateway.hub_notice import HubNotice
from gateway.knowing import keywords_of, knowledge_base
from gateway.membership import Membership, membership, ring_for
from gateway.pressing import calendar_desk, press_desk, ring_for_checks, text_of
from gateway.proxies import address_reader, parse_networks
from gateway.readying import mass_quota_of, readiness_of, ring_for_readiness, slots_of
from gateway.settings import Environment, Settings
from gateway.talking import talk_desk
from gateway.web import MAX_BODY, error_pages, secure_headers
from knowledge.base import KnowledgeBase
from knowledge.curating import Curating
from knowledge.curation import Curation
from knowledge.reporting import Reporting
from knowledge.rumour_desk import RumourDesk
from portal.site import SiteIdentity
from portal.web import Portal
from publishers.answers.channel import AnswersChannel
from publishers.correcting import stopping_the_old_answer
from publishers.decisions import Decisions
from publishers.delivering import Deliverer
from publishers.events import PlatformEvents
from publishers.failpoints import Reach, armed, nothing
from publishers.fencing import fence
from publishers.foreign import Foreign
from publishers.halt import QUARANTINE, Halts
from publishers.ledger import Ledger
from publishers.looking import Looking
from publishers.port import Channel, ChannelName, LoadFile
from publishers.portal.channel import PortalChannel
from publishers.portal.push import PortalPush
from publishers.proposals import Proposals
from publishers.proving import Proving
from publishers.quarantine import may_lift
from publishers.recalling import Recalling
from publishers.reconciled import Findings
from publishers.reconciling import Reconciler
from publishers.records import Delivery
from publishers.repealing import Repeals
from publishers.states import Patience
from publishers.takedown import Takedowns
from publishers.wechat.channel import WeChatChannel
from publishers.wechat.client import WeChatClient
from publishers.wechat.limits import WeChatLimits
from publishers.wechat.tidying import Tidying
from publishers.wechat.token import WeChatTokens
from publishers.weibo.channel import WeiboChannel
from publishers.weibo.client import WeiboClient
from publishers.withdrawal import MarkDisclosure, Withdrawal
from scheduler.alarm import Alarm
from scheduler.calendar_desk import CalendarDesk
from scheduler.dispatcher import Dispatcher
from scheduler.readiness import Readiness
from scheduler.steadiness import Steadiness
from scheduler.timetable import Timetable
from scheduler.watch import Watch
from scheduler.witnesses import DateWitness
from staff.accounts import Accounts
from staff.deputies import standing_in
from staff.passwords import Passwords
from staff.person import Person
from staff.sessions import Sessions
from staff.tokens import ApiTokens

MACHINE = Actor.machine("发布系统")
COVER = Path(__file__).parent.parent / "publishers" / "wechat" / "data" / "default-cover.png"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """The wired house. ``start`` opens what runs by itself, ``stop`` ends it; the database is the caller's."""

    app: web.Application
    accounts: Accounts
    desk: Desk
    files: Files
    curation: Curation
    curating: Curating
    knowledge: KnowledgeBase
    reporting: Reporting
    rumour_desk: RumourDesk
    portal: Portal
    calendar: CalendarDesk
    timetable: Timetable
    dispatcher: Dispatcher
    readiness: Readiness
    alarm: Alarm
    member: Membership
    recalling: Recalling
    anchoring: Anchoring
    reach: Reach
    reception: Reception
    hub: HubNotice
    http: tuple[aiohttp.ClientSession, ...]
    passwords: Passwords

    async def start(self, *, take_over: bool = False) -> None:
        """Raises AccountTaken or NodesDisagree before anything runs; ``stop`` tidies up then too."""
        await self.reach("at_start")
        await self.anchoring.start()
        await self.member.join(take_over=take_over)
        await self.recalling.recall()
        await self.knowledge.load()
        await self.portal.warm()
        await self.dispatcher.start()
        await self.member.begin()
        self.alarm.start()
        self.dispatcher.ring()

    async def stop(self) -> None:
        self.alarm.stop()
        await asyncio.gather(self.member.hand_over(), self.dispatcher.stop())
        await self.curating.survey.close()
        await self.reception.close()
        await self.hub.close()
        await self.anchoring.stop()
        await self.member.leave()
        for session in self.http:
            await session.close()
        self.passwords.close()


def _machine_now() -> datetime:
    return datetime.now(UTC)


async def build(
    settings: Settings, *, clock: Clock | None = None, machine_now: Callable[[], datetime] = _machine_now,
    patience: Patience | None = None, passwords: Passwords | None = None, kind: str = "serve",
    reach: Reach | None = None,
) -> Product:  # fmt: skip
    """Wires the product over an open database. Tests give sandbox URLs, a fixed clock and cheap passwords."""
    deciding = clock or DatabaseClock()
    patience = patience or Patience(late=settings.late_minutes * 60, late_by_channel=settings.late_seconds)
    reach = reach or (armed(settings.failpoint) if settings.env is Environment.TEST else nothing)
    passwords = passwords or Passwords()
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
    trail = Trail()

    # transports
    http = aiohttp.ClientSession(
        trust_env=False, timeout=aiohttp.ClientTimeout(total=15, connect=5), trace_configs=[fence()]
    )
    # Weibo knows no drafts: a kept-alive connection that died unseen would turn an unsent post into an unknown one.
    once = aiohttp.ClientSession(
        trust_env=False, connector=aiohttp.TCPConnector(force_close=True), trace_configs=[fence()]
    )

    # time: a test's own clock may jump, the real one is watched
    steadiness = None if clock is not None else Steadiness(clock=deciding, witnesses=_witnesses(settings, http))
    clock = steadiness or deciding

    feeds = [f"{settings.public_url}/feed.{kind}" for kind in ("atom", "rss", "json")]
    hub = HubNotice(http=http, hub_url=settings.websub_hub, topics=feeds)

    # disclosures and staff
    files = Files(clock=clock, trail=trail)
    working_days = WorkingDays()
    desk = Desk(
        clock=clock, trail=trail, credit_code=settings.site_credit_code, working_days=working_days, deputies=standing_in
    )  # fmt: skip
    catalogue = Catalogue(clock=clock, trail=trail)
    accounts = Accounts(clock=clock, trail=trail, passwords=passwords)
    sessions = Sessions(clock=clock, trail=trail, passwords=passwords)
    tokens = ApiTokens(clock=clock, trail=trail)

    # knowledge
    curation = Curation(clock=clock, trail=trail)
    keywords = keywords_of(settings)
    knowledge = knowledge_base(settings, keywords=keywords)
    curating = Curating.of(clock=clock, trail=trail, keywords=keywords, base=knowledge, curation=curation)
    rumour_desk = RumourDesk(clock=clock, trail=trail, curation=curation)

    # channels
    wechat = _wechat(settings, http, clock, owner)
    rip = settings.weibo_rip or own_address(settings.public_url)
    channels = _channels(settings, http, once, clock, curation, wechat, rip, files.load)

    # ledger
    def page_url(disclosure_id: int) -> str:
        return f"{settings.public_url}/d/{disclosure_id}"

    stop_the_old_answer = stopping_the_old_answer(channels)

    async def after_publish(connection: BaseDBAsyncClient, row: Delivery, now: datetime) -> None:
        # What a local channel keeps before the head of the audit trail: the order of locks (conclusion.lock_disclosure).
        await stop_the_old_answer(connection, row, now)
        await desk.mark_released(connection, row.disclosure_id, content_hash=row.content_hash, by=MACHINE, now=now)

    ledger = Ledger(
        clock=clock, trail=trail, owner=owner, page_url=page_url, patience=patience,
        capabilities={name: channel.capabilities for name, channel in channels.items()}, reach=reach,
    )  # fmt: skip
    evidence = KeptLines(settings.state_folder / "evidence.jsonl")
    deliverer = Deliverer(
        ledger=ledger,
        channels=channels,
        load_file=files.load,
        clock=clock,
        patience=patience,
        after_publish=after_publish,
        portal_changed=hub.changed,
        evidence=evidence,
        reach=reach,
    )
    events = PlatformEvents(
        ledger=ledger, channels=channels, clock=clock, patience=patience, after_publish=after_publish, reach=reach
    )
    recalling = Recalling(
        ledger=ledger, evidence=evidence, capabilities={name: channel.capabilities for name, channel in channels.items()},
        clock=clock, patience=patience, after_publish=after_publish,
    )  # fmt: skip

    # scheduler
    dispatcher = Dispatcher(
        ledger=ledger, deliverer=deliverer, events=events, clock=deciding, machine_now=machine_now,
        steadiness=steadiness, node=socket.gethostname(),
    )  # fmt: skip
    watch = Watch(clock=clock, owner=owner)
    alarm = Alarm(watch=watch)

    async def ring() -> None:
        dispatcher.ring()

    alarm.every(1.0, ring, name="dispatcher")
    alarm.every(5.0, recalling.recall, name="evidence")
    alarm.every(1.0, knowledge.refresh, name="knowledge")
    halts = Halts(clock=clock, trail=trail, ring=dispatcher.ring, may_lift={QUARANTINE: may_lift})
    foreign = Foreign(clock=clock, trail=trail, page_url=page_url)
    findings = Findings(
        ledger=ledger, clock=clock, trail=trail, patience=patience, after_publish=after_publish, page_url=page_url
    )
    reconciler = Reconciler(
        clock=clock, channels=channels, findings=findings, foreign=foreign,
        absent_after=settings.restore_absent_after,
    )  # fmt: skip
    alarm.every(1.0, reconciler.sweep, name="reconciling", on_duty=True)
    anchoring = Anchoring(
        file=AnchorFile(settings.state_folder, settings.database_url),
        clock=clock,
        trail=trail,
        remote=remote_channels(settings),
        absent_after=settings.restore_absent_after,
    )
    alarm.every(EVERY, anchoring.tick, name="anchor")
    member = membership(
        settings, clock=clock, trail=trail, owner=owner, kind=kind, http=http, watch=watch,
        tokens=wechat.tokens if wechat else None, generation=lambda: knowledge.generation,
        stop_sending=lambda reason: halts.raise_red_as(MACHINE, reason=reason),
        remote=[name for name, channel in channels.items() if not channel.capabilities.local],
        bells={Topic.DUE: dispatcher.ring, Topic.KNOWLEDGE: lambda: alarm.now("knowledge")},
    )  # fmt: skip
    ring_for(member, alarm, clock)
    mass_quota = mass_quota_of(settings, clock=clock, trail=trail)
    readiness = readiness_of(
        settings, channels=channels, http=http, clock=deciding, machine_now=machine_now, mass_quota=mass_quota, text=text_of(desk)
    )  # fmt: skip
    ring_for_readiness(alarm, settings, readiness=readiness, mass_quota=mass_quota, clock=clock)
    calendar = calendar_desk(
        clock=clock, trail=trail, working_days=working_days, public_url=settings.public_url, page_url=page_url,
        curation=curation, mass_quota=mass_quota, alarm=alarm,
    )  # fmt: skip
    timetable = Timetable(
        clock=clock, trail=trail, channels=channels, page_url=page_url, ring=dispatcher.ring, mass_quota=mass_quota,
        planning=calendar.planning, examination=desk.examination,
    )  # fmt: skip
    ring_for_checks(alarm, settings, desk=desk, clock=clock)
    decisions = Decisions(clock=clock, trail=trail, ring=dispatcher.ring)
    looking = Looking(ledger=ledger, deliverer=deliverer, channels=channels, page_url=page_url)
    proposals = Proposals(clock=clock, trail=trail, looking=looking, after_publish=after_publish, ring=dispatcher.ring)
    alarm.every(5.0, proposals.sweep, name="proposals", on_duty=True)
    echo = echo_desk(settings, clock=clock, trail=trail, alarm=alarm, owner=owner, channels=channels, looking=looking, knowledge=knowledge)  # fmt: skip
    withdrawal = Withdrawal(
        clock=clock, trail=trail, channels=channels, ring=dispatcher.ring, portal_changed=hub.changed,
        mark_withdrawn=_marking(desk.withdraw_state), mark_repealed=_marking(desk.repeal_state),
    )  # fmt: skip

    proving = Proving(clock=clock, trail=trail, channels=channels, page_url=page_url)
    alarm.every(5.0, proving.sweep, name="read-back", on_duty=True)
    alarm.every(60.0, Takedowns(clock=clock).sweep, name="takedowns", on_duty=True)
    repeals = Repeals(clock=clock, trail=trail, channels=channels, page_url=page_url)
    alarm.every(5.0, repeals.sweep, name="repeals", on_duty=True)
    if wechat is not None:
        tidying = Tidying(client=wechat.client, trail=trail, public_url=settings.public_url)
        alarm.every(86400.0, tidying.sweep, name="tidying", on_duty=True)

    # bot
    async def keep_event(channel: str, kind: str, key: str, body: Mapping[str, object]) -> None:
        await events.keep(channel, kind, key, dict(body))
        dispatcher.ring()

    bot = answering(
        settings, clock=clock, base=knowledge, curation=curation, keywords=keywords, working_days=working_days,
        rumour_desk=rumour_desk, keep_event=keep_event, alarm=alarm, used=echo.used,
        send_text={"wechat": wechat.client.send_custom_text} if wechat else {},
        send_list=wechat.client.send_custom_list if wechat else None,
    )  # fmt: skip

    # web
    address = address_reader(parse_networks(settings.trusted_proxies))
    site = SiteIdentity(
        name=settings.site_name, domain=settings.site_domain, id_code=settings.site_id_code,
        credit_code=settings.site_credit_code, public_url=settings.public_url, phone=settings.office_phone,
        hours=settings.office_hours, hub_url=settings.websub_hub,
    )  # fmt: skip
    portal = Portal(
        site=site,
        clock=clock,
        load_file=files.load,
        answer=bot.speaking.chat,
        news=bot.speaking.news,
        pushed=bool(settings.portal_push_url),
        seen=echo.seen,
    )
    press = press_desk(
        clock=clock, trail=trail, desk=desk, timetable=timetable, calendar=calendar, words=keywords.cut, alarm=alarm,
        hours=settings.emergency_hours, echo=echo, portal_page=None if settings.portal_push_url else portal.preview,
    )  # fmt: skip
    app = web.Application(client_max_size=MAX_BODY, middlewares=[error_pages(portal.missing)])
    app.on_response_prepare.append(secure_headers(https=settings.secure_cookies))
    app.on_shutdown.append(echo.close)
    talk = talk_desk(curation=curation, curating=curating, clock=clock, trail=trail, working_days=working_days, cut=keywords.cut, alarm=alarm)  # fmt: skip
    api = Api(
        desk=desk, files=files, timetable=timetable, withdrawal=withdrawal, decisions=decisions, proposals=proposals, channels=channels, tokens=tokens,
        clock=clock, page_url=page_url, ask=bot.speaking.api, public_url=settings.public_url, version=version("mingbai"), address=address, halts=halts,
        curating=curating, calendar=calendar, echo=echo, reviewing=press.reviewing, talk=talk,
    )  # fmt: skip
    console = Console(
        desk=desk, files=files, catalogue=catalogue, timetable=timetable, decisions=decisions, withdrawal=withdrawal,
        proposals=proposals, looking=looking, channels=channels, sessions=sessions, accounts=accounts, trail=trail, clock=clock, page_url=page_url,
        secure_cookies=settings.secure_cookies, site_name=settings.site_name, knowledge=knowledge, ask=bot.speaking.api, address=address,
        mass_quota=mass_quota, readiness=readiness, halts=halts, foreign=foreign, patience=patience, curating=curating,
        rumours=rumour_desk, press=press, talk=talk,
    )  # fmt: skip
    app.add_routes(portal.routes())
    app.add_routes(console.routes())
    app.add_routes(api.routes())
    app.add_routes(Health(clock=clock, mass_quota=mass_quota, problem=lambda: member.holding.problem).routes())
    app.add_routes(_callbacks(settings, bot.reception, DoorClock(clock, machine_now=machine_now)))
    return Product(
        app=app, accounts=accounts, desk=desk, files=files, curation=curation, curating=curating, knowledge=knowledge, reporting=bot.reporting, rumour_desk=rumour_desk, portal=portal, calendar=calendar, timetable=timetable,
        dispatcher=dispatcher, readiness=readiness, alarm=alarm, member=member, recalling=recalling, anchoring=anchoring, reach=reach, reception=bot.reception, hub=hub, http=(http, once), passwords=passwords,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _WeChat:
    tokens: WeChatTokens
    client: WeChatClient
    channel: WeChatChannel


def own_address(public_url: str) -> str:
    """What Weibo is told (``rip``) when neither the operator's address nor MINGBAI_WEIBO_RIP is a public one."""
    host = urlsplit(public_url).hostname or ""
    try:
        return str(IPv4Address(host))
    except ValueError:
        return "127.0.0.1"


def _witnesses(settings: Settings, http: aiohttp.ClientSession) -> list[DateWitness]:
    """Whose servers tell the time: the platforms that this installation speaks to anyway."""
    bases = {
        settings.wechat_api_base: bool(settings.wechat_appid),
        settings.weibo_api_base: bool(settings.weibo_app_key),
    }
    return [DateWitness(http=http, url=base) for base, configured in bases.items() if configured]


def _wechat(settings: Settings, http: aiohttp.ClientSession, clock: Clock, owner: str) -> _WeChat | None:
    if not settings.wechat_appid:
        return None
    limits = WeChatLimits()
    tokens = WeChatTokens(
        http=http, api_base=settings.wechat_api_base, appid=settings.wechat_appid, secret=settings.wechat_secret,
        clock=clock, owner=owner,
    )  # fmt: skip
    client = WeChatClient(http=http, api_base=settings.wechat_api_base, tokens=tokens, limits=limits)
    channel = WeChatChannel(
        client=client, limits=limits, default_cover=COVER, account_name=settings.site_name,
        planned=slots_of(ChannelName.WECHAT, clock), opens_comments=settings.wechat_comments == "open", daily_figures=settings.wechat_figures == "daily",
    )  # fmt: skip
    return _WeChat(tokens=tokens, client=client, channel=channel)


def _channels(
    settings: Settings,
    http: aiohttp.ClientSession,
    once: aiohttp.ClientSession,
    clock: Clock,
    curation: Curation,
    wechat: _WeChat | None,
    rip: str,
    load_file: LoadFile,
) -> dict[ChannelName, Channel]:
    """The channels of this installation, portal first."""
    channels: dict[ChannelName, Channel] = {}
    if settings.portal_push_url:
        channels[ChannelName.PORTAL] = PortalPush(
            http=http, clock=clock, push_url=settings.portal_push_url, secret=settings.portal_push_secret,
            site_name=settings.site_name, domain=settings.site_domain, public_url=settings.public_url,
        )  # fmt: skip
    else:
        channels[ChannelName.PORTAL] = PortalChannel(site_name=settings.site_name, http=http)
    if wechat is not None:
        channels[ChannelName.WECHAT] = wechat.channel
    if settings.weibo_app_key:
        client = WeiboClient(session=once, access_token=settings.weibo_access_token, api_base=settings.weibo_api_base)
        channels[ChannelName.WEIBO] = WeiboChannel(
            client=client,
            safe_domain=settings.weibo_safe_domain,
            uid=settings.weibo_uid,
            rip=rip,
            clock=clock,
            load_file=load_file,
            public_url=settings.public_url,
            planned=slots_of(ChannelName.WEIBO, clock),
            comments=settings.weibo_comments,
        )
    channels[ChannelName.ANSWERS] = AnswersChannel(curation=curation)
    return channels


def _callbacks(settings: Settings, reception: Reception, clock: DoorClock) -> list[web.AbstractRouteDef]:
    """The platforms' doors; an account that is not configured has none."""
    routes: list[web.AbstractRouteDef] = []
    if settings.wechat_appid:
        envelope = Envelope(
            token=settings.wechat_token, aes_key=settings.wechat_aes_key, appid=settings.wechat_appid,
            previous_aes_key=settings.wechat_aes_key_previous,
        )  # fmt: skip
        door = WeChatCallback(envelope=envelope, reception=reception, clock=clock, account=settings.wechat_account)
        routes += door.routes()
    if settings.weibo_app_key:
        other = WeiboCallback(
            app_secret=settings.weibo_app_secret, reception=reception, clock=clock, uid=settings.weibo_uid
        )
        routes += other.routes()
    return routes


def _marking(mark: Callable[..., Awaitable[None]]) -> MarkDisclosure:
    async def apply(
        connection: BaseDBAsyncClient, person: Person, disclosure_id: int, explanation: str, now: datetime
    ) -> None:
        await mark(connection, person, disclosure_id, explanation=explanation, now=now)

    return apply

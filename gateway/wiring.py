"""The wiring: read it from top to bottom to see how the house hangs together.

settings → database → transports → channels → ledger → scheduler → knowledge → bot → web
"""

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
from audit.trail import Trail
from bot.conversation import Conversation
from bot.curating import forgetting, keeping, reading
from bot.envelope import Envelope
from bot.inbox import Inbox
from bot.measure import load_measures
from bot.office import Office, Units
from bot.reception import Reception
from bot.wechat import WeChatCallback
from bot.weibo import WeiboCallback
from console.api.api import Api
from console.site import Console
from disclosures.catalogue import Catalogue
from disclosures.desk import Desk
from disclosures.files import Files
from disclosures.personal import mask
from disclosures.workdays import WorkingDays
from gateway.database.clock import DatabaseClock
from gateway.health import Health
from gateway.hub_notice import HubNotice
from gateway.knowing import knowledge_base
from gateway.proxies import address_reader, parse_networks
from gateway.settings import Settings
from gateway.speaking import EXAMPLES, Speaking
from gateway.web import MAX_BODY, error_pages, secure_headers
from knowledge.base import KnowledgeBase
from knowledge.curation import Curation
from portal.site import SiteIdentity
from portal.web import Portal
from publishers.answers.channel import AnswersChannel
from publishers.decisions import Decisions
from publishers.delivering import Deliverer
from publishers.events import PlatformEvents
from publishers.ledger import Ledger
from publishers.port import Channel, ChannelName
from publishers.portal.channel import PortalChannel
from publishers.portal.push import PortalPush
from publishers.records import Delivery
from publishers.states import Patience
from publishers.wechat.channel import WeChatChannel
from publishers.wechat.client import WeChatClient
from publishers.wechat.limits import WeChatLimits
from publishers.wechat.token import WeChatTokens
from publishers.weibo.channel import WeiboChannel
from publishers.weibo.client import WeiboClient
from publishers.withdrawal import MarkDisclosure, Withdrawal
from scheduler.alarm import Alarm
from scheduler.dispatcher import Dispatcher
from scheduler.timetable import Timetable
from staff.accounts import Accounts
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
    knowledge: KnowledgeBase
    portal: Portal
    timetable: Timetable
    dispatcher: Dispatcher
    alarm: Alarm
    reception: Reception
    hub: HubNotice
    http: tuple[aiohttp.ClientSession, ...]
    passwords: Passwords

    async def start(self) -> None:
        await self.knowledge.load()
        await self.portal.warm()
        await self.dispatcher.start()
        self.alarm.start()
        self.dispatcher.ring()

    async def stop(self) -> None:
        self.alarm.stop()
        await self.dispatcher.stop()
        await self.reception.close()
        await self.hub.close()
        for session in self.http:
            await session.close()
        self.passwords.close()


def _machine_now() -> datetime:
    return datetime.now(UTC)


async def build(
    settings: Settings, *, clock: Clock | None = None, machine_now: Callable[[], datetime] = _machine_now,
    patience: Patience | None = None, passwords: Passwords | None = None,
) -> Product:  # fmt: skip
    """Wires the product over an open database. Tests give sandbox URLs, a fixed clock and cheap passwords."""
    clock = clock or DatabaseClock()
    patience = patience or Patience(late=settings.late_minutes * 60)
    passwords = passwords or Passwords()
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
    trail = Trail()

    # transports
    http = aiohttp.ClientSession(trust_env=False, timeout=aiohttp.ClientTimeout(total=15, connect=5))
    # Weibo knows no drafts: a kept-alive connection that died unseen would turn an unsent post into an unknown one.
    once = aiohttp.ClientSession(trust_env=False, connector=aiohttp.TCPConnector(force_close=True))

    feeds = [f"{settings.public_url}/feed.{kind}" for kind in ("atom", "rss", "json")]
    hub = HubNotice(http=http, hub_url=settings.websub_hub, topics=feeds)

    # disclosures and staff
    files = Files(clock=clock, trail=trail)
    desk = Desk(clock=clock, trail=trail, credit_code=settings.site_credit_code, working_days=WorkingDays())
    catalogue = Catalogue(clock=clock, trail=trail)
    accounts = Accounts(clock=clock, trail=trail, passwords=passwords)
    sessions = Sessions(clock=clock, trail=trail, passwords=passwords)
    tokens = ApiTokens(clock=clock, trail=trail)

    # knowledge
    curation = Curation(clock=clock, trail=trail)
    knowledge = knowledge_base(settings)

    # channels
    wechat = _wechat(settings, http, clock, owner)
    rip = settings.weibo_rip or own_address(settings.public_url)
    channels = _channels(settings, http, once, clock, curation, wechat, rip)

    # ledger
    def page_url(disclosure_id: int) -> str:
        return f"{settings.public_url}/d/{disclosure_id}"

    async def after_publish(connection: BaseDBAsyncClient, row: Delivery, now: datetime) -> None:
        await desk.mark_released(connection, row.disclosure_id, content_hash=row.content_hash, by=MACHINE, now=now)

    ledger = Ledger(
        clock=clock, trail=trail, owner=owner, page_url=page_url, patience=patience,
        capabilities={name: channel.capabilities for name, channel in channels.items()},
    )  # fmt: skip
    deliverer = Deliverer(
        ledger=ledger,
        channels=channels,
        load_file=files.load,
        clock=clock,
        patience=patience,
        after_publish=after_publish,
        portal_changed=hub.changed,
    )
    events = PlatformEvents(
        ledger=ledger, channels=channels, clock=clock, patience=patience, after_publish=after_publish
    )

    # scheduler
    dispatcher = Dispatcher(ledger=ledger, deliverer=deliverer, events=events, clock=clock, machine_now=machine_now)
    alarm = Alarm()

    async def ring() -> None:
        dispatcher.ring()

    alarm.every(1.0, ring, name="dispatcher")
    alarm.every(1.0, knowledge.refresh, name="knowledge")
    timetable = Timetable(clock=clock, trail=trail, channels=channels, page_url=page_url, ring=dispatcher.ring)
    decisions = Decisions(clock=clock, trail=trail, after_publish=after_publish, ring=dispatcher.ring)
    withdrawal = Withdrawal(
        clock=clock, trail=trail, channels=channels, ring=dispatcher.ring, portal_changed=hub.changed,
        mark_withdrawn=_marking(desk.withdraw_state), mark_repealed=_marking(desk.repeal_state),
    )  # fmt: skip

    # bot
    async def keep_event(channel: str, kind: str, key: str, body: Mapping[str, object]) -> None:
        await events.keep(channel, kind, key, dict(body))
        dispatcher.ring()

    office = Office(name=settings.office_name, phone=settings.office_phone, hours=settings.office_hours)
    conversation = Conversation(
        base=knowledge, clock=clock, entry_of=reading(curation, clock=clock, base=knowledge),
        keep_unanswered=keeping(curation, mask=mask, key=settings.secret_key), mask=mask,
        measures=load_measures(), office=office, find_office=Units().find, examples=EXAMPLES, name=settings.site_name,
    )  # fmt: skip
    reception = Reception(
        inbox=Inbox(clock=clock, mask=mask), conversation=conversation, keep_event=keep_event,
        forget=forgetting(key=settings.secret_key),
        send_text={"wechat": wechat.client.send_custom_text} if wechat else {},
    )  # fmt: skip
    speaking = Speaking(conversation=conversation)

    # web
    address = address_reader(parse_networks(settings.trusted_proxies))
    site = SiteIdentity(
        name=settings.site_name, domain=settings.site_domain, id_code=settings.site_id_code,
        credit_code=settings.site_credit_code, public_url=settings.public_url, phone=settings.office_phone,
        hours=settings.office_hours, hub_url=settings.websub_hub,
    )  # fmt: skip
    portal = Portal(
        site=site, clock=clock, load_file=files.load, answer=speaking.chat, pushed=bool(settings.portal_push_url)
    )
    app = web.Application(client_max_size=MAX_BODY, middlewares=[error_pages(portal.missing)])
    app.on_response_prepare.append(secure_headers(https=settings.secure_cookies))
    api = Api(
        desk=desk, files=files, timetable=timetable, withdrawal=withdrawal, channels=channels, tokens=tokens, clock=clock,
        page_url=page_url, ask=speaking.api, public_url=settings.public_url, version=version("mingbai"), address=address,
    )  # fmt: skip
    console = Console(
        desk=desk, files=files, catalogue=catalogue, timetable=timetable, decisions=decisions, withdrawal=withdrawal,
        channels=channels, sessions=sessions, accounts=accounts, trail=trail, clock=clock, page_url=page_url,
        secure_cookies=settings.secure_cookies, site_name=settings.site_name, knowledge=knowledge, ask=speaking.api, address=address,
    )  # fmt: skip
    app.add_routes(portal.routes())
    app.add_routes(console.routes())
    app.add_routes(api.routes())
    app.add_routes(Health(clock=clock).routes())
    app.add_routes(_callbacks(settings, reception, clock))
    return Product(
        app=app, accounts=accounts, desk=desk, files=files, curation=curation, knowledge=knowledge, portal=portal, timetable=timetable,
        dispatcher=dispatcher, alarm=alarm, reception=reception, hub=hub, http=(http, once), passwords=passwords,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _WeChat:
    client: WeChatClient
    channel: WeChatChannel


def own_address(public_url: str) -> str:
    """What Weibo is told (``rip``) when neither the operator's address nor MINGBAI_WEIBO_RIP is a public one."""
    host = urlsplit(public_url).hostname or ""
    try:
        return str(IPv4Address(host))
    except ValueError:
        return "127.0.0.1"


def _wechat(settings: Settings, http: aiohttp.ClientSession, clock: Clock, owner: str) -> _WeChat | None:
    if not settings.wechat_appid:
        return None
    limits = WeChatLimits()
    tokens = WeChatTokens(
        http=http, api_base=settings.wechat_api_base, appid=settings.wechat_appid, secret=settings.wechat_secret,
        clock=clock, owner=owner,
    )  # fmt: skip
    client = WeChatClient(http=http, api_base=settings.wechat_api_base, tokens=tokens, limits=limits)
    channel = WeChatChannel(client=client, limits=limits, default_cover=COVER, account_name=settings.site_name)
    return _WeChat(client=client, channel=channel)


def _channels(
    settings: Settings,
    http: aiohttp.ClientSession,
    once: aiohttp.ClientSession,
    clock: Clock,
    curation: Curation,
    wechat: _WeChat | None,
    rip: str,
) -> dict[ChannelName, Channel]:
    """The channels of this installation, portal first."""
    channels: dict[ChannelName, Channel] = {}
    if settings.portal_push_url:
        channels[ChannelName.PORTAL] = PortalPush(
            http=http, clock=clock, push_url=settings.portal_push_url, secret=settings.portal_push_secret,
            site_name=settings.site_name, domain=settings.site_domain, public_url=settings.public_url,
        )  # fmt: skip
    else:
        channels[ChannelName.PORTAL] = PortalChannel(site_name=settings.site_name)
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
        )
    channels[ChannelName.ANSWERS] = AnswersChannel(curation=curation)
    return channels


def _callbacks(settings: Settings, reception: Reception, clock: Clock) -> list[web.AbstractRouteDef]:
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

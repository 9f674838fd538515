"""The wiring: read it from top to bottom to see how the house hangs together.

settings → database → transports → channels → ledger → scheduler → knowledge → bot → web
"""

import os
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from tortoise.backends.base.client import BaseDBAsyncClient

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from disclosures.catalogue import Catalogue
from disclosures.desk import Desk
from disclosures.files import Files
from disclosures.workdays import WorkingDays
from gateway import health
from gateway.database.clock import DatabaseClock
from gateway.settings import Settings
from gateway.speaking import Speaking
from gateway.web import MAX_BODY, error_pages, secure_headers
from knowledge.base import KnowledgeBase
from knowledge.curation import Curation
from knowledge.keywords import Keywords
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
from publishers.withdrawal import Withdrawal
from scheduler.alarm import Alarm
from scheduler.dispatcher import Dispatcher
from scheduler.timetable import Timetable
from staff.accounts import Accounts
from staff.passwords import Passwords
from staff.person import Person
from staff.sessions import Sessions
from staff.tokens import ApiTokens

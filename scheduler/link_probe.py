"""Do the links of our texts open? Looked at in the background, never while somebody types, and never inside our own network.

An address in a text is somebody else's word: it may point at our database, at the cloud's metadata service, at a printer. So
every name is resolved here, every address must be a public one, the connection goes to the address that was judged
(no second look-up that could answer otherwise), and each redirect is judged the same way (CWE-918).
"""

import asyncio
import logging
import socket
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from tortoise.exceptions import IntegrityError

from audit.clock import Clock
from disclosures.check_records import LinkLook
from disclosures.content import Content
from disclosures.examination import address_key, addresses_of
from disclosures.records import Disclosure, Revision
from disclosures.states import State

log = logging.getLogger(__name__)

SECONDS: Final = 5.0
"""What one address may take, redirects included."""
MOST_BYTES: Final = 64 * 1024
MOST_REDIRECTS: Final = 3
FRESH: Final = timedelta(hours=6)
AGAIN: Final = timedelta(minutes=20)
"""After a first failure: a site may be away for a moment, so it is only told after the second."""
IN_A_SWEEP, AT_ONCE, OF_A_HOST = 20, 4, 2
RECENT: Final = timedelta(days=7)
"""Texts that were worked on within this time."""
PORTS: Final = frozenset({80, 443, 8080, 8443})
_WATCHED: Final = (State.DRAFT, State.SUBMITTED, State.IN_REVIEW, State.APPROVED)
_REFUSES_MACHINES: Final = frozenset({401, 403, 405, 406, 412, 418, 429, 451, 521})
"""Answers of a site that is there and does not like to be looked at by a program."""

Resolve = Callable[[str, int], Awaitable[Sequence[tuple[int, str]]]]
"""(host, port) → (family, address) of each record."""


class NotPublic(OSError):
    """The name leads to an address that is not a public one."""


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet; also for the IPv4 address inside an IPv6 one."""
    try:
        ip = ip_address(address.split("%")[0])
    except ValueError:
        return False
    inner = [ip]
    if isinstance(ip, IPv6Address):
        inner += [each for each in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())) if each is not None]
    return all(each.is_global and not each.is_multicast and not each.is_reserved for each in inner)


class _Guarded(AbstractResolver):
    """Resolves a name and refuses it unless every address is public: what is judged is what is connected to."""

    def __init__(self, resolve: Resolve, allowed: Callable[[str], bool]) -> None:
        self._resolve = resolve
        self._allowed = allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolve(host, port)
        if not found or not all(self._allowed(address) for _, address in found):
            raise NotPublic(f"{host} is not public")
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST
            )
            for kind, address in found
        ]  # fmt: skip

    async def close(self) -> None:
        return


async def _look_up(host: str, port: int) -> Sequence[tuple[int, str]]:
    records = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, str(address[0])) for family, _, _, _, address in records]


class LinkProbe:
    """Opens the addresses of the texts that are being worked on. ``own_host`` is ours, whose pages need no look."""

    def __init__(
        self, *, clock: Clock, own_host: str = "", resolve: Resolve = _look_up,
        allowed: Callable[[str], bool] = is_public, ports: frozenset[int] = PORTS, seconds: float = SECONDS,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._own_host = own_host
        self._resolve = resolve
        self._allowed = allowed
        self._ports = ports
        self._seconds = seconds
        self._known: OrderedDict[tuple[int, int], tuple[str, ...]] = OrderedDict()

    async def sweep(self) -> int:
        """A bell: looks at what was never looked at or long ago; returns at how many addresses."""
        now = await self._clock.now()
        due = await self._due(now)
        if not due:
            return 0
        limit = asyncio.Semaphore(AT_ONCE)

        async def one(address: str, before: LinkLook | None) -> None:
            async with limit:
                problem = await self.problem(address)
            await _keep(address, before, problem, now)

        for outcome in await asyncio.gather(*(one(*each) for each in due), return_exceptions=True):
            if isinstance(outcome, Exception):
                # The edge of a loop: an address that breaks the look must not keep the others from theirs.
                log.error("an address could not be looked at", exc_info=outcome)
            elif isinstance(outcome, BaseException):
                raise outcome
        return len(due)

    async def problem(self, address: str) -> str:
        """Why an address does not open, for the screen; empty when it does, and where it must not be opened from here."""
        timeout = aiohttp.ClientTimeout(total=self._seconds)
        connector = aiohttp.TCPConnector(
            resolver=_Guarded(self._resolve, self._allowed), use_dns_cache=False, force_close=True
        )
        try:
            async with (
                asyncio.timeout(self._seconds),
                aiohttp.ClientSession(
                    connector=connector, timeout=timeout, trust_env=False, cookie_jar=aiohttp.DummyCookieJar()
                ) as http,  # fmt: skip
            ):
                return await self._opened(http, address)
        except NotPublic:
            return ""
        except TimeoutError:
            return f"超过 {self._seconds:.0f} 秒没有应答"
        except aiohttp.ClientConnectorDNSError as error:
            return "" if isinstance(error.os_error, NotPublic) else "域名不存在"
        except aiohttp.ClientConnectorCertificateError:
            return "网站的安全证书无效"
        except aiohttp.ClientSSLError:
            return "加密连接没有建立"
        except (aiohttp.ClientError, OSError, ValueError):
            return "连接不上"

    async def _opened(self, http: aiohttp.ClientSession, address: str) -> str:
        for _ in range(MOST_REDIRECTS + 1):
            if not self._may_open(address):
                return ""
            async with http.get(address, allow_redirects=False, headers={"User-Agent": "MingbaiLinkCheck/1", "Accept": "*/*"}) as answer:  # fmt: skip
                if answer.status in {301, 302, 303, 307, 308} and "Location" in answer.headers:
                    address = urljoin(address, answer.headers["Location"])
                    continue
                await answer.content.read(MOST_BYTES)
                if answer.status < 400 or answer.status in _REFUSES_MACHINES:
                    return ""
                return {404: "页面不存在", 410: "页面已删除"}.get(answer.status, f"网站报错（{answer.status}）")
        return "转来转去，没有到达页面"

    def _may_open(self, address: str) -> bool:
        """A web address of somebody else, by a port of the web. A number in the place of a name is judged here, since
        nothing resolves it."""
        try:
            parts = urlsplit(address)
            host = (parts.hostname or "").lower()
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return False
        if parts.scheme not in {"http", "https"} or port not in self._ports or host in {"", self._own_host}:
            return False
        try:
            return self._allowed(str(ip_address(host)))
        except ValueError:
            # 2130706433 and 0x7f.1 are numbers too, for some that resolve them.
            return not all(part.isdigit() or part.startswith("0x") for part in host.split("."))

    async def _due(self, now: datetime) -> list[tuple[str, LinkLook | None]]:
        found = [address for address in await self._addresses(now) if self._may_open(address)]
        rows = {row.address_sha256: row for row in await LinkLook.filter(address_sha256__in=[address_key(each) for each in found])}  # fmt: skip
        due: list[tuple[str, LinkLook | None]] = []
        hosts: Counter[str] = Counter()
        for address in found:
            row = rows.get(address_key(address))
            if row is not None and now - row.at < (AGAIN if row.failures else FRESH):
                continue
            host = urlsplit(address).hostname or ""
            hosts[host] += 1
            if hosts[host] <= OF_A_HOST:
                due.append((address, row))
        return due[:IN_A_SWEEP]

    async def _addresses(self, now: datetime) -> list[str]:
        """Of the texts that are being worked on; each revision is read once."""
        rows = (
            await Disclosure.filter(state__in=_WATCHED, updated_at__gt=now - RECENT).order_by("-updated_at").limit(200)
        )
        found: dict[str, None] = {}
        for row in rows:
            key = (row.id, row.current_revision)
            if key not in self._known:
                version = await Revision.get_or_none(disclosure_id=row.id, number=row.current_revision)
                content = Content.parse(dict(version.content)) if version else None
                self._known[key] = await asyncio.to_thread(addresses_of, content) if content else ()
                while len(self._known) > 1_000:
                    self._known.popitem(last=False)
            found.update(dict.fromkeys(self._known[key]))
        return list(found)


async def _keep(address: str, before: LinkLook | None, problem: str, now: datetime) -> None:
    """One row for an address. A first failure is kept without being told."""
    failures = (before.failures if before else 0) + 1 if problem else 0
    values: dict[str, Any] = {
        "problem": problem if failures > 1 else "",
        "failures": failures,
        "at": now,
        "address": address,
    }
    key = address_key(address)
    if not await LinkLook.filter(address_sha256=key).update(**values):
        try:
            await LinkLook.create(address_sha256=key, **values)
        except IntegrityError:
            await LinkLook.filter(address_sha256=key).update(**values)

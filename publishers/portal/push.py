"""The portal as a remote channel: the district's portal is another system; see docs/portal-push.md."""

import asyncio
import html
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp

from audit.clock import Clock
from disclosures.content import Content
from publishers.errors import ChannelBusy, ChannelRefused, ChannelUnavailable, OutcomeUnknown
from publishers.port import (
    Capabilities,
    ChannelName,
    Facts,
    Live,
    Liveness,
    LoadFile,
    Problem,
    Rendered,
    Severity,
    Shown,
    Sighting,
    Ticket,
    Verdict,
)
from publishers.portal import reading, signature
from publishers.portal.channel import check_page, page_payload
from publishers.portal.item import feed_item, tag_uri
from publishers.portal.readiness import push_readiness
from publishers.portal.reading import GONE, PAGE_BYTES, read

_BODY_LIMIT = 64 * 1024
"""Bytes of an acknowledgement."""
_ITEM_LIMIT = 5 * 1024 * 1024
"""Bytes of one pushed item; attachments are links, so only the text counts."""
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    body: bytes
    retry_after: str

    def document(self) -> dict[str, Any]:
        """The JSON object in the body; empty when it is none."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


class PortalPush:
    """Sends pages to a portal that is not ours.

    ``push_url`` is its receiving address, ``secret`` the shared key of the signature, ``domain`` our tag authority,
    ``public_url`` our own root (files are fetched from there), ``page_hosts`` the hosts on which the portal may say
    that the page stands (default: the host of ``push_url``).
    """

    def __init__(
        self,
        *,
        http: aiohttp.ClientSession,
        clock: Clock,
        push_url: str,
        secret: str,
        site_name: str,
        domain: str,
        public_url: str,
        page_hosts: frozenset[str] = frozenset(),
        seconds: float = 12.0,
    ) -> None:
        self._http = http
        self._clock = clock
        self._push_url = push_url
        self._secret = secret
        self._site_name = site_name
        self._domain = domain
        self._public_url = public_url
        self._page_hosts = page_hosts or frozenset({urlsplit(push_url).hostname or ""})
        self._timeout = aiohttp.ClientTimeout(total=seconds)

    @property
    def name(self) -> ChannelName:
        return ChannelName.PORTAL

    @property
    def capabilities(self) -> Capabilities:
        # The receiver keeps our Idempotency-Key, so an item it does not know may be sent again.
        return Capabilities(local=False, links_to_portal=False, follows=True, may_conclude_absent=True)

    def render(self, content: Content, *, page_url: str) -> Rendered:
        return Rendered(payload=page_payload(content, page_url=page_url, site_name=self._site_name))

    def check(self, content: Content, *, page_url: str) -> tuple[Problem, ...]:
        problems = check_page(content)
        if len(content.body_html.encode()) > _ITEM_LIMIT // 2:
            problems += (
                Problem(
                    severity=Severity.BLOCK,
                    field="body",
                    message="正文过长，门户接口无法接收",
                    remedy="请把长表格改为附件",
                ),
            )
        return problems

    async def prepare(self, ticket: Ticket, load_file: LoadFile) -> Facts:
        """Nothing to prepare: files are links into our own portal."""
        return {}

    async def send(self, ticket: Ticket) -> Sighting:
        """One POST. RUNNING once it is acknowledged; ``follow`` then reads the page itself back."""
        document = {"action": "publish", "item": self._item(ticket)}
        return await self._deliver(ticket, document, key=self._key(ticket))

    async def follow(self, ticket: Ticket) -> Sighting:
        """Reads the public page back: PUBLISHED when it is there and bears the title."""
        return await self._read_page(ticket, str(ticket.facts.get("url") or ticket.page_url))

    async def look(self, ticket: Ticket) -> Sighting:
        """Asks the receiver whether it has this delivery: RUNNING or PUBLISHED, ABSENT (404), or UNKNOWN."""
        answer = await self._status(ticket)
        document = answer.document()
        if answer.status == 404 and document.get("unknown") == self._id(ticket):
            return Sighting(verdict=Verdict.ABSENT, message="对方门户没有收到这条信息", evidence={"status": 404})
        if answer.status != 200 or document.get("received") != self._id(ticket):
            return Sighting(
                verdict=Verdict.UNKNOWN, message="对方门户没有给出明确答复", evidence={"status": answer.status}
            )
        if document.get("key") != self._key(ticket):
            # It holds an earlier revision of the same disclosure: this delivery has not arrived.
            return Sighting(verdict=Verdict.ABSENT, message="对方门户上是较早的版本", evidence={"status": 200})
        if document.get("state") == "withdrawn":
            return Sighting(verdict=Verdict.GONE, external_id=self._id(ticket), message="对方门户已撤下该信息")
        return await self._read_page(ticket, self._page_url(document, ticket))

    def recognise(self, event: Mapping[str, Any], ticket: Ticket) -> Sighting | None:
        """The foreign portal pushes nothing to us."""
        return None

    def approved_text(self, payload: Mapping[str, Any]) -> str:
        """Title and text; how another portal shows attachments is its own affair."""
        return reading.approved_text(payload, attachments=False)

    async def read_back(self, ticket: Ticket) -> Live:
        """The public page that the portal named, as a citizen reads it."""
        url = str(ticket.facts.get("url") or ticket.page_url)
        got = await reading.fetched(self._http, url)
        evidence = {"status": got.status}
        if got.status in GONE:
            return Live(liveness=Liveness.GONE, url=url, message=f"门户页面返回 {got.status}", evidence=evidence)
        if got.status != 200:
            return Live(liveness=Liveness.UNREADABLE, url=url, message=f"门户页面返回 {got.status}", evidence=evidence)
        approved = self.approved_text(ticket.payload)
        text = await asyncio.to_thread(reading.aligned_text, got.page, got.charset, approved)
        return Live(liveness=Liveness.LIVE, text=text, url=url, evidence=evidence)

    async def shown(self, *, limit: int) -> tuple[Shown, ...]:
        """Nothing: docs/portal-push.md asks the receiver for single items only, and ``look`` asks for each of ours."""
        return ()

    async def readiness(self) -> tuple[Problem, ...]:
        """Whether the receiver answers and knows our signature; asked for an item that it cannot have."""

        async def ask() -> tuple[int, Mapping[str, Any]]:
            answer = await self._told(tag_uri(self._domain, 0))
            return answer.status, answer.document()

        return await push_readiness(ask)

    async def withdraw(self, ticket: Ticket) -> Sighting:
        """Asks for the page to be taken down: GONE when the receiver says that it is withdrawn, or when nobody can open it
        any more (its own staff may have removed it)."""
        explanation = str(ticket.facts.get("explanation", ""))
        document = {"action": "withdraw", "id": self._id(ticket), "explanation": explanation}
        try:
            await self._deliver(ticket, document, key=f"{self._key(ticket)}-withdraw")
        except ChannelRefused:
            if not await self._page_is_gone(ticket):
                raise
            return Sighting(verdict=Verdict.GONE, external_id=self._id(ticket), message="门户页面已打不开")
        state = (await self._status(ticket)).document()
        if state.get("received") == self._id(ticket) and state.get("state") == "withdrawn":
            return Sighting(verdict=Verdict.GONE, external_id=self._id(ticket), message="对方门户已撤下该信息")
        return Sighting(
            verdict=Verdict.RUNNING, external_id=self._id(ticket), message="对方门户已收到撤回请求，尚未撤下"
        )

    async def repeal(self, ticket: Ticket, *, explanation: str) -> Sighting:
        """Pushes the item once more, marked 废止: PUBLISHED when the receiver says that this is what it shows."""
        item = self._item(ticket, state="repealed")
        item["_zwgk"] = {**item["_zwgk"], "explanation": explanation}
        key = f"{self._key(ticket)}-repeal"
        try:
            await self._deliver(ticket, {"action": "publish", "item": item}, key=key)
        except OutcomeUnknown as unclear:
            # The receiver keeps our key, so asking tells, and sending again does no harm.
            if (await self._status(ticket)).document().get("key") != key:
                raise ChannelUnavailable(str(unclear), remedy="", **unclear.detail) from unclear
        told = (await self._status(ticket)).document()
        if told.get("received") == self._id(ticket) and told.get("key") == key:
            return Sighting(verdict=Verdict.PUBLISHED, external_id=self._id(ticket), message="对方门户已标注“已废止”")
        return Sighting(
            verdict=Verdict.RUNNING, external_id=self._id(ticket), message="对方门户已接收，尚未标注“已废止”"
        )

    async def _page_is_gone(self, ticket: Ticket) -> bool:
        with suppress(ChannelUnavailable):
            return (await self.read_back(ticket)).liveness is Liveness.GONE
        return False

    async def _deliver(self, ticket: Ticket, document: dict[str, Any], *, key: str) -> Sighting:
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        if len(body) > _ITEM_LIMIT:
            raise ChannelRefused("正文过长，门户接口无法接收", remedy="请把长表格改为附件", size=len(body))
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": key}
        answer = await self._call("POST", self._push_url, body, headers)
        await self._refuse(answer)
        received = answer.document()
        if answer.status not in (200, 201, 202) or received.get("received") != self._id(ticket):
            raise OutcomeUnknown("对方门户的回执不完整", remedy="系统将自动查询对方门户", status=answer.status)
        url = self._page_url(received, ticket)
        return Sighting(
            verdict=Verdict.RUNNING,
            external_id=self._id(ticket),
            url=url,
            message="对方门户已接收，正在核对页面",
            facts={"url": url},
            evidence={"status": answer.status, "received": self._id(ticket)},
        )

    async def _refuse(self, answer: _Answer) -> None:
        """Turns the plain refusals into our words; 409 and 5xx leave the outcome open."""
        if answer.status == 429:
            wait = int(answer.retry_after) if answer.retry_after.isdigit() else 60
            retry_at = await self._clock.now() + timedelta(seconds=min(max(wait, 1), 3600))
            raise ChannelBusy("对方门户要求稍后再发", retry_at=retry_at, status=429)
        if answer.status in (401, 403):
            raise ChannelRefused(
                "对方门户拒绝了签名", remedy="请核对门户推送密钥和双方服务器时间", status=answer.status
            )
        if answer.status in _REDIRECTS:
            raise ChannelRefused("对方门户的接收地址已变更", remedy="请核对门户推送地址", status=answer.status)
        if 400 <= answer.status < 500 and answer.status not in (408, 409):
            reason = str(answer.document().get("error", ""))[:200]
            raise ChannelRefused(
                f"对方门户拒收：{reason or answer.status}", remedy="请按对方说明修改后重新发布", status=answer.status
            )

    async def _status(self, ticket: Ticket) -> _Answer:
        return await self._told(self._id(ticket))

    async def _told(self, item_id: str) -> _Answer:
        """What the receiver says of an item. A read: any trouble is ChannelUnavailable, never an unknown outcome."""
        mark = "&" if urlsplit(self._push_url).query else "?"
        url = f"{self._push_url}{mark}{urlencode({'id': item_id})}"
        try:
            return await self._call("GET", url, item_id.encode(), {})
        except OutcomeUnknown as trouble:
            raise ChannelUnavailable(str(trouble), reason=trouble.detail.get("reason")) from trouble

    async def _read_page(self, ticket: Ticket, url: str) -> Sighting:
        """Reads the public page, without signature, as a citizen would."""
        title = "".join(str(ticket.payload["title"]).split())
        try:
            async with self._http.get(url, timeout=self._timeout, max_redirects=3) as answer:
                status, charset = answer.status, answer.charset or "utf-8"
                page = await read(answer, PAGE_BYTES)
        except (aiohttp.ClientError, TimeoutError) as trouble:
            raise ChannelUnavailable("暂时读不到门户页面", reason=type(trouble).__name__) from trouble
        facts = {"url": url}
        if status == 200 and title in "".join(_words(page, charset).split()):
            return Sighting(
                verdict=Verdict.PUBLISHED,
                external_id=self._id(ticket),
                url=url,
                facts=facts,
                evidence={"status": 200, "title_found": True},
            )
        return Sighting(
            verdict=Verdict.RUNNING,
            external_id=self._id(ticket),
            url=url,
            facts=facts,
            message="对方门户已接收，页面尚未显示",
            evidence={"status": status, "title_found": False},
        )

    async def _call(self, method: str, url: str, signed: bytes, headers: dict[str, str]) -> _Answer:
        timestamp = int((await self._clock.now()).timestamp())
        sealed = {
            **headers,
            signature.TIMESTAMP: str(timestamp),
            signature.SIGNATURE: signature.sign(self._secret, timestamp=timestamp, body=signed),
        }
        data = signed if method == "POST" else None
        try:
            async with self._http.request(
                method, url, data=data, headers=sealed, timeout=self._timeout, allow_redirects=False
            ) as answer:
                return _Answer(
                    status=answer.status,
                    body=await read(answer, _BODY_LIMIT),
                    retry_after=answer.headers.get("Retry-After", ""),
                )
        except aiohttp.ClientConnectorError as trouble:
            raise ChannelUnavailable(
                "连不上对方门户", remedy="系统将自动重试", reason=type(trouble).__name__
            ) from trouble
        except (aiohttp.ClientError, TimeoutError) as trouble:
            raise OutcomeUnknown(
                "发出后没有收到对方门户的答复", remedy="系统将自动查询对方门户", reason=type(trouble).__name__
            ) from trouble

    def _item(self, ticket: Ticket, *, state: str = "live") -> dict[str, Any]:
        moment = (ticket.intent_at or ticket.due_at).astimezone(UTC)
        published = datetime.fromisoformat(str(ticket.facts.get("published_at") or moment.isoformat()))
        return feed_item(
            ticket.payload,
            item_id=self._id(ticket),
            url=ticket.page_url,
            base=self._public_url,
            published_at=published,
            updated_at=moment,
            state=state,
        )

    def _id(self, ticket: Ticket) -> str:
        return tag_uri(self._domain, ticket.disclosure_id)

    def _key(self, ticket: Ticket) -> str:
        return f"mingbai-{ticket.delivery_id}-{Rendered(payload=ticket.payload).sha256[:16]}"

    def _page_url(self, document: Mapping[str, Any], ticket: Ticket) -> str:
        """The address that the receiver names, if it is http(s) on an allowed host; else our own permanent address."""
        url = str(document.get("url") or "")
        parts = urlsplit(url)
        allowed = parts.scheme in ("http", "https") and parts.hostname in self._page_hosts and len(url) <= 512
        return url if allowed else ticket.page_url


def _words(page: bytes, charset: str) -> str:
    try:
        return html.unescape(page.decode(charset, errors="replace"))
    except LookupError:
        return html.unescape(page.decode("utf-8", errors="replace"))

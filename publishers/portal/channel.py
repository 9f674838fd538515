"""The portal as a local channel: the public page is written in the ledger's own transaction."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import aiohttp
from tortoise.backends.base.client import BaseDBAsyncClient

from disclosures.content import Content
from disclosures.particulars import as_table
from publishers.errors import ChannelUnavailable
from publishers.port import (
    Capabilities,
    ChannelName,
    Live,
    Liveness,
    Problem,
    Rendered,
    Severity,
    Sighting,
    Ticket,
    Verdict,
)
from publishers.portal import history, markup, reading
from publishers.readback import DIFFERS, WARNED_ELSEWHERE
from publishers.records import PortalPage

LIVE, WITHDRAWN, REPEALED = "live", "withdrawn", "repealed"
TITLE_LIMIT = 200
SUMMARY_LIMIT = 200
"""Characters; the metadata box's 内容概述 is a sentence or two."""


class PortalChannel:
    """Publishes disclosures to our own portal. ``site_name`` stands on the page as the issuer of last resort; ``http``
    reads the public page back (None: only what is stored can be compared)."""

    def __init__(self, *, site_name: str, http: aiohttp.ClientSession | None = None) -> None:
        self._site_name = site_name
        self._http = http

    @property
    def name(self) -> ChannelName:
        return ChannelName.PORTAL

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(local=True, links_to_portal=False)

    def render(self, content: Content, *, page_url: str) -> Rendered:
        """The page's fields and its cleaned HTML: what is frozen in the delivery and stored in ``PortalPage``."""
        return Rendered(payload=page_payload(content, page_url=page_url, site_name=self._site_name))

    def check(self, content: Content, *, page_url: str) -> tuple[Problem, ...]:
        return check_page(content)

    def approved_text(self, payload: Mapping[str, Any]) -> str:
        """Title, text and names of the attachments, as they stand on the page."""
        return reading.approved_text(payload, attachments=True)

    async def read_back(self, ticket: Ticket) -> Live:
        """The public page, fetched as a citizen fetches it; and the stored page, field by field, against what was frozen."""
        page = await PortalPage.get_or_none(disclosure_id=ticket.disclosure_id)
        if page is None or page.state == WITHDRAWN:
            message = "门户上没有这一页" if page is None else "该信息已从门户撤回"
            return Live(liveness=Liveness.GONE, url=ticket.page_url, message=message)
        evidence: dict[str, Any] = {"stored_sha256": frozen(page.payload).sha256}
        if differs := reading.stored_differs(page.payload, ticket.payload):
            evidence[DIFFERS] = [
                f"数据库中保存的页面与定稿不一致：{'、'.join(history.label(name) for name in differs)}"
            ]
        if self._http is None:
            return _unread(ticket, "没有设置读取公开网页的途径", evidence)
        try:
            got = await reading.fetched(self._http, ticket.page_url)
        except ChannelUnavailable as trouble:
            hint = "服务器打不开自己的公开网址，请系统管理员放行本机访问门户域名"
            # The readiness probe of the public address warns once, instead of every page by itself.
            return _unread(ticket, f"{trouble}（{hint}）", {**evidence, **trouble.detail, WARNED_ELSEWHERE: True})
        evidence["status"] = got.status
        if got.status in reading.GONE:
            return Live(
                liveness=Liveness.GONE, url=ticket.page_url, message=f"公开网址返回 {got.status}，公众看不到这一页", evidence=evidence
            )  # fmt: skip
        if got.status != 200:
            return _unread(ticket, f"公开网址返回 {got.status}", evidence)
        text = await asyncio.to_thread(reading.own_text, got.page, got.charset)
        return Live(liveness=Liveness.LIVE, text=text, url=ticket.page_url, evidence=evidence)

    async def publish(self, connection: BaseDBAsyncClient, ticket: Ticket, *, now: datetime) -> Sighting:
        """Writes the page, or corrects it: the first ``published_at`` stays (发布日期 is never rewritten). The same
        release twice changes nothing; a page withdrawn after this very release stays withdrawn (GONE)."""
        page = await _page(connection, ticket.disclosure_id)
        seen = Sighting(verdict=Verdict.PUBLISHED, external_id=str(ticket.disclosure_id), url=ticket.page_url)
        if page is None:
            await self._write_first(connection, ticket, now)
            return seen
        if page.release_id == ticket.release_id:
            if page.state == WITHDRAWN:
                return Sighting(verdict=Verdict.GONE, external_id=seen.external_id, message="该信息已撤回")
            return seen
        before, text = page.payload, search_text(ticket.payload)
        act = "updated" if page.state == LIVE else "restored"
        change = history.update_entry(before, ticket.payload, text_before=page.text, text_after=text, at=now, act=act)
        page.payload = {**ticket.payload, "history": [*_history(before), change]}
        page.update_from_dict(_columns(ticket, text))
        page.state, page.withdrawn_at, page.explanation = LIVE, None, ""
        page.updated_at = now
        await page.save(using_db=connection)
        return seen

    async def retract(
        self, connection: BaseDBAsyncClient, disclosure_id: int, *, explanation: str, repealed: bool, now: datetime
    ) -> None:
        """撤回 takes the text away (410, tombstone in the feeds); 废止 leaves it with a banner. A withdrawn page
        that is repealed later stays withdrawn: repealing must not make it public again."""
        page = await _page(connection, disclosure_id)
        if page is None or (page.state == WITHDRAWN and repealed):
            return
        state = REPEALED if repealed else WITHDRAWN
        if page.state == state and page.explanation == explanation:
            return
        page.payload = {
            **page.payload,
            "history": [*_history(page.payload), history.entry(state, at=now, note=explanation)],
        }
        page.state, page.explanation, page.updated_at = state, explanation, now
        if not repealed:
            page.withdrawn_at = now
        await page.save(using_db=connection)

    async def _write_first(self, connection: BaseDBAsyncClient, ticket: Ticket, now: datetime) -> None:
        payload = {**ticket.payload, "history": [history.entry("published", at=now)]}
        await PortalPage.create(
            using_db=connection,
            disclosure_id=ticket.disclosure_id,
            state=LIVE,
            payload=payload,
            published_at=now,
            updated_at=now,
            **_columns(ticket, search_text(ticket.payload)),
        )


def _unread(ticket: Ticket, message: str, evidence: dict[str, Any]) -> Live:
    """Nobody can tell what the public sees; a stored page that is not what was frozen is told all the same."""
    return Live(liveness=Liveness.UNREADABLE, url=ticket.page_url, message=message, evidence=evidence)


async def _page(connection: BaseDBAsyncClient, disclosure_id: int) -> PortalPage | None:
    return await PortalPage.filter(disclosure_id=disclosure_id).using_db(connection).select_for_update().first()


def page_payload(content: Content, *, page_url: str, site_name: str) -> dict[str, Any]:
    """The frozen page: every public field of the content, plain JSON. Nothing of the other channels' versions."""
    return {
        "title": content.title,
        "body_html": markup.shown(as_table(content.particulars) + content.body_html, page_url=page_url),
        "department": content.department,
        "category": content.category,
        "formed_on": content.formed_on.isoformat(),
        "index_number": content.index_number,
        "document_number": content.document_number,
        "summary": content.summary,
        "keywords": list(content.keywords),
        "stage": content.stage,
        "validity": content.validity,
        "source": content.source or content.department or site_name,
        "interprets": content.interprets,
        "pictures": [{**asdict(f), "path": f.path} for f in content.pictures],
        "attachments": [{**asdict(f), "path": f.path} for f in content.attachments],
        "page_url": page_url,
    }


def check_page(content: Content) -> tuple[Problem, ...]:
    """What would spoil a portal page, whichever system shows it. Pure."""
    found: list[Problem] = []

    def block(field: str, message: str, remedy: str) -> None:
        found.append(Problem(severity=Severity.BLOCK, field=field, message=message, remedy=remedy))

    title = content.title.strip()
    if not title:
        block("title", "标题为空", "请填写标题")
    elif len(title) > TITLE_LIMIT:
        block("title", f"标题有{len(title)}字，门户最多{TITLE_LIMIT}字", f"请把标题缩短到{TITLE_LIMIT}字以内")
    if not markup.plain_text(content.body_html) and "<img" not in content.body_html and not content.attachments:
        block("body", "正文为空", "请填写正文，或者添加附件")
    if len(content.summary) > SUMMARY_LIMIT:
        block("summary", f"内容概述有{len(content.summary)}字，最多{SUMMARY_LIMIT}字", f"请缩短到{SUMMARY_LIMIT}字以内")
    if missing := markup.pictures_without_alt(content.body_html):
        block("body", f"正文有{missing}张图片没有图片说明，读屏软件无法读出", "请为每张图片填写图片说明")
    if outside := markup.pictures_from_outside(content.body_html):
        block("body", f"正文有{outside}张图片不在本系统内，公众无法看到", "请把图片上传到本系统后再插入")
    for name, value, label in (
        ("department", content.department, "发布机构"),
        ("category", content.category, "分类"),
        ("index_number", content.index_number, "索引号"),
    ):
        if not value.strip():
            block(name, f"缺少{label}", f"请填写{label}")
    found += [
        Problem(
            severity=Severity.WARN,
            field="attachments",
            message=f"附件“{file.file_name}”没有标题",
            remedy="请填写公众看得懂的附件标题",
        )
        for file in content.attachments
        if not file.title.strip()
    ]
    return tuple(found)


def search_text(payload: Mapping[str, Any]) -> str:
    """Everything the portal's search should find, as plain text: body, numbers, keywords, attachment titles."""
    parts = [
        markup.plain_text(str(payload.get("body_html", ""))),
        str(payload.get("summary", "")),
        str(payload.get("document_number", "")),
        str(payload.get("index_number", "")),
        " ".join(payload.get("keywords", ())),
        " ".join(str(f.get("title") or f.get("file_name", "")) for f in payload.get("attachments", ())),
    ]
    return "\n".join(part for part in parts if part)


def frozen(payload: Mapping[str, Any]) -> Rendered:
    """The part of a stored page that was approved and frozen; its hash must equal the delivery's payload hash."""
    return Rendered(payload={name: value for name, value in payload.items() if name != "history"})


def _columns(ticket: Ticket, text: str) -> dict[str, Any]:
    return {
        "release_id": ticket.release_id,
        "title": str(ticket.payload["title"]),
        "unit": str(ticket.payload["department"]),
        "category": str(ticket.payload["category"]),
        "text": text,
    }


def _history(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(payload.get("history") or [])

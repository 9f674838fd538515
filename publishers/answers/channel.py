"""The bot as a channel: a released text becomes one knowledge entry, in the transaction of the ledger. Pure rendering;
the bot then says the text word for word, with its source and validity."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient

from audit.actor import Actor
from disclosures.content import Content
from disclosures.particulars import as_lines
from knowledge.curation import Curation
from knowledge.entry import IN_FORCE, VALIDITIES, Entry, EntryKind, disclosure_entry_id
from knowledge.exchange import from_json, to_json
from publishers.answers.plain import plain_text
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

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
MACHINE: Final = Actor.machine("发布系统")
POLICIES: Final = frozenset(("政策文件", "规范性文件", "其他文件"))
"""Categories whose texts are documents: their answers name the document and its number."""
SERVICES: Final = frozenset(("办事指南",))
REPEALED: Final = "废止"
PENDING_ID: Final = "disclosure:0"
"""Rendering knows no disclosure number yet; the entry gets its own when it is published."""


class AnswersChannel:
    """Teaches the bot. A curator's entries are never touched: an entry of a disclosure has an id of its own."""

    def __init__(self, *, curation: Curation) -> None:
        self._curation = curation

    @property
    def name(self) -> ChannelName:
        return ChannelName.ANSWERS

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(local=True, links_to_portal=True)

    def render(self, content: Content, *, page_url: str) -> Rendered:
        entry = Entry(
            id=PENDING_ID, origin=PENDING_ID, kind=_kind(content.category), title=content.title.strip(),
            body=_body(content), keywords=tuple(word.strip() for word in content.keywords if word.strip()),
            unit=content.department, issuer=content.source or content.department, source=_source(content),
            source_url=page_url, document_number=content.document_number, made_on=content.formed_on,
            validity=content.validity if content.validity in VALIDITIES else IN_FORCE,
        )  # fmt: skip
        return Rendered(payload={"entry": to_json(entry)})

    def check(self, content: Content, *, page_url: str) -> tuple[Problem, ...]:
        if _body(content):
            return ()
        return (
            Problem(
                severity=Severity.WARN, field="body", message="正文没有文字，群众提问时机器人只能答复标题和链接",
                remedy="请补充摘要，或把图片、附件中的主要内容写成文字。",
            ),
        )  # fmt: skip

    def approved_text(self, payload: Mapping[str, Any]) -> str:
        """What the bot may say: title and text of the entry."""
        return _spoken(from_json(dict(payload["entry"])))

    async def read_back(self, ticket: Ticket) -> Live:
        """The entry as the knowledge base has it now: what the bot says is read from there, word for word."""
        entry = await self._curation.stored(disclosure_entry_id(ticket.disclosure_id))
        url = ticket.page_url
        if entry is None:
            return Live(liveness=Liveness.GONE, url=url, message="知识库中没有这一条")
        if not entry.live:
            return Live(liveness=Liveness.GONE, url=url, message="知识条目已停用，机器人不再据此答复")
        return Live(liveness=Liveness.LIVE, text=_spoken(entry), url=url, evidence={"entry": entry.id})

    async def publish(self, connection: BaseDBAsyncClient, ticket: Ticket, *, now: datetime) -> Sighting:
        row: dict[str, Any] = dict(ticket.payload["entry"])
        today = now.astimezone(SHANGHAI).date()
        entry = replace(from_json(row), published_on=today)
        before = await self._curation.stored(disclosure_entry_id(ticket.disclosure_id), using_db=connection)
        if before is not None:
            # A corrected text says from when on it replaces the former one; the same text once more is no correction.
            entry = replace(entry, valid_from=before.valid_from if _teaches(before) == _teaches(entry) else today)
        taught = await self._curation.upsert_from_disclosure(
            ticket.disclosure_id, entry, actor=MACHINE, using_db=connection
        )
        return Sighting(verdict=Verdict.PUBLISHED, external_id=taught.id, url=taught.source_url)

    async def retract(
        self, connection: BaseDBAsyncClient, disclosure_id: int, *, explanation: str, repealed: bool, now: datetime
    ) -> None:
        if not repealed:
            await self._curation.withdraw_disclosure(disclosure_id, explanation, actor=MACHINE, using_db=connection)
            return
        entry = await self._curation.entry(
            disclosure_entry_id(disclosure_id), today=now.astimezone(SHANGHAI).date(), using_db=connection
        )
        if entry is not None:
            await self._curation.upsert_from_disclosure(
                disclosure_id,
                replace(entry, validity=REPEALED, withdrawn_because=explanation),
                actor=MACHINE,
                using_db=connection,
            )


def _teaches(entry: Entry) -> tuple[object, ...]:
    """What of an entry is the approved text and its source."""
    return (entry.title, entry.body, entry.kind, entry.unit, entry.issuer, entry.document_number, entry.made_on)


def _spoken(entry: Entry) -> str:
    return f"{entry.title}\n{entry.body}".strip()


def _kind(category: str) -> EntryKind:
    if category in POLICIES:
        return EntryKind.policy
    return EntryKind.service if category in SERVICES else EntryKind.faq


def _body(content: Content) -> str:
    """Summary and body, both approved; a summary that only repeats the body's words is not said twice."""
    text, summary = plain_text(content.body_html), content.summary.strip()
    body = "\n".join([*as_lines(content.particulars), text]).strip()
    return body if summary in body else f"{summary}\n{body}".strip()


def _source(content: Content) -> str:
    title = content.title.strip()
    return title if title.startswith("《") and title.endswith("》") else f"《{title}》"

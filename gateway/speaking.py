"""Joins the bot to the doors it does not know: the portal's chat page, and ``POST /api/v1/ask``."""

import hashlib
from typing import Any
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient

from audit.clock import Clock
from bot.conversation import Conversation, EntryOf, KeepUnanswered, Turn, Unanswered
from bot.web import WebChat
from disclosures.personal import mask
from knowledge.curation import Curation
from knowledge.entry import Entry
from portal.chat import ChatOption, ChatReply, ChatSource

NONE_OF_THESE = "都不是"
EXAMPLES = ("低保怎么申请？", "医保在外地看病怎么报销？", "听说自来水要停三天，是真的吗？")
"""Three real questions that the bot shows instead of a manual."""
SHANGHAI = ZoneInfo("Asia/Shanghai")


def keeping(curation: Curation) -> KeepUnanswered:
    """Puts a question that nobody could answer on the curators' list; the asker is kept as a hash only."""

    async def keep(connection: BaseDBAsyncClient, question: Unanswered) -> None:
        asker = hashlib.sha256(f"{question.channel}:{question.sender}".encode()).hexdigest()
        await curation.keep_unanswered(
            text=mask(question.text), masked=mask(question.text), channel=question.channel, asker_hash=asker,
            asked_at=question.asked_at, decision=question.decision, reason=question.reason,
            candidates=[{"id": c.id, "title": c.title, "score": c.score} for c in question.candidates],
            confidence=question.confidence, using_db=connection,
        )  # fmt: skip

    return keep


def reading(curation: Curation, clock: Clock) -> EntryOf:
    """Reads an entry anew from the database, so that a withdrawal counts at once."""

    async def read(entry_id: str) -> Entry | None:
        return await curation.entry(entry_id, today=(await clock.now()).astimezone(SHANGHAI).date())

    return read


class Speaking:
    """The same conversation in the shapes of the portal and of the API."""

    def __init__(self, *, conversation: Conversation) -> None:
        self._conversation = conversation
        self._chat = WebChat(conversation=conversation)

    async def chat(self, visitor: str, text: str) -> ChatReply:
        """For the web chat."""
        turn = await self._chat.answer(visitor, text)
        options = [ChatOption(label=option.title, say=str(number)) for number, option in enumerate(turn.options, 1)]
        if options:
            options.append(ChatOption(label=NONE_OF_THESE, say=NONE_OF_THESE))
        if turn.more:
            options.append(ChatOption(label="更多", say="更多"))
        sources = tuple(
            ChatSource(title=s.title, url=s.url, note=" · ".join(p for p in (s.document_number, s.unit, s.date, s.validity) if p))
            for s in turn.sources
        )
        return ChatReply(lines=tuple(turn.text.splitlines()), options=tuple(options), sources=sources)

    async def api(self, text: str, session: str) -> dict[str, Any]:
        """For the API: {decision, confidence, answer, sources, options, hits}. Without a session nothing is remembered."""
        turn: Turn = await self._conversation.answer(channel="api", sender=session[:128], text=text)
        return {
            "decision": turn.decision,
            "confidence": round(turn.confidence, 6),
            "answer": turn.text,
            "sources": [
                {"title": s.title, "document_number": s.document_number, "unit": s.unit, "date": s.date,
                 "validity": s.validity, "url": s.url}
                for s in turn.sources
            ],
            "options": [{"id": option.id, "title": option.title} for option in turn.options],
            "hits": [{"id": hit.entry.id, "title": hit.entry.title, "score": round(hit.score, 4)} for hit in turn.hits],
        }  # fmt: skip

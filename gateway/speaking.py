"""Joins the bot to the doors it does not know: the portal's chat page, and ``POST /api/v1/ask``."""

from typing import Any

from bot.conversation import Conversation
from bot.inputs import Inputs
from bot.nearby import gcj02
from bot.quoting import block, first_quote
from bot.seeking import Place
from bot.turn import Turn
from bot.urgent import urgent_text
from bot.web import WebChat
from bot.wording import Source
from portal.chat import ChatNews, ChatOption, ChatReply, ChatSource

NONE_OF_THESE = "都不是"
WHOLE = "查看全文"
SAID_BELOW = ("依据：", "发文机关：", "单位：", "成文日期：", "公布日期：", "日期：", "有效性：", "链接：")
"""Lines of the basis that the web chat shows as a linked source below the answer instead."""
BASIS = (*SAID_BELOW, "咨询电话：")
LABELS = {"转发": "取转发短文", "告诉我": "有结果告诉我", "核实": "请工作人员核实", "登记": "登记，请工作人员答复"}
"""What the buttons are called that say a word for the visitor."""
EXAMPLES = ("低保要符合什么条件？", "到外省看病怎么备案？", "医保卡里的钱年底会清零，是真的吗？")
"""Three real questions that the bot shows instead of a manual."""


class Speaking:
    """The same conversation in the shapes of the portal and of the API."""

    def __init__(
        self, *, conversation: Conversation, inputs: Inputs | None = None, chat: WebChat | None = None
    ) -> None:
        self._conversation = conversation
        self._inputs = inputs or Inputs(conversation=conversation)
        self._chat = chat or WebChat(conversation=conversation)

    def urgent(self, text: str) -> bool:
        """Whether somebody speaks of danger: he is answered, however much was sent before."""
        return bool(urgent_text(text))

    async def chat(self, visitor: str, text: str) -> ChatReply:
        """For the web chat."""
        return self._reply(await self._chat.answer(visitor, text))

    async def picture(self, visitor: str, data: bytes) -> ChatReply:
        """A picture from the web chat, kept for the officer. Raises FileRefused."""
        text = await self._inputs.picture(channel="web", sender=visitor[:128], data=data)
        return ChatReply(lines=(text,))

    async def near(self, visitor: str, *, latitude: float | None, longitude: float | None, street: str) -> ChatReply:
        """The nearest counters to where a visitor says that he is; degrees are WGS-84, as browsers give them."""
        place = Place(label=street)
        if latitude is not None and longitude is not None:
            north, east = gcj02(latitude, longitude)
            place = Place(latitude=north, longitude=east, label=street)
        return self._reply(await self._chat.located(visitor, place))

    def _reply(self, turn: Turn) -> ChatReply:
        options = [
            ChatOption(label=f"{number}. {option.title}", say=str(number))
            for number, option in enumerate(turn.options, 1)
        ]
        if options:
            options.append(ChatOption(label=f"{len(options) + 1}. {NONE_OF_THESE}", say=NONE_OF_THESE))
        if turn.more:
            options.append(
                ChatOption(label=WHOLE, say=WHOLE) if turn.quotation else ChatOption(label="更多", say="更多")
            )
        options += [ChatOption(label=LABELS.get(word, word), say=word) for word in turn.replies]
        sources = tuple(ChatSource(title=s.title, url=s.url, note=_note(s)) for s in turn.sources)
        before, quote, after = _around_the_quote(turn)
        return ChatReply(lines=before, quote=quote, notes=after, options=tuple(options), sources=sources)

    async def news(self, visitor: str) -> ChatNews:
        """What a visitor of the web chat must be told before he asks."""
        text, waits = await self._chat.news(visitor)
        return ChatNews(lines=tuple(line for line in text.splitlines() if line), waits=waits)

    async def heard(self, channel: str, text: str) -> tuple[str, str]:
        """What a citizen of that channel would read who has said nothing before, and the step that led to it. Reads only:
        nothing is kept of it."""
        turn = await self._conversation.consider(channel=channel, sender="", text=text)
        return turn.text, str(turn.step)

    async def api(self, text: str, session: str) -> dict[str, Any]:
        """For the API: {decision, confidence, answer, sources, options, hits}; the first hit has `quote`, the passage that answers,
        when it is a policy's text. Without a session nothing is remembered."""
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
            "hits": _hits(turn, text),
        }  # fmt: skip


def _hits(turn: Turn, text: str) -> list[dict[str, Any]]:
    hits: list[dict[str, Any]] = [
        {"id": hit.entry.id, "title": hit.entry.title, "score": round(hit.score, 4)} for hit in turn.hits
    ]
    if quote := first_quote(turn.hits, text):
        hits[0]["quote"] = quote
    return hits


def _around_the_quote(turn: Turn) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """The reply's lines before a quotation, the quotation as it is shown, and the lines after it."""
    if turn.quotation is None or turn.entry is None:
        return _lines(turn, turn.text), "", ()
    quote = block(turn.entry.body, turn.quotation)
    before, _, after = turn.text.partition(quote)
    return tuple(line for line in before.splitlines() if line), quote, _lines(turn, after.removeprefix("\n"))


def _note(source: Source) -> str:
    """Number, unit, day and validity; the number is left out where the title already says it."""
    number = "" if source.document_number in source.title else source.document_number
    return " · ".join(part for part in (number, source.unit, source.date, source.validity) if part)


def _lines(turn: Turn, text: str) -> tuple[str, ...]:
    """The lines of a reply or of its part; the numbered choices are left to the buttons, and the basis to the sources below them."""
    choices = {f"{number}. {option.title}" for number, option in enumerate(turn.options, 1)}
    choices.add(f"{len(turn.options) + 1}. {NONE_OF_THESE}")
    lines = [line for line in text.splitlines() if line not in choices]
    start = len(lines) - next((n for n, line in enumerate(reversed(lines)) if not line.startswith(BASIS)), 0)
    if turn.sources and 0 < start < len(lines) and not lines[start - 1]:  # A blank line parts the basis from the text.
        lines = lines[: start - 1] + [line for line in lines[start:] if not line.startswith(SAID_BELOW)]
    return tuple(lines)

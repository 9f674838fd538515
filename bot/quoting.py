"""Quoting: a long text is answered by the passage that answers, word for word, with its document. It reads and writes nothing.

What is to be known before the text is read (废止, 失效, 已修改) stands in the first line, above the quotation. Around the quoted
characters stand only marks: 「 」, and …… where a sentence is not quoted whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.measure import Measure
from bot.wording import answer_pages, frame_of, warning_of
from knowledge.clauses import is_whole
from knowledge.entry import Entry, EntryKind
from knowledge.finding import Hit
from knowledge.message import question_in
from knowledge.quotation import LIMIT, Quotation, quote

SAID_WHOLE: Final = {EntryKind.policy: LIMIT, EntryKind.faq: 600, EntryKind.service: 600}
"""Characters up to which a text is said whole where the channel has room: the answer that a curator wrote is an answer from its
first word on, a document is not. A clarification is never quoted in part."""
WHOLE_BY_LINK: Final = "（以上为原文节选，全文见下方链接，或回复“全文”）"
WHOLE_BY_WORD: Final = "（以上为原文节选，查看全文请回复“全文”）"
LEAST: Final = 20
"""A channel that has not even room for so many characters gets the beginning of the text, page by page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """A reply that quotes: the whole message, and what of the entry's body it quotes."""

    text: str
    quotation: Quotation


def quoted(entry: Entry, measure: Measure, question: str) -> Quoted | None:
    """The reply by quotation, short enough for the channel; None when the text is to be said whole or page by page."""
    longest = SAID_WHOLE.get(entry.kind)
    if longest is None or entry.withdrawn or not question.strip():
        return None
    frame = frame_of(entry, measure)
    if len(frame.body) <= longest and measure.fits(frame.around(frame.body)):
        return None
    hint, limit = WHOLE_BY_LINK if "\n链接：" in frame.basis else WHOLE_BY_WORD, LIMIT
    while limit >= LEAST:
        quotation = quote(entry.body, question_in(question), limit=limit)
        if quotation is None:
            return None
        text = frame.around(f"{block(entry.body, quotation)}\n{hint}")
        if measure.fits(text):
            return Quoted(text=text, quotation=quotation)
        limit = min(limit, len(quotation.text)) - LEAST
    return None


def said_of(entry: Entry, measure: Measure, question: str) -> str:
    """The first message of the answer that an entry is to a question."""
    reply = quoted(entry, measure, question)
    return reply.text if reply else answer_pages(entry, measure)[0]


def block(body: str, quotation: Quotation) -> str:
    """The quotation as it is shown."""
    begins, ends = is_whole(body, quotation.start), is_whole(body, quotation.end)
    return f"{'' if begins else '……'}「{quotation.text}」{'' if ends else '……'}"


def first_quote(hits: Sequence[Hit], question: str) -> dict[str, str | int] | None:
    """For other programs: the passage of the first hit, a policy's text, that answers the question. Of a text that is no longer
    in force the warning comes first."""
    if not hits or hits[0].entry.kind is not EntryKind.policy:
        return None
    quotation = quote(hits[0].entry.body, question_in(question))
    if quotation is None:
        return None
    warning = warning_of(hits[0].entry)
    said: dict[str, str | int] = {"warning": warning} if warning else {}
    return said | {"text": quotation.text, "start": quotation.start, "end": quotation.end}

"""Approved words for a handler's reply: looked for in the base, put in word for word, and known again afterwards. Pure.

What is put in is the entry's text (or the passage of it that answers) with a line that says where it comes from. A reply
counts as quoting an entry only while that text stands in it unchanged; what was changed is the handler's own words.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from console.case_services import Room
from knowledge.entry import Entry
from knowledge.finding import Hit
from knowledge.quotation import quote

MOST: Final = 5
LEFT_FREE: Final = 20
"""Characters of a reply that are left for a greeting."""
SHORTEST: Final = 8
"""Characters below which a passage is no quotation of anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Approved words that may answer. ``text`` is what is put in."""

    entry_id: str
    title: str
    text: str
    whole: bool
    """The entry's whole text; otherwise a passage of it."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a reply: approved words of an entry, or the handler's own."""

    text: str
    approved: bool


def source_line(entry: Entry) -> str:
    """Where an entry's words come from, as it stands below them."""
    where = entry.source or entry.document_number or entry.issuer or entry.unit or entry.title
    number = entry.document_number if entry.document_number not in where else ""
    known = "，".join(part for part in (number, entry.validity) if part)
    link = f" {entry.source_url}" if entry.source_url else ""
    return f"依据：{where}{f'（{known}）' if known else ''}{link}"


def propose(hits: Iterable[Hit], question: str, *, room: Room, today: date) -> tuple[Proposal, ...]:
    """What may be said: entries that answer today, neither withdrawn nor a rumour under check."""
    found = []
    for hit in hits:
        entry = hit.entry
        if entry.withdrawn or entry.under_check or not entry.answers_on(today):
            continue
        if (proposal := _proposal(entry, question, room)) is not None:
            found.append(proposal)
    return tuple(found[:MOST])


def _proposal(entry: Entry, question: str, room: Room) -> Proposal | None:
    body, line = entry.body.strip(), source_line(entry)
    if not body:
        return None
    left = room.limit - LEFT_FREE - len(line)
    title = entry.title or entry.id
    if len(body) <= left:
        return Proposal(entry_id=entry.id, title=title, text=f"{body}\n{line}", whole=True)
    passage = quote(entry.body, question, limit=left) if left > SHORTEST else None
    said = passage.text.strip() if passage is not None else ""
    if len(said) < SHORTEST or len(said) > left:
        return None
    note = "条目较长，这里是其中回答所问的一段"
    return Proposal(entry_id=entry.id, title=title, text=f"{said}\n{line}", whole=False, note=note)


def quotes(text: str, quoted: str, entry: Entry | None) -> bool:
    """Whether a reply says an entry's words as they were put in."""
    if entry is None or not quoted.strip() or plain(quoted) not in plain(text):
        return False
    said, _, line = plain(quoted).rpartition("\n")
    body = plain(entry.body)
    return line == source_line(entry) and (said == body or (len(said) >= SHORTEST and said in body))


def parts(text: str, entry: Entry | None) -> tuple[Part, ...]:
    """A reply in pieces: the approved words with their line, and what the handler wrote around them."""
    text = plain(text)
    line = source_line(entry) if entry is not None else ""
    place = text.find(f"\n{line}") if line else -1
    if entry is None or place < 0:
        return (Part(text=text, approved=False),)
    before, end, body = text[:place], place + 1 + len(line), plain(entry.body)
    for start in (0, *(at + 1 for at, sign in enumerate(before) if sign == "\n")):
        said = before[start:]
        if said and said in body and (said == body or len(said) >= SHORTEST):
            pieces = ((before[:start].strip(), False), (text[start:end].strip(), True), (text[end:].strip(), False))
            return tuple(Part(text=piece, approved=approved) for piece, approved in pieces if piece)
    return (Part(text=text, approved=False),)


def plain(text: str) -> str:
    """Line ends of a form as \\n, nothing around it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()

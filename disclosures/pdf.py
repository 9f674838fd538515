"""The text of a PDF, for the checks; and whether it has any: a scanned picture cannot be searched, read aloud or checked.

pypdf runs in a process of its own (``disclosures.confined``), because a hostile PDF can keep a reader busy for ever.
"""

import hashlib
import io
import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

import pypdf
from pypdf.errors import PyPdfError

from disclosures.confined import Busy, CannotRead, Unreadable, read_in_process

MOST_PAGES: Final = 300
"""Pages that are read; what follows is counted, not read."""
MOST_TEXT: Final = 500_000
"""Characters that are kept."""
SECONDS: Final = 15
_REMEMBERED: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfText:
    """What could be read. ``problem`` is for the screen: why nothing, or not everything, was read; empty when all was."""

    text: str = ""
    pages: int = 0
    pages_read: int = 0
    blank_pages: int = 0
    """Pages among those read that show something but hold no text: scanned pictures."""
    problem: str = ""

    @property
    def scanned(self) -> bool:
        """Whether it is a picture of a text and no text: at least half of what was read."""
        return self.blank_pages > 0 and self.blank_pages * 2 >= self.pages_read


# A text is checked at every pause in typing; its attachments stay the same.
_known: OrderedDict[str, PdfText] = OrderedDict()
_guard = threading.Lock()


def pdf_text(data: bytes) -> str:
    """The text of a PDF, at most MOST_TEXT characters; empty for a scanned picture and for what cannot be read. Blocks:
    call it in a thread."""
    return read_pdf(data).text


def read_pdf(data: bytes) -> PdfText:
    """The text of a PDF and how much of it is text. Never raises for a bad file. Blocks up to SECONDS: call it in a
    thread. The last few answers are remembered."""
    digest = hashlib.sha256(data).hexdigest()
    with _guard:
        if digest in _known:
            _known.move_to_end(digest)
            return _known[digest]
    try:
        told = PdfText(**read_in_process("pdf", data, seconds=SECONDS))
    except Busy as busy:
        return PdfText(problem=str(busy))  # Not remembered: the next look may find a free moment.
    except CannotRead as unread:
        told = PdfText(problem=str(unread))
    with _guard:
        _known[digest] = told
        while len(_known) > _REMEMBERED:
            _known.popitem(last=False)
    return told


def job(data: bytes, deadline: float) -> dict[str, Any]:
    """Runs in the confined process; ``deadline`` by the monotonic clock. Raises Unreadable."""
    logging.disable(logging.CRITICAL)
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("PDF 设有打开密码，无法检查其中的文字。")
        return _read(reader, deadline)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError) as broken:
        # pypdf meets broken structures with whatever Python raises.
        raise Unreadable("PDF 文件已损坏，无法检查其中的文字。") from broken


def _read(reader: pypdf.PdfReader, deadline: float) -> dict[str, Any]:
    pages = len(reader.pages)
    texts: list[str] = []
    room, read, blank = MOST_TEXT, 0, 0
    for number in range(min(pages, MOST_PAGES)):
        if room <= 0 or time.monotonic() > deadline:
            break
        page = reader.pages[number]
        text = (page.extract_text() or "").strip()[:room]
        read += 1
        room -= len(text)
        if text:
            texts.append(text)
        elif page.get("/Contents") is not None:
            blank += 1
    problem = "" if read == pages else f"PDF 共 {pages} 页，只检查了前 {read} 页的文字。"
    return {"text": "\n".join(texts), "pages": pages, "pages_read": read, "blank_pages": blank, "problem": problem}

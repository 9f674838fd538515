"""The text of a post: composed, counted the Weibo way, and cut at a sentence. Pure.

Counting (the platform's web counter): a full-width character is 1, two half-width ones are 1, a URL is 10 however long
it is up to 140 bytes, and what exceeds these counts as text.
"""

import math
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from publishers.weibo.limits import Limits

URL: Final = re.compile(r"https?://[A-Za-z0-9][-A-Za-z0-9_$.+!*()/,:;@&=?~#%']*", re.IGNORECASE)
TOPIC: Final = re.compile(r"#([^#\n]+)#")
SENTENCE_END: Final = re.compile(r"(?:[。！？!?；;…]+|\.(?=\s|$))[”’」』》）)】]*")
CLAUSE_END: Final = re.compile(r"[，、：—]+")
WORD_ACROSS: Final = re.compile(r"[0-9A-Za-z.,:%‰/_+\-]")
OPENING: Final = "“‘「『《（(【〔["
CLOSING: Final = "”’」』》）)】〕]"
ELLIPSIS: Final = "……"
CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u200b-\u200f\u2028-\u202e\ufeff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post as it will be sent: the whole text with its link, and its counted length."""

    text: str
    link: str
    count: int


def counted(text: str, limits: Limits) -> int:
    """The length of a text as Weibo counts it, in characters, rounded up."""
    links = [found.group() for found in URL.finditer(text.strip())]
    half = sum(limits.link * 2 + max(0, len(link) - limits.link_free_bytes) for link in links)
    return math.ceil((half + _half_widths(URL.sub("", text.strip()))) / 2)


def _half_widths(text: str) -> int:
    """Half-width units: one for a Latin-1 character, two for every other UTF-16 unit (an emoji is two units)."""
    units = text.encode("utf-16-le", "surrogatepass")
    return sum(2 if units[place] else 1 for place in range(1, len(units), 2))


def encoded(link: str) -> str:
    """The link with every non-ASCII character percent-encoded, as the platform's URL rule needs it."""
    return quote(link, safe="%/:?#[]@!$&'()*+,;=~-._")


def is_on(link: str, domain: str) -> bool:
    """Whether a link is on exactly this domain: www. and the bare domain are two domains to Weibo (error 10017)."""
    try:
        parts = urlsplit(link)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    if parts.username is not None or not host:
        return False
    return domain.strip().lower() in {host, f"{host}:{port}"}


def room_of(text: str, limits: Limits) -> int:
    """How many characters of a text stand before the platform's limit: its length, unless the text is too long."""
    if counted(text, limits) <= limits.hard:
        return len(text)
    low, high = 0, len(text)
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (middle, high) if counted(text[:middle], limits) <= limits.hard else (low, middle)
    return low


def links_in(text: str) -> tuple[str, ...]:
    """The links of a text, in order."""
    return tuple(found.group() for found in URL.finditer(text))


def topics_in(text: str) -> tuple[str, ...]:
    """The ``#topic#`` words of a text, which the share interface does not allow."""
    return tuple(found.group(1) for found in TOPIC.finditer(text))


def cleaned(text: str) -> str:
    """Topic hashes and control characters out, runs of white space to one space or one line break."""
    lines = TOPIC.sub(r"\1", CONTROL.sub("", text.replace("\r\n", "\n").replace("\t", " "))).split("\n")
    return "\n".join(line for line in (re.sub(r"[ \u00a0]+", " ", line).strip() for line in lines) if line)


def compose(*, title: str, summary: str, link: str, limits: Limits) -> Post:
    """A post made from title and summary: ``【title】summary link``, at most ``limits.target`` counted characters.

    Links in title and summary are left out, because every link of a post must be on the app's own domain; the page
    that the post links to has them.
    """
    link = encoded(link)
    head, rest = _bare(title), _bare(summary)
    room = limits.target - math.ceil((limits.link * 2 + max(0, len(link) - limits.link_free_bytes)) / 2) - 1
    head = f"【{shortened(head, room - 2, limits)}】" if head else ""
    left = room - counted(head, limits)
    return _post(head + whole_sentences(rest, left, limits), link, limits)


def overridden(*, text: str, link: str, limits: Limits) -> Post:
    """The officer's own text, never cut; the link is added unless the text has it."""
    link = encoded(link)
    own = cleaned(text)
    if link in links_in(own):
        # Weibo's clients read a link up to the next space, so one must follow.
        own = re.sub(re.escape(link) + r"(?=[^\s!-~])", link + " ", own)
        return Post(text=own, link=link, count=counted(own, limits))
    return _post(own, link, limits)


def _post(text: str, link: str, limits: Limits) -> Post:
    whole = f"{text} {link}".strip()
    return Post(text=whole, link=link, count=counted(whole, limits))


def _bare(text: str) -> str:
    return re.sub(r"\s+(?=[。，；：！？、）])", "", re.sub(r"\s+", " ", URL.sub("", cleaned(text)))).strip()


def whole_sentences(text: str, room: int, limits: Limits) -> str:
    """As many whole sentences as fit into ``room``; else whole clauses and an ellipsis; else nothing."""
    if counted(text, limits) <= room:
        return text
    for pattern, tail in ((SENTENCE_END, ""), (CLAUSE_END, ELLIPSIS)):
        ends = [found.end() if not tail else found.start() for found in pattern.finditer(text)]
        for end in reversed(ends):
            cut = text[:end]
            if end and _balanced(cut) and _apart(text, end) and counted(cut + tail, limits) <= room:
                return cut + tail
    return ""


def shortened(text: str, room: int, limits: Limits) -> str:
    """The text, or as much of it as fits with an ellipsis: at a clause where there is one, never inside a Latin word or
    a number."""
    if counted(text, limits) <= room:
        return text
    if whole := whole_sentences(text, room, limits):
        return whole
    for end in range(len(text) - 1, 0, -1):
        cut = text[:end].rstrip()
        if _apart(text, end) and counted(cut + ELLIPSIS, limits) <= room:
            return cut + ELLIPSIS
    return ""


def _apart(text: str, end: int) -> bool:
    """Whether a cut at this place separates no Latin word and no number."""
    if not 0 < end < len(text):
        return True
    return not (WORD_ACROSS.match(text[end - 1]) and WORD_ACROSS.match(text[end]))


def _balanced(text: str) -> bool:
    """Whether every bracket and quotation mark that opens also closes."""
    return all(text.count(one) == text.count(other) for one, other in zip(OPENING, CLOSING, strict=True))


def normalised(text: str) -> str:
    """What of a post stays the same between sending and reading back: no links, white space, hashes or markup."""
    text = re.sub(r"<[^>]*>", "", text)
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        text = text.replace(entity, character)
    text = CONTROL.sub("", URL.sub("", text)).replace("网页链接", "").replace("#", "")
    return re.sub(r"\s+", "", text)

"""What a citizen reads on a portal page: fetched over HTTP without any right of ours, and reduced to the words.

Our own page has a known form: the title, the text and the names of the attachments are taken from their places. A page
of another portal has any form: the lines of the approved text are found in it, from the first that is ours to the last,
so that what stands between them and is not ours shows as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

import aiohttp
from lxml import html as lxml_html
from lxml.etree import ParserError
from lxml.html import HtmlElement

from publishers.errors import ChannelUnavailable
from publishers.portal import markup

PAGE_BYTES: Final = 4 * 1024 * 1024
TIMEOUT: Final = aiohttp.ClientTimeout(total=12, connect=5)
GONE: Final = frozenset({404, 410})
_SILENT: Final = ("script", "style", "noscript", "template", "head")
_MOST_LINES: Final = 20_000
_STRANGE_LINES: Final = 200
"""Of a page that has nothing of ours, so many lines are kept, for a person to see what stands there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A page as the public gets it."""

    status: int
    page: bytes
    charset: str


async def fetched(http: aiohttp.ClientSession, url: str) -> Fetched:
    """The page at ``url``. Raises ChannelUnavailable when this machine cannot reach it."""
    try:
        async with http.get(url, timeout=TIMEOUT, max_redirects=3) as answer:
            page = await read(answer, PAGE_BYTES)
            return Fetched(status=answer.status, page=page, charset=answer.charset or "")
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as trouble:
        raise ChannelUnavailable("暂时读不到门户页面", reason=type(trouble).__name__) from trouble


async def read(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    """At most ``limit`` bytes; what is longer is cut, and will not parse."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in answer.content.iter_chunked(16 * 1024):
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            break
    return b"".join(chunks)[:limit]


def approved_text(payload: Mapping[str, Any], *, attachments: bool) -> str:
    """Title, words and (on our own portal) the names of the attachments, one line a block."""
    parts = [str(payload["title"]), markup.plain_text(str(payload["body_html"]))]
    if attachments:
        parts += [str(file.get("title") or file["file_name"]) for file in payload.get("attachments") or ()]
    return "\n".join(part for part in parts if part)


def own_text(page: bytes, charset: str) -> str:
    """The same of our own page; of a page of another form, all its words: it is not what was published. Blocking."""
    root = _root(page, charset)
    if root is None:
        return ""
    articles = root.xpath("//article[contains(concat(' ', normalize-space(@class), ' '), ' disclosure-page ')]")
    if not articles or not articles[0].xpath("./h1"):
        return "\n".join(_lines(root)[:_STRANGE_LINES])
    article = articles[0]
    parts = [" ".join(title.text_content().split()) for title in article.xpath("./h1[1]")]
    parts += [markup.plain_text(_inner(text)) for text in article.xpath("./div[@class='text'][1]")]
    parts += [" ".join(a.text_content().split()) for a in article.xpath("./section[@class='attachments']//li/a")]
    return "\n".join(part for part in parts if part)


def aligned_text(page: bytes, charset: str, approved: str) -> str:
    """Of a foreign page: the title where the page bears it, and the lines that stand where the approved text stands. What a
    portal puts around them and between the two (its menu, 发布时间, 字号) is its own. Blocking: some milliseconds a page."""
    root = _root(page, charset)
    lines = _lines(root) if root is not None else []
    title, _, body = approved.partition("\n")
    shown = title if any(_key(title) in _key(line) for line in lines) else ""
    if _key(body) in _key("".join(lines)):
        return "\n".join(part for part in (shown, body) if part)  # However the page breaks its lines.
    keys, ours = [_key(line) for line in lines], [_key(line) for line in body.split("\n")]
    blocks = SequenceMatcher(None, keys, ours, autojunk=False).get_matching_blocks()
    found = [(block.a, block.a + block.size) for block in blocks if block.size]
    text = lines[found[0][0] : found[-1][1]] if found else lines[:_STRANGE_LINES]
    return "\n".join([shown, *text] if shown else text)


def _root(page: bytes, charset: str) -> HtmlElement | None:
    if not page.strip():
        return None
    try:
        parser = lxml_html.HTMLParser(encoding=charset or None)
    except LookupError:
        parser = lxml_html.HTMLParser(encoding="utf-8")
    try:
        return lxml_html.document_fromstring(page, parser=parser)
    except (ParserError, ValueError):
        return None


def _lines(root: HtmlElement) -> list[str]:
    for name in _SILENT:
        for element in root.xpath(f"//{name}"):
            element.drop_tree()
    return markup.plain_text(_inner(root)).split("\n")[:_MOST_LINES]


def _inner(element: HtmlElement) -> str:
    text: str = lxml_html.tostring(element, encoding="unicode", method="html", with_tail=False)
    return text


def _key(line: str) -> str:
    return "".join(line.split())


def stored_differs(stored: Mapping[str, Any], frozen: Mapping[str, Any]) -> Sequence[str]:
    """The names of the public fields in which the stored page is not what was frozen in the delivery."""
    names = {*stored, *frozen} - {"history"}
    return sorted(name for name in names if stored.get(name) != frozen.get(name))

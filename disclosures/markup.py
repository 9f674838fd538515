"""The marks an author may use in a body: Markdown to HTML, cleaning, plain text.

MarkupError          the body cannot be taken as it is (str(error) is for the screen)
├── MarkupTooLong
└── MarkupTooDeep

Cleaning has two passes. The first is ours and linear: it tokenises as HTML5 does, drops what is not on the list and
writes the rest well nested, so that the depth is known exactly. The second is nh3, the authority on what is safe; it is
quadratic in the depth of nesting, which is why it must never see a body that the first pass has not bounded.
"""

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt

MOST_CHARACTERS: Final = 200_000
DEEPEST: Final = 100
# HTML5 moves misplaced elements about; two or three passes come to rest, and the last one only confirms it.
_MOST_PASSES: Final = 6


class MarkupError(ValueError):
    """The body cannot be taken as it is; the text says why and what to do, in Simplified Chinese."""


class MarkupTooLong(MarkupError):
    """The body is longer than any document of the house."""

    def __init__(self, characters: int) -> None:
        super().__init__(
            f"正文有 {characters:,} 个字符，超过 {MOST_CHARACTERS:,} 个字符的上限。请把过长的部分改为附件。"
        )


class MarkupTooDeep(MarkupError):
    """The body nests marks in marks beyond anything a document needs."""

    def __init__(self) -> None:
        super().__init__(f"正文的标记嵌套超过 {DEEPEST} 层。请清除格式后重新粘贴。")


_VOID: Final = frozenset({"br", "hr", "img"})
_ALLOWED: Final = frozenset({
    "p", "h2", "h3", "h4", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "caption", "strong",
    "em", "u", "s", "sub", "sup", "blockquote", "br", "hr", "a", "img", "figure", "figcaption", "section",
    "span",
})  # fmt: skip
_RENAMED: Final = {
    "b": "strong", "i": "em", "strike": "s", "del": "s", "ins": "u", "h1": "h2", "h5": "h4", "h6": "h4",
    "div": "section", "article": "section", "center": "section", "tfoot": "tbody",
}  # fmt: skip
# Their content is not text of the document, or is not parsed as HTML: it goes with the tags.
_SWALLOWED: Final = frozenset({
    "script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext",
    "svg", "math", "template", "object", "head", "audio", "video", "select", "xml",
})  # fmt: skip
_BLOCKS: Final = frozenset({
    "p", "h2", "h3", "h4", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "caption",
    "blockquote", "hr", "figure", "figcaption", "section",
})  # fmt: skip
_HEADINGS: Final = frozenset({"h2", "h3", "h4"})
# An open element on the left is ended by the opening of one on the right, as every browser does.
_ENDED_BY: Final = {
    "p": _BLOCKS,
    **dict.fromkeys(_HEADINGS, _HEADINGS),
    "li": frozenset({"li"}),
    "td": frozenset({"td", "th", "tr", "thead", "tbody"}),
    "th": frozenset({"td", "th", "tr", "thead", "tbody"}),
    "tr": frozenset({"tr", "thead", "tbody"}),
    "thead": frozenset({"thead", "tbody"}),
    "tbody": frozenset({"thead", "tbody"}),
}
_ATTRIBUTES: Final[dict[str, set[str]]] = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}

# The tokeniser of HTML5 (WHATWG §13.2.5). Possessive quantifiers keep it linear. Both regexes are tried at a "<".
_TAG: Final = re.compile(
    r"""<(/?)([A-Za-z][^\s/>]*+)((?:[\s/]++|=?[^\s/>=]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|(?=>)|[^\s"'>][^\s>]*+))?+|=)*+)>"""
)
_ATTRIBUTE: Final = re.compile(r"""([^\s/>="']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>][^\s>]*)))?""")
_COMMENT: Final = re.compile(r"<!--(?:-?>|.*?--!?>|.*\Z)|<(?:[!?]|/(?![A-Za-z]))[^>]*(?:>|\Z)", re.DOTALL)
_IMG: Final = re.compile(r'<img((?: [a-z]+="[^"]*")*) ?/?>')
_SPACES: Final = re.compile(r"[ \t\r\f\v\xa0]+")
_FILE_PATH: Final = re.compile(r"/files/[^\s\\]+")
_SMALL_NUMBER: Final = re.compile(r"[1-9][0-9]{0,3}")
# No honest table joins more; a renderer that repeats a merged cell must not be asked for a million.
_SPAN: Final = re.compile(r"[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    """A stretch of text (``tag`` is empty) or one tag of the list."""

    tag: str = ""
    closing: bool = False
    text: str = ""
    """The text as written (entities and all), or the tag's attributes as written."""


def from_markdown(text: str) -> str:
    """Clean HTML of a Markdown text: CommonMark with tables, raw HTML shown as text. A line break is a line break.

    Indented and fenced code is off: authors indent paragraphs. Raises MarkupTooLong or MarkupTooDeep.
    """
    _check_length(text)
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    parser.disable(["code", "fence", "backticks", "html_block", "html_inline"])
    return clean(parser.render(text)).strip()


def clean(markup: str) -> str:
    """The body with nothing but the marks of the list; ``clean(clean(x)) == clean(x)``.

    Pictures stay only when they are stored files (``/files/…``). Call it in an executor for texts of unknown size.
    Raises MarkupTooLong or MarkupTooDeep.
    """
    for _ in range(_MOST_PASSES):
        _check_length(markup)  # Each time: escaping makes text longer, and what is stored must be cleanable again.
        cleaned = _cleaned_once(markup)
        if cleaned == markup:
            return cleaned
        markup = cleaned
    raise MarkupError("正文的标记混乱，无法可靠整理。请清除格式后重新粘贴。")


def plain_text(markup: str) -> str:
    """The text of a body: one line for a block, the cells of a row parted by a tab; pictures and marks left out."""
    parts: list[str] = []
    for token in _tokens(markup):
        if not token.tag:
            parts.append(_SPACES.sub(" ", html.unescape(token.text).replace("\n", " ")))
        elif token.tag in {"td", "th"}:
            parts.append("\t" if token.closing else "")
        elif token.tag in _BLOCKS or token.tag == "br":
            parts.append("\n")
    lines = (line.strip() for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def pictures(markup: str) -> list[tuple[str, str]]:
    """The pictures of a body in their order, as (src, alt)."""
    found = []
    for token in _tokens(markup):
        if token.tag == "img":
            values = _values(token.text)
            if src := values.get("src"):
                found.append((src, values.get("alt", "")))
    return found


def _cleaned_once(markup: str) -> str:
    safe = nh3.clean(
        _well_nested(markup),
        tags=set(_ALLOWED),
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes={"https", "http", "mailto", "tel"},
        strip_comments=True,
        link_rel="noopener noreferrer",
    )
    return _IMG.sub(lambda found: found.group(0) if ' src="' in found.group(1) else "", safe)


def _check_length(text: str) -> None:
    if len(text) > MOST_CHARACTERS:
        raise MarkupTooLong(len(text))


def _tokens(markup: str) -> Iterator[_Token]:
    """Text and the tags of the list, in order. What is swallowed, commented or unfinished is left out."""
    at, length = 0, len(markup)
    while at < length:
        bracket = markup.find("<", at)
        if bracket < 0:
            yield _Token(text=markup[at:])
            return
        if bracket > at:
            yield _Token(text=markup[at:bracket])
        if comment := _COMMENT.match(markup, bracket):
            at = comment.end()
        elif tag := _TAG.match(markup, bracket):
            at = tag.end()
            name = tag.group(2).lower()
            if name in _SWALLOWED and not tag.group(1):
                at = _end_of(name, markup, at)
            name = _RENAMED.get(name, name)
            if name in _ALLOWED:
                yield _Token(tag=name, closing=bool(tag.group(1)), text=tag.group(3))
        elif markup[bracket + 1 : bracket + 3].lstrip("/")[:1].isalpha() and markup[bracket + 1].isascii():
            return  # A tag that never ends: HTML5 drops it, and with it the rest.
        else:
            yield _Token(text="&lt;")
            at = bracket + 1


def _end_of(name: str, markup: str, start: int) -> int:
    """Where the end tag of a swallowed element ends, or the end of the body when it has none."""
    found = re.compile(rf"</{name}(?=[\s/>])[^>]*>", re.IGNORECASE).search(markup, start)
    return found.end() if found else len(markup)


def _well_nested(markup: str) -> str:
    """The tokens written so that every element ends inside the one it began in. Raises MarkupTooDeep."""
    page = _Page()
    for token in _tokens(markup):
        if not token.tag:
            page.written.append(token.text)
        elif token.closing:
            page.close(token.tag)
        elif token.tag != "a" or _safe_address(_values(token.text).get("href", "")):
            page.open(token.tag, token.text)
    while page.opened:
        page.close(page.opened[-1])
    return "".join(page.written)


class _Page:
    """HTML in the writing, and the elements that are still open."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.opened: list[str] = []
        self._count: Counter[str] = Counter()

    def open(self, name: str, attributes: str) -> None:
        while self.opened and name in _ENDED_BY.get(self.opened[-1], ()):
            self.close(self.opened[-1])
        if name == "a":
            self.close(name)  # A link in a link is two links.
        self.written.append(f"<{name}{attributes}>")
        if name not in _VOID:
            self.opened.append(name)
            self._count[name] += 1
        if len(self.opened) > DEEPEST:
            raise MarkupTooDeep

    def close(self, name: str) -> None:
        """Ends the innermost element of that name and all within it; an end without a beginning is nothing."""
        while self._count[name] > 0:
            last = self.opened.pop()
            self._count[last] -= 1
            self.written.append(f"</{last}>")
            if last == name:
                return


def _values(attributes: str) -> dict[str, str]:
    """Attribute values by name; the first of a name wins, as in HTML5."""
    values: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(attributes):
        values.setdefault(name.lower(), html.unescape(double or single or bare))
    return values


def _attribute(tag: str, name: str, value: str) -> str | None:
    """nh3 asks about every attribute that its own list let pass; None removes it."""
    if name == "href":
        return value if _safe_address(value) else None
    if name == "src":
        return value if _FILE_PATH.fullmatch(value) and ".." not in value else None
    if name in {"width", "height"}:
        return value if _SMALL_NUMBER.fullmatch(value) else None
    if name in {"colspan", "rowspan"}:
        return value if _SPAN.fullmatch(value) else None
    if name == "scope":
        return value if value in {"row", "col", "rowgroup", "colgroup"} else None
    return value


def _safe_address(value: str) -> bool:
    """Whether a link's address shows where it goes: no userinfo, nothing protocol-relative, no tricks with slashes."""
    if any(character == "\\" or character.isspace() or not character.isprintable() for character in value):
        return False
    if not value or value.startswith("//"):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    if parts.scheme in {"http", "https"}:
        return bool(parts.netloc) and "@" not in parts.netloc
    return parts.scheme in {"", "mailto", "tel"}

"""What the platform makes of the HTML it is given. Basis: section 5 of the fact sheet, row by row."""

import re
from collections.abc import Callable
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

# These vanish with everything inside.
_REMOVED = frozenset({"script", "style", "iframe", "object", "embed", "noscript", "template", "title", "svg", "math"})
# These may stay; every other tag is unwrapped and its text kept.
_TEXT_TAGS = frozenset(
    {"p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "section", "div", "blockquote", "pre", "a"}
)
_INLINE_TAGS = frozenset(
    {"span", "strong", "b", "em", "i", "u", "s", "del", "ins", "sub", "sup", "small", "q", "code", "mark", "ruby", "rt"}
)
_LIST_TAGS = frozenset({"ul", "ol", "li", "dl", "dt", "dd"})
_TABLE_TAGS = frozenset({"table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td"})
_PICTURE_TAGS = frozenset({"img", "figure", "figcaption"})
_KEPT = _TEXT_TAGS | _INLINE_TAGS | _LIST_TAGS | _TABLE_TAGS | _PICTURE_TAGS
_VOID = frozenset({"br", "hr", "img", "col"})
_VOID_REMOVED = frozenset({"embed"})
_ATTRIBUTES = frozenset(
    {"style", "alt", "width", "height", "href", "title", "lang", "dir", "start", "type", "data-ratio", "data-w"}
    | {"colspan", "rowspan", "align", "valign", "border", "cellpadding", "cellspacing", "span", "data-type"}
)
_BAD_STYLE = re.compile(
    r"(?:^|[^-\w])(?:position|transform|animation|filter|z-index|behavior)\s*:|gradient\(|var\(|expression\(|"
    r"url\(|javascript:|^--|@|display\s*:\s*(?:inline-)?(?:flex|grid)|(?:^|[^\w])(?:flex|grid)[-\w]*\s*:",
    re.IGNORECASE,
)
_MMBIZ = re.compile(r"^(?:https?:)?//mmbiz\.q(?:pic|logo)\.cn/", re.IGNORECASE)
_ARTICLE_HOST = "mp.weixin.qq.com"

IsArticle = Callable[[str], bool]


def clean(html: str, is_article: IsArticle | None = None) -> str:
    """The body as the platform stores it. `is_article` says which other links lead to articles of the platform."""
    cleaner = _Cleaner(is_article)
    cleaner.feed(html)
    cleaner.close()
    return cleaner.result()


def text_of(html: str) -> str:
    """The text alone, white space folded; the automatic digest is taken from it."""
    collector = _Text()
    collector.feed(html)
    collector.close()
    return re.sub(r"\s+", " ", "".join(collector.parts)).strip()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style") and self._hidden:
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


class _Cleaner(HTMLParser):
    def __init__(self, is_article: IsArticle | None) -> None:
        super().__init__(convert_charrefs=True)
        self._is_article = is_article or (lambda _: False)
        self._out: list[str] = []
        self._open: list[str] = []
        self._removed: list[str] = []
        self._links: list[bool] = []

    def result(self) -> str:
        while self._open:
            self._out.append(f"</{self._open.pop()}>")
        return "".join(self._out)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _REMOVED:
            if tag not in _VOID_REMOVED:
                self._removed.append(tag)
            return
        if self._removed:
            return
        if tag == "a":
            self._link(attrs)
        elif tag == "img":
            self._image(attrs)
        elif tag == "br":
            self._out.append("<br  />")
        elif tag in _VOID and tag in _KEPT:
            self._out.append(f"<{tag}{_written(attrs)}  />")
        elif tag in _KEPT:
            self._out.append(f"<{tag}{_written(attrs)}>")
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID and tag not in _VOID_REMOVED:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._removed:
            if tag == self._removed[-1]:
                self._removed.pop()
            return
        if tag == "a":
            if not self._links or not self._links.pop():
                return
        elif tag in _VOID:
            return
        if tag not in self._open:
            return
        while self._open:
            last = self._open.pop()
            self._out.append(f"</{last}>")
            if last == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self._removed:
            self._out.append(escape(data, quote=False))

    def _link(self, attrs: list[tuple[str, str | None]]) -> None:
        href = (dict(attrs).get("href") or "").strip()
        parts = urlsplit(href) if not href.startswith("//") else urlsplit(f"https:{href}")
        allowed = parts.scheme in ("http", "https") and (parts.hostname == _ARTICLE_HOST or self._is_article(href))
        self._links.append(allowed)
        if allowed:
            self._out.append(f"<a{_written(attrs)}>")
            self._open.append("a")

    def _image(self, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        source = given.get("src") or given.get("data-src") or ""
        if not _MMBIZ.match(source):
            return
        # The picture host serves a 640-wide copy; the address comes back changed, so reading and writing back drifts.
        stem = re.sub(r"/\d+(\?|$)", r"/640\1", source.split("#")[0], count=1)
        joint = "&" if "?" in stem else "?"
        stored = stem if given.get("src") is None and "from=appmsg" in stem else f"{stem}{joint}from=appmsg"
        rest = [(name, value) for name, value in attrs if name not in ("src", "data-src")]
        self._out.append(f'<img data-src="{escape(stored)}"{_written(rest)}  />')


def _written(attrs: list[tuple[str, str | None]]) -> str:
    kept = []
    for name, value in attrs:
        text = value or ""
        if name == "style":
            text = _style(text)
            if not text:
                continue
        if name in _ATTRIBUTES:
            kept.append(f' {name}="{escape(text)}"')
    return "".join(kept)


def _style(value: str) -> str:
    rules = [rule.strip() for rule in value.split(";")]
    good = [rule for rule in rules if ":" in rule and not _BAD_STYLE.search(rule)]
    return "; ".join(good) + ";" if good else ""

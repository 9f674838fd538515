"""The body as the portal shows it: cleaned once more, tables that scroll, outside links that say so. Pure."""

from urllib.parse import urljoin, urlsplit

import nh3
from lxml import html as lxml_html
from lxml.html import HtmlElement

LEAVING = "（站外链接）"
"""国办发〔2017〕47号: a link that leaves the site must say so; text, because colour must not be the only cue."""

_TAGS = {
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "caption",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "section",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
}
_ATTRIBUTES = {
    "a": {"href", "title", "rel"},
    "img": {"src", "alt", "title", "width", "height", "loading"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "scope", "align"},
    "p": {"align"},
    "ol": {"start", "type"},
    "col": {"span"},
    "colgroup": {"span"},
    "div": {"tabindex", "role", "aria-label"},
    "abbr": {"title"},
}
_CLASSES = {"div": {"table-scroll"}, "span": {"leaving"}}
_BLOCKS = {
    "p",
    "div",
    "section",
    "li",
    "tr",
    "br",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "table",
    "blockquote",
    "figure",
    "pre",
}


def shown(body_html: str, *, page_url: str) -> str:
    """The HTML that is frozen and shown. ``page_url`` tells which links leave the site. Same input, same output."""
    root = _tree(body_html)
    for heading in root.xpath(".//h1"):
        heading.tag = "h2"  # The page has one h1: the title.
    for image in root.xpath(".//img"):
        image.set("loading", "lazy")
    for table in root.xpath(".//table[not(ancestor::table)]"):
        _let_scroll(table)
    for link in root.xpath(".//a[@href]"):
        if _leaves(link.get("href", ""), page_url):
            _mark_leaving(link)
    return nh3.clean(
        _inner(root),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        link_rel=None,
        url_schemes={"http", "https", "mailto", "tel"},
        strip_comments=True,
    )


def plain_text(body_html: str) -> str:
    """The words alone, one line a block: for the portal's search and the change history."""
    root = _tree(body_html)
    for note in root.xpath(".//span[@class='leaving']"):
        note.drop_tree()
    for element in root.iter():
        if element.tag in _BLOCKS:
            element.tail = "\n" + (element.tail or "")
        elif element.tag in ("td", "th"):
            element.tail = " " + (element.tail or "")
    lines = (" ".join(line.split()) for line in (root.text_content() or "").split("\n"))
    return "\n".join(line for line in lines if line)


def absolute(body_html: str, *, base: str) -> str:
    """The same HTML with absolute addresses, for feeds that are read elsewhere."""
    root = _tree(body_html)
    for name in ("href", "src"):
        for element in root.xpath(f".//*[@{name}]"):
            element.set(name, urljoin(base, element.get(name, "")))
    return _inner(root)


def pictures_without_alt(body_html: str) -> int:
    """How many pictures have no text alternative (国办公开办函〔2021〕28号, GB/T 37668-2019)."""
    return sum(1 for image in _tree(body_html).xpath(".//img") if not (image.get("alt") or "").strip())


def pictures_from_outside(body_html: str) -> int:
    """How many pictures are not our own stored files; a browser would not load them under the site's policy."""
    return sum(1 for image in _tree(body_html).xpath(".//img") if not (image.get("src") or "").startswith("/files/"))


def _tree(body_html: str) -> HtmlElement:
    if not body_html.strip():
        return lxml_html.fragment_fromstring("<div></div>")
    # lxml refuses NUL and some control characters; XML 1.0 does not know them either.
    legal = "".join(c for c in body_html if c in "\t\n\r" or c >= " ")
    return lxml_html.fragment_fromstring(legal, create_parent="div")


def _inner(root: HtmlElement) -> str:
    text: str = lxml_html.tostring(root, encoding="unicode", method="html").strip()
    return text[len("<div>") : -len("</div>")]


def _let_scroll(table: HtmlElement) -> None:
    """Wide tables scroll inside their own box, which the keyboard can reach."""
    parent = table.getparent()
    if parent is None or parent.get("class") == "table-scroll":
        return
    box = lxml_html.Element("div")
    for name, value in (("class", "table-scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", "表格")):
        box.set(name, value)
    caption = table.find("caption")
    if caption is not None and caption.text_content().strip():
        box.set("aria-label", "表格：" + caption.text_content().strip())
    box.tail, table.tail = table.tail, None
    parent.replace(table, box)
    box.append(table)


def _leaves(href: str, page_url: str) -> bool:
    parts = urlsplit(href)
    return parts.scheme in ("http", "https") and parts.hostname != urlsplit(page_url).hostname


def _mark_leaving(link: HtmlElement) -> None:
    link.set("rel", "noopener noreferrer")
    if link.xpath("./span[@class='leaving']"):
        return
    note = lxml_html.Element("span")
    note.set("class", "leaving")
    note.text = LEAVING
    link.append(note)

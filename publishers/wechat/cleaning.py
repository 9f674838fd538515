"""What WeChat makes of the HTML that it is given: which marks stay, which go, and how that is said to a clerk.

Pure. The rules are data with their basis (``data/cleaning.json``); some were never settled by the platform, and there the
stricter reading stands: a preview may warn of a loss that does not come, but must not hide one that does.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cache
from html import escape
from html.parser import HTMLParser
from importlib import resources
from typing import Any, Final
from urllib.parse import urlsplit

from publishers.wechat.layout import PICTURE_SCHEME

_VOID: Final = frozenset({"br", "hr", "img", "col", "input", "embed", "link", "meta", "source", "track"})
_TAG: Final = re.compile(r"<([a-zA-Z][a-zA-Z0-9]*)\b([^<>]*)>")
_HANDLER: Final = re.compile(r"\son[a-zA-Z]+\s*=")
_SWALLOWING: Final = frozenset({"script", "stylesheet", "frame", "media"})
"""Rules whose marks go with everything inside; of the others the text stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """One kind of mark that the platform takes away, and how often it stands in the text."""

    rule: str
    words: str
    basis: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """The HTML after the platform's cleaning. With nothing in ``removals`` the platform shows what was sent."""

    html: str
    removals: tuple[Removal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """``data/cleaning.json``, read."""

    effective_from: date
    source: str
    words: dict[str, str]
    basis: dict[str, str]
    rule_of: dict[str, str]
    """Tag → the rule that takes it away."""
    kept_tags: frozenset[str]
    kept_attributes: frozenset[str]
    lost_styles: tuple[str, ...]
    lost_values: tuple[str, ...]
    article_host: str
    picture_hosts: frozenset[str]


@cache
def rules() -> Rules:
    """The rules that ship with the package."""
    plain: dict[str, Any] = json.loads(
        resources.files("publishers.wechat").joinpath("data/cleaning.json").read_text("utf8")
    )
    listed = plain["rules"]
    return Rules(
        effective_from=date.fromisoformat(plain["effective_from"]), source=plain["source"],
        words={each["rule"]: each["words"] for each in listed}, basis={each["rule"]: each["basis"] for each in listed},
        rule_of={tag: each["rule"] for each in listed for tag in each.get("tags", ())},
        kept_tags=frozenset(plain["kept_tags"]), kept_attributes=frozenset(plain["kept_attributes"]),
        lost_styles=tuple(plain["lost_styles"]), lost_values=tuple(plain["lost_values"]),
        article_host=plain["article_host"], picture_hosts=frozenset(plain["picture_hosts"]),
    )  # fmt: skip


def marks_in(html: str) -> tuple[Removal, ...]:
    """Which of the marks that go stand in a text as somebody pasted it, well formed or not. Linear in its length, unlike a
    parser that tries to make sense of it."""
    known, found = rules(), Counter[str]()
    for tag in _TAG.finditer(html):
        rule = known.rule_of.get(tag[1].lower())
        if rule is not None:
            found[rule] += 1
        found["handler"] += len(_HANDLER.findall(tag[2]))
    return _removals(found)


def cleaned(html: str, *, marked: bool = False) -> Cleaned:
    """The HTML as the platform stores it. Pictures that still wait for their upload (``picture:<sha256>``) count as the
    platform's own. ``marked`` leaves a note in words where something was taken away."""
    cleaner = _Cleaner(marked=marked)
    cleaner.feed(html)
    cleaner.close()
    return Cleaned(html=cleaner.result(), removals=_removals(cleaner.found))


def _removals(found: Counter[str]) -> tuple[Removal, ...]:
    known = rules()
    return tuple(
        Removal(rule=rule, words=words, basis=known.basis[rule], count=found[rule])
        for rule, words in known.words.items()
        if found[rule]
    )


class _Cleaner(HTMLParser):
    def __init__(self, *, marked: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.found: Counter[str] = Counter()
        self._rules = rules()
        self._marked = marked
        self._out: list[str] = []
        self._open: list[str] = []
        self._swallowed: list[str] = []
        self._links: list[bool] = []

    def result(self) -> str:
        closing = "".join(f"</{tag}>" for tag in reversed(self._open))
        return "".join(self._out) + closing

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._swallowed:
            if tag == self._swallowed[-1] and tag not in _VOID:
                self._swallowed.append(tag)
            return
        if tag == "a":
            self._link(attrs)
        elif tag == "img":
            self._picture(attrs)
        elif tag in self._rules.kept_tags:
            self._out.append(f"<{tag}{self._attributes(attrs)}>")
            if tag not in _VOID:
                self._open.append(tag)
        elif tag != "mark":
            rule = self._rules.rule_of.get(tag, "tag")
            self._lost(rule)
            if rule in _SWALLOWING and tag not in _VOID:
                self._swallowed.append(tag)
        elif self._marked:
            self._out.append("<mark>")
            self._open.append("mark")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._swallowed:
            if tag == self._swallowed[-1]:
                self._swallowed.pop()
            return
        if tag == "a" and not (self._links and self._links.pop()):
            return
        if tag in self._open:
            while self._open:
                last = self._open.pop()
                self._out.append(f"</{last}>")
                if last == tag:
                    return

    def handle_data(self, data: str) -> None:
        if not self._swallowed:
            self._out.append(escape(data, quote=False))

    def _lost(self, rule: str) -> None:
        self.found[rule] += 1
        if self._marked:
            self._out.append(f"<mark>〔微信会去掉：{escape(self._rules.words[rule])}〕</mark>")

    def _link(self, attrs: list[tuple[str, str | None]]) -> None:
        try:
            parts = urlsplit((dict(attrs).get("href") or "").strip())
            kept = parts.scheme in {"http", "https"} and parts.hostname == self._rules.article_host
        except ValueError:
            kept = False
        self._links.append(kept)
        if kept:
            self._out.append(f"<a{self._attributes(attrs)}>")
            self._open.append("a")
        else:
            self._lost("link")

    def _picture(self, attrs: list[tuple[str, str | None]]) -> None:
        source = dict(attrs).get("src") or dict(attrs).get("data-src") or ""
        if not source.startswith(PICTURE_SCHEME):
            try:
                host = urlsplit(source if "//" in source else f"//{source}").hostname or ""
            except ValueError:
                host = ""
            if host not in self._rules.picture_hosts:
                self._lost("picture")
                return
        self._out.append(f"<img{self._attributes(attrs)}>")

    def _attributes(self, attrs: list[tuple[str, str | None]]) -> str:
        written = []
        for name, value in attrs:
            text = value or ""
            if name not in self._rules.kept_attributes:
                self.found["handler" if name.startswith("on") else "class"] += 1
                continue
            if name == "style":
                text = self._style(text)
                if not text:
                    continue
            written.append(f' {name}="{escape(text)}"')
        return "".join(written)

    def _style(self, value: str) -> str:
        good = []
        for declaration in value.split(";"):
            name, colon, said = declaration.partition(":")
            name, said = name.strip().lower(), said.strip().lower()
            if not colon or not name:
                continue
            lost = name.startswith(("--", "-")) or any(
                name == each or name.startswith(f"{each}-") for each in self._rules.lost_styles
            )
            if lost or any(each in said for each in self._rules.lost_values):
                self.found["style"] += 1
            else:
                good.append(declaration.strip())
        return ";".join(good)

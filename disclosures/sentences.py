"""A text cut into its sentences, and a sentence found again in another version of the text. Pure.

A remark is anchored to a sentence by its words and its place; when the text was changed meanwhile, the sentence is looked for:
the same words first, then the most similar sentence, and when nothing is similar enough the remark says 原句已改.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from disclosures import markup
from disclosures.content import Content

SIMILAR: Final = 0.6
"""From this ratio of equal characters on, a changed sentence counts as the same one."""
LONGEST: Final = 2000
"""Characters of a sentence that are kept as an anchor; a longer one is cut, and found by its beginning."""

_SENTENCE: Final = re.compile(r"[^\n。！？；!?…]*(?:[。！？；!?…]+[”’」』）)》】\"']*|\n|\Z)")

FIELD_LABELS: Final = {
    "title": "标题", "summary": "内容概述", "body": "正文", "wechat.title": "微信标题", "wechat.digest": "微信摘要",
    "weibo.text": "微博文字",
}  # fmt: skip
"""The fields that can be remarked on, in the order in which they are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence. ``start`` counts the characters before it in its field's text."""

    start: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One field as it is read: its paragraphs, each of sentences."""

    field: str
    label: str
    paragraphs: tuple[tuple[Sentence, ...], ...]

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        return tuple(sentence for paragraph in self.paragraphs for sentence in paragraph)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """Where a remark belongs in the text that is read now. ``sentence`` is None when it is gone."""

    sentence: Sentence | None
    same: bool
    """True: the sentence stands word for word."""


def sentences(text: str) -> tuple[Sentence, ...]:
    """Ends at 。！？；… with what closes a quotation, and at every line end; blank ones are left out."""
    found = []
    for match in _SENTENCE.finditer(text):
        plain = match[0].strip()
        if plain:
            found.append(Sentence(start=match.start() + match[0].index(plain[0]), text=plain))
    return tuple(found)


def text_of_field(content: Content, field: str) -> str:
    """The text of one of FIELD_LABELS. Raises KeyError for any other."""
    texts = {
        "title": content.title, "summary": content.summary, "body": markup.plain_text(content.body_html),
        "wechat.title": content.wechat.title, "wechat.digest": content.wechat.digest, "weibo.text": content.weibo.text,
    }  # fmt: skip
    return texts[field]


def passages(content: Content) -> tuple[Passage, ...]:
    """Everything that is read of a content; fields that say nothing are left out."""
    return tuple(
        Passage(field=field, label=label, paragraphs=_paragraphs(text))
        for field, label in FIELD_LABELS.items()
        if (text := text_of_field(content, field)).strip()
    )


def _paragraphs(text: str) -> tuple[tuple[Sentence, ...], ...]:
    found: list[tuple[Sentence, ...]] = []
    start = 0
    for line in text.split("\n"):
        inside = tuple(Sentence(start=start + each.start, text=each.text) for each in sentences(line))
        if inside:
            found.append(inside)
        start += len(line) + 1
    return tuple(found)


def find_quote(quote: str, among: Sequence[Sentence]) -> Sentence | None:
    """The sentence that a quotation stands in, for callers who know the words and not the place; None when none does."""
    wanted = quote.strip()
    exact = next((each for each in among if each.text == wanted), None)
    return exact or next((each for each in among if len(wanted) >= 2 and wanted in each.text), None)


def follow(quote: str, start: int, among: Sequence[Sentence]) -> Anchor:
    """The sentence of a remark in another version of its field's text."""
    same = [each for each in among if each.text[:LONGEST] == quote]
    if same:
        return Anchor(sentence=min(same, key=lambda each: abs(each.start - start)), same=True)
    best, reached = None, SIMILAR
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(quote)
    for each in sorted(among, key=lambda each: abs(each.start - start)):
        matcher.set_seq1(each.text[:LONGEST])
        if (
            matcher.real_quick_ratio() > reached
            and matcher.quick_ratio() > reached
            and (ratio := matcher.ratio()) > reached
        ):
            best, reached = each, ratio
    return Anchor(sentence=best, same=False)

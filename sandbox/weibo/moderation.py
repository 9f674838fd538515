"""What may not stand in a post: forbidden words, forbidden sites, and what was said before. Pure."""

import difflib
import re
from collections.abc import Iterable
from typing import Final

from sandbox.weibo.errors import Refusal
from sandbox.weibo.posts import Post
from sandbox.weibo.switches import WeiboSwitches

TOPIC: Final = re.compile(r"#([^#\s]+)#")
NOT_A_WORD: Final = re.compile(r"[\W_]+")
COMPARED: Final = 50


def without_topics(text: str, switches: WeiboSwitches) -> str:
    """The text with #话题# handled as the switch says: hashes filtered silently, refused, or kept."""
    found = TOPIC.search(text)
    if found is None or switches.topics == "keep":
        return text
    if switches.topics == "refuse":
        raise Refusal(10017, "status", "text without topic", found.group())
    return TOPIC.sub(r"\1", text)


def check_words(text: str, urls: Iterable[str], switches: WeiboSwitches) -> None:
    """Raises Refusal 20021, 20018, 21602 or 20020."""
    if any(word in text for word in switches.illegal_words):
        raise Refusal(20021)
    if any(site in url for url in urls for site in switches.illegal_sites):
        raise Refusal(20018)
    if any(word in text for word in switches.forbidden_words):
        raise Refusal(21602)
    if any(word in text for word in switches.advertising_words):
        raise Refusal(20020)


def check_repeat(text: str, urls: Iterable[str], before: Iterable[Post], now: float, switches: WeiboSwitches) -> None:
    """Raises Refusal 20019 for the same text, 20017 for one that differs by links and punctuation only.

    How long the platform remembers is not documented; removed posts are remembered too.
    """
    remembered = [post for post in before if now - post.created_at < switches.duplicate_seconds]
    if any(post.sent.strip() == text.strip() for post in remembered):
        raise Refusal(20019)
    ratio = switches.similar_ratio
    bare = bare_words(text, urls)
    if ratio is None or not bare:
        return
    for post in remembered[:COMPARED] if ratio < 1 else remembered:
        if post.bare == bare or (ratio < 1 and difflib.SequenceMatcher(None, post.bare, bare).ratio() >= ratio):
            raise Refusal(20017)


def bare_words(text: str, urls: Iterable[str]) -> str:
    """What remains of a text without links, punctuation and spaces."""
    for url in urls:
        text = text.replace(url, " ")
    return NOT_A_WORD.sub("", text)

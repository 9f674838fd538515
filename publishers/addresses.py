"""What a person copied from a platform, read: which post or article an address or a number names. Pure.

A person who says “it is out” may paste what the browser shows. The number in it is what withdrawing and reading back need
later, so it is taken out here, and an address that names no post is refused while the person still has it at hand.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from publishers.errors import DecisionRefused
from publishers.port import ChannelName, Facts
from publishers.weibo.timeline import ALPHABET, base62

LONGEST = 512
_DECIMAL = re.compile(r"\d{14,19}")
"""A Weibo mid as the API gives it (weibo.md §4)."""
_SHORT = re.compile(r"[0-9A-Za-z]{7,11}")
"""The same mid as the address of the web page carries it."""
_BEFORE_MID = re.compile(r"\d{5,12}|detail|status")
"""What stands before the number: the account, or one of the mobile site's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The post: its number if the address tells it, its address if one was given, and what the channel keeps of it."""

    external_id: str = ""
    url: str = ""
    facts: Facts = field(default_factory=dict)


def named(channel: str, text: str) -> Named:
    """What the pasted text names; empty text names nothing, which is no error. Raises DecisionRefused."""
    text = text.strip()
    if not text:
        return Named()
    if len(text) > LONGEST:
        raise DecisionRefused("网址过长", remedy="请复制这条内容本身的网址")
    if channel == ChannelName.WEIBO:
        return _weibo(text)
    if not text.startswith(("https://", "http://")):
        raise DecisionRefused("网址写法不对", remedy="请从平台复制以 https:// 开头的网址，或留空")
    if channel == ChannelName.WECHAT:
        return _wechat(text)
    return Named(url=text)


def _weibo(text: str) -> Named:
    if _DECIMAL.fullmatch(text):
        return Named(external_id=text, facts={"mid": text})
    if not text.startswith(("https://", "http://")):
        raise DecisionRefused("微博编号或网址写法不对", remedy="请从微博复制这一条的网址，或填 16 位微博编号，或留空")
    parts = [part for part in urlsplit(text).path.split("/") if part]
    last, before = (parts[-1], parts[-2]) if len(parts) > 1 else ("", "")
    mid = _mid(last) if _BEFORE_MID.fullmatch(before) else ""
    if not mid:
        raise DecisionRefused(
            "这个网址里没有微博编号", remedy="请点开这一条微博，复制形如 https://weibo.com/账号/编号 的网址，或留空"
        )
    facts: Facts = {"mid": mid}
    if before.isdigit():
        facts["uid"] = before
    return Named(external_id=mid, url=text, facts=facts)


def _mid(text: str) -> str:
    """The decimal mid of either form; empty when it is none."""
    if _DECIMAL.fullmatch(text):
        return text
    if not _SHORT.fullmatch(text):
        return ""
    head = len(text) % 4 or 4
    groups = [text[:head], *(text[place : place + 4] for place in range(head, len(text), 4))]
    first, *rest = [_number(group) for group in groups]
    mid = str(first) + "".join(str(number).rjust(7, "0") for number in rest)
    # A group of four letters reaches beyond seven digits: what does not turn back into itself is no mid.
    return mid if base62(mid) == text else ""


def _number(group: str) -> int:
    number = 0
    for letter in group:
        number = number * 62 + ALPHABET.index(letter)
    return number


def _wechat(text: str) -> Named:
    parts = urlsplit(text)
    if not parts.netloc or not (parts.path.endswith("/s") or "/s/" in parts.path):
        raise DecisionRefused(
            "这不是公众号文章的网址", remedy="请打开文章，复制形如 https://mp.weixin.qq.com/s/… 的网址，或留空"
        )
    return Named(url=text, facts={"article_url": text})

"""Whether words are about a subscription: 订阅 民政局, 退订, 我的订阅. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LONGEST: Final = 24
_ADD: Final = re.compile(r"(?:我想|我要|帮我|请|麻烦)*订阅一?下? ?(.*)")
_DROP: Final = re.compile(r"(?:我想|我要|帮我|请|麻烦)*(?:退订|取消订阅|不再订阅|不订阅了?) ?(.*)")
_LIST: Final = re.compile(
    r"(?:我的订阅|查看订阅|订阅了(?:什么|哪些|啥)|我订阅了(?:什么|哪些|啥)|怎么订阅|如何订阅|订阅)(?:列表)?"
)
_PADDING: Final = re.compile(r"的?(?:通知公告|通知|公告|文件|消息|信息|动态|内容)?(?:吧|吗|呢|了)?$")
_ALL: Final = frozenset({"", "全部", "所有", "都退", "全退"})


class Act(StrEnum):
    ADD = "add"
    DROP = "drop"
    DROP_ALL = "drop_all"
    LIST = "list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants. ``subject`` is what he calls the unit or the column; empty for everything."""

    act: Act
    subject: str = ""


def wish_of(text: str) -> Wish | None:
    """None when the words are about something else; a long sentence is."""
    words = re.sub(r"[\s，。！!、:：“”\"《》]+", " ", unicodedata.normalize("NFKC", text)).strip()
    if not words or len(words) > LONGEST:
        return None
    if _LIST.fullmatch(words):
        return Wish(act=Act.LIST)
    if found := _DROP.fullmatch(words):
        subject = _PADDING.sub("", found[1].strip())
        return Wish(act=Act.DROP_ALL) if subject in _ALL else Wish(act=Act.DROP, subject=subject)
    if found := _ADD.fullmatch(words):
        subject = found[1].strip()
        # 通知公告 is the name of a column: what is left after the padding went must still say something.
        return Wish(act=Act.ADD, subject=_PADDING.sub("", subject) or subject)
    return None

"""What to do with a citizen's words: understand them, then decide. Pure.

``understand`` reads what needs no knowledge base (a number, 都不是, a greeting, nonsense); ``conclude`` decides on what
the base found. Nothing here words an answer.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.memory import Memory, Option
from knowledge.finding import Finding

TRIES: Final = 2
"""After so many questions without an answer a person is named."""

CHOICE: Final = re.compile(r"(?:选择?|第|回复)?\s*([1-9一二三四])\s*(?:个|项|条|号)?")
NUMERALS: Final = {"一": 1, "二": 2, "三": 3, "四": 4}
NONE_OF_THEM: Final = frozenset({"都不是", "都不对", "都没有", "没有", "不是", "以上都不是", "都不是我要的", "0"})
MORE: Final = frozenset({"更多", "继续", "下一页", "后文", "接着", "more"})
PERSON: Final = re.compile(r"(?:我要|请|帮我)?(?:转|找|联系)?(?:接)?(?:人工|人工客服|真人|客服|工作人员)(?:服务)?")
GREETINGS: Final = frozenset(
    [
        "你好",
        "您好",
        "你好啊",
        "您好啊",
        "hi",
        "hello",
        "在吗",
        "在么",
        "在不在",
        "有人吗",
        "早",
        "早上好",
        "上午好",
        "中午好",
        "下午好",
        "晚上好",
        "嗨",
        "哈喽",
        "帮助",
        "help",
        "菜单",
        "测试",
        "test",
        "开始",
        "怎么用",
        "你是谁",
        "你会什么",
        "能做什么",
    ]
)
THANKS: Final = frozenset(
    [
        "谢谢",
        "谢谢你",
        "谢谢您",
        "多谢",
        "感谢",
        "好的谢谢",
        "好的",
        "好",
        "嗯",
        "收到",
        "知道了",
        "明白了",
        "ok",
        "再见",
        "拜拜",
    ]
)
FILLERS: Final = frozenset("哈嘿呵嘻呃额啊哦噢嗯唔哎唉嗷喔呀吧吗呢的了么嘛")
GARBLED: Final = re.compile("\ufffd|锟斤拷|烫烫烫|屯屯屯|[ÃÂåæçèé]{2}")
MEANT: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffffA-Za-z0-9]")
HAN: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")


class Step(StrEnum):
    """What the bot does next."""

    ANSWER = "answer"
    CHOOSE = "choose"
    REPHRASE = "rephrase"
    """Nothing found the first time: ask for other words."""
    HAND_OVER = "hand_over"
    MORE = "more"
    """The next page of an answer that was too long."""
    LATE = "late"
    HELP = "help"
    THANKS = "thanks"
    EXPIRED = "expired"
    ASK = "ask"
    """Not decided yet: the knowledge base must be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A step, and the memory that is left by it. ``reason`` is set when the question goes to the curator's list."""

    step: Step
    memory: Memory
    entry_id: str = ""
    reason: str = ""


def plain(text: str) -> str:
    """The words without full-width forms, case, punctuation at the ends and white space at the ends."""
    folded = unicodedata.normalize("NFKC", text).strip().lower()
    return folded.strip(" \t\r\n.,!?;:~。，！？；：、…～—-()（）[]【】\"'“”‘’")


def understand(text: str, memory: Memory, now: datetime) -> Move:
    """What the words are, as far as it can be said without the knowledge base; else ASK."""
    known, words = memory.awake(now), plain(text)
    offered = bool(known.options) and not memory.expired(now)
    if known.late and words == "1" and not offered:
        return Move(step=Step.LATE, memory=Memory(at=now))
    if words in MORE and known.page:
        return Move(step=Step.MORE, memory=known, entry_id=known.page.entry_id)
    if known.options and (move := _choice(words, memory, now, offered=offered)):
        return move
    if PERSON.fullmatch(words):
        return Move(step=Step.HAND_OVER, memory=Memory(at=now))
    if words in THANKS:
        return Move(step=Step.THANKS, memory=memory)
    if words in GREETINGS or words in NONE_OF_THEM or CHOICE.fullmatch(words) or nonsense(text):
        return Move(step=Step.HELP, memory=memory)
    return Move(step=Step.ASK, memory=Memory() if memory.expired(now) else known)


def _choice(words: str, memory: Memory, now: datetime, *, offered: bool) -> Move | None:
    picked = CHOICE.fullmatch(words)
    refused = words in NONE_OF_THEM
    if not picked and not refused:
        return None
    if not offered:
        return Move(step=Step.EXPIRED, memory=Memory(at=now))
    number = _number(picked.group(1)) if picked else 0
    if 1 <= number <= len(memory.options):
        # The numbers stay valid: who picked the wrong one may pick another.
        kept = replace(memory, at=now, tries=0, page=None)
        return Move(step=Step.ANSWER, memory=kept, entry_id=memory.options[number - 1].id)
    if refused or number == len(memory.options) + 1:
        return _failed(memory, now, reason="rejected_choice")
    return None


def _number(sign: str) -> int:
    return NUMERALS.get(sign) or int(sign)


def _failed(memory: Memory, now: datetime, *, reason: str) -> Move:
    tries = memory.tries + 1
    if tries >= TRIES:
        return Move(step=Step.HAND_OVER, memory=Memory(at=now), reason=reason)
    return Move(step=Step.REPHRASE, memory=Memory(at=now, tries=tries), reason=reason)


def conclude(finding: Finding, question: str, memory: Memory, now: datetime) -> Move:
    """What to do with what the base found. ``question`` is kept masked for the case that every choice is refused."""
    if finding.decision == "answer" and finding.hits:
        return Move(step=Step.ANSWER, memory=Memory(at=now), entry_id=finding.hits[0].entry.id)
    choices = finding.choices
    if choices:
        options = tuple(Option(id=hit.entry.id, title=hit.entry.title, score=hit.score) for hit in choices)
        offered = Memory(at=now, options=options, question=question, confidence=finding.confidence, tries=memory.tries)
        return Move(step=Step.CHOOSE, memory=offered)
    if not HAN.search(question):
        # Letters without a Chinese word and without a hit are a slip of the keyboard, not a question to be curated.
        return Move(step=Step.HELP, memory=memory)
    return _failed(memory, now, reason="none")


def nonsense(text: str) -> bool:
    """Whether a text says nothing: no letters, laughter, one character over and over, or broken encoding."""
    meant = MEANT.findall(unicodedata.normalize("NFKC", text))
    if not meant or GARBLED.search(text):
        return True
    if set(meant) <= FILLERS or len(meant) == 1:
        return True
    return len(set(meant)) == 1 and not meant[0].isdigit()

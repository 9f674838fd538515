"""What a citizen's words mean for his case, or for the offer of one. Pure.

While a person has the case, the bot is silent: everything is for the person, but for the few words below. Which of them bring
the bot back is decided by their wording alone, never by what the base might find: a sentence that was meant for a person
must not be answered by a machine (ADR 0033).
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.courtesy import is_thanks
from bot.decision import AGREED, DECLINED, PERSON, plain
from bot.memory import Memory
from casework.case import REASONS, SCORES, Case, State
from casework.numbering import found_in
from casework.outbox import Standing
from casework.promise import Rules

BACK: Final = re.compile(r"(?:回到|返回|转|问|切换到?|找)?(?:智能)?(?:机器人|自动问答|智能问答|自助查询)")
PROGRESS: Final = re.compile(
    r"(?:我要|我想|请|帮我)?(?:查询?|看看?|问问?)?(?:一下|下)?(?:我的)?(?:诉求|办理|受理|登记|处理)?的?(?:进度|进展)"
    r"(?:查询|如何|怎么样|怎样)?(?:了)?|(?:我的)?诉求(?:办|处理)?(?:到哪|得怎么样|怎么样|如何)了?|我的(?:诉求|登记)"
)
MESSAGE: Final = re.compile(r"(?:我要|我想|给工作人员|给承办人员)?(?:留言|补充)")
REGISTER: Final = re.compile(r"(?:我?要|我?想|请|同意|好的?|可以|帮我)?[，, ]?登记(?:一下|吧|诉求)?")
UNSOLVED: Final = re.compile(
    r"(?:我的|这个|那个)?(?:问题|事情?|诉求)?(?:还是?|仍然?|并|根本|都|也)?(?:没有?|未)(?:得到|有|能|被)?解决(?:啊|呀|呢|了|好|掉)?|"
    r"(?:要求?|请|申请)?(?:重新|再)(?:办理|处理|打开)"
)
NUMBER: Final = re.compile(r"[1-3]")
_BY_NAME: Final = {name: score for score, name in SCORES.items()} | {
    "很满意": 1,
    "非常满意": 1,
    "一般": 2,
    "很不满意": 3,
}
_REASONS: Final = {name: key for key, name in REASONS.items()}
LONGEST_PROGRESS: Final = 40
"""A longer text that holds a number is not only a question about it."""


class Meaning(StrEnum):
    REGISTER = "register"
    DECLINE = "decline"
    HEAR = "hear"
    """Words for the person who has the case."""
    THANK = "thank"
    BACK = "back"
    """The bot is to speak again."""
    MESSAGE = "message"
    """The bot is to be silent again: what follows is for the person."""
    PROGRESS = "progress"
    UNDER_WAY = "under_way"
    RATE = "rate"
    REASON = "reason"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What is meant, and for which case. ``number`` is set when he gave one; ``score`` and ``reason`` for a rating."""

    meaning: Meaning
    case: Case | None = None
    number: str = ""
    score: int = 0
    reason: str = ""


def silent(case: Case | None, now: datetime, rules: Rules) -> bool:
    """Whether the bot leaves the word to a person."""
    if case is None or not case.active or case.bot_speaks:
        return False
    if case.state is not State.ANSWERED:
        return True
    return case.last_word_at is None or now - case.last_word_at <= rules.listens_for


def meant(text: str, memory: Memory, standing: Standing, now: datetime, rules: Rules) -> Meant | None:
    """What the words mean for his case; None: they are the bot's to answer."""
    words, case = plain(text), standing.active
    number = found_in(text) if len(text) <= LONGEST_PROGRESS else ""
    if number or (PROGRESS.fullmatch(words) and (case or standing.closed)):
        return Meant(meaning=Meaning.PROGRESS, case=case or standing.closed, number=number)
    if case is not None:
        return _to_a_person(words, case, silent(case, now, rules))
    if memory.offer is not None and not memory.expired(now):
        # A number answers a numbered choice; a plain yes or no, where a choice stands beside the offer, answers nothing.
        plainly = not memory.options and not words.isdigit()
        if REGISTER.fullmatch(words) or (plainly and words in AGREED):
            return Meant(meaning=Meaning.REGISTER)
        if plainly and words in DECLINED:
            return Meant(meaning=Meaning.DECLINE)
    return _afterwards(words, memory, standing.closed, now, rules)


def _to_a_person(words: str, case: Case, quiet: bool) -> Meant | None:
    if not quiet:
        if PERSON.fullmatch(words) or MESSAGE.fullmatch(words) or UNSOLVED.fullmatch(words):
            return Meant(meaning=Meaning.MESSAGE, case=case)
        return None
    if BACK.fullmatch(words):
        return Meant(meaning=Meaning.BACK, case=case)
    if PERSON.fullmatch(words) or MESSAGE.fullmatch(words):
        return Meant(meaning=Meaning.UNDER_WAY, case=case)
    return Meant(meaning=Meaning.THANK if is_thanks(words) else Meaning.HEAR, case=case)


def _afterwards(words: str, memory: Memory, case: Case | None, now: datetime, rules: Rules) -> Meant | None:
    """After a case was closed: how satisfied he is, why not, and that it is not settled."""
    if case is None or case.closed_at is None or case.outcome == "left":
        return None
    if case.score == 3 and not case.score_reason and words in _REASONS and _within(case.rated_at, now, rules):
        return Meant(meaning=Meaning.REASON, case=case, reason=_REASONS[words])
    if UNSOLVED.fullmatch(words):
        return Meant(meaning=Meaning.REOPEN, case=case)
    asked = case.rating_asked_at
    if not _within(asked, now, rules) or asked is None:
        return None
    if words in _BY_NAME:
        return Meant(meaning=Meaning.RATE, case=case, score=_BY_NAME[words])
    # A number answers what was asked last: one that was offered since, or still stands, is meant first.
    if (
        case.score is None
        and NUMBER.fullmatch(words)
        and not _awaits_a_number(memory, now)
        and _last_said(memory, asked)
    ):
        return Meant(meaning=Meaning.RATE, case=case, score=int(words))
    return None


def _within(since: datetime | None, now: datetime, rules: Rules) -> bool:
    return since is not None and now - since <= rules.rating_within


def _awaits_a_number(memory: Memory, now: datetime) -> bool:
    known = memory.awake(now)
    return bool((known.options and not memory.expired(now)) or known.late or known.report)


def _last_said(memory: Memory, asked: datetime) -> bool:
    """Whether no numbered choice was offered after the question about his satisfaction."""
    return not memory.options or memory.at is None or memory.at <= asked

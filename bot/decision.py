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

from bot.courtesy import EMOTICON, is_abuse, is_greeting, is_thanks
from bot.courtesy import plain as without_faces
from bot.memory import Memory, Option
from bot.rating import USEFUL, USELESS, reason_of
from bot.urgent import urgent_text
from bot.verdict import option_title
from knowledge.decision import is_small_talk
from knowledge.finding import Finding, Hit
from knowledge.reports import is_report

TRIES: Final = 2
"""After so many questions without an answer a person is named."""

CHOICE: Final = re.compile(r"我?(?:选择?|第|回复|要|就){0,3}\s*([1-9一二三四])\s*(?:个|项|条|号)?(?:吧|呢|的|谢谢)?")
NUMERALS: Final = {"一": 1, "二": 2, "三": 3, "四": 4}
NONE_OF_THEM: Final = frozenset({"都不是", "都不对", "都没有", "没有", "不是", "以上都不是", "都不是我要的", "0"})
MORE: Final = frozenset({"更多", "全文", "查看全文", "看全文", "继续", "下一页", "后文", "接着", "more"})
PERSON: Final = re.compile(r"(?:我要|请|帮我)?(?:转|找|联系)?(?:接)?(?:人工|人工客服|真人|客服|工作人员)(?:服务)?")
FORWARD: Final = frozenset({"转发", "转发短文", "转发文字", "我要转发", "短文", "发群里", "发到群里"})
CHECK: Final = frozenset({"核实", "请核实", "帮我核实", "我要核实", "要核实", "请帮我核实"})
WANTED: Final = CHECK | frozenset({
    "告诉我", "通知我", "请告诉我", "提交", "举报", "上报", "1", "要", "是", "好", "好的", "可以", "需要", "行",
})  # fmt: skip
TELL: Final = frozenset({"告诉我", "通知我", "请告诉我", "请通知我", "有答复告诉我", "有答复通知我", "有结果告诉我"})
AGREED: Final = frozenset(
    {"同意", "我同意", "同意提交", "确认", "确认提交", "提交", "1", "是", "好", "好的", "可以", "行"}
)
OUT_OF_PLACE: Final = CHECK | frozenset({
    "告诉我", "通知我", "请告诉我", "同意", "我同意", "同意提交", "不同意", "不提交", "提交", "确认提交",
})  # fmt: skip
"""Words that lead on from a report. Where there is none they are no question: 同意 must not find the vote on a lift."""
DECLINED: Final = frozenset({"不用", "不用了", "不同意", "不", "不要", "不需要", "不提交", "算了", "取消", "否", "2"})
WEAK: Final = 0.5
"""A candidate with less than this part of the best one's score is not offered: it only shares a word with the question."""
TOPIC: Final = 4
"""So many characters or fewer are a topic (公积金) and not yet a question."""
NEAR: Final = 0.6
"""From this part of the best score on, another entry belongs to the same topic."""
FILLERS: Final = frozenset("哈嘿呵嘻呃额啊哦噢嗯唔哎唉嗷喔呀吧吗呢的了么嘛")
GARBLED: Final = re.compile("\ufffd|锟斤拷|烫烫烫|屯屯屯|[ÃÂåæçèé]{2}")
MEANT: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffffA-Za-z0-9]")
HAN: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")


class Step(StrEnum):
    """What the bot does next."""

    ANSWER = "answer"
    WITHDRAWN = "withdrawn"
    """The text that was asked for was withdrawn: that is said, with the public explanation, and nothing of the text."""
    CHOOSE = "choose"
    REPHRASE = "rephrase"
    """Nothing found the first time: ask for other words."""
    HAND_OVER = "hand_over"
    MORE = "more"
    """The next page of an answer that was too long."""
    NO_MORE = "no_more"
    """Asked for a next page where there is none."""
    URGENT = "urgent"
    """Somebody may be in danger: the numbers to call, before anything else."""
    ABUSE = "abuse"
    OFFER = "offer"
    """A rumour of which nothing is known: it is noted, and may be handed in for checking."""
    CONSENT = "consent"
    """He wants it checked: what is handed in, who reads it, by when; then he says yes or no."""
    REPORTED = "reported"
    DECLINED = "declined"
    FORWARD = "forward"
    """The last clarification as a text for the family group."""
    LATE = "late"
    HELP = "help"
    THANKS = "thanks"
    EXPIRED = "expired"
    DOCUMENTS = "documents"
    """He looks for documents: a list of what was published."""
    AWAIT_CONSENT = "await_consent"
    """He wants to be told when his question is answered: what is kept for it; then he says yes or no."""
    AWAITED = "awaited"
    NOT_AWAITED = "not_awaited"
    USEFUL = "useful"
    USELESS = "useless"
    """The last answer was of no use: he is asked why."""
    REASON = "reason"
    NOT_SAID = "not_said"
    """A follow-up asks what the last answer does not say: whom to ask."""
    SUBSCRIPTION = "subscription"
    """He wants to hear of what a unit publishes, or no more."""
    JOINED = "joined"
    """A later message of the same burst is answered together with this one."""
    ASK = "ask"
    """Not decided yet: the knowledge base must be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A step, and the memory that is left by it. ``reason`` is set when the question goes to the curator's list."""

    step: Step
    memory: Memory
    entry_id: str = ""
    reason: str = ""
    mark: str = ""
    """Why an answer was of no use."""


def plain(text: str) -> str:
    """The words without full-width forms, case, punctuation at the ends and white space at the ends."""
    return without_faces(unicodedata.normalize("NFKC", text).strip().lower())


def understand(text: str, memory: Memory, now: datetime) -> Move:
    """What the words are, as far as it can be said without the knowledge base; else ASK."""
    known, words = memory.awake(now), plain(text)
    offered = bool(known.options) and not memory.expired(now)
    if words == "1" and known.fetchable(now):
        # It was the last thing that he was told to do; choices that came with the answer stay valid for the next number.
        return Move(step=Step.LATE, memory=replace(known.told_late, at=now))
    if urgent_text(text):
        return Move(step=Step.URGENT, memory=memory)
    if move := _continued(words, memory, known, now):
        return move
    if move := _rating(words, known, now):
        return move
    if offered and words in CHECK and is_report(memory.question):
        # None of the choices is the rumour that he sent: he need not say 都不是 first.
        return Move(step=Step.CONSENT, memory=Memory(at=now, report=memory.question, consent=True))
    if known.options and (move := _choice(words, memory, now, offered=offered)):
        return move
    if PERSON.fullmatch(words):
        return Move(step=Step.HAND_OVER, memory=Memory(at=now))
    if is_greeting(words):
        return Move(step=Step.HELP, memory=memory)
    if is_thanks(words):
        return Move(step=Step.THANKS, memory=memory)
    if is_abuse(words):
        return Move(step=Step.ABUSE, memory=memory)
    if words in NONE_OF_THEM or words in OUT_OF_PLACE or CHOICE.fullmatch(words) or nonsense(text):
        return Move(step=Step.HELP, memory=memory)
    return Move(step=Step.ASK, memory=Memory() if memory.expired(now) else known)


def _continued(words: str, memory: Memory, known: Memory, now: datetime) -> Move | None:
    """Words that only mean something after what was said before: the next page, the text to forward, a report."""
    if words in MORE:
        if known.page:
            return Move(step=Step.MORE, memory=known, entry_id=known.page.entry_id)
        if known.seek:
            return Move(step=Step.DOCUMENTS, memory=known)
        return Move(step=Step.NO_MORE, memory=memory)
    if words in FORWARD:
        return Move(step=Step.FORWARD, memory=memory, entry_id=known.clarified)
    if known.awaited and (move := _awaiting(words, known, now)):
        return move
    return _reporting(words, known, now) if known.report else None


def _rating(words: str, known: Memory, now: datetime) -> Move | None:
    """有用 and 没用 are said of the last answer; a number after 没用 is the reason."""
    said = known.rateable(now)
    if known.asked_why and said is not None and (reason := reason_of(words)):
        return Move(step=Step.REASON, memory=Memory(at=now, said=said), mark=reason)
    if words in USEFUL:
        return Move(step=Step.USEFUL if said else Step.HELP, memory=replace(known, at=now) if said else known)
    if words in USELESS:
        kept = Memory(at=now, said=said, asked_why=True) if said else known
        return Move(step=Step.USELESS if said else Step.HELP, memory=kept)
    return None


def _awaiting(words: str, known: Memory, now: datetime) -> Move | None:
    """The two steps of being told when a question is answered. Before he was asked, only the words themselves are a yes."""
    if not known.awaited_consent:
        wants = words in TELL
        return Move(step=Step.AWAIT_CONSENT, memory=replace(known, at=now, awaited_consent=True)) if wants else None
    if words in AGREED or words in TELL:
        return Move(step=Step.AWAITED, memory=Memory(at=now))
    return Move(step=Step.NOT_AWAITED, memory=Memory(at=now)) if words in DECLINED else None


def _reporting(words: str, known: Memory, now: datetime) -> Move | None:
    """The two steps of handing in a rumour: that he wants it, and that he agrees to what it means."""
    if words in DECLINED:
        return Move(step=Step.DECLINED, memory=Memory(at=now))
    if known.consent and words in AGREED:
        return Move(step=Step.REPORTED, memory=Memory(at=now))
    if not known.consent and words in WANTED:
        return Move(step=Step.CONSENT, memory=replace(known, at=now, consent=True))
    return None


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
        return _failed(memory, now, reason="rejected_choice", question=memory.question)
    return Move(step=Step.CHOOSE, memory=replace(memory, at=now))  # There is no such number: the list once more.


def _number(sign: str) -> int:
    return NUMERALS.get(sign) or int(sign)


def _failed(memory: Memory, now: datetime, *, reason: str, question: str) -> Move:
    if is_report(question):
        kept = Memory(at=now, tries=memory.tries, report=question)
        return Move(step=Step.OFFER, memory=kept, reason="" if reason == "none" else reason)
    tries = memory.tries + 1
    if tries >= TRIES:
        return Move(step=Step.HAND_OVER, memory=Memory(at=now), reason=reason)
    return Move(step=Step.REPHRASE, memory=Memory(at=now, tries=tries), reason=reason)


def conclude(finding: Finding, question: str, memory: Memory, now: datetime) -> Move:
    """What to do with what the base found. ``question`` is kept masked for the case that every choice is refused."""
    if finding.withdrawn is not None:
        return Move(step=Step.WITHDRAWN, memory=Memory(at=now), entry_id=finding.withdrawn.id)
    choices = offered(finding, question)
    if finding.decision == "answer" and finding.hits and not choices:
        return Move(step=Step.ANSWER, memory=Memory(at=now), entry_id=finding.hits[0].entry.id)
    if choices:
        options = tuple(Option(id=h.entry.id, title=option_title(h.entry), score=h.score) for h in choices)
        kept = Memory(at=now, options=options, question=question, confidence=finding.confidence, tries=memory.tries)
        return Move(step=Step.CHOOSE, memory=kept)
    if is_small_talk(question):
        return Move(step=Step.HELP, memory=memory)
    if not HAN.search(question) and not is_report(question):
        # Letters without a Chinese word and without a hit are a slip of the keyboard, not a question to be curated.
        return Move(step=Step.HELP, memory=memory)
    return _failed(memory, now, reason="none", question=question)


def offered(finding: Finding, question: str) -> tuple[Hit, ...]:
    """What to offer; empty when there is one answer, or none."""
    words, hits = plain(question), finding.hits[:3]
    if finding.decision == "choose":
        return tuple(hit for hit in hits if hit.score >= WEAK * hits[0].score)
    if finding.decision == "answer" and len(words) <= TOPIC and HAN.fullmatch(words[:1]):
        near = tuple(hit for hit in hits if hit.score >= NEAR * hits[0].score)
        asked = {plain(said) for said in (hits[0].entry.title, *hits[0].entry.similar)} if hits else set()
        return near if len(near) > 1 and words not in asked else ()
    return ()


def nonsense(text: str) -> bool:
    """Whether a text says nothing: no letters, laughter, one character over and over, or broken encoding."""
    meant = MEANT.findall(unicodedata.normalize("NFKC", EMOTICON.sub("", text)))
    if not meant or GARBLED.search(text):
        return True
    if set(meant) <= FILLERS or len(meant) == 1:
        return True
    return len(set(meant)) == 1 and not meant[0].isdigit()

"""“Tell me when it is answered”: who got no answer may agree to be told, and is told once, with his own question quoted.

Two steps as for a rumour: he says 告诉我, reads what is kept for it and by whom it is read, and agrees. When a curator's
answer is released he gets it in a message of our own where the platform allows one, else before the next reply to him.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient

from audit.clock import Clock
from bot import wording
from bot.asker import asker_hash
from bot.clarifying import DECLINED_TEXT, LINK, QUOTED, TELL_WORD
from bot.decision import Move, Step
from bot.gathering import Gathering
from bot.measure import Measure, measure_of, narrowed
from bot.memory import Memory
from bot.turn import EntryOf, Left, Turn
from knowledge.entry import Entry
from knowledge.question_notices import QuestionNotices, Wanted
from knowledge.reporting import Notice

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
AWAITED_STEPS: Final = frozenset({Step.AWAIT_CONSENT, Step.AWAITED, Step.NOT_AWAITED})
BUTTONS: Final = frozenset({"web"})
"""Channels on which the word that leads on is a button of ours and need not be said."""
HINT: Final = f"回复“{TELL_WORD}”，有答复后通知您。"
AWAITED_TEXT: Final = "已记下。有了答复会告诉您，只告诉一次。还有其他问题，请直接输入。"
TITLE_SHOWN: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Somebody who agreed to be told of his question, which is masked."""

    channel: str
    sender: str
    asked: str
    at: datetime


class Awaiting:
    """``first``: the channels on which we may write first; only there his address is kept. ``mask`` covers personal data, ``key`` is
    the installation's secret, ``office`` reads the questions."""

    def __init__(
        self, *, notices: QuestionNotices, clock: Clock, entry_of: EntryOf, measures: Mapping[str, Measure],
        mask: Callable[[str], str], key: str, office: str, first: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self._notices = notices
        self._clock = clock
        self._entry_of = entry_of
        self._measures = measures
        self._mask = mask
        self._key = key
        self._office = office
        self._first = frozenset(first)
        self._waiting: Gathering[str, tuple[Notice, ...]] = Gathering(self._notices_of)

    # The conversation

    def offered(self, turn: Turn, after: Memory) -> tuple[Turn, Memory]:
        """A reply without an answer, with the offer to be told later; where it finds no room it is not made."""
        if turn.unanswered is None or not turn.sender or turn.step is Step.OFFER:
            return turn, after
        text = turn.text if turn.channel in BUTTONS else f"{turn.text}\n{HINT}"
        if not measure_of(self._measures, turn.channel).fits(text):
            return turn, after
        memory = replace(after, awaited=self._mask(turn.unanswered.text), awaited_consent=False)
        return replace(turn, text=text, replies=(*turn.replies, TELL_WORD)), memory

    def about(self, turn: Turn, move: Move, before: Memory, now: datetime) -> tuple[Turn, Memory]:
        """The two steps of agreeing, and that he does not."""
        if move.step is Step.AWAIT_CONSENT:
            said = consent_text(self._office, before.awaited, first=turn.channel in self._first)
            return replace(turn, text=said, replies=("同意", "不用")), move.memory
        if move.step is Step.NOT_AWAITED:
            return replace(turn, text=DECLINED_TEXT), move.memory
        waiting = Waiting(channel=turn.channel, sender=turn.sender, asked=before.awaited, at=now)
        left = (*turn.left, Left(settle=self.keep, value=waiting)) if turn.sender else turn.left
        return replace(turn, text=AWAITED_TEXT, left=left), move.memory

    async def before(self, turn: Turn) -> Turn:
        """The reply, with the answers that he waits for before it. What finds no room waits for his next message."""
        found = await self._waiting.one(self._asker(turn.channel, turn.sender))
        said = set[str]()
        for notice in found:
            entry = await self._entry_of(notice.entry_id)
            if entry is None or entry.withdrawn or entry.under_check:
                continue
            again = turn.step is Step.ANSWER and turn.entry is not None and turn.entry.id == entry.id
            if not again and entry.id not in said:
                text = self._joined(turn, notice, entry)
                if text is None:
                    continue
                turn = replace(turn, text=text)
            said.add(entry.id)
            turn = replace(turn, left=(*turn.left, Left(settle=self.told, value=notice.id)))
        return turn

    def worded(self, notice: Notice, entry: Entry, channel: str) -> str:
        """What somebody is told in a message of our own."""
        return notice_text(notice, entry, measure_of(self._measures, channel))

    # What is written

    async def keep(self, connection: BaseDBAsyncClient, values: Sequence[Any]) -> None:
        """Notes who wants to be told."""
        for value in values:
            wanted = Wanted(
                channel=value.channel, asker_hash=self._asker(value.channel, value.sender), asked=value.asked,
                at=value.at, sender=value.sender if value.channel in self._first else "",
            )  # fmt: skip
            await self._notices.want(connection, wanted)

    async def told(self, connection: BaseDBAsyncClient, values: Sequence[Any]) -> None:
        """Notes which answers were said."""
        await self._notices.told(connection, list(values), now=await self._clock.now())

    async def forget(self, connection: BaseDBAsyncClient, *, channel: str, sender: str) -> None:
        """Deletes what is kept of who leaves."""
        await self._notices.forget(connection, asker_hash=self._asker(channel, sender))

    def _joined(self, turn: Turn, notice: Notice, entry: Entry) -> str | None:
        """The answer before the reply: whole, else in short, else None."""
        measure = measure_of(self._measures, turn.channel)
        for said in (notice_text(notice, entry, measure), short_notice_text(notice, entry)):
            text = f"{said}\n\n{turn.text}" if turn.text else said
            if measure.fits(text):
                return text
        return None

    def _asker(self, channel: str, sender: str) -> str:
        return asker_hash(self._key, channel=channel, sender=sender) if sender else ""

    async def _notices_of(self, askers: Sequence[str]) -> Sequence[tuple[Notice, ...]]:
        found = await self._notices.notices(askers)
        return [found.get(asker, ()) for asker in askers]


def consent_text(office: str, asked: str, *, first: bool) -> str:
    """What is kept for telling him, who reads it, and that he need not. ``first``: we may write to him first there."""
    lines = [
        "有了答复通知您，请先确认：",
        f"· 内容：您的问题“{_quoted(asked)}”，其中的手机号、身份证号等已遮盖",
        f"· 谁会看到：{office}和负责答复的单位，只用于答复",
        "· 怎样通知：有了答复，我们主动发给您；超过平台允许的时间，就在您下次来问时先告诉您。只通知一次"
        if first
        else "· 怎样通知：有了答复，在您下次来问时先告诉您。只通知一次",
        "· 为了通知您，会保存您在本平台的编号，通知之后即删除" if first else "",
        "同意请回复“同意”；不需要请回复“不用”，不影响您继续查询。",
    ]
    return "\n".join(line for line in lines if line)


def notice_text(notice: Notice, entry: Entry, measure: Measure) -> str:
    """The approved answer below his own question; a long one in short, with how to get it whole."""
    head = f"{_head(notice)}\n"
    pages = wording.answer_pages(entry, narrowed(measure, measure.of(head)))
    whole = f"{head}{pages[0]}"
    return whole if len(pages) == 1 and measure.fits(whole) else short_notice_text(notice, entry)


def short_notice_text(notice: Notice, entry: Entry) -> str:
    """That there is an answer, where it stands, and how to get it here."""
    by = f"（{entry.issuer or entry.unit}）" if entry.issuer or entry.unit else ""
    title = re.sub(r"\s+", " ", entry.title).strip()
    shown = title if len(title) <= TITLE_SHOWN else f"{title[: TITLE_SHOWN - 1]}…"
    linked = f"\n链接：{entry.source_url}" if 0 < len(entry.source_url) <= LINK else ""
    asking = f"\n发送“{title}”可查看全文。" if len(title) <= TITLE_SHOWN else ""
    return f"{_head(notice)}\n{shown}{by}{linked}{asking}"


def _head(notice: Notice) -> str:
    day = notice.asked_at.astimezone(SHANGHAI)
    return f"您{day.month}月{day.day}日问的“{_quoted(notice.asked)}”，现在有了答复："


def _quoted(asked: str) -> str:
    asked = re.sub(r"\s+", " ", asked).strip()
    return asked if len(asked) <= QUOTED else f"{asked[: QUOTED - 1]}…"

"""The guard in a conversation: who is stopped before anything is looked for, and what is noted with the reply. Urgent words are
never stopped."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient

from bot.advertising import is_advertisement
from bot.decision import Step
from bot.guard import MOST_WAITING, Guard, Noted
from bot.office import Office
from bot.turn import Left, Turn
from bot.urgent import urgent_text
from bot.wording import HOTLINE, contact
from casework.guard_records import ADVERTISEMENT, FLOOD, INSULT, REPEAT

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
ADVERTISEMENT_TEXT: Final = (
    "这里只答复政策、办事和公开信息方面的问题，不处理推广信息。您有要办或者要反映的事，请直接写明。"
)
BUSY_TEXT: Final = "现在咨询的人较多，请过一分钟再试。急事请拨打 12345；紧急情况请直接拨打 110、119、120。"


def repeated_text(office: Office) -> str:
    """The same words once too often."""
    return (
        "同样的话您已经发送了多次，答复请看前面的消息。没有解决的，请换一个说法，"
        f"或者联系工作人员：{contact(office)}，也可以拨打 {HOTLINE}。"
    )


def limited_text(office: Office, until: datetime) -> str:
    """Somebody decided that he is answered less: until when, whom to call, how to object."""
    end = until.astimezone(SHANGHAI)
    return (
        f"因多次发送与办事无关的内容，{end.month}月{end.day}日 {end:%H:%M} 前暂停自动答复，到时自动恢复。\n"
        f"要办事的，请联系：{contact(office)}，或者拨打 {HOTLINE}。\n"
        "对此有异议的，请拨打上述电话说明，核实后即可提前恢复。紧急情况请直接拨打 110、119、120。"
    )


class Guarding:
    """``guard`` may be None, where nobody is to be noted."""

    def __init__(self, *, guard: Guard | None, office: Office) -> None:
        self._guard = guard
        self._office = office
        self._searching = 0

    @contextmanager
    def searching(self) -> Iterator[None]:
        """Counts who waits for the search."""
        self._searching += 1
        try:
            yield
        finally:
            self._searching -= 1

    async def before(self, *, channel: str, sender: str, text: str, now: datetime) -> Turn | None:
        """The reply to somebody who is not answered from the base now; None for everybody else."""
        if urgent_text(text):
            return None
        if self._searching >= MOST_WAITING:
            return Turn(step=Step.BUSY, text=BUSY_TEXT, channel=channel, sender=sender)
        guard = self._guard
        until = await guard.limited_until(channel=channel, sender=sender, now=now) if guard else None
        if until is not None:
            said = limited_text(self._office, until)
            return Turn(step=Step.LIMITED, text=said, channel=channel, sender=sender)
        if guard is not None and guard.repeats(channel=channel, sender=sender, text=text, now=now):
            turn = Turn(step=Step.REPEATED, text=repeated_text(self._office), channel=channel, sender=sender)
            return self._noting(turn, REPEAT, text, now)
        if is_advertisement(text):
            turn = Turn(step=Step.ADVERTISEMENT, text=ADVERTISEMENT_TEXT, channel=channel, sender=sender)
            return self._noting(turn, ADVERTISEMENT, text, now)
        return None

    def after(self, turn: Turn, text: str, now: datetime) -> Turn:
        """The turn, with what is to be noted of it."""
        return self._noting(turn, INSULT, text, now) if turn.step is Step.ABUSE else turn

    def flood(self, *, channel: str, sender: str, text: str, now: datetime) -> Noted | None:
        """What is to be noted of somebody who sends more than anybody types."""
        return self._guard.noted(FLOOD, channel=channel, sender=sender, text=text, now=now) if self._guard else None

    async def settle(self, connection: BaseDBAsyncClient, values: Sequence[Any]) -> None:
        """Writes what ``flood`` noted."""
        if self._guard is not None:
            await self._guard.settle(connection, values)

    def _noting(self, turn: Turn, kind: str, text: str, now: datetime) -> Turn:
        if self._guard is None:
            return turn
        noted = self._guard.noted(kind, channel=turn.channel, sender=turn.sender, text=text, now=now)
        return replace(turn, left=(*turn.left, Left(settle=self._guard.settle, value=noted))) if noted else turn

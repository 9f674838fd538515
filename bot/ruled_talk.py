"""Rules before the base: how a sentence that one of them takes is answered (``knowledge.canned``). Nothing of the base is said."""

from dataclasses import replace
from datetime import date, datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from bot.decision import Move, Step
from bot.memory import Memory
from bot.office import Office
from bot.turn import Left, Turn
from bot.wording import HOTLINE, Source, contact
from knowledge.canned import Act, Rule
from knowledge.canned_hits import Hit, count_hits

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
STEPS: Final[dict[Act, Step]] = {"text": Step.CANNED, "person": Step.HAND_OVER, "decline": Step.OFF_LIMITS}


class Ruled(Protocol):
    """Gives the rule that takes a message in a channel on a local day (``KnowledgeBase.ruled``)."""

    def __call__(self, text: str, *, channel: str, today: date) -> Rule | None: ...


class RuledTalk:
    """``office`` is whom to turn to where nothing is answered."""

    def __init__(self, *, ruled: Ruled, office: Office) -> None:
        self._ruled = ruled
        self._office = office

    def rule(self, move: Move, text: str, channel: str, now: datetime) -> Rule | None:
        """The rule that takes these words; none where somebody may be in danger."""
        if move.step is Step.URGENT:
            return None
        return self._ruled(text, channel=channel, today=_day(now))

    def move(self, rule: Rule, now: datetime) -> Move:
        """What is done; whatever was offered before is forgotten, and the question goes on no list: it is none to be answered."""
        return Move(step=STEPS[rule.act], memory=Memory(at=now))

    def told(self, turn: Turn, rule: Rule, now: datetime) -> Turn:
        """The turn in the rule's words, with the hit to be counted."""
        hit = Hit(rule=rule.key, day=_day(now), channel=turn.channel)
        turn = replace(turn, left=(*turn.left, Left(settle=count_hits, value=hit)))
        if rule.act == "text":
            return replace(
                turn, text=canned_text(rule), decision="answer", confidence=1.0, sources=(canned_source(rule),)
            )
        return turn if rule.act == "person" else replace(turn, text=off_limits_text(self._office))


def canned_text(rule: Rule) -> str:
    """A fixed answer word for word, with what it rests on; empty for a rule without one."""
    if rule.act != "text":
        return ""
    basis = [f"依据：{rule.source}", f"单位：{rule.unit}"]
    basis += [f"有效性：有效，至 {rule.valid_to.isoformat()}"] if rule.valid_to else ["有效性：有效"]
    basis += [f"链接：{rule.source_url}"] if rule.source_url else []
    return f"{rule.text.strip()}\n\n" + "\n".join(basis)


def canned_source(rule: Rule) -> Source:
    return Source(
        title=rule.source, document_number="", unit=rule.unit, date="", validity="有效", url=rule.source_url
    )  # fmt: skip


def off_limits_text(office: Office) -> str:
    """A polite word that this is not answered here, with the way to a person."""
    return f"这个问题不在本账号的答复范围内，请谅解。\n需要反映情况的，请联系{contact(office)}，或拨打 {HOTLINE} 政务服务便民热线。"


def _day(now: datetime) -> date:
    return now.astimezone(SHANGHAI).date()

"""Citizens who were handed to a person, as the bot leaves them in the tables."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise.transactions import in_transaction

from audit.trail import Trail
from bot.records import InboundMessage
from bot.sampled import conversations
from casework.case import Kind, Opening, Side, Spoken
from casework.closed_cases import closed_cases
from casework.desk import CaseDesk
from casework.intake import Intake
from casework.sample import Kind as SampleKind
from casework.sample import load_plan
from casework.sampling import Sampling
from disclosures.workdays import WorkingDays
from gateway.database.clock import DatabaseClock


def desk_of(house: Any) -> CaseDesk:
    return CaseDesk(clock=DatabaseClock(), trail=Trail(), working_days=WorkingDays(), key=house.settings.secret_key)


def sampling_of() -> Sampling:
    populations = {SampleKind.CASE: closed_cases, SampleKind.TALK: conversations}
    return Sampling(clock=DatabaseClock(), trail=Trail(), plan=load_plan(), populations=populations)


async def opened(house: Any, question: str, *, sender: str, unit: str = "区民政局") -> str:
    """The number of a case that waits, with what was said before it."""
    intake = Intake(trail=Trail(), working_days=WorkingDays(), key=house.settings.secret_key)
    now = datetime.now(UTC)
    number = await intake.reserve(channel="wechat", sender=sender, offered_at=now, now=now)
    said = (
        Spoken(side=Side.CITIZEN, at=now - timedelta(minutes=3), text=question),
        Spoken(side=Side.BOT, at=now - timedelta(minutes=3), text="没有找到确切的答案。回复“登记”由工作人员答复。"),
        Spoken(side=Side.CITIZEN, at=now, text="登记"),
    )
    async with in_transaction() as connection:
        opening = Opening(
            number=number, kind=Kind.HANDOVER, channel="wechat", sender=sender, question=question, unit=unit,
            asked_at=now - timedelta(minutes=3), opened_at=now, transcript=said,
        )  # fmt: skip
        await intake.open(connection, opening)
    return number


async def asked_last_week() -> None:
    """A conversation with the bot, seven days ago."""
    at = datetime.now(UTC) - timedelta(days=7)
    await InboundMessage.create(
        key="last-week", channel="wechat", sender="oThird", kind="text", text="社保卡丢了怎么补？", received_at=at,
        answered_at=at, reply={"text": "带身份证到镇便民服务中心补办。\n依据：区人社局"}, owner="",
    )  # fmt: skip

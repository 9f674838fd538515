"""From the offer of a person to his answer and the satisfaction afterwards, on every channel; no word is lost and none kept
twice, however messages are delivered; what a person answers is sent once."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from audit.actor import Actor
from audit.allowance import Allowance
from audit.trail import Trail
from bot.appealing import brings_an_appeal, is_appeal
from bot.conversation import Conversation
from bot.correcting import Corrections
from bot.curating import forgetting, keeping, reading
from bot.decision import Step
from bot.feedback import Feedback
from bot.guard import Guard
from bot.handing import Handing
from bot.inbox import Inbox
from bot.measure import load_measures
from bot.memory import Memory, Offer
from bot.message import Inbound, Kind
from bot.office import Office
from bot.reaching import Reaching
from bot.reception import Reception
from bot.reporting import Reports
from bot.turn import Turn
from casework.case import Delivery, State
from casework.desk import CaseDesk, longest_reply
from casework.intake import Intake
from casework.outbox import Outbox
from casework.records import CaseMessage, CitizenCase
from disclosures.personal import mask
from disclosures.workdays import WorkingDays
from knowledge.curation import Curation
from publishers.errors import ChannelRefused, ChannelUnavailable, OutcomeUnknown
from tests.casework.conftest import WANG

KEY = "k"


class Parts:
    """The bot with its handing over, and the desk behind it."""

    def __init__(self, *, base: Any, clock: Any, curation: Curation, reports: Reports, inbox: Inbox) -> None:
        self.clock, days, measures = clock, WorkingDays(), load_measures()
        self.outbox = Outbox(key=KEY)
        self.desk = CaseDesk(clock=clock, trail=Trail(), working_days=days, key=KEY)
        office = Office(name="区政务公开办公室", phone="0730-0000000", hours="工作日 9:00–17:00")

        async def find_office(text: str) -> Office | None:
            return Office(name="区住建局", phone="0730-0000009") if "住建" in text else None

        handing = Handing(
            intake=Intake(trail=Trail(), working_days=days, key=KEY), outbox=self.outbox, clock=clock, working_days=days,
            office=office, find_office=find_office, measures=measures, mask=mask, page="https://portal.example.gov.cn/case",
        )  # fmt: skip
        corrections = Corrections(clock=clock)
        self.conversation = Conversation(
            base=base, clock=clock, entry_of=reading(curation, clock=clock),
            keep_unanswered=keeping(curation, mask=mask, key=KEY), mask=mask, measures=measures, office=office,
            find_office=find_office, examples=("低保怎么申请？",), name="明白区发布", reports=reports, working_days=days,
            corrections=corrections, handing=handing, feedback=Feedback(key=KEY), guard=Guard(key=KEY, mask=mask),
        )  # fmt: skip

        async def keep_event(*_: Any) -> None: ...

        self.reception = Reception(
            inbox=inbox, conversation=self.conversation, keep_event=keep_event,
            forget=forgetting(key=KEY, reports=reports, corrections=corrections, others=(handing,)),
            allowance=Allowance(most=1000, seconds=60),
        )  # fmt: skip
        self.measures = measures
        self._numbers = iter(range(1, 100_000))

    async def says(self, text: str, sender: str = "oUser", channel: str = "wechat", **more: Any) -> str:
        """A message through the reception; on the web through the conversation."""
        if channel == "web":
            return (await self.conversation.answer(channel=channel, sender=sender, text=text)).text
        return await self.reception.receive(
            self.inbound(text, sender, channel, **more), now=self.clock.moment, budget=30.0
        )

    def inbound(self, text: str, sender: str = "oUser", channel: str = "wechat", **more: Any) -> Inbound:
        number = more.pop("number", None) or next(self._numbers)
        now: datetime = self.clock.moment
        return Inbound(
            channel=channel, account="gh", sender=sender, kind=more.pop("kind", Kind.TEXT), created=str(number), sent_at=now,
            message_id=str(number), text=text, **{"event": "", "event_key": "", "body": {}, **more},
        )  # fmt: skip

    async def number(self, **person: str) -> str:
        row = await CitizenCase.filter(**person).order_by("-id").first()
        assert row is not None
        return row.number

    async def registered(self, channel: str = "wechat", sender: str = "oUser") -> str:
        await self.says("楼道灯坏了，归住建管吗", sender, channel)
        await self.says("人工", sender, channel)
        await self.says("登记", sender, channel)
        return await self.number(channel=channel, sender=sender)

    async def heard(self, number: str) -> list[str]:
        return [line.text for line in await self.desk.transcript(number) if line.side == "citizen"]


@pytest.fixture
async def parts(base: Any, clock: Any, curation: Curation, reports: Reports, inbox: Inbox) -> Parts:
    await curation.put_entries(base.entries.values(), actor=Actor.machine("测试"))
    return Parts(base=base, clock=clock, curation=curation, reports=reports, inbox=inbox)


async def test_nothing_is_opened_before_he_agrees(parts: Parts) -> None:
    await parts.says("楼道灯坏了")
    offer = await parts.says("我要投诉")
    assert "回复“登记”" in offer
    assert "承办人员阅读" in offer
    assert await parts.says("不用") == "好的，没有登记。还有其他问题，请直接输入。"
    assert await CitizenCase.all().count() == 0


@pytest.mark.parametrize("channel", ["wechat", "weibo", "web"])
async def test_a_case_goes_from_the_phone_to_the_desk_and_back(parts: Parts, channel: str) -> None:
    number = await parts.registered(channel)
    case = await parts.desk.one(number)
    assert (case.state, case.channel) == (State.WAITING, channel)
    assert case.unit == "区政务公开办公室"
    if channel != "web":
        assert case.subject == "楼道灯坏了，归住建管吗"  # What he had asked before he asked for a person.
        transcript = await parts.desk.transcript(number)
        assert [line.side for line in transcript] == ["citizen", "bot", "citizen", "bot"]
        assert transcript[0].text == "楼道灯坏了，归住建管吗"
    assert f"已转给工作人员（编号 {number}）" in await parts.says("三号楼，电话13812345678", channel=channel)
    quiet = await parts.says("低保怎么申请", channel=channel)
    assert quiet == ("已转给工作人员。" if channel == "web" else "")
    assert (await parts.heard(number))[-2:] == ["三号楼，电话138****5678", "低保怎么申请"]
    await parts.desk.reply(number, "已报修，今晚修好。", by=WANG)
    said = await parts.says("好了吗", channel=channel)
    assert said.startswith(f"【区政务公开办公室　王承办】答复您的诉求（编号 {number}）：\n已报修，今晚修好。")
    assert "已报修" not in await parts.says("知道了", channel=channel)
    await parts.desk.reply(number, "修好了。", by=WANG)
    await parts.desk.close(number, outcome="done", by=WANG)
    asked = await parts.says("你好", channel=channel)
    assert "修好了。" in asked
    assert "1 满意、2 基本满意、3 不满意" in asked
    assert "已记录：满意" in await parts.says("1", channel=channel)
    assert (await parts.desk.one(number)).score_name == "满意"


@pytest.mark.parametrize("channel", ["wechat", "weibo", "web"])
async def test_every_word_about_a_case_fits_its_channel(parts: Parts, channel: str) -> None:
    number = await parts.registered(channel)
    measure = parts.measures[channel]
    for text in ("a", "进度", "人工", "机器人", "留言", number, "谢谢"):
        assert measure.fits(await parts.says(text, channel=channel))
    await parts.desk.reply(number, "长" * longest_reply(channel), by=WANG)
    said = await parts.says("机器人", channel=channel)
    assert measure.fits(said)
    assert "长" * 200 in said
    await parts.desk.close(number, outcome="elsewhere", words="请向市里反映。" * 17, by=WANG)
    said = await parts.says("低保", channel=channel)
    assert measure.fits(said)
    assert said.count("请向市里反映。") == 17


async def test_an_answer_that_finds_no_room_beside_a_persons_is_fetched_with_1(parts: Parts) -> None:
    number = await parts.registered("weibo")
    await parts.says("机器人", channel="weibo")
    await parts.desk.reply(number, "长" * 100, by=WANG)
    await parts.desk.close(number, outcome="done", by=WANG)
    said = await parts.says("低保怎么申请", channel="weibo")
    assert said.endswith("请回复“1”查看（10 分钟内有效）。")
    assert "满意、基本满意、不满意（回复文字）" in said
    assert "街道办事处提出申请" in await parts.says("1", channel="weibo")
    assert (await parts.desk.one(number)).score is None


async def test_a_message_that_is_delivered_three_times_is_heard_once_and_its_reply_is_the_same(parts: Parts) -> None:
    await parts.says("楼道灯坏了")
    await parts.says("人工")
    agreed = parts.inbound("登记")
    receipts = await asyncio.gather(*(
        parts.reception.receive(agreed, now=parts.clock.moment, budget=30.0) for _ in range(3)
    ))  # fmt: skip
    assert len(set(receipts)) == 1
    assert await CitizenCase.all().count() == 1
    number = await parts.number()
    words = [parts.inbound(f"第{n}句") for n in range(6)]
    await asyncio.gather(*(
        parts.reception.receive(each, now=parts.clock.moment, budget=30.0) for each in (*words, *reversed(words), *words)
    ))  # fmt: skip
    assert sorted((await parts.heard(number))[-6:]) == [f"第{n}句" for n in range(6)]
    assert (await parts.desk.one(number)).unread == 6


async def test_two_agreements_at_the_same_moment_are_one_case_with_one_number(parts: Parts) -> None:
    await parts.says("楼道灯坏了")
    await parts.says("人工")
    said = await asyncio.gather(parts.says("登记"), parts.says("好的"))
    number = await parts.number()
    assert await CitizenCase.all().count() == 1
    assert all(number in each or each == "" for each in said)


async def test_what_is_no_text_or_comes_too_fast_or_is_urgent_reaches_the_person_too(parts: Parts) -> None:
    number = await parts.registered()
    await parts.says("", kind=Kind.IMAGE)
    assert await parts.says("", kind=Kind.VOICE) == ""
    assert "110" in await parts.says("我不想活了")
    parts.reception._allowance = Allowance(most=0, seconds=60)
    assert "太快" in await parts.says("还有一句")
    assert (await parts.heard(number))[-4:] == [
        "（发来一张图片）", "（发来一段语音，未能识别）", "我不想活了", "还有一句",
    ]  # fmt: skip


async def test_what_the_guard_would_stop_is_heard_by_the_person_who_has_the_case(parts: Parts) -> None:
    number = await parts.registered()
    for _ in range(5):
        await parts.says("什么时候能修好")
    assert await parts.says("兼职刷单日结，加微信 abc12345") == ""
    assert (await parts.heard(number))[-6:] == ["什么时候能修好"] * 5 + ["兼职刷单日结，加微信 abc12345"]


async def test_the_bot_comes_back_when_it_is_called_and_leaves_again(parts: Parts) -> None:
    number = await parts.registered()
    assert "请直接输入您的问题" in await parts.says("机器人")
    assert "街道办事处提出申请" in await parts.says("低保怎么申请")
    await parts.says("天上有几颗星")
    assert f"编号 {number}" in await parts.says("月亮上有什么")  # Twice in vain: the case under way is named.
    assert await parts.says("留言") == f"请直接写，会转给编号 {number} 的承办人员。问其他问题请回复“机器人”。"
    assert await parts.says("低保怎么申请") == ""
    assert (await parts.heard(number))[-1] == "低保怎么申请"
    await parts.says("机器人")
    await parts.desk.reply(number, "灯修好了吗？", by=WANG, final=False)
    await parts.says("低保怎么申请")
    assert await parts.says("修好了") == ""  # After a person's word the next one is his.


async def test_the_bot_speaks_again_a_day_after_the_last_answer(parts: Parts) -> None:
    number = await parts.registered()
    await parts.desk.reply(number, "已报修。", by=WANG)
    await parts.says("嗯")
    parts.clock.advance(24 * 3600 + 1)
    assert "街道办事处提出申请" in await parts.says("低保怎么申请")
    assert (await parts.desk.one(number)).state is State.ANSWERED
    assert "请直接写" in await parts.says("没解决")
    assert (await parts.desk.one(number)).state is State.OPEN
    assert await parts.says("低保怎么申请") == ""
    assert (await parts.heard(number))[-2:] == ["没解决", "低保怎么申请"]


async def test_who_wants_to_bring_something_and_then_says_what_is_still_offered_a_person(parts: Parts) -> None:
    await parts.says("我要投诉")
    assert "回复“登记”" in await parts.says("楼下半夜唱歌")
    await parts.says("登记")
    case = await parts.desk.one(await parts.number())
    assert (case.kind, case.subject) == ("appeal", "楼下半夜唱歌")


async def test_progress_is_told_to_him_alone(parts: Parts) -> None:
    number = await parts.registered()
    assert "待接" in await parts.says("进度")
    assert "待接" in await parts.says(f"帮我查 {number.replace('-', '')}")
    assert "没有编号为" in await parts.says(number, sender="oOther")
    await parts.desk.take(number, by=WANG)
    assert "处理中" in await parts.says("我的诉求办得怎么样了")
    parts.clock.advance(4 * 86400)
    assert "超过承诺的时间" in await parts.says("进度")


async def test_numbers_for_satisfaction_never_take_the_place_of_a_choice(parts: Parts) -> None:
    number = await parts.registered()
    await parts.desk.reply(number, "已报修。", by=WANG)
    await parts.desk.close(number, outcome="done", by=WANG)
    assert "请回复数字" in await parts.says("这事怎么办")
    assert "依据" in await parts.says("1")
    assert (await parts.desk.one(number)).score is None
    assert "不满意" in await parts.says("不满意")
    assert "谢谢" in await parts.says("答复太慢")
    rated = await parts.desk.one(number)
    assert (rated.score, rated.score_reason) == (3, "slow")


async def test_what_is_not_settled_is_opened_again_within_the_set_time(parts: Parts) -> None:
    number = await parts.registered()
    await parts.desk.reply(number, "已报修。", by=WANG)
    await parts.desk.close(number, outcome="done", by=WANG)
    await parts.says("你好")
    assert "已重新办理" in await parts.says("问题还没有解决")
    assert (await parts.desk.one(number)).state is State.OPEN
    assert (await parts.heard(number))[-1] == "问题还没有解决"
    assert await parts.says("还是黑的") == ""
    await parts.desk.reply(number, "换了灯。", by=WANG)
    await parts.desk.close(number, outcome="done", by=WANG)
    parts.clock.advance(16 * 86400)
    assert "另行登记" in await parts.says("没解决")
    assert (await parts.desk.one(number)).state is State.CLOSED


async def test_who_leaves_is_forgotten_with_his_case(parts: Parts) -> None:
    number = await parts.registered()
    await parts.says("我姓陈，13812345678")
    await parts.desk.reply(number, "您好，陈先生。", by=WANG)
    gone = parts.inbound("", kind=Kind.EVENT, event="unsubscribe", body={"Event": "unsubscribe"})
    await parts.reception.receive(gone, now=parts.clock.moment, budget=30.0)
    assert await CaseMessage.all().count() == 0
    case = await parts.desk.one(number)
    assert (case.sender, case.subject, case.outcome) == ("", "", "left")


async def test_nobody_in_particular_is_offered_nothing(parts: Parts) -> None:
    for channel, sender in (("web", ""), ("api", "session")):
        turn: Turn = await parts.conversation.answer(channel=channel, sender=sender, text="人工")
        assert turn.step is Step.HAND_OVER
        assert "登记" not in turn.text
        assert "电话" in turn.text


# What a person answers goes out by itself


class Platform:
    """Takes our messages, or does not."""

    def __init__(self, *troubles: Exception) -> None:
        self.sent: list[tuple[str, str]] = []
        self.troubles = list(troubles)

    async def __call__(self, sender: str, text: str) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.sent.append((sender, text))


def reaching(parts: Parts, platform: Platform) -> Reaching:
    return Reaching(outbox=parts.outbox, clock=parts.clock, send_text={"wechat": platform}, measures=parts.measures)


async def test_an_answer_is_sent_once_inside_the_window(parts: Parts) -> None:
    number, platform = await parts.registered(), Platform()
    sweeps = [reaching(parts, platform) for _ in range(3)]
    await parts.desk.reply(number, "第一句", by=WANG, final=False)
    await parts.desk.reply(number, "第二句", by=WANG)
    await asyncio.gather(*(sweep.sweep() for sweep in sweeps))
    await sweeps[0].sweep()
    assert sorted(text.rsplit("\n", 1)[1] for _, text in platform.sent) == ["第一句", "第二句"]
    assert await parts.says("好") == ""  # Nothing is said twice.
    assert {row.delivery for row in await CaseMessage.filter(side="handler")} == {Delivery.SENT}


@pytest.mark.parametrize(
    ("trouble", "delivery", "told"),
    [
        (ChannelUnavailable("away"), Delivery.SENT, False),
        (OutcomeUnknown("timeout"), Delivery.UNKNOWN, False),
        (ChannelRefused("45015", code="45015"), Delivery.WAITING, True),
    ],
)
async def test_what_did_not_arrive_is_sent_again_and_what_may_have_is_not(
    parts: Parts, trouble: Exception, delivery: Delivery, told: bool
) -> None:
    number, platform = await parts.registered(), Platform(trouble)
    await parts.desk.reply(number, "修好了", by=WANG)
    sweep = reaching(parts, platform)
    await sweep.sweep()
    await sweep.sweep()
    (row,) = await CaseMessage.filter(side="handler")
    assert row.delivery == delivery
    assert ("修好了" in await parts.says("好")) is told


async def test_outside_the_window_it_waits_for_his_next_word(parts: Parts) -> None:
    number, platform = await parts.registered(), Platform()
    parts.clock.advance(47 * 3600 + 1)
    await parts.desk.reply(number, "修好了", by=WANG)
    await reaching(parts, platform).sweep()
    assert platform.sent == []
    assert "修好了" in await parts.says("怎么样了")


async def test_what_was_on_its_way_when_its_process_died_is_not_sent_again(parts: Parts) -> None:
    number, platform = await parts.registered(), Platform()
    await parts.desk.reply(number, "修好了", by=WANG)
    (row,) = await CaseMessage.filter(side="handler")
    assert await parts.outbox.begin(row.id, now=parts.clock.moment)
    parts.clock.advance(121)
    await reaching(parts, platform).sweep()
    assert platform.sent == []
    assert (await CaseMessage.get(id=row.id)).delivery == Delivery.UNKNOWN


# Words


@pytest.mark.parametrize("text", ["我要投诉", "投诉", "我想反映一下情况", "举报", "提诉求", "我要反映问题"])
def test_words_that_only_bring_an_appeal(text: str) -> None:
    assert is_appeal(text)
    assert brings_an_appeal(text)


@pytest.mark.parametrize(
    ("text", "brings"),
    [("我要投诉烧烤店扰民", True), ("我要投诉找谁", False), ("怎么投诉", False), ("投诉电话", False)],
)
def test_a_question_how_one_complains_is_a_question(text: str, brings: bool) -> None:
    assert not is_appeal(text)
    assert brings_an_appeal(text) is brings


def test_the_offer_survives_its_row() -> None:
    memory = Memory(
        at=datetime.fromisoformat("2026-11-27T10:00:00+08:00"),
        offer=Offer(question="灯", unit="区住建局", kind="appeal"),
    )
    assert Memory.parse(memory.dump()) == memory
    assert not memory.blank

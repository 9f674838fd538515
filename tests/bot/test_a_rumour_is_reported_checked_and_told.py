"""A rumour from the citizen's question to the result that he is told: the verdict first, the rumour in few words, consent in
two steps, and nothing said twice."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.trail import Trail
from bot.clarifying import (
    FORWARD,
    clarification_pages,
    consent_text,
    due_text,
    forward_text,
    hinted,
    notice_text,
    offer_text,
    receipt_text,
)
from bot.conversation import Conversation
from bot.curating import reading
from bot.decision import Step
from bot.measure import Measure, load_measures
from bot.records import InboundMessage
from bot.reporting import Reports
from bot.telling import Telling
from bot.turn import Turn
from bot.verdict import CLAIM, option_title, short_claim
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from knowledge.records import UnansweredQuestion
from knowledge.reporting import Reporting
from knowledge.rumour_desk import RumourDesk
from knowledge.rumour_records import RumourClaim, RumourNotice, RumourReport
from knowledge.settling import Settlement
from publishers.errors import ChannelRefused, ChannelUnavailable, OutcomeUnknown

STORY = "紧急通知！老桥今晚要塌，看到的都转发，有事打13812345678"
WU, ZHENG = Actor.staff(account_id=1, name="吴知识"), Actor.staff(account_id=2, name="郑审核")
SETTLEMENT = Settlement(
    verdict="不实", title="老桥今晚要塌", body="经检测，老桥结构安全，通行正常。", evidence="区交通局11月23日检测报告", unit="区交通局",
    source_url="https://portal.example.gov.cn/d/8",
)  # fmt: skip
LONG = Entry(
    id="long", kind=EntryKind.rumour, verdict="不实", title="网传实验小学门口有人开白色面包车当街抢走二年级学生，家长追赶不及",
    body="公安机关核查了近期警情，没有接到儿童被抢走的报警。" * 12, evidence="公安机关接处警记录核查" * 9, issuer="区公安分局",
    published_on=date(2026, 11, 20), source_url="https://portal.example.gov.cn/d/6", phone="0730-0000000",
)  # fmt: skip
MEASURES = load_measures()


async def say(conversation: Conversation, text: str, sender: str = "oUser", channel: str = "wechat") -> Turn:
    return await conversation.answer(channel=channel, sender=sender, text=text)


# The words


@pytest.mark.parametrize("channel", ["wechat", "weibo", "web"])
def test_verdict_basis_unit_and_time_are_the_first_two_lines_and_the_rumour_is_short(channel: str) -> None:
    pages = clarification_pages(LONG, MEASURES[channel])
    first, second, third, *_ = pages[0].split("\n")
    assert first == "【不实】网传实验小学门口有人开白色面包车当街抢走二年级学生"
    assert len(first) <= len("【不实】") + CLAIM
    for name in ("依据：", "发布单位：区公安分局", "时间：2026年11月20日"):
        assert name in second
    assert third.startswith("公安机关核查了近期警情")
    assert len(third) <= 200
    assert "链接：https://portal.example.gov.cn/d/6" in pages[0]
    assert all(MEASURES[channel].fits(page) for page in pages)
    assert "".join(page.split("\n……（")[0] for page in pages).count("没有接到儿童被抢走") == 12


def test_a_claim_is_cut_where_a_part_ends() -> None:
    assert short_claim("短的") == "短的"
    assert short_claim("字" * 50) == "字" * 29 + "…"
    assert short_claim("甲" * 8 + "，" + "乙" * 40) == "甲" * 8 + "，" + "乙" * 20 + "…"
    assert len(option_title(LONG)) <= len("【不实】") + CLAIM


@pytest.mark.parametrize("url", ["https://portal.example.gov.cn/d/6", "", "https://portal.example.gov.cn/" + "x" * 300])
@pytest.mark.parametrize("body", ["短。", "公安机关核查了近期警情。" * 40, "", "字" * 900])
def test_the_text_for_the_family_group_is_short_and_leads_back(url: str, body: str) -> None:
    said = forward_text(replace(LONG, source_url=url, body=body), account="明白区发布")
    assert len(said) <= FORWARD
    assert said.startswith("【不实】网传实验小学门口")
    assert said.endswith(f"官方链接：{url}" if 0 < len(url) < 100 else "来源：明白区发布")


def test_what_is_being_checked_says_by_when(clock: Any) -> None:
    now = clock.moment
    due = due_text(now + timedelta(hours=48), now)
    assert due == "最迟11月25日09时30分前公布核实结果。"
    assert "尚未结束" in due_text(now, now)
    entry = replace(LONG, verdict="核实中")
    lines = clarification_pages(entry, MEASURES["wechat"], due=due)[0].split("\n")
    assert lines[0].startswith("【核实中】")
    assert lines[1] == "核实单位：区公安分局　受理时间：2026年11月20日"
    assert lines[2] == due


@pytest.mark.parametrize("measure", [MEASURES["wechat"], MEASURES["weibo"]])
def test_every_reply_about_a_report_fits(measure: Measure, clock: Any) -> None:
    office = "区政务公开办公室（电话 0730-0000000，工作日 8:30–12:00、14:30–17:30）"
    for text in (
        offer_text("12345", office, noted=True), consent_text("区政务公开办公室", hours=48), receipt_text(123456, clock.moment),
        notice_text(LONG, asked="字" * 300, asked_at=clock.moment), hinted("字" * 299, LONG, measure),
    ):  # fmt: skip
        assert measure.fits(text)


# The conversation


async def test_an_unknown_rumour_is_reported_in_two_steps(conversation: Conversation, clock: Any) -> None:
    offered = await say(conversation, STORY)
    assert (offered.step, offered.replies) == (Step.OFFER, ("核实",))
    row = await RumourReport.get()
    assert (row.text, row.consented_at, row.sender) == (STORY.replace("13812345678", "138****5678"), None, "")
    assert await UnansweredQuestion.all().count() == 0

    asked = await say(conversation, "核实")
    assert asked.step is Step.CONSENT
    for words in ("谁会看到：区政务公开办公室", "最迟 48 小时", "回复“同意”", "回复“不用”"):
        assert words in asked.text
    assert (await RumourReport.get()).consented_at is None, "wanting it is not yet consent"

    receipt = await say(conversation, "同意")
    assert receipt.step is Step.REPORTED
    row = await RumourReport.get()
    assert (row.consented_at, row.sender, row.times) == (clock.moment, "oUser", 1)
    assert f"编号 {row.claim_id}" in receipt.text
    assert "最迟11月25日09时30分前答复" in receipt.text
    assert (await say(conversation, "同意")).step is not Step.REPORTED


async def test_who_does_not_agree_hands_in_nothing(conversation: Conversation) -> None:
    await say(conversation, STORY)
    await say(conversation, "核实")
    assert (await say(conversation, "不用")).step is Step.DECLINED
    row = await RumourReport.get()
    assert (row.consented_at, row.sender) == (None, "")
    assert (await say(conversation, "核实")).step is not Step.CONSENT


async def test_another_question_ends_the_offer_and_an_old_offer_is_gone(conversation: Conversation, clock: Any) -> None:
    await say(conversation, STORY)
    assert (await say(conversation, "低保怎么申请")).step is Step.ANSWER
    await say(conversation, STORY)
    clock.advance(16 * 60)
    assert (await say(conversation, "同意")).step is not Step.REPORTED
    assert (await RumourReport.get()).consented_at is None


async def test_one_person_counts_once_whatever_he_writes(conversation: Conversation) -> None:
    for _ in range(5):
        await say(conversation, STORY)
    await say(conversation, "听说老桥今晚要塌", sender="oOther")
    await say(conversation, "听说老桥今晚要塌", sender="")
    assert await RumourClaim.all().count() == 1
    assert len({row.asker_hash for row in await RumourReport.all()}) == await RumourReport.all().count() == 2


async def test_refused_choices_about_a_rumour_are_reported_too(conversation: Conversation) -> None:
    await say(conversation, "听说老桥要塌怎么办")
    turn = await say(conversation, "都不是")
    assert turn.step is Step.OFFER
    assert (await UnansweredQuestion.get()).reason == "rejected_choice"
    assert (await RumourReport.get()).text == "听说老桥要塌怎么办"


async def test_who_sent_a_rumour_and_was_given_choices_may_have_it_checked_at_once(conversation: Conversation) -> None:
    await say(conversation, "听说老桥要塌怎么办")
    assert (await say(conversation, "核实")).step is Step.CONSENT
    receipt = await say(conversation, "同意")
    assert receipt.step is Step.REPORTED
    row = await RumourReport.get()
    assert (row.text, row.sender) == ("听说老桥要塌怎么办", "oUser")
    assert f"编号 {row.claim_id}" in receipt.text


@pytest.mark.parametrize("word", ["核实", "同意", "告诉我", "不同意", "提交"])
async def test_a_word_that_leads_on_from_a_report_is_no_question_where_there_is_none(
    conversation: Conversation, word: str
) -> None:
    turn = await say(conversation, word)
    assert turn.step is Step.HELP
    assert await UnansweredQuestion.all().count() == 0


async def test_the_basis_of_a_verdict_is_never_the_rumour_itself(
    conversation: Conversation, base: Any, teach: Callable[[Entry], Awaitable[None]]
) -> None:
    await teach(replace(base.entries["yaoyan"], verdict="不实", source="", evidence="区水务局现场核查"))
    turn = await say(conversation, "听说要停水")
    assert [source.title for source in turn.sources] == ["区水务局现场核查"]


async def test_under_check_is_said_with_its_time_and_the_asker_is_counted(
    conversation: Conversation, base: Any, teach: Callable[[Entry], Awaitable[None]]
) -> None:
    await teach(replace(base.entries["yaoyan"], verdict="核实中", body="区水务局正在核实。"))
    turn = await say(conversation, "听说要停水")
    assert turn.text.startswith("【核实中】网传自来水下周停水七天\n核实单位：区水务局")
    assert "最迟11月25日09时30分前公布核实结果。" in turn.text
    assert turn.text.endswith("回复“告诉我”，核实清楚后通知您。")
    claim = await RumourClaim.get()
    assert (claim.state, claim.entry_id) == ("checking", "yaoyan")
    assert (await say(conversation, "告诉我")).step is Step.CONSENT
    assert (await say(conversation, "同意")).step is Step.REPORTED
    assert (await RumourReport.get()).sender == "oUser"
    assert await RumourClaim.all().count() == 1


async def test_a_clarification_can_be_passed_on(conversation: Conversation) -> None:
    assert "请先发来" in (await say(conversation, "转发")).text
    await say(conversation, "听说要停水")
    turn = await say(conversation, "转发")
    assert turn.step is Step.FORWARD
    assert turn.text == (
        "【不实】网传自来水下周停水七天\n区水务局，2026年11月20日核实：经核实，自来水供应正常，没有停水计划。\n"
        "官方链接：https://portal.example.gov.cn/d/2"
    )
    assert (await say(conversation, "转发")).text == turn.text


async def settle(curation: Curation, clock: Any, base: Any) -> str:
    """The desk settles the one claim there is, and the index knows it."""
    desk, claim = RumourDesk(clock=clock, trail=Trail(), curation=curation), await RumourClaim.get()
    await desk.propose(claim.id, SETTLEMENT, actor=WU)
    entry_id = await desk.confirm(claim.id, mark=SETTLEMENT.mark, actor=ZHENG)
    stored = await curation.stored(entry_id)
    assert stored is not None
    base.learn(stored)
    base.when("老桥", "answer", entry_id)
    return entry_id


async def test_who_asked_is_told_once_with_his_next_message(
    conversation: Conversation, curation: Curation, base: Any, clock: Any
) -> None:
    await say(conversation, STORY)
    await say(conversation, STORY, sender="oOther")
    await settle(curation, clock, base)
    turn = await say(conversation, "低保怎么申请")
    notice, answer = turn.text.split("\n\n", 1)
    assert notice == (
        "您11月23日问的“紧急通知！老桥今晚要塌，看到的都转发，有事打1…”，已有结果：\n"
        "【不实】老桥今晚要塌（区交通局，2026年11月23日）\n链接：https://portal.example.gov.cn/d/8"
    )
    assert answer.startswith("向户籍所在地的乡镇人民政府")
    assert "已有结果" not in (await say(conversation, "低保怎么申请")).text
    states = {row.state for row in await RumourNotice.all()}
    assert states == {"told", "waiting"}, "the other one has not come back yet"


async def test_who_asks_the_same_again_just_gets_the_answer(
    conversation: Conversation, curation: Curation, base: Any, clock: Any
) -> None:
    await say(conversation, STORY)
    await settle(curation, clock, base)
    turn = await say(conversation, "老桥要塌吗")
    assert turn.text.startswith("【不实】老桥今晚要塌\n依据：区交通局11月23日检测报告")
    assert turn.text.count("【不实】") == 1
    assert (await RumourNotice.get()).state == "told"


async def test_a_notice_that_finds_no_room_or_a_danger_waits(
    conversation: Conversation, curation: Curation, base: Any, clock: Any, teach: Any
) -> None:
    await say(conversation, STORY)
    await settle(curation, clock, base)
    assert "已有结果" not in (await say(conversation, "我不想活了")).text
    await teach(replace(base.entries["dibao"], kind=EntryKind.faq, body="一句完整的话。" * 80))
    assert "已有结果" not in (await say(conversation, "低保怎么申请")).text
    assert (await RumourNotice.get()).state == "waiting"
    assert "已有结果" in (await say(conversation, "谢谢")).text
    assert (await RumourNotice.get()).state == "told"


async def test_who_leaves_is_told_nothing_and_stays_counted(
    conversation: Conversation, curation: Curation, base: Any, clock: Any, reports: Reports
) -> None:
    await say(conversation, STORY)
    await settle(curation, clock, base)
    async with in_transaction() as connection:
        await reports.forget(connection, channel="wechat", sender="oUser")
    assert "已有结果" not in (await say(conversation, "谢谢")).text
    assert (await RumourNotice.get()).state == "lapsed"
    assert (await RumourReport.get()).asker_hash.startswith("left:")


# A message of our own


class Platform:
    """Takes messages, or fails as it is told to."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.trouble: Exception | None = None

    async def send(self, person: str, text: str) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.sent.append((person, text))


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def telling(curation: Curation, clock: Any, platform: Platform) -> Telling:
    return Telling(
        reporting=Reporting(), clock=clock, entry_of=reading(curation, clock=clock), send_text={"wechat": platform.send}
    )


async def settled_for_two(conversation: Conversation, curation: Curation, clock: Any, base: Any) -> None:
    """oUser agreed to be told, oOther only asked."""
    for text in (STORY, "核实", "同意"):
        await say(conversation, text)
    await say(conversation, STORY, sender="oOther")
    for sender in ("oUser", "oOther"):
        await InboundMessage.create(key=sender, channel="wechat", sender=sender, kind="text", received_at=clock.moment)
    await settle(curation, clock, base)


async def test_who_agreed_is_written_to_once_inside_the_window(
    conversation: Conversation, curation: Curation, base: Any, clock: Any, telling: Telling, platform: Platform
) -> None:
    await settled_for_two(conversation, curation, clock, base)
    clock.advance(3600)
    assert (await telling.sweep(), await telling.sweep()) == (1, 0)
    [(person, text)] = platform.sent
    assert person == "oUser"
    assert "已有结果：\n【不实】老桥今晚要塌" in text
    assert "已有结果" not in (await say(conversation, "谢谢")).text
    assert {(row.state, row.sender) for row in await RumourNotice.all()} == {("told", ""), ("waiting", "")}


async def test_outside_the_window_or_refused_he_is_told_with_his_next_message(
    conversation: Conversation, curation: Curation, base: Any, clock: Any, telling: Telling, platform: Platform
) -> None:
    await settled_for_two(conversation, curation, clock, base)
    platform.trouble = ChannelRefused("45047")
    assert await telling.sweep() == 0
    platform.trouble = None
    assert await telling.sweep() == 0, "a refusal is not tried again and again"
    assert "已有结果" in (await say(conversation, "谢谢")).text

    await RumourNotice.all().update(state="waiting", sender="oUser")
    clock.advance(48 * 3600)
    assert (await telling.sweep(), platform.sent) == (0, [])
    assert {row.sender for row in await RumourNotice.all()} == {""}


async def test_what_may_have_arrived_is_not_sent_again_and_what_cannot_have_is(
    conversation: Conversation, curation: Curation, base: Any, clock: Any, telling: Telling, platform: Platform
) -> None:
    await settled_for_two(conversation, curation, clock, base)
    platform.trouble = ChannelUnavailable("busy")
    assert await telling.sweep() == 0
    platform.trouble = OutcomeUnknown("timeout")
    assert await telling.sweep() == 1
    platform.trouble = None
    assert await telling.sweep() == 0
    assert platform.sent == []


async def test_a_notice_that_found_nobody_for_a_month_is_let_go(
    conversation: Conversation, curation: Curation, base: Any, clock: Any, telling: Telling
) -> None:
    await say(conversation, STORY)
    await settle(curation, clock, base)
    clock.advance(31 * 86400)
    await telling.sweep()
    assert (await RumourNotice.get()).state == "lapsed"
    assert "已有结果" not in (await say(conversation, "谢谢")).text

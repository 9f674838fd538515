"""The real knowledge base, the real channel of answers, the real conversation: from the release to the citizen."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.actor import Actor
from bot.conversation import Conversation
from bot.correcting import Corrections
from bot.curating import keeping, reading
from bot.decision import Step
from bot.feedback import HINT, Feedback
from bot.measure import load_measures
from bot.office import Office, Units
from bot.reporting import Reports
from bot.turn import Turn
from disclosures.content import Content
from disclosures.personal import mask
from disclosures.records import Unit
from disclosures.workdays import WorkingDays
from knowledge.base import KnowledgeBase
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from knowledge.keywords import Keywords
from knowledge.reporting import Reporting
from publishers.answers.channel import AnswersChannel
from publishers.port import Ticket

BODY = "<p>城市居民最低生活保障标准为每人每月935元，农村居民最低生活保障标准为每人每年7200元。</p>"


@dataclass(kw_only=True)
class Town:
    conversation: Conversation
    channel: AnswersChannel
    base: KnowledgeBase
    curation: Curation
    now: Any

    async def release(self, **changes: Any) -> None:
        values: dict[str, Any] = {
            "title": "关于提高城乡居民最低生活保障标准的通知", "body_html": BODY, "department": "区民政局", "category": "政策文件",
            "formed_on": date(2026, 11, 20), "index_number": "1", "document_number": "区政发〔2026〕8号",
        }  # fmt: skip
        page = "https://portal.example.gov.cn/d/12"
        payload = self.channel.render(Content(**(values | changes)), page_url=page).payload
        ticket = Ticket(
            delivery_id=1, release_id=1, disclosure_id=12, payload=payload, facts={}, page_url=page, due_at=self.now
        )
        async with in_transaction() as connection:
            await self.channel.publish(connection, ticket, now=self.now)
        await self.base.refresh()

    async def retract(self, *, repealed: bool) -> None:
        async with in_transaction() as connection:
            await self.channel.retract(connection, 12, explanation="数据有误", repealed=repealed, now=self.now)

    async def say(self, text: str, sender: str = "oUser") -> Turn:
        return await self.conversation.answer(channel="wechat", sender=sender, text=text)


@pytest.fixture(scope="module")
def keywords(tmp_path_factory: pytest.TempPathFactory) -> Keywords:
    return Keywords(Path(tmp_path_factory.mktemp("jieba")))


@pytest.fixture
async def town(curation: Curation, keywords: Keywords, clock: Any) -> Town:
    base = KnowledgeBase(keywords=keywords, clock=clock)
    await curation.put_entries(
        [
            Entry(id="rumour", kind=EntryKind.rumour, title="网传自来水下周停水七天", body="经核实，供水正常，没有停水计划。",
                  verdict="不实", issuer="区水务局"),
            Entry(id="pension", kind=EntryKind.faq, title="养老金资格认证怎么办理", body="可在手机上自助认证，每年一次。"),
            Entry(id="school", kind=EntryKind.service, title="小学新生入学怎么报名", body="每年六月在区教育局网站报名。"),
        ],
        actor=Actor.machine("测试"),
    )  # fmt: skip
    await base.load()
    conversation = Conversation(
        base=base, clock=clock, entry_of=reading(curation, clock=clock), mask=mask, measures=load_measures(),
        keep_unanswered=keeping(curation, mask=mask, key="k"), office=Office(name="区政务公开办公室", phone="0730-0000000"),
        find_office=Units().find, examples=("低保标准是多少？",), name="明白区发布",
        reports=Reports(reporting=Reporting(), mask=mask, key="k"), working_days=WorkingDays(), corrections=Corrections(clock=clock),
        feedback=Feedback(key="k"),
    )  # fmt: skip
    return Town(
        conversation=conversation, channel=AnswersChannel(curation=curation), base=base, curation=curation,
        now=await clock.now(),
    )  # fmt: skip


async def test_a_released_text_is_said_word_for_word_with_its_source(town: Town) -> None:
    assert "935元" not in (await town.say("城市居民最低生活保障标准是多少")).text
    await town.release()
    turn = await town.say("城市居民最低生活保障标准是多少", sender="oOther")
    if turn.decision == "choose":
        turn = await town.say("1", sender="oOther")
    assert turn.text.removesuffix(f"\n{HINT}") == (
        "城市居民最低生活保障标准为每人每月935元，农村居民最低生活保障标准为每人每年7200元。\n\n"
        "依据：《关于提高城乡居民最低生活保障标准的通知》 区政发〔2026〕8号\n发文机关：区民政局\n成文日期：2026年11月20日\n有效性：有效\n"
        "链接：https://portal.example.gov.cn/d/12"
    )


async def test_what_is_withdrawn_is_not_said_even_before_the_index_knows(town: Town) -> None:
    await town.release()
    await town.retract(repealed=False)
    assert "935元" not in (await town.say("城市居民最低生活保障标准是多少")).text


async def test_what_is_repealed_says_so_first(town: Town) -> None:
    await town.release()
    await town.retract(repealed=True)
    turn = await town.say("城市居民最低生活保障标准是多少")
    if turn.decision == "choose":
        turn = await town.say("1")
    first, second = turn.text.splitlines()[:2]
    assert first.startswith("【废止】")
    assert second == "公开说明：数据有误"
    await town.release()
    again = await town.say("城市居民最低生活保障标准是多少", sender="oThird")
    if again.decision == "choose":
        again = await town.say("1", sender="oThird")
    assert "公开说明" not in again.text


async def test_a_forwarded_rumour_is_clarified_with_its_verdict_first(town: Town) -> None:
    turn = await town.say("紧急通知！！自来水下周停水七天，大家赶紧囤水，转发给家人")
    if turn.decision == "choose":
        turn = await town.say("1")
    assert turn.text.startswith("【不实】网传自来水下周停水七天")


@pytest.mark.parametrize("text", ["哈哈", "你好", "锟斤拷", "asdfgh", "😀", "今天天气不错", "推荐一部电影"])
async def test_chatter_never_yields_an_approved_text(town: Town, text: str) -> None:
    await town.release()
    turn = await town.say(text)
    assert (turn.entry, turn.decision) == (None, "none")


async def test_the_unit_named_in_the_question_is_the_one_to_call(town: Town) -> None:
    await Unit.create(
        code="m", name="区市场监督管理局", short_name="区市监局", phone="0730-0000009", hours="工作日 9:00–17:00"
    )
    await town.say("火星移民的船票")
    assert "0730-0000009" in (await town.say("市场监督管理局的火星移民船票")).text


async def test_who_asks_for_a_withdrawn_text_is_told_so_and_nothing_of_it(town: Town) -> None:
    await town.release()
    await town.retract(repealed=False)
    told = []
    for refreshed in (False, True):
        if refreshed:
            await town.base.refresh()
        for question in ("城市居民最低生活保障标准是多少", "关于提高城乡居民最低生活保障标准的通知"):
            turn = await town.say(question, sender=f"o{refreshed}{question}")
            assert (turn.step, turn.decision, turn.unanswered) == (Step.WITHDRAWN, "none", None)
            told.append(turn.text)
    assert set(told) == {
        "您询问的《关于提高城乡居民最低生活保障标准的通知》已于2026年11月23日撤回，原内容不再有效，请勿引用或转发。\n"
        "公开说明：数据有误\n\n单位：区民政局\n有效性：已撤回\n链接：https://portal.example.gov.cn/d/12"
    }
    source = turn.sources[0]
    assert (source.validity, source.url) == ("已撤回", "https://portal.example.gov.cn/d/12")
    assert "935" not in str(turn)
    assert "7200" not in str(turn)
    # Everything else is answered as before, by a base that counts only what it may answer with.
    assert (await town.say("养老金资格认证怎么办理")).decision == "answer"
    assert len(town.base) == 3
    await town.base.load()
    assert (await town.say("城市居民最低生活保障标准是多少", sender="later")).step is Step.WITHDRAWN


async def test_who_reads_on_or_picks_it_after_the_withdrawal_is_told_too(town: Town) -> None:
    await town.release(
        body_html="".join(f"<p>第{n}条，标准为每人每月{900 + n}元，按规定办理。</p>" for n in range(200))
    )
    turn = await town.say("关于提高城乡居民最低生活保障标准的通知")
    assert turn.more
    await town.retract(repealed=False)
    turn = await town.say("更多")
    assert "已于2026年11月23日撤回" in turn.text
    assert "元，按规定" not in turn.text


async def test_a_live_answer_goes_before_a_withdrawn_text_unless_that_is_named(town: Town) -> None:
    await town.release()
    await town.retract(repealed=False)
    answer = Entry(id="dibao", kind=EntryKind.faq, title="低保标准是多少", body="城市居民低保标准为每人每月950元。")
    await town.curation.put_entries([answer], actor=Actor.machine("测试"))
    await town.base.refresh()
    assert "950元" in (await town.say("低保标准是多少", sender="a")).text
    named = await town.say("关于提高城乡居民最低生活保障标准的通知是怎么规定的", sender="b")
    assert named.step is Step.WITHDRAWN


async def test_a_curator_who_stops_an_entry_gives_the_public_no_notice(town: Town) -> None:
    await town.release()
    await town.curation.stop_entry("disclosure:12", "内部原因", actor=Actor.machine("测试"))
    await town.base.refresh()
    assert "内部原因" not in (await town.say("城市居民最低生活保障标准是多少", sender="a")).text
    # Nor does one who silences a withdrawal.
    await town.release(title="关于提高城乡居民最低生活保障标准的通告")
    await town.retract(repealed=False)
    await town.curation.stop_entry("disclosure:12", "内部原因", actor=Actor.machine("测试"))
    await town.base.refresh()
    turn = await town.say("关于提高城乡居民最低生活保障标准的通告", sender="b")
    assert turn.step is not Step.WITHDRAWN
    assert "内部原因" not in turn.text


async def test_a_corrected_text_says_that_it_replaces_the_former_one(town: Town, clock: Any) -> None:
    await town.release()
    clock.moment = town.now = town.now + timedelta(days=1)
    await town.release()
    turn = await town.say("关于提高城乡居民最低生活保障标准的通知", sender="a")
    assert turn.text.startswith("城市居民最低生活保障标准为每人每月935元")  # The same text again corrects nothing.
    await town.release(body_html=BODY.replace("935", "950"))
    turn = await town.say("关于提高城乡居民最低生活保障标准的通知", sender="b")
    assert turn.text.startswith(
        "【已更正】以下是2026年11月24日更正后的内容，替代此前发布的版本。\n城市居民最低生活保障标准为每人每月950元"
    )
    assert "935" not in turn.text
    await town.retract(repealed=True)
    turn = await town.say("关于提高城乡居民最低生活保障标准的通知", sender="c")
    assert turn.text.startswith("【废止】")
    assert "【已更正】" in turn.text


async def test_a_text_that_is_published_again_after_a_withdrawal_answers_and_says_so(town: Town, clock: Any) -> None:
    await town.release()
    await town.retract(repealed=False)
    await town.base.refresh()
    clock.moment = town.now = town.now + timedelta(days=2)
    await town.release(body_html=BODY.replace("935", "950"))
    turn = await town.say("关于提高城乡居民最低生活保障标准的通知")
    assert turn.decision == "answer"
    assert "950元" in turn.text
    assert "替代此前发布的版本" in turn.text
    assert "撤回" not in turn.text

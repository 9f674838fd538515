"""The hit test says why this and why not that, with the very words a citizen reads, and every act on a hit leads back to it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from lxml import html

from audit.actor import Actor
from bot.conversation import Conversation
from bot.correcting import Corrections
from bot.curating import keeping, reading
from bot.feedback import Feedback
from bot.measure import load_measures
from bot.office import Office
from bot.reporting import Reports
from bot.ruled_talk import RuledTalk
from disclosures.personal import mask
from disclosures.workdays import WorkingDays
from gateway.speaking import Speaking
from knowledge.canned_hits import hits_since
from knowledge.dictionary_records import DictionaryChange, DictionaryItem
from knowledge.entry import Entry, EntryKind
from knowledge.explained_names import LITERAL, group_of
from knowledge.explaining import class_of, explain, why_not
from knowledge.records import KnowledgeDraft, UnansweredQuestion
from knowledge.reporting import Reporting

ACTOR = Actor.machine("测试")
HOME = "/console/knowledge"
ASKED = "冬季供暖补贴是多少"
HEATING = Entry(
    id="heating", kind=EntryKind.faq, title=ASKED, body="每户300元，11月底前发放到卡。", unit="区民政局", source="供暖补贴发放办法",
    similar=("供暖补贴什么时候发",),
)  # fmt: skip
LOW = Entry(
    id="dibao",
    kind=EntryKind.service,
    title="最低生活保障怎么申请",
    body="向户籍所在地的街道办事处提出书面申请。",
    unit="区民政局",
    source="救助办法",
)
OLD = replace(LOW, id="old", title="供暖补贴旧标准是多少", body="每户200元。", valid_to=date(2020, 1, 1))
OFFICE = Office(name="区政务公开办公室", phone="0730-0000000", hours="工作日 9:00–17:00")


class RealBot:
    """The bot as it is wired, in the place of the house's scripted one."""

    def __init__(self, house: Any) -> None:
        curation, reports = house.curating.curation, Reports(reporting=Reporting(), mask=mask, key="k")

        async def find_office(text: str) -> Office | None:
            return None

        self.conversation = Conversation(
            base=house.base, clock=house.clock, entry_of=reading(curation, clock=house.clock, base=house.base),
            keep_unanswered=keeping(curation, mask=mask, key="k"), mask=mask, measures=load_measures(), office=OFFICE,
            find_office=find_office, examples=(ASKED,), name="示例区发布", reports=reports, working_days=WorkingDays(),
            corrections=Corrections(clock=house.clock), feedback=Feedback(key="k"), ruled=RuledTalk(ruled=house.base.ruled, office=OFFICE),
        )  # fmt: skip
        speaking = Speaking(conversation=self.conversation)
        self.ask, self.answer, self.heard = house.base.ask, speaking.api, speaking.heard


@pytest.fixture
async def bot(house: Any) -> RealBot:
    await house.curating.curation.put_entries([HEATING, LOW, OLD], actor=ACTOR)
    await house.base.load()
    house.bot = RealBot(house)
    return house.bot


@pytest.fixture
async def at(bot: RealBot, browser: Any) -> Any:
    async def sign_in(name: str) -> Any:
        screen = browser()
        assert await screen.sign_in(name) == 200
        return screen

    return sign_in


def words(screen: Any) -> str:
    return " ".join(html.fromstring(screen.text).text_content().split())


async def test_the_test_shows_what_the_bot_says_byte_for_byte_and_keeps_nothing(at: Any, bot: RealBot) -> None:
    wu = await at("zhishi")
    for channel in ("wechat", "weibo", "web"):
        for text in (ASKED, "请问冬季供暖補貼是多少，谢谢", "月球上怎么种菜", "你好"):
            await wu.get(f"{HOME}/test?channel={channel}&q={quote(text)}")
            (shown,) = html.fromstring(wu.text).xpath("//p[@id='answer']/text()")
            said = await bot.conversation.consider(channel=channel, sender="", text=text)
            assert shown == said.text
    assert await UnansweredQuestion.all().count() == 0, "a test is no question of a citizen"


async def test_the_page_names_words_fields_repairs_and_the_making_of_the_confidence(at: Any) -> None:
    wu = await at("zhishi")
    await wu.get(f"{HOME}/test?q={quote('请问冬季供暖補貼是多少？')}")
    said = words(wu)
    for part in (
        "繁体字、异体字按简体理解",
        "去掉称呼、客套",
        "供暖 （标题",
        "的由来",
        "领先第二名",
        "得分由来",
        "94% 以上直接回答",
    ):
        assert part.replace(" ", "") in said.replace(" ", "")


async def test_why_not_says_what_stands_in_the_way_and_what_is_lacking(at: Any, house: Any) -> None:
    wu, test = await at("zhishi"), f"{HOME}/test?q={quote(ASKED)}"
    await wu.get(f"{test}&find=旧标准")
    said = words(wu)
    assert "有效期已过（至 2020-01-01）" in said
    assert "如果正在回答，它在比较过的" in said
    assert "没有的词" in said
    await wu.get(f"{test}&find=区")
    assert "没有找到" in words(wu)
    await wu.get(f"{test}&find=申请")
    assert "比第一名差在" in words(wu)
    await wu.get(f"{test}&entry=heating")
    assert "排第 1" in words(wu)
    understanding, today = house.base.understanding(), date(2026, 11, 23)
    unknown = why_not(understanding, ASKED, replace(LOW, id="new", live=False), today=today)
    assert (unknown.barred, unknown.place > 1) == (("已停用",), True)


async def test_the_explanation_explains_the_finding_of_the_live_base_and_nothing_else(house: Any, bot: RealBot) -> None:
    today = date(2026, 11, 23)
    for text in (ASKED, "低保咋办", "gongnuan butie shi duoshao", "？", "", "啊" * 3000):
        told = explain(house.base.understanding(), text, top=10, today=today)
        assert told.finding == house.base.ask(text, top=10, today=today)
        assert [each.hit for each in told.hits] == list(told.finding.hits)
        for each in told.hits:
            assert sum(share.value for share in each.shares) <= each.hit.score + 0.1


def test_every_measurement_has_a_group_in_words() -> None:
    from knowledge import confidence, ranking

    groups = {group_of(name) for name in (*confidence.PLAIN, *ranking.NAMES)}
    assert LITERAL in groups
    assert len(groups) >= 15
    assert [class_of(text) for text in ("低保", "低保怎么申请", "低保" * 10)] == ["short", "middle", "long"]


async def test_every_act_makes_a_draft_and_leads_back_to_the_question_with_what_will_be(at: Any, house: Any) -> None:
    wu = await at("zhishi")
    asked = "取暖钱几时到账"
    await wu.get(f"{HOME}/test?q={quote(asked)}")
    given = {"q": asked, "channel": "weibo", "entry_id": "heating"}
    assert await wu.post(f"{HOME}/test/alias", given) == 200
    assert f"q={quote(asked)}" in wu.url
    assert "channel=weibo" in wu.url
    assert "已存为草稿" in wu.text
    assert "以后（1 份草稿，0 项改动）" in wu.text
    after = html.fromstring(wu.text).xpath("//div[@class='now-then']/div[2]")[0].text_content()
    assert "直接回答" in after
    assert ASKED in after
    row = await KnowledgeDraft.get(entry_id="heating")
    assert row.content["similar"] == [*HEATING.similar, asked]
    assert (
        await wu.post(
            f"{HOME}/test/edit", given | {"title": ASKED, "body": "每户400元。", "similar": "供暖补贴什么时候发"}
        )
        == 200
    )
    row = await KnowledgeDraft.get(entry_id="heating")
    assert (row.content["body"], row.content["similar"]) == ("每户400元。", ["供暖补贴什么时候发"]), (
        "into the open draft"
    )
    await wu.get(f"{HOME}/test?q={quote(asked)}")
    assert (
        await wu.post(f"{HOME}/test/move", {"q": "供暖补贴什么时候发", "from": "heating", "entry_id": "dibao"}) == 200
    )
    assert (await KnowledgeDraft.get(entry_id="dibao")).content["similar"] == ["供暖补贴什么时候发"]
    assert "similar" not in (await KnowledgeDraft.get(entry_id="heating")).content
    assert await wu.post(f"{HOME}/test/stop", given | {"entry_id": "old", "reason": "标准已改"}) == 200
    assert (await KnowledgeDraft.get(entry_id="old")).content["live"] is False
    await house.base.refresh()
    assert house.base.ask(ASKED, today=date(2026, 11, 23)).hits[0].entry == HEATING, "a draft changes nothing"


@pytest.mark.parametrize(
    ("act", "given", "said"),
    [
        ("edit", {"title": "", "body": "留着的正文"}, "标题和正文都要填写"),
        ("stop", {"reason": ""}, "停用原因"),
        ("pin", {"review_on": "明天"}, "无法识别"),
        ("pin", {"review_on": "2020-01-01"}, "今天之后"),
        ("alias", {"q": ASKED}, "已经是这样"),
        ("alias", {"q": "我的电话13812345678，补贴呢"}, "个人信息"),
        ("pin", {"q": "我的电话13812345678，补贴呢", "review_on": "2026-12-31"}, "个人信息"),
        ("move", {"from": "heating"}, "已经在这个条目上"),
    ],
)
async def test_a_refused_act_says_why_beside_its_form_and_keeps_what_was_typed(
    at: Any, act: str, given: dict[str, str], said: str
) -> None:
    wu = await at("zhishi")
    await wu.get(f"{HOME}/test?q={quote(ASKED)}")
    assert await wu.post(f"{HOME}/test/{act}", {"q": ASKED, "entry_id": "heating"} | given) == 409
    assert said in wu.text
    assert given.get("body", "") in wu.text
    assert f'value="{given.get("q", ASKED)}"' in wu.text


async def test_a_pin_from_the_test_answers_after_a_second_person(at: Any, house: Any, bot: RealBot) -> None:
    wu, feng = await at("zhishi"), await at("zhishi2")
    asked = "那笔钱在哪看"
    await wu.get(f"{HOME}/test?q={quote(asked)}")
    review = (house.clock.moment.date() + timedelta(days=90)).isoformat()
    assert (
        await wu.post(
            f"{HOME}/test/pin", {"q": asked, "entry_id": "heating", "review_on": review, "others": "那笔钱去哪查"}
        )
        == 200
    )
    assert "1 项改动" in wu.text
    row = await DictionaryChange.get()
    await feng.get("/console/")
    assert "1 项词典、固定问句或规则的改动等您确认" in feng.text
    await feng.get(f"{HOME}/changes/{row.id}")
    assert await feng.post(f"{HOME}/changes/{row.id}/accept", {"sha256": row.sha256}) == 200
    assert "立即生效" in feng.text
    turn = await bot.conversation.consider(channel="wechat", sender="x", text="那笔钱去哪查？")
    assert (turn.decision, turn.entry and turn.entry.id) == ("answer", "heating")
    await feng.get(f"{HOME}/pins")
    assert asked in feng.text
    key = (await DictionaryItem.get()).key
    assert await feng.post(f"{HOME}/pins/remove", {"key": key}) == 200
    await wu.get(f"{HOME}/test?q={quote(asked)}")
    assert "已固定" in wu.text
    assert "管理员已固定" in wu.text


async def test_who_may_only_read_sees_reasons_and_no_acts(at: Any) -> None:
    zheng = await at("nigao")
    status = await zheng.get(f"{HOME}/test?q={quote(ASKED)}")
    if status == 200:
        assert "/test/pin" not in zheng.text
    for act in ("edit", "alias", "move", "stop", "pin"):
        await zheng.get("/console/")
        assert await zheng.post(f"{HOME}/test/{act}", {"q": ASKED, "entry_id": "heating"}) == 403


async def test_the_dictionary_from_the_form_to_the_phone_and_back(at: Any, house: Any, bot: RealBot) -> None:
    wu, feng, page = await at("zhishi"), await at("zhishi2"), f"{HOME}/dictionary"
    typed = {
        "said": "暖气钱",
        "means": "供暖补贴",
        "kind": "colloquial",
        "both": "",
        "source": "12345热线来电",
        "note": "",
        "reason": "来电多",
    }
    await bot.conversation.answer(channel="wechat", sender="甲", text="暖气钱是多少")
    await wu.get(page)
    assert await wu.post(page, typed | {"source": "", "then": "preview"}) == 422
    assert 'id="source-wrong"' in wu.text
    assert 'value="暖气钱"' in wu.text
    assert await wu.post(page, typed | {"then": "preview"}) == 200
    assert "生效以后会怎样" in wu.text
    assert await DictionaryChange.all().count() == 0, "a look changes nothing"
    assert await wu.post(page, typed | {"then": "propose"}) == 200
    row = await DictionaryChange.get()
    assert "须由另一位有审核权限的同志" in wu.text
    assert await wu.post(f"{HOME}/changes/{row.id}/accept", {"sha256": row.sha256}) == 409
    await feng.get(f"{HOME}/changes/{row.id}")
    assert await feng.post(f"{HOME}/changes/{row.id}/accept", {"sha256": row.sha256}) == 200
    turn = await bot.conversation.consider(channel="wechat", sender="乙", text="暖气钱是多少")
    assert "每户300元" in turn.text or any("供暖补贴" in option.title for option in turn.options)
    await wu.get(f"{HOME}/test?q={quote('暖气钱是多少')}")
    assert "词典：“暖气钱”按“供暖补贴”理解" in wu.text
    await wu.get(f"{page}?q=暖气&kind=colloquial")
    assert "暖气钱" in wu.text
    await wu.get(f"{page}/export/dictionary.csv")
    assert "暖气钱" in wu.text
    await wu.get(f"{HOME}/changes/{row.id}")
    assert await wu.post(f"{HOME}/changes/{row.id}/undo") == 200
    back = await DictionaryChange.get(undoes=row.id)
    await feng.get(f"{HOME}/changes/{back.id}")
    assert await feng.post(f"{HOME}/changes/{back.id}/refuse", {"remark": "先留着"}) == 200
    assert "先留着" in feng.text
    await wu.get(page)
    assert await wu.post(f"{page}/remove", {"key": (await DictionaryItem.get()).key}) == 200
    assert await wu.post(f"{HOME}/changes/{(await DictionaryChange.all().order_by('-id').first()).id}/take-back") == 200  # type: ignore[union-attr]
    assert "已撤销" in wu.text


async def test_a_table_of_words_is_one_change_and_a_bad_one_names_its_lines(at: Any) -> None:
    wu, page = await at("zhishi"), f"{HOME}/dictionary"
    head = "群众的说法,知识库的说法,类别,方向,来源\n"
    await wu.get(page)
    assert await wu.post(f"{page}/import", {"file": ("词.csv", head + "卡,居民健康卡,俗称,单向,热线\n")}) == 422
    assert "第 2 行，群众的说法：只有一个字" in wu.text
    assert (
        await wu.post(
            f"{page}/import",
            {"file": ("词.csv", head + "牛卡,居民健康卡,俗称,双向,热线\n东关,东关街道,地名,单向,区划\n")},
        )
        == 200
    )
    assert "导入 2 行" in wu.text
    assert len((await DictionaryChange.get()).items) == 2


async def test_a_rule_takes_the_sentence_before_the_base_and_is_counted(at: Any, house: Any, bot: RealBot) -> None:
    wu, feng, page = await at("zhishi"), await at("zhishi2"), f"{HOME}/rules"
    blank = dict.fromkeys(
        (
            "exact",
            "every",
            "unless",
            "text",
            "unit",
            "source",
            "source_url",
            "valid_to",
            "valid_from",
            "note",
            "reason",
            "old",
        ),
        "",
    )
    typed = blank | {"name": "供暖个案", "act": "person", "priority": "10", "some": "供暖补贴、暖气费"}
    await wu.get(page)
    assert await wu.post(page, typed | {"priority": "很高", "then": "propose"}) == 422
    assert 'id="priority-wrong"' in wu.text
    assert "供暖补贴、暖气费" in wu.text
    soon = (house.clock.moment.date() + timedelta(days=3)).isoformat()
    assert await wu.post(page, typed | {"valid_to": soon, "then": "propose"}) == 200
    row = await DictionaryChange.get()
    await feng.get(f"{HOME}/changes/{row.id}")
    assert await feng.post(f"{HOME}/changes/{row.id}/accept", {"sha256": row.sha256}) == 200
    turn = await bot.conversation.answer(channel="wechat", sender="甲", text=f"我想问{ASKED}")
    assert (turn.decision, turn.step, "每户300元" in turn.text) == ("none", "hand_over", False)
    assert OFFICE.phone in turn.text
    answer = await bot.answer(ASKED, "")
    assert (answer["decision"], answer["hits"], answer["sources"]) == ("none", [], [])
    assert await UnansweredQuestion.all().count() == 0
    assert await hits_since(house.clock.moment.date()) == {"供暖个案": 2}
    urgent = await bot.conversation.consider(channel="wechat", sender="甲", text="交暖气费的地方着火了快来")
    assert "119" in urgent.text
    await wu.get(f"{HOME}/test?q={quote('交暖气费的地方着火了快来')}")
    assert "人身危险的求助，先于规则和知识库" in wu.text
    await wu.get(f"{page}?try={quote(ASKED)}")
    assert "按“供暖个案”办：转人工" in wu.text
    assert "近 30 天命中 2 次" in wu.text
    assert "3 天后到期" in wu.text
    await wu.get(f"{HOME}/test?q={quote(ASKED)}")
    assert "按规则“供暖个案”：转人工" in wu.text
    await wu.get("/console/")
    assert "敏感事项规则“供暖个案”" in wu.text


@pytest.mark.parametrize("act", ["text", "decline"])
async def test_a_fixed_answer_and_a_refusal_are_said_in_their_own_words(
    at: Any, house: Any, bot: RealBot, act: str
) -> None:
    from knowledge.canned import Rule
    from knowledge.dictionary_changes import Changes, Desk

    changes = Changes(clock=house.clock, trail=house.trail)
    rule = Rule(
        name="甲",
        act=act,
        exact=("今年放几天假",),
        text="以国务院办公厅通知为准。",
        unit="区政府办",
        source="放假通知",
        channels=("wechat", "api"),
    )  # type: ignore[arg-type]
    row = await changes.propose(house.people["zhishi"], Desk.rules, await changes.rules([rule]))
    await changes.accept(house.people["zhishi2"], row.id, sha256=row.sha256)
    await house.base.refresh()
    turn = await bot.conversation.consider(channel="wechat", sender="甲", text="今年放几天假？")
    other = await bot.conversation.consider(channel="web", sender="甲", text="今年放几天假？")
    assert other.step not in {"canned", "off_limits"}
    wu = await at("zhishi")
    await wu.get(f"{HOME}/test?channel=wechat&q={quote('今年放几天假')}")
    assert "按规则“甲”" in wu.text
    await wu.get(f"{HOME}/test?channel=web&q={quote('今年放几天假')}")
    assert "按规则“甲”" not in wu.text
    if act == "text":
        assert turn.text == "以国务院办公厅通知为准。\n\n依据：放假通知\n单位：区政府办\n有效性：有效"
        answer = await bot.answer("今年放几天假", "")
        assert (answer["decision"], answer["sources"][0]["title"]) == ("answer", "放假通知")
    else:
        assert turn.decision == "none"
        assert "不在本账号的答复范围内" in turn.text
        assert OFFICE.phone in turn.text


async def test_the_thresholds_are_drawn_for_each_class_of_length(at: Any, house: Any) -> None:
    from knowledge.cases import Case

    wu = await at("zhishi")
    await wu.get(f"{HOME}/tests/thresholds")
    assert "还没有测试过的用例" in wu.text
    cases = [
        Case(line=1, question=ASKED, entries=("heating",)),
        Case(line=2, question="低保", entries=("dibao",)),
        Case(line=3, question="月球上怎么种菜才能丰收到年底", decision="none"),
    ]
    await house.curating.trials.run("常问", cases, actor=ACTOR)
    await wu.get(f"{HOME}/tests/thresholds")
    page = html.fromstring(wu.text)
    assert len(page.xpath("//*[local-name()='svg']")) == 3
    assert "现在：直接回答" in words(wu)
    assert "只有 1 个问句" in words(wu)

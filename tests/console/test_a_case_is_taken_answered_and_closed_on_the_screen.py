"""诉求 on the screen: taken by one of two, answered from the base word for word, closed; nothing typed is lost, nothing shown
to whoever need not see it."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.records import AuditRecord
from audit.trail import Trail
from bot.records import InboundMessage
from casework.case import Heard, Kind, Opening, Side, Spoken
from casework.intake import Intake
from casework.numbering import number_of
from casework.records import CaseMessage, CitizenCase
from disclosures.workdays import WorkingDays
from knowledge.records import KnowledgeDraft, KnowledgeEntry, UnansweredQuestion
from knowledge.rows import to_columns
from tests.console.conftest import Browser, House

QUESTION = "供暖补贴没有到账，我的电话是13812345678"
SUBJECT = "供暖补贴没有到账，我的电话是138****5678"
APPROVED = "每户300元。\n依据：区民政局（有效）"


@pytest.fixture
async def handlers(house: House) -> None:
    await house.staff("chengban", "handler", "何承办")
    await house.staff("chengban2", "handler", "钱承办")
    await house.staff("gongkai", "officer", "林公开")
    await KnowledgeEntry.create(**to_columns(house.bot.entry), changed_in=1)


def intake() -> Intake:
    return Intake(trail=Trail(), working_days=WorkingDays(), key="k" * 32)


async def opened(clock: Any, *, place: int = 1, channel: str = "wechat", question: str = QUESTION) -> str:
    number = number_of(clock.moment.date(), place)
    said = (
        Spoken(side=Side.CITIZEN, at=clock.moment, text=SUBJECT),
        Spoken(side=Side.BOT, at=clock.moment, text="没有找到答案，可以转人工。", entry_id="faq-1"),
    )
    async with in_transaction() as connection:
        opening = Opening(
            number=number, kind=Kind.HANDOVER, channel=channel, sender=f"o{place}", question=question, unit="区民政局",
            asked_at=clock.moment, opened_at=clock.moment, transcript=said,
        )  # fmt: skip
        await intake().open(connection, opening)
    return number


async def heard(clock: Any, text: str) -> None:
    row = await CitizenCase.all().order_by("id").first()
    assert row is not None
    async with in_transaction() as connection:
        await intake().hear(connection, [Heard(case_id=row.id, text=text, at=clock.moment)])


async def signed_in(browser: Callable[[], Browser], name: str, path: str = "/console/cases") -> Browser:
    mine = browser()
    await mine.sign_in(name)
    assert await mine.get(path) == 200, mine.text[:300]
    return mine


async def test_the_list_says_who_waits_how_long_and_in_what_colour(
    handlers: None, browser: Callable[[], Browser], clock: Any
) -> None:
    assert "没有等候接办的诉求" in (await signed_in(browser, "chengban")).text
    number = await opened(clock)
    mine = await signed_in(browser, "chengban")
    for words in (SUBJECT, number, "区民政局", "人工咨询", "lamp-green", "首次回复", "还剩 2 个工作小时", "刚刚登记"):
        assert words in mine.text, words
    assert "13812345678" not in mine.text
    clock.advance(4 * 3600)
    mine = await signed_in(browser, "chengban")
    assert "lamp-red" in mine.text
    assert await mine.get(f"/console/cases?q={number.replace('-', '')}") == 200
    assert mine.url.endswith(f"/console/cases/{number}"), "a number leads to its case"
    await mine.get("/console/cases?q=没有这样的")
    assert "没有符合条件的诉求" in mine.text


async def test_of_two_who_take_it_the_second_is_told_who_has_it(
    handlers: None, browser: Callable[[], Browser], clock: Any
) -> None:
    here = f"/console/cases/{await opened(clock)}"
    first, second = await signed_in(browser, "chengban", here), await signed_in(browser, "chengban2", here)
    assert "何承办" in second.text, "they see each other"
    assert await first.post(f"{here}/take") == 200
    assert "已接办" in first.text
    assert await second.post(f"{here}/take") == 422
    assert "已由何承办" in second.text
    assert 'id="reply-form"' in first.text
    assert 'id="reply-form"' not in second.text


async def test_an_answer_from_the_base_goes_out_word_for_word_and_says_so(
    handlers: None, browser: Callable[[], Browser], clock: Any
) -> None:
    number = await opened(clock)
    await InboundMessage.create(
        key="k", channel="wechat", sender="o1", kind="text", text="问", received_at=clock.moment, owner=""
    )
    here = f"/console/cases/{number}"
    mine = await signed_in(browser, "chengban", here)
    await mine.post(f"{here}/take")
    assert "48 小时窗口内" in mine.text
    # Without script: looking and putting in are forms, and what is typed stays.
    assert await mine.post(f"{here}/look", {"asked": "供暖补贴怎么领", "text": "您好："}) == 200
    assert "冬季供暖补贴怎么领？" in mine.text
    assert "您好：</textarea>" in mine.text
    await mine.post(f"{here}/insert", {"asked": "供暖补贴怎么领", "text": "您好：", "insert": "faq-1"})
    assert f"您好：\n{APPROVED}</textarea>" in mine.text
    fields = {"text": f"您好：\r\n{APPROVED}", "entry": "faq-1", "quote": APPROVED, "as": "answer"}
    assert await mine.post(f"{here}/reply", fields) == 200
    for words in ("引用的是知识库原文", 'class="said-approved">每户300元。', "出自知识条目", "等待送达", "已答复"):
        assert words in mine.text, words
    row = await CaseMessage.get(side="handler")
    assert (row.entry_id, row.text, row.signed) == ("faq-1", f"您好：\n{APPROVED}", "区民政局　何承办")


async def test_changed_words_are_the_handlers_own(handlers: None, browser: Callable[[], Browser], clock: Any) -> None:
    here = f"/console/cases/{await opened(clock)}"
    mine = await signed_in(browser, "chengban", here)
    await mine.post(f"{here}/take")
    for text, quote in (
        ("每户400元。\n依据：区民政局（有效）", APPROVED),  # changed after it was put in
        (
            "每户400元。\n依据：区民政局（有效）",
            "每户400元。\n依据：区民政局（有效）",
        ),  # a quotation that nobody approved
        (f"{APPROVED}办公室", f"{APPROVED}办公室"),
    ):
        await mine.post(f"{here}/reply", {"text": text, "entry": "faq-1", "quote": quote, "as": "ask"})
        assert "还没有答复完" in mine.text
    assert not await CaseMessage.filter(side="handler").exclude(entry_id="").exists()
    assert "承办员自己的话" in mine.text


async def test_personal_data_is_asked_about_and_the_text_stays(
    handlers: None, browser: Callable[[], Browser], clock: Any
) -> None:
    here = f"/console/cases/{await opened(clock)}"
    mine = await signed_in(browser, "chengban", here)
    await mine.post(f"{here}/take")
    told = "请打13912345678找他"
    assert await mine.post(f"{here}/reply", {"text": told}) == 422
    assert "回复中有手机号码" in mine.text
    assert f"{told}</textarea>" in mine.text
    assert not await CaseMessage.filter(side="handler").exists()
    assert await mine.post(f"{here}/reply", {"text": told, "personal": "yes"}) == 200
    assert (await CaseMessage.get(side="handler")).text == "请打139****5678找他", "masked where it is shown"
    assert await mine.post(f"{here}/reply", {"text": "长" * 501}) == 422
    assert "最多 500 字" in mine.text


async def test_masked_words_are_whole_only_for_who_may_and_each_look_is_audited(
    handlers: None, browser: Callable[[], Browser], clock: Any, house: House
) -> None:
    number = await opened(clock)
    await heard(clock, "我的身份证号是11010519491231002X")
    here = f"/console/cases/{number}"
    mine = await signed_in(browser, "chengban", here)
    assert "11010519491231002X" not in mine.text
    assert await mine.post(f"{here}/whole") == 200
    assert "11010519491231002X" in mine.text
    assert await AuditRecord.filter(verb="case.looked_whole", subject=f"case:{number}").count() == 1
    stranger = await signed_in(browser, "nigao", "/console/")
    assert await stranger.get(here) == 403
    assert await stranger.get("/console/cases") == 403
    assert await stranger.post(f"{here}/whole") == 403
    assert "诉求" not in stranger.text.split("<main", 1)[0], "no way leads there"


async def test_new_words_are_marked_without_a_reload(
    handlers: None, browser: Callable[[], Browser], clock: Any
) -> None:
    here = f"/console/cases/{await opened(clock)}"
    mine, other = await signed_in(browser, "chengban", here), await signed_in(browser, "chengban2", here)
    await mine.post(f"{here}/take")
    await heard(clock, "还有一件事")
    await other.get("/console/cases/news?view=open")
    assert "1 条新话" in other.text
    assert other.headers["X-Counts"] == "waiting=0 mine=0 open=1 answered=0"
    await other.get(here)
    await other.post(f"{here}/news", {"typed": "yes"})
    csrf = mine.csrf
    assert await mine.post(f"{here}/news", {"csrf": csrf}, token=False) == 200
    told = json.loads(mine.text)
    assert "还有一件事" in told["talk"]
    assert "钱承办正在写回复" in told["others"]
    assert (await CitizenCase.get()).unread == 0, "its handler has seen it"
    clock.advance(120)
    await mine.get(here)
    assert "钱承办" not in mine.text.split("<select", 1)[0]


async def test_a_case_is_closed_judged_by_its_citizen_and_opened_again(
    handlers: None, browser: Callable[[], Browser], clock: Any
) -> None:
    number = await opened(clock)
    here = f"/console/cases/{number}"
    mine = await signed_in(browser, "chengban", here)
    await mine.post(f"{here}/take")
    assert await mine.post(f"{here}/close", {"outcome": "done"}) == 422
    assert "还没有答复过群众" in mine.text
    assert await mine.post(f"{here}/close", {"outcome": "elsewhere", "words": ""}) == 422
    assert "请向群众说明" in mine.text
    await mine.post(f"{here}/reply", {"text": "已经到账。"})
    assert await mine.post(f"{here}/close", {"outcome": "done", "words": ""}) == 200
    assert "询问他是否满意" in mine.text
    row = await CitizenCase.get()
    async with in_transaction() as connection:
        await intake().rate(connection, row.id, now=clock.moment, score=3, reason="slow")
    await mine.get(here)
    for words in ("不满意", "答复太慢"):
        assert words in mine.text
    await mine.get("/console/cases/satisfaction")
    for words in ("何承办", "区民政局", "不足 5 人", "答复太慢"):
        assert words in mine.text
    await mine.get(here)
    assert await mine.post(f"{here}/reopen") == 200
    assert "已重新打开" in mine.text
    assert (await CitizenCase.get()).state == "open"


async def test_an_officer_assigns_and_sets_the_unit_but_does_not_answer(
    handlers: None, browser: Callable[[], Browser], clock: Any, house: House
) -> None:
    here = f"/console/cases/{await opened(clock)}"
    officer = await signed_in(browser, "gongkai", here)
    assert "接办</button>" not in officer.text
    nobody = house.people["nigao"].account_id
    assert await officer.post(f"{here}/assign", {"handler": str(nobody)}) == 422
    assert "请选择一位承办员" in officer.text
    assert await officer.post(f"{here}/assign", {"handler": str(house.people["chengban2"].account_id)}) == 200
    assert await officer.post(f"{here}/unit", {"unit": "没有这个局"}) == 422
    assert await officer.post(f"{here}/unit", {"unit": "区教育局"}) == 200
    assert await officer.post(f"{here}/note", {"note": "请抓紧，电话13812345678"}) == 200
    assert "请抓紧，电话138****5678" in officer.text
    assert await officer.post(f"{here}/reply", {"text": "好"}) == 403
    row = await CitizenCase.get()
    assert (row.handler_id, row.unit, row.state) == (house.people["chengban2"].account_id, "区教育局", "open")


async def test_an_answer_becomes_a_draft_or_a_question_for_the_curators(
    handlers: None, browser: Callable[[], Browser], clock: Any, house: House
) -> None:
    await house.staff("shuangxiang", "handler,curator", "双岗")
    number = await opened(clock)
    here = f"/console/cases/{number}"
    handler = await signed_in(browser, "chengban", here)
    await handler.post(f"{here}/take")
    await handler.post(f"{here}/reply", {"text": "本月二十日前到账。"})
    assert await handler.post(f"{here}/teach", {"question": QUESTION}) == 422
    assert "个人信息" in handler.text
    assert await handler.post(f"{here}/teach", {"question": "供暖补贴什么时候到账"}) == 200
    asked = await UnansweredQuestion.get()
    assert (asked.text, asked.reason, asked.asker_hash) == ("供暖补贴什么时候到账", f"case:{number}", "")
    both = await signed_in(browser, "shuangxiang", here)
    assert "本月二十日前到账。</textarea>" in both.text
    assert await both.post(f"{here}/teach", {"question": "供暖补贴什么时候到账", "answer": "本月二十日前到账。"}) == 200
    draft = await KnowledgeDraft.get()
    assert both.url.split("?")[0].endswith(f"/console/knowledge/drafts/{draft.id}")
    assert draft.content["body"] == "本月二十日前到账。"
    assert await AuditRecord.filter(verb="case.taught").count() == 2


async def test_today_names_what_waits_and_what_is_mine(
    handlers: None, browser: Callable[[], Browser], clock: Any
) -> None:
    number = await opened(clock)
    await opened(clock, place=2, question="另一件事")
    mine = await signed_in(browser, "chengban", "/console/")
    assert "2 件诉求待接" in mine.text
    await mine.get(f"/console/cases/{number}")
    await mine.post(f"/console/cases/{number}/take")
    await mine.get("/console/")
    for words in ("1 件诉求待接", SUBJECT, "群众诉求"):
        assert words in mine.text, words
    assert "件诉求待接" not in (await signed_in(browser, "nigao", "/console/")).text


async def test_it_is_said_beforehand_how_a_reply_will_arrive(
    handlers: None, browser: Callable[[], Browser], clock: Any
) -> None:
    at = clock.moment - timedelta(hours=48)
    await InboundMessage.create(
        key="k", channel="wechat", sender="o3", kind="text", text="问", owner="", received_at=at
    )
    mine = await signed_in(browser, "chengban")
    for place, channel, words in (
        (1, "weibo", "微博不能由我们先发消息"),
        (2, "web", "他在网页上再次打开对话"),
        (3, "wechat", "已超过微信允许的 48 小时"),
        (4, "wechat", "他下次在微信发消息时送达"),
    ):
        here = f"/console/cases/{await opened(clock, place=place, channel=channel)}"
        await mine.get(here)
        await mine.post(f"{here}/take")
        assert words in mine.text, words


async def test_of_a_citizen_who_has_left_only_the_number_is_shown(
    handlers: None, browser: Callable[[], Browser], clock: Any
) -> None:
    here = f"/console/cases/{await opened(clock)}"
    mine = await signed_in(browser, "chengban", here)
    await mine.post(f"{here}/take")
    await mine.post(f"{here}/reply", {"text": "请带户口簿。"})
    async with in_transaction() as connection:
        await intake().forget(connection, channel="wechat", sender="o1", now=clock.moment)
    await mine.get(here)
    for words in ("内容已删除", "对话内容已按规定删除", "本人取消关注"):
        assert words in mine.text, words
    for words in ("供暖", "户口簿", "o1", "/reopen"):
        assert words not in mine.text, words
    await mine.get("/console/cases?view=closed")
    assert "内容已删除" in mine.text


async def test_a_case_that_is_not_there_is_not_found(handlers: None, browser: Callable[[], Browser]) -> None:
    mine = await signed_in(browser, "chengban")
    assert await mine.get("/console/cases/20261127-0007-1") == 404
    assert "没有编号为" in mine.text

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.clauses import CLAUSE, SENTENCE, clauses_of, is_whole, may_be_cut
from knowledge.quotation import LIMIT, quote

FILLER = "各单位要提高认识、加强领导、明确责任，认真抓好贯彻落实，并及时报送有关工作进展情况。"
NOTICE = f"""关于发放春耕补贴的通知
各乡镇人民政府：
{FILLER}{FILLER}
一、补贴对象
补贴对象为实际种植水稻的农户，{FILLER}
二、补贴标准
早稻每亩补贴120元，晚稻每亩补贴150元。{FILLER}
三、申请材料
申请人应当提交身份证复印件、土地承包合同和银行卡复印件。{FILLER}
四、办理时间
自2026年3月1日起至2026年4月30日止。{FILLER}
五、联系方式
咨询电话：0000-1234567。联系人所在科室为种植业科。
{FILLER * 3}"""

PIECES = st.one_of(
    st.sampled_from(["2026年3月1日", "每亩120.5元", "民发〔2021〕57号", "1,000,000元", "10：30", "0000-1234567", "https://portal.example.gov.cn/d/1",
                     "一、", "（一）", "。", "，", "；", "\n", "\r\n", "　　", " ", "：", "e\u0301", "👩\u200d🌾", "👍🏽", "🇨🇳", "\u0301", "\ud83d\ude00", "\ud800", "\x00"]),
    st.text(max_size=12),
    st.text(alphabet="补贴标准申请材料时间电话农户办理多少的是", min_size=1, max_size=60),
)  # fmt: skip
BODIES = st.lists(PIECES, max_size=60).map("".join)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("早稻每亩补贴多少钱？", "早稻每亩补贴120元"),
        ("补贴对象是哪些人", "实际种植水稻的农户"),
        ("申请要交什么材料？", "身份证复印件、土地承包合同和银行卡复印件"),
        ("什么时候可以办理", "自2026年3月1日起至2026年4月30日止"),
        ("咨询电话是多少", "0000-1234567"),
    ],
)
def test_the_passage_that_answers_is_quoted(question: str, answer: str) -> None:
    quotation = quote(NOTICE, question)
    assert quotation is not None
    assert answer in quotation.text
    assert len(quotation.text) <= LIMIT
    assert is_whole(NOTICE, quotation.start)
    assert is_whole(NOTICE, quotation.end)


@given(
    body=BODIES,
    question=st.one_of(st.text(max_size=40), st.sampled_from(["补贴标准是多少", "", "？", "\ud800"])),
    limit=st.integers(1, LIMIT),
)
@settings(max_examples=300, deadline=None)
def test_whatever_is_asked_of_whatever_text_the_quotation_stands_in_it(body: str, question: str, limit: int) -> None:
    quotation = quote(body, question, limit=limit)
    if quotation is None:
        assert not body.strip()
        return
    assert body[quotation.start : quotation.end] == quotation.text
    assert 0 < len(quotation.text) <= limit
    assert quotation.text == quotation.text.strip()


@given(body=BODIES, question=st.text(alphabet="补贴标准申请材料时间电话", max_size=12))
@settings(max_examples=300, deadline=None)
def test_no_character_is_cut_in_two(body: str, question: str) -> None:
    quotation = quote(body, question)
    for place in (quotation.start, quotation.end) if quotation else ():
        if 0 < place < len(body):
            before, after = body[place - 1], body[place]
            assert not ("\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff")
            assert "\u200d" not in (before, after) or before.isspace() or after.isspace()
            assert not unicodedata.combining(after) or before.isspace()


@pytest.mark.parametrize(
    "whole",
    ["2026年3月1日", "120.5元", "1，000元", "1,000,000元", "3个", "50%", "民发〔2021〕57号", "10：30", "0000-1234567", "三十万元", "portal.example.gov.cn/d/1", "300 元", "３月"],
)  # fmt: skip
@pytest.mark.parametrize("before", range(60, 101, 3))
def test_a_number_a_date_or_an_address_is_never_cut(whole: str, before: int) -> None:
    body = "字" * before + whole + "字" * 300
    for question in ("字", "补贴标准", "多少"):
        quotation = quote(body, question)
        assert quotation is not None
        inside = range(before + 1, before + len(whole))
        if "〔" in whole:
            inside = range(before + 2, before + len(whole))
        assert quotation.start not in inside
        assert quotation.end not in inside


def test_clauses_are_cut_at_signs_and_never_inside_a_number() -> None:
    text = "每亩1,000元，上午10：30起。网址https://a.cn/b。共300 元；完"
    clauses = clauses_of(text)
    parts = [text[first:last] for first, last in zip(clauses.bounds[:-1], clauses.bounds[1:], strict=True)]
    assert parts == ["每亩1,000元，", "上午10：30起。", "网址https://a.cn/b。", "共300 元；", "完"]
    assert clauses.levels.tolist() == [SENTENCE, CLAUSE, SENTENCE, SENTENCE, SENTENCE, SENTENCE]
    assert "".join(parts) == text
    assert len(clauses_of("第一条　申请人应当提交材料")) == 1
    assert not may_be_cut("12", 1)
    assert may_be_cut("十分", 0)


def test_a_text_without_any_sign_and_one_of_nothing_are_quoted_too() -> None:
    endless = quote("字" * 100_000 + "补贴标准", "补贴标准")
    assert endless is not None
    assert len(endless.text) <= LIMIT
    assert quote("", "补贴") is None
    assert quote(" \n　", "补贴") is None
    short = quote("  只有一句话。 ", "什么")
    assert short is not None
    assert (short.text, short.start) == ("只有一句话。", 2)


def test_only_the_beginning_of_a_huge_text_is_read() -> None:
    body = FILLER * 5000
    quotation = quote(body, "报送什么情况")
    assert quotation is not None
    assert quotation.end <= 100_000
    assert re.sub(r"\s", "", quotation.text) in re.sub(r"\s", "", body)

"""Answers from the base: what is put in fits, is approved today, and is known again only while it is unchanged; and shares are
drawn as what they are."""

from dataclasses import replace
from datetime import date

import pytest

from bot.measure import load_measures, measure_of
from console.case_answers import parts, propose, quotes, source_line
from console.case_services import Room
from console.quality_chart import chart
from knowledge.entry import Entry, EntryKind
from knowledge.finding import Hit

TODAY = date(2026, 11, 27)
ENTRY = Entry(
    id="e1", kind=EntryKind.faq, title="取暖补助怎么领", body="由村（居）代办。\n五个工作日内到卡。", unit="区民政局",
    source="取暖补助通知", document_number="明民发〔2026〕31号", source_url="https://example.gov.cn/d/1",
)  # fmt: skip
SAID = f"{ENTRY.body}\n依据：取暖补助通知（明民发〔2026〕31号，有效） https://example.gov.cn/d/1"


def room(channel: str) -> Room:
    return Room(measure=measure_of(load_measures(), channel))


def proposed(entry: Entry, channel: str = "wechat", question: str = "取暖补助怎么领") -> tuple[str, ...]:
    hits = [Hit(entry=entry, score=1.0, why=())]
    return tuple(one.text for one in propose(hits, question, room=room(channel), today=TODAY))


def test_what_is_put_in_is_the_approved_text_and_where_it_comes_from() -> None:
    assert proposed(ENTRY) == (SAID,)
    assert source_line(replace(ENTRY, document_number="", source="", source_url="")) == "依据：区民政局（有效）"


def test_what_may_not_be_said_today_is_not_offered() -> None:
    assert proposed(replace(ENTRY, valid_to=date(2026, 11, 26))) == ()
    assert proposed(replace(ENTRY, live=False)) == ()
    assert proposed(replace(ENTRY, kind=EntryKind.rumour, verdict="核实中")) == ()
    assert proposed(replace(ENTRY, body="")) == ()


@pytest.mark.parametrize("channel", ["wechat", "weibo", "web"])
def test_a_long_text_is_quoted_by_a_passage_that_fits(channel: str) -> None:
    body = "取暖补助由村（居）代办，五个工作日内到卡。" + "其他事项另行通知，请关注后续公告。" * 60
    (text,) = proposed(replace(ENTRY, body=body), channel)
    said, _, line = text.rpartition("\n")
    assert said in body
    assert line.startswith("依据：")
    assert room(channel).fits(text)
    assert quotes(text, text, replace(ENTRY, body=body))


def test_a_reply_fits_the_message_of_its_channel_with_its_head() -> None:
    for channel, limit in (("wechat", 500), ("weibo", 199), ("web", 500)):
        assert room(channel).limit == limit
        assert room(channel).fits("长" * limit)
        assert not room(channel).fits("长" * (limit + 1))
    assert not room("wechat").fits("😀" * 500), "an emoji is four bytes"


def test_a_quotation_is_one_only_while_nothing_is_changed() -> None:
    assert quotes(f"您好：\r\n{SAID}\r\n再见", SAID, ENTRY)
    assert not quotes(SAID.replace("五个", "三个"), SAID, ENTRY)
    assert not quotes(SAID.replace("五个", "三个"), SAID.replace("五个", "三个"), ENTRY), "nobody approved this"
    assert not quotes("到卡。\n依据：取暖补助通知", "到卡。\n依据：取暖补助通知", ENTRY), "a word is no quotation"
    assert not quotes(SAID, "", ENTRY)
    assert not quotes(SAID, SAID, None)
    assert not quotes(SAID, SAID, replace(ENTRY, body="由本人到窗口申请。")), "the entry has changed meanwhile"


def test_the_approved_part_is_told_from_the_handlers_own_words() -> None:
    found = parts(f"您好：\n{SAID}\n有事再找我们。", ENTRY)
    assert [(each.text, each.approved) for each in found] == [
        ("您好：", False),
        (SAID, True),
        ("有事再找我们。", False),
    ]
    assert [each.approved for each in parts(SAID.replace("五个", "三个"), ENTRY)] == [False]
    assert [each.approved for each in parts("您好", None)] == [False]


def test_shares_are_drawn_between_nothing_and_all() -> None:
    kinds = {"case": "办结的诉求", "talk": "机器人对话"}
    drawn = chart([(date(2026, 11, 16), {"case": 0, "talk": 100})], kinds=kinds, title="每周合格率")
    for words in (
        "100%</text>",
        "11月16日起的一周，办结的诉求合格率 0%",
        'class="share share-0"',
        'fill="url(#hatch)"',
    ):
        assert words in drawn, words
    assert "style=" not in drawn
    assert chart([(date(2026, 11, 16), {"case": None, "talk": None})], kinds=kinds, title="") == ""

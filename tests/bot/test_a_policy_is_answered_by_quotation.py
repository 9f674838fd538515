from datetime import date
from typing import Any

import pytest

from bot.measure import Measure, load_measures
from bot.quoting import block, first_quote, quoted
from knowledge.entry import Entry, EntryKind
from knowledge.finding import Hit
from knowledge.quotation import LIMIT, Quotation

MEASURES = load_measures()
FILLER = "各单位要提高认识、加强领导、明确责任，认真抓好贯彻落实，并及时报送有关工作进展情况。"
BODY = f"{FILLER * 4}\n二、补贴标准\n早稻每亩补贴120元，晚稻每亩补贴150元。\n{FILLER * 4}"
ASKED = "早稻每亩补贴多少元"


def policy(**changes: Any) -> Entry:
    values: dict[str, Any] = {
        "id": "p", "kind": EntryKind.policy, "title": "关于发放春耕补贴的通知", "body": BODY, "document_number": "区农发〔2026〕8号",
        "issuer": "区农业农村局", "made_on": date(2026, 3, 1), "source_url": "https://portal.example.gov.cn/d/1",
    }  # fmt: skip
    return Entry(**(values | changes))


def reply(entry: Entry, channel: str = "web") -> str:
    said = quoted(entry, MEASURES[channel], ASKED)
    assert said is not None
    assert MEASURES[channel].fits(said.text)
    assert entry.body[said.quotation.start : said.quotation.end] == said.quotation.text
    assert f"「{said.quotation.text}」" in said.text
    assert len(said.quotation.text) <= LIMIT
    return said.text


def test_the_passage_stands_first_then_the_document_with_everything_that_is_known() -> None:
    text = reply(policy())
    assert text.startswith(("「", "……「"))
    assert "早稻每亩补贴120元" in text
    assert text.endswith(
        "（以上为原文节选，全文见下方链接，或回复“全文”）\n\n依据：《关于发放春耕补贴的通知》 区农发〔2026〕8号\n发文机关：区农业农村局\n"
        "成文日期：2026年3月1日\n有效性：有效\n链接：https://portal.example.gov.cn/d/1"
    )


def test_what_is_not_known_is_left_out_and_never_invented() -> None:
    text = reply(policy(document_number="", issuer="", unit="", made_on=None, source_url="", title=""))
    assert text.endswith("（以上为原文节选，查看全文请回复“全文”）\n\n有效性：有效")
    day_of_publication = reply(policy(made_on=None, published_on=date(2026, 3, 5), issuer="", unit="区农业农村局"))
    assert "\n单位：区农业农村局\n公布日期：2026年3月5日\n" in day_of_publication
    assert "成文日期" not in day_of_publication
    assert "发文机关" not in day_of_publication


@pytest.mark.parametrize("channel", ["wechat", "weibo", "web"])
@pytest.mark.parametrize("validity", ["废止", "失效", "已修改"])
def test_a_text_that_no_longer_holds_says_so_before_a_quoted_word(validity: str, channel: str) -> None:
    text = reply(policy(validity=validity), channel)
    assert text.splitlines()[0].startswith(f"【{validity}】")
    assert text.index(f"【{validity}】") < text.index("「")
    assert f"有效性：{validity}" in text


def test_what_the_public_was_told_of_a_repeal_stands_before_the_quotation() -> None:
    text = reply(policy(validity="废止", withdrawn_because="自2026年6月1日起执行《春耕补贴办法》。"))
    assert text.splitlines()[1] == "公开说明：自2026年6月1日起执行《春耕补贴办法》。"
    assert text.index("公开说明") < text.index("「")


def test_weibo_has_room_for_less_and_still_quotes_the_answer_with_its_source() -> None:
    text = reply(policy(), "weibo")
    assert "早稻每亩补贴120元" in text
    assert "有效性：有效" in text
    assert "https://portal.example.gov.cn/d/1" in text


def test_a_short_text_is_said_whole_and_a_curators_answer_too() -> None:
    web = MEASURES["web"]
    assert quoted(policy(body="早稻每亩补贴120元。"), web, ASKED) is None
    assert quoted(policy(kind=EntryKind.faq, body=BODY), web, ASKED) is None
    assert quoted(policy(kind=EntryKind.faq, body=BODY * 3), web, ASKED) is not None
    assert quoted(policy(kind=EntryKind.rumour, body=BODY * 30), web, ASKED) is None
    assert quoted(policy(), web, " ") is None


def test_a_link_that_the_channel_has_no_room_for_is_not_spoken_of() -> None:
    crowded = policy(title="很长的标题" * 30, source_url="https://portal.example.gov.cn/" + "d" * 270)
    text = reply(crowded, "weibo")
    assert "链接" not in text
    assert "查看全文请回复“全文”" in text


def test_a_channel_without_room_for_a_sentence_gets_the_text_page_by_page() -> None:
    narrow = Measure(limit=60, unit="characters")
    assert quoted(policy(validity="废止"), narrow, ASKED) is None


def test_marks_stand_outside_the_quoted_characters() -> None:
    body = "第一句话，还有半句。第二句话。"
    assert block(body, Quotation(text=body, start=0, end=len(body))) == f"「{body}」"
    assert block(body, Quotation(text=body[5:10], start=5, end=10)) == "……「还有半句。」"
    assert block(body, Quotation(text=body[:5], start=0, end=5)) == "「第一句话，」……"


def test_other_programs_get_the_passage_with_its_place_and_the_warning_first() -> None:
    hit = Hit(entry=policy(validity="失效"), score=1.0)
    said = first_quote((hit,), f"您好，请问{ASKED}？谢谢")
    assert said is not None
    assert list(said) == ["warning", "text", "start", "end"]
    assert BODY[int(said["start"]) : int(said["end"])] == said["text"]
    assert "早稻每亩补贴120元" in str(said["text"])
    assert first_quote((), ASKED) is None
    assert first_quote((Hit(entry=policy(kind=EntryKind.faq), score=1.0),), ASKED) is None
    assert first_quote((Hit(entry=policy(body="", title="只有标题"), score=1.0),), ASKED) is None


async def test_the_whole_text_follows_when_it_is_asked_for(base: Any, conversation: Any, teach: Any) -> None:
    long_text = policy(body=BODY * 3)
    await teach(long_text)
    base.when("早稻", "answer", "p")
    turn = await conversation.answer(channel="wechat", sender="a", text=ASKED)
    assert turn.quotation is not None
    assert turn.more
    whole = await conversation.answer(channel="wechat", sender="a", text="全文")
    assert whole.quotation is None
    assert whole.text.startswith(long_text.body[:40])
    assert whole.more

from datetime import date

import pytest

from bot.measure import Measure, load_measures
from bot.memory import Option
from bot.office import Office
from bot.urgent import FIRE_TEXT, LIFE_TEXT, MISSING_TEXT, VIOLENCE_TEXT
from bot.verdict import verdict_mark
from bot.wording import (
    abuse_text,
    answer_pages,
    choice_text,
    contact,
    cut,
    fitted,
    hand_over_text,
    help_text,
    rephrase_text,
    welcome_text,
)
from knowledge.entry import Entry, EntryKind

MEASURES = load_measures()
WECHAT, WEIBO = MEASURES["wechat"], MEASURES["weibo"]


def entry(kind: EntryKind = EntryKind.policy, **changes: object) -> Entry:
    values: dict[str, object] = {
        "id": "a", "kind": kind, "title": "标题", "body": "正文。", "document_number": "区政发〔2026〕8号", "issuer": "区政府",
        "made_on": date(2026, 11, 20), "source": "《通知》", "source_url": "https://portal.example.gov.cn/d/1",
        "phone": "0730-0000000",
    }  # fmt: skip
    return Entry(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("channel", ["wechat", "weibo", "web"])
@pytest.mark.parametrize("kind", list(EntryKind))
@pytest.mark.parametrize("length", [0, 1, 199, 640, 667, 5000])
@pytest.mark.parametrize("letters", ["字", "a", "😀", "一句话。", "第1234567890项"])
@pytest.mark.parametrize("long_names", [False, True])
def test_every_page_fits_and_together_they_are_the_text(
    channel: str, kind: EntryKind, length: int, letters: str, long_names: bool
) -> None:
    body = (letters * length)[:length]
    names = {"title": "很长的标题" * 30, "source": "很长的来源" * 50, "issuer": "很长的单位" * 50, "evidence": "依据" * 200,
             "phone": "0" * 200} if long_names else {}  # fmt: skip
    one = entry(kind, body=body, verdict="不实", **names)
    pages = answer_pages(one, MEASURES[channel])
    assert all(MEASURES[channel].fits(page) and page for page in pages)
    assert "https://portal.example.gov.cn/d/1" in pages[0]
    if body:
        said = "".join(page.split("\n……（")[0] for page in pages)
        assert body[:5] in pages[0]
        assert body in said if len(pages) > 1 else body in pages[0]


def test_a_split_is_on_a_character_never_in_a_number() -> None:
    assert cut("字" * 1000, 2000, WECHAT) == "字" * 666
    assert len(("字" * 666).encode()) == 1998
    assert cut("一二三。四五六。七八九", 27, WECHAT) == "一二三。四五六。"
    assert cut("标准为12345678元", 15, WECHAT) == "标准为"
    assert cut("😀" * 10, 7, Measure(limit=7, unit="characters")) == "😀😀😀"
    assert fitted("字" * 3000, WECHAT) == "字" * 666
    assert fitted("短", WECHAT) == "短"


def test_the_limits_are_those_of_the_platforms() -> None:
    assert (WECHAT.limit, WECHAT.unit) == (2000, "bytes")
    assert (WEIBO.limit, WEIBO.unit) == (299, "characters")


def test_a_repealed_or_changed_text_says_so_first_and_a_rumour_its_verdict() -> None:
    assert answer_pages(entry(validity="废止"), WECHAT)[0].startswith("【废止】本文件已废止")
    assert answer_pages(entry(validity="失效"), WECHAT)[0].startswith("【失效】本文件已失效")
    assert answer_pages(entry(validity="已修改"), WECHAT)[0].startswith("【已修改】")
    assert answer_pages(entry(), WECHAT)[0].startswith("正文。")
    marks = {
        "不实": "【不实】",
        "属实": "【属实】",
        "部分属实": "【部分属实】",
        "核实中": "【核实中】",
        "": "【核实中】",
        "谣言": "【不实】",
    }
    for verdict, mark in marks.items():
        rumour = entry(EntryKind.rumour, verdict=verdict, title="网传停水")
        assert verdict_mark(rumour) == mark
        assert answer_pages(rumour, WECHAT)[0].split("\n")[0] == f"{mark}网传停水"


def test_the_basis_names_document_unit_date_validity_and_link() -> None:
    assert answer_pages(entry(), WECHAT)[0] == (
        "正文。\n\n依据：《通知》 区政发〔2026〕8号\n发文机关：区政府\n成文日期：2026年11月20日\n有效性：有效\n"
        "咨询电话：0730-0000000\n链接：https://portal.example.gov.cn/d/1"
    )
    bare = entry(EntryKind.faq, document_number="", issuer="", made_on=None, source="", source_url="", phone="")
    assert answer_pages(bare, WECHAT) == ("正文。\n\n有效性：有效",)


def test_nothing_is_said_of_an_office_that_is_not_known() -> None:
    assert contact(Office(name="区政务公开办公室")) == "区政务公开办公室"
    assert contact(Office(name="办", phone="1", hours="全天")) == "办（电话 1，全天）"


@pytest.mark.parametrize("measure", [WECHAT, WEIBO])
def test_every_other_reply_fits_too(measure: Measure) -> None:
    office, examples = (
        Office(name="区政务公开办公室", phone="0730-0000000", hours="工作日 9:00–17:00"),
        ("问" * 90,) * 3,
    )
    options = [Option(id=str(number), title="很长的标题" * 30) for number in range(3)]
    texts = (
        choice_text(options, 15), rephrase_text(office, rejected=True, example=examples[0]),
        rephrase_text(office, rejected=False, example=examples[0]), abuse_text(office),
        hand_over_text(office, office, kept=True), LIFE_TEXT, VIOLENCE_TEXT, MISSING_TEXT, FIRE_TEXT,
        help_text(examples), welcome_text("明白区发布", examples),
    )  # fmt: skip
    assert all(measure.fits(text) for text in texts)

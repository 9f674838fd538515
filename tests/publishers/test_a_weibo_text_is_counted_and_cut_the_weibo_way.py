from datetime import date
from pathlib import Path

import pytest

from disclosures.content import Content, WeiboVersion
from publishers.port import Severity
from publishers.weibo.channel import WeiboChannel
from publishers.weibo.client import WeiboClient
from publishers.weibo.limits import Limits
from publishers.weibo.text import compose, counted, is_on, normalised, shortened, whole_sentences
from publishers.weibo.timeline import base62, find
from sandbox.weibo.counting import counted_length

GOLDEN = Path(__file__).parent / "golden" / "weibo"
LIMITS = Limits.load()
PAGE = "https://www.mingbai.example.gov.cn/d/2026/11/1024.html"
LONG = (
    "为进一步保障困难群众基本生活，自2026年12月1日起，全区城乡居民最低生活保障标准由每人每月890.50元提高到935元。"
    "申请人可向户籍所在地或者经常居住地的乡镇人民政府、街道办事处提出申请，也可通过“一网通办”平台在线办理。"
    "已享受低保待遇的家庭无需另行申请，由区民政局统一调整。补发款将于12月20日前发放到位。"
)


def content(**changes: object) -> Content:
    values: dict[str, object] = {
        "title": "关于提高城乡居民最低生活保障标准的通知",
        "body_html": "<p>正文</p>",
        "department": "区民政局",
        "category": "通知公告",
        "formed_on": date(2026, 11, 20),
        "index_number": "11000000/2026-00012",
        "summary": LONG,
    }
    return Content(**(values | changes))  # type: ignore[arg-type]


def channel(domain: str = "www.mingbai.example.gov.cn") -> WeiboChannel:
    client: WeiboClient = None  # type: ignore[assignment]  # Rendering and checking never call the platform.
    clock = None
    return WeiboChannel(client=client, safe_domain=domain, uid="2000000001", rip="203.0.113.9", clock=clock)  # type: ignore[arg-type]


CASES = {
    "long-summary": content(),
    "short": content(summary="标准提高到每人每月935元。"),
    "title-only": content(summary=""),
    "topics-and-links": content(
        title="#惠民政策#城乡低保标准提高", summary="详见 https://other.example.com/a?b=1 。自12月1日起执行。#低保#"
    ),
    "long-title": content(
        title="关于转发《国务院办公厅关于全面推进基层政务公开标准化规范化工作的指导意见》及做好2026年度全区政务公开重点工作任务分解落实、"
        "督查考核、信息报送、业务培训有关事项，并进一步明确各乡镇人民政府、街道办事处和区政府各部门、各直属机构职责分工的通知"
    ),
    "one-long-sentence": content(summary=LONG.replace("。", "，").rstrip("，") + "，并由各乡镇负责解释"),
    "latin": content(title="Notice", summary="Applications open on 2026-12-01 at 09:30. " * 20),
    "override": content(weibo=WeiboVersion(text="低保标准提高啦！每人每月935元，12月起执行。戳这里看全文")),
    "override-with-link": content(weibo=WeiboVersion(text=f"全文见{PAGE}欢迎转告身边人")),
}


@pytest.mark.parametrize("name", CASES)
def test_the_rendered_post_is_the_golden_one(name: str) -> None:
    payload = channel().render(CASES[name], page_url=PAGE).payload
    shown = f"{payload['text']}\n-- {payload['count']}\n"
    assert shown == (GOLDEN / f"{name}.txt").read_text("utf8")


@pytest.mark.parametrize("name", CASES)
def test_a_composed_post_keeps_the_target_and_counts_as_the_platform_does(name: str) -> None:
    payload = channel().render(CASES[name], page_url=PAGE).payload
    assert payload["count"] == counted(payload["text"], LIMITS) <= LIMITS.target
    assert payload["count"] == counted_length(payload["text"])
    assert PAGE in payload["text"].split()[-1] or f"{PAGE} " in payload["text"]
    assert "#" not in payload["text"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("低保", 2),
        ("ab", 1),
        ("abc", 2),
        ("低a", 2),
        ("935元", 3),
        ("😀", 2),
        ("http://t.example.cn/x", 10),
        ("低保 https://www.mingbai.example.gov.cn/d/1", 13),
        ("https://a.cn/" + "x" * 127, 10),
        ("https://a.cn/" + "x" * 137, 15),
    ],
)
def test_full_width_is_one_half_width_a_half_and_a_link_ten(text: str, count: int) -> None:
    assert counted(text, LIMITS) == count


def test_a_cut_is_at_a_sentence_and_never_inside_a_quotation_or_a_number() -> None:
    assert whole_sentences("一二三。四五六。七八九。", 9, LIMITS) == "一二三。四五六。"
    assert whole_sentences("他说：“好。”大家鼓掌。后面还有很多字", 9, LIMITS) == "他说：“好。”"
    assert whole_sentences("他说“好。不错。”大家鼓掌。后面还有很多字", 6, LIMITS) == ""
    assert whole_sentences("共三项，其中第一项，第二项", 8, LIMITS) == "共三项……"
    assert shortened("标准为12345678元整", 8, LIMITS) == "标准为……"
    assert shortened("执行ISO9001:2015认证", 8, LIMITS) == "执行……"


def test_every_length_of_text_stays_within_the_target() -> None:
    for length in range(len(LONG) + 1):
        for title in ("短", "关于" + LONG[:length]):
            post = compose(title=title, summary=LONG[:length], link=PAGE, limits=LIMITS)
            assert counted_length(post.text) == post.count <= LIMITS.target
            assert post.text.endswith(f" {PAGE}")


def test_an_override_that_is_too_long_is_blocked_before_anything_is_sent() -> None:
    problems = channel().check(content(weibo=WeiboVersion(text="字" * 131)), page_url=PAGE)
    assert [(p.severity, p.field) for p in problems] == [(Severity.BLOCK, "weibo.text")]
    assert "142 字" in problems[0].message
    assert channel().check(content(weibo=WeiboVersion(text="字" * 129)), page_url=PAGE)[0].severity is Severity.WARN
    assert channel().check(content(weibo=WeiboVersion(text="字" * 100)), page_url=PAGE) == ()


def test_a_link_outside_the_safe_domain_is_blocked_with_the_remedy() -> None:
    problems = channel("mingbai.example.gov.cn").check(content(), page_url=PAGE)
    assert problems[0].severity is Severity.BLOCK
    assert "安全域名" in problems[0].remedy
    foreign = channel().check(content(weibo=WeiboVersion(text="见 https://weixin.example.com/a")), page_url=PAGE)
    assert [p.severity for p in foreign] == [Severity.BLOCK]
    assert not is_on("https://www.mingbai.example.gov.cn@evil.example/", "www.mingbai.example.gov.cn")
    assert is_on("http://127.0.0.1:8080/d/1", "127.0.0.1:8080")


def test_topics_are_warned_about_and_an_empty_text_is_blocked() -> None:
    assert channel().check(content(weibo=WeiboVersion(text="#低保#提高")), page_url=PAGE)[0].severity is Severity.WARN
    assert Severity.BLOCK in {p.severity for p in channel().check(content(title=" "), page_url=PAGE)}


def test_the_same_content_gives_the_same_bytes() -> None:
    assert channel().render(content(), page_url=PAGE).sha256 == channel().render(content(), page_url=PAGE).sha256


def test_the_short_id_of_a_post_is_the_published_vector() -> None:
    assert base62("3501756485200075") == "z0JH2lOMb"


def test_a_post_is_known_again_by_its_text_without_the_links() -> None:
    text = f"【低保标准提高】自12月1日起执行。 {PAGE}"
    assert normalised(text) == normalised("【低保标准提高】自12月1日起执行。 http://t.cn/A6Mb00A \u200b")
    status = {
        "mid": "5000000000000001",
        "created_at": "Mon Nov 23 09:30:00 +0800 2026",
        "text": "别的内容",
        "user": {"idstr": "1"},
    }
    assert find([status], text=text, link=PAGE, since=None) is None
    assert find(
        [status | {"text": "【低保标准提高】自12月1日起执行。 http://t.cn/A6"}], text=text, link=PAGE, since=None
    )
    other = {"url_objects": [{"info": {"url_long": "https://www.mingbai.example.gov.cn/d/2026/11/9.html"}}]}
    same_words = status | {"text": "【低保标准提高】自12月1日起执行。"} | other
    assert find([same_words], text=text, link=PAGE, since=None) is None

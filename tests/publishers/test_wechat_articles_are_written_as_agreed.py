"""The same disclosure always gives the same WeChat article, and the article uses only what WeChat keeps.

The agreed articles are in golden/wechat. After a wanted change look at the new ones on a telephone's width, then write
them with ``GOLDEN=write pytest tests/publishers/test_wechat_articles_are_written_as_agreed.py``.
"""

import json
import os
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosures.content import Content, FileReference, Particular, WeChatVersion
from disclosures.markup import clean, from_markdown, plain_text
from publishers.port import Severity
from publishers.wechat.article import check_article, render_article, with_pictures
from publishers.wechat.layout import lay_out
from publishers.wechat.limits import WeChatLimits

GOLDEN = Path(__file__).parent / "golden" / "wechat"
PAGE = "https://www.example.gov.cn/d/2026-0123"
LIMITS = WeChatLimits()
MAP = FileReference(sha256="a" * 64, file_name="map.png", media_type="image/png", size=40_000, title="停水范围示意图")
DESK = FileReference(sha256="b" * 64, file_name="desk.jpg", media_type="image/jpeg", size=90_000)

BASE = Content(
    title="关于调整城乡低保标准的通知",
    body_html="<p>正文。</p>",
    department="区民政局",
    category="通知公告",
    formed_on=date(2026, 11, 5),
    index_number="QMZ-2026-00012",
    document_number="区民发〔2026〕12号",
    summary="自2026年12月1日起，城市低保标准调整为每人每月935元，农村低保标准调整为每人每月735元。",
)

WIDE = """
<table><caption>各镇街窗口</caption>
<thead><tr><th rowspan="2">镇街</th><th colspan="2">窗口</th><th colspan="2">电话</th></tr>
<tr><th>地址</th><th>楼层</th><th>咨询</th><th>监督</th></tr></thead>
<tbody><tr><td colspan="5">城区</td></tr>
<tr><td>东街</td><td>人民路1号</td><td>一楼</td><td rowspan="2">2200001</td><td>2200009</td></tr>
<tr><td>西街</td><td>解放路2号</td><td></td><td>2200008</td></tr></tbody></table>
"""

LONG = "".join(
    f"<h2>第{chapter}章</h2>"
    + "".join(
        f"<p>第{article}条 申请人应当如实提供材料，受理机关应当自受理之日起十五个工作日内作出决定。</p>"
        for article in range(8)
    )
    for chapter in range(1, 13)
)

CASES = {
    "table": replace(
        BASE,
        body_html=clean(
            "<p>调整后的标准如下：</p><table><thead><tr><th>对象</th><th>标准（元/月）</th></tr></thead><tbody>"
            "<tr><td>城市低保</td><td>935</td></tr><tr><td>农村低保</td><td>735</td></tr></tbody></table>" + WIDE
        ),
        attachments=(
            FileReference(
                sha256="c" * 64,
                file_name="申请表.docx",
                media_type="application/msword",
                size=30_720,
                title="低保申请表",
            ),
        ),
    ),
    "pictures": replace(
        BASE,
        title="关于计划停水的公告",
        document_number="",
        body_html=clean(
            f'<p>停水范围见图。</p><figure><img src="{MAP.path}"><figcaption>图1 停水范围</figcaption></figure>'
            f'<p>咨询窗口<img src="{DESK.path}" alt="政务服务大厅三号窗口"></p>'
        ),
        pictures=(MAP, DESK),
        wechat=WeChatVersion(title="停水公告", author="区水务局", digest="11月8日停水。", mode="mass", cover=MAP),
    ),
    "links": replace(
        BASE,
        body_html=clean(
            '<p>依据<a href="https://www.gov.cn/zhengce/1.htm">社会救助暂行办法</a>和'
            '<a href="/d/2025-0007">上一年度通知</a>，另见<a href="https://www.gov.cn/zhengce/1.htm">同一办法</a>。</p>'
            '<p>公众号<a href="https://mp.weixin.qq.com/s/abc">往期解读</a>；'
            '咨询<a href="tel:0550-2200001">窗口电话</a>、<a href="mailto:mz@example.gov.cn">mz@example.gov.cn</a>；'
            f'<a href="/files/{"c" * 64}/申请表.docx">申请表</a>；'
            '<a href="https://www.gov.cn/">https://www.gov.cn/</a></p>'
        ),
    ),
    "headings": replace(
        BASE,
        validity="部分失效",
        source="区人民政府办公室",
        body_html=from_markdown(
            "## 一、总体要求\n\n坚持**公开为常态**、*不公开为例外*。\n\n### （一）主要目标\n\n1. 第一项\n2. 第二项\n   - 其一\n   - 其二\n\n"
            "> 有关单位要抓好落实。\n\n---\n\n#### 附则\n\n本通知自印发之日起施行。\n区人民政府办公室"
        ),
    ),
    "kind": replace(
        BASE,
        kind="zhaokao",
        particulars=(
            Particular(name="places", label="招录人数", value="12人"),
            Particular(name="apply_how", label="报名方式", value="现场报名\n网上报名：<报名系统>"),
        ),
    ),
    "long": replace(BASE, title="区社会救助实施办法", summary="", body_html=clean(LONG)),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_an_article_is_written_as_agreed(name: str) -> None:
    payload = render_article(CASES[name], page_url=PAGE, limits=LIMITS, account_name="某区政务")
    shown = {key: value for key, value in payload.items() if key != "content_html"}
    text = json.dumps(shown, ensure_ascii=False, indent=1) + "\n" + payload["content_html"].replace("><", ">\n<") + "\n"
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")
    assert payload == render_article(CASES[name], page_url=PAGE, limits=LIMITS, account_name="某区政务")


@pytest.mark.parametrize("name", sorted(CASES))
def test_an_article_uses_only_what_the_platform_keeps(name: str) -> None:
    page = render_article(CASES[name], page_url=PAGE, limits=LIMITS)["content_html"]
    allowed = {
        "p", "section", "table", "tbody", "tr", "td", "strong", "em", "span", "img", "ul", "ol", "li", "blockquote", "br",
        "sub", "sup", "a",
    }  # fmt: skip
    assert set(re.findall(r"<([a-z0-9]+)", page)) <= allowed
    assert not re.search(r"\s(?:class|id|on[a-z]+)=", page)
    assert not re.search(r"position|flex|grid|gradient|var\(|transform", page)
    assert set(re.findall(r'<a href="([^"]*)"', page)) <= {"https://mp.weixin.qq.com/s/abc"}
    assert all(float(height) >= 1.75 for height in re.findall(r"line-height:([\d.]+)", page))


@pytest.mark.parametrize("name", sorted(CASES))
def test_no_word_of_the_body_is_lost(name: str) -> None:
    content = CASES[name]
    read = re.sub(r"\s", "", plain_text(render_article(content, page_url=PAGE, limits=LIMITS)["content_html"]))
    for line in plain_text(content.body_html).splitlines():
        for cell in line.split("\t"):
            words = re.sub(r"\s", "", cell)
            if name != "links":  # There numbers stand between the words.
                assert words in read


def test_the_addresses_of_links_are_printed_once_and_numbered() -> None:
    page = render_article(CASES["links"], page_url=PAGE, limits=LIMITS)["content_html"]
    assert "社会救助暂行办法<sup>[1]</sup>" in page
    assert "同一办法<sup>[1]</sup>" in page
    assert "[1] https://www.gov.cn/zhengce/1.htm</p>" in page
    assert "[2] https://www.example.gov.cn/d/2025-0007</p>" in page
    assert "[3]" not in page
    assert "窗口电话（0550-2200001）" in page


def test_a_table_too_wide_for_a_telephone_becomes_cards() -> None:
    page = render_article(CASES["table"], page_url=PAGE, limits=LIMITS)["content_html"]
    assert page.count("<table") == 1
    assert "窗口 地址：</span>人民路1号" in page
    assert "镇街：</span>西街" in page
    assert page.count("电话 咨询：</span>2200001") == 2


def test_pictures_are_placeholders_until_they_have_an_address() -> None:
    payload = render_article(CASES["pictures"], page_url=PAGE, limits=LIMITS)
    assert [picture["sha256"] for picture in payload["pictures"]] == ["a" * 64, "b" * 64]
    assert payload["pictures"][0]["alt"] == "停水范围示意图"
    assert payload["cover"]["sha256"] == "a" * 64
    page = with_pictures(
        payload["content_html"], {"a" * 64: "http://mmbiz.qpic.cn/1", "b" * 64: "http://mmbiz.qpic.cn/2"}
    )
    assert 'src="http://mmbiz.qpic.cn/1"' in page
    assert "picture:" not in page
    with pytest.raises(KeyError):
        with_pictures(payload["content_html"], {})


def test_a_good_article_has_no_problem() -> None:
    assert check_article(BASE, page_url=PAGE, limits=LIMITS) == ()
    assert check_article(CASES["pictures"], page_url=PAGE, limits=LIMITS) == ()


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (replace(BASE, title="题" * 33), "wechat.title"),
        (replace(BASE, wechat=WeChatVersion(author="者" * 17)), "wechat.author"),
        (replace(BASE, wechat=WeChatVersion(digest="摘" * 121)), "wechat.digest"),
        (replace(BASE, wechat=WeChatVersion(mode="fax")), "wechat.mode"),
        (replace(BASE, body_html="<p> </p>"), "body"),
        (replace(BASE, body_html=f"<p>{'长' * 20_000}</p>"), "body"),
        (replace(BASE, body_html=f'<p>图<img src="{DESK.path}"></p>', pictures=(DESK,)), "body"),
    ],
)
def test_what_the_platform_would_refuse_blocks(content: Content, field: str) -> None:
    problems = check_article(content, page_url=PAGE, limits=LIMITS)
    assert [(problem.severity, problem.field) for problem in problems] == [(Severity.BLOCK, field)]
    assert problems[0].remedy


def test_limits_are_counted_to_the_character() -> None:
    good = replace(BASE, title="题" * 32, wechat=WeChatVersion(author="者" * 16, digest="摘" * 120))
    assert check_article(good, page_url=PAGE, limits=LIMITS) == ()
    assert check_article(good, page_url=PAGE, limits=replace(LIMITS, title=31))[0].field == "wechat.title"


def test_pictures_count_with_the_length_of_their_future_addresses() -> None:
    shell = len(render_article(replace(BASE, body_html="<p></p>"), page_url=PAGE, limits=LIMITS)["content_html"])
    picture = f'<p><img src="{MAP.path}" alt="图"></p>'
    body = f"<p>{'长' * (LIMITS.content - shell - 300)}</p>"
    assert check_article(replace(BASE, body_html=body), page_url=PAGE, limits=LIMITS) == ()
    (problem,) = check_article(replace(BASE, body_html=body + picture), page_url=PAGE, limits=LIMITS)
    assert problem.field == "body"


@pytest.mark.parametrize("page_url", ["http://127.0.0.1:8080/d/1", "http://localhost/d/1", "https://portal.local/d/1"])
def test_a_page_nobody_can_reach_is_a_warning(page_url: str) -> None:
    (problem,) = check_article(BASE, page_url=page_url, limits=LIMITS)
    assert problem.severity is Severity.WARN
    assert "MINGBAI_PUBLIC_URL" in problem.remedy


def test_pictures_that_will_change_are_warnings() -> None:
    moving = replace(MAP, media_type="image/gif")
    content = replace(CASES["pictures"], pictures=(moving, DESK), wechat=WeChatVersion())
    assert [p.severity for p in check_article(content, page_url=PAGE, limits=LIMITS)] == [Severity.WARN]
    heavy = replace(MAP, size=3_000_000)
    content = replace(CASES["pictures"], pictures=(heavy, DESK), wechat=WeChatVersion())
    assert "压缩" in check_article(content, page_url=PAGE, limits=LIMITS)[0].message


def test_a_digest_is_cut_at_a_sentence() -> None:
    content = replace(BASE, summary="第一句话说明了标准怎样调整、何时开始施行。" * 10)
    digest = render_article(content, page_url=PAGE, limits=LIMITS)["digest"]
    assert len(digest) <= 120
    assert digest.endswith("施行。")
    assert render_article(replace(BASE, summary="长" * 200), page_url=PAGE, limits=LIMITS)["digest"] == "长" * 119 + "…"


PIECES = st.sampled_from(
    [
        "<p>", "</p>", "<b>", "<u>", "<table>", "</table>", "<tr>", "<th rowspan=2>", "<td>", "<td colspan=3>", "</td>",
        "<td>1<td>2<td>3<td>4<td>5", "<li>", "<ul>", "</ul>", "<ol>", "<a href='/x'>", "</a>", "<br>", "<h2>", "</h2>",
        f"<img src='{MAP.path}'>", "<blockquote>", "甲", "乙", "&lt;", " ", "<caption>", "<thead>", "<figure>", "<hr>", "丙",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=16).map("".join))
def test_no_body_however_odd_loses_a_word(markup: str) -> None:
    body = clean(markup)
    layout = lay_out(body, page_url=PAGE, columns=LIMITS.table_columns)
    for word in "甲乙丙<":
        assert (word in plain_text(body)) == (word in plain_text(layout.html))

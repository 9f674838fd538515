"""What an author writes is cleaned to the marks of the house, in linear time, and cleaning again changes nothing."""

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosures.markup import (
    DEEPEST,
    MOST_CHARACTERS,
    MarkupError,
    MarkupTooDeep,
    MarkupTooLong,
    clean,
    from_markdown,
    pictures,
    plain_text,
)

FILE = f"/files/{'a' * 64}/plan.png"

FRAGMENTS = st.sampled_from(
    [
        "<p>", "</p>", "<b>", "</b>", "<i>", "</i>", "<table>", "</table>", "<tr>", "<td>", "</td>", "<li>", "<ul>",
        "</ul>", "<ol>", "</ol>", "<a href='/x'>", "<a href='//x'>", "<a href='https://a.cn/&#x20;b'>",
        "<a href='&#106;avascript:x'>", "</a>", f"<img src='{FILE}'>", "<img src='/files/../b.png'>", "<br>", "<h2>",
        "</h2>", "<div>", "</div>", "<blockquote>", "正文", "&amp;", "&lt", "&#0;", "<", "\n", " ", "<caption>", "<thead>",
        "<figure>", "<figcaption>", "<hr>", "<script>", "</script>", "<!--", "-->", "'", '"', ">", "<th scope='q'>",
        "<span>", "</span>", "<svg>", "</svg>", "<select>", "<style>", "<frameset>",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(FRAGMENTS, st.text(max_size=4)), max_size=14).map("".join))
def test_cleaning_twice_is_cleaning_once(markup: str) -> None:
    once = clean(markup)
    assert clean(once) == once
    assert "<script" not in once
    assert 'href="javascript' not in once


@pytest.mark.parametrize(
    ("dirty", "expected"),
    [
        ("<p onclick=x()>甲</p><script>alert(1)</script>", "<p>甲</p>"),
        ("<svg><a href='/x'>乙</a></svg>丙", "丙"),
        ("<a href='//evil.example/x'>丁</a>", "丁"),
        ("<a href='http://gov.cn@evil.example/'>戊</a>", "戊"),
        ("<a href='javascript:alert(1)'>己</a>", "己"),
        ("<a href='data:text/html,x'>己</a>", "己"),
        ("<a href='/\\evil.example'>己</a>", "己"),
        ("<img src='https://evil.example/x.png' alt='x'>庚", "庚"),
        ("<img src='/files/../console/x' alt='x'>庚", "庚"),
        (f"<img src={FILE} alt=图 onerror=x>", f'<img src="{FILE}" alt="图">'),
        ("<b>粗<i>斜</b>体</i>", "<strong>粗<em>斜</em></strong>体"),
        ("<h1>题</h1><div>文</div>", "<h2>题</h2><section>文</section>"),
        ("<td colspan=99999 style='x'>", ""),
        ("1 < 2 &amp; <中>", "1 &lt; 2 &amp; &lt;中&gt;"),
        ("甲<!-- 乙 -->丙<iframe src=x>丁</iframe>", "甲丙"),
    ],
)
def test_only_the_marks_of_the_list_are_left(dirty: str, expected: str) -> None:
    assert clean(dirty) == expected


def test_a_good_link_and_a_table_stay() -> None:
    table = '<table><caption>标准</caption><tbody><tr><th scope="col">项目</th><td colspan="2">金额</td></tr></tbody></table>'
    assert clean(table) == table
    link = clean('<a href="https://www.gov.cn/a?b=1&amp;c=2" title="原文" target="_blank">原文</a>')
    assert link == '<a href="https://www.gov.cn/a?b=1&amp;c=2" title="原文" rel="noopener noreferrer">原文</a>'


def test_the_clipboard_of_word_and_wps_leaves_only_the_text_and_its_marks() -> None:
    """What the editor does is done again here: a form may be posted by anything."""
    word = (
        "<html xmlns:o='urn:schemas-microsoft-com:office:office'><head><style>p.MsoNormal{color:red}</style><xml><w:View>Normal"
        "</w:View></xml></head><body><!--[if gte mso 9]><xml><w:Zoom>100</w:Zoom></xml><![endif]-->"
        "<p class=MsoNormal style='mso-list:l0 level1 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>1.</span><![endif]>"
        "<b style='mso-bidi-font-weight:normal'><span lang=EN-US style='font-family:\"Times New Roman\"'>甲<o:p></o:p></span></b></p>"
        "<table class=MsoTableGrid border=1 style='border-collapse:collapse'><colgroup><col width=72></colgroup><tr "
        "style='mso-yfti-irow:0'><td width=276 colspan=2 valign=top style='border:solid windowtext 1.0pt'><p>乙</p></td></tr>"
        "</table></body></html>"
    )
    assert clean(word) == (
        '<p><span>1.</span><strong><span lang="EN-US">甲</span></strong></p><table><tbody><tr><td colspan="2"><p>乙</p></td></tr></tbody></table>'
    )
    assert clean("<xml><w:View>Normal</w:View></xml>正文") == "正文"


@pytest.mark.parametrize(("span", "kept"), [("2", True), ("999", True), ("1000", False), ("0", False), ("1e3", False)])
def test_no_cell_reaches_further_than_an_honest_table(span: str, kept: bool) -> None:
    assert (f'rowspan="{span}"' in clean(f"<table><tr><td rowspan={span}>x</td></tr></table>")) is kept


def test_size_and_depth_are_refused_before_the_expensive_pass() -> None:
    with pytest.raises(MarkupTooLong, match="附件"):
        clean("字" * (MOST_CHARACTERS + 1))
    with pytest.raises(MarkupTooDeep):
        clean("<b>" * (DEEPEST + 1))
    assert clean("<b>" * DEEPEST + "深") == "<strong>" * DEEPEST + "深" + "</strong>" * DEEPEST
    assert issubclass(MarkupTooDeep, MarkupError)
    assert issubclass(MarkupError, ValueError)


@pytest.mark.parametrize(
    "bomb",
    [
        "<b>" * 60_000, "<section><!--</section>-->" * 7_000, '<section title="</section>">' * 7_000, '<a x="' * 30_000,
        "<!--" * 50_000, "<" * 190_000, "<p><b id=1></p>" * 13_000, "<svg" * 40_000, "<script>" * 25_000,
        "<a" + "=" * 190_000, "<textarea><section>" * 10_000, "<script></script" * 12_000,
    ],
)  # fmt: skip
def test_no_input_takes_long(bomb: str) -> None:
    began = time.process_time()
    with contextlib.suppress(MarkupError):
        clean(bomb)
    plain_text(bomb)
    assert time.process_time() - began < 3


def test_markdown_becomes_the_same_marks() -> None:
    markup = from_markdown(
        f"# 总则\n\n第一行\n第二行\n\n    缩进不是代码\n\n| 项目 | 金额 |\n|---|---|\n| 低保 | 735 |\n\n"
        f"<script>x</script>\n\n1. 甲\n2. 乙\n\n![示意图]({FILE}) ![外图](https://e.example/x.png)"
    )
    assert "<h2>总则</h2>" in markup
    assert "第一行<br>\n第二行" in markup
    assert "<p>缩进不是代码</p>" in markup
    assert "<th>项目</th>" in markup
    assert "&lt;script&gt;" in markup
    assert "<ol>\n<li>甲</li>" in markup
    assert pictures(markup) == [(FILE, "示意图")]


def test_plain_text_knows_blocks_cells_and_breaks() -> None:
    markup = clean(
        "<h2>标题</h2><p>甲<strong>乙</strong><br>丙 &lt;丁&gt;</p><table><tr><td>项目</td><td>金额</td></tr></table>尾"
    )
    assert plain_text(markup) == "标题\n甲乙\n丙 <丁>\n项目\t金额\n尾"

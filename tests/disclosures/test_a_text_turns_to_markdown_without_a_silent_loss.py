"""HTML to Markdown: what can be said comes back the same, what cannot is named."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosures.markdown import to_markdown
from disclosures.markup import MarkupTooLong, clean, from_markdown, plain_text

FILE = f"/files/{'a' * 64}/a.png"

SAYABLE = [
    "各镇：\n\n## 一、总体\n\n### （一）细目\n\n**加粗**和*斜*，~~删~~。",
    "- 甲\n- 乙\n  - 丙\n  - 丁\n\n1. 一\n2. 二",
    "> 引用\n> 第二行\n\n---\n\n尾",
    "| 镇 | 户 |\n| --- | --- |\n| 城\\|东 | **1** |\n| | 2 |",
    f"第一行\n第二行 [链接](https://a.gov.cn/x?y=1&z=(2)) ![示意图]({FILE})",
    "1\\. 不是列表\n\n\\# 不是标题\n\n\\- 也不是\n\na_b_c \\*x\\* &lt;b&gt; \\[1\\] \\`x\\` &amp;copy;",
]


@pytest.mark.parametrize("text", SAYABLE)
def test_what_markdown_can_say_comes_back_the_same(text: str) -> None:
    body = from_markdown(text)
    written, lost = to_markdown(body)
    assert lost == ()
    assert from_markdown(written).replace("\n", "") == body.replace("\n", "")


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("<p><u>线</u></p>", {"下划线"}),
        ("<p>H<sub>2</sub>O</p>", {"上标、下标"}),
        ("<table><tr><th colspan=2>表头</th></tr><tr><td>1</td><td>2</td></tr></table>", {"合并的单元格"}),
        ("<table><caption>标准</caption><tr><th>项</th></tr><tr><td>1</td></tr></table>", {"表格标题"}),
        ("<table><tr><td>没有</td></tr><tr><td>表头</td></tr></table>", {"没有表头的表格（第一行会变成表头）"}),
        ("<table><tr><th>项</th></tr><tr><td><p>一</p><p>二</p></td></tr></table>", {"单元格里的分段"}),
        (f'<p><img src="{FILE}" alt="图" width="300"></p>', {"图片尺寸"}),
        ("<p><strong>“引号”</strong>后</p>", {"加粗"}),
    ],
)
def test_what_it_cannot_say_is_named(body: str, names: set[str]) -> None:
    _, lost = to_markdown(body)
    assert names <= set(lost)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="甲乙一 \n*_#-+.>12|[]()!\\~&;<`=“”", max_size=40))
def test_no_words_are_ever_lost(text: str) -> None:
    body = clean(f"<p>{text.replace('&', '&amp;').replace('<', '&lt;')}</p>")
    written, lost = to_markdown(body)
    assert lost or plain_text(from_markdown(written)) == plain_text(body)


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(MarkupTooLong):
        to_markdown("字" * 200_001)

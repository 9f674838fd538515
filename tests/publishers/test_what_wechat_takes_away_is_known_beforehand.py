"""The preview's model of WeChat's cleaning: against agreed examples, against our own articles, against the sandbox's model."""

import random
import re
import time

import pytest

from publishers.wechat.article import marked_article, render_article
from publishers.wechat.cleaning import cleaned, marks_in, rules
from publishers.wechat.limits import WeChatLimits
from sandbox.wechat import cleaning as sandbox
from tests.publishers.test_wechat_articles_are_written_as_agreed import CASES, LIMITS, PAGE

GOLDEN = [
    ('<p>一<script>alert(1)</script>二</p>', "<p>一二</p>", {"script": 1}),
    ('<p onclick="x()">一</p>', "<p>一</p>", {"handler": 1}),
    ('<style>p{color:red}</style><p class="a" id="b">一</p>', "<p>一</p>", {"stylesheet": 1, "class": 2}),
    ('<iframe src="https://a.example/"><p>内</p></iframe><p>外</p>', "<p>外</p>", {"frame": 1}),
    ("<video src='a.mp4'>看<source src='b.mp4'></video><p>外</p>", "<p>外</p>", {"media": 1}),
    ("<form><label>姓名</label><input name='a'></form>", "姓名", {"form": 3}),
    ('<p><a href="https://www.gov.cn/">网站</a></p>', "<p>网站</p>", {"link": 1}),
    ('<a href="https://mp.weixin.qq.com/s/a">往期</a>', '<a href="https://mp.weixin.qq.com/s/a">往期</a>', {}),
    ('<a href="https://mp.weixin.qq.com.evil.example/s/a">往期</a>', "往期", {"link": 1}),
    ('<img src="https://a.example/a.png"><img src="https://mmbiz.qpic.cn/a/640">', '<img src="https://mmbiz.qpic.cn/a/640">',
     {"picture": 1}),
    ('<img src="picture:00">', '<img src="picture:00">', {}),
    ('<p style="color:red;position:fixed;display:flex">一</p>', '<p style="color:red">一</p>', {"style": 2}),
    ("<p style='background:linear-gradient(red,blue);margin:0'>一</p>", '<p style="margin:0">一</p>', {"style": 1}),
    ("<marquee>一</marquee>", "一", {"tag": 1}),
    ("<script>没有结束", "", {"script": 1}),
    ("a &lt;b&gt; c", "a &lt;b&gt; c", {}),
    ("", "", {}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "kept", "lost"), GOLDEN)
def test_what_goes_and_what_stays_is_as_agreed(given: str, kept: str, lost: dict[str, int]) -> None:
    found = cleaned(given)
    assert (found.html, {each.rule: each.count for each in found.removals}) == (kept, lost)
    assert all(each.words and each.basis for each in found.removals)


@pytest.mark.parametrize("name", sorted(CASES))
def test_our_own_articles_lose_nothing(name: str) -> None:
    body = render_article(CASES[name], page_url=PAGE, limits=LIMITS)["content_html"]
    found = cleaned(body)
    assert not found.removals
    assert found.html == body.replace("&quot;", '"') or sandbox.text_of(found.html) == sandbox.text_of(body)


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_marked_article_is_the_article(name: str) -> None:
    marked, changes = marked_article(CASES[name], page_url=PAGE, limits=WeChatLimits())
    plain = render_article(CASES[name], page_url=PAGE, limits=WeChatLimits())["content_html"]
    bare = re.sub(r"<p[^>]*><mark>以下由宽表格改为逐条排列</mark></p>", "", marked)
    assert bare.replace("<mark>", "").replace("</mark>", "") == plain
    assert marked.count("<mark>") == len(changes)


def test_the_sandbox_keeps_no_word_and_no_mark_that_the_preview_says_is_gone() -> None:
    """Two models of one platform, written apart: on thousands of random texts the preview never promises more."""
    pieces = [
        "<p>", "</p>", '<p style="color:red">', '<span style="position:fixed;color:red">', "</span>", "一二三", "<script>",
        "</script>", '<a href="https://a.example/">', '<a href="https://mp.weixin.qq.com/s/1">', "</a>", "<strong>",
        "</strong>", '<img src="https://a.example/1.png">', '<img src="https://mmbiz.qpic.cn/1/640">', "<iframe>",
        "</iframe>", "<table><tr><td colspan='2'>", "</td></tr></table>", "<br>", "&amp;", '<h2 class="a">', "</h2>",
    ]  # fmt: skip
    chance = random.Random(5)
    for _ in range(1500):
        text = "".join(chance.choice(pieces) for _ in range(chance.randint(1, 14)))
        ours, theirs = cleaned(text).html, sandbox.clean(text)
        assert sandbox.text_of(ours) == sandbox.text_of(theirs), text
        tags = [re.findall(r"<([a-z0-9]+)", html) for html in (ours, theirs)]
        assert tags[0] == tags[1], text


def test_the_rules_have_a_date_and_a_source() -> None:
    assert rules().effective_from == WeChatLimits().effective
    assert rules().source.startswith("https://developers.weixin.qq.com/")


def test_marks_of_a_pasted_text_are_counted_whatever_its_form_and_in_linear_time() -> None:
    found = {
        each.rule: each.count for each in marks_in('<P onClick = "x()">一<VIDEO src=a><script>a</script><input><style')
    }
    assert found == {"handler": 1, "media": 1, "script": 1, "form": 1}
    began = time.perf_counter()
    for hostile in ("<a", "<", "<!--", "<a b=", "</", '<a b="', "<a on"):
        marks_in(hostile * 60_000)
    assert time.perf_counter() - began < 3

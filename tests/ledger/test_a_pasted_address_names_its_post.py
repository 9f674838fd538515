"""What a person pastes must name the post, so that it can be read back and withdrawn later; anything else is refused."""

import pytest

from publishers.addresses import named
from publishers.errors import DecisionRefused
from publishers.weibo.timeline import base62


@pytest.mark.parametrize(
    ("text", "mid", "url"),
    [
        ("https://weibo.com/2000000001/z0JH2lOMb", "3501756485200075", "https://weibo.com/2000000001/z0JH2lOMb"),
        (
            "https://weibo.com/2000000001/z0JH2lOMb?type=comment#_rnd1",
            "3501756485200075",
            "https://weibo.com/2000000001/z0JH2lOMb?type=comment#_rnd1",
        ),
        (
            "https://m.weibo.cn/status/3501756485200075",
            "3501756485200075",
            "https://m.weibo.cn/status/3501756485200075",
        ),
        ("https://m.weibo.cn/detail/z0JH2lOMb", "3501756485200075", "https://m.weibo.cn/detail/z0JH2lOMb"),
        (" 3501756485200075 ", "3501756485200075", ""),
        ("", "", ""),
    ],
)
def test_a_weibo_address_gives_the_number(text: str, mid: str, url: str) -> None:
    found = named("weibo", text)
    assert (found.external_id, found.url, found.facts.get("mid", "")) == (mid, url, mid)


@pytest.mark.parametrize("mid", ["5023456780000001", "4999999999999999", "35017564852000750"])
def test_the_short_form_turns_back_into_the_number(mid: str) -> None:
    assert named("weibo", f"https://weibo.com/2000000001/{base62(mid)}").facts["mid"] == mid


@pytest.mark.parametrize(
    ("channel", "text"),
    [
        ("weibo", "https://weibo.com/u/2000000001"),
        ("weibo", "https://weibo.com/2000000001"),
        ("weibo", "https://weibo.com/2000000001/ZZZZZZZZZ"),
        ("weibo", "https://example.com/about/contact"),
        ("weibo", "javascript:alert(1)"),
        ("weibo", "12345"),
        ("wechat", "https://mp.weixin.qq.com/"),
        ("wechat", "ftp://mp.weixin.qq.com/s/abc"),
        ("portal", "www.example.gov.cn/d/1"),
        ("weibo", "https://weibo.com/1/" + "x" * 600),
    ],
)
def test_what_names_no_post_is_refused_with_the_remedy(channel: str, text: str) -> None:
    with pytest.raises(DecisionRefused) as refused:
        named(channel, text)
    assert refused.value.remedy


def test_an_article_is_kept_by_its_address() -> None:
    found = named("wechat", "https://mp.weixin.qq.com/s?__biz=1&mid=2&idx=1&sn=3")
    assert found.facts == {"article_url": found.url}

"""When a platform refuses a picture: nothing goes out, unless the reviewers signed that the text goes alone; then once."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from disclosures.content import TEXT_ONLY, Content, WeChatVersion, WeiboVersion
from disclosures.markup import plain_text
from publishers.errors import ChannelRefused, ChannelUnavailable, OutcomeUnknown
from publishers.port import WITHOUT_PICTURES, Verdict
from publishers.wechat.article import render_article, without_pictures
from publishers.weibo.channel import WeiboChannel
from sandbox.faults import FaultKind
from tests.publishers import test_a_wechat_delivery_on_the_sandbox as wechat
from tests.publishers import test_the_weibo_channel_never_posts_twice as weibo
from tests.publishers.test_wechat_articles_are_written_as_agreed import CASES, LIMITS, PAGE

bench, platform, make = wechat.bench, weibo.platform, weibo.make
TEXT_FIRST = replace(wechat.CONTENT, wechat=WeChatVersion(on_picture_failure=TEXT_ONLY))
ILLUSTRATED = {"pictures": (wechat.PICTURE,)}


async def load(sha256: str) -> bytes:
    return await wechat.load_file(sha256)


async def test_wechat_sends_nothing_by_default(bench: Any) -> None:
    await bench.fault("errcode", "/cgi-bin/media/uploadimg", errcode=40005)
    with pytest.raises(ChannelRefused):
        await bench.channel.prepare(bench.ticket(), wechat.load_file)
    assert await bench.calls("/cgi-bin/draft/add") == 0


async def test_wechat_sends_the_text_alone_where_that_was_signed_and_says_so(bench: Any) -> None:
    await bench.fault("errcode", "/cgi-bin/media/uploadimg", errcode=40005)
    ticket = await bench.drafted(TEXT_FIRST)
    assert ticket.facts[WITHOUT_PICTURES]
    draft = await bench.client.draft(str(ticket.facts["media_id"]))
    assert "<img" not in draft["content"]
    assert "城市低保标准为" in draft["content"]
    sighting = await bench.channel.send(ticket)
    followed = await bench.channel.follow(wechat.known(ticket, sighting))
    assert followed.verdict is Verdict.PUBLISHED
    assert len(await bench.effects()) == 1


async def test_a_picture_that_is_taken_goes_along_whatever_was_chosen(bench: Any) -> None:
    ticket = await bench.drafted(TEXT_FIRST)
    assert WITHOUT_PICTURES not in ticket.facts
    assert "<img" in (await bench.client.draft(str(ticket.facts["media_id"])))["content"]


async def test_a_busy_platform_is_no_refusal(bench: Any) -> None:
    await bench.fault("errcode", "/cgi-bin/media/uploadimg", errcode=-1)
    with pytest.raises(ChannelUnavailable):
        await bench.channel.prepare(bench.ticket(TEXT_FIRST), wechat.load_file)
    assert await bench.calls("/cgi-bin/draft/add") == 0


async def test_weibo_posts_once_without_the_refused_picture(
    platform: weibo.Platform, make: Callable[..., WeiboChannel]
) -> None:
    channel = make(load_file=load)
    chosen = {**ILLUSTRATED, "weibo": WeiboVersion(on_picture_failure=TEXT_ONLY)}
    platform.fault(FaultKind.ERRCODE, errcode=20005)
    sighting = await channel.send(weibo.ticket(channel, **chosen))
    assert sighting.verdict is Verdict.PUBLISHED
    assert "图片格式" in str(sighting.facts[WITHOUT_PICTURES])
    assert platform.posts == 1
    assert platform.world.posts.of(weibo.UID)[0].picture is None


async def test_weibo_posts_nothing_by_default_and_nothing_after_any_other_trouble(
    platform: weibo.Platform, make: Callable[..., WeiboChannel]
) -> None:
    channel = make(load_file=load)
    platform.fault(FaultKind.ERRCODE, errcode=20005)
    with pytest.raises(ChannelRefused):
        await channel.send(weibo.ticket(channel, **ILLUSTRATED))
    assert platform.posts == 0
    chosen = {**ILLUSTRATED, "weibo": WeiboVersion(on_picture_failure=TEXT_ONLY)}
    platform.fault(FaultKind.ERRCODE, errcode=20053, after=True)
    with pytest.raises(OutcomeUnknown):
        await channel.send(weibo.ticket(channel, **chosen))
    assert platform.posts == 1, "what may have been written is never written again"


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_text_alone_keeps_every_word_and_leaves_no_hole(name: str) -> None:
    page = render_article(CASES[name], page_url=PAGE, limits=LIMITS)["content_html"]
    bare = without_pictures(page)
    assert wechat_words(bare) == wechat_words(page)
    assert "<img" not in bare
    assert not re.search(r"<(p|section|li)[^>]*></", bare)
    if "<img" not in page:
        assert bare == page


def wechat_words(html: str) -> str:
    return "".join(plain_text(html).split())


def test_old_texts_keep_their_hash_and_their_payload() -> None:
    plain: Content = wechat.CONTENT
    assert "on_picture_failure" not in str(plain.canonical())
    assert plain.digest() != TEXT_FIRST.digest()
    assert Content.parse(TEXT_FIRST.canonical()) == TEXT_FIRST
    assert "on_picture_failure" not in render_article(plain, page_url=PAGE, limits=LIMITS)

"""The comments of WeChat articles against the strict sandbox: read, answered once, elected, taken down, refused honestly."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from publishers.echo.port import Act, Seen
from publishers.errors import ChannelBusy, ChannelRefused, ChannelUnavailable, OutcomeUnknown
from publishers.wechat import wire
from publishers.wechat.comments import WeChatComments
from tests.echo.platforms import CITIZEN, Platforms, all_heard, running

REPLY = "/cgi-bin/comment/reply/add"


@pytest.fixture
async def platforms(database: str, clock: Any) -> AsyncIterator[Platforms]:
    async with running(clock) as there:
        yield there


async def written(platforms: Platforms, slug: str, text: str = "补贴什么时候发？") -> None:
    await platforms.control(f"articles/{slug}/comments", {"openid": CITIZEN, "content": text})


async def test_a_comment_is_heard_answered_and_elected(platforms: Platforms) -> None:
    comments = WeChatComments(client=platforms.wechat, opens=True)
    post, slug = await platforms.article()
    await written(platforms, slug)
    (heard,), cursor, _ = await all_heard(comments, [post], {}, now=platforms.clock.moment)
    assert (heard.text, heard.delivery_id, heard.elected, heard.reply) == ("补贴什么时候发？", 1, False, None)
    assert cursor["opened"] == [1]
    assert (await comments.reply(heard.address, "12月1日起。")).seen is Seen.FOUND
    await comments.act(heard.address, Act.ELECT)
    async with platforms.http.get(post.url) as response:
        page = await response.text()
    assert "12月1日起。" in page
    platforms.clock.advance(60)
    (again,), _, _ = await all_heard(comments, [post], cursor, now=platforms.clock.moment)
    assert again.external_id == heard.external_id
    assert again.elected
    assert again.reply is not None
    assert again.reply.text == "12月1日起。"


async def test_all_pages_of_a_crowded_article_are_read(platforms: Platforms) -> None:
    comments = WeChatComments(client=platforms.wechat, opens=True)
    post, slug = await platforms.article()
    for number in range(103):
        await written(platforms, slug, f"第 {number} 条")
    heard, _, _ = await all_heard(comments, [post], {}, now=platforms.clock.moment)
    assert len({each.external_id for each in heard}) == 103


@pytest.mark.parametrize("kind", ["http_5xx_after", "reset_after", "truncated_after", "timeout_after"])
async def test_a_lost_answer_is_unknown_and_the_look_finds_it(
    platforms: Platforms, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    comments = WeChatComments(client=platforms.wechat, opens=True)
    post, slug = await platforms.article()
    await written(platforms, slug)
    (heard,), _, _ = await all_heard(comments, [post], {}, now=platforms.clock.moment)
    await platforms.fault("wechat", kind, REPLY, **({"seconds": 5.0} if kind == "timeout_after" else {}))
    if kind == "timeout_after":  # Short only here: a busy machine answers late, and that is no fault.
        monkeypatch.setattr(wire, "TIMEOUT", aiohttp.ClientTimeout(total=2.0))
    with pytest.raises(OutcomeUnknown):
        await comments.reply(heard.address, "12月1日起。")
    assert (await comments.replied(heard.address, "12月1日起。")).seen is Seen.FOUND
    # Even a second call would change nothing: the platform keeps one reply, and ours is recognised.
    assert (await comments.reply(heard.address, "12月1日起。")).seen is Seen.FOUND


async def test_an_answer_lost_before_the_effect_is_unknown_and_not_found(platforms: Platforms) -> None:
    comments = WeChatComments(client=platforms.wechat, opens=True)
    post, slug = await platforms.article()
    await written(platforms, slug)
    (heard,), _, _ = await all_heard(comments, [post], {}, now=platforms.clock.moment)
    await platforms.fault("wechat", "http_5xx_before", REPLY)
    with pytest.raises(OutcomeUnknown):
        await comments.reply(heard.address, "12月1日起。")
    assert (await comments.replied(heard.address, "12月1日起。")).seen is Seen.NOT_FOUND


async def test_somebody_elses_reply_is_not_taken_for_ours(platforms: Platforms) -> None:
    comments = WeChatComments(client=platforms.wechat, opens=True)
    post, slug = await platforms.article()
    await written(platforms, slug)
    (heard,), _, _ = await all_heard(comments, [post], {}, now=platforms.clock.moment)
    await comments.reply(heard.address, "在公众平台上写的")
    with pytest.raises(ChannelRefused, match="已经在公众平台上回复过"):
        await comments.reply(heard.address, "12月1日起。")


@pytest.mark.parametrize(
    ("code", "expected"),
    [(48001, ChannelRefused), (88000, ChannelRefused), (88002, ChannelRefused), (45009, ChannelBusy), (-1, OutcomeUnknown)],
)  # fmt: skip
async def test_each_refusal_has_its_class(platforms: Platforms, code: int, expected: type[Exception]) -> None:
    comments = WeChatComments(client=platforms.wechat, opens=True)
    post, slug = await platforms.article()
    await written(platforms, slug)
    (heard,), _, _ = await all_heard(comments, [post], {}, now=platforms.clock.moment)
    await platforms.fault("wechat", "errcode", REPLY, errcode=code)
    with pytest.raises(expected):
        await comments.reply(heard.address, "12月1日起。")


async def test_an_account_without_the_right_is_refused_when_reading(platforms: Platforms) -> None:
    post, _ = await platforms.article()
    await platforms.control("profile", {"comment_right": False}, method="PATCH")
    comments = WeChatComments(client=platforms.wechat, opens=False)
    with pytest.raises(ChannelRefused, match="留言功能不可用"):
        await all_heard(comments, [post], {}, now=platforms.clock.moment)


async def test_what_is_gone_counts_as_taken_down(platforms: Platforms) -> None:
    comments = WeChatComments(client=platforms.wechat, opens=True)
    post, slug = await platforms.article()
    await written(platforms, slug)
    (heard,), _, _ = await all_heard(comments, [post], {}, now=platforms.clock.moment)
    await comments.act(heard.address, Act.TAKE_DOWN)
    await comments.act(heard.address, Act.TAKE_DOWN)
    with pytest.raises(ChannelRefused, match="已被删除"):
        await comments.reply(heard.address, "12月1日起。")


async def test_an_article_without_its_number_is_left_out_and_never_guessed(platforms: Platforms) -> None:
    post, _ = await platforms.article()
    comments = WeChatComments(client=platforms.wechat, opens=True)
    nameless = type(post)(delivery_id=3, disclosure_id=7, facts={}, url=post.url, published_at=post.published_at)
    heard, cursor, _ = await all_heard(comments, [nameless], {}, now=platforms.clock.moment)
    assert (heard, cursor) == ([], {})
    with pytest.raises(ChannelUnavailable):
        await comments.replied({}, "12月1日起。")


async def test_our_reply_is_taken_back_and_twice_does_no_harm(platforms: Platforms) -> None:
    comments = WeChatComments(client=platforms.wechat, opens=True)
    post, slug = await platforms.article()
    await written(platforms, slug)
    (heard,), _, _ = await all_heard(comments, [post], {}, now=platforms.clock.moment)
    await comments.reply(heard.address, "12月1日起。")
    await comments.unsay(heard.address, "")
    await comments.unsay(heard.address, "")
    assert (await comments.replied(heard.address, "12月1日起。")).seen is Seen.NOT_FOUND

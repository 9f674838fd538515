"""Figures: what the platforms tell, our own counters, corrections that keep history, and the month's sums."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from aiohttp import hdrs

from portal.visits import is_reader
from publishers.echo.figures import CountedFigures, figures_of, keep_figures, month_of
from publishers.echo.hearing import posts_of
from publishers.echo.port import Figure, Post
from publishers.echo.records import DayCount, FigureReading
from publishers.echo.tally import ANSWERS, Tally
from publishers.errors import ChannelRefused, ChannelUnavailable
from publishers.wechat.figures import WeChatFigures
from tests.echo.platforms import Platforms, running
from tests.echo.scripted import published

TOTALS = "/datacube/getarticletotaldetail"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0 Safari/537.36"
WEIXIN = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.50 Language/zh_CN"
)


@pytest.fixture
async def platforms(database: str, clock: Any) -> AsyncIterator[Platforms]:
    async with running(clock) as there:
        yield there


def as_table(figures: tuple[Figure, ...], name: str) -> list[tuple[date, int]]:
    return [(figure.day, figure.value) for figure in figures if figure.name == name]


@pytest.mark.parametrize(("values", "daily"), [("total", False), ("daily", True)])
async def test_wechat_tells_totals_whichever_way_it_counts(platforms: Platforms, values: str, daily: bool) -> None:
    await platforms.control("profile", {"datacube_values": values}, method="PATCH")
    post, slug = await platforms.article()
    for day, times in (("2026-11-23", 5), ("2026-11-24", 3)):
        await platforms.control(f"articles/{slug}/engage", {"deed": "read", "times": times, "day": day})
    platforms.clock.advance(2 * 86400)
    figures = await WeChatFigures(client=platforms.wechat, daily=daily).read([post], now=platforms.clock.moment)
    assert as_table(figures, "reads") == [(date(2026, 11, 23), 5), (date(2026, 11, 24), 8)]


async def test_wechat_is_not_asked_for_a_day_that_is_not_over(platforms: Platforms) -> None:
    post, _ = await platforms.article()
    source = WeChatFigures(client=platforms.wechat, daily=False)
    assert await source.read([post], now=platforms.clock.moment) == ()
    early = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # 07:30 of the next day in Beijing
    assert await source.read([post], now=early) == ()
    assert (await platforms.control("calls", method="GET"))["calls"].get(TOTALS, 0) == 0


async def test_statistics_that_are_not_ready_are_asked_for_later(platforms: Platforms) -> None:
    post, _ = await platforms.article()
    platforms.clock.advance(86400)
    await platforms.fault("wechat", "errcode", TOTALS, errcode=61503)
    source = WeChatFigures(client=platforms.wechat, daily=False)
    with pytest.raises(ChannelUnavailable):
        await source.read([post], now=platforms.clock.moment)
    await platforms.fault("wechat", "errcode", TOTALS, errcode=48001)
    with pytest.raises(ChannelRefused):
        await source.read([post], now=platforms.clock.moment)


async def test_weibo_tells_what_stands_now(platforms: Platforms) -> None:
    post = await platforms.post()
    await platforms.control("weibo/engage", {"mid": post.facts["mid"], "deed": "like", "times": 4})
    await platforms.control("weibo/engage", {"mid": post.facts["mid"], "deed": "repost", "times": 2})
    await platforms.remark(post, "好")
    source = platforms.weibo.echo.figures
    assert source is not None
    figures = await source.read([post], now=platforms.clock.moment)
    assert {figure.name: figure.value for figure in figures} == {"likes": 4, "shares": 2, "comments": 1}


async def test_a_correction_is_a_later_row_and_the_same_number_is_none(any_database: str, clock: Any) -> None:
    delivery = await published("wechat", clock.moment)
    posts = {post.delivery_id: post for post in await posts_of("wechat", now=clock.moment)}

    def told(day: int, value: int) -> Figure:
        return Figure(delivery_id=delivery.id, name="reads", day=date(2026, 11, day), value=value, source="s")

    assert await keep_figures("wechat", [told(21, 10), told(22, 30)], posts, now=clock.moment) == 2
    assert await keep_figures("wechat", [told(21, 10), told(22, 30)], posts, now=clock.moment) == 0
    assert await keep_figures("wechat", [told(21, 12), told(22, 30)], posts, now=clock.moment) == 1
    assert await FigureReading.all().count() == 3
    (channel,) = await figures_of(7)
    assert channel.days["reads"] == [(date(2026, 11, 21), 12), (date(2026, 11, 22), 30)]
    assert channel.totals == {"reads": 30}


async def test_our_own_counts_add_up_over_nodes_and_days(any_database: str, clock: Any) -> None:
    await published("portal", clock.moment)
    one, other = Tally(clock=clock), Tally(clock=clock)
    for tally in (one, other, one):
        tally.count(7)
    other.count(7, ANSWERS)
    await one.flush()
    await other.flush()
    assert await one.flush() == 0
    clock.advance(86400)
    one.count(7)
    await one.flush()
    assert await DayCount.filter(name="views").order_by("day").values_list("value", flat=True) == [3, 1]
    posts = await posts_of("portal", now=clock.moment)
    figures = await CountedFigures(counted="views", name="reads").read(posts, now=clock.moment)
    assert as_table(figures, "reads") == [(date(2026, 11, 23), 3), (date(2026, 11, 24), 4)]


async def test_a_correction_begins_its_own_count(database: str, clock: Any) -> None:
    def post(number: int, day: int) -> Post:
        at = datetime(2026, 11, day, 4, tzinfo=UTC)
        return Post(delivery_id=number, disclosure_id=7, facts={}, url="", published_at=at)

    for day, value in ((20, 5), (21, 7), (22, 9)):
        await DayCount.create(disclosure_id=7, name="views", day=date(2026, 11, day), value=value)
    figures = await CountedFigures(counted="views", name="reads").read([post(2, 21), post(1, 20)], now=clock.moment)
    ends = {figure.delivery_id: figure.value for figure in figures}
    assert ends == {1: 5, 2: 16}


async def test_a_month_has_its_sums_and_its_ten(any_database: str, clock: Any) -> None:
    for number in range(12):
        delivery = await published("wechat", clock.moment, disclosure=100 + number)
        posts = {post.delivery_id: post for post in await posts_of("wechat", now=clock.moment)}
        figure = Figure(delivery_id=delivery.id, name="reads", day=date(2026, 11, 23), value=number, source="s")
        await keep_figures("wechat", [figure], posts, now=clock.moment)
    month = await month_of(date(2026, 11, 1))
    assert month.totals == {"reads": 66}
    assert [line.totals["reads"] for line in month.top] == list(range(11, 1, -1))
    assert month.daily == {"wechat": [(date(2026, 11, 23), 66)]}
    assert (await month_of(date(2026, 11, 1), channel="weibo")).lines == ()
    assert (await month_of(date(2026, 10, 1))).lines == ()


@pytest.mark.parametrize(
    ("client", "more", "counted"),
    [
        (CHROME, {}, True), (WEIXIN, {}, True), ("", {}, False), ("curl/8.9", {}, False), ("aiohttp/3.12", {}, False),
        ("Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)", {}, False),
        ("Mozilla/5.0 (compatible; bingbot/2.0)", {}, False), (CHROME, {"Sec-Purpose": "prefetch"}, False),
        (CHROME, {"Purpose": "prefetch"}, False),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36 baiduboxapp/13.50", {}, True),
    ],
)  # fmt: skip
def test_a_reader_is_a_person_who_opened_the_page(client: str, more: dict[str, str], counted: bool) -> None:
    assert is_reader("GET", {hdrs.USER_AGENT: client, **more}) is counted
    assert not is_reader("HEAD", {hdrs.USER_AGENT: client, **more})

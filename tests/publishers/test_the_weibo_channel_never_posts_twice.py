import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from PIL import Image

from disclosures.content import Content, FileReference
from publishers.errors import ChannelBusy, ChannelRefused, ChannelUnavailable, OutcomeUnknown
from publishers.port import ChannelName, Ticket, Verdict
from publishers.weibo.channel import WeiboChannel
from publishers.weibo.client import WeiboClient
from publishers.weibo.outcomes import MEANINGS, Outcome, meaning
from sandbox.faults import Fault, FaultKind, FaultPlan
from sandbox.weibo.door import Door
from sandbox.weibo.share import Share
from sandbox.weibo.switches import WeiboSwitches
from sandbox.weibo.timeline import Timeline
from sandbox.weibo.world import App, World

DOMAIN = "www.mingbai.example.gov.cn"
PAGE = f"https://{DOMAIN}/d/2026/11/1024.html"
TOKEN = "2.00secret-token-of-the-account"
UID = "2000000001"
SHARE = "/2/statuses/share.json"


class Platform:
    """The sandbox's Weibo with its faults, served over HTTP, and a channel that talks to it."""

    def __init__(self) -> None:
        app = App(key="1", secret="s", token=TOKEN, owner=UID, safe_domain=DOMAIN)
        self.world = World(app=app, clock=time.time, switches=WeiboSwitches())
        self.plan = FaultPlan()

    def app(self) -> web.Application:
        door = Door(self.world, self.plan)
        app = web.Application(client_max_size=8 << 20)
        app.add_routes([*Share(self.world, door).routes(), *Timeline(self.world, door).routes()])
        return app

    def switch(self, **wishes: Any) -> None:
        self.world.switches = self.world.switches.changed(wishes)

    def fault(self, kind: FaultKind, **more: Any) -> None:
        self.plan.add(Fault(kind=kind, platform="weibo", **({"path": SHARE} | more)))

    @property
    def posts(self) -> int:
        return len(self.world.posts.of(UID))


class Now:
    async def now(self) -> datetime:
        return datetime(2026, 11, 23, 9, 40, tzinfo=UTC)


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
async def make(platform: Platform) -> AsyncIterator[Callable[..., WeiboChannel]]:
    server = TestServer(platform.app())
    await server.start_server()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:

        def build(*, base: str = "", token: str = TOKEN, **more: Any) -> WeiboChannel:
            client = WeiboClient(
                session=session, access_token=token, api_base=base or str(server.make_url("/weibo-api")), timeout=1.0
            )
            return WeiboChannel(client=client, safe_domain=DOMAIN, uid=UID, rip="203.0.113.9", clock=Now(), **more)

        yield build
    await platform.plan.close()
    await server.close()


@pytest.fixture
def channel(make: Callable[..., WeiboChannel]) -> WeiboChannel:
    return make()


def content(**changes: Any) -> Content:
    values: dict[str, Any] = {
        "title": "城乡低保标准提高",
        "body_html": "<p>正文</p>",
        "department": "区民政局",
        "category": "通知公告",
        "formed_on": date(2026, 11, 20),
        "index_number": "1",
        "summary": "自2026年12月1日起执行新标准。",
    }
    return Content(**(values | changes))


def ticket(channel: WeiboChannel, *, page: str = PAGE, intent: datetime | None = None, **changes: Any) -> Ticket:
    now = datetime.now(UTC)
    return Ticket(
        delivery_id=1,
        release_id=1,
        disclosure_id=1,
        payload=channel.render(content(**changes), page_url=page).payload,
        facts={},
        page_url=page,
        due_at=now,
        intent_at=intent or now,
    )


def with_facts(one: Ticket, **facts: Any) -> Ticket:
    return Ticket(
        delivery_id=1,
        release_id=1,
        disclosure_id=1,
        payload=one.payload,
        facts=facts,
        page_url=one.page_url,
        due_at=one.due_at,
        intent_at=one.intent_at,
    )


async def test_a_post_goes_out_once_with_its_number_and_address(platform: Platform, channel: WeiboChannel) -> None:
    sighting = await channel.send(ticket(channel))
    post = platform.world.posts.of(UID)[0]
    assert (sighting.verdict, sighting.external_id) == (Verdict.PUBLISHED, post.mid)
    assert sighting.url.startswith(f"https://weibo.com/{UID}/")
    assert sighting.facts == {"mid": post.mid, "uid": UID}
    assert post.rip == "203.0.113.9"
    assert channel.name is ChannelName.WEIBO
    assert not channel.capabilities.may_conclude_absent


async def test_the_operators_own_address_is_sent_when_it_is_known(platform: Platform, channel: WeiboChannel) -> None:
    await channel.send(with_facts(ticket(channel), operator_ip="198.51.100.7"))
    assert platform.world.posts.of(UID)[0].rip == "198.51.100.7"


async def test_a_picture_goes_along_when_the_channel_may_load_files(
    platform: Platform,
    make: Callable[..., WeiboChannel],
) -> None:
    buffer = BytesIO()
    Image.new("RGB", (40, 30), "#8c1c13").save(buffer, "JPEG")

    async def load(sha256: str) -> bytes:
        assert sha256 == "ab" * 32
        return buffer.getvalue()

    channel = make(load_file=load)
    picture = FileReference(sha256="ab" * 32, file_name="a.jpg", media_type="image/jpeg", size=len(buffer.getvalue()))
    await channel.send(ticket(channel, pictures=(picture,)))
    stored = platform.world.posts.of(UID)[0].picture
    assert stored is not None
    assert stored.data == buffer.getvalue()
    assert make().render(content(pictures=(picture,)), page_url=PAGE).payload["picture"] is None


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.TIMEOUT_AFTER,
        FaultKind.HTTP_5XX_AFTER,
        FaultKind.RESET_AFTER,
        FaultKind.TRUNCATED_AFTER,
    ],
)
async def test_a_lost_answer_is_unknown_and_looking_finds_the_post(
    platform: Platform,
    channel: WeiboChannel,
    kind: FaultKind,
) -> None:
    platform.fault(kind)
    one = ticket(channel)
    with pytest.raises(OutcomeUnknown):
        await channel.send(one)
    found = await channel.look(one)
    assert (found.verdict, found.external_id) == (Verdict.PUBLISHED, platform.world.posts.of(UID)[0].mid)
    assert platform.posts == 1


@pytest.mark.parametrize("links_told", [True, False])
@pytest.mark.parametrize("code", [20053, 20032, 10001])
async def test_an_error_code_that_follows_the_effect_is_read_back(
    platform: Platform,
    channel: WeiboChannel,
    code: int,
    links_told: bool,
) -> None:
    platform.switch(url_objects=links_told, zero_width_tail=not links_told, error_code_as="string")
    platform.fault(FaultKind.ERRCODE, errcode=code, after=True)
    one = ticket(channel)
    with pytest.raises(OutcomeUnknown) as unknown:
        await channel.send(one)
    assert unknown.value.detail["code"] == code
    assert (await channel.follow(one)).verdict is Verdict.PUBLISHED
    assert platform.posts == 1


@pytest.mark.parametrize("kind", [FaultKind.TIMEOUT_BEFORE, FaultKind.HTTP_5XX_BEFORE, FaultKind.RESET_BEFORE])
async def test_what_was_never_sent_is_never_concluded_absent(
    platform: Platform,
    channel: WeiboChannel,
    kind: FaultKind,
) -> None:
    platform.fault(kind)
    one = ticket(channel)
    with pytest.raises(OutcomeUnknown):
        await channel.send(one)
    assert (await channel.look(one)).verdict is Verdict.UNKNOWN


async def test_a_late_commit_is_found_by_a_later_look(platform: Platform, channel: WeiboChannel) -> None:
    platform.fault(FaultKind.LATE_COMMIT, seconds=0.2)
    one = ticket(channel)
    with pytest.raises(OutcomeUnknown):
        await channel.send(one)
    assert (await channel.look(one)).verdict is Verdict.UNKNOWN
    for _ in range(50):
        await asyncio.sleep(0.05)
        if platform.posts:
            break
    assert (await channel.look(one)).verdict is Verdict.PUBLISHED


async def test_a_repeat_refusal_is_not_a_failure_but_a_reason_to_look(
    platform: Platform, channel: WeiboChannel
) -> None:
    one = ticket(channel)
    await channel.send(one)
    with pytest.raises(OutcomeUnknown):
        await channel.send(one)
    assert (await channel.look(one)).verdict is Verdict.PUBLISHED


async def test_an_older_post_of_the_same_words_is_not_taken_for_ours(platform: Platform, channel: WeiboChannel) -> None:
    await channel.send(ticket(channel))
    later = ticket(channel, intent=datetime.now(UTC) + timedelta(minutes=5))
    assert (await channel.look(later)).verdict is Verdict.UNKNOWN


async def test_a_post_behind_five_newer_ones_is_unknown_not_absent(platform: Platform, channel: WeiboChannel) -> None:
    one = ticket(channel)
    await channel.send(one)
    for number in range(5):
        await channel.send(ticket(channel, title=f"另一条公开信息第{number}号"))
    assert (await channel.look(one)).verdict is Verdict.UNKNOWN


async def test_another_page_with_the_same_words_is_another_post(platform: Platform, channel: WeiboChannel) -> None:
    await channel.send(ticket(channel, page=f"https://{DOMAIN}/d/2026/11/7.html"))
    assert (await channel.look(ticket(channel))).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (20012, ChannelRefused),
        (20021, ChannelRefused),
        (21602, ChannelRefused),
        (21327, ChannelRefused),
        (10014, ChannelRefused),
        (10002, ChannelUnavailable),
        (10017, ChannelRefused),
        (20019, OutcomeUnknown),
    ],
)
@pytest.mark.parametrize("status", ["typical", "always_200"])
async def test_a_code_decides_whatever_the_http_status(
    platform: Platform,
    channel: WeiboChannel,
    code: int,
    error: type[Exception],
    status: str,
) -> None:
    platform.switch(error_status=status)
    platform.fault(FaultKind.ERRCODE, errcode=code)
    with pytest.raises(error) as told:
        await channel.send(ticket(channel))
    assert type(told.value) is error
    assert told.value.remedy  # type: ignore[attr-defined]


async def test_a_quota_waits_for_the_full_hour_and_a_flood_ten_minutes(
    platform: Platform,
    channel: WeiboChannel,
) -> None:
    for code, at in (
        (10024, datetime(2026, 11, 23, 10, 0, 30, tzinfo=UTC)),
        (20016, datetime(2026, 11, 23, 9, 50, tzinfo=UTC)),
    ):
        platform.fault(FaultKind.ERRCODE, errcode=code)
        with pytest.raises(ChannelBusy) as busy:
            await channel.send(ticket(channel))
        assert busy.value.retry_at == at


async def test_a_dead_token_and_an_unbound_domain_tell_the_remedy(
    platform: Platform,
    make: Callable[..., WeiboChannel],
    channel: WeiboChannel,
) -> None:
    with pytest.raises(ChannelRefused) as dead:
        await make(token="2.00gone").send(ticket(channel))
    assert "重新授权" in dead.value.remedy
    foreign = ticket(channel, page="https://elsewhere.example.cn/d/1")
    with pytest.raises(ChannelRefused) as domain:
        await channel.send(foreign)
    assert "安全域名" in domain.value.remedy


async def test_a_refused_connection_sent_nothing(make: Callable[..., WeiboChannel], unused_tcp_port: int) -> None:
    channel = make(base=f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(ChannelUnavailable):
        await channel.send(ticket(channel))


async def test_withdrawing_deletes_the_post_and_proves_it(platform: Platform, channel: WeiboChannel) -> None:
    one = ticket(channel)
    published = with_facts(one, **(await channel.send(one)).facts)
    assert (await channel.withdraw(published)).verdict is Verdict.GONE
    assert platform.posts == 0
    assert (await channel.withdraw(published)).verdict is Verdict.GONE


@pytest.mark.parametrize("kind", [FaultKind.RESET_AFTER, FaultKind.HTTP_5XX_AFTER])
async def test_a_lost_answer_to_a_withdrawal_is_settled_by_looking(
    platform: Platform,
    channel: WeiboChannel,
    kind: FaultKind,
) -> None:
    one = ticket(channel)
    published = with_facts(one, **(await channel.send(one)).facts)
    platform.fault(kind, path="/2/statuses/destroy.json")
    assert (await channel.withdraw(published)).verdict is Verdict.GONE


async def test_where_the_app_may_not_delete_a_person_is_asked(platform: Platform, channel: WeiboChannel) -> None:
    one = ticket(channel)
    published = with_facts(one, **(await channel.send(one)).facts)
    platform.switch(destroy_permitted=False)
    with pytest.raises(ChannelRefused) as refused:
        await channel.withdraw(published)
    assert "请在微博后台手工删除" in refused.value.remedy
    with pytest.raises(ChannelRefused):
        await channel.withdraw(one)


async def test_a_withdrawal_that_did_nothing_is_tried_again(platform: Platform, channel: WeiboChannel) -> None:
    one = ticket(channel)
    published = with_facts(one, **(await channel.send(one)).facts)
    platform.fault(FaultKind.RESET_BEFORE, path="/2/statuses/destroy.json")
    with pytest.raises(ChannelUnavailable):
        await channel.withdraw(published)
    assert (await channel.withdraw(published)).verdict is Verdict.GONE


async def test_no_error_and_no_repr_carries_the_token(platform: Platform, channel: WeiboChannel) -> None:
    for kind in (FaultKind.RESET_AFTER, FaultKind.HTTP_5XX_BEFORE, FaultKind.TRUNCATED_AFTER):
        platform.fault(kind)
        with pytest.raises(OutcomeUnknown) as unknown:
            await channel.send(ticket(channel, title=f"第{kind}"))
        seen: BaseException | None = unknown.value
        while seen:
            assert TOKEN not in repr(seen) + str(seen) + repr(getattr(seen, "detail", ""))
            seen = seen.__cause__ or seen.__context__


async def test_an_answer_beyond_the_cap_is_not_read(make: Callable[..., WeiboChannel]) -> None:
    async def flood(request: web.Request) -> web.Response:
        return web.Response(body=b'{"id":1,"x":"' + b"a" * (2 << 20) + b'"}', content_type="application/json")

    app = web.Application()
    app.add_routes([web.post("/2/statuses/share.json", flood)])
    server = TestServer(app)
    await server.start_server()
    try:
        channel = make(base=str(server.make_url("")))
        with pytest.raises(OutcomeUnknown):
            await channel.send(ticket(channel))
    finally:
        await server.close()


def test_the_table_never_calls_a_possible_effect_a_refusal() -> None:
    for code in (10001, 10003, 10010, 10011, 20017, 20019, 20032, 20053, 20111):
        assert MEANINGS[code].outcome is Outcome.UNKNOWN
    assert meaning(99999).outcome is Outcome.UNKNOWN
    assert all(MEANINGS[code].outcome is Outcome.ACCOUNT for code in (21301, 21314, 21327, 21332))
    assert len({code for code in MEANINGS if MEANINGS[code].message}) == len(MEANINGS)

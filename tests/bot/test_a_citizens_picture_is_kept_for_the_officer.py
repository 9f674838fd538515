"""A picture is fetched after the reply, from its platform's host only, kept sealed and clean, and deleted in time."""

import io
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from PIL import Image
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.records import AuditRecord
from audit.trail import Trail
from bot.media import Fetching
from casework.media import PAUSES, CitizenPictures, Sent, media_of
from casework.media_records import CitizenMedia
from disclosures.errors import FileRefused, NotFound
from publishers.errors import ChannelRefused, ChannelUnavailable
from publishers.wechat.citizen_pictures import WeChatPictures
from publishers.weibo.citizen_pictures import WeiboPictures

OFFICER = Actor.staff(account_id=7, name="吴知识")
ME = "a" * 64


def picture(size: tuple[int, int] = (60, 40), kind: str = "JPEG") -> bytes:
    """A picture with a place in it, as a telephone takes it."""
    exif = Image.Exif()
    exif[0x0110] = "SECRET-TELEPHONE"
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, exif=exif)
    return out.getvalue()


@pytest.fixture
def pictures(any_database: str, clock: Any) -> CitizenPictures:
    return CitizenPictures(clock=clock, trail=Trail(), key="k" * 32)


async def sent(pictures: CitizenPictures, clock: Any, **changed: Any) -> int:
    one = Sent(**{
        "channel": "wechat", "asker_hash": ME, "kind": "image", "at": clock.moment, "reference": {"media_id": "M-1"}, **changed
    })  # fmt: skip
    async with in_transaction() as connection:
        await pictures.note(connection, [one])
    row = await CitizenMedia.all().order_by("-id").first()
    assert row is not None
    return int(row.id)


async def verbs() -> list[str]:
    return [row.verb for row in await AuditRecord.all().order_by("id")]


async def test_it_is_fetched_encoded_again_sealed_and_shown_to_an_officer_who_is_written_down(
    pictures: CitizenPictures, clock: Any
) -> None:
    asked: list[Mapping[str, str]] = []

    async def fetch(reference: Mapping[str, str]) -> bytes:
        asked.append(reference)
        return picture((3000, 100))

    number = await sent(pictures, clock)
    row = await CitizenMedia.get(id=number)
    assert b"M-1" not in bytes(row.reference or b"")
    assert await Fetching(pictures=pictures, fetch={"wechat": fetch}).sweep() == 1
    assert asked == [{"media_id": "M-1"}]
    row = await CitizenMedia.get(id=number)
    assert (row.state, row.reference, row.media_type) == ("kept", None, "image/jpeg")
    assert b"JFIF" not in bytes(row.data or b"")
    shown = await pictures.look(number, actor=OFFICER)
    assert b"SECRET-TELEPHONE" not in shown.data
    with Image.open(io.BytesIO(shown.data)) as image:
        assert max(image.size) == 2000
    assert await verbs() == ["media.kept", "media.viewed"]
    looked = await AuditRecord.filter(verb="media.viewed").get()
    assert (looked.actor_name, looked.subject) == ("吴知识", f"media:{number}")


async def test_a_platform_that_is_away_is_asked_again_and_then_given_up_with_the_reason(
    pictures: CitizenPictures, clock: Any
) -> None:
    async def away(reference: Mapping[str, str]) -> bytes:
        raise ChannelUnavailable("连接不上微信")

    number = await sent(pictures, clock)
    fetching = Fetching(pictures=pictures, fetch={"wechat": away})
    for pause in PAUSES:
        assert await fetching.sweep() == 1
        assert await fetching.sweep() == 0  # Not before its time.
        clock.advance(pause)
    assert await fetching.sweep() == 1
    row = await CitizenMedia.get(id=number)
    assert (row.state, row.reference) == ("failed", None)
    assert "连接不上微信" in row.remark
    assert await verbs() == ["media.failed"]


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (ChannelRefused("微信上已经没有这张图片"), "已经没有这张图片"),
        (b"<html>", "不是 JPG、PNG 或 GIF"),
        (b"\xff\xd8\xff broken", "已损坏"),
        (b"\x89PNG\r\n\x1a\n" + bytes(11 * 2**20), "超过 10 MB"),
    ],
)
async def test_what_cannot_be_kept_says_why_where_the_officer_looks(
    pictures: CitizenPictures, clock: Any, outcome: Any, why: str
) -> None:
    async def fetch(reference: Mapping[str, str]) -> bytes:
        if isinstance(outcome, Exception):
            raise outcome
        return bytes(outcome)

    await sent(pictures, clock)
    await Fetching(pictures=pictures, fetch={"wechat": fetch}).sweep()
    (found,) = await media_of(channel="wechat", asker_hash=ME, at=clock.moment)
    assert found.state == "failed"
    assert why in found.remark


async def test_one_that_raises_does_not_keep_the_next_from_being_fetched(pictures: CitizenPictures, clock: Any) -> None:
    async def fetch(reference: Mapping[str, str]) -> bytes:
        if reference["media_id"] == "bad":
            raise RuntimeError("a defect")
        return picture()

    bad = await sent(pictures, clock, reference={"media_id": "bad"})
    good = await sent(pictures, clock, reference={"media_id": "good"})
    await Fetching(pictures=pictures, fetch={"wechat": fetch}).sweep()
    assert [(await CitizenMedia.get(id=number)).state for number in (bad, good)] == ["waiting", "kept"]


async def test_it_belongs_to_the_sentence_around_it_and_to_nobody_elses(pictures: CitizenPictures, clock: Any) -> None:
    await sent(pictures, clock)
    at = clock.moment
    for moment, found in ((20, 1), (-5, 1), (31, 0), (-11, 0)):
        assert len(await media_of(channel="wechat", asker_hash=ME, at=at + timedelta(minutes=moment))) == found
    assert await media_of(channel="weibo", asker_hash=ME, at=at) == ()
    assert await media_of(channel="wechat", asker_hash="b" * 64, at=at) == ()
    assert await media_of(channel="wechat", asker_hash="", at=at) == ()


async def test_it_is_deleted_after_its_days_and_when_its_sender_leaves(pictures: CitizenPictures, clock: Any) -> None:
    number = await pictures.put(channel="web", asker_hash=ME, data=picture(kind="PNG"))
    async with in_transaction() as connection:
        await pictures.forget(connection, channel="web", asker_hash="b" * 64)
    clock.advance(30 * 86400 - 1)
    assert await pictures.expire() == 0
    assert (await pictures.look(number, actor=OFFICER)).media_type == "image/png"
    clock.advance(2)
    with pytest.raises(NotFound):  # Even before the sweep has come by.
        await pictures.look(number, actor=OFFICER)
    assert await pictures.expire() == 1
    assert await CitizenMedia.all().count() == 0
    await sent(pictures, clock)
    async with in_transaction() as connection:
        await pictures.forget(connection, channel="wechat", asker_hash=ME)
    assert await CitizenMedia.all().count() == 0


async def test_a_sender_who_left_while_it_was_fetched_leaves_nothing(pictures: CitizenPictures, clock: Any) -> None:
    await sent(pictures, clock)

    async def fetch(reference: Mapping[str, str]) -> bytes:
        async with in_transaction() as connection:
            await pictures.forget(connection, channel="wechat", asker_hash=ME)
        return picture()

    await Fetching(pictures=pictures, fetch={"wechat": fetch}).sweep()
    assert await CitizenMedia.all().count() == 0
    assert await verbs() == []


async def test_another_secret_opens_nothing(pictures: CitizenPictures, clock: Any) -> None:
    number = await pictures.put(channel="web", asker_hash=ME, data=picture())
    other = CitizenPictures(clock=clock, trail=Trail(), key="x" * 32)
    with pytest.raises(NotFound):
        await other.look(number, actor=OFFICER)
    with pytest.raises(FileRefused):
        await pictures.put(channel="web", asker_hash=ME, data=b"GIF8 not really")


class Tokens:
    """Gives a stale token first."""

    async def current(self) -> str:
        return "stale"

    async def renewed(self, *, rejected: str) -> str:
        assert rejected == "stale"
        return "fresh"


@pytest.fixture
async def platform() -> Any:
    """A host that answers as both platforms do, and one answer for each mischief."""
    elsewhere: list[str] = []

    async def wechat(request: web.Request) -> web.Response:
        if request.query["access_token"] == "stale":
            return web.json_response({"errcode": 40001, "errmsg": "invalid credential"}, content_type="text/plain")
        match request.query["media_id"]:
            case "moved":
                raise web.HTTPFound("/elsewhere")
            case "gone":
                return web.json_response({"errcode": 40007, "errmsg": "invalid media_id"})
            case "large":
                return web.Response(body=bytes(200_000))
            case "broken":
                return web.Response(status=502)
        return web.Response(body=picture())

    async def weibo(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "OAuth2 t"
        assert "t" not in request.query.values()
        if request.query["fid"] == "gone":
            return web.json_response({"error_code": 10008, "error": "param error"}, status=400)
        return web.Response(body=picture())

    async def other(request: web.Request) -> web.Response:
        elsewhere.append(request.path)
        return web.Response(body=picture())

    app = web.Application()
    app.add_routes(
        [web.get("/cgi-bin/media/get", wechat), web.get("/2/mss/msget", weibo), web.get("/elsewhere", other)]
    )
    server = TestServer(app)
    await server.start_server()
    async with aiohttp.ClientSession() as http:
        yield http, str(server.make_url("")).rstrip("/"), elsewhere
    await server.close()


async def test_wechat_gives_it_with_a_renewed_token_and_is_never_followed_elsewhere(platform: Any) -> None:
    http, base, elsewhere = platform
    wechat = WeChatPictures(http=http, api_base=base, tokens=Tokens(), most=100_000)  # type: ignore[arg-type]
    assert (await wechat.fetch({"media_id": "M"})).startswith(b"\xff\xd8\xff")
    for media_id in ("moved", "gone", "large"):
        with pytest.raises(ChannelRefused):
            await wechat.fetch({"media_id": media_id})
    with pytest.raises(ChannelUnavailable):
        await wechat.fetch({"media_id": "broken"})
    assert elsewhere == []


async def test_weibo_gives_it_by_the_receivers_number(platform: Any) -> None:
    http, base, _ = platform
    weibo = WeiboPictures(http=http, api_base=base, access_token="t", most=100_000)
    assert (await weibo.fetch({"fid": "2"})).startswith(b"\xff\xd8\xff")
    with pytest.raises(ChannelRefused):
        await weibo.fetch({"fid": "gone"})
    away = WeiboPictures(http=http, api_base="http://127.0.0.1:9", access_token="t", most=100_000)
    with pytest.raises(ChannelUnavailable):
        await away.fetch({"fid": "2"})

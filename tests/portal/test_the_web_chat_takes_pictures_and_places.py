"""The web chat's other inputs: with script and without, what is refused and in which words, and nothing oversized."""

import io
from typing import Any

import pytest
from aiohttp import FormData
from lxml import html

from disclosures.errors import FileRefused
from portal.chat import ChatReply
from tests.endtoend.pages import PICTURE

JSON = {"Accept": "application/json"}


class Given:
    """The answering side, which writes down what it gets."""

    def __init__(self) -> None:
        self.pictures: list[bytes] = []
        self.places: list[tuple[float | None, float | None, str]] = []

    async def picture(self, visitor: str, data: bytes) -> ChatReply:
        if data == b"no picture":
            raise FileRefused("不是图片，没有保存。")
        self.pictures.append(data)
        return ChatReply(lines=("图片收到了",))

    async def near(self, visitor: str, *, latitude: float | None, longitude: float | None, street: str) -> ChatReply:
        self.places.append((latitude, longitude, street))
        return ChatReply(lines=("离您最近的服务窗口",))


@pytest.fixture
def given() -> Given:
    return Given()


@pytest.fixture
async def chat(serve: Any, given: Given) -> Any:
    return await serve(given=given)


def form(data: bytes, name: str = "picture") -> FormData:
    made = FormData()
    made.add_field(name, io.BytesIO(data), filename="a.png", content_type="image/png")
    return made


async def test_a_picture_is_taken_with_script_and_without(chat: Any, given: Given) -> None:
    answer = await chat.post("/chat/picture", data=form(PICTURE), headers=JSON)
    assert (await answer.json())["lines"] == ["图片收到了"]
    answer = await chat.post("/chat/picture", data=form(PICTURE))
    page = html.fromstring(await answer.text())
    said = [each.text_content().strip() for each in page.xpath("//*[@id='chat']/div")]
    assert "［图片］" in said[1]
    assert "图片收到了" in said[2]
    assert given.pictures == [PICTURE, PICTURE]


async def test_a_place_is_taken_from_the_browser_or_as_a_street(chat: Any, given: Given) -> None:
    answer = await chat.post("/chat/place", json={"latitude": 29.46, "longitude": 113.0}, headers=JSON)
    assert (await answer.json())["lines"] == ["离您最近的服务窗口"]
    assert (await chat.post("/chat/place", json={"street": " 解放路 "}, headers=JSON)).status == 200
    page = await (await chat.post("/chat/place", data={"street": "解放路"})).text()
    assert "离您最近的服务窗口" in page
    assert given.places == [(29.46, 113.0, ""), (None, None, "解放路"), (None, None, "解放路")]


@pytest.mark.parametrize(
    ("path", "sent", "status", "words"),
    [
        ("/chat/picture", {"data": (b"no picture", "picture")}, 422, "不是图片"),
        ("/chat/picture", {"data": (b"", "picture")}, 400, "没有选择图片"),
        ("/chat/picture", {"data": (PICTURE, "other")}, 400, "没有选择图片"),
        ("/chat/picture", {"data": {"picture": "x"}}, 415, "没有选择图片"),
        ("/chat/picture", {"data": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400, "没有选择图片"),
        ("/chat/picture", {"data": (bytes(10 * 2**20 + 1), "picture")}, 413, "超过 10 MB"),
        ("/chat/place", {"json": {"latitude": "29", "longitude": 113}}, 422, "没有读到位置"),
        ("/chat/place", {"json": {"latitude": 91, "longitude": 113}}, 422, "没有读到位置"),
        ("/chat/place", {"json": [1]}, 422, "没有读到位置"),
        ("/chat/place", {"data": b"{", "headers": {"Content-Type": "application/json"}}, 400, "没有读到位置"),
        ("/chat/place", {"data": {"street": " "}}, 400, "请写明您所在的"),
        ("/chat/place", {"data": {"street": "路" * 3000}}, 413, "请写明您所在的"),
        ("/chat/place", {"data": b"x", "headers": {"Content-Type": "text/plain"}}, 415, "请写明您所在的"),
        ("/chat/picture", {"data": (PICTURE, "picture"), "headers": {"Origin": "https://evil.example"}}, 403, "请从本网站"),
    ],
)  # fmt: skip
async def test_what_cannot_be_taken_is_refused_in_words(
    chat: Any, given: Given, path: str, sent: dict[str, Any], status: int, words: str
) -> None:
    if isinstance(sent.get("data"), tuple):
        sent = {**sent, "data": form(*sent["data"])}
    answer = await chat.post(path, **{**sent, "headers": {**JSON, **sent.get("headers", {})}})
    assert answer.status == status
    assert words in (await answer.json())["error"]
    assert given.pictures == []
    assert given.places == []


async def test_the_browser_may_ask_for_the_place_here_and_the_forms_say_what_becomes_of_it(chat: Any) -> None:
    answer = await chat.get("/chat")
    assert answer.headers["Permissions-Policy"] == "camera=(), microphone=(), geolocation=(self)"
    page = html.fromstring(await answer.text())
    assert page.xpath("//form[@id='picture-form']/@enctype") == ["multipart/form-data"]
    assert "保存 30 天" in page.xpath("string(//*[@id='picture-hint'])")
    assert "不保存" in page.xpath("string(//*[@id='place-hint'])")
    for field in ("picture", "street"):
        assert page.xpath(f"//label[@for='{field}']")


async def test_a_visitor_who_floods_is_told_so(chat: Any) -> None:
    cookie = (await chat.get("/chat")).headers["Set-Cookie"].split(";")[0]
    headers = {**JSON, "Cookie": cookie}
    statuses = [(await chat.post("/chat/place", json={"street": "路"}, headers=headers)).status for _ in range(21)]
    assert statuses == [200] * 20 + [429]


async def test_a_portal_whose_bot_takes_words_alone_shows_no_forms(client: Any) -> None:
    assert "picture-form" not in await (await client.get("/chat")).text()
    assert (await client.post("/chat/place", json={"street": "路"})).status == 404

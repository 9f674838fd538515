"""A visitor of the portal sees his case with its number and its code, and nobody sees one without; the web chat shows what a
person answers meanwhile."""

from dataclasses import replace
from typing import Any

import pytest
from lxml import html
from playwright.async_api import Browser, expect
from tortoise.transactions import in_transaction

from audit.trail import Trail
from casework.case import Kind, Opening
from casework.desk import CaseDesk
from casework.intake import Intake
from casework.lookup import Lookup
from casework.numbering import number_of
from casework.outbox import Outbox
from casework.records import CaseMessage
from disclosures.workdays import WorkingDays
from portal.chat import ChatNews, ChatReply
from tests.casework.conftest import WANG
from tests.portal.conftest import SITE

KEY = "k"


@pytest.fixture
async def number(database: str, clock: Any) -> str:
    intake, now = Intake(trail=Trail(), working_days=WorkingDays(), key=KEY), clock.moment
    given = await intake.reserve(channel="web", sender="v", offered_at=now, now=now)
    async with in_transaction() as connection:
        await intake.open(connection, Opening(
            number=given, kind=Kind.HANDOVER, channel="web", sender="v", question="路灯坏了", unit="区住建局", asked_at=now,
            opened_at=now,
        ))  # fmt: skip
    return given


async def test_number_and_code_show_the_case_and_its_answers(serve: Any, number: str, clock: Any) -> None:
    desk = CaseDesk(clock=clock, trail=Trail(), working_days=WorkingDays(), key=KEY)
    client = await serve(look=Lookup(outbox=Outbox(key=KEY), key=KEY).look)
    assert (await client.get("/case")).status == 200
    code = desk.code(number)
    page = await (
        await client.post("/case", data={"number": number.replace("-", ""), "code": f"{code[:4]} {code[4:]}"})
    ).text()
    assert "待接" in page
    assert "还没有答复" in page
    await desk.reply(number, "已报修<b>", by=WANG)
    answer = await client.post("/case", data={"number": number, "code": code})
    text = html.fromstring(await answer.text()).text_content()
    assert "已报修<b>" in text
    assert "区住建局　王承办" in text
    assert answer.headers["Cache-Control"] == "no-store"
    assert (await CaseMessage.get(side="handler")).delivery == "told"


async def test_a_wrong_code_shows_what_an_unknown_number_shows_and_guessing_ends(
    serve: Any, number: str, clock: Any
) -> None:
    client = await serve(look=Lookup(outbox=Outbox(key=KEY), key=KEY).look)
    unknown = number_of(clock.moment.date(), 77)
    shown = set()
    for asked in (number, unknown):
        answer = await client.post("/case", data={"number": asked, "code": "00000000"})
        assert answer.status == 404
        shown.add((await answer.text()).replace(asked, ""))
    assert len(shown) == 1
    statuses = [(await client.post("/case", data={"number": number, "code": "00000001"})).status for _ in range(20)]
    assert statuses[0] == 404
    assert statuses[-1] == 429


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"number": "20261123-0001-0", "code": "12345678"}, "逐位核对"),
        ({"number": "", "code": ""}, "请填写登记时给出的 8 位查询码"),
        ({"number": "x" * 3000, "code": "1"}, "请填写受理编号"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field(serve: Any, typed: dict[str, str], told: str) -> None:
    client = await serve(look=Lookup(outbox=Outbox(key=KEY), key=KEY).look)
    answer = await client.post("/case", data=typed)
    assert answer.status == 400
    assert told in await answer.text()


async def test_without_cases_the_address_does_not_exist(serve: Any) -> None:
    assert (await (await serve()).get("/case")).status == 404


async def test_the_chat_asks_for_news_of_its_own_visitor_only(serve: Any) -> None:
    async def news(visitor: str) -> ChatNews:
        return ChatNews(lines=(f"致{visitor}",), waits=True)

    client = await serve(news=news)
    visitor = "a" * 32
    jar = {"Cookie": f"mingbai_visitor={visitor}"}
    assert await (await client.post("/chat/news", json={}, headers=jar)).json() == {
        "lines": [f"致{visitor}"],
        "waits": True,
    }
    assert await (await client.post("/chat/news", json={})).json() == {"lines": [], "waits": False}
    assert (await (await client.post("/chat/news", data={}, headers=jar)).json())["lines"] == []
    for _ in range(40):
        last = await (await client.post("/chat/news", json={}, headers=jar)).json()
    assert last == {"lines": [], "waits": True}


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
async def test_what_a_person_answers_appears_in_the_open_chat(serve: Any, chromium: Browser) -> None:
    answers: list[ChatNews] = [ChatNews()]

    async def news(visitor: str) -> ChatNews:
        return answers.pop() if answers else ChatNews(waits=True)

    async def answer(visitor: str, text: str) -> ChatReply:
        answers.append(ChatNews(lines=("【区住建局　王承办】已报修。",), waits=True))
        return ChatReply(lines=("已登记。",))

    client = await serve(answer=answer, news=news, site=replace(SITE, public_url="http://127.0.0.1"))
    page = await (await chromium.new_context(viewport={"width": 375, "height": 780})).new_page()
    await page.goto(str(client.make_url("/chat")))
    await page.fill("#say", "登记")
    await page.click("#send")
    await expect(page.locator("#chat .message").last).to_contain_text("已报修。", timeout=15_000)
    await expect(page.locator("#chat .message").last.locator(".who")).to_have_text("工作人员")

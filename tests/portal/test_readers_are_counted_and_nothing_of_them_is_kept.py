"""A person who opens a page is one more; a program, a look ahead and a withdrawn page are none."""

from typing import Any

from aiohttp import hdrs

BROWSER = {hdrs.USER_AGENT: "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/139.0 Safari/537.36"}


async def test_only_people_on_standing_pages_count(serve: Any, press: Any) -> None:
    seen: list[int] = []
    client = await serve(seen=seen.append)
    number = 1
    await press.publish(number)
    for headers in (BROWSER, {hdrs.USER_AGENT: "Baiduspider/2.0"}, {**BROWSER, "Sec-Purpose": "prefetch"}, BROWSER):
        answer = await client.get(f"/d/{number}", headers=headers)
        assert answer.status == 200
        assert not answer.cookies
    await client.head(f"/d/{number}", headers=BROWSER)
    await client.get("/d/999999", headers=BROWSER)
    assert seen == [number, number]
    await press.retract(number, explanation="内容有误")
    assert (await client.get(f"/d/{number}", headers=BROWSER)).status == 410
    assert seen == [number, number]

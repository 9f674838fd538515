"""Readers on the article's page, and /datacube/… as strict as its documents: next day, after eight, one day at a time."""

from typing import Any

DAY = 86_400


def span(begin: str, end: str = "") -> dict[str, str]:
    return {"begin_date": begin, "end_date": end or begin}


async def details(wechat: Any, day: str) -> list[dict[str, Any]]:
    (row,) = (await wechat.post("/datacube/getarticletotaldetail", span(day)))["list"]
    return list(row["detail_list"])


async def test_what_readers_do_is_told_the_next_day(wechat: Any) -> None:
    ended = await wechat.published()
    url = ended["article_detail"]["item"][0]["article_url"]
    for _ in range(3):
        async with wechat.http.get(url) as page:
            assert "阅读" in await page.text()
    for deed in ("like", "share", "zaikan"):
        async with wechat.http.post(f"{url}/engage", data={"deed": deed}) as page:
            assert page.status == 200
    async with wechat.http.post(f"{url}/engage", data={"deed": "read"}) as page:
        assert page.status == 409
    wechat.clock.advance(DAY)
    await wechat.log_in()
    (day,) = await details(wechat, "2025-11-23")
    assert (day["read_user"], day["like_user"], day["share_user"], day["zaikan_user"]) == (3, 1, 1, 1)
    read = await wechat.post("/datacube/getarticleread", span("2025-11-23"))
    assert read["list"][0]["detail"] == {"read_user": 3}
    (total,) = (await wechat.post("/datacube/getbizsummary", span("2025-11-23")))["list"]
    assert (total["read_user"], total["send_page_count"]) == (3, 1)


async def test_values_are_totals_or_days_as_the_option_says(wechat: Any) -> None:
    url = (await wechat.published())["article_detail"]["item"][0]["article_url"]
    slug = url.rsplit("/", 1)[-1]
    for day, times in (("2025-11-23", 5), ("2025-11-24", 2)):
        await wechat.control("POST", f"articles/{slug}/engage", {"deed": "read", "times": times, "day": day})
    wechat.clock.advance(2 * DAY)
    await wechat.log_in()
    assert [each["read_user"] for each in await details(wechat, "2025-11-23")] == [5, 7]
    await wechat.profile(datacube_values="daily")
    assert [each["read_user"] for each in await details(wechat, "2025-11-23")] == [5, 2]


async def test_wrong_days_are_refused(wechat: Any) -> None:
    async def code(begin: str, end: str = "", path: str = "getarticletotaldetail") -> int:
        return int((await wechat.post(f"/datacube/{path}", span(begin, end))).get("errcode", 0))

    assert await code("yesterday") == 61500
    assert await code("2025-11-22", "2025-11-21") == 61500
    assert await code("2025-10-01") == 61500
    assert await code("2025-11-20", "2025-11-21") == 61501
    assert await code("2025-11-23") == 61501
    assert await code("2025-11-22") == 0
    assert await code("2025-11-02", "2025-11-22", "getbizsummary") == 0
    wechat.clock.advance(DAY - 2 * 3600)  # 07:06 of the next day
    await wechat.log_in()
    assert await code("2025-11-23") == 61503


async def test_an_uncertified_account_is_told_nothing(wechat: Any) -> None:
    await wechat.profile(account_kind="uncertified")
    assert (await wechat.post("/datacube/getarticletotaldetail", span("2025-11-22")))["errcode"] == 48001


async def test_replies_are_examined(wechat: Any) -> None:
    media = (await wechat.draft(need_open_comment=1))["media_id"]
    sent = await wechat.post("/cgi-bin/freepublish/submit", {"media_id": media})
    ended = await wechat.post("/cgi-bin/freepublish/get", {"publish_id": sent["publish_id"]})
    slug = ended["article_detail"]["item"][0]["article_url"].rsplit("/", 1)[-1]
    await wechat.control("POST", f"articles/{slug}/comments", {"openid": "o1", "content": "什么时候发？"})
    await wechat.profile(content_refuses=["代开发票"])
    body = {"msg_data_id": int(sent["msg_data_id"]), "index": 0, "user_comment_id": 1}

    async def reply(content: str) -> int:
        return int((await wechat.post("/cgi-bin/comment/reply/add", {**body, "content": content}))["errcode"])

    assert [await reply(words) for words in ("", "代开发票", "好" * 1001, "12月1日起", "再说一次")] == [
        88007,
        88002,
        88007,
        0,
        88005,
    ]
    listed = await wechat.post("/cgi-bin/comment/list", {**body, "begin": 0, "count": 50, "type": 0})
    assert listed["errcode"] == 88010

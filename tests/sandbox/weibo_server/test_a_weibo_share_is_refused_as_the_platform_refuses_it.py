"""Each check of a share refuses with the platform's code, in the platform's order, and leaves no post behind."""

from typing import Any

import pytest

LINK = "http://mingbai.gov.cn/d/1 "


async def refused(weibo: Any, code: int, status: str, **form: Any) -> dict[str, Any]:
    http, body = await weibo.share(status, **form)
    assert (http >= 400, body["error_code"], body["request"]) == (True, code, "/2/statuses/share.json"), body
    assert weibo.server.effects() == []
    return body  # type: ignore[no-any-return]


@pytest.mark.parametrize(("death", "code"), [("expired", 21327), ("revoked", 21319), ("password_changed", 21317)])
async def test_a_dead_token_is_refused_by_the_way_it_died(weibo: Any, death: str, code: int) -> None:
    await weibo.control("token", death=death)
    await refused(weibo, code, "公告 " + LINK)


async def test_a_token_dies_of_age_and_the_other_password_code_is_a_switch(weibo: Any) -> None:
    weibo.turn(password_death_code=21332)
    await weibo.control("token", death="password_changed")
    await refused(weibo, 21332, "公告 " + LINK)
    await weibo.control("token", death="alive")
    weibo.clock.now += 157_679_471
    await refused(weibo, 21327, "公告 " + LINK)


async def test_missing_unknown_and_garbled_authorisation_are_told_apart(weibo: Any) -> None:
    await refused(weibo, 10006, "公告 " + LINK, access_token="")
    await refused(weibo, 21332, "公告 " + LINK, access_token="2.00nobody")
    address = f"{weibo.origin}/weibo-api/2/statuses/user_timeline.json"
    async with weibo.client.get(address, headers={"Authorization": "Bearer x"}) as answer:
        assert (await answer.json())["error_code"] == 21301
    async with weibo.client.get(address, headers={"Authorization": "OAuth2 2.00sandbox"}) as answer:
        assert answer.status == 200


async def test_without_permission_the_answer_is_10014_even_when_the_rate_is_used_up(weibo: Any) -> None:
    weibo.turn(share_permitted=False, posts_per_hour=0)
    await refused(weibo, 10014, "公告 " + LINK)


async def test_the_thirty_first_call_of_an_hour_is_refused_and_the_next_hour_is_free(weibo: Any) -> None:
    weibo.turn(posts_per_hour=2)
    for number in range(2):
        assert (await weibo.share(f"第{number}号公告 {LINK}"))[0] == 200
    status, body = await weibo.share("第三号公告 " + LINK)
    assert (status, body["error_code"]) == (403, 10024)
    weibo.clock.now += 3600
    assert (await weibo.share("第三号公告 " + LINK))[0] == 200


async def test_a_day_holds_a_hundred_calls_and_an_address_its_own_number(weibo: Any) -> None:
    weibo.turn(calls_per_day=1)
    assert (await weibo.get("/2/statuses/user_timeline.json"))[0] == 200
    await refused(weibo, 10023, "公告 " + LINK)
    weibo.turn(calls_per_day=100, ip_calls_per_hour=0)
    await refused(weibo, 10022, "公告 " + LINK)


async def test_posting_too_fast_is_20016(weibo: Any) -> None:
    weibo.turn(seconds_between_posts=60)
    assert (await weibo.share("第一号公告 " + LINK))[0] == 200
    assert (await weibo.share("第二号通知 " + LINK))[1]["error_code"] == 20016


async def test_rip_is_demanded_when_strict_and_must_be_an_address(weibo: Any) -> None:
    await refused(weibo, 10016, "公告 " + LINK, rip="")
    await refused(weibo, 10017, "公告 " + LINK, rip="10.0.0")
    weibo.turn(strict_rip=False)
    assert (await weibo.share("公告 " + LINK, rip=""))[0] == 200


async def test_pictures_must_be_there_be_pictures_and_be_small(weibo: Any, jpeg: bytes) -> None:
    status, body = await weibo.share_picture(None, "公告 " + LINK)
    assert (status, body["error_code"]) == (400, 20007)
    assert (await weibo.share_picture(b"\xff\xd8\xff\xe0not really", "公告 " + LINK))[1]["error_code"] == 20005
    assert (await weibo.share_picture(jpeg + b"\0" * 5 * 1024 * 1024, "公告 " + LINK))[1]["error_code"] == 20006
    assert (await weibo.share_picture(b"\0" * 13 * 1024 * 1024, "公告 " + LINK))[1]["error_code"] == 10018
    assert weibo.server.effects() == []
    _, post = await weibo.share_picture(jpeg, "公告 " + LINK)
    async with weibo.client.get(post["original_pic"]) as answer:
        assert (await answer.read(), answer.content_type) == (jpeg, "image/jpeg")


async def test_the_picture_is_examined_before_the_words_and_the_words_before_the_domain(weibo: Any) -> None:
    assert (await weibo.share_picture(b"no picture", ""))[1]["error_code"] == 20005
    await refused(weibo, 20008, "   ")
    await refused(weibo, 20012, "长" * 141)


async def test_a_link_counts_ten_whatever_its_length_and_ascii_counts_half(weibo: Any) -> None:
    link = " http://mingbai.gov.cn/d/" + "0" * 100
    await refused(weibo, 20012, "长" * 129 + "ab" + link)
    assert (await weibo.share("长" * 129 + "a" + link))[0] == 200
    weibo.turn(share_limit=2000)
    assert (await weibo.share("短" * 1900 + link))[0] == 200


async def test_a_post_needs_a_link_of_the_bound_domain_and_of_no_other(weibo: Any) -> None:
    for text in (
        "没有链接的公告",
        "见 http://www.mingbai.gov.cn/d/1",
        "见 http://mingbai.gov.cn@example.com/",
        "见 http://mingbai.gov.cn.example.com/d/1",
        "见 http://mingbai.gov.cn/d/1 和 http://example.com/",
        "见 mingbai.gov.cn/d/1",
    ):
        assert (await refused(weibo, 10017, text))["error"] == "text not find domain!"


async def test_an_application_without_a_bound_domain_is_told_so(weibo: Any) -> None:
    object.__setattr__(weibo.server.world.app, "safe_domain", "")
    assert (await refused(weibo, 10017, "公告 " + LINK))["error"] == "appkey not bind domain!"


@pytest.mark.parametrize(
    ("words", "code"),
    [("代开发票", 20021), ("http://mingbai.gov.cn/illegal-site", 20018), ("刷单返利", 21602), ("加微信", 20020)],
)
async def test_forbidden_words_and_sites_are_refused(weibo: Any, words: str, code: int) -> None:
    await refused(weibo, code, f"{words} {LINK}")


async def test_the_same_text_is_20019_and_one_that_differs_by_its_link_alone_is_20017(weibo: Any) -> None:
    assert (await weibo.share("关于供热的公告 " + LINK))[0] == 200
    assert (await weibo.share("关于供热的公告 " + LINK))[1]["error_code"] == 20019
    assert (await weibo.share("关于供热的公告! http://mingbai.gov.cn/d/2"))[1]["error_code"] == 20017
    assert (await weibo.share("关于供水的公告 http://mingbai.gov.cn/d/2"))[0] == 200
    weibo.turn(similar_ratio=0.8)
    assert (await weibo.share("关于供电的公告 http://mingbai.gov.cn/d/3"))[1]["error_code"] == 20017
    assert len(weibo.server.effects()) == 2


async def test_a_topic_is_filtered_or_refused_by_switch(weibo: Any) -> None:
    _, post = await weibo.share("#政务公开# 公告 " + LINK)
    assert post["text"].startswith("政务公开 公告 http://t.cn/")
    weibo.turn(topics="refuse")
    assert (await weibo.share("#另一件事# " + LINK))[1]["error_code"] == 10017


async def test_sisters_of_share_are_closed_to_ordinary_applications(weibo: Any) -> None:
    for path in ("update", "upload", "upload_url_text"):
        status, body = await weibo.post(f"/2/statuses/{path}.json", status="公告", rip="1.2.3.4")
        assert (status, body["error_code"]) == (403, 10014)
    weibo.turn(update_permitted=True)
    assert (await weibo.post("/2/statuses/update.json", status="不带链接", rip="1.2.3.4"))[0] == 200


async def test_a_wrong_verb_and_an_unknown_path_are_refused(weibo: Any) -> None:
    assert (await weibo.get("/2/statuses/share.json"))[1]["error_code"] == 10021
    status, body = await weibo.get("/2/statuses/nothing.json")
    assert (status, body) == (
        404,
        {"request": "/2/statuses/nothing.json", "error_code": 10020, "error": "Request api not found!"},
    )


async def test_the_shape_of_errors_follows_the_switches(weibo: Any) -> None:
    weibo.turn(error_status="always_200", error_code_as="string")
    status, body = await weibo.share("没有链接的公告")
    assert (status, body["error_code"]) == (200, "10017")
    weibo.turn(error_status="always_403", error_code_as="number")
    status, body = await weibo.share("没有链接的公告")
    assert (status, body["error_code"]) == (403, 10017)


async def test_a_switch_that_does_not_exist_is_refused(weibo: Any) -> None:
    for wish in ({"nothing": 1}, {"share_limit": "140"}, {"topics": "drop"}, {"illegal_words": "a"}):
        async with weibo.client.post(f"{weibo.origin}/control/weibo/switches", json=wish) as answer:
            assert answer.status == 400

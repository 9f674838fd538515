"""Tokens: same-token semantics, isolation, overlap, forced refresh, refusals, quotas."""

from typing import Any

APPID, SECRET = "wxba5fad812f8e6fb9", "s" * 32
PLAIN = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET}


async def test_stable_token_stays_the_same_and_its_lifetime_shrinks(wechat: Any) -> None:
    first = await wechat.stable_token()
    wechat.clock.advance(1000)
    second = await wechat.stable_token()
    assert first["access_token"] == second["access_token"]
    assert (first["expires_in"], second["expires_in"]) == (7200, 6200)


async def test_renewal_leaves_the_old_token_usable_for_five_minutes(wechat: Any) -> None:
    wechat.clock.advance(7200 - 299)
    renewed = (await wechat.stable_token())["access_token"]
    assert renewed != wechat.token
    assert "total_count" in await wechat.get("/cgi-bin/draft/count")
    wechat.clock.advance(300)
    assert (await wechat.get("/cgi-bin/draft/count"))["errcode"] == 42001
    assert "total_count" in await wechat.get("/cgi-bin/draft/count", token=renewed)


async def test_the_two_families_do_not_touch_each_other(wechat: Any) -> None:
    plain = (await wechat.get("/cgi-bin/token", token="", **PLAIN))["access_token"]
    other = (await wechat.get("/cgi-bin/token", token="", **PLAIN))["access_token"]
    assert plain != other
    for token in (plain, other, wechat.token):
        assert "total_count" in await wechat.get("/cgi-bin/draft/count", token=token)
    wechat.clock.advance(301)
    assert (await wechat.get("/cgi-bin/draft/count", token=plain))["errcode"] == 42001
    assert "total_count" in await wechat.get("/cgi-bin/draft/count")


async def test_forced_refresh_kills_at_once_but_not_within_thirty_seconds(wechat: Any) -> None:
    forced = (await wechat.stable_token(force_refresh=True))["access_token"]
    assert (await wechat.get("/cgi-bin/draft/count"))["errcode"] == 40001
    wechat.clock.advance(29)
    assert (await wechat.stable_token(force_refresh=True))["access_token"] == forced
    wechat.clock.advance(2)
    assert (await wechat.stable_token(force_refresh=True))["access_token"] != forced


async def test_forced_refresh_is_refused_after_twenty_times_a_day(wechat: Any) -> None:
    for _ in range(20):
        assert "access_token" in await wechat.stable_token(force_refresh=True)
        wechat.clock.advance(31)
    assert (await wechat.stable_token(force_refresh=True))["errcode"] == 45009


async def test_wrong_credentials_are_told_apart(wechat: Any) -> None:
    assert (await wechat.stable_token(appid="wx1"))["errcode"] == 40013
    assert (await wechat.stable_token(secret="x"))["errcode"] == 40125
    assert (await wechat.stable_token(secret=""))["errcode"] == 41004
    assert (await wechat.stable_token(grant_type="password"))["errcode"] == 40002
    await wechat.profile(ip_whitelist=["10.0.0.1"])
    refused = await wechat.stable_token()
    assert refused["errcode"] == 40164
    assert "127.0.0.1" in refused["errmsg"]


async def test_missing_wrong_and_replaced_tokens_are_told_apart(wechat: Any) -> None:
    assert (await wechat.get("/cgi-bin/draft/count", token=""))["errcode"] == 41001
    assert (await wechat.get("/cgi-bin/draft/count", token="nonsense"))["errcode"] == 40001
    await wechat.control("POST", "tokens/kill")
    assert (await wechat.get("/cgi-bin/draft/count"))["errcode"] == 40001
    await wechat.log_in()
    await wechat.control("POST", "tokens/expire")
    assert (await wechat.get("/cgi-bin/draft/count"))["errcode"] == 42001


async def test_the_polling_quota_ends_at_a_hundred_and_returns_at_midnight_in_beijing(wechat: Any) -> None:
    path = "/cgi-bin/freepublish/get"
    for _ in range(100):
        assert (await wechat.post(path, {"publish_id": "1"}))["errcode"] == 53502
    assert (await wechat.post(path, {"publish_id": "1"}))["errcode"] == 45009
    quota = await wechat.post("/cgi-bin/openapi/quota/get", {"cgi_path": path})
    assert quota["quota"] == {"daily_limit": 100, "used": 100, "remain": 0}
    wechat.clock.advance(86400)
    await wechat.log_in()
    assert (await wechat.post(path, {"publish_id": "1"}))["errcode"] == 53502


async def test_quotas_can_be_cleared_ten_times_a_month(wechat: Any) -> None:
    await wechat.profile(daily_limits={"/cgi-bin/draft/count": 1})
    for _ in range(10):
        assert "total_count" in await wechat.get("/cgi-bin/draft/count")
        assert (await wechat.get("/cgi-bin/draft/count"))["errcode"] == 45009
        assert (await wechat.post("/cgi-bin/clear_quota", {"appid": APPID}))["errcode"] == 0
    assert (await wechat.post("/cgi-bin/clear_quota", {"appid": APPID}))["errcode"] == 48006


async def test_errors_carry_hint_and_rid_and_the_rid_can_be_looked_up(wechat: Any) -> None:
    refused = await wechat.post("/cgi-bin/draft/get", {"media_id": "gone"})
    assert "hint: [gone] rid: " in refused["errmsg"]
    rid = refused["errmsg"].rsplit("rid: ", 1)[1]
    found = await wechat.post("/cgi-bin/openapi/rid/get", {"rid": rid})
    assert found["request"]["request_url"] == "/cgi-bin/draft/get"
    await wechat.profile(errors_as_text=True)
    async with wechat.http.get(f"{wechat.base}/wechat-api/cgi-bin/draft/count") as response:
        assert response.status == 200
        assert response.content_type == "text/plain"


async def test_methods_bodies_and_paths_are_checked(wechat: Any) -> None:
    assert (await wechat.get("/cgi-bin/draft/add"))["errcode"] == 43002
    assert (await wechat.post("/cgi-bin/draft/count", {}))["errcode"] == 43001
    assert (await wechat.post("/cgi-bin/draft/get", {}, raw=b"{media"))["errcode"] == 47001
    assert (await wechat.post("/cgi-bin/no/such/thing", {}))["errcode"] == 40066

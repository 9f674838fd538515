"""OAuth as a person and an application live it: consent, code, token, question, end."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

BACK = "http://mingbai.gov.cn/back"
WISH = {"client_id": "1352222456", "redirect_uri": BACK, "response_type": "code", "state": "s1"}
CITIZEN = "2489518277"


async def consent(weibo: Any, decision: str = "allow", uid: str = "1902538057", **change: str) -> dict[str, str]:
    form = WISH | {"decision": decision, "uid": uid} | change
    address = f"{weibo.origin}/weibo-api/oauth2/authorize"
    async with weibo.client.post(address, data=form, allow_redirects=False) as answer:
        if answer.status != 302:
            return {"error_code": str((await answer.json())["error_code"])}
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


async def exchange(weibo: Any, code: str, **change: str) -> Any:
    form = {
        "client_id": "1352222456",
        "client_secret": "xyz123xyz",
        "grant_type": "authorization_code",
        "redirect_uri": BACK,
    }
    return (await weibo.post("/oauth2/access_token", **(form | {"code": code} | change)))[1]


async def test_the_owner_consents_and_gets_five_years(weibo: Any) -> None:
    async with weibo.client.get(f"{weibo.origin}/weibo-api/oauth2/authorize", params=WISH) as answer:
        assert "同意授权" in await answer.text()
    back = await consent(weibo)
    assert back["state"] == "s1"
    token = await exchange(weibo, back["code"])
    assert (token["uid"], token["expires_in"], token["remind_in"]) == ("1902538057", 157_679_471, "157679471")
    weibo.clock.now += 100
    _, info = await weibo.post("/oauth2/get_token_info", access_token=token["access_token"])
    assert info == {
        "uid": 1902538057,
        "appkey": 1352222456,
        "scope": None,
        "create_at": 1_795_406_400,
        "expire_in": 157_679_371,
    }
    assert (await exchange(weibo, back["code"]))["error_code"] == 21325


async def test_a_refusal_comes_back_as_access_denied(weibo: Any) -> None:
    back = await consent(weibo, "deny")
    assert (back["error"], back["error_code"], back["state"]) == ("access_denied", "21330", "s1")


async def test_another_persons_token_lives_as_long_as_the_application_deserves(weibo: Any) -> None:
    token = await exchange(weibo, (await consent(weibo, uid=CITIZEN))["code"])
    assert token["expires_in"] == 30 * 24 * 3600
    weibo.turn(app_reviewed=False, testers=[CITIZEN])
    assert (await consent(weibo, uid="2489518278")) == {"error_code": "21321"}
    token = await exchange(weibo, (await consent(weibo, uid=CITIZEN))["code"])
    assert token["expires_in"] == 24 * 3600
    weibo.clock.now += 24 * 3600
    _, body = await weibo.post("/oauth2/get_token_info", access_token=token["access_token"])
    assert body["error_code"] == 21327


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"client_secret": "wrong"}, 21324),
        ({"grant_type": "refresh_token"}, 21326),
        ({"grant_type": "password"}, 21328),
        ({"grant_type": ""}, 21323),
        ({"redirect_uri": "http://mingbai.gov.cn/other"}, 21322),
        ({"code": "nonsense"}, 21325),
    ],
)
async def test_a_wrong_exchange_is_refused(weibo: Any, change: dict[str, str], code: int) -> None:
    back = await consent(weibo)
    body = (
        await exchange(weibo, back["code"], **change) if "code" not in change else await exchange(weibo, change["code"])
    )
    assert body["error_code"] == code
    assert body["error_uri"] == "/oauth2/access_token"


async def test_a_code_is_stale_after_five_minutes(weibo: Any) -> None:
    back = await consent(weibo)
    weibo.clock.now += 300
    assert (await exchange(weibo, back["code"]))["error_code"] == 21325


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"redirect_uri": "http://example.com/"}, "21322"),
        ({"client_id": "1"}, "21324"),
        ({"response_type": "token"}, "21329"),
        ({"scope": "everything"}, "21323"),
    ],
)
async def test_a_wrong_wish_is_refused_before_anyone_is_asked(weibo: Any, change: dict[str, str], code: str) -> None:
    assert await consent(weibo, **change) == {"error_code": code}


async def test_a_revoked_token_is_dead(weibo: Any) -> None:
    assert (await weibo.post("/oauth2/revokeoauth2"))[1] == {"result": "true"}
    assert (await weibo.get("/2/statuses/user_timeline.json"))[1]["error_code"] == 21319


async def test_https_can_be_demanded(weibo: Any) -> None:
    weibo.turn(require_https=True)
    assert (await weibo.post("/oauth2/get_token_info"))[1]["error_code"] == 21320

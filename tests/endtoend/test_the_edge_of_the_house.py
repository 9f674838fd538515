"""What every answer carries, what a stranger gets, and what bad input gets: a clear refusal, and nothing lost."""

from typing import Any

import pytest

PUBLIC = (
    "/",
    "/chat",
    "/feed.atom",
    "/feed.rss",
    "/feed.json",
    "/sitemap.xml",
    "/robots.txt",
    "/search?q=低保",
    "/healthz",
    "/readyz",
    "/metrics",
)


@pytest.mark.parametrize(
    "path",
    [*PUBLIC, "/console/sign-in", "/nowhere", "/d/999", "/api/v1/disclosures/1", "/wechat", "/api/v1/openapi.json"],
)
async def test_every_answer_carries_the_security_headers(house: Any, path: str) -> None:
    async with house.http.get(house.base + path) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Referrer-Policy" in answer.headers
        assert "Python" not in answer.headers.get("Server", "")


@pytest.mark.parametrize("path", PUBLIC)
async def test_the_public_pages_are_there(house: Any, path: str) -> None:
    status, text = await house.page(path)
    assert status == 200, text[:200]


async def test_an_unknown_address_is_answered_in_the_portals_dress(house: Any) -> None:
    status, text = await house.page("/nowhere")
    assert status == 404
    assert "示例市明白区人民政府" in text
    async with house.http.get(f"{house.base}/api/v1/nowhere") as answer:
        assert answer.status == 404
        assert answer.content_type == "application/problem+json"


async def test_a_stranger_gets_nothing_from_the_api_or_the_console(house: Any) -> None:
    async with house.http.get(f"{house.base}/api/v1/disclosures") as answer:
        assert answer.status == 401
    async with house.http.get(f"{house.base}/console/", allow_redirects=False) as answer:
        assert answer.status in {302, 303}


async def test_a_forged_callback_gets_403_and_no_detail(house: Any) -> None:
    for body in (b"<xml/>", b"x" * 70_000, b"<!DOCTYPE a><xml/>"):
        async with house.http.post(
            f"{house.base}/wechat?signature=x&msg_signature=y&timestamp=1&nonce=2&encrypt_type=aes", data=body
        ) as answer:
            assert answer.status in {403, 413}
            assert len(await answer.read()) < 40
    async with house.http.post(f"{house.base}/weibo?signature=x&timestamp=1&nonce=2", json={"type": "text"}) as answer:
        assert answer.status == 403


async def test_the_platforms_own_check_of_the_address_passes(house: Any) -> None:
    assert (await house.control("POST", "/callback/verify"))["ok"] is True


async def test_an_article_too_long_for_wechat_is_refused_while_it_is_written(house: Any) -> None:
    from tests.endtoend import walk

    text = walk.draft()
    text["title"] = "关于" + "非常" * 30 + "的通知"
    made = await house.must("nigao", "POST", "/disclosures", text)
    status, problem = await house.call("nigao", "POST", f"/disclosures/{made['id']}/submit")
    assert status == 422
    assert "32" in str(problem["errors"])
    assert problem["errors"][0]["remedy"]


async def test_a_broken_body_is_refused_in_words(house: Any) -> None:
    async with house.http.post(
        f"{house.base}/api/v1/disclosures",
        data=b"{broken",
        headers={"Authorization": f"Bearer {house.tokens['nigao']}", "Content-Type": "application/json"},
    ) as answer:
        assert answer.status in {400, 422}
        assert (await answer.json(content_type=None))["detail"]


async def test_a_malformed_upload_is_refused_in_words(house: Any) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="file"\r\nX: \x00\r\n\r\nx\r\n--b--\r\n'
    for path, headers in (
        ("/api/v1/files", {"Authorization": f"Bearer {house.tokens['nigao']}"}),
        ("/console/sign-in", {"Origin": house.base}),
    ):
        async with house.http.post(
            house.base + path, data=body, headers={"Content-Type": "multipart/form-data; boundary=b", **headers}
        ) as answer:
            assert 400 <= answer.status < 500, path

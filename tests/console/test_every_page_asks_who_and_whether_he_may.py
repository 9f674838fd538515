"""The route table, walked: a stranger is sent to sign in, the wrong role is refused, a foreign form is refused."""

import re
from typing import Any

from aiohttp import ClientSession

from console.guarding import verbs_of
from staff.roles import GRANTED, Verb

OPEN = {("GET", "/console"), ("GET", "/console/sign-in"), ("POST", "/console/sign-in"), ("GET", "/api/v1/openapi.json")}
OPEN |= {("GET", "/console/calendar.ics")}
OPEN |= {("GET", "/show/{secret}"), ("POST", "/show/{secret}/remark"), ("GET", "/show/{secret}/files/{sha256}/{name}")}
"""A link's secret is its key: tests/console/test_a_link_shows_one_text_to_one_person.py."""
SIGNED_IN_ONLY = {("POST", "/console/sign-out")}


def table(house: Any) -> list[tuple[str, str, tuple[Verb, ...] | None]]:
    rows = []
    for route in house.application().router.routes():
        where = route.resource.canonical
        if where.startswith("/static/") or route.method == "HEAD":
            continue
        rows.append((route.method, where, verbs_of(route.handler)))
    return rows


def address(where: str) -> str:
    return re.sub(r"\{(\w+)[^/]*\}", lambda found: "0" * 64 if found[1] == "sha256" else "1", where)


async def test_every_handler_names_its_verb(house: Any) -> None:
    rows = table(house)
    assert len(rows) > 40
    for method, where, verbs in rows:
        if (method, where) in OPEN:
            assert verbs is None, where
        elif (method, where) in SIGNED_IN_ONLY:
            assert verbs == (), where
        else:
            assert verbs, where


async def test_a_stranger_is_sent_to_sign_in_or_refused(house: Any, base: str) -> None:
    async with ClientSession() as session:
        for method, where, verbs in table(house):
            if verbs is None:
                continue
            async with session.request(method, base + address(where), allow_redirects=False) as answer:
                if where.startswith("/api/"):
                    assert answer.status == 401, where
                else:
                    assert (answer.status, answer.headers["Location"].split("?")[0]) == (303, "/console/sign-in"), where


async def test_the_wrong_role_is_refused_everywhere(house: Any, base: str, browser: Any, call: Any) -> None:
    """For every guarded route, an account of each role that lacks all of its verbs."""
    names = {
        "drafter": "nigao",
        "publisher": "fabu",
        "curator": "zhishi",
        "operator": "guanli",
        "first_reviewer": "chushen",
    }
    tried = 0
    for role, name in names.items():
        at_screen = browser()
        assert await at_screen.sign_in(name) == 200
        for method, where, verbs in table(house):
            if not verbs or any(verb in GRANTED[role] for verb in verbs):
                continue
            tried += 1
            if where.startswith("/api/"):
                answer = await call(name)(
                    method, address(where).removeprefix("/api/v1"), {} if method != "GET" else None
                )
                assert answer.status == 403, (role, where)
            elif method == "GET":
                assert await at_screen.get(address(where)) == 403, (role, where)
            else:
                assert await at_screen.get("/console/") == 200
                assert await at_screen.post(address(where)) == 403, (role, where)
    assert tried > 40


async def test_a_form_of_another_site_or_without_its_token_changes_nothing(house: Any, base: str, browser: Any) -> None:
    at_screen = browser()
    await at_screen.sign_in("nigao")
    for method, where, _verbs in table(house):
        if method != "POST" or where.startswith(("/api/", "/show/")) or where == "/console/sign-in":
            continue
        for origin, token in (("https://evil.example", True), (None, True), ("null", True), ("own", False)):
            await at_screen.get("/console/")
            status = await at_screen.post(address(where), {"title": "x"}, origin=origin, token=token)
            assert status == 403, (where, origin, token)
    assert await at_screen.get("/console/") == 200, "the sign-out among them did not work either"


async def test_the_sign_in_form_is_bound_to_the_browser(browser: Any, base: str) -> None:
    at_screen = browser()
    await at_screen.get("/console/sign-in")
    fields = {"name": "nigao", "password": "long enough, 明白 2026"}
    assert await at_screen.post("/console/sign-in", {**fields, "csrf": "guessed"}, token=False) == 403
    await at_screen.get("/console/sign-in")
    assert await at_screen.post("/console/sign-in", fields, origin="https://evil.example") == 403


async def test_wrong_passwords_are_told_alike_and_lock_the_door(browser: Any, clock: Any) -> None:
    at_screen = browser()
    for name in ("nigao", "nobody"):
        assert await at_screen.sign_in(name, "not the password") == 422
        assert "用户名或密码不正确" in at_screen.text
        assert f'value="{name}"' in at_screen.text, "what was typed is still there"
        assert "not the password" not in at_screen.text
    for _ in range(4):
        await at_screen.sign_in("nigao", "not the password")
    assert await at_screen.sign_in("nigao") == 422
    assert "分钟后再试" in at_screen.text
    clock.advance(16 * 60)
    assert await at_screen.sign_in("nigao") == 200
    assert at_screen.url.endswith("/console/")


async def test_the_cookie_is_closed_to_scripts_and_to_other_sites(base: str, house: Any) -> None:
    async with ClientSession() as session:
        async with session.get(f"{base}/console/sign-in") as page:
            token = (await page.text()).split('name="csrf" value="', 1)[1].split('"', 1)[0]
            form = page.headers.getall("Set-Cookie")[0].split(";")[0]
        data = {"name": "nigao", "password": "long enough, 明白 2026", "csrf": token, "next": "//evil.example/"}
        headers = {"Origin": base, "Cookie": form}
        async with session.post(f"{base}/console/sign-in", data=data, headers=headers, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/console/")
            cookie = answer.headers.getall("Set-Cookie")[0]
    assert cookie.startswith("mingbai=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}


async def test_a_disabled_account_is_out_with_its_next_click(browser: Any, house: Any) -> None:
    at_screen = browser()
    await at_screen.sign_in("nigao")
    await house.accounts.disable("nigao", by=house.people["guanli"].actor)
    await at_screen.get("/console/")
    assert "/console/sign-in" in at_screen.url


async def test_staff_pages_are_never_cached_and_carry_the_policy(browser: Any) -> None:
    at_screen = browser()
    await at_screen.sign_in("nigao")
    assert at_screen.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in at_screen.headers["Content-Security-Policy"]
    for forbidden in ("<style", " style=", "onclick=", "<script>"):
        assert forbidden not in at_screen.text

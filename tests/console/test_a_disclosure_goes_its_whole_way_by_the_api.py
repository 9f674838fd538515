"""Draft → three signatures → release → what every channel says, by the API alone; and everything it refuses."""

import io
from typing import Any

import pytest
from aiohttp import ClientSession, FormData

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fe0def46b8"
    "0000000049454e44ae426082"
)


def draft(**changed: Any) -> dict[str, Any]:
    return {
        "title": "关于发放2026年冬季供暖补贴的通知", "body_markdown": "补贴自2026年12月1日起发放，每户300元。",
        "department": "区民政局", "category": "通知公告", "formed_on": "2026-11-20",
        "channels": {"wechat": {"digest": "每户300元"}, "weibo": {"text": "供暖补贴开始发放，每户300元。"}}, **changed,
    }  # fmt: skip


async def approved(call: Any, **changed: Any) -> int:
    made = await call("nigao")("POST", "/disclosures", draft(**changed))
    assert made.status == 201, made.body
    number = int(made.body["id"])
    assert (await call("nigao")("POST", f"/disclosures/{number}/submit")).status == 200
    for name in ("chushen", "fushen", "zhongshen"):
        signed = await call(name)("POST", f"/disclosures/{number}/approve")
        assert signed.status == 200, signed.body
    return number


async def test_the_whole_way(call: Any, house: Any) -> None:
    made = await call("nigao")("POST", "/disclosures", draft())
    assert made.status == 201
    assert (made.body["revision"], made.body["state"]) == (1, "draft")
    number = made.body["id"]
    assert made.headers["Location"] == f"/api/v1/disclosures/{number}"
    assert (await call("nigao")("POST", f"/disclosures/{number}/submit")).body["state"] == "submitted"
    for name, state in (("chushen", "in_review"), ("fushen", "in_review"), ("zhongshen", "approved")):
        assert (await call(name)("POST", f"/disclosures/{number}/approve")).body["state"] == state
    released = await call("fabu")(
        "POST", "/releases", {"disclosure": number, "at": "now", "channels": ["portal", "wechat", "weibo"]}
    )
    assert released.status == 201
    assert released.body["state"] == "scheduled"
    await house.dispatcher.settle_down()
    seen = (await call("fabu")("GET", f"/releases/{released.body['id']}")).body
    assert seen["state"] == "released"
    assert [(d["channel"], d["state"], d["attempts"]) for d in seen["deliveries"]] == [
        ("portal", "published", 1), ("wechat", "published", 1), ("weibo", "published", 1),
    ]  # fmt: skip
    assert seen["deliveries"][2]["url"] == "https://weibo.example/W1"
    page = (await call("nigao")("GET", f"/disclosures/{number}")).body
    assert (page["state"], page["live"], page["releases"]) == ("released", True, [released.body["id"]])
    assert page["url"] == f"https://www.example.gov.cn/d/{number}"
    assert [each["step"] for each in page["signatures"]] == ["first", "second", "final"]

    gone = await call("fabu")("POST", f"/disclosures/{number}/withdraw", {"explanation": "数据有误，更正后重新发布"})
    assert (gone.status, gone.body["state"], gone.body["explanation"]) == (200, "withdrawn", "数据有误，更正后重新发布")


async def test_every_error_is_a_problem_in_chinese(call: Any, base: str) -> None:
    async with ClientSession() as session, session.get(f"{base}/api/v1/disclosures/1") as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.content_type == "application/problem+json"
        assert set(await answer.json(content_type=None)) >= {"type", "title", "status", "detail"}
    missing = await call("nigao")("GET", "/disclosures/999")
    assert (missing.status, missing.body["detail"]) == (404, "没有编号为 999 的公开信息。")
    refused = await call("fabu")("POST", "/disclosures", draft())
    assert (refused.status, refused.body["title"]) == (403, "没有权限")
    wrong = await call("nigao")("POST", "/disclosures", draft(departmnt="区民政局", formed_on="昨天"))
    assert wrong.status == 422
    assert {each["field"] for each in wrong.body["errors"]} == {"departmnt", "formed_on"}
    assert all(each["message"] for each in wrong.body["errors"])
    unknown = await call("nigao")("POST", "/disclosures", draft(department="区民正局", category="没有的栏目"))
    assert [each["field"] for each in unknown.body["errors"]] == ["department", "category"]
    assert "区民政局" in unknown.body["errors"][0]["remedy"]
    both = await call("nigao")("POST", "/disclosures", draft(body_html="<p>又一份</p>"))
    assert both.status == 422


async def test_a_body_that_is_not_a_json_object_is_refused(base: str, house: Any) -> None:
    headers = {"Authorization": f"Bearer {house.bearers['nigao']}", "Content-Type": "application/json"}
    async with ClientSession(headers=headers) as session:
        for body, status in (
            (b"{", 400),
            (b"[1]", 400),
            (b"[" * 200_000, 400),
            (b'{"title":"' + b"a" * 2**20 + b'"}', 413),
        ):
            async with session.post(f"{base}/api/v1/disclosures", data=io.BytesIO(body)) as answer:
                assert answer.status == status, body[:20]
                assert answer.content_type == "application/problem+json"
        async with session.post(
            f"{base}/api/v1/disclosures", data="a=b", headers={"Content-Type": "text/plain"}
        ) as answer:
            assert answer.status == 415


async def test_a_second_writer_gets_a_conflict_instead_of_overwriting(call: Any) -> None:
    number = (await call("nigao")("POST", "/disclosures", draft())).body["id"]
    first = await call("nigao")("PATCH", f"/disclosures/{number}", {"summary": "第一位的概述", "expected_revision": 1})
    assert (first.status, first.body["revision"], first.headers["ETag"]) == (200, 2, '"2"')
    second = await call("nigao")(
        "PATCH", f"/disclosures/{number}", {"summary": "第二位的概述"}, headers={"If-Match": '"1"'}
    )
    assert second.status == 409
    assert (await call("nigao")("GET", f"/disclosures/{number}")).body["summary"] == "第一位的概述"


async def test_a_change_names_only_what_changes_and_clears_every_approval(call: Any) -> None:
    number = await approved(call)
    before = (await call("nigao")("GET", f"/disclosures/{number}")).body
    changed = await call("nigao")(
        "PATCH", f"/disclosures/{number}", {"channels": {"wechat": {"title": "供暖补贴来了"}}}
    )
    assert (changed.body["state"], changed.body["revision"]) == ("draft", 2)
    assert changed.body["channels"]["wechat"]["digest"] == "每户300元"
    assert changed.body["channels"]["weibo"] == before["channels"]["weibo"]
    assert changed.body["content_hash"] != before["content_hash"]
    refused = await call("fabu")("POST", "/releases", {"disclosure": number, "at": "now", "channels": ["portal"]})
    assert refused.status == 409


async def test_the_wrong_person_is_forbidden_and_the_wrong_moment_is_a_conflict(call: Any) -> None:
    number = (await call("nigao")("POST", "/disclosures", draft())).body["id"]
    assert (await call("chushen")("POST", f"/disclosures/{number}/approve")).status == 409
    await call("nigao")("POST", f"/disclosures/{number}/submit")
    assert (await call("fushen")("POST", f"/disclosures/{number}/approve")).status == 403
    assert (await call("nigao")("POST", f"/disclosures/{number}/approve")).status == 403
    stale = await call("chushen")("POST", f"/disclosures/{number}/approve", {"content_hash": "0" * 64})
    assert stale.status == 409
    assert (await call("chushen")("POST", f"/disclosures/{number}/reject", {"remark": " "})).status == 422
    back = await call("chushen")("POST", f"/disclosures/{number}/reject", {"remark": "请核对金额"})
    assert (back.status, back.body["state"], back.body["signatures"][0]["remark"]) == (200, "draft", "请核对金额")


async def test_what_a_channel_would_refuse_is_told_while_drafting_and_stops_the_submission(call: Any) -> None:
    long_title = "关于进一步做好二〇二六年冬季城乡困难群众供暖补贴申领审核发放工作有关事项的通知"
    made = await call("nigao")("POST", "/disclosures", draft(title=long_title))
    assert made.status == 201
    assert ("wechat", True, "wechat.title") in {(p["channel"], p["blocks"], p["field"]) for p in made.body["problems"]}
    number = made.body["id"]
    refused = await call("nigao")("POST", f"/disclosures/{number}/submit")
    assert refused.status == 422
    assert refused.body["errors"][0]["remedy"]
    without = await call("nigao")("POST", f"/disclosures/{number}/submit", {"without_channels": ["wechat"]})
    assert without.body["state"] == "submitted"
    for name in ("chushen", "fushen", "zhongshen"):
        await call(name)("POST", f"/disclosures/{number}/approve")
    social = await call("fabu")(
        "POST", "/releases", {"disclosure": number, "at": "now", "channels": ["portal", "wechat"]}
    )
    assert social.status == 409


async def test_a_plan_can_be_cancelled_and_a_past_moment_is_refused(call: Any) -> None:
    number = await approved(call)
    past = await call("fabu")(
        "POST", "/releases", {"disclosure": number, "at": "2026-11-22T09:00:00+08:00", "channels": ["portal"]}
    )
    assert (past.status, past.body["errors"][0]["field"]) == (422, "at")
    plan = {"disclosure": number, "at": "2026-11-24T09:00:00+08:00", "channels": ["portal", "weibo"]}
    planned = await call("fabu")("POST", "/releases", plan)
    assert planned.status == 201
    assert (await call("fabu")("POST", "/releases", plan)).status == 409
    cancelled = await call("fabu")("POST", f"/releases/{planned.body['id']}/cancel")
    assert (cancelled.status, cancelled.body["state"]) == (200, "cancelled")
    assert (await call("fabu")("POST", f"/releases/{planned.body['id']}/cancel")).status == 409
    assert (await call("fabu")("GET", "/releases/999")).status == 404
    assert (await call("fabu")("POST", "/releases", plan)).status == 201


async def test_a_file_is_stored_once_and_used_by_its_hash(call: Any) -> None:
    form = FormData()
    form.add_field("file", PNG, filename="map.png", content_type="image/png")
    stored = await call("nigao")("POST", "/files", data=form)
    assert stored.status == 201
    assert stored.body["path"] == f"/files/{stored.body['sha256']}/map.png"
    made = await call("nigao")("POST", "/disclosures", draft(
        body_markdown=f"见图。\n\n![示意图]({stored.body['path']})",
        attachments=[{"sha256": stored.body["sha256"], "title": "示意图"}],
    ))  # fmt: skip
    assert made.status == 201
    assert made.body["attachments"][0]["title"] == "示意图"
    bad = FormData()
    bad.add_field("file", b"MZ not a document", filename="a.pdf")
    assert (await call("nigao")("POST", "/files", data=bad)).status == 422
    big = FormData()
    big.add_field("file", io.BytesIO(b"\x89PNG" + b"\0" * (10 * 2**20 + 1)), filename="big.png")
    assert (await call("nigao")("POST", "/files", data=big)).status == 413


async def test_the_bot_answers_a_token_holder(call: Any) -> None:
    asked = await call("guanli")("POST", "/ask", {"text": "供暖补贴怎么领"})
    assert asked.status == 200
    assert set(asked.body) == {"decision", "confidence", "answer", "sources", "hits"}
    assert (await call("guanli")("POST", "/ask", {"text": ""})).status == 422


async def test_lists_are_paged_and_filtered(call: Any) -> None:
    for number in range(21):
        await call("nigao")("POST", "/disclosures", draft(title=f"第{number}号通知"))
    await call("nigao")("POST", "/disclosures/3/submit")
    first = (await call("nigao")("GET", "/disclosures?state=draft")).body
    assert (first["total"], first["pages"], len(first["items"])) == (20, 1, 20)
    everything = (await call("nigao")("GET", "/disclosures?page=2")).body
    assert [item["id"] for item in everything["items"]] == [1]
    assert (await call("nigao")("GET", "/disclosures?state=nonsense")).status == 422
    assert (await call("nigao")("GET", "/disclosures?page=0")).status == 422


@pytest.mark.parametrize("path", ["/openapi.json"])
async def test_the_openapi_document_names_every_route(base: str, house: Any, path: str) -> None:
    async with ClientSession() as session, session.get(f"{base}/api/v1{path}") as answer:
        described = await answer.json()
    assert described["openapi"].startswith("3.1")
    routes = {
        (route.method.lower(), route.resource.canonical) for route in house.application().router.routes()
        if route.resource.canonical.startswith("/api/v1/") and route.method != "HEAD"
    }  # fmt: skip
    listed = {(method, where) for where, item in described["paths"].items() for method in item}
    assert listed == routes - {("get", "/api/v1/openapi.json")}
    schemas = described["components"]["schemas"]
    text = str(described)
    for name in {part.split("'")[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in schemas
    assert schemas["DisclosureBody"]["required"] == ["title", "department", "category", "formed_on"]


async def test_what_a_callers_channel_version_holds_besides_is_not_taken_and_not_echoed(call: Any) -> None:
    channels = {
        "wechat": {"digest": "每户300元", "open_comment": True},
        "weibo": {"visible": 0},
        "radio": {"text": "略"},
    }
    made = await call("nigao")("POST", "/disclosures", draft(channels=channels))
    assert made.status == 201, made.body
    assert made.body["channels"]["wechat"]["digest"] == "每户300元"
    assert "open_comment" not in made.body["channels"]["wechat"]
    assert "radio" not in made.body["channels"]
    misspelt = await call("nigao")("POST", "/disclosures", draft(titel="错字"))
    assert misspelt.status == 422, "a field of the disclosure itself that does not exist is an error"

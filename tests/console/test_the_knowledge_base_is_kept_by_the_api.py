"""The same verbs by the API: a draft, another's acceptance, a checked release, a rollback by two, what is due."""

from typing import Any

ENTRY = {
    "id": "heating", "title": "冬季供暖补贴是多少", "body": "每户300元，11月底前发放到卡。", "unit": "区民政局",
    "source": "供暖补贴发放办法", "next_review_on": "2026-12-01", "similar": ["取暖补贴多少钱"],
}  # fmt: skip
HOME = "/knowledge"


async def released(call: Any, entry: dict[str, Any]) -> Any:
    wu, feng = call("zhishi"), call("zhishi2")
    made = await wu("POST", f"{HOME}/drafts", {"entry": entry})
    assert made.status == 201, made.body
    one = f"{HOME}/drafts/{made.body['id']}"
    assert (await wu("POST", f"{one}/submit", {"version": 1})).status == 200
    assert (await wu("POST", f"{one}/accept", {"sha256": made.body["sha256"]})).status == 403
    assert (await feng("POST", f"{one}/accept", {"sha256": made.body["sha256"]})).body["state"] == "accepted"
    prepared = await wu("POST", f"{HOME}/release/prepare", {"title": "经接口"})
    assert (prepared.status, prepared.body["obstacles"]) == (201, [])
    done = await wu("POST", f"{HOME}/release", {"release": prepared.body["id"]})
    assert done.status == 200, done.body
    return done.body


async def test_from_a_draft_to_a_rollback(call: Any, house: Any) -> None:
    first = await released(call, ENTRY)
    assert (first["number"], first["counts"]) == (1, {"added": 1, "changed": 0, "stopped": 0})
    second = await released(call, {**ENTRY, "body": "每户500元，11月底前发放到卡。"})
    assert second["number"] == 2
    wu, sun = call("zhishi"), call("zhongshen")
    asked = await wu("POST", f"{HOME}/releases/1/roll-back", {"reason": "金额有误"})
    assert (asked.status, asked.body["asked_by"], asked.body["number"]) == (201, "吴知识（zhishi）", 3)
    refused = await wu("POST", f"{HOME}/release", {"release": asked.body["id"]})
    assert (refused.status, refused.body["type"]) == (403, "urn:mingbai:problem:second-person-needed")
    assert (await sun("GET", f"{HOME}/release")).body["reason"] == "金额有误"
    done = await sun("POST", f"{HOME}/release", {"release": asked.body["id"]})
    assert (done.body["number"], done.body["origin"], done.body["target"]) == (3, "rollback", 1)
    assert (await house.curating.curation.stored("heating")).body == ENTRY["body"]
    listed = await wu("GET", f"{HOME}/releases")
    assert [one["number"] for one in listed.body["items"]] == [3, 2, 1]
    assert (await wu("GET", f"{HOME}/releases/9")).status == 404
    due = await wu("GET", f"{HOME}/due")
    assert [(one["id"], one["why"]) for one in due.body["items"]] == [("heating", ["soon"])]


async def test_what_is_wrong_is_named_by_field(call: Any) -> None:
    wu = call("zhishi")
    wrong = await wu("POST", f"{HOME}/drafts", {"entry": {**ENTRY, "validity": "也许"}})
    assert (wrong.status, wrong.body["errors"][0]["field"]) == (422, "validity")
    unknown = await wu("POST", f"{HOME}/drafts", {"entry": {**ENTRY, "origin": "disclosure:1"}})
    assert unknown.status == 422, "where an entry comes from is not for the caller to say"
    taken = await wu("POST", f"{HOME}/drafts", {"entry": {**ENTRY, "id": "disclosure:1"}})
    assert (taken.status, taken.body["errors"][0]["field"]) == (422, "id")
    bare = await wu("POST", f"{HOME}/drafts", {"entry": {"title": "没有责任单位的问题", "body": "答"}})
    assert bare.status == 201
    assert bare.body["entry"]["id"].startswith("q-")
    refused = await wu("POST", f"{HOME}/drafts/{bare.body['id']}/submit", {"version": 1})
    assert {each["field"] for each in refused.body["errors"]} == {"unit", "source"}


async def test_a_stale_version_overwrites_nothing(call: Any) -> None:
    wu, feng = call("zhishi"), call("zhishi2")
    made = await wu("POST", f"{HOME}/drafts", {"entry": ENTRY}, headers={"Idempotency-Key": "k1"})
    again = await wu("POST", f"{HOME}/drafts", {"entry": ENTRY}, headers={"Idempotency-Key": "k1"})
    assert again.body == made.body, "done once, answered alike"
    one = f"{HOME}/drafts/{made.body['id']}"
    saved = await wu("PUT", one, {"entry": {**ENTRY, "body": "吴写的"}, "version": 1})
    assert saved.body["version"] == 2
    late = await feng("PUT", one, {"entry": {**ENTRY, "body": "冯写的"}, "version": 1})
    assert (late.status, late.body["type"]) == (409, "urn:mingbai:problem:conflict")
    assert (await feng("GET", one)).body["entry"]["body"] == "吴写的"
    assert (await feng("POST", f"{HOME}/drafts", {"entry": ENTRY})).status == 409, "the entry has an open draft"


async def test_a_blocked_release_says_why(call: Any) -> None:
    await released(call, ENTRY)
    wu, feng = call("zhishi"), call("zhishi2")
    other = {**ENTRY, "id": "other", "title": "冬季供暖补贴有多少", "body": "每户500元。", "similar": []}
    made = await wu("POST", f"{HOME}/drafts", {"entry": other})
    one = f"{HOME}/drafts/{made.body['id']}"
    await wu("POST", f"{one}/submit", {"version": 1})
    await feng("POST", f"{one}/accept", {"sha256": made.body["sha256"]})
    prepared = await wu("POST", f"{HOME}/release/prepare", {})
    assert prepared.body["obstacles"] == ["1 处与其他条目矛盾"]
    (clash,) = prepared.body["report"]["conflicts"]
    assert clash["unlike"] == [["金额", "500元", "300元"]]
    blocked = await feng("POST", f"{HOME}/release", {"release": prepared.body["id"]})
    assert (blocked.status, blocked.body["type"]) == (409, "urn:mingbai:problem:checks-failed")

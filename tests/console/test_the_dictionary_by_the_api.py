"""The API changes dictionary, pins and rules by the console's rules: two persons, what was read, in force at once."""

from datetime import timedelta
from typing import Any

import pytest

from audit.actor import Actor
from knowledge.entry import Entry, EntryKind

HEATING = Entry(
    id="heating", kind=EntryKind.faq, title="供暖补贴是多少", body="每户300元。", unit="区民政局", source="办法"
)
WORD = {"said": "暖气钱", "means": "供暖补贴", "source": "12345热线来电"}
HOME = "/knowledge/changes"


@pytest.fixture
async def known(house: Any) -> None:
    await house.curating.curation.put_entries([HEATING], actor=Actor.machine("测试"))
    await house.base.load()


async def test_a_program_proposes_and_another_person_confirms(known: None, house: Any, call: Any) -> None:
    wu, feng, li = call("zhishi"), call("zhishi2"), call("nigao")
    made = await wu(
        "POST", HOME, {"desk": "words", "words": [WORD], "note": "来电多"}, headers={"Idempotency-Key": "a"}
    )
    again = await wu(
        "POST", HOME, {"desk": "words", "words": [WORD], "note": "来电多"}, headers={"Idempotency-Key": "a"}
    )
    assert (made.status, again.body["id"]) == (201, made.body["id"])
    one = f"{HOME}/{made.body['id']}"
    assert made.headers["Location"] == f"/api/v1{one}"
    assert (await li("POST", HOME, {"desk": "words", "words": [WORD]})).status == 403
    assert (await wu("POST", f"{one}/accept", {"sha256": made.body["sha256"]})).status == 403
    assert (await feng("POST", f"{one}/accept", {"sha256": "0" * 64})).status == 409
    assert [each["id"] for each in (await feng("GET", HOME)).body["items"]] == [made.body["id"]]
    assert (await feng("POST", f"{one}/accept", {"sha256": made.body["sha256"]})).body["state"] == "accepted"
    assert len(house.base.layers.words) == 1, "in force at once"
    layers = (await wu("GET", "/knowledge/layers")).body
    assert [row["means"] for row in layers["words"].values()] == ["供暖补贴"]
    back = await wu("POST", f"{one}/undo")
    assert (back.status, back.body["items"][0]["after"]) == (201, None)
    assert (await feng("POST", f"{HOME}/{back.body['id']}/refuse", {"remark": "留着"})).body["state"] == "refused"


async def test_pins_and_rules_go_the_same_way(known: None, house: Any, call: Any) -> None:
    wu, feng = call("zhishi"), call("zhishi2")
    review = (house.clock.moment.date() + timedelta(days=30)).isoformat()
    bodies = [
        {"desk": "pins", "pins": [{"questions": ["那笔钱"], "entry_id": "heating", "review_on": review}]},
        {"desk": "rules", "rules": [{"name": "个案", "act": "person", "some": ["我家的钱"], "valid_to": review}]},
    ]  # fmt: skip
    for body in bodies:
        made = await wu("POST", HOME, body)
        assert (await feng("POST", f"{HOME}/{made.body['id']}/accept", {"sha256": made.body["sha256"]})).status == 200
    today = house.clock.moment.date()
    assert house.base.ask("那笔钱", today=today).pinned
    assert house.base.ask("我家的钱呢", today=today).ruled.name == "个案"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"desk": "words", "words": [WORD | {"said": "钱"}]}, 422),
        ({"desk": "words", "pins": [{"questions": ["那笔钱"], "entry_id": "heating", "review_on": "2026-12-31"}]}, 422),
        ({"desk": "rules", "rules": [{"name": "个案", "act": "ban"}]}, 422),
        ({"desk": "letters"}, 422),
        ({"desk": "words"}, 409),
    ],
)
async def test_what_cannot_be_taken_is_refused(known: None, call: Any, body: dict[str, Any], status: int) -> None:
    assert (await call("zhishi")("POST", HOME, body)).status == status


async def test_what_is_not_there_is_not_found(known: None, call: Any) -> None:
    wu = call("zhishi")
    assert (await wu("GET", f"{HOME}/99")).status == 404
    assert (await wu("GET", f"{HOME}?state=lost")).status == 422

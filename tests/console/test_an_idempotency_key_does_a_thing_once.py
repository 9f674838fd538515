"""The same request under the same key is done once and answered alike; another request under that key is refused."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from console.records import ApiReceipt
from disclosures.records import Disclosure
from publishers.records import Release


def draft(**changed: Any) -> dict[str, Any]:
    return {
        "title": "关于发放供暖补贴的通知", "body_markdown": "每户300元。", "department": "区民政局", "category": "通知公告",
        "formed_on": "2026-11-20", **changed,
    }  # fmt: skip


async def test_a_repeated_draft_is_one_draft(call: Any) -> None:
    key = {"Idempotency-Key": "a5c1"}
    first = await call("nigao")("POST", "/disclosures", draft(), headers=key)
    again = await call("nigao")("POST", "/disclosures", draft(), headers=key)
    assert (again.status, again.body) == (201, first.body)
    assert await Disclosure.all().count() == 1
    other = await call("nigao")("POST", "/disclosures", draft(title="另一份"), headers=key)
    assert other.status == 422
    assert await Disclosure.all().count() == 1


async def test_ten_at_once_are_one_draft(call: Any) -> None:
    key = {"Idempotency-Key": "at once"}
    answers = await asyncio.gather(*(call("nigao")("POST", "/disclosures", draft(), headers=key) for _ in range(10)))
    assert {answer.body["id"] for answer in answers} == {1}
    assert await Disclosure.all().count() == 1


async def test_a_refused_request_may_be_mended_under_the_same_key(call: Any) -> None:
    key = {"Idempotency-Key": "mend"}
    refused = await call("nigao")("POST", "/disclosures", draft(department="没有这个局"), headers=key)
    assert refused.status == 422
    assert (await call("nigao")("POST", "/disclosures", draft(), headers=key)).status == 201


async def test_keys_of_two_accounts_never_meet_and_an_old_key_is_free_again(call: Any, house: Any, clock: Any) -> None:
    await house.staff("nigao2", "drafter")
    key = {"Idempotency-Key": "k"}
    mine = await call("nigao")("POST", "/disclosures", draft(), headers=key)
    other = await call("nigao2")("POST", "/disclosures", draft(), headers=key)
    assert mine.body["id"] != other.body["id"]
    clock.advance(timedelta(hours=25).total_seconds())
    assert (await call("nigao")("POST", "/disclosures", draft(), headers=key)).body["id"] == 3
    assert await ApiReceipt.all().count() == 1


async def test_a_repeated_plan_is_one_plan(call: Any, house: Any) -> None:
    number = (await call("nigao")("POST", "/disclosures", draft())).body["id"]
    await call("nigao")("POST", f"/disclosures/{number}/submit")
    for name in ("chushen", "fushen", "zhongshen"):
        await call(name)("POST", f"/disclosures/{number}/approve")
    body, key = {"disclosure": number, "at": "now", "channels": ["portal", "weibo"]}, {"Idempotency-Key": "plan"}
    answers = await asyncio.gather(*(call("fabu")("POST", "/releases", body, headers=key) for _ in range(5)))
    assert {(answer.status, answer.body["id"]) for answer in answers} == {(201, 1)}
    # A twin that looked before the first one had written, and is refused as a duplicate, still gets the first's answer.
    plan = house.timetable.schedule

    async def late(*args: Any, **named: Any) -> Release:
        return await plan(*args, **{**named, "idempotency_key": None})

    await ApiReceipt.all().delete()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.timetable, "schedule", late)
        assert (await call("fabu")("POST", "/releases", body, headers=key)).body["id"] == 1
    await ApiReceipt.all().delete()  # As after a crash between the release and its receipt.
    assert (await call("fabu")("POST", "/releases", body, headers=key)).body["id"] == 1
    assert await Release.all().count() == 1
    other = await call("fabu")("POST", "/releases", {**body, "channels": ["portal"]}, headers=key)
    assert other.status == 422


async def test_a_key_that_is_no_key_is_refused(call: Any) -> None:
    long = await call("nigao")("POST", "/disclosures", draft(), headers={"Idempotency-Key": "x" * 101})
    assert (long.status, long.body["errors"][0]["field"]) == (422, "Idempotency-Key")

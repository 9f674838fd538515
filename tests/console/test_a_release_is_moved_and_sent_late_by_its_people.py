"""改期, 现在发布 and 重试: with the forms and by the API, under the same rules. What sends at once asks who is at the screen."""

from typing import Any

import pytest

from audit.records import AuditRecord
from publishers.errors import ChannelRefused
from publishers.records import Delivery, Release
from tests.console.conftest import PASSWORD
from tests.console.test_a_disclosure_goes_its_whole_way_on_the_screen import approved, signed_in

EIGHT = "2026-11-24T08:00"
TOMORROW = "2026-11-24T09:00:00+08:00"


async def planned(browser: Any, *channels: str, at: str = EIGHT) -> Any:
    """A publisher at the page of a release that is planned for tomorrow at eight."""
    number = await approved(browser)
    publisher = await signed_in(browser, "fabu")
    await publisher.get(f"/console/disclosures/{number}")
    form = [("when", "later"), ("at", at), *(("channels", name) for name in channels)]
    assert await publisher.post(f"/console/disclosures/{number}/schedule", form) == 200
    return publisher


async def late(browser: Any, house: Any, clock: Any) -> Any:
    """One that missed its moment by hours, and a publisher who signed in just now."""
    await planned(browser, "portal")
    clock.advance(30 * 3600)
    await house.dispatcher.settle_down()
    publisher = await signed_in(browser, "fabu")
    await publisher.get("/console/releases/1")
    return publisher


async def test_a_release_is_moved_on_its_page(browser: Any) -> None:
    publisher = await planned(browser, "portal", "weibo")
    assert f'value="{EIGHT}"' in publisher.text, "the form begins with the moment that stands"
    where = "/console/releases/1/move"
    assert await publisher.post(where, {"when": "later", "at": "2026-11-24T15:30", "reason": "会议推迟"}) == 200
    assert "已改期" in publisher.text
    assert "2026-11-24 15:30" in publisher.text
    assert {row.due_at.isoformat() for row in await Delivery.all()} == {"2026-11-24T07:30:00+00:00"}
    await publisher.get("/console/disclosures/1")
    assert "由 2026-11-24 08:00 改期到 2026-11-24 15:30，理由：会议推迟" in publisher.text


async def test_what_cannot_be_is_said_beside_what_was_typed(browser: Any, house: Any) -> None:
    publisher = await planned(browser, "portal")
    where = "/console/releases/1/move"
    past = {"when": "later", "at": "2026-11-20T09:00", "reason": "提前"}
    assert await publisher.post(where, past) == 422
    assert "发布时间已过" in publisher.text
    for typed in ('value="2026-11-20T09:00"', 'value="提前"'):
        assert typed in publisher.text
    assert await publisher.post(where, {"when": "later", "at": ""}) == 422
    assert await publisher.post(where, {"when": "now"}) == 200
    await house.dispatcher.settle_down()
    await publisher.get("/console/releases/1")
    assert 'id="move-box"' not in publisher.text, "what is out cannot be moved"
    assert await publisher.post("/console/releases/1/cancel") == 409


async def test_at_once_asks_for_the_password_when_it_was_given_long_ago(browser: Any, clock: Any) -> None:
    publisher = await planned(browser, "portal")
    clock.advance(600)
    await publisher.get("/console/releases/1")
    where = "/console/releases/1/move"
    assert await publisher.post(where, {"when": "now"}) == 422
    assert await publisher.post(where, {"when": "now", "password": "wrong"}) == 422
    assert (await Release.get(id=1)).due_at.isoformat() == "2026-11-24T00:00:00+00:00"
    assert await publisher.post(where, {"when": "now", "password": PASSWORD}) == 200
    assert (await Release.get(id=1)).due_at == clock.moment


@pytest.mark.parametrize(("choice", "state"), [("publish_late", "held"), ("try_again", "failed")])
async def test_sending_late_or_again_asks_for_it_too(
    browser: Any, house: Any, clock: Any, choice: str, state: str
) -> None:
    if choice == "publish_late":
        publisher = await late(browser, house, clock)
    else:
        house.wechat.outcome = ChannelRefused("接口权限不足", remedy="请在公众平台确认已认证")
        publisher = await planned(browser, "portal", "wechat")
        await publisher.post("/console/releases/1/move", {"when": "now"})
        await house.dispatcher.settle_down()
    clock.advance(600)
    row = await Delivery.get(state=state)
    where, form = f"/console/deliveries/{row.id}/decide", {"choice": choice, "reason": "仍需公开"}
    await publisher.get("/console/releases/1")
    assert f'id="password-{row.id}"' in publisher.text
    assert await publisher.post(where, form) == 422
    assert 'value="仍需公开"' in publisher.text, "the reason is not lost"
    assert (await Delivery.get(id=row.id)).state == state
    assert await publisher.post(where, {**form, "password": PASSWORD}) == 200
    assert (await Delivery.get(id=row.id)).state == "pending"


async def test_one_that_missed_its_moment_is_moved_instead(browser: Any, house: Any, clock: Any) -> None:
    publisher = await late(browser, house, clock)
    assert "现在发布、改期，或取消" in publisher.text
    assert await publisher.post("/console/releases/1/move", {"when": "later", "at": "2026-11-26T09:00"}) == 200
    assert (await Delivery.get()).state == "pending"


# -- by the API ----------------------------------------------------------------------------------------------------


async def test_a_caller_moves_a_release_once_under_its_key(browser: Any, call: Any) -> None:
    await planned(browser, "portal")
    key, body = {"Idempotency-Key": "k1"}, {"at": TOMORROW, "reason": "会议推迟"}
    first = await call("fabu")("POST", "/releases/1/move", body, headers=key)
    again = await call("fabu")("POST", "/releases/1/move", body, headers=key)
    assert (first.status, first.body["at"], again.body) == (200, "2026-11-24T01:00:00Z", first.body)
    assert await AuditRecord.filter(verb="release.move").count() == 1
    other = await call("fabu")("POST", "/releases/1/move", {"at": "now"}, headers=key)
    assert (other.status, other.body["type"]) == (422, "urn:mingbai:problem:key-reused")


async def test_a_caller_is_told_why_not(browser: Any, house: Any, call: Any) -> None:
    await planned(browser, "portal")
    move = "/releases/1/move"
    assert (await call("nigao")("POST", move, {"at": TOMORROW})).status == 403
    assert (await call("fabu")("POST", "/releases/9/move", {"at": TOMORROW})).status == 404
    past = await call("fabu")("POST", move, {"at": "2026-11-20T09:00:00+08:00"})
    assert (past.status, past.body["type"]) == (422, "urn:mingbai:problem:moment-refused")
    assert (await call("fabu")("POST", move, {})).status == 422
    assert (await call("fabu")("POST", move, {"at": "now"})).status == 200
    await house.dispatcher.settle_down()
    out = await call("fabu")("POST", move, {"at": TOMORROW})
    assert (out.status, out.body["type"]) == (409, "urn:mingbai:problem:not-releasable")
    assert "不能改期" in out.body["detail"]


async def test_a_caller_sends_late(browser: Any, house: Any, clock: Any, call: Any) -> None:
    await late(browser, house, clock)
    listed = (await call("fabu")("GET", "/deliveries?state=held")).body["items"]
    assert [item["choices"] for item in listed] == [["publish_late"]]
    decide = f"/deliveries/{listed[0]['id']}/decide"
    assert (await call("nigao")("POST", decide, {"choice": "publish_late", "reason": "仍需公开"})).status == 403
    assert (await call("guanli")("POST", decide, {"choice": "publish_late", "reason": "仍需公开"})).status == 403
    assert (await call("fabu")("POST", decide, {"choice": "publish_late"})).status == 422
    assert (await call("fabu")("POST", decide, {"choice": "send_again", "reason": "没有看到"})).status == 422
    wrong = await call("fabu")("POST", decide, {"choice": "try_again", "reason": "已补认证"})
    assert (wrong.status, wrong.body["type"]) == (409, "urn:mingbai:problem:decision-refused")
    key = {"Idempotency-Key": "late"}
    for _ in range(2):
        told = await call("fabu")("POST", decide, {"choice": "publish_late", "reason": "仍需公开"}, headers=key)
        assert (told.status, told.body["state"]) == (200, "pending")
    await house.dispatcher.settle_down()
    assert (await Delivery.get()).state == "published"
    assert await AuditRecord.filter(verb="delivery.decide.pending").count() == 1


async def test_a_caller_tries_again_what_was_refused(browser: Any, house: Any, call: Any) -> None:
    house.wechat.outcome = ChannelRefused("接口权限不足", remedy="请在公众平台确认已认证")
    publisher = await planned(browser, "portal", "wechat")
    await publisher.post("/console/releases/1/move", {"when": "now"})
    await house.dispatcher.settle_down()
    row = await Delivery.get(state="failed")
    house.wechat.outcome = None
    told = await call("zhongshen")(
        "POST", f"/deliveries/{row.id}/decide", {"choice": "try_again", "reason": "已补认证"}
    )
    assert (told.status, told.body["state"]) == (200, "pending")
    await house.dispatcher.settle_down()
    assert (await Delivery.get(id=row.id)).state == "published"
    assert (await call("fabu")("POST", "/deliveries/99/decide", {"choice": "try_again", "reason": "x"})).status == 404

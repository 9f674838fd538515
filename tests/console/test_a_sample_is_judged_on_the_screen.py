"""质检 on the screen: an officer draws and judges, his own cases are left to others, what is gone is said to be gone; and the
API answers cases by the same rules as the desk."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.trail import Trail
from bot.records import InboundMessage
from casework.case import Kind, Opening
from casework.desk import CaseDesk
from casework.intake import Intake
from casework.numbering import number_of
from casework.records import CaseMessage, CitizenCase
from casework.sample import bounds
from casework.sampling_records import QualityItem
from disclosures.workdays import WorkingDays
from staff.person import Person
from tests.console.conftest import Browser, Caller, House

WEEK = date(2026, 11, 16)
IN_IT = bounds(WEEK)[0] + timedelta(days=2, hours=10)
HERE = "/console/quality"
PASSED = dict.fromkeys(("accurate", "grounded", "manner", "in_time", "routed"), "passed")
days, key = WorkingDays(), "k" * 32


@pytest.fixture
async def people(house: House) -> dict[str, Person]:
    await house.staff("chengban", "handler", "何承办")
    await house.staff("gongkai", "officer", "林公开")
    await house.staff("shuangxiang", "handler,officer", "双岗")
    return house.people


async def opened(house: House, place: int = 1) -> str:
    at = house.clock.moment
    number = number_of(at.date(), place)
    async with in_transaction() as connection:
        opening = Opening(
            number=number, kind=Kind.APPEAL, channel="wechat", sender=f"o{place}", question="路灯坏了", unit="区住建局",
            asked_at=at, opened_at=at,
        )  # fmt: skip
        await Intake(trail=Trail(), working_days=days, key=key).open(connection, opening)
    return number


async def closed(house: House, by: Person, place: int = 1) -> str:
    """A case that was answered and closed in the week that is drawn."""
    desk, number = CaseDesk(clock=house.clock, trail=Trail(), working_days=days, key=key), await opened(house, place)
    await desk.take(number, by=by)
    await desk.reply(number, "已派人去修。", by=by)
    await desk.close(number, outcome="done", by=by)
    await CitizenCase.filter(number=number).update(closed_at=IN_IT)
    return number


async def signed_in(browser: Callable[[], Browser], name: str, path: str = HERE) -> Browser:
    mine = browser()
    await mine.sign_in(name)
    assert await mine.get(path) == 200, mine.text[:300]
    return mine


async def test_an_officer_draws_and_judges_and_sees_what_it_adds_up_to(
    people: dict[str, Person], house: House, browser: Callable[[], Browser]
) -> None:
    number = await closed(house, people["chengban"])
    await InboundMessage.create(
        key="k", channel="weibo", sender="w", kind="text", text="社保卡怎么办", received_at=IN_IT, answered_at=IN_IT,
        reply={"text": "带身份证到镇上办。"}, entry_id="faq-1", owner="",
    )  # fmt: skip
    officer = await signed_in(browser, "gongkai")
    assert "还没有抽样" in officer.text
    assert await officer.post(f"{HERE}/draw", {"week": "2026-11-23"}) == 422, "the week is not over"
    assert await officer.post(f"{HERE}/draw", {"week": WEEK.isoformat()}) == 200
    for words in (number, "区住建局", "待评 2", "随机数种子"):
        assert words in officer.text, words
    case, talk = await QualityItem.get(kind="case"), await QualityItem.get(kind="talk")
    await officer.get(f"{HERE}/{case.id}")
    for words in ("已派人去修。", "时限", "承办员"):
        assert words in officer.text, words
    await officer.get("/console/")
    assert "2 件样本等待评定" in officer.text
    await officer.get(f"{HERE}/{case.id}")
    # Nothing that was chosen is lost when something is missing.
    faulty = {**PASSED, "manner": "fault", "version": "0"}
    assert await officer.post(f"{HERE}/{case.id}/judge", faulty) == 422
    assert "有不合格的，请写明" in officer.text
    assert 'name="manner" value="fault" required checked' in officer.text
    assert await officer.post(f"{HERE}/{case.id}/judge", {**faulty, "remark": "没有说何时修好", "then": "next"}) == 200
    assert officer.url.split("?")[0].endswith(f"{HERE}/{talk.id}"), "on to the next"
    for words in ("社保卡怎么办", "带身份证到镇上办。", "出自知识条目 faq-1"):
        assert words in officer.text, words
    assert "in_time" not in officer.text, "the bot has no deadline"
    assert await officer.post(f"{HERE}/{talk.id}/judge", {**PASSED, "version": "0"}) == 200
    for words in ("80%", "100%", "不足 5 件", "机器人（微博）", "态度：不合格", '<svg class="chart"'):
        assert words in officer.text, words


async def test_nobody_judges_his_own_and_what_is_gone_is_not_judged(
    people: dict[str, Person], house: House, browser: Callable[[], Browser]
) -> None:
    await closed(house, people["shuangxiang"])
    own = await signed_in(browser, "shuangxiang")
    await own.post(f"{HERE}/draw", {"week": WEEK.isoformat()})
    assert "您办理过，由其他同志评定" in own.text
    item = await QualityItem.get()
    await own.get(f"{HERE}/{item.id}")
    assert 'id="judge"' not in own.text
    assert await own.post(f"{HERE}/{item.id}/judge", {**PASSED, "version": "0"}) == 422
    assert (await QualityItem.get()).state == "open"
    await CaseMessage.all().delete()
    officer = await signed_in(browser, "gongkai", f"{HERE}/{item.id}")
    assert "已按规定删除" in officer.text
    assert await officer.post(f"{HERE}/{item.id}/void", {"reason": " ", "version": "0"}) == 422
    assert await officer.post(f"{HERE}/{item.id}/void", {"reason": "内容已删除", "version": "0"}) == 200
    assert (await QualityItem.get()).state == "void"


async def test_whoever_may_not_judge_sees_no_sample(people: dict[str, Person], browser: Callable[[], Browser]) -> None:
    mine = await signed_in(browser, "chengban", "/console/cases")
    assert await mine.get(HERE) == 403
    assert await mine.post(f"{HERE}/draw", {"week": WEEK.isoformat()}) == 403
    assert await mine.post(f"{HERE}/1/judge", PASSED) == 403
    officer = await signed_in(browser, "gongkai")
    assert await officer.get(f"{HERE}/999") == 404


async def test_the_api_takes_answers_and_closes_by_the_same_rules(
    people: dict[str, Person], house: House, call: Callable[[str], Caller]
) -> None:
    handler, number = call("chengban"), await opened(house)
    listed = await handler("GET", "/cases?state=waiting")
    assert [(each["number"], each["light"]) for each in listed.body["items"]] == [(number, "green")]
    assert (await handler("GET", "/cases?state=bad")).status == 422
    assert (await call("nigao")("GET", "/cases")).status == 403
    assert (await handler("GET", "/cases/20261123-0009-9")).status == 404
    once: dict[str, Any] = {"headers": {"Idempotency-Key": "take-1"}}
    assert (await handler("POST", f"/cases/{number}/take", {}, **once)).body["state"] == "open"
    assert (await handler("POST", f"/cases/{number}/take", {}, **once)).status == 200
    taken = await call("shuangxiang")("POST", f"/cases/{number}/take", {})
    assert (taken.status, "何承办" in taken.body["detail"]) == (409, True)
    assert (await handler("POST", f"/cases/{number}/close", {"outcome": "done"})).status == 409
    personal = await handler("POST", f"/cases/{number}/reply", {"text": "请打13912345678"})
    assert (personal.status, personal.body["errors"][0]["field"]) == (422, "text")
    assert (await handler("POST", f"/cases/{number}/reply", {"text": "长" * 600})).status == 422
    once = {"headers": {"Idempotency-Key": "reply-1"}}
    for _ in range(2):
        answered = await handler("POST", f"/cases/{number}/reply", {"text": "已派人去修。"}, **once)
        assert (answered.status, answered.body["state"]) == (200, "answered")
    assert [line["text"] for line in answered.body["lines"] if line["side"] == "handler"] == ["已派人去修。"]
    ended = await handler("POST", f"/cases/{number}/close", {"outcome": "done"})
    assert (ended.body["state"], ended.body["outcome"]) == ("closed", "done")

"""质检: the draw is random, repeatable and fair to small units; it is made once; nobody judges his own case."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from audit.records import AuditRecord
from audit.trail import Trail
from bot.records import InboundMessage
from bot.sampled import conversations, said_in
from casework.sample import (
    HANDFUL,
    Candidate,
    Judged,
    Kind,
    Mark,
    bounds,
    drawn,
    load_plan,
    population_mark,
    score,
    week_of,
    wrong_marks,
)
from casework.sampling import DONE, MACHINE, OPEN, VOID, Sampling
from casework.sampling_errors import ItemUnknown, JudgementInvalid, JudgementRefused, WeekRefused
from casework.sampling_records import QualityDraw, QualityItem
from staff.errors import NotAllowed
from staff.person import Person
from staff.roles import Role

WEEK = date(2026, 11, 16)
IN_IT = bounds(WEEK)[0] + timedelta(hours=30)
PASSED = {one.key: str(Mark.PASSED) for one in load_plan().of(Kind.CASE)}


def person(number: int, role: Role = Role.OFFICER) -> Person:
    return Person(account_id=number, name=f"p{number}", display_name=f"p{number}", unit="", roles=frozenset({role}))


def case(ref: int, unit: str, channel: str = "wechat", hands: frozenset[int] = frozenset()) -> Candidate:
    at = IN_IT + timedelta(minutes=ref)
    return Candidate(kind=Kind.CASE, ref=ref, label=f"N{ref}", channel=channel, unit=unit, at=at, hands=hands)


def house(clock: Any, candidates: Sequence[Candidate]) -> Sampling:
    async def cases(since: datetime, until: datetime) -> Sequence[Candidate]:
        return [one for one in candidates if since <= one.at < until]

    populations = {Kind.CASE: cases, Kind.TALK: conversations}
    return Sampling(clock=clock, trail=Trail(), plan=load_plan(), populations=populations)


def test_the_same_seed_draws_the_same_whatever_the_order() -> None:
    everybody = [case(ref, f"单位{ref % 4}", "weibo" if ref % 3 else "wechat") for ref in range(200)]
    first = drawn(everybody, size=12, seed="s")
    shuffled = random.Random(1).sample(everybody, len(everybody))
    assert drawn(shuffled, size=12, seed="s") == first
    assert drawn(everybody, size=12, seed="t") != first
    assert population_mark(shuffled) == population_mark(everybody) != population_mark(everybody[1:])


def test_every_stratum_is_looked_at_and_the_large_ones_more_often() -> None:
    everybody = [case(ref, "大") for ref in range(90)] + [case(100, "小"), case(101, "中"), case(102, "中")]
    found = Counter(one.unit for one in drawn(everybody, size=10, seed="s"))
    assert found["小"] == 1
    assert found["中"] == 1
    assert found["大"] == 8


@pytest.mark.parametrize("size", [0, 1, 3, 7, 50, 500])
def test_never_more_than_was_asked_for_and_never_twice(size: int) -> None:
    everybody = [case(ref, f"单位{ref % 9}") for ref in range(60)]
    found = drawn(everybody, size=size, seed="s")
    assert len(found) == min(size, 60) == len({one.ref for one in found})


def test_every_candidate_can_be_drawn() -> None:
    everybody = [case(ref, "一") for ref in range(20)]
    seen = Counter(one.ref for seed in range(200) for one in drawn(everybody, size=5, seed=str(seed)))
    assert len(seen) == 20
    assert all(20 < times < 90 for times in seen.values()), seen


def test_a_judgement_is_complete_and_says_what_is_wrong() -> None:
    plan = load_plan()
    assert not wrong_marks(plan, Kind.CASE, PASSED, "")
    assert set(wrong_marks(plan, Kind.CASE, {**PASSED, "accurate": "好"}, "")) == {"accurate"}
    assert set(wrong_marks(plan, Kind.CASE, {**PASSED, "manner": "fault"}, " ")) == {"remark"}
    assert set(wrong_marks(plan, Kind.CASE, dict.fromkeys(PASSED, "none"), "")) == {"remark"}
    assert "in_time" not in {one.key for one in plan.of(Kind.TALK)}, "the bot has no deadline"


def test_few_judgements_are_called_few() -> None:
    one = Judged(
        week=WEEK, kind=Kind.CASE, group="一", marks={"accurate": "passed", "manner": "fault", "routed": "none"}
    )
    found = score([one] * (HANDFUL - 1))
    assert (found.share, found.few, dict(found.faults)) == (50, True, {"manner": HANDFUL - 1})
    assert not score([one] * HANDFUL).few
    assert score([]).share is None


async def test_the_machine_draws_last_week_once_and_the_trail_says_so(any_database: str, clock: Any) -> None:
    sampling = house(clock, [case(ref, "区民政局", hands=frozenset({7})) for ref in range(30)])
    assert week_of(clock.moment) == WEEK + timedelta(days=7)
    draws = await asyncio.gather(sampling.weekly(), sampling.weekly())
    assert await sampling.weekly() is None
    assert await QualityDraw.all().count() == 1
    made = next(each for each in draws if each is not None)
    assert (made.week, made.drawn_by, made.populations) == (WEEK, MACHINE.name, {"case": 30, "talk": 0})
    items = await sampling.items(WEEK)
    assert len(items) == load_plan().sizes["case"]
    told = await AuditRecord.filter(verb="quality.drawn").get()
    assert told.detail["seed"] == made.seed
    again = drawn([case(ref, "区民政局") for ref in range(30)], size=10, seed=made.seed)
    assert [one.ref for one in again] == sorted(item.ref for item in items)


async def test_only_an_officer_draws_and_only_weeks_that_are_over(database: str, clock: Any) -> None:
    sampling = house(clock, [])
    with pytest.raises(NotAllowed):
        await sampling.draw(person(1, Role.HANDLER), WEEK)
    for week in (WEEK + timedelta(days=7), WEEK + timedelta(days=1), WEEK - timedelta(weeks=20)):
        with pytest.raises(WeekRefused):
            await sampling.draw(person(1), week)
    assert (await sampling.draw(person(1), WEEK)).drawn_by == "p1"


async def test_nobody_judges_his_own_case_or_over_anothers_judgement(any_database: str, clock: Any) -> None:
    sampling = house(clock, [case(1, "一", hands=frozenset({7}))])
    await sampling.weekly()
    item = (await sampling.items(WEEK))[0]
    assert (await sampling.to_judge(person(7)), await sampling.to_judge(person(8))) == (0, 1)
    assert await sampling.to_judge(person(8, Role.HANDLER)) == 0
    with pytest.raises(JudgementRefused, match="办理过"):
        await sampling.judge(person(7), item.id, marks=PASSED, remark="", version=0)
    with pytest.raises(NotAllowed):
        await sampling.judge(person(8, Role.HANDLER), item.id, marks=PASSED, remark="", version=0)
    with pytest.raises(ItemUnknown):
        await sampling.judge(person(8), item.id + 1, marks=PASSED, remark="", version=0)
    with pytest.raises(JudgementInvalid):
        await sampling.judge(person(8), item.id, marks={**PASSED, "manner": "fault"}, remark="", version=0)
    faulty = {**PASSED, "manner": "fault"}
    done = await sampling.judge(person(8), item.id, marks=faulty, remark="电话 13812345678 也写进去了", version=0)
    assert (done.state, done.remark) == (DONE, "电话 138****5678 也写进去了")
    with pytest.raises(JudgementRefused, match="p8"):
        await sampling.judge(person(9), item.id, marks=PASSED, remark="", version=1)
    with pytest.raises(JudgementRefused, match="刷新"):
        await sampling.judge(person(8), item.id, marks=PASSED, remark="", version=0)
    assert (await sampling.void(person(8), item.id, reason="内容已删除", version=1)).state == VOID
    assert await AuditRecord.filter(verb__in=["quality.judged", "quality.void"]).count() == 2
    assert (await sampling.results({})).groups == ()


async def test_results_are_by_week_and_by_unit(database: str, clock: Any) -> None:
    sampling = house(clock, [case(1, "一"), case(2, ""), case(3, "一")])
    await sampling.weekly()
    for item in await sampling.items(WEEK):
        marks = {**PASSED, "manner": "fault"} if item.ref == 3 else PASSED
        await sampling.judge(person(8), item.id, marks=marks, remark="话说得生硬", version=0)
    found = await sampling.results({"wechat": "微信"})
    assert [(each.name, each.score.items, each.score.share) for each in found.groups] == [
        ("一", 2, 90), ("未定单位", 1, 100),
    ]  # fmt: skip
    ((week, scores),) = found.weeks
    assert (week, scores[Kind.CASE].items, scores[Kind.TALK].items) == (WEEK, 3, 0)


async def _message(sender: str, at: datetime, text: str = "问", kind: str = "text") -> InboundMessage:
    number = await InboundMessage.all().count()
    return await InboundMessage.create(
        key=f"k{number}", channel="wechat", sender=sender, kind=kind, text=text, received_at=at, answered_at=at,
        reply={"text": "答"}, entry_id="faq-1",
    )  # fmt: skip


async def test_a_conversation_ends_with_half_an_hour_of_silence(any_database: str, clock: Any) -> None:
    begins, _ = bounds(WEEK)
    await _message("a", begins - timedelta(minutes=5))
    await _message("a", begins + timedelta(minutes=5), "接着上周的")
    first = await _message("b", IN_IT, "第一句")
    await _message("c", IN_IT, kind="subscribe")
    await _message("b", IN_IT + timedelta(minutes=20), "第二句")
    second = await _message("b", IN_IT + timedelta(hours=2), "另一件事")
    await _message("", IN_IT)
    found = await conversations(*bounds(WEEK))
    assert [one.ref for one in found] == [first.id, second.id]
    said = await said_in(first.id)
    assert [(one.side, one.text) for one in said] == [
        ("citizen", "第一句"), ("bot", "答"), ("citizen", "第二句"), ("bot", "答"),
    ]  # fmt: skip
    assert said[1].entry_id == "faq-1"


async def test_what_a_citizen_wrote_is_not_kept_in_the_sample(database: str, clock: Any) -> None:
    await _message("b", IN_IT, "我家在河口镇")
    sampling = house(clock, [])
    await sampling.weekly()
    (item,) = await sampling.items(WEEK)
    assert (item.kind, item.state) == (Kind.TALK, OPEN)
    assert len(await said_in(item.ref)) == 2
    await InboundMessage.filter(sender="b").delete()  # He unfollows.
    assert await said_in(item.ref) == ()
    assert "河口镇" not in str((await QualityItem.all().values())[0])

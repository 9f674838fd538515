"""Invariant 2 and crash-point row 22: whoever sets the clock, by whatever, while we run or not: 0 early, 0 lost, 0 twice."""

from datetime import timedelta
from typing import Any

import pytest

from audit.records import AuditRecord
from publishers.records import Incident
from scheduler.steadiness import Steadiness

STEPS = [3600, -3600, 30, -30]


def effects_of(house: Any) -> list[Any]:
    return [*house.portal.effects, *house.platform.effects]


async def test_without_a_step_a_release_goes_out_at_its_moment(lonely: Any) -> None:
    due = lonely.clock.true + timedelta(seconds=20)
    await lonely.planned(due)
    await lonely.run(40)
    assert [len(lonely.portal.effects), len(lonely.platform.effects)] == [1, 1]
    assert all(timedelta() <= effect - due <= timedelta(seconds=2) for effect in effects_of(lonely))
    assert await Incident.all().count() == 0


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_while_running_stops_the_sending_until_the_clock_is_set_back(lonely: Any, step: int) -> None:
    house = lonely
    due = house.clock.true + timedelta(seconds=25)
    await house.planned(due)
    await house.run(5)
    house.clock.step(step)
    await house.run(40)
    assert effects_of(house) == [], "nothing goes out by a clock that is in doubt"
    (incident,) = await house.open()
    assert incident.times == 1, "one incident, not one each second"
    assert ("快了" if step > 0 else "慢了") in incident.message
    assert "chrony" in incident.remedy
    assert "mingbai clock accept" in incident.remedy
    back = house.clock.true
    house.clock.step(-step)
    await house.run(3)
    assert [len(house.portal.effects), len(house.platform.effects)] == [1, 1]
    assert all(back < effect <= back + timedelta(seconds=2) for effect in effects_of(house))
    assert await house.open() == []


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_and_back_before_the_moment_changes_nothing(lonely: Any, step: int) -> None:
    house = lonely
    due = house.clock.true + timedelta(seconds=60)
    await house.planned(due)
    await house.run(5)
    house.clock.step(step)
    await house.run(10)
    house.clock.step(-step)
    await house.run(60)
    assert [len(house.portal.effects), len(house.platform.effects)] == [1, 1]
    assert all(timedelta() <= effect - due <= timedelta(seconds=2) for effect in effects_of(house))


@pytest.mark.parametrize("step", STEPS)
async def test_witnesses_who_agree_with_the_new_time_let_the_sending_go_on(witnessed: Any, step: int) -> None:
    """The clock was wrong from the beginning, and nobody could be asked; then somebody sets it right."""
    house = witnessed
    house.clock.step(-step)
    for witness in house.witnesses:
        witness.away = True
    await house.run(5)
    house.clock.step(step)
    await house.run(20)
    assert len(await house.open()) == 1
    for witness in house.witnesses:
        witness.away = False
    await house.run(12)
    assert await house.open() == []
    due = house.clock.true + timedelta(seconds=30)
    await house.planned(due)
    await house.run(40)
    assert [len(house.portal.effects), len(house.platform.effects)] == [1, 1]
    assert all(timedelta() <= effect - due <= timedelta(seconds=2) for effect in effects_of(house))


@pytest.mark.parametrize(
    ("first", "second", "moved"),
    [
        ("errs", "errs", True),
        ("errs", "right", False),
        ("errs", "away", False),
        ("right", "right", False),
        ("right", "away", False),
        ("away", "away", False),
    ],
)
async def test_two_witnesses_must_agree_when_there_are_two(
    witnessed: Any, first: str, second: str, moved: bool
) -> None:
    """Whoever errs here confirms the clock that was set wrong: one of two is not enough for that."""
    house = witnessed
    await house.run(3)
    await house.planned(house.clock.true + timedelta(minutes=10))
    house.clock.step(605)
    for witness, does in zip(house.witnesses, (first, second), strict=True):
        witness.away, witness.wrong_by = does == "away", 605 if does == "errs" else 0
    await house.run(60)
    assert bool(effects_of(house)) is moved
    assert sum(witness.asked for witness in house.witnesses) <= 2 * 8, "they are asked now and then, not each second"


async def test_a_person_may_answer_for_the_new_time(lonely: Any) -> None:
    house = lonely
    await house.run(3)
    release = await house.planned(house.clock.true + timedelta(minutes=10))
    await house.answered_for()
    house.clock.step(605)
    await house.run(5)
    assert effects_of(house) == [], "an answer from before the step is about another time"
    await house.answered_for()
    await house.run(3)
    assert await house.states(release) == {"portal": "published", "wechat": "published"}
    assert await house.open() == []
    assert (await AuditRecord.filter(verb="clock.accept").order_by("-id").first()).detail["reason"]  # type: ignore[union-attr]


async def test_an_old_answer_does_not_count_for_what_the_clock_shows_later(lonely: Any) -> None:
    house = lonely
    await house.run(3)
    await house.planned(house.clock.true + timedelta(minutes=10))
    house.clock.step(3600)
    await house.run(2)
    await house.answered_for()
    house.clock.step(3600)
    await house.run(5)
    assert effects_of(house) == []
    assert len(await house.open()) == 1


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_while_nobody_ran_is_found_by_the_witnesses(witnessed: Any, step: int) -> None:
    house = witnessed
    await house.run(3)
    due = house.clock.true + timedelta(seconds=45)
    await house.planned(due)
    house.clock.advance(10)
    house.clock.step(step)
    house.restart()
    await house.run(20)
    assert effects_of(house) == []
    (incident,) = await house.open()
    assert "服务器" in incident.message
    house.clock.step(-step)
    await house.run(45)
    assert [len(house.portal.effects), len(house.platform.effects)] == [1, 1]
    assert all(timedelta() <= effect - due <= timedelta(seconds=2) for effect in effects_of(house))


@pytest.mark.parametrize("step", [-3600, -30])
async def test_a_clock_that_went_back_while_nobody_ran_is_before_the_newest_record(lonely: Any, step: int) -> None:
    house = lonely
    await house.run(3)
    due = house.clock.true + timedelta(seconds=20)
    await house.planned(due)
    house.clock.advance(5)
    house.clock.step(step)
    house.restart()
    await house.run(10)
    assert effects_of(house) == []
    (incident,) = await house.open()
    assert "比最近一次操作的记录还早" in incident.message
    await house.run(40)
    assert effects_of(house) == [], "that time goes by makes a wrong clock no better"
    house.clock.step(-step)
    await house.run(3)
    assert [len(house.portal.effects), len(house.platform.effects)] == [1, 1]
    assert await house.open() == []


async def test_a_clock_that_was_ahead_and_was_set_right_while_nobody_ran_wants_an_answer(lonely: Any) -> None:
    house = lonely
    house.clock.step(3600)
    await house.run(3)
    await house.planned(house.clock.shown + timedelta(hours=2))
    house.clock.step(-3600)
    house.restart()
    await house.run(5)
    assert len(await house.open()) == 1
    await house.answered_for()
    await house.run(2)
    assert await house.open() == []
    house.restart()
    await house.run(2)
    assert await house.open() == [], "who answered once is not asked again at the next start"


async def test_a_new_start_is_no_way_round_a_doubt(lonely: Any) -> None:
    house = lonely
    await house.run(3)
    release = await house.planned(house.clock.true + timedelta(minutes=10))
    house.clock.step(3600)
    await house.run(3)
    house.restart()
    await house.run(20)
    assert effects_of(house) == []
    assert len(await house.open()) == 1
    house.clock.step(-3600)
    await house.answered_for()
    await house.run(600)
    assert await house.states(release) == {"portal": "published", "wechat": "published"}


async def test_reading_goes_on_while_the_clock_is_in_doubt(lonely: Any) -> None:
    house = lonely
    house.platform.running = True
    release = await house.planned(house.clock.true + timedelta(seconds=5))
    later = await house.planned(house.clock.true + timedelta(seconds=40))
    await house.run(10)
    assert (await house.states(release))["wechat"] == "submitted"
    house.clock.step(3600)
    await house.run(2)
    house.platform.running = False
    await house.run(60)
    assert (await house.states(release))["wechat"] == "published"
    assert await house.states(later) == {"portal": "pending", "wechat": "pending"}
    assert len(await house.open()) == 1


async def test_a_step_ends_no_lease(lonely: Any) -> None:
    """A worker that is sending when the clock jumps an hour ahead still holds its delivery."""
    house = lonely
    release = await house.planned(house.clock.true + timedelta(seconds=2), "portal")
    await house.run(1)
    house.clock.advance(2)
    assert await house.steadiness.look()
    (claim,) = await house.ledger.claim()
    house.clock.step(3600)
    assert await house.ledger.claim() == [], "nobody else takes what is being worked on"
    await house.dispatcher._work_on(claim)
    assert await house.states(release) == {"portal": "published"}


class TrapClock:
    """Steps at one chosen reading, wherever in the course of a sweep that is."""

    def __init__(self, clock: Any, *, at: int, by: float) -> None:
        self._clock, self._at, self._by = clock, at, by
        self.readings = 0

    async def now(self) -> Any:
        self.readings += 1
        if self.readings == self._at:
            self._clock.step(self._by)
        return await self._clock.now()


async def test_a_step_at_any_reading_of_the_clock_lets_nothing_out_early(lonely: Any) -> None:
    """Also between the look at the clock and the claim, the claim and the intent, the intent and the call."""
    house = lonely
    await house.planned(house.clock.true + timedelta(minutes=30))
    soon = [house.clock.true + timedelta(seconds=30 + 5 * n) for n in range(6)]
    for due in soon:
        await house.planned(due)
    await house.run(2)
    reached = 0
    for at in range(1, 60):
        trap = TrapClock(house.clock, at=at, by=3600)
        house.steadiness._clock = trap
        house.dispatcher._clock = trap
        await house.run(1)
        reached = max(reached, trap.readings)
        house.clock.set_by = 0.0
        assert len(house.portal.effects) == len([due for due in soon if due <= house.clock.true]), at
    assert reached > 6, "some sweeps really sent something under the trap"
    house.steadiness._clock = house.dispatcher._clock = house.clock
    await house.run(3)
    early = [effect for effect, due in zip(house.portal.effects, soon, strict=True) if effect < due]
    early += [effect for effect, due in zip(house.platform.effects, soon, strict=True) if effect < due]
    assert early == []
    assert len(house.portal.effects) == len(house.platform.effects) == len(soon)


async def test_small_steps_add_up(lonely: Any) -> None:
    house = lonely
    await house.run(3)
    for _ in range(2):
        house.clock.step(1.5)
        await house.run(3)
    assert len(await house.open()) == 1


async def test_a_slow_database_is_no_step(any_database: str, set_clock: Any) -> None:
    class Slow:
        async def now(self) -> Any:
            shown = set_clock.shown
            set_clock.advance(4)
            return shown

    steadiness = Steadiness(clock=Slow(), steady=set_clock.steady)
    for _ in range(20):
        set_clock.advance(60)
        assert await steadiness.look()
    set_clock.step(10)
    assert not await steadiness.look()

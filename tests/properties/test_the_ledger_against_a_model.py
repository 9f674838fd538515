"""Stateful properties of the delivery ledger (invariant 2, I1–I8): whatever happens in whatever order, nothing goes out
twice, early, unapproved or against a halt, nothing is lost, and every delivery comes to an end."""

from collections.abc import Iterator

import pytest
from hypothesis import seed
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.properties.fast_database import FastDatabase, opened_database
from tests.properties.how_many import SHARDS, STEPS, how
from tests.properties.newsroom import KEEP, POINTS, PUBLISHERS, Newsroom, watch_moves
from tests.properties.platform_model import LATEST_COMMIT, READS, SENDS

RELEASES = 3
SHORT = [0, 1, 4, 10, 31, 61]
LONG = [61, 76, 85, 95, 120, 301, 301, 700, 1900]
RACES = ["after_claim", "after_prepare", "after_drafted", "before_intent", "after_intent"]
MOVED = {"put off": 60, "bring forward": 1}
"""By how many seconds from now a release is planned anew."""
interferences = st.sampled_from(["cancel", "edit", "withdraw", "red switch", "red switch", "put off", "bring forward"])
some = st.integers(min_value=0, max_value=5)
workers = st.integers(min_value=0, max_value=1)
people = st.integers(min_value=0, max_value=len(PUBLISHERS) - 1)


class LedgerMachine(RuleBasedStateMachine):
    """The rules; what they do stands in ``Newsroom``, what is so in ``Truth``."""

    database: FastDatabase

    def __init__(self) -> None:
        super().__init__()
        self.database.reset(keep=KEEP)
        self.room = Newsroom(self.database)
        self._opened = self.room.open()
        self._opened.__enter__()
        self.disclosures: list[int] = []

    @property
    def releases(self) -> list[int]:
        return [row[0] for row in self.database.rows("SELECT id FROM release ORDER BY id")]

    # Planning

    @initialize(in_seconds=st.sampled_from([0, 5, 60]))
    def a_release_is_planned(self, in_seconds: int) -> None:
        self.another_release(in_seconds)

    @precondition(lambda self: len(self.disclosures) < RELEASES)
    @rule(in_seconds=st.sampled_from([0, 0, 5, 60, 600]))
    def another_release(self, in_seconds: int) -> None:
        self.disclosures.append(self.room.approve())
        self.room.plan(self.disclosures[-1], in_seconds)

    @precondition(lambda self: len(self.releases) < RELEASES + 2)
    @rule(which=some, in_seconds=st.sampled_from([0, 60]))
    def correct(self, which: int, in_seconds: int) -> None:
        disclosure = self.disclosures[which % len(self.disclosures)]
        self.room.approve(disclosure)
        self.room.plan(disclosure, in_seconds)

    @rule(what=interferences, which=some)
    def somebody_interferes(self, what: str, which: int) -> None:
        self._interfere(what, which)

    @rule(worker=workers, point=st.sampled_from(RACES), seconds=st.sampled_from(SHORT), what=interferences, which=some,
          later=st.sampled_from([0, 0, 20, 61]))  # fmt: skip
    def somebody_races_with_a_worker(
        self, worker: int, point: str, seconds: int, what: str, which: int, later: int
    ) -> None:
        """The worker stands at a point on its way to the intent, somebody acts, and the worker goes on (row 16)."""
        self.room.truth.advance(seconds)
        self.room.workers[worker].fault = (point, "freeze")
        self.room.sweeps(worker)
        self._interfere(what, which)
        self.room.truth.advance(later)
        for frozen in self.room.standing():
            self.room.resume(frozen, "ok")

    def _interfere(self, what: str, which: int) -> None:
        if what == "cancel":
            self.room.cancel(self.releases[which % len(self.releases)])
        elif what == "edit":
            self.room.edit(self.disclosures[which % len(self.disclosures)])
        elif what == "withdraw":
            self.room.withdraw(self.disclosures[which % len(self.disclosures)])
        elif what in MOVED:
            self.room.move(self.releases[which % len(self.releases)], MOVED[what])
        elif not self.room.truth.halted:
            self.room.halt(True)

    @precondition(lambda self: self.room.truth.halted)
    @rule()
    def the_red_switch_is_lifted(self) -> None:
        self.room.halt(False)

    # Machines

    @rule(worker=workers, wechat=st.sampled_from(SENDS), weibo=st.sampled_from(SENDS),
          seconds=st.sampled_from(SHORT), delay=st.integers(min_value=4, max_value=LATEST_COMMIT))  # fmt: skip
    def work_in_trouble(self, worker: int, wechat: str, weibo: str, seconds: int, delay: int) -> None:
        room = self.room
        room.truth.advance(seconds)
        room.wechat.send_mood, room.weibo.send_mood = wechat, weibo
        room.wechat.delay = room.weibo.delay = delay
        room.sweeps(worker)
        room.wechat.send_mood = room.weibo.send_mood = "ok"

    @rule(worker=workers, seconds=st.sampled_from(SHORT), point=st.sampled_from(POINTS),
          deed=st.sampled_from(["freeze", "kill"]))  # fmt: skip
    def work_and_be_struck(self, worker: int, seconds: int, point: str, deed: str) -> None:
        self.room.truth.advance(seconds)
        self.room.workers[worker].fault = (point, deed)
        self.room.sweeps(worker)

    @rule(worker=workers, seconds=st.sampled_from(SHORT))
    def work(self, worker: int, seconds: int) -> None:
        self.room.truth.advance(seconds)
        self.room.sweeps(worker)

    @rule(seconds=st.sampled_from(LONG))
    def nobody_works_for_a_while(self, seconds: int) -> None:
        self.room.truth.advance(seconds)

    @rule(worker=workers)
    def kill(self, worker: int) -> None:
        self.room.kill(worker)

    @precondition(lambda self: self.room.standing())
    @rule(which=some, mood=st.sampled_from([mood for mood in SENDS if mood not in {"slow", "stopped"}]))
    def a_stopped_worker_goes_on(self, which: int, mood: str) -> None:
        standing = self.room.standing()
        self.room.resume(standing[which % len(standing)], mood)

    @rule(reading=st.sampled_from(READS), removing=st.sampled_from(["truth", "away", "refused"]),
          preparing=st.sampled_from(["ok", "lost", "refused", "unavailable", "busy"]))  # fmt: skip
    def the_platforms_are_moody(self, reading: str, removing: str, preparing: str) -> None:
        for platform in (self.room.wechat, self.room.weibo):
            platform.read_mood, platform.remove_mood = reading, removing
        self.room.wechat.prepare_mood = preparing

    @precondition(lambda self: self.room.wechat.events)
    @rule(times=st.integers(min_value=0, max_value=2), worker=workers)
    def an_event_comes(self, times: int, worker: int) -> None:
        self.room.push(times=times)
        self.room.sweeps(worker)

    @rule(passed=st.integers(min_value=0, max_value=4), how=st.sampled_from(["lost", "unheard"]), worker=workers)
    def a_commit_fails(self, passed: int, how: str, worker: int) -> None:
        for _ in range(passed):
            self.database.fail_commit("passed")
        self.database.fail_commit(how)
        self.room.sweeps(worker)
        self.database.disarm()

    # People

    @precondition(lambda self: self.room.somebody_is_asked())
    @rule(which=some, person=people, second=st.none() | people)
    def a_person_decides(self, which: int, person: int, second: int | None) -> None:
        asking = self.room.asking()
        self.room.decide(asking[which % len(asking)], PUBLISHERS[person])
        if second is not None:
            for proposal in self.room.open_proposals():
                self.room.second(proposal, PUBLISHERS[second])

    @precondition(lambda self: self.room.something_is_proposed())
    @rule(which=some, person=people)
    def a_second_person_agrees_or_not(self, which: int, person: int) -> None:
        waiting = self.room.open_proposals()
        self.room.second(waiting[which % len(waiting)], PUBLISHERS[person])

    # Always

    @invariant()
    def the_invariants_hold(self) -> None:
        self.room.check()

    def teardown(self) -> None:
        try:
            self.room.comes_to_an_end()
        finally:
            self.room.end()
            self._opened.__exit__(None, None, None)


@pytest.fixture
def database() -> Iterator[FastDatabase]:
    with opened_database() as database:
        watch_moves(database)
        yield database


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_ledger_keeps_its_word_whatever_happens(database: FastDatabase, shard: int) -> None:
    machine = seed(shard)(type("LedgerMachine", (LedgerMachine,), {"database": database}))
    run_state_machine_as_test(machine, settings=how(), _min_steps=STEPS)

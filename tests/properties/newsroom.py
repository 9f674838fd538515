"""A whole publishing house of coroutines over the fast database: workers that can be stopped and killed at every named point,
people who tell the truth, and a clock that stands still until time is told to pass. The state machines play with it."""

import asyncio
import contextlib
import json
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import OperationalError

from audit.trail import GENESIS, Trail, digest
from disclosures.content import Content
from disclosures.records import Category, Disclosure, Revision, Unit
from publishers.choices import Choice, choices
from publishers.conclusion import WITHDRAWN_MEANWHILE
from publishers.decisions import Decisions
from publishers.delivering import Deliverer
from publishers.errors import PublishError
from publishers.events import PlatformEvents
from publishers.ledger import Ledger
from publishers.looking import Looking
from publishers.port import ChannelName
from publishers.proposals import Proposals
from publishers.records import Delivery, Proposal
from publishers.states import ENDED, MOVES, Patience, State
from publishers.withdrawal import Withdrawal
from scheduler.dispatcher import Dispatcher
from scheduler.errors import ScheduleError
from scheduler.timetable import Timetable
from staff.person import Person
from staff.roles import Role
from tests.properties.fast_database import FastDatabase
from tests.properties.platform_model import ModelPlatform, ModelPortal, Truth

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
KEEP = ("disclosure_unit", "disclosure_category")
PUBLISHERS = [
    Person(account_id=number, name=f"fabu{number}", display_name=f"发布员{number}", unit="", roles=frozenset({Role.PUBLISHER}))
    for number in (9, 10, 11)
]  # fmt: skip
POINTS = (
    "before_claim", "after_claim", "after_prepare", "after_drafted", "before_intent", "after_intent", "during_send",
    "after_answer", "after_submitted", "after_held", "after_event_settled", "after_refused", "after_postponed",
)  # fmt: skip
MOVED = {str(state): {str(to) for to in targets} for state, targets in MOVES.items()}
TERMINAL = {str(state) for state in ENDED}
NOTHING_OUT = {"pending", "claimed", "drafted", "failed", "cancelled", "withdrawn"}
"""In these states nothing of the delivery is to be seen by the public."""
EXPECTED = (PublishError, ScheduleError)
"""How the house says no to a person."""


class Died(asyncio.CancelledError):
    """The process was killed in the middle of a transaction, which is then as if it had never begun."""


@dataclass(slots=True)
class Frozen:
    """A coroutine of a worker that stands still: at a point, or before a request leaves."""

    worker: "Worker"
    point: str
    go_on: "asyncio.Future[str]"


class Worker:
    """One process. ``fault`` arms what happens to it at a point: ``freeze`` (SIGSTOP) or ``kill`` (SIGKILL)."""

    def __init__(self, room: "Newsroom", number: int) -> None:
        self.room = room
        self.number = number
        self.fault: tuple[str, str] | None = None
        self.alive = True
        self.tasks: set[asyncio.Task[Any]] = set()
        truth = room.truth
        self.ledger = Ledger(
            clock=truth, trail=room.trail, owner=f"worker-{number}", page_url=room.page_url, patience=room.patience,
            capabilities={name: channel.capabilities for name, channel in room.channels.items()}, reach=self.reach,
        )  # fmt: skip
        self.deliverer = Deliverer(
            ledger=self.ledger, channels=room.channels, load_file=room.load_file, clock=truth, patience=room.patience,
            after_publish=room.after_publish, reach=self.reach,
        )  # fmt: skip
        self.events = PlatformEvents(
            ledger=self.ledger, channels=room.channels, clock=truth, patience=room.patience,
            after_publish=room.after_publish, reach=self.reach,
        )  # fmt: skip
        self.dispatcher = Dispatcher(
            ledger=self.ledger, deliverer=self.deliverer, events=self.events, clock=truth,
            machine_now=lambda: truth.moment,
        )  # fmt: skip

    async def reach(self, name: str) -> None:
        if name == "after_intent":
            self.room.check_intents()
        if self.fault is None or self.fault[0] != name:
            return
        deed, self.fault = self.fault[1], None
        if self.room.database.raw.in_transaction:
            # A process that is stopped here would keep the whole database waiting; both come to the same.
            self.alive = self.alive and deed != "kill"
            raise Died
        if deed == "kill":
            self.alive = False
        await self.stand(name)

    def stand(self, point: str) -> "asyncio.Future[str]":
        frozen = Frozen(self, point, asyncio.get_running_loop().create_future())
        self.room.frozen.append(frozen)
        return frozen.go_on


class Newsroom:
    """What the rules of the state machine do. Every method ends when nothing moves any more."""

    def __init__(self, database: FastDatabase) -> None:
        self.database = database
        self.truth = Truth(START)
        self.trail = Trail()
        self.patience = Patience()
        self.wechat = ModelPlatform(self.truth, drafts=True)
        self.weibo = ModelPlatform(self.truth, drafts=False)
        self.channels: dict[ChannelName, Any] = {
            ChannelName.PORTAL: ModelPortal(self.truth),
            ChannelName.WECHAT: self.wechat,
            ChannelName.WEIBO: self.weibo,
        }
        self.frozen: list[Frozen] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._workers = 0
        self.workers = [self._worker(), self._worker()]
        self.eyes = self._worker()
        self.timetable = Timetable(
            clock=self.truth, trail=self.trail, channels=self.channels, page_url=self.page_url, ring=_quiet
        )
        looking = Looking(
            ledger=self.eyes.ledger, deliverer=self.eyes.deliverer, channels=self.channels, page_url=self.page_url
        )
        self.decisions = Decisions(clock=self.truth, trail=self.trail, ring=_quiet)
        self.proposals = Proposals(
            clock=self.truth, trail=self.trail, looking=looking, after_publish=self.after_publish, ring=_quiet
        )
        self.withdrawal = Withdrawal(
            clock=self.truth, trail=self.trail, channels=self.channels, mark_withdrawn=self._mark_withdrawn,
            mark_repealed=self._mark_withdrawn, ring=_quiet,
        )  # fmt: skip
        self._texts = 0
        self._chain = (0, GENESIS)
        self._seen_attempt = 0

    # Running

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """The house's own short waits take no time here, and a frozen worker's clock is ours."""
        with (
            patch("publishers.delivering.PAUSES", (0.0, 0.0, 0.0)),
            patch("publishers.looking._ANOTHER_LOOKS", 0.0),
            patch("publishers.ledger.steady_seconds", self.truth.steady),
            patch("publishers.fencing.steady_seconds", self.truth.steady),
        ):
            yield

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Runs until it is done or stands still; what a person is refused is no fault."""
        return self.database.run(self._do(work))

    async def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        task = self._begin(work)
        await self._settled()
        if not task.done():
            return None
        if task.cancelled():
            return None
        trouble = task.exception()
        if trouble is not None and not isinstance(trouble, (*EXPECTED, OperationalError)):
            raise trouble
        return None if trouble is not None else task.result()

    def _begin(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        return task

    async def _settled(self) -> None:
        """Until every coroutine of the house has ended or is frozen."""
        for _ in range(5000):
            mine = asyncio.current_task()
            running = [task for task in asyncio.all_tasks() if task is not mine and not task.done()]
            if len(running) <= len(self.frozen):
                break
            await asyncio.sleep(0)
        else:
            raise AssertionError(f"it never comes to rest: {running}")
        for task in [task for task in self._tasks if task.done()]:
            self._tasks.discard(task)
            if not task.cancelled():
                task.exception()

    def end(self) -> None:
        """The example is over: what is frozen or dead is swept away without a word."""
        self.database.disarm()
        self.database.run(self._end())

    async def _end(self) -> None:
        mine = asyncio.current_task()
        left = [task for task in asyncio.all_tasks() if task is not mine]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _worker(self) -> Worker:
        self._workers += 1
        return Worker(self, self._workers)

    # Machines

    def sweep(self, number: int) -> int:
        """One ring of a worker's bell; returns how many deliveries it took."""
        worker = self.workers[number]
        if not self._due():
            # A ring that finds nothing costs as much as one that does, and shows nothing.
            return 0
        for platform in (self.wechat, self.weibo):
            platform.freeze = lambda: worker.stand("before the first byte")
        taken = self.do(worker.dispatcher.sweep())
        if not worker.alive:
            self.kill(number)
        return int(taken or 0)

    def sweeps(self, number: int) -> None:
        """Rings until nothing is due any more, as the dispatcher's loop does."""
        while self.sweep(number):
            pass

    def kill(self, number: int) -> None:
        """SIGKILL: whatever it was at never goes on; another process takes its place."""
        self.frozen = [frozen for frozen in self.frozen if frozen.worker is not self.workers[number]] + [
            _never(frozen) for frozen in self.frozen if frozen.worker is self.workers[number]
        ]
        self.workers[number] = self._worker()

    def standing(self) -> list[Frozen]:
        return [frozen for frozen in self.frozen if frozen.worker in self.workers]

    def resume(self, frozen: Frozen, mood: str) -> None:
        self.frozen.remove(frozen)
        frozen.go_on.set_result(mood)
        self.do(_nothing())

    # People

    def approve(self, disclosure: int | None = None) -> int:
        """A new text that three people signed: of a new disclosure, or the correction of one."""
        self._texts += 1
        content = Content(
            title=f"通告（{self._texts}）", body_html="<p>正文</p>", department="区民政局", category="通知公告",
            formed_on=date(2026, 11, 20), index_number=f"X/{self._texts}",
        )  # fmt: skip
        return int(self.database.run(self._approve(disclosure, content)))

    async def _approve(self, disclosure: int | None, content: Content) -> int:
        now, hash_ = self.truth.moment, content.digest()
        if disclosure is None:
            unit, _ = await Unit.get_or_create(code="mzj", defaults={"name": "区民政局"})
            category, _ = await Category.get_or_create(code="tzgg", defaults={"name": "通知公告"})
            row = await Disclosure.create(
                state="approved", title=content.title, unit=unit, category=category, index_number=content.index_number,
                current_revision=1, approved_revision=1, approved_hash=hash_, author_id=1, author_name="拟稿人",
                created_at=now, updated_at=now,
            )  # fmt: skip
        else:
            row = await Disclosure.get(id=disclosure)
            row.state, row.current_revision = "approved", row.current_revision + 1
            row.approved_revision, row.approved_hash = row.current_revision, hash_
            await row.save()
        await Revision.create(
            disclosure=row, number=row.current_revision, content=content.canonical(), body_source="正文",
            body_format="markdown", content_hash=hash_, author_id=1, author_name="拟稿人", created_at=now,
        )  # fmt: skip
        self.truth.approved[row.id] = hash_
        self.truth.withdrawn.discard(row.id)
        return int(row.id)

    def edit(self, disclosure: int) -> None:
        """Somebody mends a comma: the approval falls."""
        self.truth.approved[disclosure] = None
        self.database.run(
            Disclosure.filter(id=disclosure).update(state="draft", approved_hash=None, approved_revision=None)  # type: ignore[arg-type]
        )

    def plan(self, disclosure: int, in_seconds: float) -> None:
        at = (self.truth.moment + timedelta(seconds=in_seconds)).isoformat()
        self.do(self.timetable.schedule(PUBLISHERS[0], disclosure, at=at, channels=list(self.channels)))
        self._note_moments()

    def move(self, release: int, in_seconds: float) -> None:
        at = (self.truth.moment + timedelta(seconds=in_seconds)).isoformat()
        self.do(self.timetable.move(PUBLISHERS[0], release, at=at))
        self._note_moments()

    def _note_moments(self) -> None:
        """What people decided last, for everything that nobody has begun to send: no worker's own copy counts."""
        for release, channel, due_at in self.database.rows(
            "SELECT release_id, channel, due_at FROM delivery WHERE intent_at IS NULL"
        ):
            self.truth.due[release, channel] = _moment(due_at)

    def cancel(self, release: int) -> None:
        self.do(self.timetable.cancel(PUBLISHERS[0], release))
        rows = self.database.rows("SELECT release_id, channel FROM delivery WHERE state = 'cancelled'")
        self.truth.cancelled |= {(row[0], row[1]) for row in rows}

    def withdraw(self, disclosure: int) -> None:
        self.do(self.withdrawal.withdraw(PUBLISHERS[0], disclosure, explanation="数据有误"))
        if self.database.rows("SELECT 1 FROM disclosure WHERE id = ? AND state = 'withdrawn'", [disclosure]):
            self.truth.withdrawn.add(disclosure)
            self.truth.approved[disclosure] = None

    def halt(self, on: bool) -> None:
        sql = "UPDATE halt SET open_key = NULL WHERE open_key = 'red'"
        if on:
            sql = (
                "INSERT INTO halt (kind, open_key, reason, raised_by_name, raised_at, lift_asked_by_name, lift_reason,"
                " lifted_by_name, detail) VALUES ('red', 'red', '演练', '发布员', '2026-11-23', '', '', '', '{}')"
            )
        self.database.raw.execute(sql)
        self.truth.halted = on

    def somebody_is_asked(self) -> bool:
        """Whether ``asking`` may have something; cheap."""
        return bool(
            self.database.rows(
                "SELECT 1 FROM delivery WHERE state IN ('unknown', 'held', 'failed', 'withdrawing') LIMIT 1"
            )
        )

    def something_is_proposed(self) -> bool:
        return bool(self.database.rows("SELECT 1 FROM delivery_proposal WHERE open_key IS NOT NULL LIMIT 1"))

    def asking(self) -> list[Delivery]:
        """Deliveries about which a person may decide something now, oldest first."""
        rows: list[Delivery] = self.database.run(
            Delivery.filter(state__in=["unknown", "held", "failed", "withdrawing"]).order_by("id")  # type: ignore[arg-type]
        )
        return [row for row in rows if _choices(row)]

    def decide(self, row: Delivery, person: Person, *, url: str = "") -> None:
        """One person, who has looked at the platform and says what is so."""
        offered = _choices(row)
        live = bool(self.truth.live(row.release_id, row.channel))
        if Choice.IT_IS_OUT in offered:
            choice = Choice.IT_IS_OUT if live else offered[-1]
            self.do(self._propose(row, person, choice))
        elif Choice.PUBLISH_LATE in offered:
            self.do(self.decisions.publish_late(person, row.id, reason="仍需发布"))
        elif Choice.TRY_AGAIN in offered:
            self.do(self.decisions.try_again(person, row.id, reason="原因已排除"))
        elif Choice.IT_IS_GONE in offered:
            self.truth.remove(row.release_id, row.channel)
            self.do(self.decisions.it_is_gone(person, row.id, reason="已手工删除"))

    async def _propose(self, row: Delivery, person: Person, choice: Choice) -> None:
        if choice is Choice.GIVE_UP:
            await self.proposals.give_up(person, row.release_id, reason="不再需要")
            return
        await self.proposals.look_before(row.id, choice)
        await self.proposals.propose(person, row.id, choice, reason="已在平台核对")

    def open_proposals(self) -> list[Proposal]:
        found: list[Proposal] = self.database.run(Proposal.exclude(open_key=None).order_by("id"))  # type: ignore[arg-type]
        return found

    def second(self, proposal: Proposal, person: Person) -> None:
        """The second person looks at the platform too, and agrees or not."""
        (row,) = self.database.rows("SELECT release_id, channel FROM delivery WHERE id = ?", [proposal.delivery_id])
        live = bool(self.truth.live(row[0], row[1]))
        agrees = live is (proposal.choice == Choice.IT_IS_OUT)
        self.do(self._second(proposal, person, agrees))

    async def _second(self, proposal: Proposal, person: Person, agrees: bool) -> None:
        number = proposal.delivery_id
        if not agrees:
            await self.proposals.refuse(person, number, remark="与平台不符", proposal_id=proposal.id)
            return
        await self.proposals.look_after(person, number)
        await self.proposals.confirm(person, number, proposal_id=proposal.id)

    # Events

    def push(self, *, times: int) -> None:
        """The platform tells how the oldest submission ended; 0 times: it is lost."""
        if not self.wechat.events:
            return
        event = self.wechat.events.pop(0)
        for _ in range(times):
            self.do(self.eyes.events.keep("wechat", "PUBLISHJOBFINISH", event["media_id"], dict(event)))

    # What must always be so

    def check_intents(self) -> None:
        """Every intent that was committed since the last look was allowed at its moment."""
        for row in self.database.rows(
            "SELECT a.id, d.disclosure_id, d.release_id, d.content_hash, d.channel FROM delivery_attempt a"
            " JOIN delivery d ON d.id = a.delivery_id WHERE a.verb = 'send' AND a.id > ?", [self._seen_attempt]
        ):  # fmt: skip
            self._seen_attempt = row[0]
            self.truth.may_go_out(row[1], row[2], row[4], row[3])

    def check(self) -> None:
        """The invariants, over what is committed."""
        self.check_intents()
        assert not self.truth.wrong, "; ".join(self.truth.wrong)
        assert not self.database.wrong_moves, f"no move of the ledger: {self.database.wrong_moves}"
        sends = dict(
            tuple(row)
            for row in self.database.rows(
                "SELECT delivery_id, count(*) FROM delivery_attempt WHERE verb = 'send' GROUP BY delivery_id"
            )
        )
        for row in self.database.rows(
            "SELECT id, release_id, channel, state, next_at, lease_until, intent_at, facts FROM delivery"
        ):
            self._check_row(row, sends.get(row[0], 0))
        self._check_chain()

    def _check_row(self, row: Any, sends: int) -> None:
        number, release, channel, state, next_at, _, intent_at, facts = row
        assert self.truth.left[number] <= sends, f"delivery {number}: a request left without a recorded intent"
        if channel == ChannelName.PORTAL:
            page = self.database.rows("SELECT 1 FROM portal_page WHERE release_id = ? AND state = 'live'", [release])
            assert not (page and state in NOTHING_OUT), f"the page is out and its delivery is {state}"
        else:
            live = self.truth.live(release, channel)
            assert len(live) <= 1
            assert not (live and state in NOTHING_OUT), f"it is out on {channel} and its delivery is {state}"
            assert state != "published" or self.truth.ever(release, channel), f"{channel} shows nothing: lost"
        if state not in TERMINAL and next_at is None:
            withdrawn = WITHDRAWN_MEANWHILE in facts
            offered = choices(State(state), sent=intent_at is not None, withdrawn=withdrawn)
            assert offered, f"delivery {number} is {state}, and neither the machine nor a person will ever move it"

    def _check_chain(self) -> None:
        last, mark = self._chain
        for row in self.database.rows("SELECT * FROM audit_record WHERE id > ? ORDER BY id", [last]):
            assert row["id"] == last + 1, "the trail has a gap"
            assert row["previous_hash"] == mark
            mark = digest(
                record_id=row["id"], at=_moment(row["at"]), actor=(row["actor_kind"], row["actor_name"]),
                verb=row["verb"], subject=row["subject"], detail=_json(row["detail"]), previous_hash=mark,
            )  # fmt: skip
            assert row["hash"] == mark, "a record of the trail is not what its hash says"
            last = row["id"]
        self._chain = (last, mark)

    # The end

    def comes_to_an_end(self) -> None:
        """The faults stop and time goes by: every delivery ends, or waits for a person who then decides."""
        self.database.disarm()
        self.halt(False)
        for number in range(len(self.workers)):
            self.kill(number)
        for platform in (self.wechat, self.weibo):
            platform.send_mood, platform.prepare_mood, platform.read_mood, platform.remove_mood = (
                "ok",
                "ok",
                "truth",
                "truth",
            )
        for seconds in (61, 76, 301, 1801, 7200, 86400):
            if not self._open():
                break
            self.truth.advance(seconds)
            self._work()
        for number, state, portal in self._open():
            asks = state in {"held", "withdrawing"} or (state == "pending" and portal == "held")
            assert asks, f"delivery {number} is still {state} after a day without faults, its page {portal}"
        self._people_finish()
        self.check()
        self.database.run(self.trail.verify())

    def _people_finish(self) -> None:
        for _ in range(6):
            waiting = [row for row in self.asking() if row.state != "failed"]
            if not waiting:
                break
            for row in waiting:
                if row.intent_at is None and self.truth.approved.get(row.disclosure_id) != row.content_hash:
                    self.cancel(row.release_id)
                else:
                    self.decide(row, PUBLISHERS[0])
            self.truth.advance(30)
            for proposal in self.open_proposals():
                self.second(proposal, PUBLISHERS[1 if proposal.proposed_by_id == PUBLISHERS[0].account_id else 0])
            self.truth.advance(90)
            self._work()
        left = [tuple(row) for row in self._open()]
        assert left == [], "two persons and a working machine cannot end it"
        withdrawn = self.database.rows("SELECT release_id, channel, disclosure_id FROM delivery")
        for release, channel, disclosure in withdrawn:
            if disclosure in self.truth.withdrawn:
                assert not self.truth.live(release, channel), "withdrawn, and still to be seen"

    def _open(self) -> list[Any]:
        marks = ", ".join(f"'{state}'" for state in sorted(TERMINAL))
        return self.database.rows(
            "SELECT d.id, d.state, p.state FROM delivery d"
            " JOIN delivery p ON p.release_id = d.release_id AND p.channel = 'portal'"
            f" WHERE d.state NOT IN ({marks})"
        )

    def _work(self) -> None:
        for _ in range(20):
            self.sweeps(0)
            self.truth.advance(4)
            if not self._due():
                break

    def _due(self) -> bool:
        now = self.truth.moment.isoformat(sep=" ")
        return bool(
            self.database.rows(
                "SELECT 1 FROM delivery WHERE next_at <= ? AND (lease_until IS NULL OR lease_until <= ?)"
                " UNION ALL SELECT 1 FROM platform_event WHERE matched_at IS NULL LIMIT 1", [now, now]
            )
        )  # fmt: skip

    # What the parts ask of the house

    def page_url(self, disclosure: int) -> str:
        return f"https://www.example.gov.cn/d/{disclosure}"

    async def load_file(self, sha256: str) -> bytes:
        return b""

    async def after_publish(self, connection: BaseDBAsyncClient, row: Delivery, now: datetime) -> None:
        await Disclosure.filter(id=row.disclosure_id).using_db(connection).update(state="released", released_at=now)

    async def _mark_withdrawn(
        self, connection: BaseDBAsyncClient, person: Person, disclosure: int, explanation: str, now: datetime
    ) -> None:
        rows = Disclosure.filter(id=disclosure).using_db(connection)
        await rows.update(
            state="withdrawn", withdrawn_at=now, explanation=explanation, approved_hash=None, approved_revision=None
        )


def watch_moves(database: FastDatabase) -> None:
    """Every change of a delivery's state is checked by the database itself, in the statement that makes it."""

    def seen(before: str, after: str) -> None:
        if after not in MOVED[before]:
            database.wrong_moves.append(f"{before} → {after}")

    database.raw.create_function("seen", 2, seen)
    database.raw.execute(
        "CREATE TEMP TRIGGER moved AFTER UPDATE OF state ON delivery WHEN OLD.state <> NEW.state BEGIN"
        " SELECT seen(OLD.state, NEW.state); END"
    )


def _choices(row: Delivery) -> tuple[Choice, ...]:
    return choices(State(row.state), sent=row.intent_at is not None, withdrawn=bool(row.facts.get(WITHDRAWN_MEANWHILE)))


def _never(frozen: Frozen) -> Frozen:
    frozen.point = "dead"
    return frozen


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _json(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def _quiet() -> None:
    """Nobody listens to the bell: the rules ring."""


async def _nothing() -> None:
    """Only lets the others run."""

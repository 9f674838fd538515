"""Tasks are cancelled at random points of everything the product does: nothing may hang, no connection may be lost, and
no write may be seen that is not there (reliability-and-security §0.3)."""

import asyncio
import itertools
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from audit.records import AuditRecord
from audit.trail import Trail
from benchmarks.chaos.plan import Plan
from benchmarks.chaos.referee import effects_of
from benchmarks.chaos.run import drain
from benchmarks.chaos.stage import PEOPLE, House, house
from benchmarks.chaos.texts import write
from benchmarks.reliability.figure import Size, told
from bot.message import Inbound, Kind
from gateway.database.connection import sqlite_path
from publishers.records import Delivery, Release
from publishers.states import Patience
from staff.roles import Role

AT_ONCE: Final = 10
PAUSE: Final = 0.05
"""Seconds between two cancellations at most: some tasks end before theirs, some have just begun."""
STOCK: Final = 12
"""One disclosure is signed in peace for so many cancellations, so that there is something to publish."""
DELIVERIES: Final = 8
"""One of so many cancelled tasks at least is a delivery."""
LONGEST: Final = 5
"""So many times what was wanted is the end, whatever was cancelled."""
STUCK: Final = 20.0
"""Seconds after which a cancelled task hangs."""
POOL: Final = 6
PATIENT: Final = Patience(
    lease=4,
    settle=20,
    ask_person=60,
    ask_person_soon=30,
    first_retry=1,
    longest_retry=3,
    follow=(1, 2, 3),
    look=(1, 2, 3),
)
CHANNELS: Final = ("portal", "wechat", "weibo", "answers")
VERBS: Final = ("release.schedule", "delivery.intent")


class Storm:
    """Starts tasks and cancels them, and the product's own deliveries, until ``wanted`` were cancelled in full flight."""

    def __init__(self, here: House, wanted: int, seed: int) -> None:
        self._product = here.product
        self._wanted = wanted
        self._dice = random.Random(seed)
        self._numbers = itertools.count(1)
        self._ready: list[int] = []
        self.cancelled: Counter[str] = Counter()
        self.hung = 0

    async def blow(self) -> None:
        for _ in range(self._wanted // STOCK):
            await self._sign()
        works: list[Callable[[], Coroutine[Any, Any, object]]] = [
            self._sign, self._release, self._release, self._receive, self._event, self._sweep, self._learn
        ]  # fmt: skip
        running: set[asyncio.Task[object]] = set()
        while not self._enough():
            while len(running) < AT_ONCE:
                work = self._dice.choice(works)
                running.add(asyncio.create_task(work(), name=work.__name__.strip("_")))
            await asyncio.sleep(self._dice.random() * PAUSE)
            deliveries = [task for task in asyncio.all_tasks() if task.get_name().startswith("delivery ")]
            victim = self._dice.choice(deliveries if deliveries and self._dice.random() < 0.5 else [*running])
            if not victim.done():
                victim.cancel()
                self.cancelled[victim.get_name().split(" ")[0]] += 1
            await self._seen_off(victim)
            running = {task for task in running if not task.done()}
        for task in running:
            task.cancel()
            await self._seen_off(task)

    def _enough(self) -> bool:
        """Deliveries too, which a slow machine starts late; an end there is in any case."""
        total = self.cancelled.total()
        enough = self.cancelled["delivery"] >= self._wanted // DELIVERIES
        return total >= self._wanted and (enough or total >= LONGEST * self._wanted)

    async def _seen_off(self, task: asyncio.Task[object]) -> None:
        """A cancelled task may finish a commit first; it must end."""
        _, late = await asyncio.wait({task}, timeout=STUCK)
        self.hung += len(late)

    async def _sign(self) -> None:
        """Writes, submits and signs three times: five transactions in a row."""
        desk, number = self._product.desk, next(self._numbers)
        sheet = await desk.create(PEOPLE[Role.DRAFTER], write(number, self._dice).draft())
        await desk.submit(PEOPLE[Role.DRAFTER], sheet.id)
        for role in (Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER):
            await desk.approve(PEOPLE[role], sheet.id)
        self._ready.append(sheet.id)

    async def _release(self) -> None:
        if not self._ready:
            await self._sign()
            return
        await self._product.timetable.schedule(PEOPLE[Role.PUBLISHER], self._ready.pop(), at="now", channels=CHANNELS)

    async def _receive(self) -> None:
        number = next(self._numbers)
        said = _said(f"o{number:027d}", str(number), "取暖补助怎么领")
        await self._product.reception.receive(said, now=datetime.now(UTC), budget=4.0)

    async def _event(self) -> None:
        number = next(self._numbers)
        body = {"Event": "PUBLISHJOBFINISH", "PublishEventInfo": {"publish_id": str(number), "publish_status": 0}}
        heard = _said(f"o{number:027d}", "", "", kind=Kind.EVENT, event="publishjobfinish", body=body)
        await self._product.reception.receive(heard, now=datetime.now(UTC), budget=4.0)

    async def _sweep(self) -> None:
        await self._product.dispatcher.sweep()

    async def _learn(self) -> None:
        await self._product.knowledge.refresh()


async def measure(kind: str, url: str, folder: Path, size: Size) -> dict[str, Any]:
    """The product runs in this very process, so that its own tasks can be reached."""
    plan = Plan(database=kind, releases=0, processes=0, kills=0, stops=0, phase=0, share=0, resolve=120)
    async with house(plan, url, folder, patience=PATIENT) as here:
        await here.product.start()
        storm = Storm(here, size.cancels, plan.seed)
        await storm.blow()
        leaked = await _leaked(url)
        drained = await drain(plan, here)
        states = Counter(row.state for row in await Delivery.all())
        twice = await _twice(here)
        here.product.dispatcher.ring()
        # What is compared must not move while it is compared.
        await here.product.stop()
        phantoms, torn = await _phantoms(url), await _torn()
        records = (await Trail().verify()).records
        unresolved = sum(
            states[state] for state in ("pending", "claimed", "drafted", "sending", "submitted", "unknown")
        )
        reached = not (storm.hung or leaked or phantoms or torn or twice or unresolved)
        return told(
            "cancellations", kind, reached, cancelled=storm.cancelled.total(), of=dict(storm.cancelled), hangs=storm.hung,
            leaked_connections=leaked, phantom_writes=phantoms, half_writes=torn, duplicates=twice,
            unresolved=unresolved, drained=round(drained, 1), deliveries=dict(states), audit_records=records,
        )  # fmt: skip


async def _leaked(url: str) -> int:
    """Connections that never came back: so many transactions at once must all get one."""
    wanted = POOL if url.startswith("postgres") else 1

    async def use(together: asyncio.Barrier) -> None:
        async with in_transaction() as connection:
            await connection.execute_query("SELECT 1")
            await together.wait()

    together = asyncio.Barrier(wanted)
    tasks = [asyncio.create_task(use(together)) for _ in range(wanted)]
    _, stuck = await asyncio.wait(tasks, timeout=STUCK)
    for task in stuck:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return len(stuck)


async def _phantoms(url: str) -> int:
    """Rows that this process sees and another connection does not, or the other way round; in all tables."""
    wrong = 0
    for model in Tortoise.apps["mingbai"].values():
        table, key = model._meta.db_table, model._meta.db_pk_column
        seen = {
            row[key] for row in await get_connection("default").execute_query_dict(f'SELECT "{key}" FROM "{table}"')
        }
        wrong += len(seen ^ await _committed(url, f'SELECT "{key}" FROM "{table}"'))
    return wrong


async def _committed(url: str, query: str) -> set[Any]:
    path = sqlite_path(url)
    if path is not None:
        with sqlite3.connect(path) as other:
            rows = other.execute(query).fetchall()
        other.close()
        return {row[0] for row in rows}
    connection = await asyncpg.connect(url.split("?")[0])
    try:
        return {row[0] for row in await connection.fetch(query)}
    finally:
        await connection.close()


async def _torn() -> int:
    """Transactions of which only a part is there: a release without its four deliveries or its record in the trail, an
    intent without its record."""
    releases = await Release.all()
    counts = Counter(row.release_id for row in await Delivery.all())
    torn = sum(counts[release.id] != len(CHANNELS) for release in releases)
    trail = Counter(row.verb for row in await AuditRecord.filter(verb__in=VERBS))
    torn += abs(trail["release.schedule"] - len(releases))
    intended = await Delivery.filter(channel__in=["wechat", "weibo"]).exclude(intent_at=None).count()
    return torn + max(0, intended - trail["delivery.intent"])


async def _twice(here: House) -> int:
    """Posts and articles beyond the first of their disclosure, counted by the platforms."""
    seen = Counter((effect.channel, effect.page_url) for effect in effects_of(await here.sandbox.effects()))
    return sum(count - 1 for count in seen.values())


def _said(sender: str, number: str, text: str, **more: Any) -> Inbound:
    sent_at = datetime.now(UTC) - timedelta(seconds=1)
    given: dict[str, Any] = {
        "channel": "wechat", "account": "gh_5a3d6b0c9e8f", "sender": sender, "kind": Kind.TEXT, "text": text,
        "message_id": number, "created": str(int(sent_at.timestamp())), "sent_at": sent_at, **more,
    }  # fmt: skip
    return Inbound(**given)

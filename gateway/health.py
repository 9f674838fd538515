"""``/healthz``, ``/readyz`` and ``/metrics``: is the process alive, does it do its duty, in numbers."""

from collections.abc import Callable, Iterable, Sequence

from aiohttp import web
from tortoise.exceptions import BaseORMException
from tortoise.transactions import in_transaction

from audit.clock import Clock
from publishers.halt import standing_halt
from publishers.incidents import ALARM, WARN
from publishers.mass_quota import MassQuota
from publishers.records import Delivery, Halt, Incident
from publishers.slot import day_of
from publishers.states import State
from publishers.wechat.quota import month_start
from scheduler.duty import oldest_due

LATE_SECONDS = 60.0


class Health:
    """Read by the watch, never by the public. ``mass_quota`` is None where no official account is connected; ``problem``
    says why this node may not speak for its accounts any more, empty when it may."""

    def __init__(self, *, clock: Clock, mass_quota: MassQuota | None = None, problem: Callable[[], str] = str) -> None:
        self._clock = clock
        self._problem = problem
        self._mass_quota = mass_quota

    async def alive(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def ready(self, _request: web.Request) -> web.Response:
        """503 when the database is away or something due has waited for more than a minute (I5). While a halt stands,
        waiting is what people asked for: the node stays in service, so that they can lift it."""
        if self._problem():
            return web.json_response({"status": "account lost"}, status=503)
        try:
            age = (await oldest_due(self._clock)).total_seconds()
            halted = age >= LATE_SECONDS and await _halted()
        except (OSError, BaseORMException):
            return web.json_response({"status": "database away"}, status=503)
        late = age >= LATE_SECONDS and not halted
        body = {"status": "late" if late else "halted" if halted else "ok", "oldest_due_seconds": round(age, 1)}
        return web.json_response(body, status=503 if late else 200)

    async def metrics(self, _request: web.Request) -> web.Response:
        """Prometheus text: deliveries by state, the oldest due item, incidents, halts, the month's mass sends."""
        counts = {state: await Delivery.filter(state=state).count() for state in State}
        opened = Incident.exclude(open_key=None)
        lines = [
            *_gauge("mingbai_deliveries", {f'state="{state}"': count for state, count in counts.items()}),
            *_gauge("mingbai_held", {"": counts[State.HELD]}),
            *_gauge("mingbai_oldest_due_seconds", {"": round((await oldest_due(self._clock)).total_seconds(), 1)}),
            *_gauge(
                "mingbai_incidents",
                {f'severity="{name}"': await opened.filter(severity=name).count() for name in (ALARM, WARN)},
            ),
            *_gauge("mingbai_halted", {"": await Halt.exclude(open_key=None).count()}),
            *await self._quota(),
        ]
        return web.Response(text="\n".join([*lines, ""]), content_type="text/plain")

    async def _quota(self) -> Iterable[str]:
        if self._mass_quota is None:
            return ()
        month = await self._mass_quota.month(month_start(day_of(await self._clock.now())))
        values: dict[str, float] = {'state="used"': month.tally.used, 'state="reserved"': month.tally.reserved}
        if month.tally.limit is not None:
            values['state="limit"'] = month.tally.limit
        return _gauge("mingbai_quota", values)

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return [
            web.get("/healthz", self.alive),
            web.get("/readyz", self.ready),
            web.get("/metrics", self.metrics),
        ]


def _gauge(name: str, values: dict[str, float]) -> list[str]:
    """One metric; the keys are its labels as they are written, empty for none."""
    shown = [f"{name}{{{labels}}} {value}" if labels else f"{name} {value}" for labels, value in values.items()]
    return [f"# TYPE {name} gauge", *shown]


async def _halted() -> bool:
    async with in_transaction() as connection:
        return await standing_halt(connection) is not None

"""``/healthz``, ``/readyz`` and ``/metrics``: is the process alive, does it do its duty, in numbers."""

from collections.abc import Sequence

from aiohttp import web
from tortoise.exceptions import BaseORMException

from audit.clock import Clock
from publishers.records import Delivery
from publishers.states import State
from scheduler.duty import oldest_due

LATE_SECONDS = 60.0


class Health:
    """Read by the watch, never by the public."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def alive(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def ready(self, _request: web.Request) -> web.Response:
        """503 when the database is away or something due has waited for more than a minute (I5)."""
        try:
            age = (await oldest_due(self._clock)).total_seconds()
        except (OSError, BaseORMException):
            return web.json_response({"status": "database away"}, status=503)
        status = 200 if age < LATE_SECONDS else 503
        return web.json_response(
            {"status": "ok" if status == 200 else "late", "oldest_due_seconds": round(age, 1)}, status=status
        )

    async def metrics(self, _request: web.Request) -> web.Response:
        """Prometheus text: deliveries by state, and the age of the oldest due item."""
        lines = ["# TYPE mingbai_deliveries gauge"]
        counts = {state: await Delivery.filter(state=state).count() for state in State}
        lines += [f'mingbai_deliveries{{state="{state}"}} {count}' for state, count in counts.items()]
        age = (await oldest_due(self._clock)).total_seconds()
        lines += ["# TYPE mingbai_oldest_due_seconds gauge", f"mingbai_oldest_due_seconds {age:.1f}", ""]
        return web.Response(text="\n".join(lines), content_type="text/plain")

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return [
            web.get("/healthz", self.alive),
            web.get("/readyz", self.ready),
            web.get("/metrics", self.metrics),
        ]

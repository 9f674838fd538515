"""Short links on request, and what is left of the limits."""

from typing import Any, Final

from aiohttp import web

from sandbox.weibo.dates import local
from sandbox.weibo.door import FREE, READ, Call, Door, Gate
from sandbox.weibo.errors import Refusal
from sandbox.weibo.limits import hour_ends
from sandbox.weibo.world import World

BATCH: Final = 20


class Shortening:
    """/2/short_url/ and /2/account/rate_limit_status.json."""

    def __init__(self, world: World, door: Door) -> None:
        self._world = world
        self._door = door

    def routes(self) -> list[web.AbstractRouteDef]:
        shorten = Gate(verb="GET", permission="short_url_permitted")
        return [
            self._door.route("/2/short_url/shorten.json", shorten, self.shorten),
            self._door.route("/2/short_url/expand.json", READ, self.expand),
            self._door.route("/2/account/rate_limit_status.json", FREE, self.rate_limit_status),
        ]

    async def shorten(self, call: Call) -> Any:
        return {"urls": [self._shortened(url) for url in _every(call, "url_long")]}

    async def expand(self, call: Call) -> Any:
        return {"urls": [self._expanded(url) for url in _every(call, "url_short")]}

    async def rate_limit_status(self, call: Call) -> Any:
        """Does not itself count. Source: open.weibo.com/wiki/2/account/rate_limit_status."""
        limits, switches, ends = self._world.limits, self._world.switches, hour_ends(call.now)
        posts = limits.left("/statuses/share", call.uid, switches.posts_per_hour, call.now)
        return {
            "ip_limit": switches.ip_calls_per_hour,
            "limit_time_unit": "HOURS",
            "remaining_ip_hits": limits.left("ip", call.request.remote or "", switches.ip_calls_per_hour, call.now),
            "remaining_user_hits": limits.left("user", call.uid, switches.calls_per_day, call.now, "day"),
            "reset_time": f"{local(ends):%Y-%m-%d %H:%M:%S}",
            "reset_time_in_seconds": int(ends - call.now),
            "user_limit": switches.calls_per_day,
            "api_rate_limits": [
                {
                    "api": "/statuses/share",
                    "limit": switches.posts_per_hour,
                    "limit_time_unit": "HOURS",
                    "remaining_hits": posts,
                }
            ],
        }

    def _shortened(self, url: str) -> dict[str, Any]:
        good = url.startswith(("http://", "https://"))
        short = self._world.links.shorten(url) if good else ""
        return {"url_short": short, "url_long": url, "type": 0, "result": "true" if good else "false"}

    def _expanded(self, url: str) -> dict[str, Any]:
        long = self._world.links.by_short.get(url)
        return {"url_short": url, "url_long": long or "", "type": 0, "result": "true" if long else "false"}


def _every(call: Call, name: str) -> list[str]:
    values = call.every.get(name)
    if values is None:
        raise Refusal(21501)
    if len(values) > BATCH:
        raise Refusal(21502)
    if not all(value.strip() for value in values):
        raise Refusal(21504)
    return values

"""The local WeChat as one object: start reading here."""

import asyncio
import contextlib
import time

from aiohttp import web

from sandbox.faults import FaultPlan
from sandbox.options import SandboxOptions
from sandbox.wechat.account import Clock
from sandbox.wechat.world import World

MOUNT = "/wechat-api"
TICK_SECONDS = 0.02


class WechatServer:
    """The API below /wechat-api/. The phone and the control API work on the same `world`."""

    def __init__(self, options: SandboxOptions, faults: FaultPlan, clock: Clock = time.time) -> None:
        self._options = options
        self._faults = faults
        self._clock = clock
        self._ticking: asyncio.Task[None] | None = None
        self.world = World(options, faults, clock)

    def routes(self) -> list[web.AbstractRouteDef]:
        """One route: the table of paths belongs to the world, which a reset replaces."""
        return [web.route("*", MOUNT + "/{path:.*}", self.call)]

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Answer one API call; unknown paths get 40066, as the platform answers them."""
        world = self.world
        if not world.account.base_url:
            world.account.base_url = f"{request.scheme}://{request.host}"
        world.tick()
        handler = world.handlers.get(f"/{request.match_info['path']}")
        if handler is None:
            return world.gate.refusal(40066)
        return await handler(request)

    async def start(self) -> None:
        """Open connections and let time run."""
        await self.world.pusher.start()
        self._ticking = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop time and close connections."""
        if self._ticking is not None:
            self._ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticking
            self._ticking = None
        await self.world.pusher.stop()

    async def reset(self) -> None:
        """Forget everything; options go back to those of the start, tokens too die."""
        address = self.world.account.base_url
        await self.world.pusher.stop()
        self.world = World(self._options, self._faults, self._clock)
        self.world.account.base_url = address
        await self.world.pusher.start()

    async def _run(self) -> None:
        while True:
            self.world.tick()
            await asyncio.sleep(TICK_SECONDS)

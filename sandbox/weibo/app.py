"""The local Weibo as one object: start reading here."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader

from sandbox.faults import FaultPlan
from sandbox.weibo.articles import Articles
from sandbox.weibo.comments import Comments
from sandbox.weibo.control import Control, effects
from sandbox.weibo.door import MOUNT, Door
from sandbox.weibo.fans import Fans
from sandbox.weibo.mouth import Mouth
from sandbox.weibo.oauth import OAuth
from sandbox.weibo.page import Page
from sandbox.weibo.pusher import Delivery, Pusher
from sandbox.weibo.share import Share
from sandbox.weibo.shortening import Shortening
from sandbox.weibo.switches import WeiboSwitches
from sandbox.weibo.timeline import Timeline
from sandbox.weibo.world import App, World

FOLDER = Path(__file__).parent


class WeiboServer:
    """The open API below /weibo-api/, the citizens' pages below /weibo/, the test's door below /control/weibo/.

    `callback_url` is the account's own server for private messages (None: nothing is pushed); `safe_domain` the
    domain bound to the application (empty: none bound). The mounting application should allow bodies of 12 MB.
    """

    def __init__(
        self,
        *,
        app_key: str,
        app_secret: str,
        access_token: str,
        uid: str,
        safe_domain: str,
        callback_url: str | None,
        fault_plan: FaultPlan,
        clock: Callable[[], float] = time.time,
        switches: WeiboSwitches | None = None,
    ) -> None:
        app = App(key=app_key, secret=app_secret, token=access_token, owner=uid, safe_domain=safe_domain)
        self._first_switches = switches or WeiboSwitches()
        self.world = World(app=app, clock=clock, switches=self._first_switches)
        self._pusher = Pusher(self.world, fault_plan, callback_url)
        self._mouth = Mouth(self.world, self._pusher)
        self._door = Door(self.world, fault_plan)
        self._pages = Environment(loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, trim_blocks=True)

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            *OAuth(self.world, self._door, self._pages).routes(),
            *Share(self.world, self._door).routes(),
            *Timeline(self.world, self._door).routes(),
            *Comments(self.world, self._door).routes(),
            *Shortening(self.world, self._door).routes(),
            *Articles(self.world, self._door).routes(),
            *Fans(self.world, self._door, self._pusher).routes(),
            web.route("*", MOUNT + "/{path:.*}", self._door.unknown),
            *Control(self.world, self._pusher, self._mouth).routes(),
            *Page(self.world, self._mouth, self._pages, FOLDER / "static").routes(),
        ]

    async def start(self) -> None:
        """Get ready to push. Call inside the running loop."""
        await self._pusher.start()

    async def stop(self) -> None:
        await self._pusher.stop()

    def reset(self) -> None:
        """Forget every post, token, message and limit, and turn the switches back. The callback stays."""
        self._pusher.reset()
        self.world.switches = self._first_switches
        self.world.forget()

    def effects(self) -> list[dict[str, Any]]:
        """Every post that truly exists or existed, oldest first, counted on this side."""
        return effects(self.world)

    @property
    def under_way(self) -> int:
        """How many pushes and mass messages are not over yet."""
        return self._pusher.under_way

    @property
    def deliveries(self) -> list[Delivery]:
        """Every push, with its attempts and its outcome."""
        return self._pusher.deliveries

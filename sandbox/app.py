"""The sandbox as one web application: both platforms, the pages for people, and the test's door."""

import time
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from sandbox.control import Control, errors_as_json
from sandbox.faults import FaultPlan
from sandbox.options import SandboxOptions
from sandbox.pages import Pages
from sandbox.tampering import Tampering
from sandbox.wechat.phone import Phone
from sandbox.wechat.server import WechatServer
from sandbox.weibo.app import WeiboServer

BODY_BYTES = 12 * 1024 * 1024

FAULTS = web.AppKey("faults", FaultPlan)
WECHAT = web.AppKey("wechat", WechatServer)
WEIBO = web.AppKey("weibo", WeiboServer)


def make_app(options: SandboxOptions, *, clock: Callable[[], float] = time.time) -> web.Application:
    """Build the application. The product's API bases are ``…/wechat-api`` and ``…/weibo-api`` on its address."""
    faults = FaultPlan(options.seed)
    wechat = WechatServer(options, faults, clock)
    weibo = WeiboServer(
        app_key=options.weibo_app_key,
        app_secret=options.weibo_app_secret,
        access_token=options.weibo_access_token,
        uid=options.weibo_uid,
        safe_domain=options.weibo_safe_domain,
        callback_url=options.weibo_callback_url,
        fault_plan=faults,
        clock=clock,
    )
    pages = Pages()
    app = web.Application(client_max_size=BODY_BYTES, middlewares=[errors_as_json])
    app[FAULTS], app[WECHAT], app[WEIBO] = faults, wechat, weibo
    app.add_routes(wechat.routes())
    app.add_routes(weibo.routes())
    app.add_routes(Control(wechat, weibo, faults).routes())
    app.add_routes(Tampering(wechat, weibo).routes())
    app.add_routes(Phone(wechat, pages).routes())
    app.add_routes(pages.routes(wechat))

    async def running(_: web.Application) -> AsyncIterator[None]:
        await wechat.start()
        await weibo.start()
        yield
        await faults.close()
        await wechat.stop()
        await weibo.stop()

    app.cleanup_ctx.append(running)
    return app


async def run(
    options: SandboxOptions, host: str = "127.0.0.1", port: int = 0, *, clock: Callable[[], float] = time.time
) -> web.AppRunner:
    """Serve until `runner.cleanup()`; with port 0 the true address is in ``runner.addresses[0]``."""
    runner = web.AppRunner(make_app(options, clock=clock), access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner

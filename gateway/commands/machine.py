"""``mingbai serve | worker | migrate | doctor | sandbox``: the process itself."""

import asyncio
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from aiohttp import web
from rich.console import Console

from gateway import doctor as checks
from gateway import logs
from gateway.commands import sheet
from gateway.commands.running import opened, with_database
from gateway.database.migrate import migrate as bring_up_to_date
from gateway.database.seed import seed
from gateway.errors import CommandFailed, SettingInvalid
from gateway.leaving import Leaving
from gateway.settings import Settings, check_for_serving, load_settings
from scheduler.errors import AccountTaken, NodesDisagree

if TYPE_CHECKING:
    from gateway.wiring import Product


def migrate(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """建立或升级数据库；可以重复运行，多台机器同时运行也安全。

    例：`MINGBAI_DATABASE_URL=sqlite:///var/lib/mingbai/mingbai.db mingbai migrate`
    """
    settings = load_settings()
    applied = asyncio.run(bring_up_to_date(settings.database_url, then=seed))
    if as_json:
        typer.echo(json.dumps({"applied": applied}))
    else:
        typer.echo(f"数据库已是最新（本次应用 {len(applied)} 项变更）")


TakeOver = Annotated[bool, typer.Option("--take-over", help="确认由本套接管平台账号：另一套“明白”停止发送（记入审计）")]


def serve(take_over: TakeOver = False) -> None:
    """启动网关：门户、工作台、接口、平台回调和发布调度。停止用 Ctrl+C 或 SIGTERM。

    例：`mingbai serve`（设置见 docs/settings.zh-CN.md）
    """
    settings = load_settings()
    check_for_serving(settings)
    logs.set_up(settings.log_level)
    asyncio.run(run_until_stopped(settings, serve_web=True, take_over=take_over))


def worker(take_over: TakeOver = False) -> None:
    """只启动发布调度，不开网页；与 serve 共用数据库，分担工作。

    PostgreSQL：任意多台机器、任意多个进程。SQLite：只能与 serve 在同一台机器上、共用同一个数据库文件。

    例：`mingbai worker`
    """
    settings = load_settings()
    check_for_serving(settings)
    logs.set_up(settings.log_level)
    asyncio.run(run_until_stopped(settings, serve_web=False, take_over=take_over))


async def run_until_stopped(
    settings: Settings,
    *,
    serve_web: bool,
    take_over: bool = False,
    started: asyncio.Event | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Runs the product until SIGTERM, SIGINT or ``stop``; gone within ten seconds, whatever is half done is in the ledger.

    Raises SettingInvalid or CommandFailed (2) when the nodes that run disagree, or another deployment has an account.
    """
    # Imported here so that the small commands start without the whole house.
    from gateway.wiring import build

    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    leaving = Leaving(stop)
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, leaving.begin)
    async with leaving, opened(settings):
        product = await build(settings, kind="serve" if serve_web else "worker")
        runner = web.AppRunner(product.app, access_log=None, shutdown_timeout=3.0)
        try:
            if not await _started(product, stop, take_over=take_over):
                return
            if serve_web:
                await runner.setup()
                await web.TCPSite(runner, settings.host, settings.port, reuse_address=True).start()
            if started is not None:
                started.set()
            await stop.wait()
        finally:
            await runner.cleanup()
            await product.stop()


async def _started(product: "Product", stop: asyncio.Event, *, take_over: bool) -> bool:
    """False when the process is to end before it has begun: a start may wait for other nodes, or for a platform."""
    starting, stopping = asyncio.create_task(_start(product, take_over=take_over)), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (starting, stopping):
            if not task.done():
                task.cancel()
        await asyncio.gather(starting, stopping, return_exceptions=True)
    if starting.cancelled():
        return False
    starting.result()
    return True


async def _start(product: "Product", *, take_over: bool) -> None:
    try:
        await product.start(take_over=take_over)
    except NodesDisagree as other:
        raise SettingInvalid(other.variable, other.what, other.remedy) from other
    except AccountTaken as taken:
        raise CommandFailed(str(taken), code=2) from taken


def doctor(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """体检：设置、数据库、时钟、磁盘、知识库、待发内容；有一项不通过则退出码为 6。

    例：`mingbai doctor`
    """

    async def work(settings: Settings) -> list[checks.Check]:
        return await checks.examine(settings)

    results = with_database(work)
    if as_json:
        typer.echo(
            json.dumps(
                [{"name": c.name, "ok": c.ok, "found": c.found, "remedy": c.remedy} for c in results],
                ensure_ascii=False,
            )
        )
    else:
        table = sheet.table("项目", "结果", "情况", "处理办法")
        for check in results:
            table.add_row(
                check.name,
                "[red]异常[/]" if not check.ok else "[yellow]请留意[/]" if check.doubtful else "[green]正常[/]",
                check.found,
                check.remedy if check.doubtful or not check.ok else "",
            )
        Console().print(table)
    if not all(check.ok for check in results):
        raise CommandFailed("体检有未通过的项目", code=6)


def sandbox(context: typer.Context) -> None:
    """启动微信、微博沙箱：按平台规则严格把关的本地服务器，用于演示、培训和测试。

    例：`mingbai sandbox --port 8971 --gateway http://127.0.0.1:8970`
    """
    os.execv(sys.executable, [sys.executable, "-m", "sandbox", *context.args])

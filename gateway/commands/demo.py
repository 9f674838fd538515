"""``mingbai demo``: the whole house with its sandbox and demo content on this machine."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import aiohttp
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from gateway import logs
from gateway.commands.demo_voices import citizens_speak
from gateway.commands.machine import run_until_stopped
from gateway.commands.running import opened
from gateway.database.migrate import migrate
from gateway.database.seed import seed
from gateway.errors import CommandFailed
from gateway.settings import Settings, load_settings

FOLDER = Path("var/demo")
PASSWORD = "mingbai-demo-2026"
"""Of every demo account. Demo accounts exist in demo databases only."""


def demo(
    port: Annotated[int, typer.Option(help="网关端口")] = 8970,
    sandbox_port: Annotated[int, typer.Option(help="沙箱端口")] = 8971,
    folder: Annotated[Path, typer.Option(help="演示数据所在文件夹")] = FOLDER,
) -> None:
    """在本机演示：网关、微信与微博沙箱、示例内容。演示数据每次启动都重新生成。

    例：`mingbai demo`
    """
    for number in (port, sandbox_port):
        _free(number)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    settings = demo_settings(folder, port=port, sandbox_port=sandbox_port)
    logs.set_up("WARNING")
    # Until the product handles signals itself, SIGTERM must still end the sandbox below.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    platforms = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", str(sandbox_port), "--gateway", settings.public_url],
        env={**os.environ, **environment(settings)},
        stdout=subprocess.DEVNULL,
    )
    try:
        asyncio.run(_run(settings, sandbox_port, platforms))
    finally:
        platforms.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            platforms.wait(timeout=5)


def demo_settings(folder: Path, *, port: int, sandbox_port: int) -> Settings:
    """The demo's settings: everything fictional, everything on this machine."""
    sandbox = f"http://127.0.0.1:{sandbox_port}"
    return load_settings(
        env="demo", database_url=f"sqlite://{(folder / 'mingbai.db').resolve()}", bind=f"127.0.0.1:{port}",
        public_url=f"http://127.0.0.1:{port}", secret_key="demo-secret-key-not-for-production",
        wechat_account="gh_5a3d6b0c9e8f", wechat_appid="wx5a3d6b0c9e8f7a21", wechat_secret="sandbox0wechat0secret0demo0only0",
        wechat_token="sandboxWechatToken", wechat_aes_key="SandboxSandboxSandboxSandboxSandboxSandbox1",
        wechat_api_base=f"{sandbox}/wechat-api", wechat_account_kind="subscription", wechat_comments="open", comment_minutes=2,
        wechat_lists="on",
        weibo_app_key="1000000001", weibo_app_secret="sandbox-weibo-app-secret", weibo_access_token="2.00sandboxweibotoken",
        weibo_uid="2000000001", weibo_api_base=f"{sandbox}/weibo-api",
        weibo_safe_domain="127.0.0.1", weibo_rip="211.156.0.1",
        site_name="示例市明白区人民政府", site_domain="www.mingbai.example", site_id_code="0000000001",
        site_credit_code="11000000MB0000001X", office_name="明白区政务公开办公室", office_phone="0000-8600000",
    )  # fmt: skip


def environment(settings: Settings) -> dict[str, str]:
    """The settings as MINGBAI_… variables, for the sandbox beside the product."""
    return {f"MINGBAI_{name.upper()}": str(value) for name, value in settings.model_dump(mode="json").items() if value}


async def _run(settings: Settings, sandbox_port: int, platforms: "subprocess.Popen[bytes]") -> None:
    # Imported here so that the small commands start without the whole house.
    from gateway.demonstration import Demonstration
    from gateway.wiring import build

    screen = Console()
    await migrate(settings.database_url, then=seed)
    async with opened(settings):
        await _sandbox_up(sandbox_port, platforms)
        await _lose_one_answer(sandbox_port)
        product = await build(settings)
        try:
            with Progress(console=screen, transient=True) as bar:
                tasks: dict[str, int] = {}

                def tell(what: str, done: int, total: int) -> None:
                    task = tasks.setdefault(what, bar.add_task(what, total=total)) if what not in tasks else tasks[what]
                    bar.update(task, completed=done)  # type: ignore[arg-type]

                accounts = await Demonstration(product, now=datetime.now(UTC), password=PASSWORD, tell=tell).load()
        finally:
            await product.stop()
    started = asyncio.Event()
    running = asyncio.create_task(run_until_stopped(settings, serve_web=True, started=started))
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not running.done():
        _greet(screen, settings, sandbox_port, accounts)
    voices = asyncio.create_task(citizens_speak(sandbox_port))
    try:
        await running
    finally:
        voices.cancel()


def _greet(screen: Console, settings: Settings, sandbox_port: int, accounts: list[dict[str, str]]) -> None:
    base, sandbox = settings.public_url, f"http://127.0.0.1:{sandbox_port}"
    places = Table("去处", "地址", title="明白 演示已启动（Ctrl+C 停止）", title_justify="left")
    for name, url in (
        ("门户网站", f"{base}/"),
        ("智能问答", f"{base}/chat"),
        ("工作台", f"{base}/console/"),
        ("订阅源", f"{base}/feed.atom  /feed.rss  /feed.json"),
        ("接口说明", f"{base}/api/v1/openapi.json"),
        ("沙箱手机（微信）", f"{sandbox}/phone"),
        ("沙箱微博", f"{sandbox}/weibo/"),
    ):
        places.add_row(name, url)
    people = Table("登录名", "姓名", "单位", "角色", title=f"演示账号，口令都是 {PASSWORD}", title_justify="left")
    for account in accounts:
        people.add_row(account["name"], account["display_name"], account["unit"], account["roles"])
    screen.print(places)
    screen.print(people)
    screen.print(
        f"有一条微博的发送结果待核实：{base}/console/unknown ，可由 zhoufabu（发布员）提出，由 sunzhong（终审）确认。"
    )


async def _lose_one_answer(port: int) -> None:
    """The first Weibo post of the demo is answered with 502 and not taken: it ends in 待核实, where two persons decide."""
    rule = {"kind": "http_5xx_before", "platform": "weibo", "path": "/2/statuses/share.json", "count": 1}
    limit = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(trust_env=False, timeout=limit) as http:
        answer = await http.post(f"http://127.0.0.1:{port}/control/faults", json=rule)
        answer.raise_for_status()


async def _sandbox_up(port: int, platforms: "subprocess.Popen[bytes]") -> None:
    for _ in range(150):
        if platforms.poll() is not None:
            raise CommandFailed("沙箱没有启动成功，请单独运行 mingbai sandbox 查看原因", code=1)
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        await writer.wait_closed()
        return
    raise CommandFailed("沙箱在 15 秒内没有启动", code=1)


def _free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise CommandFailed(
                f"端口 {port} 已被占用；可换一个，例如 mingbai demo --port {port + 100}", code=2
            ) from None

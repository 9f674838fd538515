"""``mingbai clock``: a person answers for the time."""

import getpass
import json
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.trail import Trail
from gateway.commands.running import with_database
from gateway.database.clock import DatabaseClock
from gateway.errors import CommandFailed
from gateway.settings import Settings
from publishers.incidents import clear_incident
from publishers.records import Incident
from scheduler.steadiness import ACCEPT, KEY

app = typer.Typer(help="时钟：核实后确认。", no_args_is_help=True)
OPERATOR = Actor.machine("命令行")
SHANGHAI = ZoneInfo("Asia/Shanghai")


@app.command("accept")
def accept(
    reason: Annotated[str, typer.Option("--reason", help="理由：怎样核对的")],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """确认系统现在显示的时间是正确的；因时钟告警而停止的发送随即恢复。请先用手机或电视报时核对。

    例：`mingbai clock accept --reason "已与国家授时中心网站核对，服务器此前慢了一小时"`
    """
    if not reason.strip():
        raise CommandFailed("请写明理由，例如：已与国家授时中心网站核对", code=2)

    async def work(_settings: Settings) -> None:
        incident = await Incident.filter(open_key=KEY).first()
        if incident is None:
            raise CommandFailed("现在没有时钟告警，不需要确认", code=4)
        async with in_transaction() as connection:
            now = await DatabaseClock().now()
            await Trail().append(
                connection, at=now, actor=OPERATOR, verb=ACCEPT, subject="clock",
                reason=reason.strip(), incident=incident.message, login=_login(),
            )  # fmt: skip
        # A process that runs finds the act itself; one that starts later must not find the old doubt.
        await clear_incident(KEY, now=now, by=OPERATOR.name)
        if as_json:
            typer.echo(json.dumps({"accepted": now.isoformat()}))
        else:
            shown = f"{now.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
            typer.echo(f"已确认现在是北京时间 {shown}，并记入审计。正在运行的发布进程几秒内恢复发送")

    with_database(work)


def _login() -> str:
    """Who sits at the machine, as far as it knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""

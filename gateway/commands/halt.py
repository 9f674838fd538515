"""``mingbai halt``: the red switch from the machine itself, when no browser is at hand. Lifting takes two signed-in persons."""

import getpass
import json
from typing import Annotated

import typer

from audit.actor import Actor
from audit.trail import Trail
from gateway.commands.running import with_database
from gateway.database.clock import DatabaseClock
from gateway.settings import Settings
from publishers.halt import KIND_NAMES, Halts, how_many_wait, standing_halts
from publishers.records import Halt


def halt(
    reason: Annotated[str, typer.Argument(help="停发的原因；不写则只查看")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """发布总开关：停止一切尚未发出的发布，立即对所有节点生效；不写原因则查看现在是否停发。

    解除须由两个人在工作台（或接口）先后确认，命令行不能解除。

    例：`mingbai halt "网站内容有误，先停止发布"`
    """

    async def work(_settings: Settings) -> tuple[list[Halt], int]:
        clock = DatabaseClock()
        if reason.strip():
            switch = Halts(clock=clock, trail=Trail(), ring=lambda: None)
            await switch.raise_red_as(Actor.machine(f"命令行（{getpass.getuser()}）"), reason=reason)
        return await standing_halts(), await how_many_wait(await clock.now())

    standing, waiting = with_database(work)
    if as_json:
        plain = [
            {"id": one.id, "kind": one.kind, "reason": one.reason, "raised_by": one.raised_by_name,
             "raised_at": one.raised_at.isoformat(), "lift_asked_by": one.lift_asked_by_name or None}
            for one in standing
        ]  # fmt: skip
        typer.echo(json.dumps({"halts": plain, "waiting": waiting}, ensure_ascii=False))
        return
    if not standing:
        typer.echo("没有停发，发布正常进行。")
    for one in standing:
        when = one.raised_at.astimezone().strftime("%Y-%m-%d %H:%M")
        typer.echo(
            f"正在停发（{KIND_NAMES[one.kind]}）：{one.reason}。{one.raised_by_name}，{when} 起；{waiting} 条投放在等候。"
        )

"""``mingbai archive``: packages to be kept elsewhere, and whether one is whole and true."""

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from audit.actor import Actor
from audit.trail import Trail
from console.archive.making import Archives
from console.archive.package import Entry, zipped
from console.archive.verifying import Unreadable, faults
from console.archive.verifying import verify as look
from console.errors import ConsoleError
from gateway.commands.running import with_database
from gateway.database.clock import DatabaseClock
from gateway.errors import CommandFailed
from gateway.settings import Settings

app = typer.Typer(help="归档包。", no_args_is_help=True)
OPERATOR = Actor.machine("命令行")


@app.command("make")
def make(
    ids: Annotated[list[int] | None, typer.Argument(help="公开信息的编号，可写多个")] = None,
    to: Annotated[Path, typer.Option("--to", help="写到哪个文件")] = Path("archive.zip"),
    since: Annotated[str, typer.Option("--since", help="首次公开从哪天起，例如 2026-01-01")] = "",
    until: Annotated[str, typer.Option("--until", help="到哪天为止")] = "",
) -> None:
    """生成归档包：写编号，或写起止日期。写完当场核对。

    例：`mingbai archive make 12 15 --to archive.zip`，`mingbai archive make --since 2026-01-01 --until 2026-12-31`
    """
    days = _days(since, until) if since or until else None
    if bool(ids) == bool(days):
        raise CommandFailed("请写公开信息的编号，或用 --since 和 --until 写起止日期，二者取一", code=2)

    async def work(_settings: Settings) -> int:
        archives = Archives(clock=DatabaseClock(), trail=Trail())
        numbers, before = list(dict.fromkeys(ids or ())), list[Entry]()
        if days is not None:
            lines = await archives.released(*days)
            numbers = [line.id for line in lines]
            before.append(archives.index(lines, f"{days[0].isoformat()} 至 {days[1].isoformat()}"))
        if not numbers:
            raise CommandFailed("这段时间没有首次公开的信息", code=3)
        try:
            with to.open("wb") as file:
                async for piece in zipped(archives.packages(numbers), before=before):
                    file.write(piece)
        except BaseException:
            to.unlink(missing_ok=True)
            raise
        await archives.note(OPERATOR, "archive:command", ids=numbers[:200], count=len(numbers))
        return len(numbers)

    try:
        count = with_database(work)
    except (ConsoleError, OSError) as error:
        raise CommandFailed(str(error), code=4) from error
    found = look(to)
    if faults(found):
        raise CommandFailed(
            f"写成的归档包没有通过核对：{next(each.faults[0] for each in found if each.faults)}", code=6
        )
    typer.echo(f"已生成并核对：{to}（{count} 件，{to.stat().st_size / 2**20:.1f} MB）")


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="归档包（.zip）")],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """核对归档包，不需要数据库：每个文件、每版内容、审签、定稿和审计记录；有不符则退出码为 6。

    例：`mingbai archive verify disclosure-12.zip`
    """
    if not file.is_file():
        raise CommandFailed(f"没有这个文件：{file}", code=3)
    try:
        found = look(file)
    except Unreadable as trouble:
        raise CommandFailed(str(trouble), code=6) from trouble
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False))
    else:
        for each in found:
            typer.echo(f"{'完整' if not each.faults else '不符'}  {each.index_number}  {each.title}")
            typer.echo(
                f"      文件 {each.files} 个，版本 {each.revisions} 个，审签 {each.signatures} 次，投放 {each.deliveries} 条，记录 {each.acts} 条"
            )
            for fault in each.faults:
                typer.echo(f"      ✘ {fault}")
    if bad := faults(found):
        raise CommandFailed(f"归档包有 {bad} 处不符", code=6)


def _days(since: str, until: str) -> tuple[date, date]:
    try:
        first, last = date.fromisoformat(since), date.fromisoformat(until)
    except ValueError:
        raise CommandFailed("日期无法识别，请写成 2026-01-01", code=2) from None
    if first > last:
        raise CommandFailed("起始日期不能晚于截止日期", code=2)
    return first, last

"""``mingbai knowledge``: the base as files."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from audit.actor import Actor
from audit.trail import Trail
from gateway.commands.running import with_database
from gateway.database.clock import DatabaseClock
from gateway.settings import Settings
from knowledge import exchange
from knowledge.curation import Curation

app = typer.Typer(help="知识库：导入、导出。", no_args_is_help=True)
LOADER = Actor.machine("命令行导入")


@app.command("load")
def load(
    file: Annotated[Path, typer.Argument(help="JSONL 文件，一行一个条目", exists=True, dir_okay=False)],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """导入知识条目；全部成功才写入，有错则逐行列出，一条不写。

    例：`mingbai knowledge load entries.jsonl`
    """

    async def work(_settings: Settings) -> int:
        curation = Curation(clock=DatabaseClock(), trail=Trail())
        with Progress(transient=True) as bar:
            reading = bar.add_task("读取", total=None)
            entries = await asyncio.to_thread(
                exchange.read, file, on_progress=lambda done, total: bar.update(reading, completed=done, total=total)
            )
            bar.add_task("写入", total=None)
            await curation.put_entries(entries, actor=LOADER)
        return len(entries)

    count = with_database(work)
    typer.echo(json.dumps({"loaded": count}) if as_json else f"已导入 {count} 条")


@app.command("export")
def export(file: Annotated[Path, typer.Argument(help="写到哪个 JSONL 文件")]) -> None:
    """导出全部知识条目；导出的文件可以原样导入。

    例：`mingbai knowledge export backup.jsonl`
    """

    async def work(_settings: Settings) -> int:
        entries = await Curation(clock=DatabaseClock(), trail=Trail()).entries()
        return await asyncio.to_thread(exchange.write, file, entries)

    typer.echo(f"已导出 {with_database(work)} 条到 {file}")

"""``mingbai knowledge talk``: golden conversations, played on a copy of the base; nothing of them is kept."""

import asyncio
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from audit.actor import Actor
from audit.trail import Trail
from bot.golden import Script, ScriptRefused, parse
from bot.playing import Wrong, play
from disclosures.records import Unit
from gateway.commands.running import opened
from gateway.database.clock import DatabaseClock
from gateway.database.connection import connect, disconnect
from gateway.database.migrate import migrate
from gateway.errors import CommandFailed
from gateway.settings import Settings, WeChatLists, load_settings
from knowledge.curation import Curation
from knowledge.entry import Entry

PLAYER = Actor.machine("对话剧本")


class SetClock:
    """A clock that stands where a script puts it."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    async def now(self) -> datetime:
        return self.moment


async def played(
    settings: Settings, entries: Sequence[Entry], units: Sequence[Unit], scripts: Sequence[Script]
) -> list[Wrong]:
    """Plays the scripts on a database of their own that holds only these entries and units."""
    from gateway.wiring import build

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite://{folder}/talk.db"
        await migrate(url)
        await connect(url)
        try:
            clock = SetClock(datetime.now(UTC))
            apart = settings.model_copy(
                update={
                    "database_url": url,
                    "state_folder": Path(folder),
                    "burst_seconds": 0.0,
                    "wechat_lists": WeChatLists.OFF,
                }
            )
            product = await build(apart, clock=clock)
            await product.curation.put_entries(entries, actor=PLAYER)
            await Unit.all().delete()
            await Unit.bulk_create(units)
            await product.knowledge.load()
            wrong: list[Wrong] = []
            for number, script in enumerate(scripts, 1):
                wrong += await play(script, reception=product.reception, clock=clock, number=number)
            await product.stop()
            return wrong
        finally:
            await disconnect()


def talk(
    files: Annotated[list[Path], typer.Argument(help="对话剧本（文本文件），或存放剧本的文件夹", exists=True)],
) -> None:
    """按剧本与机器人对话，逐句核对答复；在知识库的副本上进行，不留下任何记录。有不符时退出码为 6。

    例：`mingbai knowledge talk 剧本/低保.txt`
    """
    settings, scripts = load_settings(), _read(files)

    async def work() -> list[Wrong]:
        async with opened(settings):
            entries = await Curation(clock=DatabaseClock(), trail=Trail()).entries()
            units = list(await Unit.all())
        return await played(settings, entries, units, scripts)

    wrong = asyncio.run(work())
    for one in wrong:
        typer.echo(f"{one.title}，第 {one.line} 行“{one.said[:40]}”：{one.why}\n    实际答复：{one.reply[:200]}")
    said = sum(len(script.sayings) for script in scripts)
    typer.echo(f"{len(scripts)} 段对话，{said} 句，不符 {len(wrong)} 句")
    if wrong:
        raise typer.Exit(code=6)


def _read(files: Sequence[Path]) -> list[Script]:
    paths = [found for file in files for found in (sorted(file.glob("*.txt")) if file.is_dir() else [file])]
    try:
        scripts = [
            script for path in paths
            for script in parse(path.read_text(encoding="utf-8-sig"), name=path.name, now=datetime.now(UTC))
        ]  # fmt: skip
    except (ScriptRefused, UnicodeDecodeError) as refused:
        what = str(refused) if isinstance(refused, ScriptRefused) else "剧本须为 UTF-8 编码的文本，请另存后再试"
        raise CommandFailed(what, code=2) from None
    if not scripts:
        raise CommandFailed("文件夹里没有 .txt 剧本", code=2)
    return scripts

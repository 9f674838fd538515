"""``mingbai audit``: the trail."""

import json
from typing import Annotated

import typer

from audit.trail import Trail
from gateway.commands.running import with_database
from gateway.settings import Settings

app = typer.Typer(help="审计记录。", no_args_is_help=True)


@app.command("verify")
def verify(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """逐条核对审计链；有改动、缺失或错序则退出码为 6。

    例：`mingbai audit verify`
    """

    async def work(_settings: Settings) -> None:
        found = await Trail().verify()
        if as_json:
            typer.echo(json.dumps({"records": found.records, "head": found.head}))
        else:
            typer.echo(f"审计链完整，共 {found.records} 条，链头 {found.head[:16]}…")

    with_database(work)

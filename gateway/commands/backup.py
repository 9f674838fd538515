"""``mingbai backup | restore``: saving everything, and putting it back without anything going out twice."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from gateway.backup.making import make
from gateway.backup.restoring import restore as put_back
from gateway.settings import load_settings


def backup(
    to: Annotated[
        Path | None, typer.Option("--to", help="备份文件夹，或以 .mbk 结尾的文件；默认为状态文件夹下的 backups")
    ] = None,
    keep: Annotated[int | None, typer.Option("--keep", help="文件夹里只保留最近的几份")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """备份数据库（含上传的文件）为一个文件，并当场校验；可在运行中进行，建议每 5 分钟一次。

    例：`mingbai backup --to /var/backups/mingbai --keep 600`
    """
    made = asyncio.run(make(load_settings(), to=to, keep=keep))
    found = made.manifest
    if as_json:
        plain = {
            "file": str(made.path), "bytes": made.path.stat().st_size, "seconds": round(made.seconds, 3),
            "kind": found.kind, "moment": found.moment, "audit": {"last_id": found.audit_last_id, "hash": found.audit_hash},
            "sha256": found.payload_sha256, "counts": found.counts, "removed": [str(path) for path in made.removed],
        }  # fmt: skip
        typer.echo(json.dumps(plain, ensure_ascii=False))
        return
    size = made.path.stat().st_size / 2**20
    typer.echo(
        f"已备份并校验：{made.path}（{size:.1f} MB，用时 {made.seconds:.1f} 秒，审计记录 {found.audit_last_id} 条）"
    )


def restore(
    file: Annotated[Path, typer.Argument(help="备份文件（.mbk）")],
    replace: Annotated[bool, typer.Option("--replace", help="替换已有数据的数据库；原有数据先保留一份")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """从备份恢复。恢复后系统停发，先与各平台核对；核对完由两人在工作台解除。

    例：`mingbai restore /var/backups/mingbai/mingbai-20261123T013000Z.mbk --replace`
    """
    done = asyncio.run(put_back(load_settings(), file, replace=replace))
    if as_json:
        plain = {
            "moment": done.manifest.moment, "migrated": list(done.migrated), "aside": str(done.aside) if done.aside else None,
            "set_aside": done.set_aside, "floors": done.floors, "audit_records": done.audit_records,
            "lost_acts": done.lost_acts, "seconds": round(done.seconds, 3),
        }  # fmt: skip
        typer.echo(json.dumps(plain, ensure_ascii=False))
        return
    typer.echo(
        f"已恢复到 {done.manifest.moment} 的备份，审计链完整（{done.audit_records} 条），用时 {done.seconds:.1f} 秒。"
    )
    if done.aside is not None:
        typer.echo(f"原有数据保留在：{done.aside}")
    typer.echo(
        f"有 {done.set_aside} 条投放需要与平台核对。现在启动 mingbai serve：系统处于停发状态，会自动读取各平台核对；"
        "核对完后由两人在工作台“发布总开关”页面解除。"
    )

"""``mingbai knowledge``: the base as files."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import Progress

from audit.actor import Actor
from audit.trail import Trail
from gateway.commands import knowledge_life, knowledge_talk, knowledge_trial, sheet
from gateway.commands.running import with_database
from gateway.database.clock import DatabaseClock
from gateway.errors import CommandFailed
from gateway.settings import Settings
from knowledge import reading
from knowledge.columns import COLUMNS
from knowledge.curation import Curation
from knowledge.errors import EntryInvalid, ImportRefused
from knowledge.given import Reading
from knowledge.intake import Intake, Taken
from knowledge.plan import Act, Mode, Plan
from knowledge.records import KnowledgeImport

app = typer.Typer(help="知识库：导入、导出、测试，查到期与矛盾，看版本、回退。", no_args_is_help=True)
app.command("test")(knowledge_trial.trial)
app.command("talk")(knowledge_talk.talk)
app.command("due")(knowledge_life.show_due)
app.command("conflicts")(knowledge_life.show_conflicts)
app.command("releases")(knowledge_life.show_releases)
app.command("rollback")(knowledge_life.roll_back)
LOADER = Actor.machine("命令行导入")
SHANGHAI = ZoneInfo("Asia/Shanghai")
SHOWN = 50
HEADERS = {column.field: column.header for column in COLUMNS}
ACTS = {
    Act.new: "新增",
    Act.changed: "修改",
    Act.same: "相同",
    Act.skipped: "跳过",
    Act.kept: "以公开信息为准，未改",
    Act.refused: "有错",
}


@app.command("load")
def load(
    file: Annotated[Path, typer.Argument(help="xlsx、csv 或 JSONL 文件，一行一个条目", exists=True, dir_okay=False)],
    mode: Annotated[
        Mode, typer.Option(help="库中已有的条目：replace 按文件替换，merge 合并（空格子不改），skip 跳过")
    ] = Mode.REPLACE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看会有什么变化和错误，不写入")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """导入知识条目；全部成功才写入，有错则逐行列出，一条不写。可用 `mingbai knowledge undo` 撤销。

    例：`mingbai knowledge load entries.xlsx --dry-run`

    例：`mingbai knowledge load entries.jsonl`
    """

    async def work(_settings: Settings) -> Taken:
        intake = _intake()
        with Progress(transient=True, console=Console(stderr=True)) as bar:
            task = bar.add_task("读取", total=None)
            found: Reading = await asyncio.to_thread(
                reading.read_entries,
                file,
                on_progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
            if found.ignored and not as_json:
                typer.echo(f"这些列不认识，没有读取：{'、'.join(found.ignored)}", err=True)
            if dry_run:
                return Taken(batch=None, plan=await intake.plan(found, mode))
            writing = bar.add_task("写入", total=None)
            return await intake.take(
                found,
                mode,
                actor=LOADER,
                on_progress=lambda done, total: bar.update(writing, completed=done, total=total),
            )

    try:
        taken = with_database(work)
    except ImportRefused as refused:
        if as_json:
            typer.echo(json.dumps({"loaded": 0, "errors": _plain(refused.errors)}, ensure_ascii=False))
        else:
            _complain(refused.errors)
        raise typer.Exit(code=4) from None
    if as_json:
        typer.echo(json.dumps(_told(taken, dry_run=dry_run), ensure_ascii=False))
    else:
        _show(taken, dry_run=dry_run)
        _complain(taken.plan.errors)
    if taken.plan.errors:
        raise typer.Exit(code=4)


@app.command("export")
def export(file: Annotated[Path, typer.Argument(help="写到哪个文件：.xlsx、.csv 或 .jsonl")]) -> None:
    """导出全部知识条目；导出的文件可以原样导入。

    例：`mingbai knowledge export backup.jsonl`

    例：`mingbai knowledge export 知识库.xlsx`
    """

    if file.suffix.lower() not in reading.WRITTEN:
        raise CommandFailed(f"不知道怎样写“{file.name}”；文件名请以 .xlsx、.csv 或 .jsonl 结尾", code=2)

    async def work(_settings: Settings) -> int:
        entries = await _intake().entries()
        try:
            return await asyncio.to_thread(reading.write_entries, file, entries)
        except OSError as trouble:
            what = f"写不了 {file}（{trouble.strerror}）；请核对文件夹是否存在、有没有写入权限、磁盘是否已满"
            raise CommandFailed(what, code=2) from None

    typer.echo(f"已导出 {with_database(work)} 条到 {file}")


@app.command("imports")
def imports(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """最近的导入，新的在前；批号用于撤销。

    例：`mingbai knowledge imports`
    """

    async def work(_settings: Settings) -> list[KnowledgeImport]:
        return await _intake().batches()

    rows = with_database(work)
    if as_json:
        plain = [
            {"batch": row.id, "at": row.at.isoformat(), "by": row.by, "file": row.file, "sha256": row.sha256,
             "mode": row.mode, "counts": row.counts, "undone_at": row.undone_at.isoformat() if row.undone_at else None}
            for row in rows
        ]  # fmt: skip
        typer.echo(json.dumps(plain, ensure_ascii=False))
        return
    for row in rows:
        when, undone = row.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M"), "（已撤销）" if row.undone_at else ""
        typer.echo(f"第 {row.id} 批{undone}：{when}，{row.by}，{row.file}，{_counted(row.counts)}")
    if not rows:
        typer.echo("还没有导入过。")


@app.command("undo")
def undo(
    batch: Annotated[int, typer.Argument(help="批号，见 mingbai knowledge imports")],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """撤销一次导入：改过的条目恢复原样，新增的条目停用；导入之后又改过的，一条也不动并列出来。

    例：`mingbai knowledge undo 3`
    """

    async def work(_settings: Settings) -> tuple[int, int]:
        undone = await _intake().undo(batch, actor=LOADER)
        return undone.restored, undone.stopped

    restored, stopped = with_database(work)
    if as_json:
        typer.echo(json.dumps({"restored": restored, "stopped": stopped}))
    else:
        typer.echo(f"已撤销第 {batch} 批导入：恢复 {restored} 条，停用新增的 {stopped} 条")


def _intake() -> Intake:
    clock, trail = DatabaseClock(), Trail()
    return Intake(clock=clock, trail=trail, curation=Curation(clock=clock, trail=trail))


def _plain(errors: tuple[EntryInvalid, ...]) -> list[dict[str, object]]:
    return [{"row": one.line, "column": one.field, "what": one.what, "remedy": one.remedy} for one in errors]


def _told(taken: Taken, *, dry_run: bool) -> dict[str, object]:
    plan = taken.plan
    found: dict[str, object] = {
        "loaded": 0 if dry_run or plan.errors else len(plan.steps),
        "batch": taken.batch,
        "release": taken.release,
        "counts": plan.counts(),
        "errors": _plain(plan.errors),
    }
    if dry_run:
        found["rows"] = [
            {"row": step.line, "id": step.entry.id, "act": step.act.value, "fields": list(step.fields)}
            for step in plan.steps
        ]
    return found


def _show(taken: Taken, *, dry_run: bool) -> None:
    plan = taken.plan
    counts = _counted(plan.counts())
    if not dry_run:
        batch = f"，第 {taken.batch} 批，知识库第 {taken.release} 版" if taken.batch is not None else ""
        typer.echo(f"已导入 {len(plan.steps)} 条（{counts or '没有变化'}{batch}）")
        return
    _table(plan)
    typer.echo(f"试导入，没有写入：{counts or '文件里没有条目'}")


def _counted(counts: Mapping[str, int]) -> str:
    return "，".join(f"{name} {counts[act]}" for act, name in ACTS.items() if counts.get(act))


def _table(plan: Plan) -> None:
    table = sheet.table("行", "编号", "结果", "改动的栏目", box=None)
    steps = [step for step in plan.steps if step.act not in {Act.same, Act.refused}]
    for step in steps[:SHOWN]:
        table.add_row(str(step.line), step.entry.id, ACTS[step.act], "、".join(HEADERS[name] for name in step.fields))
    if steps:
        Console().print(table, markup=False)
    if len(steps) > SHOWN:
        typer.echo(f"其余 {len(steps) - SHOWN} 行未列出，可用 --json 查看")


def _complain(errors: tuple[EntryInvalid, ...]) -> None:
    """What is wrong, as a table on standard error."""
    if not errors:
        return
    typer.echo(f"文件没有导入，知识库保持原样：共有 {len(errors)} 处错误。", err=True)
    table = sheet.table("行", "列", "错误", "处理办法", box=None)
    for one in errors[:SHOWN]:
        table.add_row(str(one.line or ""), one.field, one.what, one.remedy)
    Console(stderr=True).print(table, markup=False)
    if len(errors) > SHOWN:
        typer.echo(f"其余 {len(errors) - SHOWN} 处未列出，可用 --json 查看", err=True)

"""``mingbai knowledge due|conflicts|releases|rollback``: the life of the entries, for the operator."""

import json
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import Progress

from audit.actor import Actor
from gateway.commands import sheet
from gateway.commands.running import with_database
from gateway.errors import CommandFailed
from gateway.knowing import curating
from gateway.settings import Settings
from knowledge.conflicts import Conflict
from knowledge.due import NAMES, Due, Why, due
from knowledge.history import ORIGIN_NAMES, counted
from knowledge.records import KnowledgeRelease

OPERATOR = Actor.machine("命令行回退")
SHANGHAI = ZoneInfo("Asia/Shanghai")
SHOWN = 50
MOST = 10_000


def show_due(
    why: Annotated[Why | None, typer.Option(help="只列出这一类")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """列出须复核、到期和没有责任单位的条目。

    例：`mingbai knowledge due`
    """

    async def work(_settings: Settings) -> tuple[list[Due], dict[Why, int]]:
        return await due(datetime.now(SHANGHAI).date(), why=why, limit=MOST)

    found, counts = with_database(work)
    if as_json:
        rows = [
            {"id": one.entry.id, "title": one.entry.title, "unit": one.entry.unit, "responsible": one.entry.responsible,
             "next_review_on": _day(one.entry.next_review_on), "valid_to": _day(one.entry.valid_to),
             "why": [each.value for each in one.why]}
            for one in found
        ]  # fmt: skip
        typer.echo(
            json.dumps(
                {"counts": {each.value: count for each, count in counts.items()}, "entries": rows}, ensure_ascii=False
            )
        )
        return
    table = sheet.table("编号", "问题", "责任单位", "责任人", "日期", "原因", box=None)
    for one in found[:SHOWN]:
        table.add_row(
            one.entry.id, one.entry.title[:30], one.entry.unit, one.entry.responsible, _day(one.on) or "",
            "、".join(NAMES[each] for each in one.why),
        )  # fmt: skip
    if found:
        Console().print(table, markup=False)
    if len(found) > SHOWN:
        typer.echo(f"其余 {len(found) - SHOWN} 条未列出，可用 --json 查看")
    told = "，".join(f"{NAMES[each]} {count} 条" for each, count in counts.items() if count)
    typer.echo(told or "没有须办的条目。")


def show_conflicts(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """找出问法相近而答复不同的条目；有没有核对过的矛盾时退出码为 6。

    例：`mingbai knowledge conflicts`
    """

    async def work(settings: Settings) -> tuple[Conflict, ...]:
        with Progress(transient=True, console=Console(stderr=True)) as bar:
            task = bar.add_task("比对", total=None)
            return await curating(settings).checking.conflicts(
                lambda done, total: bar.update(task, completed=done, total=total)
            )

    found = with_database(work)
    standing = [one for one in found if not one.checked]
    if as_json:
        typer.echo(json.dumps([_plain(one) for one in found], ensure_ascii=False))
    else:
        for one in standing[:SHOWN]:
            typer.echo(f"{one.one.id}（{one.question}） × {one.other.id}（{one.like}）")
            for each in one.unlike:
                typer.echo(f"    {each.what}：{each.one} ／ {each.other}")
        if len(standing) > SHOWN:
            typer.echo(f"其余 {len(standing) - SHOWN} 处未列出，可用 --json 查看")
        typer.echo(f"矛盾 {len(standing)} 处，已核对不冲突 {len(found) - len(standing)} 处")
    if standing:
        raise typer.Exit(code=6)


def show_releases(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """知识库的各个版本，新的在前；版号用于回退。

    例：`mingbai knowledge releases`
    """

    async def work(settings: Settings) -> list[KnowledgeRelease]:
        return (await curating(settings).releases.history(limit=SHOWN))[0]

    rows = with_database(work)
    if as_json:
        typer.echo(json.dumps([_release(row) for row in rows], ensure_ascii=False))
        return
    for row in rows:
        when = row.released_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if row.released_at else ""
        told = "，".join(
            part for part in (ORIGIN_NAMES[row.origin], row.title, row.reason, counted(row.counts)) if part
        )
        typer.echo(f"第 {row.number} 版：{when}，{row.released_by}，{told}")
    if not rows:
        typer.echo("知识库还没有版本。")


def roll_back(
    number: Annotated[int, typer.Argument(help="版号，见 mingbai knowledge releases")],
    reason: Annotated[str, typer.Option(help="理由，记入审计")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """把人工维护的条目恢复成某一版的样子；本身是新的一版。由公开信息生成的条目不受影响。

    例：`mingbai knowledge rollback 3 --reason "第 4 版的金额有误"`
    """
    if not reason.strip():
        raise CommandFailed("请用 --reason 写明理由", code=2)

    async def work(settings: Settings) -> KnowledgeRelease:
        return await curating(settings).releases.roll_back_now(number, reason=reason, actor=OPERATOR)

    row = with_database(work)
    if as_json:
        typer.echo(json.dumps(_release(row), ensure_ascii=False))
    else:
        typer.echo(f"已回退到第 {number} 版，成为第 {row.number} 版：{counted(row.counts)}")


def _release(row: KnowledgeRelease) -> dict[str, object]:
    return {
        "number": row.number, "at": row.released_at.isoformat() if row.released_at else None, "by": row.released_by,
        "origin": row.origin, "title": row.title, "reason": row.reason, "target": row.target, "counts": row.counts,
    }  # fmt: skip


def _plain(one: Conflict) -> dict[str, object]:
    return {
        "one": one.one.id, "question": one.question, "other": one.other.id, "like": one.like, "likeness": one.likeness,
        "unlike": [{"what": each.what, "one": each.one, "other": each.other} for each in one.unlike], "checked": one.checked,
    }  # fmt: skip


def _day(day: object) -> str | None:
    return str(day) if day is not None else None

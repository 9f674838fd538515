"""``mingbai knowledge test``: questions with the entries that should answer them, before a release of the base."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from audit.actor import Actor
from audit.trail import Trail
from gateway.commands import sheet
from gateway.commands.running import with_database
from gateway.database.clock import DatabaseClock
from gateway.errors import CommandFailed
from gateway.knowing import knowledge_base
from gateway.settings import Settings
from knowledge.cases import DECISIONS, Outcome, read_cases
from knowledge.records import KnowledgeTrial
from knowledge.trials import SHANGHAI, Trial, Trials

TESTER = Actor.machine("命令行测试")
SHOWN = 50
SHARES = {
    "precision": "直接回答的准确率",
    "recall": "应答率",
    "first": "首条命中",
    "offered": "前三条命中",
    "wrongly_answered": "无答案却作答",
}


def trial(
    file: Annotated[
        Path | None, typer.Argument(help="xlsx、csv 或 JSONL 文件；不写则重测上次的用例", exists=True, dir_okay=False)
    ] = None,
    suite: Annotated[str, typer.Option(help="这组用例的名称；默认为文件名")] = "",
    regressions_only: Annotated[
        bool, typer.Option("--regressions-only", help="只有上次通过、这次不通过的用例才算失败")
    ] = False,
    history: Annotated[bool, typer.Option("--history", help="只列出历次结果")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """用带期望结果的问句测试知识库；与群众提问走同一个程序。有用例不通过时退出码为 6。

    例：`mingbai knowledge test cases.xlsx`

    例：`mingbai knowledge test --suite cases --regressions-only --json`
    """
    name = suite or (file.stem if file is not None else "")
    if not name and not history:
        raise CommandFailed("请写用例文件，或用 --suite 写明重测哪一组用例", code=2)

    async def work(settings: Settings) -> Trial | list[KnowledgeTrial]:
        base = knowledge_base(settings)
        trials = Trials(base=base, clock=DatabaseClock(), trail=Trail())
        if history:
            return await trials.history(name or None)
        cases = await (asyncio.to_thread(read_cases, file) if file is not None else trials.cases(name))
        await base.load()
        with Progress(transient=True, console=Console(stderr=True)) as bar:
            task = bar.add_task("测试", total=None)
            return await trials.run(
                name, cases, actor=TESTER, on_progress=lambda done, total: bar.update(task, completed=done, total=total)
            )

    found = with_database(work)
    if not isinstance(found, Trial):
        _show_history(found, as_json=as_json)
        return
    if as_json:
        typer.echo(json.dumps(_plain(found), ensure_ascii=False))
    else:
        _show(found)
    if found.regressed if regressions_only else found.failed:
        raise typer.Exit(code=6)


def _plain(trial: Trial) -> dict[str, object]:
    return {
        "trial": trial.id,
        "suite": trial.suite,
        "generation": trial.generation,
        "since": trial.since.id if trial.since is not None else None,
        "figures": dict(trial.figures),
        "regressed": [one.case.question for one in trial.regressed],
        "recovered": [one.case.question for one in trial.recovered],
        "cases": [
            {"line": one.case.line, "question": one.case.question, "expected": list(one.case.entries),
             "expected_decision": one.case.decision, "passed": one.passed, "why": one.why, "decision": one.decision,
             "confidence": round(one.confidence, 6), "found": list(one.found)}
            for one in trial.outcomes
        ],
    }  # fmt: skip


def _show(trial: Trial) -> None:
    _table("比上次退步", trial.regressed)
    known = set(trial.regressed)
    _table("不通过", [one for one in trial.failed if one not in known])
    if trial.recovered:
        typer.echo(f"比上次进步：{'；'.join(one.case.question for one in trial.recovered[:SHOWN])}")
    typer.echo(f"{trial.suite}：{_summary(trial.figures)}")
    if trial.since is not None:
        typer.echo(f"上次（{_minute(trial.since)}）：{_summary(trial.since.figures)}")


def _table(title: str, outcomes: Sequence[Outcome]) -> None:
    if not outcomes:
        return
    table = sheet.table(
        "行", "问句", "判断", "把握", "原因", title=f"{title}（{len(outcomes)} 个）", box=None, title_justify="left"
    )
    for one in outcomes[:SHOWN]:
        table.add_row(
            str(one.case.line), one.case.question[:40], DECISIONS[one.decision], f"{one.confidence:.2f}", one.why
        )
    Console().print(table, markup=False)
    if len(outcomes) > SHOWN:
        typer.echo(f"其余 {len(outcomes) - SHOWN} 个未列出，可用 --json 查看")


def _summary(figures: Mapping[str, Any]) -> str:
    shares = [f"{name} {figures[key]:.1%}" for key, name in SHARES.items() if figures.get(key) is not None]
    return "，".join([f"{figures['total']} 个用例，通过 {figures['passed']} 个", *shares])


def _minute(trial: KnowledgeTrial) -> str:
    return trial.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _show_history(trials: Sequence[KnowledgeTrial], *, as_json: bool) -> None:
    if as_json:
        rows = [
            {"trial": one.id, "suite": one.suite, "at": one.at.isoformat(), "generation": one.generation, "figures": one.figures}
            for one in trials
        ]  # fmt: skip
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for one in trials:
        typer.echo(f"第 {one.id} 次，{_minute(one)}，{one.suite}：{_summary(one.figures)}")
    if not trials:
        typer.echo("还没有测试过。")

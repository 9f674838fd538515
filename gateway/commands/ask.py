"""``mingbai ask``: one question, or a file of them, put to the same base that citizens ask."""

import json
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.measure import load_measures
from bot.quoting import first_quote, said_of
from bot.ruled_talk import canned_text
from gateway.commands.running import with_database
from gateway.errors import CommandFailed
from gateway.knowing import knowledge_base
from gateway.settings import Settings
from knowledge.base import KnowledgeBase
from knowledge.canned import ACTS
from knowledge.finding import Finding

SHANGHAI = ZoneInfo("Asia/Shanghai")


def ask(
    question: Annotated[str, typer.Argument(help="一个问题")] = "",
    source: Annotated[
        Path | None, typer.Option("--from", help="JSONL 文件，每行 {id, text}", exists=True, dir_okay=False)
    ] = None,
    top: Annotated[int, typer.Option(help="每个问题最多列出几条", min=1, max=100)] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """向知识库提问。用 --from 时每个问题输出一行 JSON：id、decision、confidence、hits、ms、answer。

    hits 的第一条是政策文件时带 quote：能回答问题的原文（至多 200 字）及其起止位置；不再有效的文件另有 warning，
    在原文之前。ms 是检索所用的毫秒数。answer 是直接回答时群众看到的全部文字。

    例：`mingbai ask "低保怎么申请"`

    例：`mingbai ask --from questions.jsonl --top 10 > answers.jsonl`
    """
    if bool(question) == bool(source):
        raise CommandFailed("请写一个问题，或用 --from 指定问题文件（二者选一）", code=2)

    async def work(settings: Settings) -> None:
        base = knowledge_base(settings)
        await base.load()
        if source is not None:
            _ask_all(base, source, top)
        else:
            _show(question, _timed(base, question, top), as_json=as_json)

    with_database(work)


def _timed(base: KnowledgeBase, text: str, top: int) -> tuple[Finding, float]:
    began = time.perf_counter()
    finding = base.ask(text, top=top, today=datetime.now(SHANGHAI).date())
    return finding, (time.perf_counter() - began) * 1e3


def _ask_all(base: KnowledgeBase, source: Path, top: int) -> None:
    with source.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                text, name = str(row["text"]), row["id"]
            except (ValueError, KeyError, TypeError):
                raise CommandFailed(f'{source} 第 {number} 行不是 {{"id": …, "text": …}} 形式的 JSON', code=2) from None
            sys.stdout.write(
                json.dumps({"id": name, **_plain(text, _timed(base, text, top))}, ensure_ascii=False) + "\n"
            )


def _plain(text: str, answer: tuple[Finding, float]) -> dict[str, object]:
    finding, ms = answer
    hits: list[dict[str, object]] = [{"id": hit.entry.id, "score": round(hit.score, 4)} for hit in finding.hits]
    if quote := first_quote(finding.hits, text):
        hits[0]["quote"] = quote
    return {
        "decision": finding.decision,
        "confidence": round(finding.confidence, 6),
        "hits": hits,
        "ms": round(ms, 3),
        "answer": _said(text, finding),
    }


def _said(text: str, finding: Finding) -> str:
    """All that a citizen reads where it is answered outright; a rule before the base comes first there, too."""
    if finding.ruled is not None:
        return canned_text(finding.ruled)
    return said_of(finding.hits[0].entry, load_measures()["web"], text) if finding.decision == "answer" else ""


def _show(question: str, answer: tuple[Finding, float], *, as_json: bool) -> None:
    finding, ms = answer
    if as_json:
        typer.echo(json.dumps({"question": question, **_plain(question, answer)}, ensure_ascii=False))
        return
    words = {"answer": "直接回答", "choose": "请群众选择", "none": "不能回答"}
    typer.echo(f"判断：{words[finding.decision]}，把握 {finding.confidence:.2f}，{ms:.1f} 毫秒")
    if finding.ruled is not None:
        typer.echo(f"规则：{finding.ruled.name}（{ACTS[finding.ruled.act]}）\n{canned_text(finding.ruled)}".rstrip())
    for number, hit in enumerate(finding.hits[:5], 1):
        typer.echo(
            f"{number}. [{hit.entry.id}] {hit.entry.title or hit.entry.body[:40]}（{hit.score:.2f}）{'；'.join(hit.why[:3])}"
        )
    if quote := first_quote(finding.hits, question):
        typer.echo("\n".join(str(quote[part]) for part in ("warning", "text") if part in quote))

"""词库: the words that texts are checked for, the leaders' list, files in and out, and what is checked at all."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from console.door import Door, Visit, see
from console.home_pages import page_number
from console.knowledge_import_pages import read_upload
from console.screen import Screen
from disclosures.checking import rules
from disclosures.checking.leaders import Leader
from disclosures.checking.lexicon import KINDS, SEVERITIES
from disclosures.errors import InvalidContent
from disclosures.findings import Finding, block
from disclosures.lexicon_desk import FIELDS, MODES, LexiconDesk
from disclosures.seed_words import COLUMNS, read_rows, row_of
from knowledge import delimited, workbook
from knowledge.errors import ImportRefused
from knowledge.table import Table
from staff.roles import Verb

PER_PAGE: Final = 50
SHOWN: Final = 50
"""Rows and errors of a file that are listed."""
PAGE: Final = "/console/lexicon"
EXPORTS: Final = frozenset({"lexicon.csv", "lexicon.xlsx"})
_WIDTHS: Final = (24, 14, 18, 28, 40, 40)


class LexiconPages:
    def __init__(self, *, screen: Screen, door: Door, lexicon: LexiconDesk) -> None:
        self._screen = screen
        self._door = door
        self._lexicon = lexicon

    def routes(self) -> Sequence[web.RouteDef]:
        get, post, write = self._door.get, self._door.post, Verb.LEXICON_WRITE
        leader = PAGE + r"/leaders/{id:\d{1,9}}"
        return (
            get(PAGE, self.words, Verb.DISCLOSURE_READ),
            post(PAGE, self.put, write),
            post(f"{PAGE}/switch", self.switch, write),
            post(f"{PAGE}/remove", self.remove, write),
            get(f"{PAGE}/leaders", self.leaders, Verb.DISCLOSURE_READ),
            post(f"{PAGE}/leaders", self.put_leader, write),
            post(leader, self.put_leader, write),
            post(f"{leader}/remove", self.remove_leader, write),
            get(f"{PAGE}/import", self.imports, Verb.DISCLOSURE_READ),
            post(f"{PAGE}/import", self.take, write),
            post(PAGE + r"/import/{id:\d{1,9}}/undo", self.undo, write),
            get(PAGE + "/export/{name}", self.export, Verb.DISCLOSURE_READ),
            get(f"{PAGE}/rules", self.rules, Verb.DISCLOSURE_READ),
        )

    # Words

    async def words(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._words(request, visit)

    async def put(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        row = {column: visit.text(field) for column, field in FIELDS.items()}
        try:
            await self._lexicon.put(visit.person, row)
        except InvalidContent as invalid:
            return await self._words(request, visit, typed=row, problems=invalid.problems)
        return see(f"{PAGE}?own=own", "lexicon-saved")

    async def switch(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        active = visit.text("active") == "yes"
        await self._lexicon.switch(visit.person, visit.text("word"), active=active)
        return see(f"{PAGE}?own={'' if active else 'own'}", "lexicon-on" if active else "lexicon-off")

    async def remove(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        await self._lexicon.remove(visit.person, visit.text("word"))
        return see(f"{PAGE}?own=own", "lexicon-removed")

    # Leaders

    async def leaders(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._leaders(request, visit)

    async def put_leader(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = request.match_info.get("id")
        try:
            leader = _leader(visit)
            await self._lexicon.put_leader(visit.person, leader, leader_id=int(number) if number else None)
        except InvalidContent as invalid:
            return await self._leaders(request, visit, problems=invalid.problems, editing=int(number or 0))
        return see(f"{PAGE}/leaders", "lexicon-leader-saved")

    async def remove_leader(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        await self._lexicon.remove_leader(visit.person, int(request.match_info["id"]))
        return see(f"{PAGE}/leaders", "lexicon-removed")

    # Files

    async def imports(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._imports(request, visit)

    async def take(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """试导入 shows what would happen; 导入 does it. A file with one wrong row is not taken at all."""
        mode = visit.text("mode") if visit.text("mode") in MODES else "merge"
        try:
            name, table = await read_upload(visit, _read)
            words, errors = await asyncio.to_thread(read_rows, [(row.number, row.cells) for row in table.rows])
            if errors:
                return await self._imports(request, visit, mode=mode, errors=errors)
            if visit.text("then") != "take":
                plan = await self._lexicon.plan(words, mode)
                return await self._imports(request, visit, mode=mode, plan=plan, name=name)
            await self._lexicon.take(visit.person, words, mode, file=name)
        except ImportRefused as refused:
            errors = [(each.line, each.field, each.what, each.remedy) for each in refused.errors]
            return await self._imports(request, visit, mode=mode, errors=errors)
        except InvalidContent as invalid:
            errors = [(0, "", each.message, each.remedy) for each in invalid.problems]
            return await self._imports(request, visit, mode=mode, errors=errors)
        return see(f"{PAGE}/import", "lexicon-imported")

    async def undo(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        left = await self._lexicon.undo(visit.person, int(request.match_info["id"]))
        return see(f"{PAGE}/import", "lexicon-partly-undone" if left else "lexicon-undone")

    async def export(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The district's words, or all of them (``?all=1``), in a file that 导入 takes back without loss."""
        name = request.match_info["name"]
        if name not in EXPORTS:
            return see(f"{PAGE}/import")
        lines = await self._lexicon.lines(own=None if request.query.get("all") else True)
        rows = [COLUMNS, *(row_of(line.word) for line in lines if line.active)]
        data = await asyncio.to_thread(_written, name, rows)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": "application/octet-stream"}
        return web.Response(body=data, headers=headers)

    async def rules(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return self._screen.show(
            request, visit, "lexicon-rules.html", title="检查项目", rules=rules.ALL, severities=rules.SEVERITY_NAMES
        )

    async def _words(
        self, request: web.Request, visit: Visit, *, typed: Mapping[str, str] | None = None,
        problems: Sequence[Finding] = (),
    ) -> web.StreamResponse:  # fmt: skip
        query = request.query
        kind = query.get("kind", "") if query.get("kind", "") in KINDS else ""
        own = {"own": True, "seed": False}.get(query.get("own", ""))
        lines = await self._lexicon.lines(text=query.get("q", "")[:60], kind=kind, own=own)
        page = min(page_number(request), max(1, -(-len(lines) // PER_PAGE)))
        if typed is None and (wanted := query.get("edit", "")):
            found = next((line for line in await self._lexicon.lines() if line.word.word == wanted), None)
            typed = dict(zip(COLUMNS, row_of(found.word), strict=True)) if found else None
        fields = {field: (typed or {}).get(column, "") for column, field in FIELDS.items()}
        return self._screen.show(
            request, visit, "lexicon.html", title="词库", status=422 if problems else 200, total=len(lines),
            lines=lines[(page - 1) * PER_PAGE : page * PER_PAGE], page=page, pages=max(1, -(-len(lines) // PER_PAGE)),
            kinds=KINDS, severities=SEVERITIES, q=query.get("q", "")[:60], kind=kind, own=query.get("own", ""),
            fields=fields, open=typed is not None, problems=_by_field(problems), may_write=visit.person.may(Verb.LEXICON_WRITE),
            edits=query.get("edit", "") if typed else "",
        )  # fmt: skip

    async def _leaders(
        self, request: web.Request, visit: Visit, *, problems: Sequence[Finding] = (), editing: int = 0
    ) -> web.StreamResponse:
        rows = await self._lexicon.leaders()
        wanted = request.query.get("edit", "")
        editing = editing or (int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 else 0)
        row = next((each for each in rows if each.id == editing), None)
        names = ("name", "title", "order", "since", "until")
        values: dict[str, Any] = {name: visit.text(name) for name in names}
        if not problems and row is not None:
            values = {"name": row.name, "title": row.title, "order": row.order or "", "since": row.since or "", "until": row.until or ""}  # fmt: skip
        return self._screen.show(
            request, visit, "lexicon-leaders.html", title="领导姓名职务", status=422 if problems else 200, rows=rows,
            values=values, editing=editing if row else 0, problems=_by_field(problems),
            may_write=visit.person.may(Verb.LEXICON_WRITE),
        )  # fmt: skip

    async def _imports(
        self, request: web.Request, visit: Visit, *, mode: str = "merge", plan: Any = None, name: str = "",
        errors: Sequence[tuple[int, str, str, str]] = (),
    ) -> web.StreamResponse:  # fmt: skip
        return self._screen.show(
            request, visit, "lexicon-import.html", title="导入导出", status=422 if errors else 200, modes=MODES, mode=mode,
            plan=plan, name=name, errors=errors[:SHOWN], more_errors=max(0, len(errors) - SHOWN), shown=SHOWN, columns=COLUMNS,
            rows=await self._lexicon.imports(), kinds=KINDS, severities=SEVERITIES,
            may_write=visit.person.may(Verb.LEXICON_WRITE),
        )  # fmt: skip


def _read(path: Path) -> tuple[str, Table]:
    table = workbook.read(path) if path.suffix.lower() in {".xlsx", ".xlsm", ".xls", ".et"} else delimited.read(path)
    return path.name, table


def _written(name: str, rows: Sequence[Sequence[str]]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="mingbai-export-") as folder:
        path = Path(folder) / name
        if name.endswith(".xlsx"):
            workbook.write(path, rows, sheet="词库", widths=_WIDTHS)
        else:
            delimited.write(path, rows)
        return path.read_bytes()


def _leader(visit: Visit) -> Leader:
    """What stands in the form. Raises InvalidContent."""
    problems: list[Finding] = []
    order = visit.text("order").strip() or "0"
    if not (order.isascii() and order.isdigit() and len(order) < 6):
        problems.append(block("order", "排序应为数字。", "请填写 1、2、3……，不参与排序的留空。"))
        order = "0"
    since, until = _day(visit, "since", problems), _day(visit, "until", problems)
    if problems:
        raise InvalidContent(problems)
    name = visit.text("name").replace(" ", "").replace("\u3000", "")
    return Leader(name=name, title=visit.text("title").strip(), order=int(order), since=since, until=until)


def _day(visit: Visit, field: str, problems: list[Finding]) -> date | None:
    text = visit.text(field).strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        problems.append(block(field, "日期无法识别。", "请按 2026-11-23 的格式填写，或留空。"))
        return None


def _by_field(problems: Sequence[Finding]) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for problem in problems:
        found.setdefault(problem.field, []).append(problem)
    return found

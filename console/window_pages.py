"""服务窗口: where citizens are served, kept by hand or from a table, and what the codes of QR codes and menus stand for."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from aiohttp import web

from console.door import Door, Visit, see
from console.knowledge_import_pages import read_upload
from console.screen import Screen
from disclosures.errors import InvalidContent
from disclosures.findings import Finding
from disclosures.records import Unit
from disclosures.service_windows import (
    COLUMNS,
    KINDS,
    RowWrong,
    ServiceWindows,
    WindowText,
    read_rows,
    row_of,
    windows,
)
from knowledge import delimited, workbook
from knowledge.errors import ImportRefused
from knowledge.table import Table
from staff.roles import Verb

PAGE: Final = "/console/windows"
EXPORTS: Final = frozenset({"windows.xlsx", "windows.csv"})
SHOWN: Final = 100
_WIDTHS: Final = (22, 18, 30, 16, 34, 40, 12, 12, 24)
_WORKBOOKS: Final = frozenset({".xlsx", ".xlsm", ".xls", ".et"})


class WindowPages:
    def __init__(self, *, screen: Screen, door: Door, desk: ServiceWindows) -> None:
        self._screen = screen
        self._door = door
        self._desk = desk

    def routes(self) -> Sequence[web.RouteDef]:
        get, post, one = self._door.get, self._door.post, PAGE + r"/{id:\d{1,9}}"
        return [
            get(PAGE, self.windows, Verb.KNOWLEDGE_READ),
            post(PAGE, self.add, Verb.CATALOGUE_WRITE),
            get(one, self.window, Verb.CATALOGUE_WRITE),
            post(one, self.change, Verb.CATALOGUE_WRITE),
            post(f"{one}/remove", self.remove, Verb.CATALOGUE_WRITE),
            get(PAGE + "/import", self.imports, Verb.CATALOGUE_WRITE),
            post(PAGE + "/import", self.take, Verb.CATALOGUE_WRITE),
            get(PAGE + "/export/{name}", self.export, Verb.KNOWLEDGE_READ),
            get(PAGE + "/codes", self.codes, Verb.KNOWLEDGE_READ),
            post(PAGE + "/codes", self.point, Verb.CATALOGUE_WRITE),
            post(PAGE + r"/codes/{id:\d{1,9}}/remove", self.unpoint, Verb.CATALOGUE_WRITE),
        ]

    # Windows

    async def windows(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._list(request, visit)

    async def add(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            await self._desk.save(visit.person, _text(visit))
        except InvalidContent as invalid:
            return await self._list(request, visit, problems=invalid.problems)
        return see(PAGE, "window-saved")

    async def window(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._edit(request, visit)

    async def change(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            await self._desk.save(visit.person, _text(visit), window_id=int(request.match_info["id"]))
        except InvalidContent as invalid:
            return await self._edit(request, visit, problems=invalid.problems)
        return see(PAGE, "window-saved")

    async def remove(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        await self._desk.remove(visit.person, int(request.match_info["id"]))
        return see(PAGE, "window-removed")

    # Files

    async def imports(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return self._imports(request, visit)

    async def take(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """A file with one wrong row is not taken at all; 试导入 only says what would happen."""
        try:
            name, table = await read_upload(visit, _read)
        except ImportRefused as refused:
            wrong = [RowWrong(line=e.line, column=e.field, what=e.what, remedy=e.remedy) for e in refused.errors]
            return self._imports(request, visit, wrong=wrong)
        texts, wrong = read_rows([(row.number, row.cells) for row in table.rows])
        if wrong:
            return self._imports(request, visit, wrong=wrong)
        if visit.text("then") != "take":
            known = {window.name for window in await windows()}
            added = sum(text.name.strip() not in known for text in texts)
            return self._imports(request, visit, plan=(added, len(texts) - added), name=name)
        await self._desk.take(visit.person, texts, file=name)
        return see(PAGE, "windows-imported")

    async def export(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """All windows in a file that 导入 takes back; of a district that has none the template."""
        name = request.match_info["name"]
        if name not in EXPORTS:
            return see(PAGE)
        rows = [tuple(COLUMNS), *(row_of(window) for window in await windows())]
        data = await asyncio.to_thread(_written, name, rows)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": "application/octet-stream"}
        return web.Response(body=data, headers=headers)

    # Codes

    async def codes(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._codes(request, visit)

    async def point(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            await self._desk.point(
                visit.person, code=visit.text("code"), kind=visit.text("kind"), target=visit.text("target"),
                note=visit.text("note"),
            )  # fmt: skip
        except InvalidContent as invalid:
            return await self._codes(request, visit, problems=invalid.problems)
        return see(f"{PAGE}/codes", "signpost-saved")

    async def unpoint(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        await self._desk.unpoint(visit.person, int(request.match_info["id"]))
        return see(f"{PAGE}/codes", "signpost-removed")

    # Showing

    async def _list(
        self, request: web.Request, visit: Visit, *, problems: Sequence[Finding] = ()
    ) -> web.StreamResponse:
        return self._screen.show(
            request, visit, "windows.html", title="服务窗口", status=422 if problems else 200, rows=await windows(),
            values=_typed(visit), problems=_by_field(problems), units=await _units(),
            may_write=visit.person.may(Verb.CATALOGUE_WRITE),
        )  # fmt: skip

    async def _edit(
        self, request: web.Request, visit: Visit, *, problems: Sequence[Finding] = ()
    ) -> web.StreamResponse:
        number = int(request.match_info["id"])
        found = next((window for window in await windows() if window.id == number), None)
        if found is None:
            return see(PAGE)
        values = _typed(visit) if problems else dict(zip(COLUMNS.values(), row_of(found), strict=True))
        return self._screen.show(
            request, visit, "window.html", title=found.name, status=422 if problems else 200, window=found,
            values=values, problems=_by_field(problems), units=await _units(),
        )  # fmt: skip

    def _imports(
        self, request: web.Request, visit: Visit, *, wrong: Sequence[RowWrong] = (),
        plan: tuple[int, int] | None = None, name: str = "",
    ) -> web.StreamResponse:  # fmt: skip
        return self._screen.show(
            request, visit, "windows-import.html", title="导入服务窗口", status=422 if wrong else 200, errors=wrong[:SHOWN],
            more=max(0, len(wrong) - SHOWN), plan=plan, name=name, columns=tuple(COLUMNS),
        )  # fmt: skip

    async def _codes(
        self, request: web.Request, visit: Visit, *, problems: Sequence[Finding] = ()
    ) -> web.StreamResponse:
        names = ("code", "kind", "target", "note")
        return self._screen.show(
            request, visit, "window-codes.html", title="二维码和菜单", status=422 if problems else 200,
            rows=await self._desk.signposts(), kinds=KINDS, values={name: visit.text(name) for name in names},
            problems=_by_field(problems), names=[window.name for window in await windows()],
            may_write=visit.person.may(Verb.CATALOGUE_WRITE),
        )  # fmt: skip


def _typed(visit: Visit) -> Mapping[str, str]:
    return {name: visit.text(name) for name in COLUMNS.values()}


def _text(visit: Visit) -> WindowText:
    return WindowText(**_typed(visit))


async def _units() -> list[str]:
    rows = await Unit.filter(active=True).order_by("sort", "id").only("name")
    return [row.name for row in rows]


def _read(path: Path) -> tuple[str, Table]:
    table = workbook.read(path) if path.suffix.lower() in _WORKBOOKS else delimited.read(path)
    return path.name, table


def _written(name: str, rows: Sequence[Sequence[str]]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="mingbai-export-") as folder:
        path = Path(folder) / name
        if name.endswith(".xlsx"):
            workbook.write(path, rows, sheet="服务窗口", widths=_WIDTHS)
        else:
            delimited.write(path, rows)
        return path.read_bytes()


def _by_field(problems: Sequence[Finding]) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for problem in problems:
        found.setdefault(problem.field, []).append(problem)
    return found

"""导入: a file of entries as drafts, after a dry run; the imports so far, and taking one back."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from aiohttp import web
from aiohttp.web_request import FileField

from console.door import Visit, see, uploads
from console.screen import Screen
from knowledge import reading
from knowledge.columns import COLUMNS
from knowledge.curating import Curating
from knowledge.draft import OPEN
from knowledge.drafts import AS_DRAFTS
from knowledge.entry import Entry
from knowledge.errors import EntryInvalid, ImportRefused, KnowledgeError
from knowledge.plan import Act, Mode, Plan
from knowledge.records import KnowledgeDraft, KnowledgeImport
from staff.roles import Verb

PAGE: Final = "/console/knowledge/import"
SHOWN: Final = 100
LATEST: Final = 30
HEADERS: Final = {column.field: column.header for column in COLUMNS}
ACTS: Final = {
    "new": "新增", "changed": "修改", "same": "相同", "skipped": "跳过", "kept": "以公开信息为准，未改", "refused": "有错",
}  # fmt: skip
EXPORTS: Final = frozenset({"knowledge.xlsx", "knowledge.csv", "knowledge.jsonl"})
SUFFIXES: Final = frozenset({".xlsx", ".csv", ".tsv", ".jsonl"})

T = TypeVar("T")


class KnowledgeImportPages:
    def __init__(self, *, screen: Screen, curating: Curating) -> None:
        self._screen = screen
        self._drafts = curating.drafts
        self._intake = curating.intake

    async def imports(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit)

    async def take(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """试导入 shows what would happen; 导入为草稿 does it."""
        mode = Mode(visit.text("mode")) if visit.text("mode") in set(Mode) else Mode.REPLACE
        try:
            found = await read_upload(visit, reading.read_entries)
            if visit.text("then") != "take":
                plan = await self._drafts.plan(found, mode)
                return await self._show(request, visit, plan=plan, name=found.name, ignored=found.ignored)
            batch, _plan = await self._drafts.take(visit.person, found, mode)
        except ImportRefused as refused:
            return await self._show(request, visit, problem=refused)
        except KnowledgeError as error:
            return await self._show(request, visit, problem=error)
        if batch is None:
            return see(PAGE, "import-nothing")
        return see(f"/console/knowledge/drafts?batch={batch}", "imported-drafts")

    async def export(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Every entry, in a file that 导入 takes back without loss."""
        name = request.match_info["name"]
        if name not in EXPORTS:
            return see(PAGE)
        entries = await self._intake.entries()
        try:
            data = await asyncio.to_thread(_written, name, entries)
        except KnowledgeError as error:
            return await self._show(request, visit, problem=error)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": "application/octet-stream"}
        return web.Response(body=data, headers=headers)

    async def submit(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        batch = int(request.match_info["id"])
        _sent, left = await self._drafts.submit_batch(visit.person, batch)
        return see(f"/console/knowledge/drafts?batch={batch}", "batch-partly" if left else "batch-submitted")

    async def undo(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            await self._drafts.undo_batch(visit.person, int(request.match_info["id"]))
        except KnowledgeError as error:
            return await self._show(request, visit, problem=error)
        return see(PAGE, "import-undone")

    async def _show(
        self, request: web.Request, visit: Visit, *, plan: Plan | None = None, name: str = "",
        ignored: tuple[str, ...] = (), problem: KnowledgeError | None = None,
    ) -> web.StreamResponse:  # fmt: skip
        rows = await KnowledgeImport.all().order_by("-id").limit(LATEST)
        left = {row.id: await KnowledgeDraft.filter(import_id=row.id, state__in=OPEN).count() for row in rows}
        steps = [step for step in plan.steps if step.act not in {Act.same, Act.refused}] if plan else []
        errors = plan.errors if plan else problem.errors if isinstance(problem, ImportRefused) else ()
        return self._screen.show(
            request, visit, "knowledge-import.html", title="导入", status=422 if errors else 409 if problem else 200,
            rows=rows, left=left, plan=plan, counts=plan.counts() if plan else {}, steps=steps[:SHOWN],
            more=max(0, len(steps) - SHOWN), errors=errors[:SHOWN], more_errors=max(0, len(errors) - SHOWN), acts=ACTS,
            headers=HEADERS, name=name, ignored=ignored, problem=problem, as_drafts=AS_DRAFTS, modes=MODES,
            mode=visit.text("mode") or "replace", may_write=visit.person.may(Verb.KNOWLEDGE_WRITE),
        )  # fmt: skip


MODES: Final = {
    "replace": "按文件替换（空格子清空）", "merge": "合并（空格子不改，相似问法只增不减）", "skip": "跳过已有的，只加新的",
}  # fmt: skip


async def read_upload(visit: Visit, read: Callable[[Path], T]) -> T:
    """The file of the form, read by ``read`` off the event loop; the name that a browser sends is never a path here.

    Raises ImportRefused without a file, or as ``read`` does.
    """
    files = uploads(visit.form, "file")
    if not files:
        raise ImportRefused([EntryInvalid(0, "", "没有选择文件", "选择一个 .xlsx、.csv 或 .jsonl 文件")])
    return await asyncio.to_thread(_read, files[0], read)


def _read(upload: FileField, read: Callable[[Path], T]) -> T:
    given = Path(upload.filename.replace("\\", "/")).name
    suffix = Path(given).suffix.lower()
    stem = "".join(character for character in Path(given).stem if character.isalnum() or character in "-_ ")[:80]
    # Old workbooks keep their ending, so that the reader can say what to do with them.
    known = suffix if suffix in SUFFIXES | {".xls", ".xlsm", ".et"} else ".jsonl"
    with tempfile.TemporaryDirectory(prefix="mingbai-import-") as folder:
        path = Path(folder) / f"{stem or 'import'}{known}"
        with path.open("wb") as target:
            shutil.copyfileobj(upload.file, target)
        return read(path)


def _written(name: str, entries: list[Entry]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="mingbai-export-") as folder:
        path = Path(folder) / name
        reading.write_entries(path, entries)
        return path.read_bytes()

"""词典 and 固定的问句: the district's words over the base, with what a change would do before anybody proposes it."""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from console.change_view import faults_of, lines_of, title_of
from console.door import Visit, see
from console.home_pages import page_number
from console.knowledge_import_pages import read_upload
from console.layering import Layering
from console.screen import Screen
from knowledge import delimited, workbook
from knowledge.dictionary import HEADERS, KINDS, Word
from knowledge.dictionary_changes import STATE_NAMES, Desk, Item
from knowledge.dictionary_effect import SHOWN, Effect
from knowledge.dictionary_pins import Pin
from knowledge.dictionary_store import PINS, WORDS, contents_in_force
from knowledge.dictionary_table import read_words, rows_of
from knowledge.errors import CaseRefused, EntryUnknown, KnowledgeError
from knowledge.records import KnowledgeEntry
from staff.roles import Verb

PAGE: Final = "/console/knowledge/dictionary"
PER_PAGE: Final = 50
EMPTY: Final = {
    "said": "",
    "means": "",
    "kind": "colloquial",
    "both": "",
    "source": "",
    "note": "",
    "reason": "",
    "old": "",
}


class DictionaryPages:
    def __init__(self, *, screen: Screen, layering: Layering) -> None:
        self._screen = screen
        self._changes = layering.changes
        self._effects = layering.effects

    async def words(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit)

    async def put(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """看看影响, or 提交. What was typed stays on the page until it is proposed."""
        fields = {name: visit.text(name).strip() for name in EMPTY}
        word = Word(
            said=fields["said"], means=fields["means"], kind=fields["kind"], both=fields["both"] == "yes",
            source=fields["source"], note=fields["note"],
        )  # fmt: skip
        old = [fields["old"]] if fields["old"] and fields["old"] != word.key else []
        try:
            items = await self._changes.words([word], old)
            if visit.text("then") != "propose":
                return await self._show(request, visit, fields=fields, effect=await self._effect(items), items=items)
            row = await self._changes.propose(visit.person, Desk.words, items, note=fields["reason"])
        except KnowledgeError as error:
            return await self._show(request, visit, fields=fields, problem=error)
        return see(f"/console/knowledge/changes/{row.id}", "layer-proposed")

    async def remove(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            items = await self._changes.words(remove=[visit.text("key")])
            row = await self._changes.propose(visit.person, Desk.words, items)
        except KnowledgeError as error:
            return await self._show(request, visit, problem=error)
        return see(f"/console/knowledge/changes/{row.id}", "layer-proposed")

    async def take(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """A table of words as one change."""
        try:
            words = await read_upload(visit, read_words)
            row = await self._changes.propose(
                visit.person, Desk.words, await self._changes.words(words), note=f"导入 {len(words)} 行"
            )
        except KnowledgeError as error:
            return await self._show(request, visit, problem=error, box="import")
        return see(f"/console/knowledge/changes/{row.id}", "layer-proposed")

    async def export(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in {"dictionary.csv", "dictionary.xlsx"}:
            raise EntryUnknown(name)
        contents = (await contents_in_force())[WORDS]
        rows = rows_of(Word.from_json(row) for row in contents.values())
        data = await asyncio.to_thread(_written, name, rows)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": "application/octet-stream"}
        return web.Response(body=data, headers=headers)

    async def pins(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show_pins(request, visit)

    async def unpin(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            items = await self._changes.pins(remove=[visit.text("key")])
            row = await self._changes.propose(visit.person, Desk.pins, items)
        except KnowledgeError as error:
            return await self._show_pins(request, visit, problem=error)
        return see(f"/console/knowledge/changes/{row.id}", "layer-proposed")

    async def _effect(self, items: Sequence[Item]) -> Effect:
        if not items:
            raise CaseRefused("与词典中的这一行没有差别。", "改动之后再看影响。")
        layers = await self._changes.layers_with(Desk.words, items)
        return await self._effects.of(layers, today=await self._changes.today())

    async def _show(
        self, request: web.Request, visit: Visit, *, fields: dict[str, str] | None = None, effect: Effect | None = None,
        items: Sequence[Item] = (), problem: KnowledgeError | None = None, box: str = "word",
    ) -> web.StreamResponse:  # fmt: skip
        contents = (await contents_in_force())[WORDS]
        query = {name: request.query.get(name, "").strip()[:60] for name in ("q", "kind", "edit", "said")}
        rows = [(key, Word.from_json(row)) for key, row in contents.items()]
        chosen = [(key, w) for key, w in rows if _fits(w, query["q"], query["kind"])]
        page = min(page_number(request), max(1, -(-len(chosen) // PER_PAGE)))
        if fields is None:
            fields = _fields(contents.get(query["edit"]), query["edit"]) | (
                {"said": query["said"]} if query["said"] else {}
            )
        return self._screen.show(
            request, visit, "dictionary.html", title="词典", status=422 if problem else 200, total=len(chosen),
            rows=chosen[(page - 1) * PER_PAGE : page * PER_PAGE], page=page, pages=max(1, -(-len(chosen) // PER_PAGE)),
            kinds=KINDS, q=query["q"], kind=query["kind"], fields=fields, effect=effect, shown=SHOWN,
            lines=lines_of(Desk.words, items), problem=problem, faults=faults_of(problem), box=box, headers=HEADERS,
            may_write=visit.person.may(Verb.KNOWLEDGE_WRITE), **await listed(self._changes, Desk.words),
        )  # fmt: skip

    async def _show_pins(
        self, request: web.Request, visit: Visit, *, problem: KnowledgeError | None = None
    ) -> web.StreamResponse:
        contents = (await contents_in_force())[PINS]
        rows = [(key, Pin.from_json(row)) for key, row in contents.items()]
        entries = await KnowledgeEntry.filter(entry_id__in=[pin.entry_id for _, pin in rows])
        return self._screen.show(
            request, visit, "pins.html", title="固定的问句", status=409 if problem else 200,
            rows=sorted(rows, key=lambda each: each[1].review_on), entries={row.entry_id: row for row in entries},
            today=await self._changes.today(), problem=problem, may_write=visit.person.may(Verb.KNOWLEDGE_WRITE),
            **await listed(self._changes, Desk.pins),
        )  # fmt: skip


async def listed(changes: Any, desk: Desk) -> dict[str, Any]:
    """What waits for its second person, and the last changes, for a list's page."""
    waiting, history = await changes.waiting(desk), await changes.history(desk, limit=20)
    return {
        "waiting": [(row, title_of(row)) for row in waiting], "history": [(row, title_of(row)) for row in history],
        "states": STATE_NAMES,
    }  # fmt: skip


def _fits(word: Word, text: str, kind: str) -> bool:
    within = not text or any(text in each for each in (word.said, word.means, word.source, word.note))
    return within and (kind not in KINDS or word.kind == kind)


def _fields(row: dict[str, Any] | None, key: str) -> dict[str, str]:
    if row is None:
        return dict(EMPTY)
    word = Word.from_json(row)
    return EMPTY | {
        "said": word.said, "means": word.means, "kind": word.kind, "both": "yes" if word.both else "", "source": word.source,
        "note": word.note, "old": key,
    }  # fmt: skip


def _written(name: str, rows: Sequence[Sequence[str]]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="mingbai-export-") as folder:
        path = Path(folder) / name
        if name.endswith(".xlsx"):
            workbook.write(path, rows, sheet="词典", widths=(20, 24, 8, 8, 24, 24))
        else:
            delimited.write(path, rows)
        return path.read_bytes()

"""Writing from a Word file, and turning a text from rich text to Markdown and back: what the form and its editor ask."""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from audit.clock import Clock
from console.door import Door, Visit, uploads, wants_json
from console.guarding import require_one
from console.screen import SHANGHAI, Screen
from console.word_form import filled
from console.write_pages import WritePages
from disclosures import markup
from disclosures.catalogue import Catalogue
from disclosures.errors import FileRefused
from disclosures.files import MOST_BYTES, Files
from disclosures.markdown import to_markdown
from disclosures.word import WordImport, WordText
from staff.roles import Verb


class WordPages:
    def __init__(
        self, *, screen: Screen, door: Door, write: WritePages, files: Files, catalogue: Catalogue, clock: Clock
    ) -> None:
        self._screen = screen
        self._door = door
        self._write = write
        self._import = WordImport(files=files)
        self._catalogue = catalogue
        self._clock = clock

    def routes(self) -> Sequence[web.RouteDef]:
        return (
            self._door.get("/console/disclosures/import", self.choose, Verb.DISCLOSURE_WRITE),
            self._door.post("/console/disclosures/import", self.read, Verb.DISCLOSURE_WRITE),
            self._door.post("/console/convert", self.convert, Verb.DISCLOSURE_WRITE),
        )

    async def choose(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return self._page(request, visit)

    async def read(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Opens the form with what stands in the file; as JSON for the editor, which puts it at the cursor."""
        require_one(visit.person, (Verb.FILE_WRITE,))  # Its pictures are stored.
        try:
            word = await self._word(visit)
        except FileRefused as refused:
            if wants_json(request):
                return web.json_response({"detail": str(refused)}, status=422)
            return self._page(request, visit, problem=str(refused), status=422)
        if wants_json(request):
            return web.json_response({"title": word.title, "body_html": word.body_html, "notes": list(word.notes)})
        units = await self._catalogue.units()
        own = visit.person.unit
        known = {name for unit in units for name in (unit.name, unit.short_name) if name}
        today = (await self._clock.now()).astimezone(SHANGHAI).date()
        fields, imported = filled(word, units=units, own_unit=own if own in known else "", today=today)
        return await self._write.opened(request, visit, fields, imported)

    async def convert(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """A body from Markdown to HTML, or back with the names of what would be lost. Nothing is saved."""
        body = visit.text("body").replace("\r\n", "\n")
        try:
            if visit.text("to") == "markdown":
                written, lost = await asyncio.to_thread(to_markdown, body)
                return web.json_response({"body": written, "lost": list(lost)})
            return web.json_response({"body": await asyncio.to_thread(markup.from_markdown, body), "lost": []})
        except markup.MarkupError as error:
            return web.json_response({"detail": str(error)}, status=422)

    async def _word(self, visit: Visit) -> WordText:
        chosen = uploads(visit.form, "file")
        if not chosen:
            raise FileRefused("请先选择一个 Word 文件（.docx）。")
        data = chosen[0].file.read(MOST_BYTES + 1)
        return await self._import.read(data, chosen[0].filename, by=visit.person.actor)

    def _page(self, request: web.Request, visit: Visit, *, problem: str = "", status: int = 200) -> web.Response:
        return self._screen.show(
            request, visit, "word-import.html", title="导入 Word 文件", problem=problem, status=status
        )

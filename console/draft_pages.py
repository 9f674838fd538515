"""草稿: a change of the knowledge base from its writing to its acceptance. Each handler is parse → verb → page."""

from typing import Final

from aiohttp import web

from console.door import Visit, see, whole
from console.entry_form import CHOICES, EntryFields
from console.home_pages import page_number
from console.screen import Screen
from knowledge.columns import COLUMNS
from knowledge.curating import Curating
from knowledge.differences import differences
from knowledge.draft import NAMES, OPEN, State
from knowledge.drafts import Sheet
from knowledge.entry import Entry
from knowledge.errors import DraftMoved, EntryIncomplete, EntryInvalid, KnowledgeError
from knowledge.records import KnowledgeDraft, KnowledgeEntry
from knowledge.requirements import wanting
from staff.roles import Verb

PER_PAGE: Final = 20
LIST: Final = "/console/knowledge/drafts"
HEADERS: Final = {column.field: column.header for column in COLUMNS}
MANY: Final = 200
"""So many drafts are accepted at once."""


class DraftPages:
    def __init__(self, *, screen: Screen, curating: Curating) -> None:
        self._screen = screen
        self._drafts = curating.drafts
        self._curation = curating.curation

    async def drafts(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._list(request, visit)

    async def new(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """An empty form, or one with an entry to be changed (``?entry=``), or with a question that nobody answered (``?q=``)."""
        entry_id = request.query.get("entry", "")
        if not entry_id:
            fields = EntryFields(values={"title": request.query.get("q", "")[:500], "validity": "有效", "kind": "faq"})
            return self._form(request, visit, fields)
        standing = await KnowledgeDraft.get_or_none(open_key=entry_id)
        if standing is not None:
            return see(f"{LIST}/{standing.id}")
        entry = await self._curation.stored(entry_id)
        if entry is None:
            return see(LIST)
        return self._form(request, visit, EntryFields.of(entry), entry_id=entry_id)

    async def create(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        fields, entry_id = EntryFields.typed(visit), visit.text("entry_id")
        try:
            entry = fields.entry(entry_id=entry_id)
            if not entry_id and await KnowledgeEntry.exists(entry_id=entry.id):
                raise EntryInvalid(0, "id", f"编号 {entry.id} 已有条目", "换一个编号，或在那个条目上修改")
            sheet = await self._drafts.create(visit.person, entry, note=fields.note)
        except KnowledgeError as error:
            return self._form(request, visit, fields, entry_id=entry_id, problem=error)
        return await self._saved(visit, sheet)

    async def draft(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit)

    async def edit(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        sheet = await self._drafts.sheet(_id(request))
        fields = EntryFields.of(sheet.entry, note=sheet.row.note)
        return self._form(request, visit, fields, entry_id=sheet.row.entry_id, sheet=sheet)

    async def save(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The version in the form says what was read: if somebody saved meanwhile, nothing is overwritten, and what was typed
        stays on the page beside what he wrote."""
        fields, number = EntryFields.typed(visit), _id(request)
        sheet = await self._drafts.sheet(number)
        try:
            entry = fields.entry(entry_id=sheet.row.entry_id)
            version = visit.number("version")
            sheet = await self._drafts.save(visit.person, number, entry, version=version, note=fields.note)
        except DraftMoved as moved:
            theirs = differences(sheet.entry, _or(sheet.entry, fields))
            return self._form(
                request, visit, fields, entry_id=sheet.row.entry_id, sheet=sheet, problem=moved, theirs=theirs,
                version=version,
            )  # fmt: skip
        except KnowledgeError as error:
            return self._form(request, visit, fields, entry_id=sheet.row.entry_id, sheet=sheet, problem=error)
        return await self._saved(visit, sheet)

    async def stop(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """A draft that stops an entry; the row's number stands in the address."""
        row = await KnowledgeEntry.get_or_none(id=_id(request))
        if row is None:
            return see("/console/knowledge")
        try:
            sheet = await self._drafts.stop(visit.person, row.entry_id, visit.text("reason"))
        except KnowledgeError as error:
            return self._screen.show(
                request, visit, "refused.html", title="没有完成", status=409, message=str(error),
                remedy=str(getattr(error, "remedy", "")),
            )  # fmt: skip
        return see(f"{LIST}/{sheet.row.id}", "draft-saved")

    async def submit(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._act(request, visit, "submit", "draft-submitted")

    async def accept(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._act(request, visit, "accept", "draft-accepted")

    async def send_back(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._act(request, visit, "send_back", "draft-sent-back")

    async def discard(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._act(request, visit, "discard", "draft-discarded")

    async def accept_all(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Those that were ticked, each with the content that was on the page."""
        pairs = (text.partition(":") for text in visit.texts("draft"))
        chosen = [(whole(number), sha256) for number, _, sha256 in pairs]
        try:
            await self._drafts.accept_all(visit.person, chosen[:MANY])
        except KnowledgeError as error:
            return await self._list(request, visit, problem=error)
        return see(f"{LIST}?state=submitted", "draft-accepted")

    async def _act(self, request: web.Request, visit: Visit, act: str, done: str) -> web.StreamResponse:
        number, version = _id(request), visit.number("version")
        try:
            if act == "submit":
                await self._drafts.submit(visit.person, number, version=version)
            elif act == "discard":
                await self._drafts.discard(visit.person, number, version=version)
            elif act == "accept":
                await self._drafts.accept(
                    visit.person, number, sha256=visit.text("sha256"), remark=visit.text("remark")
                )
            else:
                await self._drafts.send_back(visit.person, number, remark=visit.text("remark"))
        except KnowledgeError as error:
            return await self._show(request, visit, box=act, problem=error)
        return see(f"{LIST}/{number}", done)

    async def _saved(self, visit: Visit, sheet: Sheet) -> web.StreamResponse:
        """Saved; and submitted too, if that was the button."""
        done = "draft-saved"
        if visit.text("then") == "submit":
            try:
                await self._drafts.submit(visit.person, sheet.row.id, version=sheet.row.version)
                done = "draft-submitted"
            except EntryIncomplete:
                return see(f"{LIST}/{sheet.row.id}/edit?wanting=1", "draft-wanting")
        return see(f"{LIST}/{sheet.row.id}", done)

    async def _list(
        self, request: web.Request, visit: Visit, *, problem: KnowledgeError | None = None
    ) -> web.StreamResponse:
        page, state = page_number(request), request.query.get("state", "submitted" if problem else "")
        batch = request.query.get("batch", "")
        rows = KnowledgeDraft.filter(state=state) if state in set(State) else KnowledgeDraft.filter(state__in=OPEN)
        if whole(batch):
            rows = rows.filter(import_id=whole(batch))
        total = await rows.count()
        shown = await rows.order_by("-updated_at", "-id").offset((page - 1) * PER_PAGE).limit(PER_PAGE)
        counts = {each.value: await KnowledgeDraft.filter(state=each).count() for each in OPEN}
        return self._screen.show(
            request, visit, "draft-list.html", title="草稿", status=409 if problem else 200, problem=problem,
            sheets=await self._drafts.sheets(shown), total=total, page=page, pages=max(1, -(-total // PER_PAGE)),
            state=state, batch=batch, names=NAMES, counts=counts, kinds=CHOICES["kinds"], differences=differences,
        )  # fmt: skip

    async def _show(
        self, request: web.Request, visit: Visit, *, box: str = "", problem: KnowledgeError | None = None
    ) -> web.StreamResponse:
        sheet = await self._drafts.sheet(_id(request))
        before = sheet.now
        return self._screen.show(
            request, visit, "draft.html", title=sheet.entry.title or sheet.row.entry_id,
            status=409 if problem else 200, sheet=sheet, row=sheet.row, entry=sheet.entry, names=NAMES,
            differ=differences(before, sheet.entry), missing=wanting(sheet.entry), kinds=CHOICES["kinds"], box=box,
            problem=problem, mine=visit.person.account_id in sheet.authors, open=sheet.state in OPEN,
            may_write=visit.person.may(Verb.KNOWLEDGE_WRITE), may_approve=visit.person.may(Verb.KNOWLEDGE_APPROVE),
        )  # fmt: skip

    def _form(
        self, request: web.Request, visit: Visit, fields: EntryFields, *, entry_id: str = "",
        sheet: Sheet | None = None, problem: KnowledgeError | None = None, theirs: object = (), version: int = 0,
    ) -> web.StreamResponse:  # fmt: skip
        wrong = {problem.field: problem} if isinstance(problem, EntryInvalid) else {}
        if sheet is not None and request.query.get("wanting"):
            wrong = {each.field: EntryInvalid(0, each.field, each.what, each.remedy) for each in wanting(sheet.entry)}
        return self._screen.show(
            request, visit, "draft-form.html", title="修改条目" if entry_id else "新增条目",
            status=(422 if wrong else 409) if problem else 200, fields=fields, entry_id=entry_id, sheet=sheet,
            problem=problem, wrong=wrong, headers=HEADERS, theirs=theirs,
            version=version or (sheet.row.version if sheet else 0), moved=isinstance(problem, DraftMoved), **CHOICES,
        )  # fmt: skip


def _or(entry: Entry, fields: EntryFields) -> Entry:
    try:
        return fields.entry(entry_id=entry.id)
    except EntryInvalid:
        return entry


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])

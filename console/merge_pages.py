"""The page on which two people's changes of one text are put together: shown when somebody else saved first."""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from aiohttp import web

from audit.clock import Clock
from console.door import Visit, see
from console.form import Fields, of_findings
from console.merge_view import Merge, compare
from console.preflight import Issue
from console.presence import Presence
from console.screen import Screen
from console.working_copies import WorkingCopies, clock_time
from disclosures.desk import Desk
from disclosures.errors import Conflict, InvalidContent, NotFound, StateRefused
from disclosures.files import Files
from disclosures.findings import block
from disclosures.kinds import find_kind
from disclosures.markup import MarkupError
from disclosures.sheet import Sheet


class ShowForm(Protocol):
    """The form with these fields in it."""

    async def __call__(
        self, request: web.Request, visit: Visit, fields: Fields, *, issues: tuple[Issue, ...] = (),
        sheet: Sheet | None = None, status: int = 200, revision: int = 0, notice: str = "",
    ) -> web.Response: ...  # fmt: skip


class MergePages:
    def __init__(
        self, *, screen: Screen, desk: Desk, files: Files, clock: Clock, copies: WorkingCopies, presence: Presence,
        show_form: ShowForm,
    ) -> None:  # fmt: skip
        self._screen, self._desk, self._files, self._clock = screen, desk, files, clock
        self._copies, self._presence, self._show_form = copies, presence, show_form

    async def show(
        self, request: web.Request, visit: Visit, mine: Fields, sheet: Sheet, base: int, *,
        picks: Mapping[str, str] | None = None, own: Mapping[str, str] | None = None, status: int = 409,
    ) -> web.Response:  # fmt: skip
        """The two texts side by side. ``base`` is the version from which this person began; ``sheet`` the text now."""
        try:
            merge = await self._compared(mine, sheet, base, picks or {}, own or {})
        except (NotFound, MarkupError) as unreadable:
            # Without a common beginning everything stands against everything; without readable marks nothing compares.
            issues = of_findings([block("body", str(unreadable))])
            return await self._show_form(
                request, visit, mine, issues=issues, sheet=sheet, status=422, revision=base or sheet.revision
            )
        version = sheet.version
        return self._screen.show(
            request, visit, "merge.html", title="两份内容对照", status=status, sheet=sheet, merge=merge, mine=mine,
            base=base, key=visit.text("key"), unanswered=merge.unanswered(picks) if picks is not None else frozenset(),
            when=clock_time(version.created_at, await self._clock.now()), own_self=version.author_id == visit.person.account_id,
        )  # fmt: skip

    async def merge(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Takes the choices: saves what they make, or goes back to the form with it."""
        sheet = await self._desk.sheet(int(request.match_info["id"]))
        mine, base, seen = Fields.typed(visit), visit.number("revision"), visit.number("seen")
        picks = _named(visit, "pick_")
        own = {name: text.replace("\r\n", "\n") for name, text in _named(visit, "own_").items()}
        if seen != sheet.revision:  # A third text came between: it is shown before anything is chosen.
            return await self.show(request, visit, mine, sheet, base)
        try:
            merge = await self._compared(mine, sheet, base, picks, own)
        except (NotFound, MarkupError):
            return await self.show(request, visit, mine, sheet, base)
        if merge.unanswered(picks):
            return await self.show(request, visit, mine, sheet, base, picks=picks, own=own, status=422)
        result = merge.result(picks, own)
        known = {each.name for each in (await find_kind(result.kind)).fields}
        homeless = any(text.strip() and name not in known for name, text in result.particulars.items())
        if homeless or visit.text("action") == "continue":
            # What one filled in for a kind that the other changed must be seen before it goes.
            why = "，其中有的内容在现在的文种里没有对应的项目" if homeless else ""
            return await self._show_form(
                request, visit, result, sheet=sheet, revision=seen, notice=f"两份内容已合并在下面{why}，还没有保存。"
            )
        return await self._save(request, visit, result, sheet)

    async def _save(self, request: web.Request, visit: Visit, result: Fields, sheet: Sheet) -> web.StreamResponse:
        person, seen = visit.person, sheet.revision
        try:
            draft = result.draft(await find_kind(result.kind))
            await self._desk.revise(person, sheet.id, draft, expected_revision=seen)
        except (InvalidContent, StateRefused) as error:
            problems = error.problems if isinstance(error, InvalidContent) else [block("state", str(error))]
            return await self._show_form(
                request, visit, result, issues=of_findings(problems), sheet=sheet, status=422, revision=seen
            )
        except Conflict:
            return await self.show(request, visit, result, await self._desk.sheet(sheet.id), seen)
        await self._copies.saved(person.account_id, visit.text("key"))
        await self._presence.left(person.account_id, visit.text("key"))
        return see(f"/console/disclosures/{sheet.id}", "merged")

    async def _compared(
        self, mine: Fields, sheet: Sheet, base: int, picks: Mapping[str, str], own: Mapping[str, str]
    ) -> Merge:
        began = await self._desk.version(sheet.id, base)
        before = Fields.of_draft(began.draft, await find_kind(began.content.kind))
        theirs = Fields.of_draft(sheet.version.draft, await find_kind(sheet.content.kind))
        kind = await find_kind(mine.kind or theirs.kind)
        names = {file.sha256: file.file_name for file in (*began.content.attachments, *sheet.content.attachments)}
        return await asyncio.to_thread(compare, before, theirs, mine, kind=kind, files=names, picks=picks, own=own)


def _named(visit: Visit, prefix: str) -> dict[str, str]:
    found: dict[str, Any] = {
        name.removeprefix(prefix): visit.text(name) for name in visit.form if name.startswith(prefix)
    }
    return found

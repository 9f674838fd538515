"""The kinds of documents on the screen: the office's pages, and the part of the form that a kind brings."""

import re
from collections.abc import Iterable
from dataclasses import replace

from aiohttp import web

from console.door import Door, Visit, see
from console.form import Fields, of_findings
from console.form_view import categories_of, category_of, form_fields, kind_or_plain, template_of
from console.kind_form import KindForm
from console.screen import Screen
from disclosures.catalogue import Catalogue
from disclosures.errors import Conflict, InvalidContent
from disclosures.findings import Finding, block
from disclosures.kind import ASKABLE, TYPE_NAMES, Kind
from disclosures.kinds import Kinds, active_kinds, mark
from staff.roles import Verb

_FIELD = re.compile(r"fields\.(\d+)\.\w+")


class KindPages:
    def __init__(self, *, screen: Screen, door: Door, kinds: Kinds, catalogue: Catalogue) -> None:
        self._screen, self._door, self._kinds, self._catalogue = screen, door, kinds, catalogue

    def routes(self) -> list[web.RouteDef]:
        get, post, office = self._door.get, self._door.post, Verb.CATALOGUE_WRITE
        one = r"/console/kinds/{code:[a-z0-9][a-z0-9-]{0,31}}"
        return [
            get("/console/kinds", self.list, office),
            get("/console/kind-new", self.blank, office),
            post("/console/kinds", self.create, office),
            get(one, self.kind, office),
            post(one, self.save, office),
            post(f"{one}/switch", self.switch, office),
            post(f"{one}/delete", self.delete, office),
            post("/console/kind-fields", self.fields, Verb.DISCLOSURE_WRITE),
        ]

    async def list(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return self._screen.show(
            request, visit, "kinds.html", title="文种", kinds=await self._kinds.all(), used=await self._kinds.used(),
            categories={row.code: row.name for row in await self._catalogue.categories(active=False)},
        )  # fmt: skip

    async def blank(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        sort = max((each.sort for each in await self._kinds.all()), default=0) + 10
        return await self._show(request, visit, KindForm.of(Kind(code="", name="", sort=sort)), new=True)

    async def kind(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit, KindForm.of(await self._kinds.kind(request.match_info["code"])))

    async def create(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._save(request, visit, KindForm.typed(visit, visit.text("code").strip()), new=True)

    async def save(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        before = await self._kinds.kind(request.match_info["code"])
        return await self._save(
            request, visit, KindForm.typed(visit, before.code, taken=[each.name for each in before.fields])
        )

    async def switch(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Switches a kind off, or on again."""
        kind = await self._kinds.kind(request.match_info["code"])
        await self._kinds.save(visit.person, replace(kind, active=visit.text("active") == "yes"), new=False)
        return see("/console/kinds", "kind-switched")

    async def delete(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        await self._kinds.delete(visit.person, request.match_info["code"])
        return see("/console/kinds", "kind-deleted")

    async def fields(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """What a kind brings into an open form, for the page's script: its fields with what was typed for them, its template
        and its column. Nothing is saved."""
        fields = Fields.typed(visit)
        kind = await kind_or_plain(fields.kind)
        own = form_fields(kind, fields, await active_kinds())
        page = self._screen.text(request, visit, "form-kind-fields.html", title="", own=own, fields=fields, issues={})
        return web.json_response({
            "fields": page, "template": template_of(kind, fields.body_format),
            "category": await category_of(self._catalogue, kind),
        })  # fmt: skip

    async def _save(
        self, request: web.Request, visit: Visit, form: KindForm, *, new: bool = False
    ) -> web.StreamResponse:
        try:
            await self._kinds.save(visit.person, form.kind, new=new, seen=visit.text("seen"))
        except InvalidContent as invalid:
            return await self._show(request, visit, form, new=new, problems=invalid.problems, status=422)
        except Conflict as conflict:
            return await self._show(request, visit, form, new=new, problems=[block("", str(conflict))], status=409)
        return see("/console/kinds", "kind-saved")

    async def _show(
        self, request: web.Request, visit: Visit, form: KindForm, *, new: bool = False,
        problems: Iterable[Finding] = (), status: int = 200,
    ) -> web.Response:  # fmt: skip
        now = None if new else await self._kinds.kind(form.kind.code)
        used = 0 if new else (await self._kinds.used()).get(form.kind.code, 0)
        rows = await self._catalogue.categories()
        codes = {row.name: row.code for row in rows}
        return self._screen.show(
            request, visit, "kind.html", title="新增文种" if new else f"文种：{form.kind.name}", status=status, form=form,
            kind=form.kind, new=new, used=used, seen=mark(now) if now else "", types=TYPE_NAMES, askable=ASKABLE, issues=_beside(problems),
            problems=of_findings(problems),
            categories=[(codes[name], label) for name, label in await categories_of(self._catalogue)],
        )  # fmt: skip


def _beside(problems: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The problems by their field; those of one line stand together under ``fields.<place>``."""
    found: dict[str, list[Finding]] = {}
    for problem in problems:
        line = _FIELD.fullmatch(problem.field)
        found.setdefault(f"fields.{line[1]}" if line else problem.field, []).append(problem)
    return found

"""Writing a text: the form, its check while one types, and the files that go into it."""

from dataclasses import replace
from urllib.parse import quote

from aiohttp import web
from aiohttp.web_request import FileField

from audit.clock import Clock
from console.door import Visit, see, uploads
from console.form import Fields, beside, of_findings
from console.preflight import Issue, Preflight
from console.screen import SHANGHAI, Screen
from console.words import FIELD_NAMES
from disclosures.catalogue import Catalogue
from disclosures.checks import STAGES
from disclosures.content import FileReference
from disclosures.desk import Desk
from disclosures.errors import Conflict, FileRefused, InvalidContent, NotFound, StateRefused
from disclosures.files import MOST_BYTES, Files
from disclosures.findings import block
from disclosures.sheet import Sheet
from publishers.port import ChannelName
from publishers.weibo.limits import Limits
from staff.person import Person

SHOWN_IN_PLACE = frozenset({"image/png", "image/jpeg", "image/gif"})


class WritePages:
    def __init__(
        self, *, screen: Screen, desk: Desk, preflight: Preflight, files: Files, catalogue: Catalogue, clock: Clock
    ) -> None:
        self._screen = screen
        self._desk = desk
        self._preflight = preflight
        self._files = files
        self._catalogue = catalogue
        self._clock = clock
        self._weibo = Limits.load()

    async def blank(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        today = (await self._clock.now()).astimezone(SHANGHAI).date()
        own = visit.person.unit
        known = {name for unit in await self._catalogue.units() for name in (unit.name, unit.short_name) if name}
        values = {"formed_on": today.isoformat(), "department": own if own in known else ""}
        return await self._show(request, visit, Fields(values=values))

    async def edit(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        sheet = await self._desk.sheet(int(request.match_info["id"]))
        issues = await self._preflight.issues(sheet)
        return await self._show(request, visit, Fields.of_draft(sheet.version.draft), issues=issues, sheet=sheet)

    async def create(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._save(request, visit, None)

    async def save(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._save(request, visit, await self._desk.sheet(int(request.match_info["id"])))

    async def check(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The check while one types, as JSON. Nothing is saved."""
        today = (await self._clock.now()).astimezone(SHANGHAI).date()
        fields = Fields.typed(visit)
        number = visit.text("disclosure")
        try:
            draft = fields.draft()
            issues = await self._preflight.trial(
                draft, disclosure_id=int(number) if number.isascii() and number.isdigit() else None, today=today
            )
        except InvalidContent as invalid:
            issues = of_findings(invalid.problems)
        found = [
            {
                "field": name,
                "place": issue.place,
                "blocks": issue.blocks,
                "message": issue.message,
                "remedy": issue.remedy,
                "rule": issue.rule,
                "quote": issue.quote,
                "mask": issue.mask,
                "why": issue.why,
                "passed": issue.passed.reason if issue.passed else "",
            }
            for name, group in beside(issues).items()
            for issue in group
        ]
        return web.json_response({"issues": found})

    async def upload(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Takes one file and says how to refer to it; for the page's script."""
        chosen = uploads(visit.form, "file")
        try:
            if not chosen:
                raise FileRefused("没有收到文件。")
            file = await self._put(visit.person, chosen[0], visit.text("title"))
        except FileRefused as refused:
            return web.json_response({"detail": str(refused)}, status=422)
        return web.json_response({
            "sha256": file.sha256, "path": file.path, "file_name": file.file_name, "size": file.size,
            "picture": file.media_type in SHOWN_IN_PLACE,
        })  # fmt: skip

    async def file(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """A stored file for staff, also while it is not public."""
        file = await self._files.find(request.match_info["sha256"])
        place = "inline" if file.media_type in SHOWN_IN_PLACE else "attachment"
        return web.Response(
            body=await self._files.load(file.sha256), content_type=file.media_type,
            headers={
                "Content-Disposition": f"{place}; filename*=UTF-8''{quote(file.file_name, safe='')}",
                "Cache-Control": "private, max-age=3600", "Content-Security-Policy": "default-src 'none'; sandbox",
            },
        )  # fmt: skip

    async def _save(self, request: web.Request, visit: Visit, sheet: Sheet | None) -> web.StreamResponse:
        fields = Fields.typed(visit)
        try:
            fields = await self._with_files(visit, fields)
            if visit.text("action") == "picture":
                # Without a script the picture is appended to the text; nothing is saved yet.
                return await self._show(request, visit, fields, sheet=sheet, typed=visit)
            saved = await self._saved(visit, fields, sheet)
        except InvalidContent as invalid:
            issues = of_findings(invalid.problems)
            return await self._show(request, visit, fields, issues=issues, sheet=sheet, status=422, typed=visit)
        except FileRefused as refused:
            issues = of_findings([block("attachments", str(refused))])
            return await self._show(request, visit, fields, issues=issues, sheet=sheet, status=422, typed=visit)
        except StateRefused as refused:
            issues = of_findings([block("state", str(refused))])
            return await self._show(request, visit, fields, issues=issues, sheet=sheet, status=409, typed=visit)
        except Conflict as conflict:
            return await self._show(
                request, visit, fields, sheet=sheet, status=409, typed=visit, conflict=str(conflict)
            )
        changed = sheet is None or saved.revision != sheet.revision
        return see(f"/console/disclosures/{saved.id}", "saved" if changed else "unchanged")

    async def _saved(self, visit: Visit, fields: Fields, sheet: Sheet | None) -> Sheet:
        if sheet is None:
            return await self._desk.create(visit.person, fields.draft())
        expected = visit.text("overwrite") or visit.text("revision")
        if not (expected.isascii() and expected.isdigit()):
            raise Conflict
        return await self._desk.revise(visit.person, sheet.id, fields.draft(), expected_revision=int(expected))

    async def _with_files(self, visit: Visit, fields: Fields) -> Fields:
        """The fields after the chosen files were stored. Raises FileRefused."""
        for chosen in uploads(visit.form, "picture_file"):
            file = await self._put(visit.person, chosen, visit.text("picture_alt"))
            if file.media_type not in SHOWN_IN_PLACE:
                raise FileRefused("正文中只能插入图片，其他文件请作为附件上传。")
            fields = fields.with_value("body", f"{fields['body'].rstrip()}\n\n{_picture(fields, file)}\n")
        for chosen in uploads(visit.form, "cover_file"):
            file = await self._put(visit.person, chosen, "封面")
            fields = replace(fields, wechat_cover=file.sha256)
        added: list[tuple[str, str]] = []
        for chosen in uploads(visit.form, "attachment_file"):
            title = visit.text("attachment_file_title").strip() or (chosen.filename or "").rpartition(".")[0]
            file = await self._put(visit.person, chosen, title)
            added.append((file.sha256, file.title))
        known = {sha256 for sha256, _ in fields.attachments}
        fresh = tuple(pair for pair in added if pair[0] not in known)
        return replace(fields, attachments=(*fields.attachments, *fresh))

    async def _put(self, person: Person, chosen: FileField, title: str) -> FileReference:
        data = chosen.file.read(MOST_BYTES + 1)
        return await self._files.put(data, chosen.filename, chosen.content_type, by=person.actor, title=title)

    async def _show(
        self, request: web.Request, visit: Visit, fields: Fields, *, issues: tuple[Issue, ...] = (),
        sheet: Sheet | None = None, status: int = 200, typed: Visit | None = None, conflict: str = "",
    ) -> web.Response:  # fmt: skip
        return self._screen.show(
            request, visit, "form.html", title=f"修改：{sheet.title}" if sheet else "起草公开信息", status=status,
            fields=fields, issues=beside(issues), all_issues=issues, sheet=sheet, conflict=conflict,
            revision=typed.text("revision") if typed and sheet else (sheet.revision if sheet else ""),
            units=await self._catalogue.units(), categories=await self._categories(), stages=STAGES,
            files=await self._known(fields), field_names=FIELD_NAMES, weibo=self._weibo,
            has_wechat=ChannelName.WECHAT in self._preflight.channels,
            has_weibo=ChannelName.WEIBO in self._preflight.channels,
        )  # fmt: skip

    async def _categories(self) -> list[tuple[str, str]]:
        """(name, label): a column below another is indented by its parent's name."""
        rows = await self._catalogue.categories()
        names = {row.code: row.name for row in rows}
        return [(row.name, f"{names[row.parent]} › {row.name}" if row.parent in names else row.name) for row in rows]

    async def _known(self, fields: Fields) -> dict[str, FileReference]:
        found: dict[str, FileReference] = {}
        for sha256 in [
            *(pair[0] for pair in fields.attachments),
            *([fields.wechat_cover] if fields.wechat_cover else []),
        ]:
            try:
                found[sha256] = await self._files.find(sha256)
            except NotFound:
                continue
        return found


def _picture(fields: Fields, file: FileReference) -> str:
    alt = file.title.replace("[", "（").replace("]", "）").replace("\n", " ")
    if fields.body_format == "html":
        escaped = alt.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
        return f'<p><img src="{file.path}" alt="{escaped}"></p>'
    return f"![{alt}]({file.path})"

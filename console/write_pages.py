"""Writing a text: the form, its check while one types, and the files that go into it."""

import contextlib
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import quote

from aiohttp import web
from aiohttp.web_request import FileField

from audit.clock import Clock
from console.derived import NOTHING, derived
from console.door import Visit, see, uploads, whole
from console.errors import CopyRefused
from console.form import Fields, beside, of_findings
from console.form_view import FormView
from console.merge_pages import MergePages
from console.preflight import Issue, Preflight
from console.press import PressDesk
from console.screen import SHANGHAI, Screen
from console.word_form import Imported, in_markdown
from console.words import FIELD_NAMES
from disclosures.catalogue import Catalogue
from disclosures.checks import STAGES
from disclosures.content import FileReference
from disclosures.desk import Desk
from disclosures.errors import Conflict, FileRefused, InvalidContent, NotFound, StateRefused
from disclosures.files import MOST_BYTES, Files
from disclosures.findings import Finding, block
from disclosures.kinds import find_kind
from disclosures.sheet import Sheet
from publishers.port import ChannelName
from publishers.weibo.limits import Limits
from staff.person import Person

SHOWN_IN_PLACE = frozenset({"image/png", "image/jpeg", "image/gif"})


class WritePages:
    def __init__(
        self, *, screen: Screen, desk: Desk, preflight: Preflight, files: Files, catalogue: Catalogue, clock: Clock,
        press: PressDesk,
    ) -> None:  # fmt: skip
        self._screen = screen
        self._desk = desk
        self._preflight = preflight
        self._files = files
        self._catalogue = catalogue
        self._clock = clock
        self._weibo = Limits.load()
        self._copies, self._presence = press.copies, press.presence
        self._form = FormView(preflight=preflight, catalogue=catalogue, copies=press.copies, presence=press.presence)
        self._merging = MergePages(
            screen=screen, desk=desk, files=files, clock=clock, copies=press.copies, presence=press.presence,
            show_form=self._show,
        )  # fmt: skip
        self.merge = self._merging.merge

    async def blank(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        today = (await self._clock.now()).astimezone(SHANGHAI).date()
        own = visit.person.unit
        known = {name for unit in await self._catalogue.units() for name in (unit.name, unit.short_name) if name}
        values = {"formed_on": today.isoformat(), "department": own if own in known else ""}
        fields = await self._form.chosen(Fields(values=values, kind=request.query.get("kind", "")[:32]), "")
        return await self._show(request, visit, fields, copy=whole(request.query.get("copy", "")))

    async def edit(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        sheet = await self._desk.sheet(int(request.match_info["id"]))
        issues = await self._preflight.issues(sheet)
        fields = Fields.of_draft(sheet.version.draft, await find_kind(sheet.content.kind))
        copy = whole(request.query.get("copy", ""))
        return await self._show(request, visit, fields, issues=issues, sheet=sheet, copy=copy)

    async def opened(
        self, request: web.Request, visit: Visit, fields: Fields, imported: Imported
    ) -> web.StreamResponse:
        """The form with what was read from a file; nothing is saved yet."""
        return await self._show(request, visit, fields, imported=imported)

    async def create(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._save(request, visit, None)

    async def save(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._save(request, visit, await self._desk.sheet(int(request.match_info["id"])))

    async def check(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The check while one types, as JSON, and what each channel would show now. Nothing is saved."""
        today = (await self._clock.now()).astimezone(SHANGHAI).date()
        fields = Fields.typed(visit)
        number, shown = visit.number("disclosure"), NOTHING
        try:
            draft = fields.draft(await find_kind(fields.kind))
            issues = await self._preflight.trial(draft, disclosure_id=number or None, today=today)
            shown = await derived(self._preflight, draft, disclosure_id=number)
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
        return web.json_response({"issues": found, "derived": shown.plain()})

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
            if visit.text("action") == "markdown":
                # Without a script the text is turned to Markdown by a button; nothing is saved yet.
                turned = await in_markdown(fields)
                return await self._show(request, visit, turned, sheet=sheet, revision=visit.number("revision"))
            if (again := await self._form.acted(visit, fields)) is not None:
                # Without a script some buttons only change what stands in the form; nothing is saved yet.
                return await self._show(
                    request, visit, again[0], sheet=sheet, revision=visit.number("revision"), notice=again[1]
                )
            saved = await self._saved(visit, fields, sheet)
        except InvalidContent as invalid:
            return await self._refused(request, visit, fields, sheet, invalid.problems, 422)
        except FileRefused as refused:
            return await self._refused(request, visit, fields, sheet, [block("attachments", str(refused))], 422)
        except StateRefused as refused:
            return await self._refused(request, visit, fields, sheet, [block("state", str(refused))], 409)
        except Conflict:
            assert sheet is not None, "a new text meets nobody"
            now, base = await self._desk.sheet(sheet.id), visit.number("revision")
            with contextlib.suppress(CopyRefused):  # Whoever leaves the comparison finds his text again.
                await self._copies.keep(
                    visit.person.account_id, visit.text("key"), fields, disclosure_id=sheet.id, base_revision=base
                )
            return await self._merging.show(request, visit, fields, now, base)
        await self._copies.saved(visit.person.account_id, visit.text("key"))
        await self._presence.left(visit.person.account_id, visit.text("key"))
        changed = sheet is None or saved.revision != sheet.revision
        return see(f"/console/disclosures/{saved.id}", "saved" if changed else "unchanged")

    async def _refused(
        self, request: web.Request, visit: Visit, fields: Fields, sheet: Sheet | None, problems: Iterable[Finding],
        status: int,
    ) -> web.Response:  # fmt: skip
        """The form again, with everything that was typed, and what is wrong beside its field."""
        return await self._show(
            request, visit, fields, issues=of_findings(problems), sheet=sheet, status=status,
            revision=visit.number("revision"),
        )  # fmt: skip

    async def _saved(self, visit: Visit, fields: Fields, sheet: Sheet | None) -> Sheet:
        draft = fields.draft(await find_kind(fields.kind))
        if sheet is None:
            return await self._desk.create(visit.person, draft)
        return await self._desk.revise(visit.person, sheet.id, draft, expected_revision=visit.number("revision"))

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
        fields = replace(fields, attachments=await self._replaced(visit, fields.attachments))
        added: list[tuple[str, str]] = []
        several = uploads(visit.form, "attachment_file")
        for chosen in several:
            named = visit.text("attachment_file_title").strip() if len(several) == 1 else ""
            file = await self._put(visit.person, chosen, named or (chosen.filename or "").rpartition(".")[0])
            added.append((file.sha256, file.title))
        known = {sha256 for sha256, _ in fields.attachments}
        fresh = tuple(pair for pair in added if pair[0] not in known)
        return replace(fields, attachments=(*fields.attachments, *fresh))

    async def _replaced(self, visit: Visit, attachments: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        """The attachments, each with the newer file that was chosen for it: its title and its place stay. Raises
        FileRefused."""
        found = []
        for sha256, title in attachments:
            for chosen in uploads(visit.form, f"attachment_replace_{sha256}")[:1]:
                sha256 = (await self._put(visit.person, chosen, title)).sha256
            found.append((sha256, title))
        return tuple(dict(found).items())

    async def _put(self, person: Person, chosen: FileField, title: str) -> FileReference:
        data = chosen.file.read(MOST_BYTES + 1)
        return await self._files.put(data, chosen.filename, chosen.content_type, by=person.actor, title=title)

    async def _show(
        self, request: web.Request, visit: Visit, fields: Fields, *, issues: tuple[Issue, ...] = (),
        sheet: Sheet | None = None, status: int = 200, revision: int = 0, notice: str = "", copy: int = 0,
        imported: Imported | None = None,
    ) -> web.Response:  # fmt: skip
        """The form. ``revision``: the version that stands in it when that is not the newest; ``copy``: the working copy
        that is to be taken up again."""
        view = await self._form.view(visit, fields, sheet=sheet, revision=revision, copy=copy)
        fields = view.fields
        return self._screen.show(
            request, visit, "form.html", title=f"修改：{sheet.title}" if sheet else "起草公开信息", status=status,
            fields=fields, issues=beside(issues), all_issues=issues, sheet=sheet, notice=notice, view=view,
            units=await self._catalogue.units(), stages=STAGES, files=await self._known(fields),
            field_names={**FIELD_NAMES, **view.field_names}, weibo=self._weibo,
            has_wechat=ChannelName.WECHAT in self._preflight.channels,
            has_weibo=ChannelName.WEIBO in self._preflight.channels,
            imported=imported or (Imported.typed(visit) if request.method == "POST" else None),
        )  # fmt: skip

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

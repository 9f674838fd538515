"""Acts on what the checks found in one text: letting a finding pass with a reason, and putting a mask in the place of words."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from aiohttp import web

from console.door import Door, Visit, see
from console.preflight import Issue, Preflight
from disclosures.checking.privacy import masked_text
from disclosures.desk import Desk
from disclosures.draft import DraftText, revised
from disclosures.errors import Conflict, DisclosureError, StateRefused
from staff.roles import Verb

Refused = Callable[[web.Request, Visit, str, Exception], Awaitable[web.StreamResponse]]
"""The sheet with what an act was answered with, in the box that is named."""


class CheckPages:
    def __init__(self, *, door: Door, desk: Desk, preflight: Preflight, refused: Refused) -> None:
        self._door = door
        self._desk = desk
        self._preflight = preflight
        self._refused = refused

    def routes(self) -> Sequence[web.RouteDef]:
        post, one = self._door.post, r"/console/disclosures/{id:\d{1,9}}"
        return (
            post(f"{one}/pass", self.let_pass, Verb.DISCLOSURE_SUBMIT, Verb.RELEASE_SCHEDULE),
            post(
                one + r"/pass/{passed:\d{1,9}}/take-back", self.take_back, Verb.DISCLOSURE_SUBMIT, Verb.RELEASE_SCHEDULE
            ),
            post(f"{one}/replace", self.put_in_place, Verb.DISCLOSURE_WRITE),
        )

    async def let_pass(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = int(request.match_info["id"])
        try:
            await self._desk.examination.let_pass(visit.person, number, visit.text("key"), visit.text("reason"))
        except DisclosureError as error:
            return await self._refused(request, visit, "check", error)
        return see(f"/console/disclosures/{number}", "check-passed")

    async def take_back(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = int(request.match_info["id"])
        try:
            await self._desk.examination.take_back(visit.person, number, int(request.match_info["passed"]))
        except DisclosureError as error:
            return await self._refused(request, visit, "check", error)
        return see(f"/console/disclosures/{number}", "check-taken-back")

    async def put_in_place(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The proposal in the place of the words, as a new version of the text: a person's click, seen by the reviewers."""
        number = int(request.match_info["id"])
        sheet = await self._desk.sheet(number)
        try:
            if visit.number("revision") != sheet.revision:
                raise Conflict
            issues = await self._preflight.issues(sheet)
            issue = next((each for each in issues if each.key and each.key == visit.text("key") and each.mask), None)
            if issue is None:
                raise StateRefused("这处提示已经不在了，内容可能已经修改。")
            changed = replaced(sheet.version.draft, issue)
            if changed == sheet.version.draft:
                raise StateRefused("没有在原文中找到这些文字，请打开“修改”手工改正。")
            await self._desk.revise(visit.person, number, changed, expected_revision=sheet.revision)
        except DisclosureError as error:
            return await self._refused(request, visit, "check", error)
        return see(f"/console/disclosures/{number}", "check-replaced")


def replaced(draft: DraftText, issue: Issue) -> DraftText:
    """The draft with an issue's proposal in the place of its words, in the field of the issue alone; the same draft when
    the words are not there as they were quoted."""

    def in_text(text: str) -> str:
        # A quotation of personal data is its mask: the datum is found again in the text itself.
        if issue.rule.startswith("private."):
            return masked_text(text, issue.mask)
        return text.replace(issue.quote, issue.mask)

    changes: dict[str, Any] = {}
    group, _, name = issue.field.partition(".")
    if issue.field in {"title", "body", "summary", "source"}:
        changes[issue.field] = in_text(getattr(draft, issue.field))
    elif issue.field in {"wechat.title", "wechat.digest", "weibo.text"}:
        version: Any = getattr(draft, group)
        changes[group] = replace(version, **{name: in_text(getattr(version, name))})
    elif issue.field == "attachments" and not issue.rule.startswith("private."):
        changes["attachments"] = tuple(replace(file, title=in_text(file.title)) for file in draft.attachments)
    return revised(draft, changes)

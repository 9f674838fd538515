"""The pages of the reviews: reading sentence by sentence, comparing versions, and the release in an emergency."""

from collections.abc import Sequence

from aiohttp import web

from audit.clock import Clock
from console.debts import note_debts
from console.door import Door, Visit, see, whole
from console.errors import PasswordNeeded
from console.reviewing_desk import ReviewingDesk
from console.screen import Screen
from console.sheet_pages import REFUSALS, Trouble
from console.words import FIELD_NAMES, field_of
from disclosures.emergencies import SHORTEST_REASON
from disclosures.errors import DisclosureError, NotFound
from disclosures.remarks import ANSWER_NAMES
from disclosures.review import STEP_NAMES, Turn
from disclosures.secrecy import rules
from disclosures.sentences import passages
from disclosures.sheet import Sheet
from publishers.port import ChannelName
from scheduler.timetable import CHANNEL_NAMES
from staff.errors import SignInRefused
from staff.roles import REVIEW_VERBS, Verb


class ReviewPages:
    """``channels`` are those of this installation."""

    def __init__(
        self, *, screen: Screen, door: Door, reviewing: ReviewingDesk, channels: Sequence[ChannelName], clock: Clock
    ) -> None:
        self._screen = screen
        self._door = door
        self._reviewing = reviewing
        self._desk = reviewing.desk
        self._channels = channels
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        get, post = self._door.get, self._door.post
        one, remark = r"/console/disclosures/{id:\d{1,9}}", r"/console/remarks/{id:\d{1,9}}"
        return [
            get(f"{one}/read", self.read, Verb.DISCLOSURE_READ),
            post(f"{one}/remarks", self.place, *REVIEW_VERBS),
            post(f"{remark}/answer", self.answer, Verb.DISCLOSURE_WRITE),
            post(f"{remark}/close", self.close, *REVIEW_VERBS),
            get(f"{one}/compare", self.compare, Verb.DISCLOSURE_READ),
            get(f"{one}/emergency", self.emergency, Verb.RELEASE_EMERGENCY),
            post(f"{one}/emergency", self.release, Verb.RELEASE_EMERGENCY),
        ]

    # Reading

    async def read(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._reading(request, visit, await self._desk.sheet(_id(request)))

    async def compare(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        sheet = await self._desk.sheet(_id(request))
        old, new = whole(request.query.get("from", "")), whole(request.query.get("to", ""))
        found = await self._reviewing.compare(sheet, old=old or None, new=new or None)
        history = await self._desk.history(sheet.id)
        return self._screen.show(
            request, visit, "compare.html", title=f"版本比较：{sheet.title}", sheet=sheet, compared=found,
            versions=history.versions,
        )  # fmt: skip

    # Remarks

    async def place(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = _id(request)
        field, _, start = visit.text("sentence").partition(":")
        try:
            made = await self._reviewing.remarks.place(
                visit.person, number, field=field, start=int(start) if start.isdecimal() and len(start) < 8 else -1,
                text=visit.text("text"), seen_revision=visit.number("revision") or None,
            )  # fmt: skip
        except DisclosureError as error:
            return await self._troubled(request, visit, number, Trouble(box="place", error=error, typed=visit))
        return see(f"/console/disclosures/{number}/read", f"remarked#remark-{made.id}")

    async def answer(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        remark = _id(request)
        number = visit.number("disclosure")
        try:
            made = await self._reviewing.remarks.answer(
                visit.person, remark, kind=visit.text("kind"), text=visit.text("answer")
            )
        except DisclosureError as error:
            trouble = Trouble(box=f"answer-{remark}", error=error, typed=visit)
            return await self._troubled(request, visit, number, trouble)
        return see(f"/console/disclosures/{made.disclosure_id}/read", f"answered#remark-{remark}")

    async def close(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        remark = _id(request)
        try:
            made = await self._reviewing.remarks.accept(visit.person, remark)
        except DisclosureError as error:
            trouble = Trouble(box=f"answer-{remark}", error=error, typed=visit)
            return await self._troubled(request, visit, visit.number("disclosure"), trouble)
        return see(f"/console/disclosures/{made.disclosure_id}/read", f"remark-closed#remark-{remark}")

    async def _troubled(self, request: web.Request, visit: Visit, number: int, trouble: Trouble) -> web.StreamResponse:
        if isinstance(trouble.error, NotFound):
            raise trouble.error
        return await self._reading(request, visit, await self._desk.sheet(number), trouble)

    async def _reading(
        self, request: web.Request, visit: Visit, sheet: Sheet, trouble: Trouble | None = None
    ) -> web.StreamResponse:
        turn = await self._desk.may_sign(visit.person, sheet.id)
        if isinstance(turn, Turn):
            await self._desk.reviewing.opened(visit.person, sheet)
        placed = await self._reviewing.placed(sheet)
        marked: dict[str, list[int]] = {}
        for each in placed:
            if each.anchor.sentence is not None and each.remark.state != "accepted":
                marked.setdefault(f"{each.remark.field}:{each.anchor.sentence.start}", []).append(each.remark.id)
        return self._screen.show(
            request, visit, "read.html", title=f"逐句审阅：{sheet.title}", status=trouble.status if trouble else 200,
            sheet=sheet, passages=passages(sheet.content), placed=placed, marked=marked, trouble=trouble,
            reviews=any(visit.person.may(verb) for verb in REVIEW_VERBS), turn=turn if isinstance(turn, Turn) else None,
            step_names=STEP_NAMES, answer_names=ANSWER_NAMES, field_names=FIELD_NAMES, field_of=field_of,
            picked=trouble.text("sentence") if trouble else "",
        )  # fmt: skip

    # 应急发布

    async def emergency(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._emergency(request, visit)

    async def release(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number, session = _id(request), None
        try:
            visit, session = await self._door.identified(request, visit)
            made = await self._reviewing.emergency.release(
                visit.person, number, reason=visit.text("reason"), channels=visit.texts("channels"),
                secrecy_checked=visit.text("secrecy_checked") == "yes",
                seen_hash=visit.text("content_hash") or "0" * 64, confirm_mass=visit.text("confirm_mass") == "yes",
                operator_address=self._door.address(request),
            )  # fmt: skip
        except REFUSALS as error:
            trouble = Trouble(box="emergency", error=error, typed=visit)
            answer = await self._emergency(request, visit, trouble)
        else:
            answer = see(f"/console/releases/{made.id}", "emergency")
        if session is not None:
            self._door.admit(answer, session)
        return answer

    async def _emergency(
        self, request: web.Request, visit: Visit, trouble: Trouble | None = None
    ) -> web.StreamResponse:
        sheet = await self._desk.sheet(_id(request))
        await note_debts(request, self._clock)
        findings = await self._desk.findings(sheet)
        return self._screen.show(
            request, visit, "emergency.html", title=f"应急发布：{sheet.title}", status=trouble.status if trouble else 200,
            sheet=sheet, trouble=trouble, fresh=visit.signed_in.fresh and not _password_wrong(trouble),
            findings=findings, channels=[(str(name), CHANNEL_NAMES[name]) for name in self._channels],
            hours=self._reviewing.emergency.hours, shortest=SHORTEST_REASON, declaration=rules().declaration,
            field_names=FIELD_NAMES, field_of=field_of,
        )  # fmt: skip


def _password_wrong(trouble: Trouble | None) -> bool:
    return trouble is not None and isinstance(trouble.error, (PasswordNeeded, SignInRefused))


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])

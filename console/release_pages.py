"""The releases: what every channel says, and what only a person may decide."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from console.cancelling import cancel
from console.door import Visit, see
from console.home_pages import page_number
from console.probes import read_probes
from console.proofs import proofs_of_release
from console.results import ReleaseResult, read_release, recent_releases
from console.screen import Screen
from disclosures.records import Disclosure
from publishers.choices import BY_TWO, CHOICE_NAMES, Choice
from publishers.decisions import Decisions
from publishers.errors import NotReleasable
from publishers.proposals import Proposals
from publishers.records import Delivery
from scheduler.errors import ReleaseNotFound
from scheduler.timetable import Timetable
from staff.roles import Verb

MAY_PROBE = (Verb.RELEASE_SCHEDULE, Verb.SYSTEM_OPERATE)


class ReleasePages:
    def __init__(self, *, screen: Screen, timetable: Timetable, decisions: Decisions, proposals: Proposals) -> None:
        self._screen = screen
        self._timetable = timetable
        self._decisions = decisions
        self._proposals = proposals

    async def releases(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        page = page_number(request)
        shown, pages = await recent_releases(page=page)
        titles = await _titles({release.disclosure_id for release in shown})
        return self._screen.show(
            request, visit, "releases.html", title="发布", releases=shown, titles=titles, page=page, pages=pages
        )

    async def release(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit, await read_release(int(request.match_info["id"])))

    async def results(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The table alone, for the page's script; ``X-Moving`` tells whether to look again."""
        result = await read_release(int(request.match_info["id"]))
        text = self._screen.text(
            request, visit, "results.html", title="", release=result, choice_names=CHOICE_NAMES, refused=None
        )
        return web.Response(text=text, content_type="text/html", headers={"X-Moving": "yes" if result.moving else "no"})

    async def cancel(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = int(request.match_info["id"])
        try:
            _, proposed = await cancel(
                visit.person, number, reason=visit.text("reason"), timetable=self._timetable, proposals=self._proposals
            )
        except NotReleasable as error:
            return await self._show(request, visit, await read_release(number), status=409, problem=error)
        return see(f"/console/releases/{number}", "cancel-proposed" if proposed else "cancelled")

    async def decide(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """What one person may decide about one delivery, with its reason."""
        number = int(request.match_info["id"])
        row = await Delivery.get_or_none(id=number)
        if row is None:
            raise ReleaseNotFound("没有这条投放记录。")
        choice = visit.text("choice")
        verbs = self._verbs()
        try:
            if choice not in verbs:
                by_two = "这项决定须由两人作出" if choice in BY_TWO else "没有选择要作的决定"
                raise NotReleasable(by_two, remedy="请点击其中一个按钮")
            await verbs[Choice(choice)](visit.person, number, reason=visit.text("reason"))
        except NotReleasable as error:
            result = await read_release(row.release_id)
            return await self._show(request, visit, result, status=409, problem=error, refused=(number, visit))
        gone = choice == Choice.IT_IS_GONE
        where = f"/console/deliveries/{number}" if gone else f"/console/releases/{row.release_id}"
        return see(where, "said-gone" if gone else "decided")

    def _verbs(self) -> Mapping[Choice, Callable[..., Awaitable[None]]]:
        return {
            Choice.PUBLISH_LATE: self._decisions.publish_late,
            Choice.TRY_AGAIN: self._decisions.try_again,
            Choice.IT_IS_GONE: self._decisions.it_is_gone,
        }

    async def _show(
        self, request: web.Request, visit: Visit, result: ReleaseResult, *, status: int = 200,
        problem: NotReleasable | None = None, refused: tuple[int, Visit] | None = None,
    ) -> web.StreamResponse:  # fmt: skip
        titles = await _titles({result.disclosure_id})
        probing = result.state == "scheduled" and any(visit.person.may(verb) for verb in MAY_PROBE)
        return self._screen.show(
            request, visit, "release.html", title="发布结果", status=status, release=result, problem=problem,
            proofs=await proofs_of_release(result.id), probes=await read_probes(result.id),
            probe_at=f"/console/releases/{result.id}/probe" if probing else "",
            disclosure_title=titles.get(result.disclosure_id, ""), choice_names=CHOICE_NAMES, refused=refused,
        )  # fmt: skip


async def _titles(ids: set[int]) -> dict[int, str]:
    return dict(await Disclosure.filter(id__in=list(ids)).values_list("id", "title")) if ids else {}

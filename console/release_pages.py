"""The releases: what every channel says, and what only a person may decide."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from console.door import Visit, see
from console.home_pages import page_number
from console.results import CHOICE_NAMES, Choice, ReleaseResult, read_release, recent_releases
from console.screen import Screen
from disclosures.records import Disclosure
from publishers.decisions import Decisions
from publishers.errors import NotReleasable
from publishers.records import Delivery
from scheduler.errors import ReleaseNotFound
from scheduler.timetable import Timetable


class ReleasePages:
    def __init__(self, *, screen: Screen, timetable: Timetable, decisions: Decisions) -> None:
        self._screen = screen
        self._timetable = timetable
        self._decisions = decisions

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
            await self._timetable.cancel(visit.person, number)
        except NotReleasable as error:
            return await self._show(request, visit, await read_release(number), status=409, problem=error)
        return see(f"/console/releases/{number}", "cancelled")

    async def decide(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """One of the choices on one delivery, with its reason."""
        number = int(request.match_info["id"])
        row = await Delivery.get_or_none(id=number)
        if row is None:
            raise ReleaseNotFound("没有这条投放记录。")
        choice, url, reason = visit.text("choice"), visit.text("url").strip(), visit.text("reason")
        try:
            if choice not in set(Choice):
                raise NotReleasable("没有选择要作的决定", remedy="请点击其中一个按钮")
            if url and not url.startswith(("https://", "http://")):
                raise NotReleasable("网址写法不对", remedy="请从平台复制以 https:// 开头的网址，或留空")
            await self._choices(visit, number, url, reason)[Choice(choice)]()
        except NotReleasable as error:
            result = await read_release(row.release_id)
            return await self._show(request, visit, result, status=409, problem=error, refused=(number, visit))
        return see(f"/console/releases/{row.release_id}", "decided")

    def _choices(
        self, visit: Visit, number: int, url: str, reason: str
    ) -> Mapping[Choice, Callable[[], Awaitable[None]]]:
        person, decisions = visit.person, self._decisions
        return {
            Choice.IT_IS_OUT: lambda: decisions.it_is_out(person, number, url=url, reason=reason),
            Choice.SEND_AGAIN: lambda: decisions.send_again(person, number, reason=reason),
            Choice.GIVE_UP: lambda: decisions.give_up(person, number, reason=reason),
            Choice.PUBLISH_LATE: lambda: decisions.publish_late(person, number, reason=reason),
            Choice.TRY_AGAIN: lambda: decisions.try_again(person, number, reason=reason),
            Choice.IT_IS_GONE: lambda: decisions.it_is_gone(person, number, reason=reason),
        }

    async def _show(
        self, request: web.Request, visit: Visit, result: ReleaseResult, *, status: int = 200,
        problem: NotReleasable | None = None, refused: tuple[int, Visit] | None = None,
    ) -> web.StreamResponse:  # fmt: skip
        titles = await _titles({result.disclosure_id})
        return self._screen.show(
            request, visit, "release.html", title="发布结果", status=status, release=result, problem=problem,
            disclosure_title=titles.get(result.disclosure_id, ""), choice_names=CHOICE_NAMES, refused=refused,
        )  # fmt: skip


async def _titles(ids: set[int]) -> dict[int, str]:
    return dict(await Disclosure.filter(id__in=list(ids)).values_list("id", "title")) if ids else {}

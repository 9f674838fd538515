"""归档: the package of one disclosure, and of all that were made public in a period, as files to be kept elsewhere."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from urllib.parse import quote

from aiohttp import web

from audit.clock import Clock
from console.archive.making import Archives
from console.archive.package import zipped
from console.door import Door, Visit
from console.errors import ArchiveTooLarge
from console.screen import SHANGHAI, Screen
from staff.person import Person
from staff.roles import Verb

ONE = r"/console/disclosures/{id:\d{1,9}}/archive.zip"


class ArchivePages:
    def __init__(self, *, screen: Screen, door: Door, archives: Archives, clock: Clock) -> None:
        self._screen = screen
        self._door = door
        self._archives = archives
        self._clock = clock

    def routes(self) -> Sequence[web.RouteDef]:
        get = self._door.get
        return [
            get(ONE, self.one, Verb.DISCLOSURE_READ),
            get("/console/archive", self.form, Verb.REPORT_EXPORT),
            get("/console/archive/period.zip", self.period, Verb.REPORT_EXPORT),
        ]

    async def one(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await one_package(request, visit.person, self._archives)

    async def form(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The period, and what it holds before anybody downloads it."""
        today = (await self._clock.now()).astimezone(SHANGHAI).date()
        since, until = (
            request.query.get("since", today.replace(day=1).isoformat()),
            request.query.get("until", today.isoformat()),
        )
        return await self._form(request, visit, since, until)

    async def period(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        since, until = request.query.get("since", ""), request.query.get("until", "")
        days = _days(since, until)
        if days is None:
            return await self._form(request, visit, since, until, status=422)
        lines = await self._archives.released(*days)
        if not lines:
            return await self._form(request, visit, since, until, status=404)
        words = f"{days[0].isoformat()} 至 {days[1].isoformat()}"
        subject = f"archive:{days[0].isoformat()}/{days[1].isoformat()}"
        await self._archives.note(visit.person.actor, subject, count=len(lines), ids=[line.id for line in lines])
        packages = self._archives.packages([line.id for line in lines])
        pieces = zipped(packages, before=[self._archives.index(lines, words)])
        return await _sent(request, pieces, f"归档-{days[0].isoformat()}-{days[1].isoformat()}.zip")

    async def _form(
        self, request: web.Request, visit: Visit, since: str, until: str, *, status: int = 200
    ) -> web.StreamResponse:
        days, wrong = _days(since, until), ""
        count = None
        if days is None:
            wrong = "请填写起止日期，起始日期不晚于截止日期，例如 2026-01-01 至 2026-12-31。"
        else:
            try:
                count = len(await self._archives.released(*days))
            except ArchiveTooLarge as error:
                wrong = str(error)
        return self._screen.show(
            request,
            visit,
            "archive.html",
            title="归档",
            status=status,
            since=since,
            until=until,
            count=count,
            wrong=wrong,
        )


async def one_package(request: web.Request, person: Person, archives: Archives) -> web.StreamResponse:
    """The package of the disclosure in the address. The trail says who had it, and by one hash exactly what."""
    made = await archives.make(int(request.match_info["id"]))
    await archives.note(person.actor, f"archive:{request.match_info['id']}", sums=made.mark)
    return await _sent(request, zipped([made]), f"{made.folder}.zip")


async def _sent(request: web.Request, pieces: AsyncIterator[bytes], name: str) -> web.StreamResponse:
    """A file that is made while it is sent. What goes wrong on the way ends the connection: a file without its end is
    refused by every program that opens it."""
    response = web.StreamResponse(
        headers={
            "Content-Type": "application/zip",
            "Cache-Control": "no-store",
            "Content-Disposition": f"attachment; filename=\"archive.zip\"; filename*=UTF-8''{quote(name)}",
        }
    )
    response.enable_chunked_encoding()
    await response.prepare(request)
    try:
        async for piece in pieces:
            if piece:
                await response.write(piece)
        await response.write_eof()
    except BaseException:
        # Half of the answer is out: it cannot become a page that says why, only a connection without its end.
        if request.transport is not None:
            request.transport.abort()
        raise
    return response


def _days(since: str, until: str) -> tuple[date, date] | None:
    try:
        first, last = date.fromisoformat(since.strip()), date.fromisoformat(until.strip())
    except ValueError:
        return None
    return (first, last) if first <= last and first.year >= 2000 and last.year < 2200 else None

"""The pages of the links for readers without an account: made and revoked by staff, read under ``/show/…``.

The public side tells a stranger nothing: a secret that is wrong, expired, revoked or over gets one page, the same bytes
under the same status.
"""

import re
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import quote

from aiohttp import web

from audit.clock import Clock
from console.door import Door, Visit, see, whole
from console.previews import WITH_FRAMES, Previewer, Previews
from console.screen import Screen, minute
from console.sheet_pages import REFUSALS, Trouble
from console.show_links import DEFAULT_HOURS, LONGEST_REMARK, ShowLinks
from console.show_records import ShowLink
from disclosures.content import Content
from disclosures.desk import Desk
from disclosures.errors import InvalidContent
from disclosures.files import Files
from publishers.weibo.limits import Limits
from staff.roles import Verb

Again = Callable[[web.Request, Visit, Trouble], Awaitable[web.StreamResponse]]

MOST_VIEWS: Final = 60
MOST_FILES: Final = 600
MOST_REMARKS: Final = 10
"""From one address in a minute."""
_BODY: Final = 16_384
"""Bytes of a remark's form: a Chinese character of a form is nine."""
_SHOWN: Final = frozenset({"image/png", "image/jpeg", "image/gif"})
_PARAGRAPH: Final = re.compile(r"</p>")
_EVERY: Final = 4
"""So many paragraphs stand between two lines that name the viewer."""
_LINE: Final = (
    '<p class="shown-to" style="color:#7a4a00;font-size:13px;line-height:1.6;text-align:center;margin:10px 0">{}</p>'
)
HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": WITH_FRAMES,
}


class Rate:
    """At most ``most`` takes in a minute by one address; in memory, of the last ten thousand addresses."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, address: str, now: float) -> bool:
        """Whether it may be done now; counts it if so. ``now`` in seconds."""
        taken = self._taken.setdefault(address, deque())
        self._taken.move_to_end(address)
        while len(self._taken) > 10_000:
            self._taken.popitem(last=False)
        while taken and taken[0] <= now - 60:
            taken.popleft()
        if len(taken) >= self._most:
            return False
        taken.append(now)
        return True


class ShowPages:
    """``again`` is the sheet with what was refused on it; ``public_url`` is the root of the addresses that are handed out."""

    def __init__(
        self, *, screen: Screen, door: Door, desk: Desk, files: Files, previewer: Previewer, links: ShowLinks,
        clock: Clock, again: Again, public_url: str,
    ) -> None:  # fmt: skip
        self._screen = screen
        self._door = door
        self._desk = desk
        self._files = files
        self._previewer = previewer
        self._links = links
        self._clock = clock
        self._again = again
        self._public_url = public_url.rstrip("/")
        self._weibo = Limits.load()
        self._views, self._fetched, self._said = Rate(MOST_VIEWS), Rate(MOST_FILES), Rate(MOST_REMARKS)

    def routes(self) -> list[web.RouteDef]:
        one = r"/console/disclosures/{id:\d{1,9}}/show-links"
        return [
            self._door.post(one, self.make, Verb.DISCLOSURE_SHOW),
            self._door.post(one + r"/{link:\d{1,9}}/revoke", self.revoke, Verb.DISCLOSURE_SHOW),
        ]

    def open_routes(self) -> list[web.RouteDef]:
        """What needs no account: the secret is the key."""
        return [
            web.get("/show/{secret}", self.show, allow_head=False),
            web.post("/show/{secret}/remark", self.remark),
            web.get(r"/show/{secret}/files/{sha256:[0-9a-f]{64}}/{name}", self.file, allow_head=False),
        ]

    # For staff

    async def make(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The new link, on a page that is shown once."""
        sheet = await self._desk.sheet(int(request.match_info["id"]))
        hours = whole(visit.text("hours")) if visit.text("hours") else DEFAULT_HOURS
        try:
            link, secret = await self._links.make(visit.person, sheet, viewer=visit.text("viewer"), hours=hours)
        except REFUSALS as error:
            return await self._again(request, visit, Trouble(box="show", error=error, typed=visit))
        return self._screen.show(
            request, visit, "show-made.html", title="送阅链接", sheet=sheet, link=link,
            address=f"{self._public_url}/show/{secret}",
        )  # fmt: skip

    async def revoke(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = int(request.match_info["id"])
        await self._links.revoke(visit.person, number, int(request.match_info["link"]))
        return see(f"/console/disclosures/{number}", "show-revoked")

    # For the viewer

    async def show(self, request: web.Request) -> web.StreamResponse:
        if not await self._may(self._views, request):
            return self._busy(request)
        link = await self._links.open(request.match_info["secret"])
        if link is None:
            return self._gone(request)
        if request.query.get("read") != "1":
            # What fetches addresses by itself (a messenger that makes a card of a link) reads nothing and counts for nothing.
            return self._dressed(self._screen.show(request, None, "show-door.html", title="送阅稿", link=link))
        await self._links.viewed(link, address=self._door.address(request))
        return await self._page(request, link)

    async def remark(self, request: web.Request) -> web.StreamResponse:
        if not await self._may(self._said, request):
            return self._busy(request)
        link = await self._links.open(request.match_info["secret"])
        if link is None:
            return self._gone(request)
        if (request.content_length or 0) > _BODY or request.content_type != "application/x-www-form-urlencoded":
            return await self._page(request, link, wrong=f"意见太长，请缩短到 {LONGEST_REMARK} 字以内。", status=413)
        given = (await request.post()).get("text", "")
        text = given if isinstance(given, str) else ""
        try:
            await self._links.remark(link, text, address=self._door.address(request))
        except InvalidContent as invalid:
            return await self._page(request, link, wrong=str(invalid), typed=text[: 4 * LONGEST_REMARK], status=422)
        return web.Response(
            status=303, headers={**HEADERS, "Location": f"/show/{request.match_info['secret']}?read=1#remarks"}
        )

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A picture or attachment of this very text, and of no other."""
        if not await self._may(self._fetched, request):
            return self._busy(request)
        link = await self._links.open(request.match_info["secret"])
        if link is None:
            return self._gone(request)
        content = (await self._desk.version(link.disclosure_id, link.revision)).content
        sha256 = request.match_info["sha256"]
        if sha256 not in files_of(content):
            return self._gone(request)
        file = await self._files.find(sha256)
        place = "inline" if file.media_type in _SHOWN else "attachment"
        return web.Response(
            body=await self._files.load(sha256), content_type=file.media_type,
            headers={
                **HEADERS, "Content-Security-Policy": "default-src 'none'; sandbox",
                "Content-Disposition": f"{place}; filename*=UTF-8''{quote(file.file_name, safe='')}",
            },
        )  # fmt: skip

    async def _page(
        self, request: web.Request, link: ShowLink, *, wrong: str = "", typed: str = "", status: int = 200
    ) -> web.Response:
        version = await self._desk.version(link.disclosure_id, link.revision)
        newest = await self._desk.sheet(link.disclosure_id)
        moment = minute(await self._clock.now())
        mark = f"供{link.viewer}审阅 {moment} 未公开"
        files = f"/show/{request.match_info['secret']}/files"
        previews = await self._previewer.previews(
            version.content, link.disclosure_id, files=files, moment=moment, pages=True
        )
        answer = self._screen.show(
            request, None, "show.html", title=f"送阅：{version.content.title}", status=status, link=link,
            version=version, previews=marked(previews, mark), mark=mark, weibo=self._weibo, frame="",
            newer=newest.revision != link.revision, remarks=await self._links.remarks_by(link), wrong=wrong,
            typed=typed, longest=LONGEST_REMARK, secret=request.match_info["secret"],
        )  # fmt: skip
        return self._dressed(answer)

    async def _may(self, rate: Rate, request: web.Request) -> bool:
        return rate.take(self._door.address(request), (await self._clock.now()).timestamp())

    def _gone(self, request: web.Request) -> web.Response:
        return self._plain(request, 404, "链接不可用", "这个链接不存在、已过期、已作废，或者这篇文字已经发布。")

    def _busy(self, request: web.Request) -> web.Response:
        return self._plain(request, 429, "请稍后再试", "打开得太频繁，请过一分钟再试。")

    def _plain(self, request: web.Request, status: int, title: str, message: str) -> web.Response:
        return self._dressed(
            self._screen.show(request, None, "show-gone.html", title=title, status=status, message=message)
        )

    def _dressed(self, answer: web.Response) -> web.Response:
        answer.headers.update(HEADERS)
        return answer


def files_of(content: Content) -> frozenset[str]:
    """The stored files that belong to a text, by their SHA-256."""
    cover = (content.wechat.cover,) if content.wechat.cover else ()
    return frozenset(file.sha256 for file in (*content.pictures, *content.attachments, *cover))


def marked(previews: Previews, mark: str) -> Previews:
    """The previews with the viewer's name as text among the paragraphs, besides the watermark that lies over the page:
    it stays in what is printed, copied, or shown without style sheets."""
    portal = previews.portal
    if portal is not None:
        portal = {**portal, "body_html": named(str(portal["body_html"]), mark)}
    return Previews(
        portal=portal, wechat=previews.wechat, weibo=previews.weibo, answers=previews.answers, losses=previews.losses,
        portal_page=named(previews.portal_page, mark), article=named(previews.article, mark),
        marked=named(previews.marked, mark), files=previews.files,
        has_portal_page=previews.has_portal_page,
    )  # fmt: skip


def named(html: str, mark: str) -> str:
    """HTML with a line that names the viewer at its beginning, its end, and after every few paragraphs. Pure."""
    if not html:
        return ""
    line = _LINE.format(mark.replace("&", "&amp;").replace("<", "&lt;"))
    count = 0

    def after(found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return f"</p>{line}" if count % _EVERY == 0 else "</p>"

    written = _PARAGRAPH.sub(after, html)
    if "</body>" not in written:
        return f"{line}{written}{line}"
    begin = written.index(">", written.index("<body")) + 1
    return f"{written[:begin]}{line}{written[begin:]}".replace("</body>", f"{line}</body>")

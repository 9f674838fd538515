"""The previews as pages: the frames of a saved text, and a text that nobody has saved yet."""

from collections.abc import Callable

from aiohttp import web

from audit.clock import Clock
from console.door import Door, Visit
from console.form import Fields
from console.preflight import Preflight
from console.previews import PORTAL_POLICY, WECHAT_POLICY, WITH_FRAMES, Previewer, Source
from console.screen import Screen, minute
from console.words import FIELD_NAMES, field_of
from disclosures.composition import clean_body, compose
from disclosures.content import Content
from disclosures.desk import Desk
from disclosures.embargo import hidden_from
from disclosures.errors import DisclosureError, InvalidContent, NotFound
from disclosures.kinds import find_kind
from publishers.port import ChannelName
from publishers.weibo.limits import Limits
from staff.roles import Verb

_NUMBER = "待编索引号"
_LARGE = 999_999
"""Stands in the link of a text that has no number yet; as long as any real one."""


class PreviewPages:
    def __init__(
        self, *, screen: Screen, door: Door, desk: Desk, preflight: Preflight, previewer: Previewer, clock: Clock,
        page_url: Callable[[int], str],
    ) -> None:  # fmt: skip
        self._screen = screen
        self._door = door
        self._desk = desk
        self._preflight = preflight
        self._previewer = previewer
        self._clock = clock
        self._page_url = page_url
        self._weibo = Limits.load()

    def routes(self) -> list[web.RouteDef]:
        one = r"/console/disclosures/{id:\d{1,9}}"
        return [
            self._door.get(f"{one}/preview/wechat", self.wechat, Verb.DISCLOSURE_READ),
            self._door.get(f"{one}/preview/portal", self.portal, Verb.DISCLOSURE_READ),
            self._door.post("/console/preview", self.unsaved, Verb.DISCLOSURE_WRITE),
        ]

    async def wechat(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The article alone, for the frame of the telephone; with ``?marks=1`` its changes are marked."""
        sheet = await self._desk.sheet(int(request.match_info["id"]))
        payload = await self._previewer.payload(ChannelName.WECHAT, sheet.content, sheet.id)
        if payload is None:
            raise NotFound("还没有接入微信。")
        moment = minute(await self._clock.now())
        if request.query.get("marks") == "1":
            page = self._previewer.marked(sheet.content, sheet.id, payload, moment=moment)
        else:
            page = self._previewer.article(payload, moment=moment)
        return _framed(page, WECHAT_POLICY)

    async def portal(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The portal's own page of the text."""
        sheet = await self._desk.sheet(int(request.match_info["id"]))
        page = await self._previewer.portal_page(sheet.content, sheet.id)
        if not page:
            raise NotFound("门户网站的页面不在本系统中，不能预览版式。")
        return _framed(page, PORTAL_POLICY)

    async def unsaved(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """What stands in the form, on every channel. Nothing is stored."""
        fields = Fields.typed(visit)
        try:
            content, number = await self._content(visit, fields)
        except InvalidContent as invalid:
            return self._screen.show(
                request, visit, "preview.html", title="预览", status=422, previews=None, problems=invalid.problems,
                field_names=FIELD_NAMES, field_of=field_of, weibo=self._weibo, headline="", page_url="",
            )  # fmt: skip
        moment = minute(await self._clock.now())
        source = Source(body=fields["body"], body_format=fields.body_format)
        previews = await self._previewer.previews(content, number, source=source, moment=moment, pages=True)
        answer = self._screen.show(
            request, visit, "preview.html", title=f"预览：{content.title or '（无标题）'}", previews=previews, problems=(),
            weibo=self._weibo, headline=content.title, field_names=FIELD_NAMES, field_of=field_of,
            page_url=self._page_url(number),
        )  # fmt: skip
        answer.headers["Content-Security-Policy"] = WITH_FRAMES
        return answer

    async def _content(self, visit: Visit, fields: Fields) -> tuple[Content, int]:
        """The content as it would be saved. Raises InvalidContent."""
        draft = fields.draft(await find_kind(fields.kind))
        number, index_number = visit.number("disclosure"), _NUMBER
        if number and number not in await hidden_from(visit.person.account_id):
            try:
                index_number = (await self._desk.sheet(number)).index_number
            except DisclosureError:
                number = 0
        content = await compose(
            None, draft, body_html=await clean_body(draft), department=draft.department, category=draft.category,
            index_number=index_number,
        )  # fmt: skip
        return content, number or _LARGE


def _framed(page: str, policy: str) -> web.Response:
    headers = {"Content-Security-Policy": policy, "X-Frame-Options": "SAMEORIGIN"}
    return web.Response(text=page, content_type="text/html", headers=headers)

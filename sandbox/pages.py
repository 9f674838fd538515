"""The sandbox's pages for people: templates, the home page, static files and uploaded pictures."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sandbox.wechat.materials import picture_key
from sandbox.wechat.server import WechatServer

_FOLDER = Path(__file__).parent
_BEIJING = ZoneInfo("Asia/Shanghai")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; base-uri 'none'"
)
_FORMS = {"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "bmp": "image/bmp"}


class Pages:
    """Renders the templates of this folder."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(_FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["day"] = lambda at: _moment(at).strftime("%Y年%-m月%-d日")
        self._environment.filters["minute"] = lambda at: _moment(at).strftime("%-m月%-d日 %H:%M")

    def page(self, name: str, *, status: int = 200, **values: Any) -> web.Response:
        """An HTML page."""
        text = self._environment.get_template(name).render(values)
        # WeChat articles carry inline styles, hence 'unsafe-inline' for styles alone.
        headers = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
        return web.Response(text=text, status=status, content_type="text/html", headers=headers)

    def routes(self, wechat: WechatServer) -> list[web.AbstractRouteDef]:
        """Home, static files, pictures."""

        async def home(_: web.Request) -> web.Response:
            world = wechat.world
            return self.page("home.html", options=world.account.options, people=world.followers.all())

        async def picture(request: web.Request) -> web.Response:
            found = wechat.world.materials.picture(request.match_info["key"])
            if found is None:
                raise web.HTTPNotFound
            data, form = found
            return web.Response(body=data, content_type=_FORMS.get(form, "application/octet-stream"))

        return [
            web.get("/", home),
            web.get("/mmbiz/{key}", picture),
            web.static("/static", _FOLDER / "static"),
        ]


def local_picture(url: str) -> str:
    """Where this sandbox serves a picture of the platform's picture host; empty for any other address."""
    key = picture_key(url)
    return f"/mmbiz/{key}" if key else ""


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, _BEIJING)

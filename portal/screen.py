"""One page on the screen: the templates, and what every page carries (head, navigation, foot)."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal.catalogue import Catalogue, load_catalogue
from portal.conditional import reply
from portal.metadata import Column, MetaTags, column_tags
from portal.site import SiteIdentity
from publishers.portal.item import BEIJING

_HERE = Path(__file__).parent
STATIC = _HERE / "static"


class Screen:
    """Renders templates. ``application_path`` is the 依申请公开 form, when there is one."""

    def __init__(self, *, site: SiteIdentity, application_path: str = "") -> None:
        self._site = site
        self._application_path = application_path
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(day=_day, minute=_minute, moment=_moment, size=_size, kind=_kind, path=_path)
        self._templates.globals["static"] = _static_addresses()

    async def show(
        self,
        request: web.Request,
        template: str,
        *,
        title: str,
        column: Column | str,
        status: int = 200,
        meta: MetaTags | None = None,
        catalogue: Catalogue | None = None,
        cache_control: str = "public, max-age=60",
        **values: Any,
    ) -> web.Response:
        """The page. ``column`` is the 栏目 for the meta tags (a text is a ColumnType); ``meta`` replaces them."""
        html = await self.text(
            template, title=title, column=column, meta=meta, catalogue=catalogue, path=request.path, **values
        )
        body = html.encode()
        if status == 200 and cache_control != "no-store":
            return reply(request, body, content_type="text/html", cache_control=cache_control)
        return web.Response(
            body=body,
            status=status,
            content_type="text/html",
            charset="utf-8",
            headers={"Cache-Control": cache_control, "Vary": "Accept-Encoding"},
        )

    async def text(
        self, template: str, *, title: str, column: Column | str, path: str, meta: MetaTags | None = None,
        catalogue: Catalogue | None = None, **values: Any,
    ) -> str:  # fmt: skip
        """The page's HTML as it stands under ``path``."""
        if isinstance(column, str):
            column = Column(name=title, description=f"{self._site.name}{title}", keywords=title, kind=column)
        return self._templates.get_template(template).render(
            site=self._site,
            title=title,
            meta=meta if meta is not None else column_tags(self._site, column),
            catalogue=catalogue or await load_catalogue(),
            application_path=self._application_path,
            here=path,
            canonical=self._site.url(path),
            **values,
        )

    async def missing(self, request: web.Request) -> web.Response:
        """404 in the site's own dress."""
        return await self.show(request, "missing.html", title="没有找到页面", column="首页", status=404)


def _static_addresses() -> dict[str, str]:
    """File name → address with a mark of its content, so that an upgrade is seen at once."""
    return {
        file.name: f"/static/portal/{file.name}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:10]}"
        for file in sorted(STATIC.iterdir())
        if file.is_file()
    }


def _day(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d")


def _minute(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def _moment(iso: str) -> str:
    return _minute(datetime.fromisoformat(iso))


def _size(octets: int) -> str:
    """1024 bytes are a KB, as the offices' file managers count."""
    if octets < 1024:
        return f"{octets} 字节"
    if octets < 1024 * 1024:
        return f"{octets / 1024:.0f} KB"
    return f"{octets / 1024 / 1024:.1f} MB"


def _kind(file_name: str) -> str:
    ending = file_name.rpartition(".")[2].upper() if "." in file_name else ""
    return ending if 0 < len(ending) <= 5 else "文件"


def _path(path: str) -> str:
    return quote(path)

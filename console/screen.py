"""One page on the screen: the templates, and what every page carries (head, navigation, messages)."""

import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from console.debts import concerning
from console.door import Visit
from console.navigation import shown
from console.words import CHANNEL_MARKS, DONE
from staff.roles import ROLE_NAMES, Verb

_HERE: Final = Path(__file__).parent
STATIC: Final = _HERE / "static"
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")

HALTS: Final = web.RequestKey("halts", tuple[Any, ...])
"""What ``console.halt_pages`` puts beside a request, for the banner of its page."""


class Screen:
    """Renders templates. ``site_name`` is the government whose console this is."""

    def __init__(self, *, site_name: str) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, auto_reload=False,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self._templates.filters.update(filters())
        self._templates.globals.update(
            static=_static_addresses(), site_name=site_name, role_names=ROLE_NAMES, channel_marks=CHANNEL_MARKS
        )

    def show(
        self, request: web.Request, visit: Visit | None, template: str, *, title: str, status: int = 200, **values: Any
    ) -> web.Response:
        """The page in the console's dress."""
        return web.Response(
            text=self.text(request, visit, template, title=title, **values), status=status, content_type="text/html"
        )

    def text(self, request: web.Request, visit: Visit | None, template: str, *, title: str, **values: Any) -> str:
        person = visit.person if visit else None
        return self._templates.get_template(template).render(
            title=title, person=person, csrf=visit.csrf if visit else "",
            navigation=shown(request.path, person.may) if person else None, may=person.may if person else _no,
            verb=Verb, done=DONE.get(request.query.get("done", ""), "") if request.method == "GET" else "",
            halts=request.get(HALTS, ()) if person else (), page_path=request.path, debts=concerning(request, person), **values,
        )  # fmt: skip


def filters() -> dict[str, Any]:
    """What templates may do with a value."""
    return {
        "day": day,
        "minute": minute,
        "path": _path,
        "size": _size,
        "short": _short,
        "stop": _stop,
        "lasting": lasting,
    }


def day(moment: datetime | date) -> str:
    """The date in Shanghai."""
    return (moment.astimezone(SHANGHAI) if isinstance(moment, datetime) else moment).strftime("%Y-%m-%d")


def minute(moment: datetime) -> str:
    """Date and time in Shanghai."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def lasting(seconds: int) -> str:
    """3 分 20 秒, 2 小时 5 分."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} 小时 {minutes} 分"
    return f"{minutes} 分 {rest} 秒" if minutes else f"{rest} 秒"


def _no(_verb: str) -> bool:
    return False


def _static_addresses() -> dict[str, str]:
    """File name → address with a mark of its content, so that an upgrade is seen at once."""
    return {
        file.name: f"/static/console/{file.name}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:10]}"
        for file in sorted(STATIC.iterdir())
        if file.is_file()
    }


def _path(path: str) -> str:
    return quote(path)


def _size(octets: int) -> str:
    if octets < 1024:
        return f"{octets} 字节"
    return f"{octets / 1024:.0f} KB" if octets < 1024 * 1024 else f"{octets / 1024 / 1024:.1f} MB"


def _short(content_hash: str) -> str:
    """The beginning of a content hash: enough to compare by eye."""
    return content_hash[:12]


def _stop(sentence: object) -> str:
    """The sentence with a full stop, whether or not its author set one."""
    text = str(sentence)
    return text if not text or text[-1] in "。！？；：…）" else f"{text}。"

"""Pictures, voices and videos that were uploaded, kept for ever or for three days."""

import json
import re
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.wechat.account import Account
from sandbox.wechat.calls import Call, Upload
from sandbox.wechat.errors import ApiError

MEGABYTE = 1024 * 1024
TEMPORARY_SECONDS = 3 * 86400
MMBIZ = "mmbiz.qpic.cn"
_KEY = re.compile(r"^https?://mmbiz\.q(?:pic|logo)\.cn/[a-z_]+/([A-Za-z0-9_-]+)/")
_TYPES = ("image", "voice", "video", "thumb")
_TOO_BIG = {"image": 40009, "voice": 40010, "video": 40011, "thumb": 40012}
_PERMANENT_BYTES = {"image": 10 * MEGABYTE, "voice": 2 * MEGABYTE, "video": 10 * MEGABYTE, "thumb": 64 * 1024}
_FORMATS = {
    "image": ("png", "jpeg", "gif", "bmp"),
    "voice": ("mp3", "amr", "wav", "wma"),
    "video": ("mp4",),
    "thumb": ("jpeg",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """An uploaded file."""

    media_id: str
    kind: str
    name: str
    data: bytes
    form: str
    created: float
    permanent: bool
    url: str = ""
    title: str = ""
    introduction: str = ""


def format_of(data: bytes) -> str:
    """The true format of a file, from its first bytes; empty when it is none the platform knows."""
    heads = (
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\xff\xd8\xff", "jpeg"),
        (b"GIF8", "gif"),
        (b"BM", "bmp"),
        (b"#!AMR", "amr"),
        (b"ID3", "mp3"),
        (b"\xff\xfb", "mp3"),
        (b"\xff\xf3", "mp3"),
        (b"RIFF", "wav"),
        (b"\x30\x26\xb2\x75", "wma"),
    )
    for head, form in heads:
        if data.startswith(head):
            return form
    return "mp4" if data[4:8] == b"ftyp" else ""


class Materials:
    """The store of files and its six calls. Source: the pages below `sub/material/`."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._items: dict[str, Material] = {}
        self._pictures: dict[str, tuple[bytes, str]] = {}
        self.in_use: set[str] = set()

    # -- for other parts ----------------------------------------------------------------------------------------

    def permanent(self, media_id: str) -> Material:
        """A permanent material; 40007 when it is unknown, deleted or only temporary."""
        item = self._items.get(media_id)
        if item is None or not item.permanent:
            raise ApiError(40007, media_id[:32] or "empty")
        return item

    def usable(self, media_id: str, kind: str) -> Material:
        """A material of that kind, permanent or not yet expired; else 40007."""
        item = self._items.get(media_id)
        if item is None or item.kind != kind or self._expired(item):
            raise ApiError(40007, media_id[:32] or "empty")
        return item

    def picture(self, key: str) -> tuple[bytes, str] | None:
        """Bytes and format of a picture on the picture host, by the key in its URL."""
        return self._pictures.get(key)

    def receive(self, kind: str, data: bytes, form: str) -> Material:
        """Keep what a citizen sent; temporary, like everything people send."""
        file = Upload(name=f"{kind}.{form}", content_type="", data=data)
        url = self._host(data, form) if kind == "image" else ""
        return self._keep(kind, file, form, permanent=False, url=url)

    # -- calls --------------------------------------------------------------------------------------------------

    def uploadimg(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/media/uploadimg: a picture for the body of an article; jpg or png below 1 MB."""
        file = self._file(call)
        form = format_of(file.data)
        if form not in ("png", "jpeg"):
            raise ApiError(40005, file.name)
        if len(file.data) >= MEGABYTE:
            raise ApiError(40009, file.name)
        return {"url": self._host(file.data, form)}

    def add(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/material/add_material?type=…: kept until it is deleted."""
        kind = self._kind(call)
        file = self._file(call)
        form = self._examined(kind, file, _PERMANENT_BYTES[kind])
        title = introduction = ""
        if kind == "video":
            title, introduction = _description(call.form.get("description", ""))
        url = self._host(file.data, form) if kind in ("image", "thumb") else ""
        item = self._keep(kind, file, form, permanent=True, url=url, title=title, introduction=introduction)
        return {"media_id": item.media_id, "url": url} if url else {"media_id": item.media_id}

    def upload(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/media/upload?type=…: kept for three days."""
        kind = self._kind(call)
        file = self._file(call)
        form = self._examined(kind, file, _PERMANENT_BYTES[kind])
        item = self._keep(kind, file, form, permanent=False)
        return {"type": kind, "media_id": item.media_id, "created_at": int(item.created)}

    def get_temporary(self, call: Call) -> dict[str, Any] | web.Response:
        """GET /cgi-bin/media/get?media_id=…"""
        media_id = call.query.get("media_id", "")
        item = self._items.get(media_id)
        if item is None or item.permanent or self._expired(item):
            raise ApiError(40007, media_id[:32] or "empty")
        if item.kind == "video":
            return {"video_url": f"http://203.205.151.1/{media_id}.mp4"}
        return _bytes(item)

    def get(self, call: Call) -> dict[str, Any] | web.Response:
        """POST /cgi-bin/material/get_material."""
        item = self.permanent(call.text("media_id"))
        if item.kind == "video":
            down = f"http://203.205.151.1/{item.media_id}.mp4"
            return {"title": item.title, "description": item.introduction, "down_url": down}
        return _bytes(item)

    def delete(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/material/del_material; 48005 while a menu uses it."""
        item = self.permanent(call.text("media_id"))
        if item.media_id in self.in_use:
            raise ApiError(48005)
        del self._items[item.media_id]
        return {"errcode": 0, "errmsg": "ok"}

    def count(self, call: Call) -> dict[str, Any]:
        """GET /cgi-bin/material/get_materialcount."""
        kinds = [item.kind for item in self._items.values() if item.permanent]
        return {f"{kind}_count": kinds.count(kind) for kind in ("voice", "video", "image")} | {"news_count": 0}

    def batchget(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/material/batchget_material {type, offset, count ≤ 20}."""
        kind = call.text("type")
        if kind not in ("image", "voice", "video", "news"):
            raise ApiError(40004, kind)
        offset, count = call.number("offset"), call.number("count", 20)
        if not 1 <= count <= 20 or offset < 0:
            raise ApiError(40097, "count")
        items = [item for item in self._items.values() if item.permanent and item.kind == kind]
        page = items[offset : offset + count]
        shown = [
            {"media_id": i.media_id, "name": i.name, "update_time": int(i.created), **({"url": i.url} if i.url else {})}
            for i in page
        ]
        return {"item": shown, "total_count": len(items), "item_count": len(page)}

    # -- inside -------------------------------------------------------------------------------------------------

    def _kind(self, call: Call) -> str:
        kind = call.query.get("type", "")
        if kind not in _TYPES:
            raise ApiError(40004, kind)
        return kind

    def _file(self, call: Call) -> Upload:
        file = call.files.get("media")
        if file is None:
            raise ApiError(41005)
        if not file.data:
            raise ApiError(44001)
        return file

    def _examined(self, kind: str, file: Upload, limit: int) -> str:
        form = format_of(file.data)
        if form not in _FORMATS[kind]:
            raise ApiError(40005, file.name)
        if len(file.data) > limit:
            raise ApiError(_TOO_BIG[kind], file.name)
        return form

    def _keep(self, kind: str, file: Upload, form: str, *, permanent: bool, **more: str) -> Material:
        media_id = self._account.letters(64 if permanent else 66)
        item = Material(
            media_id=media_id,
            kind=kind,
            name=file.name,
            data=file.data,
            form=form,
            created=self._account.now(),
            permanent=permanent,
            **more,
        )
        self._items[media_id] = item
        return item

    def _host(self, data: bytes, form: str) -> str:
        key = self._account.letters(64)
        self._pictures[key] = (data, form)
        return f"http://{MMBIZ}/mmbiz_{'jpg' if form == 'jpeg' else form}/{key}/0?wx_fmt={form}"

    def _expired(self, item: Material) -> bool:
        return not item.permanent and item.created + TEMPORARY_SECONDS <= self._account.now()


def picture_key(url: str) -> str:
    """The key in a URL of the picture host, empty for any other URL."""
    found = _KEY.match(url)
    return found.group(1) if found else ""


def _bytes(item: Material) -> web.Response:
    name = f'attachment; filename="{item.media_id}.{item.form}"'
    return web.Response(body=item.data, content_type="application/octet-stream", headers={"Content-Disposition": name})


def _description(raw: str) -> tuple[str, str]:
    try:
        data = json.loads(raw)
        return str(data["title"]), str(data["introduction"])
    except (ValueError, KeyError, TypeError):
        raise ApiError(44003, "description") from None

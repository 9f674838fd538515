"""Pictures made fit for the platform, uploaded once and remembered by their SHA-256."""

import asyncio
import hashlib
import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError
from tortoise.exceptions import IntegrityError

from publishers.errors import ChannelRefused
from publishers.port import LoadFile
from publishers.records import PlatformMaterial
from publishers.wechat.client import WeChatClient
from publishers.wechat.limits import WeChatLimits

_FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
_WIDEST: Final = 1440
"""Pixels; the platform shows bodies at 640 to 1080."""
_QUALITIES: Final = (88, 80, 72, 64, 56)
_BODY: Final = "body"
_COVER: Final = "cover"
_REMEDY: Final = "请换用 JPG 或 PNG 图片后重新发送。"


def fitted(data: bytes, *, limits: WeChatLimits) -> tuple[bytes, str]:
    """The picture as a still JPEG or PNG below the limit, with its media type. Blocking: call it in an executor.

    It is always encoded anew, so that no place or device in the camera's notes (EXIF) goes out. Raises ChannelRefused.
    """
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            if opened.width * opened.height > limits.picture_pixels:
                raise ChannelRefused(f"图片超过 {limits.picture_pixels // 1_000_000} 百万像素。", remedy=_REMEDY)
            keeps_png = opened.format != "JPEG"
            picture = ImageOps.exif_transpose(opened)
            picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ChannelRefused("图片的像素数异常。", remedy=_REMEDY) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise ChannelRefused("图片文件已损坏，或不是常见的图片格式。", remedy=_REMEDY) from error
    if picture.width > _WIDEST:
        picture = picture.resize((_WIDEST, max(1, round(picture.height * _WIDEST / picture.width))))
    if keeps_png and len(png := _encoded(picture, "PNG", optimize=True)) < limits.body_picture_bytes:
        return png, "image/png"
    flat = Image.new("RGB", picture.size, "white")
    flat.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    while True:
        for quality in _QUALITIES:
            if len(jpeg := _encoded(flat, "JPEG", quality=quality)) < limits.body_picture_bytes:
                return jpeg, "image/jpeg"
        flat = flat.resize((max(1, flat.width * 3 // 4), max(1, flat.height * 3 // 4)))


def _encoded(picture: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


class PictureShelf:
    """Uploads a picture when the platform does not have it yet. Uploading twice is harmless, only wasteful."""

    def __init__(self, *, client: WeChatClient, limits: WeChatLimits, default_cover: Path) -> None:
        self._client = client
        self._limits = limits
        self._default_cover = default_cover

    async def body_address(self, sha256: str, load_file: LoadFile) -> str:
        """The platform's address of a picture for bodies."""
        known = await self._known(_BODY, sha256)
        if known is not None:
            return known.url
        address = await self._uploaded(await load_file(sha256), self._client.upload_body_picture)
        await self._keep(_BODY, sha256, url=address)
        return address

    async def cover(self, sha256: str | None, load_file: LoadFile, *, anew: bool = False) -> str:
        """The media_id of a cover; of the default one without ``sha256``. ``anew`` when the platform lost it."""
        data: bytes | None = None
        if sha256 is None:
            data = await asyncio.to_thread(self._default_cover.read_bytes)
            sha256 = hashlib.sha256(data).hexdigest()
        if anew:
            await PlatformMaterial.filter(account=self._client.account, kind=_COVER, sha256=sha256).delete()
        known = await self._known(_COVER, sha256)
        if known is not None:
            return known.media_id
        media_id = await self._uploaded(data or await load_file(sha256), self._client.upload_cover)
        await self._keep(_COVER, sha256, media_id=media_id)
        return media_id

    async def _uploaded(self, data: bytes, upload: Callable[..., Awaitable[str]]) -> str:
        made, media_type = await asyncio.to_thread(fitted, data, limits=self._limits)
        name = f"picture.{media_type.removeprefix('image/').replace('jpeg', 'jpg')}"
        return await upload(made, file_name=name, media_type=media_type)

    async def _known(self, kind: str, sha256: str) -> PlatformMaterial | None:
        return await PlatformMaterial.get_or_none(account=self._client.account, kind=kind, sha256=sha256)

    async def _keep(self, kind: str, sha256: str, *, media_id: str = "", url: str = "") -> None:
        now = await self._client.now()
        try:
            await PlatformMaterial.create(
                account=self._client.account, kind=kind, sha256=sha256, media_id=media_id, url=url, created_at=now
            )
        except IntegrityError:
            return  # Another worker uploaded the same picture; either copy serves.

"""Reading a request: size caps first, then JSON or a file, then the model."""

import json
from typing import Final, TypeVar

from aiohttp import BodyPartReader, web
from pydantic import BaseModel, ValidationError

from console.api.problems import of_validation
from console.errors import BodyRefused, FieldError, RequestInvalid

MOST_JSON: Final = 1024 * 1024
"""Bytes of a JSON body."""
MOST_FILE: Final = 10 * 1024 * 1024
"""Bytes of an uploaded file."""
MOST_TITLE: Final = 2000
"""Bytes of the title that comes with a file."""

Model = TypeVar("Model", bound=BaseModel)


async def read_body(request: web.Request) -> bytes:
    """The raw JSON body. Raises BodyRefused: 413 when it is too large, 415 when it says it is something else."""
    if request.content_length is not None and request.content_length > MOST_JSON:
        raise BodyRefused("请求内容超过 1 MB。附件请用 POST /api/v1/files 上传。", status=413)
    if request.can_read_body and request.content_type not in {"application/json", "application/octet-stream"}:
        raise BodyRefused("请以 application/json 提交。", status=415)
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise BodyRefused("不接受压缩的请求内容。", status=415)
    body = bytearray()
    async for chunk in request.content.iter_chunked(65536):
        body += chunk
        if len(body) > MOST_JSON:
            raise BodyRefused("请求内容超过 1 MB。附件请用 POST /api/v1/files 上传。", status=413)
    return bytes(body)


def parse(model: type[Model], body: bytes) -> Model:
    """The model. An empty body counts as ``{}``. Raises BodyRefused when it is no JSON object, RequestInvalid."""
    try:
        plain = json.loads(body or b"{}")
    except (ValueError, RecursionError) as unreadable:
        raise BodyRefused("请求内容不是合法的 JSON。") from unreadable
    if not isinstance(plain, dict):
        raise BodyRefused("请求内容应为 JSON 对象。")
    try:
        return model.model_validate(plain)
    except ValidationError as invalid:
        raise of_validation(invalid) from invalid


async def read_file(request: web.Request) -> tuple[bytes, str, str, str]:
    """(bytes, file name, declared media type, title) of a multipart upload. Raises BodyRefused, RequestInvalid."""
    if request.content_type != "multipart/form-data":
        raise BodyRefused("请以 multipart/form-data 上传，文件字段名为 file。", status=415)
    data, name, media_type, title = b"", "", "", ""
    found = False
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                raise BodyRefused("上传的内容结构不对。")
            if part.name == "file":
                found, name = True, part.filename or ""
                media_type = part.headers.get("Content-Type", "")
                data = await _limited(part, MOST_FILE, "文件超过 10 MB，请压缩或拆分后上传。")
            elif part.name == "title":
                title = (await _limited(part, MOST_TITLE, "标题过长。")).decode("utf-8", "replace")
            else:
                raise RequestInvalid([FieldError(field=part.name or "", message="没有这个字段。")])
    except ValueError as broken:
        raise BodyRefused("上传的内容无法读取。") from broken
    if not found:
        raise RequestInvalid([FieldError(field="file", message="没有收到文件。", remedy="文件字段名为 file。")])
    return data, name, media_type, title


def whole_number(text: str | None, *, default: int, field: str) -> int:
    """A positive number of a query or header. Raises RequestInvalid."""
    if text is None or text == "":
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise RequestInvalid([FieldError(field=field, message="应为正整数。")])
    return int(text)


async def _limited(part: BodyPartReader, most: int, said: str) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(65536):
        data += chunk
        if len(data) > most:
            raise BodyRefused(said, status=413)
    return bytes(data)

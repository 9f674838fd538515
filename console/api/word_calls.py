"""The API's call that reads a Word file. Nothing is saved but the file's pictures."""

from typing import Final

from aiohttp import web
from pydantic import BaseModel

from console.api.intake import MOST_FILE, read_file
from console.api.problems import dumps
from console.errors import BodyRefused
from console.guarding import require_one
from disclosures.attachments import MEDIA_TYPES
from disclosures.files import Files
from disclosures.word import WordImport
from staff.person import Person
from staff.roles import Verb

DOCX: Final = MEDIA_TYPES["docx"]


class ProposalAnswer(BaseModel):
    """从版式中认出的一项。evidence 是文件中的原文；须由人核对后填入 field 所指的字段。"""

    field: str
    value: str
    evidence: str


class WordAnswer(BaseModel):
    """读出的内容。body_html 可直接作为 POST /api/v1/disclosures 的 body_html；notes 说明什么没有导入、什么须核对。"""

    title: str
    body_html: str
    proposals: list[ProposalAnswer]
    notes: list[str]


class WordCalls:
    def __init__(self, *, files: Files) -> None:
        self._import = WordImport(files=files)

    async def import_word(self, request: web.Request, person: Person) -> web.Response:
        """multipart/form-data with a field ``file``, or the bare bytes of a .docx file."""
        require_one(person, (Verb.FILE_WRITE,))
        data, name = await _bare(request) if request.content_type == DOCX else (await read_file(request))[:2]
        word = await self._import.read(data, name, by=person.actor)
        answer = WordAnswer(
            title=word.title, body_html=word.body_html, notes=list(word.notes),
            proposals=[ProposalAnswer(field=one.field, value=one.value, evidence=one.evidence) for one in word.proposals],
        )  # fmt: skip
        return web.json_response(answer.model_dump(mode="json"), dumps=dumps)


async def _bare(request: web.Request) -> tuple[bytes, str]:
    data = bytearray()
    async for chunk in request.content.iter_chunked(65536):
        data += chunk
        if len(data) > MOST_FILE:
            raise BodyRefused("文件超过 10 MB，请压缩或拆分后上传。", status=413)
    return bytes(data), "upload.docx"

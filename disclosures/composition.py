"""From a draft to the content that is signed: a clean body, stored files, the catalogue's own names."""

import asyncio
from dataclasses import replace
from urllib.parse import unquote

from tortoise.backends.base.client import BaseDBAsyncClient

from disclosures import markup
from disclosures.content import Content, FileReference
from disclosures.draft import FILE_PATH, DraftText, normal_document_number, summary_of
from disclosures.errors import InvalidContent
from disclosures.findings import Finding, block
from disclosures.kinds import particulars_of
from disclosures.records import StoredFile


async def compose(
    connection: BaseDBAsyncClient | None, draft: DraftText, *, body_html: str, department: str, category: str,
    index_number: str,
) -> Content:  # fmt: skip
    """The content of a draft whose body is already clean HTML. Raises InvalidContent when a file is not stored."""
    problems: list[Finding] = []
    pictures = await _pictures(connection, body_html, problems)
    attachments = tuple([await _stored(connection, file, "attachments", problems) for file in draft.attachments])
    wechat = draft.wechat
    if wechat.cover is not None:
        wechat = replace(wechat, cover=await _stored(connection, wechat.cover, "wechat.cover", problems))
    if problems:
        raise InvalidContent(problems)
    return Content(
        title=draft.title.strip(), body_html=body_html, department=department, category=category,
        formed_on=draft.formed_on, index_number=index_number,
        document_number=normal_document_number(draft.document_number),
        summary=draft.summary.strip() or summary_of(body_html),
        keywords=tuple(dict.fromkeys(word.strip() for word in draft.keywords if word.strip())),
        stage=draft.stage, source=draft.source.strip(), interprets=draft.interprets, pictures=pictures,
        attachments=attachments, wechat=wechat, weibo=draft.weibo, kind=draft.kind,
        particulars=await particulars_of(draft, connection),
    )  # fmt: skip


async def clean_body(draft: DraftText) -> str:
    """The draft's body as clean HTML, made off the event loop. Raises InvalidContent."""
    convert = markup.clean if draft.body_format == "html" else markup.from_markdown
    try:
        return await asyncio.to_thread(convert, draft.body)
    except markup.MarkupError as error:
        raise InvalidContent([block("body", str(error))]) from error


async def _pictures(
    connection: BaseDBAsyncClient | None, body_html: str, problems: list[Finding]
) -> tuple[FileReference, ...]:
    found: dict[str, FileReference] = {}
    for src, alt in markup.pictures(body_html):
        path = FILE_PATH.fullmatch(src)
        if path is None:
            problems.append(block("body", "正文图片的地址不正确。", "请重新上传该图片。"))
            continue
        reference = FileReference(sha256=path[1], file_name=unquote(path[2]), media_type="", size=0, title=alt.strip())
        stored = await _stored(connection, reference, "body", problems)
        if path[2] != stored.file_name and stored.size:
            problems.append(block("body", f"正文图片“{stored.file_name}”的地址不正确。", "请重新插入该图片。"))
        # The same picture twice is one file; the reference carries its first description.
        found.setdefault(stored.sha256, stored)
    return tuple(found.values())


async def _stored(
    connection: BaseDBAsyncClient | None, reference: FileReference, where: str, problems: list[Finding]
) -> FileReference:
    query = StoredFile.filter(sha256=reference.sha256).only("sha256", "file_name", "media_type", "size")
    row = await (query.using_db(connection) if connection is not None else query).first()
    if row is None:
        problems.append(block(where, f"文件“{reference.file_name}”不在文件库中。", "请先上传文件，再引用。"))
        return reference
    return FileReference(
        sha256=row.sha256, file_name=row.file_name, media_type=row.media_type, size=row.size, title=reference.title
    )

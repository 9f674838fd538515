"""Of the package: pictures and attachments, each under its SHA-256; their bytes are read when they are written."""

import hashlib

from console.archive.case import Case, Section
from console.archive.package import Entry
from console.errors import ArchiveDamaged
from disclosures.content import FileReference
from disclosures.records import StoredFile


async def attached(case: Case) -> Section | None:
    """Every file that any revision shows. One that the store has lost is named on the page and in the manifest."""
    wanted: dict[str, FileReference] = {}
    for version in case.versions:
        content = version.content
        for file in (
            *content.pictures,
            *content.attachments,
            *((content.wechat.cover,) if content.wechat.cover else ()),
        ):
            wanted.setdefault(file.sha256, file)
    if not wanted:
        return None
    sizes = dict(await StoredFile.filter(sha256__in=list(wanted)).values_list("sha256", "size"))
    found = [_entry(file, sizes[file.sha256]) for file in wanted.values() if file.sha256 in sizes]
    plain = [
        {
            "sha256": file.sha256, "name": file.file_name, "media_type": file.media_type, "title": file.title,
            "path": f"files/{file.sha256}/{file.file_name}" if file.sha256 in sizes else None,
        }
        for file in wanted.values()
    ]  # fmt: skip
    html = case.render("files.html", files=list(wanted.values()), sizes=sizes)
    return Section(key="files", title="图片与附件", html=html, entries=tuple(found), manifest={"files": plain})


def _entry(file: FileReference, size: int) -> Entry:
    async def load() -> bytes:
        row = await StoredFile.get_or_none(sha256=file.sha256)
        data = bytes(row.data) if row is not None else b""
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise ArchiveDamaged(f"文件“{file.file_name}”与其校验值不符，归档没有完成。请联系系统管理员核对数据库。")
        return data

    return Entry(path=f"files/{file.sha256}/{file.file_name}", sha256=file.sha256, size=size, load=load)

"""Pictures and attachments: proved by their bytes, pictures re-encoded, kept in the database under their SHA-256."""

import asyncio
import hashlib
import re
import unicodedata
from dataclasses import dataclass

from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from disclosures import attachments, images
from disclosures.content import FileReference
from disclosures.errors import FileRefused, NotFound
from disclosures.records import StoredFile

MOST_BYTES = 10 * 1024 * 1024

_UNSAFE = re.compile(r"[^\w.()（）〔〕《》、，—-]+")
_BARE = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """A type of file that may be made public."""

    media_type: str
    extension: str
    picture: bool = False


PNG = FileKind(media_type="image/png", extension="png", picture=True)
JPEG = FileKind(media_type="image/jpeg", extension="jpg", picture=True)
GIF = FileKind(media_type="image/gif", extension="gif", picture=True)
PDF = FileKind(media_type="application/pdf", extension="pdf")
CSV = FileKind(media_type="text/csv", extension="csv")
PACKED = {kind: FileKind(media_type=media_type, extension=kind) for kind, media_type in attachments.MEDIA_TYPES.items()}
ACCEPTED = (PNG, JPEG, GIF, PDF, *PACKED.values(), CSV)


class Files:
    """Keeps files and gives them back. Who may upload (``file.write``) is asked by the caller."""

    def __init__(self, *, clock: Clock, trail: Trail) -> None:
        self._clock, self._trail = clock, trail
        # A decoded picture of 50 million pixels is 200 MB: one at a time.
        self._one_at_a_time = asyncio.Semaphore(1)

    async def put(
        self, data: bytes, file_name: str, media_type: str = "", *, by: Actor, title: str = ""
    ) -> FileReference:
        """Stores a file; the same bytes are stored once. The type is told by the bytes, never by the name
        (``media_type`` only helps to tell CSV from other text). ``title`` is the attachment's title or the picture's
        alt text. Raises FileRefused."""
        if not data:
            raise FileRefused("文件是空的。")
        if len(data) > MOST_BYTES:
            raise FileRefused(f"文件超过 {MOST_BYTES // 1024 // 1024} MB，请压缩或拆分后上传。")
        async with self._one_at_a_time:
            kind, kept = await asyncio.to_thread(_examined, data, file_name, media_type)
        sha256 = hashlib.sha256(kept).hexdigest()
        name = safe_name(file_name, kind, sha256)
        now = await self._clock.now()
        async with in_transaction() as connection:
            values = {
                "media_type": kind.media_type, "file_name": name, "size": len(kept), "data": kept, "created_at": now,
            }  # fmt: skip
            row, added = await StoredFile.get_or_create(sha256=sha256, defaults=values, using_db=connection)
            if added:
                await self._trail.append(
                    connection, at=now, actor=by, verb="file.stored", subject=f"file:{sha256}", name=name,
                    size=len(kept),
                )  # fmt: skip
        return FileReference(
            sha256=sha256, file_name=row.file_name, media_type=row.media_type, size=row.size, title=title.strip()
        )

    async def load(self, sha256: str) -> bytes:
        """The bytes of a stored file. Raises NotFound."""
        row = await StoredFile.get_or_none(sha256=sha256)
        if row is None:
            raise NotFound("没有这个文件。")
        return bytes(row.data)

    async def find(self, sha256: str) -> FileReference:
        """What is known of a stored file, without its bytes. Raises NotFound."""
        row = await StoredFile.filter(sha256=sha256).only("sha256", "file_name", "media_type", "size").first()
        if row is None:
            raise NotFound("没有这个文件。")
        return FileReference(sha256=row.sha256, file_name=row.file_name, media_type=row.media_type, size=row.size)


def safe_name(file_name: str, kind: FileKind, sha256: str) -> str:
    """A name without path, control or direction marks, with the extension of the real type. Pictures get plain ASCII
    names, because body HTML refers to them."""
    last = unicodedata.normalize("NFC", file_name).replace("\\", "/").rsplit("/", 1)[-1]
    stem = last.rsplit(".", 1)[0] if "." in last else last
    stem = (_BARE if kind.picture else _UNSAFE).sub("_", stem).strip("._-")[:80].strip("._-")
    if not re.search(r"[^\W_]", stem):
        stem = f"{'picture' if kind.picture else 'file'}-{sha256[:12]}"
    return f"{stem}.{kind.extension}"


def _examined(data: bytes, file_name: str, media_type: str) -> tuple[FileKind, bytes]:
    """The kind of the file and the bytes to keep. Raises FileRefused."""
    for kind, magic in ((PNG, b"\x89PNG\r\n\x1a\n"), (JPEG, b"\xff\xd8\xff"), (GIF, b"GIF8")):
        if data.startswith(magic):
            kept = images.encoded_again(data)
            if len(kept) > MOST_BYTES:
                raise FileRefused("图片整理后仍超过 10 MB，请缩小后上传。")
            return kind, kept
    if data.startswith(b"%PDF-"):
        return PDF, data
    if data.startswith(b"PK\x03\x04"):
        return PACKED[attachments.packed_kind(data)], data
    if file_name.lower().endswith(".csv") or media_type.split(";")[0].strip().lower() == "text/csv":
        attachments.csv_text(data)
        return CSV, data
    raise FileRefused("不支持这种文件。可上传 PNG、JPEG、GIF 图片和 PDF、DOCX、XLSX、OFD、CSV 文件。")

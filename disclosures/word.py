"""A Word file as a draft: its text, its pictures, what its layout says about it, and what a person must know of the import.

Nothing is saved as a disclosure. What was found in the layout is a proposal; what could not be taken over is a note.
"""

import asyncio
import base64
import html
import re
from dataclasses import dataclass
from typing import Any, Final

from audit.actor import Actor
from disclosures import attachments, markup
from disclosures.confined import CannotRead, read_in_process
from disclosures.errors import FileRefused
from disclosures.files import MOST_BYTES, Files

SECONDS: Final = 30
_PICTURE: Final = re.compile(r'<img\b([^>]*?)\bsrc="mingbai-picture:(\d{1,3})"([^>]*)>')
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SAVE_AS: Final = "请用 Word 或 WPS 打开，“另存为”选择“Word 文档（*.docx）”后再导入。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Something the layout says. ``evidence`` are the words it was read from."""

    field: str
    """``title``, ``document_number``, ``department`` or ``formed_on``."""
    value: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WordText:
    """A read Word file. The pictures are in the file store; the body refers to them."""

    title: str
    body_html: str
    proposals: tuple[Proposal, ...]
    notes: tuple[str, ...]
    """What was left out, changed or needs a look, in the words of the screen."""

    def proposed(self, field: str) -> str:
        """The value for a field; empty when the file says nothing."""
        return next((each.value for each in self.proposals if each.field == field), "")


class WordImport:
    """Reads Word files. Who may (``disclosure.write`` and ``file.write``) is asked by the caller."""

    def __init__(self, *, files: Files) -> None:
        self._files = files
        # A reader may take a gigabyte for a moment: one at a time.
        self._one_at_a_time = asyncio.Semaphore(1)

    async def read(self, data: bytes, file_name: str, *, by: Actor) -> WordText:
        """The text of a .docx file. Its pictures are stored. Raises FileRefused with what to do."""
        check(data, file_name)
        async with self._one_at_a_time:
            try:
                told = await asyncio.to_thread(read_in_process, "word", data, seconds=SECONDS)
            except CannotRead as unread:
                raise FileRefused(str(unread)) from unread
        body, lost = await self._with_pictures(str(told["html"]), told["pictures"], by)
        try:
            cleaned = await asyncio.to_thread(markup.clean, body)
        except markup.MarkupError as error:
            raise FileRefused(str(error)) from error
        counts = {**told["counts"], "pictures_lost": told["counts"].get("pictures_lost", 0) + lost}
        if not cleaned.strip() and not told["title"]:
            raise FileRefused("文件里没有可以导入的文字。如果是扫描件，请先识别成文字，或作为附件上传。")
        return WordText(
            title=str(told["title"]), body_html=cleaned, proposals=_proposals(told),
            notes=tuple(notes(counts, told["near"], told["left_out"])),
        )  # fmt: skip

    async def _with_pictures(self, body: str, pictures: list[dict[str, str]], by: Actor) -> tuple[str, int]:
        """The body with stored pictures, and how many could not be stored."""
        paths: dict[int, str] = {}
        for number, picture in enumerate(pictures):
            try:
                stored = await self._files.put(
                    base64.b64decode(picture["data"]), picture["name"], by=by, title=picture["alt"]
                )
            except FileRefused:
                continue
            paths[number] = stored.path

        def placed(found: re.Match[str]) -> str:
            path = paths.get(int(found.group(2)))
            return f'<img{found.group(1)}src="{html.escape(path)}"{found.group(3)}>' if path else ""

        return _PICTURE.sub(placed, body), len(pictures) - len(paths)


def check(data: bytes, file_name: str) -> None:
    """Raises FileRefused for what is no .docx file, with the way to one."""
    name = file_name.lower()
    if not data:
        raise FileRefused("文件是空的。")
    if len(data) > MOST_BYTES:
        raise FileRefused(f"文件超过 {MOST_BYTES // 1024 // 1024} MB。请压缩其中的图片，或把附表作为附件另行上传。")
    if data.startswith(_OLD_OFFICE):
        if b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e" in data:
            raise FileRefused("文件设有打开密码，无法导入。请去掉密码，另存为 .docx 后再导入。")
        raise FileRefused(f"这是旧格式（.doc 或 .wps）的文件，无法导入。{_SAVE_AS}")
    if not data.startswith(b"PK\x03\x04"):
        kind = "PDF 文件只能作为附件上传，不能导入成正文。" if data.startswith(b"%PDF-") else "这不是 Word 文件。"
        wps = name.endswith((".wps", ".doc", ".wpt", ".rtf"))
        raise FileRefused(f"{'这种格式无法导入。' if wps else kind}{_SAVE_AS}")
    kind = attachments.packed_kind(data)
    if kind != "docx":
        raise FileRefused(f"这是 {kind.upper()} 文件，不能导入成正文；可以作为附件上传。")


def _proposals(told: dict[str, Any]) -> tuple[Proposal, ...]:
    found = (
        Proposal(field="title", value=told["title"], evidence=told["title"]),
        Proposal(field="document_number", value=told["document_number"], evidence=told["document_number"]),
        Proposal(field="department", value=told["office"], evidence=told["office"]),
        Proposal(field="formed_on", value=told["formed_on"], evidence=told["date_line"]),
    )
    return tuple(each for each in found if each.value)


def notes(counts: dict[str, int], near: dict[str, str], left_out: list[str]) -> list[str]:
    """What to tell the person, most important first."""

    def where(name: str) -> str:
        return f"（在“{near[name]}…”处）" if near.get(name) else ""

    said = {
        "pictures_lost": "{n} 张图片是 EMF、WMF 等网页不能显示的格式或已损坏，没有导入。请在 Word 里另存为 PNG 后插入。",
        "too_many_pictures": "图片超过 100 张，其余 {n} 张没有导入。",
        "pictures_without_alt": "{n} 张图片没有图片说明，已在正文中标出，送审前须补上。",
        "formulas": "{n} 处公式没有导入{w}。请截成图片插入，并写明图片说明。",
        "charts": "{n} 个图表没有导入{w}。请在 Word 里复制为图片后插入。",
        "diagrams": "{n} 个 SmartArt 图形没有导入{w}。请在 Word 里复制为图片后插入。",
        "objects": "{n} 个嵌入对象（如 Excel 表）只保留了能显示的图{w}，请核对。",
        "links": "{n} 处引用的其他文件没有导入{w}。",
        "boxes": "{n} 个文本框里的文字已移到所在段落之后{w}，请核对位置。",
        "deleted": "文件带有修订：{n} 处已删除的文字没有导入。",
        "inserted": "文件带有修订：{n} 处新增的文字按已接受导入，请核对是否定稿。",
        "comments": "{n} 条批注没有导入。",
        "hidden": "{n} 处隐藏文字没有导入{w}。",
        "contents": "目录没有导入。",
        "edges": "页眉、页脚没有导入。",
        "numbers": "{n} 个自动编号已改成文字，请核对。",
        "fonts": "按字体（黑体、楷体、加粗）认出 {n} 个小标题，请核对。",
        "tables_without_head": "{n} 个表格没有标明表头。请把光标放进表格，按“表头行”标出，方便读屏软件朗读。",
        "notes": "{n} 条脚注、尾注已列在正文末尾。",
    }
    found = [text.format(n=counts[name], w=where(name)) for name, text in said.items() if counts.get(name)]
    if left_out:
        found.insert(0, f"下列文字已作为标题、文头或文号取出，不再放进正文：{'；'.join(left_out)}。")
    return found

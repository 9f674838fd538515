"""What an author hands in: the text as written, before it becomes the exact content that is signed. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

from disclosures import markup
from disclosures.content import Content, FileReference, WeChatVersion, WeiboVersion
from disclosures.errors import InvalidContent
from disclosures.findings import block

SUMMARY_LENGTH = 100
"""Characters of the summary that is made from the text when the author gives none."""

FILE_PATH = re.compile(r"/files/([0-9a-f]{64})/([^/?#]+)")
"""How a body refers to a stored file, see ``FileReference.path``."""
_DOCUMENT_NUMBER = re.compile(r"^(.*?)\s*[\[［【〔(（]\s*(\d{4})\s*[\]］】〕)）]\s*第?\s*(\d+)\s*号\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftText:
    """A text as its author wrote it. ``department`` and ``category`` are names or codes of the catalogue."""

    title: str
    body: str
    body_format: str = "markdown"
    """``markdown`` or ``html``."""
    department: str
    category: str
    formed_on: date
    document_number: str = ""
    summary: str = ""
    """Empty: made from the beginning of the text."""
    keywords: tuple[str, ...] = ()
    stage: str = ""
    source: str = ""
    interprets: int | None = None
    attachments: tuple[FileReference, ...] = ()
    """Stored files; only ``sha256`` and ``title`` are taken from the reference, the rest from the stored row."""
    wechat: WeChatVersion = field(default_factory=WeChatVersion)
    weibo: WeiboVersion = field(default_factory=WeiboVersion)
    kind: str = ""
    """The code of the document kind; empty: none."""
    particulars: tuple[tuple[str, str], ...] = ()
    """(name, value) of the kind's own fields; a name that the kind does not have is refused."""


def revised(draft: DraftText, changes: Mapping[str, Any]) -> DraftText:
    """The draft with some fields replaced. Raises InvalidContent for a field that does not exist."""
    known = {each.name for each in fields(DraftText)}
    if unknown := [name for name in changes if name not in known]:
        raise InvalidContent(block(name, f"没有“{name}”这个字段。", "请核对字段名。") for name in unknown)
    return replace(draft, **changes)


def draft_of(content: Content, *, body: str, body_format: str) -> DraftText:
    """A saved revision as a draft again, so that it can be changed field by field."""
    return DraftText(
        title=content.title, body=body, body_format=body_format, department=content.department,
        category=content.category, formed_on=content.formed_on, document_number=content.document_number,
        # A summary that was made from the text follows the text.
        summary="" if content.summary == summary_of(content.body_html) else content.summary,
        keywords=content.keywords, stage=content.stage, source=content.source, interprets=content.interprets,
        attachments=content.attachments, wechat=content.wechat, weibo=content.weibo, kind=content.kind,
        particulars=tuple((each.name, each.value) for each in content.particulars),
    )  # fmt: skip


def normal_document_number(text: str) -> str:
    """国办发[2017]47号 → 国办发〔2017〕47号 (党政机关公文格式 GB/T 9704-2012); anything else is only trimmed."""
    found = _DOCUMENT_NUMBER.match(text.strip())
    return f"{found[1].strip()}〔{found[2]}〕{int(found[3])}号" if found else text.strip()


def summary_of(body_html: str) -> str:
    """The first hundred characters or so, to the end of a sentence where one is near."""
    text = " ".join(markup.plain_text(body_html).split())
    if len(text) <= SUMMARY_LENGTH:
        return text
    cut = max(text.rfind(mark, SUMMARY_LENGTH // 2, SUMMARY_LENGTH) for mark in "。！？；")
    return text[: cut + 1] if cut >= 0 else text[: SUMMARY_LENGTH - 1] + "…"


def unkept_pictures(body: str, body_format: str) -> int:
    """How many pictures of the author's body are not stored files and therefore do not appear in the content."""
    if body_format == "html":
        sources = [src for src, _ in markup.pictures(body)]
    else:
        sources = re.findall(r"!\[[^\]]*\]\(\s*<?([^)\s>]+)", body)
    return sum(1 for src in sources if not FILE_PATH.fullmatch(src))

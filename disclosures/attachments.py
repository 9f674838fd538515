"""What stands in an attachment, as far as it can be told without opening it: its kind, and its text for the checks."""

import html
import io
import re
import zipfile

from disclosures.errors import FileRefused

MEDIA_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ofd": "application/ofd",
}

READABLE = frozenset({*MEDIA_TYPES.values(), "text/csv"})
"""The media types whose text the checks read; pictures and PDF only a person can check."""

MOST_TEXT = 500_000
"""Characters of one attachment that the checks read."""

_MARKERS = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "OFD.xml": "ofd"}
_MOST_ENTRIES = 1_000
_MOST_UNPACKED = 50 * 1024 * 1024
_MOST_RATIO = 100

_TEXT_PARTS = re.compile(
    r"word/(?:document|footnotes|endnotes|header\d*|footer\d*)\.xml|xl/sharedStrings\.xml|xl/worksheets/[^/]+\.xml"
    r"|Doc_\d+/Pages/Page_\d+/Content\.xml"
)
# The end of a paragraph, a cell, a shared string or a stretch of OFD text. Runs inside a paragraph are joined, because
# editors cut numbers into runs.
_BREAK = re.compile(r"</(?:w:p|w:tc|si|c|v|ofd:TextCode)>|<w:(?:br|tab)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")
_BINARY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def packed_kind(data: bytes) -> str:
    """``docx``, ``xlsx`` or ``ofd``. Raises FileRefused for any other zip, for macros, and for packing bombs."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as broken:
        raise FileRefused("文件已损坏，请重新导出后上传。") from broken
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > _MOST_ENTRIES or unpacked > _MOST_UNPACKED or unpacked > _MOST_RATIO * max(len(data), 10_000):
        raise FileRefused("文件展开后过大，请精简后上传。")
    names = {entry.filename for entry in entries}
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise FileRefused("文件含有宏，请另存为不含宏的格式后上传。")
    for marker, kind in _MARKERS.items():
        if marker in names:
            return kind
    raise FileRefused("不接受压缩包，请逐个上传其中的文件。")


def csv_text(data: bytes) -> str:
    """The text of a CSV file in UTF-8 or GB 18030. Raises FileRefused."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _BINARY.search(text):
            return text
    raise FileRefused("CSV 文件的编码不正确，请以 UTF-8 另存后上传。")


def text_of(data: bytes, media_type: str) -> str:
    """The text of a DOCX, XLSX, OFD or CSV file, one line a paragraph or cell, at most MOST_TEXT characters; empty for
    any other kind. Runs in a thread."""
    if media_type == "text/csv":
        return csv_text(data)[:MOST_TEXT]
    if media_type not in READABLE:
        return ""
    lines: list[str] = []
    room = MOST_TEXT
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            if room > 0 and _TEXT_PARTS.fullmatch(entry.filename):
                with archive.open(entry) as part:
                    written = part.read(_MOST_UNPACKED).decode("utf-8", "replace")
                text = html.unescape(_TAG.sub("", _BREAK.sub("\n", written)))[:room]
                room -= len(text)
                lines.append(text)
    return "\n".join(line for line in "\n".join(lines).split("\n") if line.strip())

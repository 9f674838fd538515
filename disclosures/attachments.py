"""What stands in an attachment, as far as it can be told without opening it: its kind, and its text for the checks.

The text comes in pieces, each with its place, so that whoever mends the file knows where to look.
"""

import html
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from disclosures.errors import FileRefused
from disclosures.pdf import read_pdf

PDF = "application/pdf"
MEDIA_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ofd": "application/ofd",
}

READABLE = frozenset({*MEDIA_TYPES.values(), "text/csv", PDF})
"""The media types whose text the checks read; pictures only a person can check."""

MOST_TEXT = 500_000
"""Characters of one attachment that the checks read."""

_MARKERS = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "OFD.xml": "ofd"}
_MOST_ENTRIES = 1_000
_MOST_UNPACKED = 50 * 1024 * 1024
_MOST_RATIO = 100

_WORD_PARTS = re.compile(r"word/(?:document|footnotes|endnotes|comments|header\d*|footer\d*)\.xml")
_PAGE_PARTS = re.compile(r"Doc_\d+/Pages/Page_(\d+)/Content\.xml")
_SHEET_PARTS = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
_NOTE_PARTS = re.compile(r"xl/(?:comments\d*|threadedComments/[^/]+)\.xml")
# The end of a paragraph, a cell, a shared string or a stretch of OFD text. Runs inside a paragraph are joined, because
# editors cut numbers into runs.
_BREAK = re.compile(r"</(?:w:p|w:tc|si|c|v|ofd:TextCode)>|<w:(?:br|tab)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")
_BINARY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_PREFIX = re.compile(r"<(/?)\w+:(?=(?:row|c|v|si|t|f|rPh)\b)")
_PHONETIC = re.compile(r"<rPh\b[^<]*(?:<(?!/rPh>)[^<]*)*</rPh>")
_NUMBER_OF_ROW = re.compile(r'\br="(\d{1,7})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of an attachment's text. ``place`` is for the screen: 第 3 段, 工作表 1 第 5 行; empty when it has none."""

    place: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """What could be read of one attachment. ``problem`` says why not all of it, for the screen."""

    pieces: tuple[Piece, ...] = ()
    problem: str = ""

    @property
    def text(self) -> str:
        return "\n".join(piece.text for piece in self.pieces)


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
    """The text of a DOCX, XLSX, OFD, CSV or PDF file, one line a paragraph or row, at most MOST_TEXT characters; empty
    for any other kind. Runs in a thread."""
    return read(data, media_type).text


def read(data: bytes, media_type: str) -> Attached:
    """The text of an attachment with its places, at most MOST_TEXT characters. Never raises for a bad file: then
    ``problem`` says so. Runs in a thread."""
    if media_type == PDF:
        return _pdf(data)
    if media_type not in READABLE:
        return Attached(problem="是图片，其中的文字系统读不到" if media_type.startswith("image/") else "")
    try:
        if media_type == "text/csv":
            lines = csv_text(data).splitlines()
            return _within(Piece(place=f"第 {number} 行", text=line) for number, line in enumerate(lines, 1))
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _within(_packed(archive))
    except (FileRefused, zipfile.BadZipFile, NotImplementedError, ValueError, KeyError, OSError, EOFError):
        return Attached(problem="文件已损坏，读不出文字")


def _pdf(data: bytes) -> Attached:
    found = read_pdf(data)
    problem = found.problem.rstrip("。")
    if not problem and found.scanned:
        problem = "是扫描件，其中的文字系统读不到"
    return Attached(
        pieces=tuple(Piece(place="", text=line) for line in found.text.splitlines() if line.strip()), problem=problem
    )


def _within(pieces: Iterable[Piece]) -> Attached:
    """The pieces that say something, as long as there is room."""
    kept: list[Piece] = []
    room = MOST_TEXT
    for piece in pieces:
        if not piece.text.strip():
            continue
        if len(piece.text) >= room:
            kept.append(Piece(place=piece.place, text=piece.text[:room]))
            return Attached(pieces=tuple(kept), problem="过长，只检查了前面的部分")
        room -= len(piece.text)
        kept.append(piece)
    return Attached(pieces=tuple(kept))


def _packed(archive: zipfile.ZipFile) -> Iterator[Piece]:
    names = [entry.filename for entry in archive.infolist()]
    strings = _shared(archive, names)
    for name in sorted(names, key=lambda each: (len(each), each)):
        if _WORD_PARTS.fullmatch(name):
            where = {"document": "第 {} 段", "comments": "批注", "footnotes": "脚注", "endnotes": "尾注"}
            place = next((words for part, words in where.items() if f"/{part}" in name), "页眉页脚")
            lines = [line for line in _lines(_part(archive, name)) if line.strip()]
            yield from (Piece(place=place.format(number), text=line) for number, line in enumerate(lines, 1))
        elif sheet := _SHEET_PARTS.fullmatch(name):
            yield from _sheet(_part(archive, name), sheet[1], strings)
        elif page := _PAGE_PARTS.fullmatch(name):
            yield from (Piece(place=f"第 {int(page[1]) + 1} 页", text=line) for line in _lines(_part(archive, name)))
        elif _NOTE_PARTS.fullmatch(name):
            yield from (Piece(place="批注", text=line) for line in _lines(_part(archive, name)))


def _sheet(written: str, sheet: str, strings: list[str]) -> Iterator[Piece]:
    """The rows of a sheet, cells parted by tabs: what stands beside a number says what it is. Cut at the closing tags and
    not matched as a whole, since a file without them would be searched to its end again and again."""
    for place, row in enumerate(written.split("</row>")[:-1], 1):
        inside = row[row.rfind("<row") :]
        number = _NUMBER_OF_ROW.search(inside[: inside.find(">")])
        cells = [_cell(cell, strings) for cell in inside.split("</c>")[:-1]]
        yield Piece(place=f"工作表 {sheet} 第 {number[1] if number else place} 行", text="\t".join(cells))


def _cell(written: str, strings: list[str]) -> str:
    opened = written[max(written.rfind("<c "), written.rfind("<c>"), 0) :]
    tag, _, inside = opened.partition(">")
    value = inside.partition("<v>")[2].partition("</v>")[0] if "<v>" in inside else ""
    if 't="s"' in tag:
        place = value.strip()
        return strings[int(place)] if place.isdigit() and int(place) < len(strings) else ""
    return _plain(value or inside)


def _shared(archive: zipfile.ZipFile, names: list[str]) -> list[str]:
    if "xl/sharedStrings.xml" not in names:
        return []
    strings = []
    for piece in _part(archive, "xl/sharedStrings.xml").split("</si>")[:-1]:
        written = piece[piece.rfind("<si") :]
        strings.append(_plain(_PHONETIC.sub("", written) if "<rPh" in written else written))
    return strings


def _part(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as part:
        written = part.read(_MOST_UNPACKED).decode("utf-8", "replace")
    return _PREFIX.sub(r"<\1", written) if name.startswith("xl/") else written


def _lines(written: str) -> list[str]:
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", written))).split("\n")


def _plain(written: str) -> str:
    return " ".join(html.unescape(_TAG.sub("", written)).split())

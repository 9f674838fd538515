"""Uploads: the bytes decide, pictures are encoded again, names carry no path, bombs and macros stay outside."""

import io
import zipfile
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from disclosures.errors import FileRefused, NotFound
from disclosures.files import PDF, PNG, safe_name
from disclosures.records import StoredFile

PDF_BYTES = b"%PDF-1.7\n%\xe2\xe3\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind, **options)
    return out.getvalue()


def packed(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "media_type"),
    [
        (picture("PNG"), "a.exe", "image/png"),
        (picture("JPEG"), "a.png", "image/jpeg"),
        (picture("GIF"), "a", "image/gif"),
        (PDF_BYTES, "a.docx", "application/pdf"),
        (packed({"word/document.xml": b"<w/>"}), "a.zip", "application/vnd.openxmlformats-officedocument."
         "wordprocessingml.document"),
        (packed({"xl/workbook.xml": b"<x/>"}), "a.xlsx", "application/vnd.openxmlformats-officedocument."
         "spreadsheetml.sheet"),
        (packed({"OFD.xml": b"<x/>"}), "a.ofd", "application/ofd"),
        ("姓名,金额\n张某,300\n".encode("gb18030"), "a.csv", "text/csv"),
    ],
)  # fmt: skip
async def test_the_bytes_decide(office: Any, data: bytes, name: str, media_type: str) -> None:
    stored = await office.files.put(data, name, "application/octet-stream", by=office.drafter.actor)
    assert stored.media_type == media_type
    loaded = await office.files.load(stored.sha256)
    assert len(loaded) == stored.size
    assert (await office.files.find(stored.sha256)).file_name == stored.file_name


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "空"),
        (b"x" * (10 * 1024 * 1024 + 1), "10 MB"),
        (b"MZ\x90\x00 program", "不支持"),
        (b"<html><script>alert(1)</script>", "不支持"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "不支持"),
        (b"\x89PNG\r\n\x1a\n broken", "损坏"),
        (picture("JPEG")[:200], "损坏"),
        (packed({"a.txt": b"x"}), "压缩包"),
        (packed({"word/document.xml": b"x", "word/vbaProject.bin": b"x"}), "宏"),
        (packed({"word/document.xml": b"0" * 60_000_000}), "过大"),
        (packed({f"{n}": b"" for n in range(1001)}), "过大"),
        (b"PK\x03\x04 broken", "损坏"),
    ],
)
async def test_what_is_not_fit_to_publish_is_refused(office: Any, data: bytes, words: str) -> None:
    with pytest.raises(FileRefused, match=words):
        await office.files.put(data, "a.bin", by=office.drafter.actor)
    assert await StoredFile.all().count() == 0


async def test_binary_data_is_no_csv(office: Any) -> None:
    with pytest.raises(FileRefused, match="CSV"):
        await office.files.put(b"a,b\x00\x01", "a.csv", by=office.drafter.actor)


async def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(office: Any) -> None:
    huge = io.BytesIO()
    Image.new("1", (8000, 7000)).save(huge, "PNG")
    with pytest.raises(FileRefused, match="五千万像素"):
        await office.files.put(huge.getvalue(), "a.png", by=office.drafter.actor)


async def test_metadata_and_hidden_tails_are_gone(office: Any) -> None:
    notes = PngInfo()
    notes.add_text("Comment", "GPS 30.2741 120.1551")
    exif = Image.Exif()
    exif[0x010E] = "GPS 30.2741 120.1551"
    for data in (
        picture("PNG", pnginfo=notes) + b"GPS 30.2741<script>",
        picture("JPEG", exif=exif) + b"GPS 30.2741<script>",
    ):
        assert b"GPS" in data
        stored = await office.files.put(data, "照片.png", by=office.drafter.actor, title="现场照片")
        kept = await office.files.load(stored.sha256)
        assert b"GPS" not in kept
        assert b"<script>" not in kept
        assert Image.open(io.BytesIO(kept)).size == (40, 30)
        assert (stored.title, stored.file_name.isascii()) == ("现场照片", True)


async def test_an_animation_still_moves(office: Any) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=50, loop=0)
    stored = await office.files.put(out.getvalue(), "动图.gif", by=office.drafter.actor)
    with Image.open(io.BytesIO(await office.files.load(stored.sha256))) as kept:
        assert getattr(kept, "n_frames", 1) == 3


async def test_the_same_bytes_are_stored_once(office: Any) -> None:
    first = await office.files.put(PDF_BYTES, "通知.pdf", by=office.drafter.actor)
    second = await office.files.put(PDF_BYTES, "另一个名字.pdf", by=office.drafter.actor, title="附件")
    assert (first.sha256, first.file_name) == (second.sha256, second.file_name)
    assert await StoredFile.all().count() == 1
    with pytest.raises(NotFound):
        await office.files.load("0" * 64)


async def test_a_stored_picture_finds_its_way_into_the_content(office: Any) -> None:
    stored = await office.files.put(picture(), "现场.png", by=office.drafter.actor)
    sheet = await office.desk.create(office.drafter, office.draft(body=f"文字\n\n![发放现场]({stored.path})"))
    (shown,) = sheet.content.pictures
    assert (shown.sha256, shown.title, shown.path) == (stored.sha256, "发放现场", stored.path)
    assert f'src="{shown.path}"' in sheet.content.body_html


TRAVERSALS = [
    "../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/shadow", "C:\\boot.ini", "a/../../b.pdf", "....//....//x",
    "%2e%2e%2fetc", "..%c0%af..", "x\x00.pdf", "x\r\nSet-Cookie: a=b.pdf", "\u202egnp.exe", ".htaccess", "-rf", "~root",
    "a;rm -rf.pdf", "<script>.pdf", '"onload=.pdf', "名 单?.pdf", "con", "..", ".", "", "   ", "a" * 500, "//host/share",
    "file:///etc/passwd", "a\tb.pdf", "x.pdf/", "\\\\?\\C:\\x", "..;/admin",
]  # fmt: skip


@pytest.mark.parametrize("name", TRAVERSALS)
@pytest.mark.parametrize("kind", [PDF, PNG])
def test_no_name_leads_anywhere(name: str, kind: Any) -> None:
    safe = safe_name(name, kind, "ab" * 32)
    stem = safe.removesuffix(f".{kind.extension}")
    assert stem
    assert len(safe) <= 160
    assert not set(safe) & set("/\\%?#&;:<>\"'\r\n\t\x00\u202e ~*|")
    assert not stem.startswith((".", "-"))
    assert ".." not in safe


def test_a_chinese_attachment_name_is_kept() -> None:
    assert safe_name("附件1：2026年（第一批）名单.pdf", PDF, "ab" * 32) == "附件1_2026年（第一批）名单.pdf"

"""PDF attachments: their text is read for the checks, in a process that a hostile file can neither hold nor fill."""

import io
import time

import pypdf
import pytest

from disclosures import confined
from disclosures.confined import TookTooLong, read_in_process
from disclosures.pdf import MOST_PAGES, pdf_text, read_pdf


def pdf(*pages: str) -> bytes:
    """A PDF of one text line a page; an empty line is a page that only draws, as a scanner makes it."""
    objects = ["<</Type/Catalog/Pages 2 0 R>>", "", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    kids = []
    for text in pages:
        stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET" if text else "0 0 200 200 re f"
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>"
            f"/Contents {len(objects) + 2} 0 R>>"
        )
        objects.append(f"<</Length {len(stream)}>>\nstream\n{stream}\nendstream")
    objects[1] = f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(kids)}]>>"
    out, places = b"%PDF-1.7\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{each}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    return (
        out
        + (
            f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
            f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF"
        ).encode()
    )


def test_the_text_of_every_page_is_read() -> None:
    told = read_pdf(pdf("Subsidy 300 yuan", "Contact 13800138000"))
    assert told.text == "Subsidy 300 yuan\nContact 13800138000"
    assert (told.pages, told.blank_pages, told.scanned, told.problem) == (2, 0, False, "")


def test_a_scanned_picture_is_told_from_a_text() -> None:
    told = read_pdf(pdf("", "", "page 3"))
    assert told.scanned
    assert told.blank_pages == 2
    assert pdf_text(pdf("", "")) == ""
    assert not read_pdf(pdf("a", "b", "")).scanned


def test_a_long_file_is_read_in_part_and_says_so() -> None:
    told = read_pdf(pdf(*["x"] * (MOST_PAGES + 1)))
    assert told.pages_read == MOST_PAGES
    assert f"前 {MOST_PAGES} 页" in told.problem


@pytest.mark.parametrize("data", [b"%PDF-1.7\n%%EOF", b"", b"%PDF-1.4\ntrailer<</Root 1 0 R>>", pdf("x")[:200]])
def test_a_broken_file_is_no_fault_of_the_house(data: bytes) -> None:
    told = read_pdf(data)
    assert told.text == ""
    assert "已损坏" in told.problem


def test_a_locked_file_says_that_it_is_locked() -> None:
    writer = pypdf.PdfWriter(io.BytesIO(pdf("secret")))
    writer.encrypt("open sesame", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    told = read_pdf(out.getvalue())
    assert told.text == ""
    assert "打开密码" in told.problem


def test_a_reader_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    started = time.monotonic()
    with pytest.raises(TookTooLong):
        read_in_process("pdf", pdf("x"), seconds=0.01)
    assert time.monotonic() - started < 5


def test_only_two_files_are_read_at_once_and_a_refused_turn_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pdf("turn and turn about")
    monkeypatch.setattr("disclosures.pdf.SECONDS", 0.05)
    held = [confined._slots.acquire(timeout=1) for _ in range(confined.AT_ONCE)]
    try:
        assert all(held)
        assert "过一会儿" in read_pdf(data).problem
    finally:
        for _ in held:
            confined._slots.release()
    monkeypatch.undo()
    assert read_pdf(data).text == "turn and turn about"

"""Files that grow when they are unpacked, that never end, or that are not what they say: each is refused with one sentence, soon,
and by a process of its own."""

import resource
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from knowledge import delimited, exchange, reading, workbook
from knowledge.errors import ExportRefused, ImportRefused
from knowledge.table import ROWS

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"


def made(path: Path, rows: list[list[object]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("知识条目")
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    return path


def patched(path: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    with zipfile.ZipFile(path) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    parts[name] = change(parts[name])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    return path


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return made(tmp_path / "entries.xlsx", [["编号", "问题", "答复"], ["a", "怎么申请低保", "到街道办事处。"]])


def refusal(path: Path) -> str:
    began = time.monotonic()
    with pytest.raises(ImportRefused) as refused:
        reading.read_entries(path)
    assert time.monotonic() - began < workbook.SECONDS + 10
    return str(refused.value)


def test_the_file_these_tests_spoil_is_good(good: Path) -> None:
    assert [row.entry.id for row in reading.read_entries(good).rows] == ["a"]


def test_an_archive_that_unpacks_to_too_much(good: Path) -> None:
    def swollen(data: bytes) -> bytes:
        return data + b" " * 60_000_000

    assert "超过 50 MB" in refusal(patched(good, STRINGS, swollen))


def test_an_archive_that_unpacks_to_a_thousand_times_itself(good: Path) -> None:
    assert "倍" in refusal(patched(good, STRINGS, lambda data: data + b" " * 20_000_000))


def test_an_archive_whose_list_of_contents_lies(good: Path) -> None:
    patched(good, STRINGS, lambda data: data + b" " * 100_000)
    whole = good.read_bytes()
    with zipfile.ZipFile(good) as archive:
        size = archive.getinfo(STRINGS).file_size
    lie = whole.replace(size.to_bytes(4, "little"), (300).to_bytes(4, "little"))
    assert lie != whole
    good.write_bytes(lie)
    assert "损坏" in refusal(good)


def test_an_archive_of_too_many_parts(good: Path) -> None:
    with zipfile.ZipFile(good, "a") as archive:
        for number in range(1_000):
            archive.writestr(f"xl/{number}.xml", "")
    assert "超过 1000 个" in refusal(good)


def test_entities_are_not_expanded(good: Path) -> None:
    bomb = b'?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    inside = patched(good, STRINGS, lambda data: data.replace(b"?>", bomb, 1).replace("怎么申请低保".encode(), b"&b;"))
    assert "损坏" in refusal(inside)
    made(good, [["问题"], ["a"]])
    assert "损坏" in refusal(patched(good, "xl/workbook.xml", lambda data: data.replace(b"?>", bomb, 1)))


def test_a_cell_in_the_last_corner_costs_the_reader_its_memory_and_not_us(good: Path) -> None:
    with xlsxwriter.Workbook(str(good)) as book:
        page = book.add_worksheet()
        page.write_string(0, 0, "问题")
        page.write_string(1_048_575, 16_383, "角落")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "远超一张表格" in refusal(good)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "kilobytes"


def test_a_million_rows(good: Path) -> None:
    def long(data: bytes) -> bytes:
        rows = b"".join(b'<row r="%d"><c r="B%d"><v>1</v></c></row>' % (n, n) for n in range(3, 1_000_000))
        return data.replace(b"</sheetData>", rows + b"</sheetData>")

    assert f"超过 {ROWS} 行" in refusal(patched(good, SHEET, long))


def test_one_text_that_stands_in_every_cell(good: Path) -> None:
    """A text of half a megabyte, named by reference 2,000 times, is a gigabyte."""

    def strings(data: bytes) -> bytes:
        return data.replace("怎么申请低保".encode(), bytes(range(65, 91)) * 20_000)

    def rows(data: bytes) -> bytes:
        again = b"".join(b'<row r="%d"><c r="B%d" t="s"><v>4</v></c></row>' % (n, n) for n in range(3, 2_003))
        return data.replace(b"</sheetData>", again + b"</sheetData>")

    patched(good, STRINGS, strings)
    assert "内容太多" in refusal(patched(good, SHEET, rows))


def test_a_row_limit_of_csv(tmp_path: Path) -> None:
    file = tmp_path / "long.csv"
    file.write_text("问题\n" + "a\n" * (ROWS + 5), encoding="utf8")
    assert f"超过 {ROWS} 行" in refusal(file)


def test_a_formula_is_named_by_its_cell(good: Path) -> None:
    with xlsxwriter.Workbook(str(good)) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["编号", "问题", "答复"])
        page.write_row(1, 0, ["a", "怎么申请低保"])
        page.write_formula(1, 2, '=HYPERLINK("https://www.example.gov.cn/"&A1)', None, "到街道办事处。")
        page.write_formula(2, 1, "=1/0", None, "#DIV/0!")
    with pytest.raises(ImportRefused) as refused:
        reading.read_entries(good)
    assert {(error.line, error.field) for error in refused.value.errors} == {(2, "C 列"), (3, "B 列")}
    assert "公式" in str(refused.value)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "文件是空的"),
        (b"PK\x03\x04 broken", "不是 .xlsx 文件"),
        (workbook.OLD_FORMAT + b"\0" * 600, "密码"),
        ("编号,问题\n".encode(), "不是 .xlsx 文件"),
    ],
)
def test_what_is_no_workbook_says_so(tmp_path: Path, data: bytes, words: str) -> None:
    file = tmp_path / "entries.xlsx"
    file.write_bytes(data)
    assert words in refusal(file)


def test_a_hidden_sheet_is_not_what_a_person_saw(good: Path) -> None:
    with xlsxwriter.Workbook(str(good)) as book:
        hidden, shown = book.add_worksheet("旧"), book.add_worksheet("新")
        shown.activate()
        hidden.hide()
        hidden.write_row(0, 0, ["问题"])
        hidden.write_row(1, 0, ["藏着的"])
        shown.write_row(0, 0, ["问题"])
        shown.write_row(1, 0, ["看得见的"])
    assert [row.entry.title for row in reading.read_entries(good).rows] == ["看得见的"]


def test_a_table_of_too_many_rows_is_not_written_either(tmp_path: Path) -> None:
    rows = [["问题"]] * (ROWS + 1)
    with pytest.raises(ExportRefused, match="jsonl"):
        workbook.write(tmp_path / "long.xlsx", rows, sheet="表", widths=[10])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_encodings_in_which_spreadsheets_write_csv(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "entries.csv"
    file.write_bytes("编号;问题;答复\r\na;“㐂”字怎么上户口;到派出所。\r\n".encode(encoding))
    (row,) = reading.read_entries(file).rows
    assert (row.entry.id, row.entry.title, row.line) == ("a", "“㐂”字怎么上户口", 2)


def test_bytes_of_no_encoding_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "entries.csv"
    file.write_bytes(b"\xff\xff\x80\x80")
    with pytest.raises(ImportRefused, match="GB18030"):
        delimited.read(file)


def test_lines_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "ROWS", 3)
    file = tmp_path / "many.jsonl"
    file.write_text("".join(f'{{"id":"{number}","title":"问"}}\n' for number in range(4)), encoding="utf8")
    with pytest.raises(ImportRefused, match="超过 3 个条目"):
        exchange.read(file)

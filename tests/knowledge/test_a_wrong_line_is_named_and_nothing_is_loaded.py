"""A wrong file is refused as a whole; each wrong line is named with its field, what is wrong and what to do."""

import json
from pathlib import Path

import pytest

from knowledge import exchange
from knowledge.errors import ImportRefused

GOOD = {"id": "1", "kind": "faq", "title": "怎么申请低保", "body": "到街道办事处。"}


@pytest.mark.parametrize(
    ("line", "field", "words"),
    [
        ("{", "", "不是 JSON"),
        ("[1]", "", "不是 JSON 对象"),
        ("[" * 50_000, "", "不是 JSON"),
        (json.dumps(GOOD | {"id": ""}), "id", "缺少编号"),
        (json.dumps(GOOD | {"id": "0"}), "id", "与第 1 行重复"),
        (json.dumps(GOOD | {"kind": "poem"}), "kind", "faq"),
        (json.dumps(GOOD | {"title": "", "body": " "}), "title", "空"),
        (json.dumps(GOOD | {"title": 5}), "title", "不是文字"),
        (json.dumps(GOOD | {"similar": "低保"}), "similar", "不是列表"),
        (json.dumps(GOOD | {"made_on": "2026年1月1日"}), "made_on", "2026-01-31"),
        (json.dumps(GOOD | {"valid_from": "2026-02-01", "valid_to": "2026-01-01"}), "valid_to", "早于"),
        (json.dumps(GOOD | {"validity": "也许"}), "validity", "有效"),
        (json.dumps(GOOD | {"origin": "elsewhere"}), "origin", "来源"),
        (json.dumps(GOOD | {"live": "yes"}), "live", "true"),
        (json.dumps(GOOD | {"body": "\0"}), "body", "不能保存"),
        (json.dumps(GOOD | {"unit": "长" * 256}), "unit", "超过 255"),
        (json.dumps(GOOD | {"body": "长" * (1024 * 1024)}), "", "超过 1024 KB"),
    ],
)
def test_the_line_the_field_and_the_remedy(tmp_path: Path, line: str, field: str, words: str) -> None:
    file = tmp_path / "entries.jsonl"
    file.write_text("\n".join([json.dumps(GOOD | {"id": "0"}), line, json.dumps(GOOD | {"id": "2"})]), encoding="utf8")
    with pytest.raises(ImportRefused) as refusal:
        exchange.read(file)
    (error,) = refusal.value.errors
    assert (error.line, error.field) == (2, field)
    assert words in str(error)
    assert "请" in str(error)
    assert "第 2 行" in str(refusal.value)


def test_every_wrong_line_is_listed(tmp_path: Path) -> None:
    file = tmp_path / "entries.jsonl"
    file.write_text("{\n" * 30, encoding="utf8")
    with pytest.raises(ImportRefused) as refusal:
        exchange.read(file)
    assert [error.line for error in refusal.value.errors] == list(range(1, 31))
    assert "其余 10 处" in str(refusal.value)


def test_a_file_that_is_not_utf8_says_so(tmp_path: Path) -> None:
    file = tmp_path / "entries.jsonl"
    file.write_bytes(json.dumps(GOOD, ensure_ascii=False).encode("gb18030"))
    with pytest.raises(ImportRefused, match="UTF-8"):
        exchange.read(file)


def test_a_byte_order_mark_blank_lines_and_unknown_fields_are_tolerated(tmp_path: Path) -> None:
    file = tmp_path / "entries.jsonl"
    row = json.dumps(GOOD | {"id": 17, "extra": {"a": 1}, "unit": None}, ensure_ascii=False)
    file.write_bytes(b"\xef\xbb\xbf" + f"{row}\r\n\r\n".encode())
    told: list[tuple[int, int]] = []
    (entry,) = exchange.read(file, on_progress=lambda done, total: told.append((done, total)))
    assert (entry.id, entry.unit, entry.title) == ("17", "", GOOD["title"])
    assert told[-1] == (file.stat().st_size, file.stat().st_size)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "entries.jsonl"
    with file.open("wb") as large:
        large.truncate(exchange.FILE_BYTES + 1)
    with pytest.raises(ImportRefused, match="200 MB"):
        exchange.read(file)

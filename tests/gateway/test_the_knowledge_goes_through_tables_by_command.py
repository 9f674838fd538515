"""A curator's way on the command line: export a workbook, try an import, import, test the base, undo."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import xlsxwriter

ENTRY = {
    "id": "e1",
    "kind": "faq",
    "title": "低保怎么申请",
    "body": "=向户籍地街道办事处提出书面申请。",
    "unit": "区民政局",
}
OTHER = {
    "id": "e2",
    "kind": "service",
    "title": "身份证丢了怎么补办",
    "body": "到就近派出所办理。",
    "similar": ["补身份证"],
}


class Office:
    """One database and the commands run on it."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MINGBAI_")},
            "MINGBAI_DATABASE_URL": database_url, "MINGBAI_ENV": "test",
        }  # fmt: skip

    def run(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "gateway", "knowledge", *words], capture_output=True, text=True, timeout=180,
            env=self.environment, cwd=self.folder, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def table(self, name: str, *rows: list[str]) -> str:
        with xlsxwriter.Workbook(str(self.folder / name)) as book:
            page = book.add_worksheet()
            for number, row in enumerate(rows):
                for place, text in enumerate(row):
                    page.write_string(number, place, text)
        return name


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Office:
    office = Office(tmp_path, database_url)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in (ENTRY, OTHER))
    (tmp_path / "entries.jsonl").write_text(lines, encoding="utf8")
    told = json.loads(office.run("load", "entries.jsonl", "--json"))
    assert (told["loaded"], told["batch"], told["counts"]["new"]) == (2, 1, 2)
    return office


def test_every_kind_of_file_gives_the_identical_base(office: Office) -> None:
    office.run("export", "before.jsonl")
    for kind in ("xlsx", "csv"):
        office.run("export", f"all.{kind}")
        told = json.loads(office.run("load", f"all.{kind}", "--json"))
        assert (told["counts"]["same"], told["batch"]) == (2, None)
    office.run("undo", "1")
    office.run("load", "all.xlsx")
    office.run("export", "after.jsonl")
    assert (office.folder / "after.jsonl").read_bytes() == (office.folder / "before.jsonl").read_bytes()


def test_an_import_is_tried_made_and_undone(office: Office) -> None:
    office.run("export", "before.jsonl")
    table = office.table("change.xlsx", ["编号", "答复", "备忘"], ["e1", "改过", "x"], ["e3", "新的", ""])
    tried = office.run("load", table, "--dry-run")
    assert "备忘" in tried
    assert "新增 1，修改 1" in tried
    office.run("export", "tried.jsonl")
    assert (office.folder / "tried.jsonl").read_bytes() == (office.folder / "before.jsonl").read_bytes()
    assert "第 2 批" in office.run("load", table, "--mode", "merge")
    assert "change.xlsx" in office.run("imports")
    assert json.loads(office.run("undo", "2", "--json")) == {"restored": 1, "stopped": 1}
    assert json.loads(office.run("imports", "--json"))[0]["undone_at"]
    office.run("export", "after.jsonl")
    assert (office.folder / "after.jsonl").read_bytes() == (office.folder / "before.jsonl").read_bytes()
    assert "已经撤销过" in office.run("undo", "2", code=4)


def test_wrong_rows_are_told_as_a_table_and_as_json(office: Office) -> None:
    table = office.table("wrong.xlsx", ["编号", "类别", "问题"], ["a", "诗歌", "问"], ["b", "", ""])
    told = office.run("load", table, "--dry-run", code=4)
    assert "共有 2 处错误" in told
    errors = json.loads(office.run("load", table, "--json", code=4))["errors"]
    assert [(error["row"], error["column"]) for error in errors] == [(2, "类别"), (3, "问题")]
    assert all(error["what"] and error["remedy"] for error in errors)


def test_a_remedy_can_be_read_to_its_end_on_a_narrow_screen(office: Office) -> None:
    (office.folder / "bad.csv").write_bytes(b"\xff\xfe\x80\x81")
    told = "".join(office.run("load", "bad.csv", code=4).split())
    assert "列名是乱码时，把文件另存" in told
    assert "为“CSVUTF-8”" in told
    assert "…" not in told


@pytest.mark.parametrize("name", ["empty.xlsx", "empty.csv"])
def test_an_empty_file_is_called_empty(office: Office, name: str) -> None:
    (office.folder / name).touch()
    assert "文件是空的" in office.run("load", name, code=4)
    assert "文件是空的" in office.run("test", name, code=4)


def test_an_export_that_cannot_be_written_says_what_to_do(office: Office) -> None:
    assert "以 .xlsx、.csv 或 .jsonl 结尾" in office.run("export", "base.doc", code=2)
    assert not (office.folder / "base.doc").exists()
    told = office.run("export", "nowhere/base.csv", code=2)
    assert "写不了 nowhere/base.csv" in told
    assert "Traceback" not in told


def test_the_base_is_tested_and_a_regression_fails_the_command(office: Office) -> None:
    header = ["问句", "期望条目", "期望决定"]
    cases = office.table(
        "cases.xlsx", header, ["低保怎么申请", "e1", "直接回答"], ["补身份证", "e2", ""], ["哈哈", "", "转人工"]
    )
    assert "3 个用例，通过 3 个" in office.run("test", cases)
    office.run("undo", "1")
    told = json.loads(office.run("test", "--suite", "cases", "--json", "--regressions-only", code=6))
    assert told["regressed"] == ["低保怎么申请", "补身份证"]
    office.run("test", cases, "--regressions-only")
    assert "不通过（2 个）" in office.run("test", cases, code=6)
    assert len(json.loads(office.run("test", "--history", "--json"))) == 4
    office.run("test", code=2)
    assert "没有的" in office.run("test", "--suite", "没有的", code=4)

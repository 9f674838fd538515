"""The commands that outsiders rely on: what they print, and what their exit codes mean."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ENTRY = {"id": "e1", "kind": "faq", "title": "低保怎么申请", "body": "向户籍地乡镇人民政府或街道办事处提出书面申请。",
         "similar": ["怎样办低保"], "unit": "区民政局", "source": "《社会救助暂行办法》", "document_number": "国务院令第649号"}  # fmt: skip
OTHER = {"id": "e2", "kind": "service", "title": "身份证丢了怎么补办", "body": "到就近派出所办理，二十个工作日内领取。"}


class Installation:
    """One database and the commands run on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MINGBAI_")},
            "MINGBAI_DATABASE_URL": f"sqlite://{folder}/mingbai.db", "MINGBAI_ENV": "test",
        }  # fmt: skip

    def run(self, *words: str, stdin: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "gateway", *words], input=stdin, capture_output=True, text=True, timeout=180,
            env={**self.environment, **environment}, cwd=self.folder, check=False,
        )  # fmt: skip

    def lines(self, name: str, *rows: dict[str, object]) -> str:
        path = self.folder / name
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
        return str(path)


@pytest.fixture
def installation(tmp_path: Path, migrated_file: Path) -> Installation:
    shutil.copy(migrated_file, tmp_path)
    return Installation(tmp_path)


def test_a_new_database_holds_the_units_and_the_columns(installation: Installation) -> None:
    import sqlite3

    with sqlite3.connect(installation.folder / "mingbai.db") as database:
        units = {row[0] for row in database.execute("SELECT name FROM disclosure_unit")}
        columns = {row[0] for row in database.execute("SELECT name FROM disclosure_category")}
    database.close()
    assert {"区民政局", "区教育局", "区财政局"} <= units
    assert {"通知公告", "政策文件", "政策解读"} <= columns


def test_staff_are_added_given_a_token_and_disabled(installation: Installation) -> None:
    added = installation.run("staff", "add", "lisi", "--role", "drafter,publisher", "--unit", "区民政局",
                             "--password-stdin", "--json", stdin="correct-horse-battery\n")  # fmt: skip
    assert added.returncode == 0, added.stderr
    assert json.loads(added.stdout)["roles"] == ["drafter", "publisher"]
    token = installation.run("staff", "token", "lisi")
    assert token.returncode == 0
    assert len(token.stdout.split()) == 1, "the token and nothing else"
    assert installation.run("staff", "disable", "lisi").returncode == 0
    assert installation.run("staff", "token", "lisi").returncode == 4
    assert installation.run("audit", "verify").returncode == 0


@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        (("staff", "add", "wang", "--role", "drafter", "--password-stdin"), "short\n", "密码"),
        (("staff", "add", "wang", "--role", "king", "--password-stdin"), "correct-horse-battery\n", "角色不存在"),
        (("staff", "token", "nobody"), "", "nobody"),
    ],
)
def test_what_the_rules_refuse_exits_with_4_and_one_sentence(
    installation: Installation, words: tuple[str, ...], stdin: str, said: str
) -> None:
    refused = installation.run(*words, stdin=stdin)
    assert refused.returncode == 4
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


def test_entries_are_loaded_asked_and_exported_without_loss(installation: Installation) -> None:
    loaded = installation.run("knowledge", "load", installation.lines("entries.jsonl", ENTRY, OTHER))
    assert loaded.returncode == 0, loaded.stderr
    questions = installation.lines(
        "questions.jsonl", {"id": "q1", "text": "低保怎么申请？"}, {"id": "q2", "text": "哈哈"}
    )
    asked = installation.run("ask", "--from", questions, "--top", "10")
    first, second = (json.loads(line) for line in asked.stdout.splitlines())
    assert (first["id"], first["decision"], first["hits"][0]["id"]) == ("q1", "answer", "e1")
    assert 0 <= first["confidence"] <= 1
    assert first["ms"] >= 0
    assert second["decision"] == "none"
    exported = installation.folder / "exported.jsonl"
    assert installation.run("knowledge", "export", str(exported)).returncode == 0
    before = exported.read_text("utf-8")
    assert installation.run("knowledge", "load", str(exported)).returncode == 0
    assert installation.run("knowledge", "export", str(exported)).returncode == 0
    assert exported.read_text("utf-8") == before


def test_the_passage_that_answers_is_given_with_the_first_hit(installation: Installation) -> None:
    filler = "各单位要提高认识、加强领导、明确责任，认真抓好贯彻落实，并及时报送有关工作进展情况。"
    body = f"{filler * 4}\n二、补贴标准\n早稻每亩补贴120元，晚稻每亩补贴150元。\n{filler * 4}"
    policy = {
        "id": "p",
        "kind": "policy",
        "title": "春耕补贴怎么发",
        "body": body,
        "validity": "废止",
        "issuer": "区农业农村局",
    }
    assert installation.run("knowledge", "load", installation.lines("e.jsonl", policy, ENTRY)).returncode == 0
    questions = installation.lines(
        "q.jsonl", {"id": "q", "text": "春耕补贴怎么发"}, {"id": "r", "text": ENTRY["title"]}
    )
    first, second = (json.loads(line) for line in installation.run("ask", "--from", questions).stdout.splitlines())
    quote = first["hits"][0]["quote"]
    assert list(quote) == ["warning", "text", "start", "end"]
    assert quote["warning"].startswith("【废止】")
    assert body[quote["start"] : quote["end"]] == quote["text"]
    assert len(quote["text"]) <= 200
    assert first["decision"] == "answer"
    assert first["answer"].startswith("【废止】")
    assert f"「{quote['text']}」" in first["answer"]
    assert all("quote" not in hit for hit in (*first["hits"][1:], *second["hits"]) if hit["id"] != "p")
    said = installation.run("ask", "早稻每亩补贴多少元").stdout
    assert said.index("【废止】") < said.index("早稻每亩补贴120元")


def test_one_wrong_line_loads_nothing_and_is_named(installation: Installation) -> None:
    refused = installation.run(
        "knowledge", "load", installation.lines("bad.jsonl", ENTRY, {"kind": "faq", "title": "无编号"})
    )
    assert refused.returncode == 4
    assert "2" in refused.stderr
    assert installation.run("ask", "低保怎么申请").stdout.startswith("判断：不能回答")


def test_a_database_that_is_not_up_to_date_exits_with_5(tmp_path: Path) -> None:
    refused = Installation(tmp_path).run("ask", "低保怎么申请")
    assert refused.returncode == 5
    assert "mingbai migrate" in refused.stderr


def test_a_missing_setting_exits_with_2_and_names_the_variable(tmp_path: Path) -> None:
    refused = Installation(tmp_path).run("serve", MINGBAI_DATABASE_URL="")
    assert refused.returncode == 2
    assert "MINGBAI_DATABASE_URL" in refused.stderr
    refused = Installation(tmp_path).run("serve", MINGBAI_ENV="production")
    assert refused.returncode == 2
    assert "MINGBAI_" in refused.stderr


def test_the_doctor_tells_what_is_wrong_and_exits_with_6(installation: Installation) -> None:
    found = installation.run("doctor", "--json")
    assert found.returncode == 6
    checks = {check["name"]: check for check in json.loads(found.stdout)}
    assert checks["知识库"]["ok"] is False
    assert checks["知识库"]["remedy"]
    assert checks["时钟"]["ok"] is True
    assert checks["审计链"]["ok"] is True
    assert "能决定待核实投放的两个人" in checks["人员"]["found"]

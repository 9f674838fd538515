"""The operator's direct way: every load and undo is a numbered release that can be gone back on; what is due and what contradicts is
listed, with exit codes that a script can use."""

import json
import shutil
from pathlib import Path

import pytest

from tests.gateway.test_the_command_line_keeps_its_contract import ENTRY, OTHER, Installation


@pytest.fixture
def installation(tmp_path: Path, migrated_file: Path) -> Installation:
    shutil.copy(migrated_file, tmp_path)
    return Installation(tmp_path)


def test_a_load_is_a_release_and_a_rollback_another(installation: Installation) -> None:
    first = installation.run("knowledge", "load", installation.lines("a.jsonl", ENTRY), "--json")
    assert json.loads(first.stdout)["release"] == 1
    changed = {**ENTRY, "body": "改过的答复。", "next_review_on": "2020-01-01"}
    second = installation.run("knowledge", "load", installation.lines("b.jsonl", changed, OTHER), "--json")
    assert json.loads(second.stdout)["release"] == 2
    due = json.loads(installation.run("knowledge", "due", "--json").stdout)
    assert due["counts"] == {"overdue": 1, "soon": 0, "expired": 0, "expiring": 0, "ownerless": 1}
    assert [(row["id"], row["why"]) for row in due["entries"]] == [("e1", ["overdue"]), ("e2", ["ownerless"])]

    back = installation.run("knowledge", "rollback", "1", "--reason", "答复有误", "--json")
    assert back.returncode == 0, back.stderr
    assert json.loads(back.stdout)["number"] == 3
    releases = json.loads(installation.run("knowledge", "releases", "--json").stdout)
    assert [(row["number"], row["origin"], row["reason"]) for row in releases] == [
        (3, "rollback", "答复有误"), (2, "import", ""), (1, "import", ""),
    ]  # fmt: skip


def test_a_rollback_needs_a_reason_and_a_release(installation: Installation) -> None:
    assert installation.run("knowledge", "rollback", "1").returncode == 2
    refused = installation.run("knowledge", "rollback", "9", "--reason", "试")
    assert refused.returncode == 4
    assert "没有第 9 版" in refused.stderr
    assert "还没有版本" in installation.run("knowledge", "releases").stdout


def test_entries_that_contradict_make_a_script_stop(installation: Installation) -> None:
    one = {**ENTRY, "id": "a", "title": "供暖补贴是多少", "similar": [], "body": "每户300元。"}
    other = {**one, "id": "b", "title": "供暖补贴有多少", "body": "每户500元。"}
    installation.run("knowledge", "load", installation.lines("a.jsonl", one, other))
    found = installation.run("knowledge", "conflicts")
    assert found.returncode == 6
    assert "金额：300元 ／ 500元" in found.stdout
    installation.run(
        "knowledge", "load", installation.lines("b.jsonl", {**other, "checked": ["a：一个城镇，一个农村"]})
    )
    checked = installation.run("knowledge", "conflicts", "--json")
    assert checked.returncode == 0
    assert [row["checked"] for row in json.loads(checked.stdout)] == ["一个城镇，一个农村"]

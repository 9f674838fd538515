"""docs/settings.zh-CN.md tells the operator every variable, its default, and nothing that does not exist."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from gateway.settings import Settings

VARIABLE = re.compile(r"MINGBAI_[A-Z][A-Z0-9_]*")
FIELDS = sorted(Settings.model_fields)


def rows_of(root: Path) -> dict[str, str]:
    """Variable → its row of the tables."""
    text = (root / "docs/settings.zh-CN.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(MINGBAI_[A-Z0-9_]+)` (\|.*)$", text, re.MULTILINE)
    assert len(rows) == len(dict(rows)), "a variable has two rows"
    return dict(rows)


@pytest.mark.parametrize("field", FIELDS)
def test_a_setting_has_its_row(field: str, root: Path) -> None:
    assert f"MINGBAI_{field.upper()}" in rows_of(root)


@pytest.mark.parametrize("field", FIELDS)
def test_the_row_tells_the_default(field: str, root: Path) -> None:
    default = Settings.model_fields[field].default
    if default not in {"", None}:
        shown = default.value if isinstance(default, StrEnum) else str(default)
        assert f"`{shown}`" in rows_of(root)[f"MINGBAI_{field.upper()}"]


def test_no_manual_names_a_variable_that_does_not_exist(manuals: list[Any]) -> None:
    known = {f"MINGBAI_{field.upper()}" for field in FIELDS}
    wrong = [
        (page.name, name)
        for page in manuals
        for name in VARIABLE.findall(page.path.read_text(encoding="utf-8"))
        if name not in known and not (name.endswith("_") and any(one.startswith(name) for one in known))
    ]
    assert wrong == []

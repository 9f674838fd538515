"""A package that pyproject.toml does not name would be missing from the installed product."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_pyproject_names_every_package() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"])
    tops = {name.split(".")[0] for name in listed}
    present = {
        ".".join(init.parent.relative_to(ROOT).parts) for top in tops for init in (ROOT / top).rglob("__init__.py")
    }
    assert listed == present


def test_every_door_plate_is_one_docstring_and_no_code() -> None:
    for init in (
        i
        for top in (
            "audit",
            "bot",
            "casework",
            "console",
            "disclosures",
            "gateway",
            "knowledge",
            "portal",
            "publishers",
            "sandbox",
            "scheduler",
            "staff",
        )
        for i in (ROOT / top).rglob("__init__.py")
    ):
        text = init.read_text("utf-8").strip()
        assert text.startswith('"""'), init
        assert text.endswith('"""'), init
        assert text.count('"""') == 2, f"{init} holds more than its docstring"

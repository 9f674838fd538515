"""Links lead somewhere, make targets can be made, and files, folders, modules and names in code marks are there."""

import importlib
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from publishers.states import MOVES, State

FILE = re.compile(r"\.?[\w-]+(?:/[\w.-]+)*/?")
DOTTED = re.compile(
    r"(?:audit|bot|casework|console|disclosures|gateway|knowledge|portal|publishers|sandbox|scheduler|staff)(?:\.\w+)+"
)
SUFFIXES = {".py", ".md", ".json", ".jsonl", ".toml", ".js", ".css", ".lock", ".html"}
MAKE = re.compile(r"(?:^|[\s;&|])make ([a-z][a-z-]*)")


def test_every_relative_link_resolves(pages: list[Any]) -> None:
    anchors = {page.path: page.anchors for page in pages}
    broken = []
    for page in pages:
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
            if not target.exists() or (
                parts.fragment and target in anchors and unquote(parts.fragment) not in anchors[target]
            ):
                broken.append(f"{page.name}: {link}")
    assert broken == []


def test_every_make_target_exists(manuals: list[Any], root: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {(page.name, target) for page in manuals for code in page.code for target in MAKE.findall(code)}
    assert named, "no make target is named anywhere: the pattern is wrong"
    assert {one for one in named if one[1] not in targets} == set()


def test_the_two_commands_of_the_readme_are_those_of_the_gate(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert "make demo" in readme
    assert "make test" in readme
    assert re.search(r"^make test$", (root / ".ci/run").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_file_and_folder_named_exists(manuals: list[Any], root: Path) -> None:
    wrong = []
    for page in manuals:
        for code in page.code:
            if not FILE.fullmatch(code) or (Path(code).suffix not in SUFFIXES and not code.endswith("/")):
                continue
            places = (root / code, page.path.parent / code)
            if "/" in code and not any(place.exists() for place in places):
                wrong.append(f"{page.name}: {code}")
    assert wrong == []


def resolves(name: str) -> bool:
    """Whether a dotted name is a module of ours, or something in one."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            annotations = getattr(found, "__annotations__", {})
            if not hasattr(found, part) and part not in annotations:
                return False
            found = getattr(found, part, None)
        return True
    return False


def test_every_name_in_code_marks_is_in_the_code(manuals: list[Any]) -> None:
    named = {
        (page.name, code.removesuffix("()"))
        for page in manuals
        for code in page.code
        if DOTTED.fullmatch(code.removesuffix("()"))
    }
    named = {(page, name) for page, name in named if Path(name).suffix not in SUFFIXES and ".example" not in name}
    assert len(named) > 10, "the docs name nothing: the pattern is wrong"
    assert [one for one in sorted(named) if not resolves(one[1])] == []


def test_the_diagram_of_the_deliverys_states_shows_real_moves(root: Path) -> None:
    text = (root / "docs/architecture.md").read_text(encoding="utf-8")
    arrows = set(re.findall(r"^    (\w+) --> (\w+)", text, re.MULTILINE))
    assert len(arrows) > 20
    assert {one for one in arrows if State(one[1]) not in MOVES[State(one[0])]} == set()
    assert {state for arrow in arrows for state in arrow} == {str(state) for state in State}

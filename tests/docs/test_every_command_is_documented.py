"""docs/cli.md has one section for every command, with all its options, and none for a command that does not exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from gateway.cli import EXIT_CODES, app


def commands(found: Any, path: str = "mingbai") -> Iterator[tuple[str, Any]]:
    """Full name and click command, leaves only."""
    children = getattr(found, "commands", None)
    if children is None:
        yield path, found
        return
    for name, child in children.items():
        yield from commands(child, f"{path} {name}")


COMMANDS = dict(commands(typer.main.get_command(app)))


def sections(root: Path) -> dict[str, str]:
    """The sections of docs/cli.md whose heading is a command."""
    text = (root / "docs/cli.md").read_text(encoding="utf-8")
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    return {found[1]: part for part in parts if (found := re.match(r"`(mingbai [a-z ]+)`", part))}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_has_its_section_with_an_example(name: str, root: Path) -> None:
    section = sections(root).get(name)
    assert section is not None
    assert re.search(rf"^[^#\n]*\b{re.escape(name)}\b", section.split("\n", 1)[1], re.MULTILINE), "no example"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_section_names_every_option(name: str, root: Path) -> None:
    options = {
        option
        for parameter in COMMANDS[name].params
        for option in parameter.opts
        if option.startswith("--") and option != "--help"
    }
    missing = [option for option in sorted(options) if f"`{option}" not in sections(root)[name]]
    assert missing == []


def test_no_section_is_about_a_command_that_does_not_exist(root: Path) -> None:
    assert set(sections(root)) == set(COMMANDS)


def test_every_exit_code_is_in_the_table(root: Path) -> None:
    text = (root / "docs/cli.md").read_text(encoding="utf-8")
    rows = {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    assert {0, 1, 130, *(code for _, code in EXIT_CODES)} <= rows

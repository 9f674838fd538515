"""What the promises about the documentation read: the repository's Markdown files, parsed, and its tracked text files."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One Markdown file: its links and pictures, its code (spans and blocks), its headings."""

    path: Path
    links: tuple[str, ...]
    code: tuple[str, ...]
    headings: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def anchors(self) -> set[str]:
        """The fragments by which headings are reached, made the way the forges make them."""
        return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in self.headings}


def files_of_the_repository() -> list[Path]:
    """What is tracked or about to be; without git, every file outside hidden folders and build leftovers."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, check=True, timeout=30,
        ).stdout.decode()  # fmt: skip
        found = [ROOT / name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        found = [
            Path(folder) / name
            for folder, folders, names in os.walk(ROOT)
            for name in names
            if not any(part.startswith(".") or part in {"var", "build", "__pycache__"} for part in Path(folder).relative_to(ROOT).parts)
        ]  # fmt: skip
    return sorted(path for path in found if path.is_file())


def _leaves(tokens: list[Token]) -> list[Token]:
    return [leaf for token in tokens for leaf in (token, *_leaves(token.children or []))]


def read_page(path: Path) -> Page:
    tokens = MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))
    leaves = _leaves(tokens)
    links = [str(leaf.attrs[name]) for leaf in leaves for name in ("href", "src") if name in leaf.attrs]
    code = [leaf.content for leaf in leaves if leaf.type in {"code_inline", "fence", "code_block"}]
    headings = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    return Page(path=path, links=tuple(links), code=tuple(code), headings=tuple(headings))


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def repository_files() -> list[Path]:
    return files_of_the_repository()


@pytest.fixture(scope="session")
def pages(repository_files: list[Path]) -> list[Page]:
    """Every Markdown file of the repository."""
    found = [read_page(path) for path in repository_files if path.suffix == ".md"]
    assert len(found) > 20, "the Markdown files were not found"
    return found


@pytest.fixture(scope="session")
def manuals(pages: list[Page]) -> list[Page]:
    """The documentation proper: not the demo's disclosures."""
    return [page for page in pages if not page.name.startswith("gateway/data/")]

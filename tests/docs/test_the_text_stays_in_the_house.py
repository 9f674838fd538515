"""The repository speaks of the product only: no word about how it was written, no place of the machine it was written on,
no package host that an office in the county could not reach or would not want to be bound to."""

import re
from pathlib import Path

TEXT_BYTES = 4 * 2**20
# The words are put together here, so that this file does not hold what it forbids.
WORDS = ("hel" + "per", "age" + "nt", "cla" + "ude", "anth" + "ropic", "chat" + "gpt", "open" + "ai")
HOSTS = ("pypi" + ".org", "python" + "hosted", "npmjs" + ".", "npm" + "mirror", "go" + "proxy", "conda" + ".anaconda")
PLACES = ("work", "tmp/" + "brief")
FORBIDDEN = re.compile(
    "|".join(
        (
            # “User-…” is HTTP's own name of a header.
            rf"(?<!user-)\b(?:{'|'.join(WORDS)})s?\b",
            *(re.escape(host) for host in HOSTS),
            rf"(?<![\w./])/(?:{'|'.join(PLACES)})(?![\w-])",
            r"\b(?:ai|coding|model)[ -]sessions?\b",
        )
    ),
    re.IGNORECASE,
)


def texts(files: list[Path]) -> list[tuple[Path, str]]:
    found = []
    for path in files:
        data = path.read_bytes()
        if len(data) <= TEXT_BYTES and b"\0" not in data:
            found.append((path, data.decode("utf-8", "replace")))
    return found


def test_the_pattern_finds_what_it_is_for() -> None:
    for wrong in (*WORDS, *HOSTS, "/" + "work/main", "see /" + PLACES[1], "an AI " + "session"):
        assert FORBIDDEN.search(wrong), wrong
    for right in ("User-Agent", "/workdays", "a web session", "docs/work", "agency"):
        assert not FORBIDDEN.search(right), right


def test_no_forbidden_word_stands_anywhere(repository_files: list[Path], root: Path) -> None:
    found = [
        f"{path.relative_to(root)}:{number}: {line.strip()[:100]}"
        for path, text in texts(repository_files)
        for number, line in enumerate(text.splitlines(), 1)
        if FORBIDDEN.search(line)
    ]
    assert found == []


def test_the_lock_file_names_no_address(root: Path) -> None:
    lock = (root / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    assert "--index-url" not in lock
    assert "--hash=sha256:" in lock

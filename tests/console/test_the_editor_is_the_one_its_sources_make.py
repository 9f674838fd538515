"""The committed bundle carries the hash of its sources, so that nobody forgets `make editor`; it asks nothing of other hosts, and
needs nothing that the Content-Security-Policy forbids."""

import hashlib
import json
import re
from pathlib import Path

EDITOR = Path(__file__).parents[2] / "console" / "editor"
STATIC = EDITOR.parent / "static"


def test_the_bundle_was_built_from_these_sources() -> None:
    names = [
        "build.mjs",
        "package-lock.json",
        "package.json",
        *sorted(f"source/{file.name}" for file in (EDITOR / "source").iterdir()),
    ]
    found = hashlib.sha256()
    for name in names:
        found.update(f"{name}\n".encode() + (EDITOR / name).read_bytes() + b"\n")
    first = (STATIC / "editor.js").read_text(encoding="utf-8").split("\n", 1)[0]
    assert f"sources {found.hexdigest()};" in first, "run `make editor`"


def test_versions_are_exact_and_the_lock_names_no_host() -> None:
    package = json.loads((EDITOR / "package.json").read_text())
    lock = json.loads((EDITOR / "package-lock.json").read_text())
    for name, version in {**package["dependencies"], **package["devDependencies"]}.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    assert all("resolved" not in each for each in lock["packages"].values())
    assert all("integrity" in each for name, each in lock["packages"].items() if name)


def test_every_bundled_package_keeps_its_licence() -> None:
    notices = (STATIC / "editor.LICENSE.txt").read_text(encoding="utf-8")
    for name in json.loads((EDITOR / "package.json").read_text())["dependencies"]:
        assert re.search(rf"^{name} \d+\.\d+\.\d+ \(MIT\)$", notices, re.MULTILINE), name
    assert notices.count("Permission is hereby granted") >= 12


def test_the_bundle_holds_nothing_that_the_policy_forbids() -> None:
    bundle = (STATIC / "editor.js").read_text(encoding="utf-8")
    assert not re.search(r"\beval\(|new Function\(|import\(", bundle)
    assert set(re.findall(r"https?://([\w.-]+)", bundle)) <= {"www.gov.cn", "prosemirror.net"}
    assert len(bundle) < 400_000

"""Of the package: the original as it was written, and every revision. ``content.json`` is byte for byte what was signed."""

import re
from collections.abc import Mapping

from console.archive.case import Case, Section
from console.archive.package import Entry, entry, exact
from disclosures.sheet import Version

_FILE = re.compile(r'(["(])/files/([0-9a-f]{64}/)')
ENDINGS: Mapping[str, str] = {"markdown": "md", "html": "html"}


async def texts(case: Case) -> Section:
    """The text that the public reads (or the newest) stands on the index page, every other on a page of its own."""
    shown = next((v for v in case.versions if v.number == case.sheet.approved_revision), case.versions[-1])
    found: list[Entry] = []
    for version in case.versions:
        folder = f"text/revision-{version.number}"
        found += [
            entry(f"{folder}/content.json", exact(version.content.canonical())),
            entry(f"{folder}/source.{ENDINGS.get(version.body_format, 'txt')}", version.body_source),
            entry(f"{folder}/page.html", case.render("page.html", version=version, body=_local(version, "../../"))),
        ]
    return Section(
        key="text", title="正文与各版本", entries=tuple(found),
        html=case.render("texts.html", versions=case.versions, shown=shown, body=_local(shown, "")),
        manifest={
            "revisions": [
                {
                    "number": v.number, "content_hash": v.content_hash, "author_id": v.author_id, "author": v.author_name,
                    "created_at": v.created_at.isoformat(), "folder": f"text/revision-{v.number}",
                }
                for v in case.versions
            ]
        },
    )  # fmt: skip


def _local(version: Version, up: str) -> str:
    """The body with its pictures found beside it. It was cleaned when it was saved."""
    return _FILE.sub(rf"\1{up}files/\2", version.content.body_html)

"""The form in which a text is written: between the fields of the page and the draft that the desk takes. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from console.door import Visit
from console.preflight import Issue
from console.words import FIELD_NAMES, field_of
from disclosures.content import TEXT_ONLY, FileReference, WeChatVersion, WeiboVersion
from disclosures.draft import DraftText
from disclosures.errors import InvalidContent
from disclosures.findings import Finding, block
from disclosures.kind import PLAIN as NO_KIND
from disclosures.kind import Kind
from disclosures.particulars import typed as shown

PLAIN: Final = (
    "title", "department", "category", "formed_on", "document_number", "summary", "keywords", "stage", "source",
    "interprets", "body", "wechat_title", "wechat_author", "wechat_digest", "weibo_text",
    "wechat_on_picture_failure", "weibo_on_picture_failure",
)  # fmt: skip
PARTICULAR: Final = "particulars_"
"""With it begin the names of the kind's own fields in the form."""
_PARTICULAR_NAME: Final = re.compile(rf"{PARTICULAR}[a-z][a-z0-9_]{{0,31}}")

_MOST_NAMES: Final = 300
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_BETWEEN_WORDS: Final = re.compile(r"[;；,，、\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What stands in the form, exactly as it was typed."""

    values: Mapping[str, str] = field(default_factory=dict)
    body_format: str = "markdown"
    wechat_mode: str = "publish"
    wechat_cover: str = ""
    """SHA-256 of the cover."""
    attachments: tuple[tuple[str, str], ...] = ()
    """(SHA-256, title) in their order."""
    kind: str = ""
    """The code of the document kind; empty: none."""
    particulars: Mapping[str, str] = field(default_factory=dict)
    """What stands in the kind's own fields, by their names; also what was typed for a kind that was chosen before."""

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def with_value(self, name: str, value: str) -> "Fields":
        return replace(self, values={**self.values, name: value})

    @classmethod
    def typed(cls, visit: Visit) -> "Fields":
        """From a posted form. Line ends are those of the browser (CRLF) and become plain ones."""
        hashes, titles = visit.texts("attachment"), visit.texts("attachment_title")
        removed = set(visit.texts("attachment_remove"))
        pairs = zip(hashes, titles + [""] * len(hashes), strict=False)
        cover = "" if visit.text("wechat_cover_remove") else visit.text("wechat_cover")
        return cls(
            values={name: visit.text(name).replace("\r\n", "\n") for name in PLAIN},
            body_format="html" if visit.text("body_format") == "html" else "markdown",
            wechat_mode="mass" if visit.text("wechat_mode") == "mass" else "publish",
            wechat_cover=cover if _SHA256.fullmatch(cover) else "",
            attachments=tuple(
                (sha256, title.strip()) for sha256, title in pairs if _SHA256.fullmatch(sha256) and sha256 not in removed
            ),
            kind=visit.text("kind").strip()[:32],
            particulars={
                name.removeprefix(PARTICULAR): visit.text(name).replace("\r\n", "\n")
                for name in list(visit.form)[:_MOST_NAMES] if _PARTICULAR_NAME.fullmatch(name)
            },
        )  # fmt: skip

    @classmethod
    def of_draft(cls, draft: DraftText, kind: Kind = NO_KIND) -> "Fields":
        """From a saved text, to be changed; ``kind`` is that of the text."""
        known = {each.name: each for each in kind.fields}
        return cls(
            values={
                "title": draft.title, "department": draft.department, "category": draft.category,
                "formed_on": draft.formed_on.isoformat(), "document_number": draft.document_number,
                "summary": draft.summary, "keywords": "；".join(draft.keywords), "stage": draft.stage,
                "source": draft.source, "interprets": str(draft.interprets or ""), "body": draft.body,
                "wechat_title": draft.wechat.title, "wechat_author": draft.wechat.author,
                "wechat_digest": draft.wechat.digest, "weibo_text": draft.weibo.text,
                "wechat_on_picture_failure": draft.wechat.on_picture_failure,
                "weibo_on_picture_failure": draft.weibo.on_picture_failure,
            },
            body_format=draft.body_format, wechat_mode=draft.wechat.mode,
            wechat_cover=draft.wechat.cover.sha256 if draft.wechat.cover else "",
            attachments=tuple((file.sha256, file.title) for file in draft.attachments), kind=draft.kind,
            particulars={
                name: shown(known[name], value) if name in known else value for name, value in draft.particulars
            },
        )  # fmt: skip

    def plain(self) -> dict[str, Any]:
        """As JSON; ``Fields.of_plain(fields.plain()) == fields``."""
        return {
            "values": {name: self[name] for name in PLAIN}, "body_format": self.body_format,
            "wechat_mode": self.wechat_mode, "wechat_cover": self.wechat_cover,
            "attachments": [list(pair) for pair in self.attachments], "kind": self.kind,
            "particulars": dict(self.particulars),
        }  # fmt: skip

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> "Fields":
        return cls(
            values=dict(plain["values"]), body_format=plain["body_format"], wechat_mode=plain["wechat_mode"],
            wechat_cover=plain["wechat_cover"], attachments=tuple((sha, title) for sha, title in plain["attachments"]),
            kind=plain["kind"], particulars=dict(plain["particulars"]),
        )  # fmt: skip

    def draft(self, kind: Kind | None = None) -> DraftText:
        """What the desk takes; of the particulars those that ``kind``, which is the form's, has (all when it is not given:
        the desk refuses a name that is no field of the kind). Raises InvalidContent for a date or a number that cannot be
        read."""
        known = set(self.particulars) if kind is None else {each.name for each in kind.fields}
        problems: list[Finding] = []
        formed_on = _date(self["formed_on"], problems)
        interprets = _number(self["interprets"], problems)
        if problems:
            raise InvalidContent(problems)
        return DraftText(
            title=self["title"].strip(), body=self["body"], body_format=self.body_format, department=self["department"],
            category=self["category"], formed_on=formed_on, document_number=self["document_number"],
            summary=self["summary"].strip(),
            keywords=tuple(word for word in _BETWEEN_WORDS.split(self["keywords"].strip()) if word),
            stage=self["stage"], source=self["source"], interprets=interprets,
            attachments=tuple(reference(sha256, title) for sha256, title in self.attachments),
            wechat=WeChatVersion(
                title=self["wechat_title"].strip(), author=self["wechat_author"].strip(),
                digest=self["wechat_digest"].strip(), mode=self.wechat_mode,
                cover=reference(self.wechat_cover) if self.wechat_cover else None,
                on_picture_failure=_degrade(self["wechat_on_picture_failure"]),
            ),
            weibo=WeiboVersion(
                text=self["weibo_text"].strip(), on_picture_failure=_degrade(self["weibo_on_picture_failure"])
            ),
            kind=self.kind,
            particulars=tuple((name, value) for name, value in self.particulars.items() if name in known),
        )  # fmt: skip


def _degrade(chosen: str) -> str:
    return TEXT_ONLY if chosen == TEXT_ONLY else ""


def reference(sha256: str, title: str = "") -> FileReference:
    """A stored file by its hash; the desk takes the rest from the file store."""
    return FileReference(sha256=sha256, file_name=sha256[:12], media_type="", size=0, title=title)


def beside(issues: Iterable[Issue]) -> dict[str, list[Issue]]:
    """The issues by the form's field; what belongs to no field stands under “”."""
    found: dict[str, list[Issue]] = {}
    for issue in issues:
        name = field_of(issue.field)
        ours = (name in FIELD_NAMES and name != "channels") or _PARTICULAR_NAME.fullmatch(name)
        found.setdefault(name if ours else "", []).append(issue)
    return found


def of_findings(findings: Iterable[Finding]) -> tuple[Issue, ...]:
    """Findings of the desk as issues of the text."""
    return tuple(
        Issue(place="", blocks=each.blocks, field=each.field, message=each.message, remedy=each.remedy)
        for each in findings
    )


def _date(text: str, problems: list[Finding]) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        said = f"成文日期“{text.strip()[:20]}”无法识别。" if text.strip() else "未填写成文日期。"
        problems.append(block("formed_on", said, "请按 2026-11-23 的格式填写。"))
        return date.min


def _number(text: str, problems: list[Finding]) -> int | None:
    text = text.strip()
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    problems.append(block("interprets", "所解读文件的编号应为数字。", "请填写该文件在本系统的编号，或留空。"))
    return None

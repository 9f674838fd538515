"""The exact content that three people approve: a value with one canonical form and one hash (invariant 1)."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from typing import Any

LATER = frozenset({"kind", "particulars"})
"""Fields that came after the first texts had been signed."""
LATER_IN_VERSIONS = frozenset({"on_picture_failure"})
"""The same of the channels' versions."""
TEXT_ONLY = "text"
"""What ``on_picture_failure`` says when the text shall go out without the picture that a platform refuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReference:
    """A picture or attachment by the SHA-256 of its bytes; the bytes are in ``disclosures.records.StoredFile``."""

    sha256: str
    file_name: str
    media_type: str
    size: int
    """Bytes."""
    title: str = ""
    """The attachment's title, or the picture's alt text."""

    @property
    def path(self) -> str:
        """Where the portal serves it, and how body HTML refers to it."""
        return f"/files/{self.sha256}/{self.file_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatVersion:
    """What differs from the master text on WeChat. Empty fields mean: as the master."""

    title: str = ""
    author: str = ""
    digest: str = ""
    mode: str = "publish"
    """``publish`` (发布: permanent page, nobody is notified) or ``mass`` (群发: followers are notified, quota is used)."""
    cover: FileReference | None = None
    on_picture_failure: str = ""
    """Empty: nothing goes out, a person mends it. ``text``: the text goes out without pictures (features P17)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeiboVersion:
    """What differs from the master text on Weibo. An empty text means: made from title and summary."""

    text: str = ""
    on_picture_failure: str = ""
    """As on WeChat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Particular:
    """One typed field of a document kind as it was filled in, with the label that the reviewers read beside it."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A revision's content. ``body_html`` is cleaned HTML whose pictures are ``/files/<sha256>/<name>`` paths."""

    title: str
    body_html: str
    department: str
    category: str
    formed_on: date
    """成文日期 (or the date of change): the clock of Art. 26 starts here."""
    index_number: str
    document_number: str = ""
    summary: str = ""
    keywords: tuple[str, ...] = ()
    stage: str = ""
    """五公开: 决策、执行、管理、服务、结果; empty when none applies."""
    validity: str = "有效"
    source: str = ""
    """信息来源; empty means the department itself."""
    interprets: int | None = None
    """The id of the disclosure that this text interprets (解读)."""
    pictures: tuple[FileReference, ...] = ()
    attachments: tuple[FileReference, ...] = ()
    wechat: WeChatVersion = field(default_factory=WeChatVersion)
    weibo: WeiboVersion = field(default_factory=WeiboVersion)
    kind: str = ""
    """The code of the document kind (``disclosures.kinds``); empty: no kind was chosen."""
    particulars: tuple[Particular, ...] = ()
    """What the kind's own fields say, in the order of its form; fields left empty are not there."""

    def canonical(self) -> dict[str, Any]:
        """The JSON form that is stored and hashed: every field, dates in ISO 8601. The fields of ``LATER`` stand in it
        only when they say something, so that texts signed before there were such fields keep their hash."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self), default=_date_text, ensure_ascii=False))
        for part in ("wechat", "weibo"):
            plain[part] = {name: value for name, value in plain[part].items() if name not in LATER_IN_VERSIONS or value}
        return {name: value for name, value in plain.items() if name not in LATER or value}

    def digest(self) -> str:
        """SHA-256 (hex) over the canonical JSON: this is what a reviewer signs."""
        text = json.dumps(self.canonical(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def parse(cls, plain: dict[str, Any]) -> "Content":
        """Reads the canonical form back; ``Content.parse(c.canonical()) == c``."""
        known = {f.name for f in fields(cls)}
        values = {name: value for name, value in plain.items() if name in known}
        values["formed_on"] = date.fromisoformat(values["formed_on"])
        values["keywords"] = tuple(values.get("keywords", ()))
        values["pictures"] = tuple(FileReference(**f) for f in values.get("pictures", ()))
        values["attachments"] = tuple(FileReference(**f) for f in values.get("attachments", ()))
        wechat = dict(values.get("wechat") or {})
        if wechat.get("cover"):
            wechat["cover"] = FileReference(**wechat["cover"])
        values["wechat"] = WeChatVersion(**wechat)
        values["weibo"] = WeiboVersion(**(values.get("weibo") or {}))
        values["particulars"] = tuple(Particular(**each) for each in values.get("particulars", ()))
        return cls(**values)


def _date_text(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a disclosure's content")

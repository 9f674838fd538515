"""From the API's bodies to what the desk takes. Pure."""

from dataclasses import replace
from typing import Any

from console.api.bodies import AttachmentBody, ChannelsBody, DisclosureBody, DisclosureChanges, WeChatBody
from disclosures.content import FileReference, WeChatVersion, WeiboVersion
from disclosures.draft import DraftText

WEIBO_FIELDS = ("text", "on_picture_failure")


def draft_of(body: DisclosureBody) -> DraftText:
    """The draft of a new disclosure."""
    return DraftText(
        title=body.title,
        body=body.body_html if body.body_html is not None else body.body_markdown or "",
        body_format="html" if body.body_html is not None else "markdown",
        department=body.department,
        category=body.category,
        formed_on=body.formed_on,
        document_number=body.document_number,
        summary=body.summary,
        keywords=tuple(body.keywords),
        stage=body.stage,
        source=body.source,
        interprets=body.interprets,
        attachments=_attachments(body.attachments),
        wechat=_wechat(WeChatVersion(), body.channels.wechat),
        weibo=WeiboVersion(text=body.channels.weibo.text, on_picture_failure=body.channels.weibo.on_picture_failure),
        kind=body.kind.strip(),
        particulars=tuple(body.particulars.items()),
    )


def changes_of(body: DisclosureChanges, before: DraftText) -> dict[str, Any]:
    """The fields of DraftText that the request names; what it does not name stays as it was."""
    named = body.model_fields_set - {"expected_revision"}
    plain = {
        "title",
        "department",
        "category",
        "formed_on",
        "document_number",
        "summary",
        "stage",
        "source",
        "interprets",
    }
    changes: dict[str, Any] = {name: getattr(body, name) for name in named & plain}
    for form in ("markdown", "html"):
        if f"body_{form}" in named:
            changes |= {"body": getattr(body, f"body_{form}"), "body_format": form}
    if "keywords" in named:
        changes["keywords"] = tuple(body.keywords)
    if "kind" in named:
        changes["kind"] = body.kind.strip()
    if "particulars" in named:
        merged = {**dict(before.particulars), **body.particulars}
        changes["particulars"] = tuple((name, value) for name, value in merged.items() if value.strip())
    if "attachments" in named:
        changes["attachments"] = _attachments(body.attachments)
    if "channels" in named:
        changes |= _versions(body.channels, before)
    return changes


def _versions(channels: ChannelsBody, before: DraftText) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "wechat" in channels.model_fields_set:
        changes["wechat"] = _wechat(before.wechat, channels.wechat)
    if "weibo" in channels.model_fields_set and channels.weibo.model_fields_set:
        named = {name: getattr(channels.weibo, name) for name in channels.weibo.model_fields_set & set(WEIBO_FIELDS)}
        changes["weibo"] = replace(before.weibo, **named)
    return changes


def _wechat(before: WeChatVersion, body: WeChatBody) -> WeChatVersion:
    values: dict[str, Any] = {name: getattr(body, name) for name in body.model_fields_set - {"cover"}}
    if "cover" in body.model_fields_set:
        values["cover"] = _reference(body.cover.sha256) if body.cover is not None else None
    return replace(before, **values)


def _attachments(bodies: list[AttachmentBody]) -> tuple[FileReference, ...]:
    return tuple(_reference(body.sha256, body.title) for body in bodies)


def _reference(sha256: str, title: str = "") -> FileReference:
    """A file by its hash; the desk takes the rest from the file store."""
    return FileReference(sha256=sha256, file_name=sha256[:12], media_type="", size=0, title=title)

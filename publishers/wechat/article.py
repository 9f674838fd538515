"""A disclosure as a WeChat article: what is sent, and what the platform would refuse. Pure."""

import ipaddress
import re
from html import escape
from typing import Any, Final
from urllib.parse import urlsplit

from disclosures.content import Content, FileReference
from disclosures.markup import plain_text
from disclosures.particulars import as_lines
from publishers.port import Problem, Severity
from publishers.wechat.layout import PICTURE_SCHEME, Change, Layout, lay_out, paragraph
from publishers.wechat.limits import WeChatLimits

PUBLISH: Final = "publish"
MASS: Final = "mass"

_ARTICLE: Final = "font-size:16px;line-height:1.8;color:#2b2b2b"
_BOX: Final = "margin:0 0 20px;padding:12px 14px;background-color:#f2f6fa;font-size:14px"
_END: Final = "margin:28px 0 0;padding-top:14px;border-top:1px solid #d5dde6;font-size:14px;color:#5a6673"
_TIGHT: Final = "margin:0"
_SENTENCE_END: Final = "。！？；"
_PLACEHOLDER: Final = re.compile(rf'src="{PICTURE_SCHEME}([0-9a-f]{{64}})"')
_IMAGE: Final = re.compile(rf'<img src="{PICTURE_SCHEME}[0-9a-f]{{64}}"[^>]*>')
_EMPTY: Final = re.compile(r"<(p|section|li)(?: style=\"[^\"]*\")?></\1>")
_STILL_TYPES: Final = frozenset({"image/jpeg", "image/png"})


def render_article(content: Content, *, page_url: str, limits: WeChatLimits, account_name: str = "") -> dict[str, Any]:
    """The payload: everything that is sent, pictures as ``picture:<sha256>``. Same content, same bytes."""
    version = content.wechat
    layout = _layout(content, page_url, limits)
    # The choice stands in the payload only when it was made: frozen payloads from before keep their hash.
    degrade = {"on_picture_failure": version.on_picture_failure} if version.on_picture_failure else {}
    return {
        **degrade,
        "title": (version.title or content.title).strip(),
        "author": _author(content, limits),
        "digest": _digest(content, limits),
        "content_html": _page(content, layout, account_name),
        "content_source_url": page_url,
        "pictures": [{"sha256": one.sha256, "alt": one.alt, "file_name": one.file_name} for one in layout.pictures],
        "cover": {"sha256": version.cover.sha256, "file_name": version.cover.file_name} if version.cover else None,
        "mode": version.mode,
    }


def marked_article(
    content: Content, *, page_url: str, limits: WeChatLimits, account_name: str = ""
) -> tuple[str, tuple[Change, ...]]:
    """The same body with every changed place in ``<mark>``, and the changes: for the preview, never to be sent."""
    layout = _layout(content, page_url, limits, marked=True)
    return _page(content, layout, account_name), layout.changes


def with_pictures(content_html: str, addresses: dict[str, str]) -> str:
    """The article's HTML with every placeholder replaced by the picture's address. KeyError when one is missing."""
    return _PLACEHOLDER.sub(lambda found: f'src="{escape(addresses[found.group(1)])}"', content_html)


def without_pictures(content_html: str) -> str:
    """The same article without its pictures: every word stays, also the captions. Same input, same bytes."""
    bare = _IMAGE.sub("", content_html)
    while (emptier := _EMPTY.sub("", bare)) != bare:
        bare = emptier
    return bare


def check_article(
    content: Content, *, page_url: str, limits: WeChatLimits, account_name: str = ""
) -> tuple[Problem, ...]:
    """What the platform would refuse (BLOCK) or spoil (WARN)."""
    payload = render_article(content, page_url=page_url, limits=limits, account_name=account_name)
    return (
        *_check_words(content, payload, limits),
        *_check_body(content, payload, limits),
        *_check_address(page_url, limits),
        *_check_pictures(content, payload, limits),
    )


# -- what is written --------------------------------------------------------------------------------------------


def _layout(content: Content, page_url: str, limits: WeChatLimits, *, marked: bool = False) -> Layout:
    alts = {picture.sha256: picture.title for picture in content.pictures}
    return lay_out(content.body_html, page_url=page_url, columns=limits.table_columns, alts=alts, marked=marked)


def _author(content: Content, limits: WeChatLimits) -> str:
    """The author as chosen; else the department, unless its name is longer than the field."""
    if content.wechat.author.strip():
        return content.wechat.author.strip()
    return content.department if len(content.department) <= limits.author else ""


def _digest(content: Content, limits: WeChatLimits) -> str:
    """The digest as chosen; else the summary, else the beginning of the text, cut at a sentence."""
    if content.wechat.digest.strip():
        return content.wechat.digest.strip()
    text = " ".join((content.summary.strip() or plain_text(content.body_html)).split())
    if len(text) <= limits.digest:
        return text
    cut = text[: limits.digest - 1]
    end = max(cut.rfind(mark) for mark in _SENTENCE_END)
    return cut[: end + 1] if end >= limits.digest // 2 else f"{cut}…"


def _page(content: Content, layout: Layout, account_name: str) -> str:
    parts = [
        _head(content),
        _particulars(content),
        layout.html,
        _attachments(content.attachments),
        _references(layout.references),
    ]
    end = [f"来源：{escape(content.source or content.department, quote=False)}"]
    if account_name:
        end.append(f"发布：{escape(account_name, quote=False)}")
    end.append("本文与政府网站同步发布，请点击“阅读原文”查看网站原文。")
    parts.append(f'<section style="{_END}">{"".join(paragraph(line, _TIGHT) for line in end)}</section>')
    return f'<section style="{_ARTICLE}">{"".join(parts)}</section>'


def _head(content: Content) -> str:
    day = content.formed_on
    lines = (
        ("索引号", content.index_number),
        ("文号", content.document_number),
        ("发布机构", content.department),
        ("成文日期", f"{day.year}年{day.month}月{day.day}日"),
        ("有效性", "" if content.validity == "有效" else content.validity),
    )
    written = "".join(paragraph(f"{name}：{escape(value, quote=False)}", _TIGHT) for name, value in lines if value)
    return f'<section style="{_BOX}">{written}</section>'


def _particulars(content: Content) -> str:
    """What the kind's own fields say, above the text."""
    lines = [paragraph(escape(line, quote=False), _TIGHT) for line in as_lines(content.particulars)]
    return f'<section style="{_BOX}">{"".join(lines)}</section>' if lines else ""


def _attachments(files: tuple[FileReference, ...]) -> str:
    if not files:
        return ""
    lines = [paragraph("<strong>附件</strong>", _TIGHT)]
    for number, file in enumerate(files, start=1):
        kind = file.file_name.rpartition(".")[2].upper() if "." in file.file_name else "文件"
        name = escape(file.title or file.file_name, quote=False)
        lines.append(paragraph(f"{number}. {name}（{kind}，{_size(file.size)}）", _TIGHT))
    lines.append(paragraph("请点击“阅读原文”下载附件。", _TIGHT))
    return f'<section style="{_BOX}">{"".join(lines)}</section>'


def _references(addresses: tuple[str, ...]) -> str:
    if not addresses:
        return ""
    lines = [paragraph("<strong>参考链接</strong>", _TIGHT)]
    lines += [
        paragraph(f"[{number}] {escape(address, quote=False)}", f"{_TIGHT};word-break:break-all")
        for number, address in enumerate(addresses, start=1)
    ]
    return f'<section style="{_BOX}">{"".join(lines)}</section>'


def _size(size: int) -> str:
    return f"{size / 1_048_576:.1f} MB" if size >= 1_048_576 else f"{max(1, round(size / 1024))} KB"


# -- what would be refused --------------------------------------------------------------------------------------


def _block(field: str, message: str, remedy: str) -> Problem:
    return Problem(severity=Severity.BLOCK, field=field, message=message, remedy=remedy)


def _warn(field: str, message: str, remedy: str) -> Problem:
    return Problem(severity=Severity.WARN, field=field, message=message, remedy=remedy)


def _check_words(content: Content, payload: dict[str, Any], limits: WeChatLimits) -> list[Problem]:
    found = []
    title = payload["title"]
    if not title:
        found.append(_block("title", "没有标题。", "请填写标题。"))
    if len(title) > limits.title:
        found.append(_block(
            "wechat.title", f"微信标题有 {len(title)} 字，平台上限为 {limits.title} 字。",
            f"请在“微信标题”中另填不超过 {limits.title} 字的标题，网站标题不变。",
        ))  # fmt: skip
    if len(payload["author"]) > limits.author:
        found.append(_block(
            "wechat.author", f"作者有 {len(payload['author'])} 字，平台上限为 {limits.author} 字。", "请缩短作者名称。",
        ))  # fmt: skip
    if len(payload["digest"]) > limits.digest:
        found.append(_block(
            "wechat.digest", f"摘要有 {len(payload['digest'])} 字，平台上限为 {limits.digest} 字。", "请缩短微信摘要。",
        ))  # fmt: skip
    if content.wechat.mode not in {PUBLISH, MASS}:
        found.append(_block("wechat.mode", "微信发送方式不正确。", "请选择“发布”或“群发”。"))
    return found


def _check_body(content: Content, payload: dict[str, Any], limits: WeChatLimits) -> list[Problem]:
    if not plain_text(content.body_html) and not payload["pictures"]:
        return [_block("body", "正文为空。", "请填写正文。")]
    written = payload["content_html"]
    placeholders = len(_PLACEHOLDER.findall(written))
    length = len(written) + placeholders * (limits.picture_url - len(PICTURE_SCHEME) - 64)
    if length >= limits.content or len(written.encode()) >= limits.content_bytes:
        return [_block(
            "body", f"微信正文连同排版约 {length:,} 个字符，平台要求少于 {limits.content:,} 个。",
            "请精简正文，或把长表格、长名单改为附件，由“阅读原文”到网站查看。",
        )]  # fmt: skip
    return []


def _check_address(page_url: str, limits: WeChatLimits) -> list[Problem]:
    if len(page_url.encode()) > limits.source_url_bytes:
        return [_block("title", "“阅读原文”的地址超过 1 KB。", "请联系系统管理员检查网站地址的设置。")]
    if not _public(page_url):
        return [_warn(
            "title", "网站地址不是公众可以访问的地址，微信可能拒绝“阅读原文”链接（41039）。",
            "请联系系统管理员检查网站公开地址（MINGBAI_PUBLIC_URL）。",
        )]  # fmt: skip
    return []


def _check_pictures(content: Content, payload: dict[str, Any], limits: WeChatLimits) -> list[Problem]:
    found = [
        _block("body", f"图片“{picture['file_name']}”没有图片说明，看不见图的人无从知道内容。", "请填写图片说明。")
        for picture in payload["pictures"]
        if not picture["alt"]
    ]
    used = {picture["sha256"] for picture in payload["pictures"]}
    files = [picture for picture in content.pictures if picture.sha256 in used]
    if content.wechat.cover:
        files.append(content.wechat.cover)
    for file in files:
        if file.media_type not in _STILL_TYPES:
            found.append(_warn(
                "body", f"图片“{file.file_name}”不是 JPG 或 PNG，微信上会变成静态图片。", "如需动图，请在网站原文中查看。",
            ))  # fmt: skip
        elif file.size >= limits.body_picture_bytes:
            found.append(_warn(
                "body", f"图片“{file.file_name}”大于 1 MB，发送时会自动压缩。", "如图中有小字，请换用较小的图片并核对预览。",
            ))  # fmt: skip
    return found


def _public(address: str) -> bool:
    """Whether the address is http(s) on a host that the public can reach, as far as its name tells."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not host:
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".localhost", ".internal", ".lan"))

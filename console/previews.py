"""What each channel will show, from the renderers of the release itself; pictures that are not public yet are fetched
through the console. Pure, but for asking the renderers."""

import re
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from console.preflight import Preflight
from disclosures.sheet import Sheet
from publishers.port import ChannelName

_STORED: Final = re.compile(r'(src|href)="/files/([0-9a-f]{64})/([^"]*)"')
_PICTURE: Final = re.compile(r'src="picture:([0-9a-f]{64})"')
_NAME: Final = "p"
"""Any name will do: the console finds a stored file by its hash."""

WECHAT_POLICY: Final = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; "
    "form-action 'none'; sandbox allow-same-origin"
)
"""The article carries inline styles, because WeChat takes no others; nothing in it can run, load or be sent. The origin
stays ours, so that the browser sends the session along for the pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Previews:
    """The payloads of the channels that this installation has; None for those it lacks."""

    portal: dict[str, Any] | None
    wechat: dict[str, Any] | None
    weibo: dict[str, Any] | None


async def previews(preflight: Preflight, sheet: Sheet) -> Previews:
    portal, wechat, weibo = [
        dict(rendered.payload) if rendered is not None else None
        for rendered in [
            await preflight.render(name, sheet.content, sheet.id)
            for name in (ChannelName.PORTAL, ChannelName.WECHAT, ChannelName.WEIBO)
        ]
    ]
    if portal is not None:
        portal["body_html"] = for_staff(str(portal.get("body_html", "")))
    return Previews(portal=portal, wechat=wechat, weibo=weibo)


def for_staff(body_html: str) -> str:
    """A body whose stored files are fetched through the console."""
    return _STORED.sub(lambda found: f'{found[1]}="/console/files/{found[2]}/{found[3]}"', body_html)


def wechat_page(payload: dict[str, Any], *, account: str, moment: str) -> str:
    """The article as a page of its own, as WeChat would show it."""
    body = _PICTURE.sub(lambda found: f'src="/console/files/{found[1]}/{_NAME}"', str(payload.get("content_html", "")))
    author = str(payload.get("author") or "")
    byline = "".join(f"<span>{escape(part)}</span>" for part in (author, account, moment) if part)
    link = "<p class=more>阅读原文</p>" if payload.get("content_source_url") else ""
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width,initial-scale=1"><title>微信预览</title><style>'
        "body{margin:0;padding:20px 16px 40px;background:#fff;color:#1a1a1a;font-family:system-ui,'PingFang SC',"
        "'Noto Sans CJK SC','Microsoft YaHei',sans-serif;overflow-wrap:anywhere}h1{font-size:22px;line-height:1.4;margin:0 0 14px;"
        "font-weight:600}.by{font-size:15px;color:#6b6b6b;margin:0 0 22px}.by span{margin-right:10px}"
        "img{max-width:100%!important;height:auto}.more{color:#576b95;margin-top:24px}</style></head><body>"
        f'<h1>{escape(str(payload.get("title", "")))}</h1><p class="by">{byline}</p>{body}{link}</body></html>'
    )

"""What each channel will show, from the renderers of the release itself, and what a channel loses of the text."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from console.preflight import Preflight
from console.press import PortalPreview
from disclosures.content import TEXT_ONLY, Content
from disclosures.draft import unkept_pictures
from publishers.port import ChannelName
from publishers.wechat.article import marked_article
from publishers.wechat.cleaning import cleaned, marks_in
from publishers.wechat.layout import Change
from publishers.wechat.limits import WeChatLimits
from publishers.weibo.limits import Limits
from publishers.weibo.text import URL, room_of, topics_in

_STORED: Final = re.compile(r'(src|href)="/files/([0-9a-f]{64})/([^"]*)"')
_PICTURE: Final = re.compile(r'src="picture:([0-9a-f]{64})"')
_SCRIPT: Final = re.compile(r"<script\b[^>]*>.*?</script>", re.DOTALL)
_LINK: Final = re.compile(r"<a (?=[^>]*href=)")
_NAME: Final = "p"
"""Any name will do: the console finds a stored file by its hash."""
STAFF_FILES: Final = "/console/files"
_LOST_ON_SAVING: Final = frozenset({"script", "handler", "stylesheet", "frame", "media", "form"})
"""What a pasted text may bring and no channel shows; the rules are those of ``publishers.wechat.cleaning``."""

_PREVIEW: Final = (
    "default-src 'none'; img-src 'self' data:; {styles}frame-ancestors 'self'; base-uri 'none'; form-action 'none'; "
)
_STILL: Final = "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-downloads"
WECHAT_POLICY: Final = _PREVIEW.format(styles="style-src 'unsafe-inline'; ") + _STILL
"""The article carries inline styles, because WeChat takes no others; nothing in it can run, load or be sent. The origin
stays ours, so that the browser sends the session along for the pictures."""
PORTAL_POLICY: Final = _PREVIEW.format(styles="style-src 'self'; ") + _STILL
"""The portal's own page with the portal's own style sheet; its script is not run."""
WITH_FRAMES: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""For a page that carries its frames inside itself (srcdoc): they inherit this policy, and the article needs its inline
styles. What stands in the frames is cleaned HTML, and the frames may not run scripts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What a reader on WeChat will not find as the portal shows it, in words."""

    gone: tuple[str, ...]
    """微信会去掉: taken away by the platform, or already when the text was saved."""
    changed: tuple[str, ...]
    """Written otherwise by us, because the platform would take it away."""

    @property
    def none(self) -> bool:
        return not (self.gone or self.changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeiboPost:
    """The post, in parts: ``parts`` are (kind, text) with kind text, link or over (beyond the limit)."""

    parts: tuple[tuple[str, str], ...]
    count: int
    over: int
    """How many characters stand beyond the limit."""
    picture: str
    left_out: str
    """What of the summary has no room in a post that is made from title and summary."""
    link: str
    topics: tuple[str, ...]
    text_only: bool
    """Without the picture, should the platform refuse it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Previews:
    """The payloads of the channels that this installation has; None for those it lacks. ``portal_page``, ``article`` and
    ``marked`` are whole pages."""

    portal: dict[str, Any] | None
    wechat: dict[str, Any] | None
    weibo: WeiboPost | None
    answers: dict[str, Any] | None
    losses: Losses
    has_portal_page: bool = False
    """Whether the portal's page can be shown as it will be: not when it is another system's."""
    portal_page: str = ""
    article: str = ""
    marked: str = ""
    files: str = STAFF_FILES


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The text as its author wrote it, to say what saving took away."""

    body: str
    body_format: str


class Previewer:
    """Asks the renderers. ``page_url`` gives the public address of a disclosure; ``site_name`` is the account's name;
    ``portal_page`` and ``spoken`` are those of ``console.press.PressDesk``."""

    def __init__(
        self, *, preflight: Preflight, page_url: Callable[[int], str], site_name: str,
        portal_page: PortalPreview | None = None, spoken: Callable[[Mapping[str, Any]], str] | None = None,
    ) -> None:  # fmt: skip
        self._preflight = preflight
        self._portal_page = portal_page
        self._spoken = spoken
        self._page_url = page_url
        self._site_name = site_name
        self._weibo = Limits.load()
        self._limits = WeChatLimits()

    async def previews(
        self, content: Content, disclosure_id: int, *, source: Source | None = None, files: str = STAFF_FILES,
        moment: str = "", pages: bool = False,
    ) -> Previews:  # fmt: skip
        """Everything at once. ``files`` is the path under which the viewer may fetch the pictures; with ``pages`` the
        whole pages are made too (``moment`` is the time that the article shows)."""
        payloads = {name: await self.payload(name, content, disclosure_id) for name in ChannelName}
        portal, wechat, weibo = (payloads[name] for name in (ChannelName.PORTAL, ChannelName.WECHAT, ChannelName.WEIBO))
        answers = payloads[ChannelName.ANSWERS]
        if answers is not None:
            entry = dict(answers["entry"])
            answers = {**entry, "said": self._spoken(entry) if self._spoken else entry.get("body", "")}
        losses, article, marked = await asyncio.to_thread(
            self._of_wechat, content, disclosure_id, wechat, source, files, moment, pages
        )
        return Previews(
            portal={**portal, "body_html": through(str(portal.get("body_html", "")), files)} if portal else None,
            wechat=wechat, weibo=weibo_post(content, weibo, self._weibo) if weibo else None, answers=answers,
            losses=losses, article=article, marked=marked,
            portal_page=await self.portal_page(content, disclosure_id, files=files) if pages and portal else "",
            files=files, has_portal_page=portal is not None and self._portal_page is not None,
        )  # fmt: skip

    def _of_wechat(
        self, content: Content, disclosure_id: int, payload: Mapping[str, Any] | None, source: Source | None, files: str,
        moment: str, pages: bool,
    ) -> tuple[Losses, str, str]:  # fmt: skip
        """(losses, the article, the marked article); some milliseconds for a long text, so away from the event loop."""
        if payload is None:
            return Losses(gone=(), changed=()), "", ""
        losses = self.losses(content, disclosure_id, payload, source)
        if not pages:
            return losses, "", ""
        article = self.article(payload, files=files, moment=moment)
        return losses, article, self.marked(content, disclosure_id, payload, files=files, moment=moment)

    async def payload(self, name: ChannelName, content: Content, disclosure_id: int) -> dict[str, Any] | None:
        rendered = await self._preflight.render(name, content, disclosure_id)
        return dict(rendered.payload) if rendered is not None else None

    async def portal_page(self, content: Content, disclosure_id: int, *, files: str = STAFF_FILES) -> str:
        """The portal's own page, whose links open beside it; empty when there is none."""
        payload = await self.payload(ChannelName.PORTAL, content, disclosure_id)
        if payload is None or self._portal_page is None:
            return ""
        page = await self._portal_page(payload, disclosure_id=disclosure_id)
        # The frame runs no script: what the portal's own would do is no part of what is read.
        return _LINK.sub('<a target="_blank" ', through(_SCRIPT.sub("", page), files))

    def article(self, payload: Mapping[str, Any], *, files: str = STAFF_FILES, moment: str = "") -> str:
        """The article as WeChat shows it after its own cleaning."""
        body = cleaned(str(payload.get("content_html", ""))).html
        return wechat_page(payload, body, account=self._site_name, moment=moment, files=files)

    def marked(
        self, content: Content, disclosure_id: int, payload: Mapping[str, Any], *, files: str = STAFF_FILES,
        moment: str = "",
    ) -> str:  # fmt: skip
        """The same article with every changed place marked."""
        body = cleaned(self._marked(content, disclosure_id)[0], marked=True).html
        return wechat_page(payload, body, account=self._site_name, moment=moment, files=files)

    def losses(
        self, content: Content, disclosure_id: int, payload: Mapping[str, Any], source: Source | None
    ) -> Losses:  # fmt: skip
        gone = [
            f"{each.words}，{each.count} 处" for each in cleaned(str(payload.get("content_html", ""))).removals
        ]  # fmt: skip
        if source is not None:
            gone += _lost_on_saving(source)
        return Losses(gone=tuple(gone), changed=tuple(_changed(content, self._marked(content, disclosure_id)[1])))

    def _marked(self, content: Content, disclosure_id: int) -> tuple[str, tuple[Change, ...]]:
        return marked_article(
            content, page_url=self._page_url(disclosure_id), limits=self._limits, account_name=self._site_name
        )


def for_staff(body_html: str) -> str:
    """A body whose stored files are fetched through the console."""
    return through(body_html, STAFF_FILES)


def through(html: str, files: str) -> str:
    """HTML whose stored files are fetched under another path than the public one."""
    return _STORED.sub(lambda found: f'{found[1]}="{files}/{found[2]}/{found[3]}"', html)


def weibo_post(content: Content, payload: Mapping[str, Any], limits: Limits) -> WeiboPost:
    """The post as it is shown: links as the platform shows them, and where the limit lies. Pure."""
    text, link = str(payload["text"]), str(payload["link"])
    room = room_of(text, limits)
    parts: list[tuple[str, str]] = []
    place = 0
    for found in URL.finditer(text):
        parts += [("text", text[place : found.start()]), ("link", found.group())]
        place = found.end()
    parts.append(("text", text[place:]))
    shown, at = [], 0
    for kind, words in parts:
        inside = words[: max(0, room - at)]
        shown += [(kind, inside)] if inside else []
        shown += [("over", words[len(inside) :])] if words[len(inside) :] else []
        at += len(words)
    return WeiboPost(
        parts=tuple(shown), count=int(payload["count"]), over=len(text) - room, picture=str(payload.get("picture") or ""),
        left_out=_left_out(content, text), link=link, topics=topics_in(content.weibo.text),
        text_only=content.weibo.on_picture_failure == TEXT_ONLY,
    )  # fmt: skip


def wechat_page(payload: Mapping[str, Any], body: str, *, account: str, moment: str, files: str = STAFF_FILES) -> str:
    """The article as a page of its own, as WeChat would show it. ``body`` is cleaned HTML."""
    body = _LINK.sub('<a target="_blank" ', _PICTURE.sub(lambda found: f'src="{files}/{found[1]}/{_NAME}"', body))
    author = str(payload.get("author") or "")
    byline = "".join(f"<span>{escape(part)}</span>" for part in (author, account, moment) if part)
    link = '<p class="more">阅读原文</p>' if payload.get("content_source_url") else ""
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width,initial-scale=1"><meta name="robots" content="noindex"><title>微信预览</title><style>'
        "body{margin:0;padding:20px 16px 40px;background:#fff;color:#1a1a1a;font-family:system-ui,'PingFang SC',"
        "'Noto Sans CJK SC','Microsoft YaHei',sans-serif;overflow-wrap:anywhere}h1{font-size:22px;line-height:1.4;margin:0 0 14px;"
        "font-weight:600}.by{font-size:15px;color:#6b6b6b;margin:0 0 22px}.by span{margin-right:10px}"
        "img{max-width:100%!important;height:auto}.more{color:#4a5f8a;margin-top:24px}"
        "mark{background:#ffe9b8;color:#5c3700;border-bottom:2px solid #b86e00;padding:0 2px}"
        ".shown-to{color:#7a4a00;font-size:13px;text-align:center;margin:14px 0}</style></head><body>"
        f'<main><h1>{escape(str(payload.get("title", "")))}</h1><p class="by">{byline}</p>{body}{link}</main></body></html>'
    )


def _left_out(content: Content, text: str) -> str:
    """The end of the summary that did not fit; empty for the officer's own text, which is never cut."""
    if content.weibo.text.strip() or not content.summary.strip():
        return ""
    bare = re.sub(r"\s+", "", content.summary)
    posted = re.sub(r"\s+", "", text)
    low = next((length for length in range(min(len(bare), len(posted)), 0, -1) if bare[:length] in posted), 0)
    return bare[low:]


def _lost_on_saving(source: Source) -> list[str]:
    found = []
    if source.body_format == "html":
        found = [
            f"原稿中的{each.words}，{each.count} 处；保存时已去掉，各渠道都不会出现"
            for each in marks_in(source.body)
            if each.rule in _LOST_ON_SAVING
        ]
    if unkept := unkept_pictures(source.body, source.body_format):
        found.append(f"原稿中引用的 {unkept} 张站外图片；请上传到本系统后再插入")
    return found


def _changed(content: Content, changes: tuple[Change, ...]) -> list[str]:
    count = Counter(change.kind for change in changes)
    about = {kind: [change.detail for change in changes if change.kind == kind] for kind in count}
    said = []
    if count["link"]:
        said.append(f"{count['link']} 处链接不能点开：网址改列在文末“参考链接”中，正文里标编号")
    if count["file"]:
        said.append(f"正文中的附件链接不能点开（{_named(about['file'])}）：读者须点“阅读原文”到网站下载")
    if count["contact"]:
        said.append(f"{count['contact']} 处电话或邮箱链接改为文字")
    if count["table"]:
        said.append(f"{count['table']} 张宽表格在手机上看不清，改为逐条排列（{'；'.join(about['table'])}）")
    if count["picture"]:
        said.append(f"{count['picture']} 张图片不在本系统内，不显示")
    if content.attachments:
        said.append(f"{len(content.attachments)} 个附件只列名称，读者须点“阅读原文”到网站下载")
    moving = [file.file_name for file in content.pictures if file.media_type not in {"image/jpeg", "image/png"}]
    if moving:
        said.append(f"不是 JPG 或 PNG 的图片变成静态图片（{_named(moving)}）")
    large = [file.file_name for file in content.pictures if file.size >= WeChatLimits().body_picture_bytes]
    if large:
        said.append(f"大于 1 MB 的图片自动压缩（{_named(large)}）")
    return said


def _named(names: list[str]) -> str:
    named = "、".join(f"“{name}”" for name in dict.fromkeys(names[:3]))
    return f"{named}等" if len(set(names)) > 3 else named

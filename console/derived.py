"""What a channel will show where its own field is empty: asked of the very renderers that will send."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from console.form import Fields
from console.preflight import Preflight
from disclosures.composition import clean_body, compose
from disclosures.content import Content, WeChatVersion, WeiboVersion
from disclosures.draft import DraftText
from disclosures.errors import InvalidContent
from publishers.port import ChannelName

OWN_FIELDS = {
    "wechat_title": "微信标题",
    "wechat_author": "微信作者",
    "wechat_digest": "微信摘要",
    "weibo_text": "微博文字",
}
"""The fields in which a channel may differ from the master text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """``texts``: what stands in for each empty field of a channel; ``count``: Weibo's count of the post as it would be sent,
    link included (None: not connected, or nothing to count yet)."""

    texts: Mapping[str, str] = field(default_factory=dict)
    count: int | None = None

    def __getitem__(self, name: str) -> str:
        return self.texts.get(name, "")

    def differs(self, fields: Fields, name: str) -> bool:
        """Whether a channel's own field says something else than the master would."""
        own = fields[name].strip()
        return bool(own) and own != self[name]

    def plain(self) -> dict[str, Any]:
        return {"texts": dict(self.texts), "count": self.count}


NOTHING = Derived()


async def derived(preflight: Preflight, draft: DraftText, *, disclosure_id: int) -> Derived:
    """Of a draft as it stands now; NOTHING while it has no title or no text, or cannot be read. What the kind's own fields
    say goes into none of it, so that a wrong date in one of them does not hide it."""
    if not draft.title.strip() or not draft.body.strip():
        return NOTHING
    try:
        draft = replace(draft, kind="", particulars=())
        content = await compose(
            None, draft, body_html=await clean_body(draft), department=draft.department, category=draft.category,
            index_number="待编索引号",
        )  # fmt: skip
    except InvalidContent:
        return NOTHING
    return await derived_of(preflight, content, disclosure_id=disclosure_id)


async def derived_of(preflight: Preflight, content: Content, *, disclosure_id: int) -> Derived:
    """Of a content that is saved already."""
    number, count = disclosure_id or 999_999, None
    texts: dict[str, str] = {}
    wechat = WeChatVersion(mode=content.wechat.mode, cover=content.wechat.cover)
    if article := await preflight.render(ChannelName.WECHAT, replace(content, wechat=wechat), number):
        texts |= {f"wechat_{name}": str(article.payload[name]) for name in ("title", "author", "digest")}
    if master := await preflight.render(ChannelName.WEIBO, replace(content, weibo=WeiboVersion()), number):
        texts["weibo_text"] = str(master.payload["text"]).removesuffix(str(master.payload["link"])).rstrip()
        post = await preflight.render(ChannelName.WEIBO, content, number)
        count = int(post.payload["count"]) if post else None
    return Derived(texts=texts, count=count)


async def differing(preflight: Preflight, content: Content, *, disclosure_id: int) -> list[tuple[str, str]]:
    """(name on the screen, own text) of every channel field that differs from the master."""
    fields = Fields(
        values={
            "wechat_title": content.wechat.title, "wechat_author": content.wechat.author,
            "wechat_digest": content.wechat.digest, "weibo_text": content.weibo.text,
        }
    )  # fmt: skip
    if not any(fields[name] for name in OWN_FIELDS):
        return []
    master = await derived_of(preflight, content, disclosure_id=disclosure_id)
    return [(label, fields[name]) for name, label in OWN_FIELDS.items() if master.differs(fields, name)]

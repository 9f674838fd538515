"""Examines the passive reply: whether the platform would show it to the citizen, or its failure notice."""

from typing import Any
from xml.etree.ElementTree import Element

from sandbox.wechat.account import Account
from sandbox.wechat.crypto import CipherError, Envelope, same, signature
from sandbox.wechat.errors import ApiError
from sandbox.wechat.materials import Materials
from sandbox.wechat.xml import XmlError, parsed, text

REPLY_BYTES = 64 * 1024
NEWS_TO_MESSAGE = 1
NEWS_TO_EVENT = 8


class MalformedReplyError(ValueError):
    """The reply is not one the platform accepts; the text says why."""


class ReplyExaminer:
    """Strict reader of passive replies."""

    def __init__(self, account: Account, materials: Materials) -> None:
        self._account = account
        self._materials = materials

    def examine(self, body: bytes, openid: str, *, event: bool) -> dict[str, Any] | None:
        """The reply as {kind, …}, or None for silence; raises `MalformedReplyError`."""
        if body.strip() in (b"", b"success"):
            return None
        if len(body) > REPLY_BYTES:
            raise MalformedReplyError("longer than any reply can be")
        try:
            root = self._clear(parsed(body))
        except (XmlError, CipherError) as trouble:
            raise MalformedReplyError(str(trouble)) from None
        self._check_parties(root, openid)
        return self._content(root, event=event)

    def _clear(self, root: Element) -> Element:
        options = self._account.options
        encrypted = text(root, "Encrypt")
        if not encrypted:
            if options.callback_mode == "safe":
                raise MalformedReplyError("a reply in clear in safe mode")
            return root
        if options.callback_mode == "plain":
            raise MalformedReplyError("an encrypted reply in plain mode")
        stamp, nonce = text(root, "TimeStamp"), text(root, "Nonce")
        if not stamp.isdecimal() or not nonce:
            raise MalformedReplyError("TimeStamp or Nonce missing")
        if not same(signature(options.wechat_token, stamp, nonce, encrypted), text(root, "MsgSignature")):
            raise MalformedReplyError("MsgSignature does not match")
        return parsed(Envelope(options.wechat_aes_key, options.wechat_appid).open(encrypted))

    def _check_parties(self, root: Element, openid: str) -> None:
        if text(root, "ToUserName") != openid:
            raise MalformedReplyError("ToUserName is not the citizen")
        if text(root, "FromUserName") != self._account.options.wechat_account:
            raise MalformedReplyError("FromUserName is not the account")
        if not text(root, "CreateTime").strip().isdecimal():
            raise MalformedReplyError("CreateTime is not a number")

    def _content(self, root: Element, *, event: bool) -> dict[str, Any]:
        kind = text(root, "MsgType")
        if kind == "text":
            return self._text(root)
        if kind in ("image", "voice", "video"):
            media_id = text(root, f"{kind.capitalize()}/MediaId")
            try:
                self._materials.usable(media_id, kind)
            except ApiError:
                raise MalformedReplyError(f"no such {kind}: {media_id[:32]}") from None
            return {"kind": kind, "media_id": media_id}
        if kind == "music":
            return {"kind": kind, "title": text(root, "Music/Title"), "url": text(root, "Music/MusicUrl")}
        if kind == "news":
            return self._news(root, NEWS_TO_EVENT if event else NEWS_TO_MESSAGE)
        if kind == "transfer_customer_service":
            return {"kind": kind, "kf_account": text(root, "TransInfo/KfAccount")}
        raise MalformedReplyError(f"MsgType {kind!r}")

    def _text(self, root: Element) -> dict[str, Any]:
        content = text(root, "Content")
        if not content:
            raise MalformedReplyError("Content is empty")
        if len(content.encode()) > self._account.options.text_limit_bytes:
            raise MalformedReplyError(f"Content has {len(content.encode())} bytes")
        return {"kind": "text", "content": content}

    def _news(self, root: Element, limit: int) -> dict[str, Any]:
        items = root.findall("Articles/item")
        if text(root, "ArticleCount").strip() != str(len(items)) or not items:
            raise MalformedReplyError("ArticleCount does not match the items")
        if len(items) > limit:
            raise MalformedReplyError(f"{len(items)} articles where {limit} are allowed")
        names = {"title": "Title", "description": "Description", "picture": "PicUrl", "url": "Url"}
        articles = [{key: text(item, tag) for key, tag in names.items()} for item in items]
        if any(not article["title"] or not article["url"] for article in articles):
            raise MalformedReplyError("an article without Title or Url")
        return {"kind": "news", "articles": articles}

"""The JSON of a push to the account's server, and the examination of what the server answers. Pure."""

import json
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from sandbox.weibo.dates import weibo_date
from sandbox.weibo.errors import BadReplyError

WORDS: Final = {
    "position": "发送了一个位置",
    "voice": "发了一个语音消息",
    "image": "发了一张图片",
    "follow": "关注事件消息",
    "unfollow": "取消关注事件消息",
    "subscribe": "订阅事件消息",
    "unsubscribe": "取消订阅事件消息",
    "scan": "扫描二维码",
    "scan_follow": "扫描二维码",
    "click": "自定义菜单事件消息",
    "view": "自定义菜单跳转链接事件消息",
}
KINDS: Final = frozenset({"text", "articles", "position"})
ARTICLE_FIELDS: Final = ("display_name", "summary", "image", "url")
ARTICLES: Final = 8


def push(kind: str, sender: str, receiver: str, text: str, data: dict[str, Any], now: float) -> dict[str, Any]:
    """The body of one push. Source: open.weibo.com/wiki/Receive_General_Message and Receive_Event_Push."""
    return {
        "type": kind,
        "receiver_id": int(receiver),
        "sender_id": int(sender),
        "created_at": weibo_date(now),
        "text": text or WORDS.get(str(data.get("subtype", kind)), ""),
        "data": data,
    }


def read_passive(body: str, message: dict[str, Any], limit: int) -> tuple[str, dict[str, Any]] | None:
    """Kind and content of a passive reply; None when the server chose to say nothing. Raises BadReplyError."""
    if not body.strip():
        return None
    try:
        reply = json.loads(body)
    except ValueError:
        raise BadReplyError("the body is neither empty nor JSON") from None
    if not isinstance(reply, dict) or not isinstance(reply.get("result"), bool):
        raise BadReplyError("result must be true or false")
    if not reply["result"]:
        return None
    if str(reply.get("sender_id")) != str(message["receiver_id"]):
        raise BadReplyError("sender_id of the reply must be the receiver_id of the message")
    if str(reply.get("receiver_id")) != str(message["sender_id"]):
        raise BadReplyError("receiver_id of the reply must be the sender_id of the message")
    kind, data = reply.get("type"), reply.get("data")
    if not isinstance(data, str):
        raise BadReplyError("data must be a percent-encoded string")
    return str(kind), read_data(str(kind), data, "percent", limit)


def read_data(kind: str, data: str, encoding: str, limit: int) -> dict[str, Any]:
    """The content of a reply of a kind. `encoding` is percent, plain or either. Raises BadReplyError."""
    if kind not in KINDS:
        raise BadReplyError(f"unknown type {kind}")
    if encoding == "percent" and data.lstrip().startswith("{"):
        raise BadReplyError("data is not percent-encoded")
    try:
        content = json.loads(data if encoding == "plain" else unquote(data, errors="strict"))
    except ValueError:
        raise BadReplyError("data is not JSON in UTF-8, percent-encoded once") from None
    if not isinstance(content, dict):
        raise BadReplyError("data must hold an object")
    check_content(kind, content, limit)
    return content


def check_content(kind: str, content: dict[str, Any], limit: int) -> None:
    """Raises BadReplyError when the content does not fit its kind."""
    if kind == "text":
        text = content.get("text")
        if not isinstance(text, str) or not text.strip():
            raise BadReplyError("text is empty")
        if len(text) >= limit:
            raise BadReplyError(f"text must be shorter than {limit} characters")
    elif kind == "position":
        if not all(_is_number(content.get(name)) for name in ("longitude", "latitude")):
            raise BadReplyError("longitude and latitude must be numbers in strings")
    else:
        _check_articles(content.get("articles"))


def _check_articles(articles: Any) -> None:
    if not isinstance(articles, list) or not 1 <= len(articles) <= ARTICLES:
        raise BadReplyError(f"articles must be a list of 1 to {ARTICLES}")
    for article in articles:
        if not isinstance(article, dict) or not all(isinstance(article.get(name), str) for name in ARTICLE_FIELDS):
            raise BadReplyError("an article needs display_name, summary, image and url")
        if not article["display_name"].strip() or urlsplit(article["url"]).scheme not in {"http", "https"}:
            raise BadReplyError("an article needs a display_name and a web url")


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return isinstance(value, str)

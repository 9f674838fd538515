"""Customer-service messages: inside the allowance only, and only what the platform can show."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.effects import Effect, Effects
from sandbox.wechat.account import Account
from sandbox.wechat.articles import digest
from sandbox.wechat.calls import Call
from sandbox.wechat.errors import ApiError
from sandbox.wechat.followers import Followers
from sandbox.wechat.materials import Materials
from sandbox.wechat.publishing import Publishing

TYPING_SECONDS = 30


class Messages:
    """POST /cgi-bin/message/custom/send and …/typing. Source: `sub/customer/message/api_sendcustommessage`."""

    def __init__(
        self,
        account: Account,
        followers: Followers,
        materials: Materials,
        publishing: Publishing,
        effects: Effects,
    ) -> None:
        self._account = account
        self._followers = followers
        self._materials = materials
        self._publishing = publishing
        self._effects = effects
        self._branches: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "text": self._text,
            "image": lambda given: self._media("image", given),
            "voice": lambda given: self._media("voice", given),
            "video": lambda given: self._media("video", given),
            "music": lambda given: _titled(given, "musicurl"),
            "news": self._news,
            "mpnews": self._refused_branch,
            "mpnewsarticle": self._article,
            "msgmenu": self._menu,
            "miniprogrampage": lambda given: _titled(given, "pagepath"),
            "wxcard": lambda given: {"card_id": _member(given, "card_id", 47001)},
        }

    def send(self, call: Call) -> dict[str, Any]:
        """Send one message to one person."""
        openid = call.text("touser")
        person = self._followers.required(openid)
        kind = call.text("msgtype")
        branch = self._branches.get(kind)
        if branch is None:
            raise ApiError(40008, kind[:32])
        given = call.body.get(kind)
        if not isinstance(given, dict):
            raise ApiError(44002)
        content = branch(given)
        hint = call.body.get("aimsgcontext")
        by_ai = isinstance(hint, dict) and hint.get("is_ai_msg") == 1
        self._followers.spend(person)
        person.typing = False
        line = self._followers.say(person, "account", kind, content, via="custom", by_ai=by_ai)
        self._record(openid, kind, content, line.number)
        return {"errcode": 0, "errmsg": "ok"}

    def typing(self, call: Call) -> dict[str, Any]:
        """Show or hide 「对方正在输入」."""
        person = self._followers.required(call.text("touser"))
        command = call.text("command")
        if command not in ("Typing", "CancelTyping"):
            raise ApiError(45072)
        if command == "CancelTyping":
            person.typing = False
            return {"errcode": 0, "errmsg": "ok"}
        if self._account.now() - person.contact_at > TYPING_SECONDS:
            raise ApiError(45080)
        if person.typing:
            raise ApiError(45081)
        person.typing = True
        return {"errcode": 0, "errmsg": "ok"}

    def _record(self, openid: str, kind: str, content: Mapping[str, Any], number: int) -> None:
        text = str(content.get("content", ""))
        effect = Effect(
            id=str(number),
            index=1,
            title="",
            title_sha256="",
            body_sha256=digest(text),
            stored_sha256=digest(text),
            source_url="",
            media_id=str(content.get("media_id", "")),
            at=self._account.now(),
            live_at=self._account.now(),
            state="live",
            openid=openid,
            kind=kind,
        )
        self._effects.customer_messages.append(effect)

    def _text(self, given: Mapping[str, Any]) -> dict[str, Any]:
        content = _member(given, "content", 44004)
        if len(content.encode()) > self._account.options.text_limit_bytes:
            raise ApiError(45002)
        return {"content": content}

    def _media(self, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
        media_id = _member(given, "media_id", 41006)
        item = self._materials.usable(media_id, kind)
        return {"media_id": media_id, "url": item.url, "title": str(given.get("title", ""))}

    def _news(self, given: Mapping[str, Any]) -> dict[str, Any]:
        listed = given.get("articles")
        if not isinstance(listed, list) or not listed or not isinstance(listed[0], dict):
            raise ApiError(44003)
        if len(listed) > 1:
            raise ApiError(45008)
        item = listed[0]
        names = {"title": "title", "description": "description", "picture": "picurl", "url": "url"}
        article = {key: str(item.get(name, "")) for key, name in names.items()}
        if not article["title"]:
            raise ApiError(44003)
        return {"articles": [article]}

    def _article(self, given: Mapping[str, Any]) -> dict[str, Any]:
        live = self._publishing.published(_member(given, "article_id", 53600))
        shown = [{"title": a.title, "description": a.digest, "picture": a.thumb_url, "url": a.url} for a in live]
        return {"articles": shown}

    def _menu(self, given: Mapping[str, Any]) -> dict[str, Any]:
        listed = given.get("list")
        if not isinstance(listed, list) or not listed:
            raise ApiError(47001, "list")
        items = [
            {"id": _member(item, "id", 47001), "content": _member(item, "content", 44004)}
            if isinstance(item, dict)
            else {}
            for item in listed
        ]
        if not all(items):
            raise ApiError(47001, "list")
        head, tail = str(given.get("head_content", "")), str(given.get("tail_content", ""))
        size = len((head + tail + "".join(item["content"] for item in items)).encode())
        if size > self._account.options.text_limit_bytes:
            raise ApiError(45002)
        return {"head": head, "items": items, "tail": tail}

    def _refused_branch(self, given: Mapping[str, Any]) -> dict[str, Any]:
        # The documents call this branch deprecated in favour of mpnewsarticle; drafts can no longer be sent by it.
        raise ApiError(40007, str(given.get("media_id", ""))[:32])


def _member(given: Mapping[str, Any], name: str, code: int) -> str:
    value = given.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value:
        raise ApiError(code)
    return value


def _titled(given: Mapping[str, Any], address: str) -> dict[str, Any]:
    return {"title": str(given.get("title", "")), "url": _member(given, address, 47001)}

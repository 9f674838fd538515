"""Comments below articles. `index` counts from 0, unlike everywhere else on the platform."""

from dataclasses import dataclass
from typing import Any

from sandbox.wechat.account import Account
from sandbox.wechat.articles import Article, ArticleBook
from sandbox.wechat.calls import Call
from sandbox.wechat.errors import ApiError

REPLY_CHARACTERS = 1000
MOST_ELECTED = 100


@dataclass(slots=True, kw_only=True)
class Comment:
    """One comment and the account's reply to it. `elected` = shown to everybody (精选)."""

    number: int
    openid: str
    content: str
    at: float
    elected: bool = False
    deleted: bool = False
    reply: str = ""
    reply_at: float = 0.0

    def shown(self) -> dict[str, Any]:
        """As comment/list writes it."""
        data: dict[str, Any] = {
            "user_comment_id": self.number,
            "create_time": int(self.at),
            "content": self.content,
            "comment_type": int(self.elected),
            "openid": self.openid,
        }
        if self.reply:
            data["reply"] = {"content": self.reply, "create_time": int(self.reply_at)}
        return data


class Comments:
    """The calls below /cgi-bin/comment/; certified accounts with the comment right, else 88000."""

    def __init__(self, account: Account, book: ArticleBook) -> None:
        self._account = account
        self._book = book
        self._by_article: dict[str, list[Comment]] = {}

    def write(self, slug: str, openid: str, content: str) -> Comment:
        """A citizen writes a comment (the control API and the phone)."""
        listed = self._by_article.setdefault(slug, [])
        comment = Comment(number=len(listed) + 1, openid=openid, content=content, at=self._account.now())
        listed.append(comment)
        return comment

    def public(self, slug: str) -> list[Comment]:
        """What readers see below an article."""
        return [c for c in self._by_article.get(slug, []) if c.elected and not c.deleted]

    def of(self, slug: str) -> list[Comment]:
        """All that were written below an article and not deleted."""
        return [c for c in self._by_article.get(slug, []) if not c.deleted]

    def open(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/comment/open {msg_data_id, index}."""
        self._article(call).comments_open = True
        return {"errcode": 0, "errmsg": "ok"}

    def close(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/comment/close {msg_data_id, index}."""
        self._article(call).comments_open = False
        return {"errcode": 0, "errmsg": "ok"}

    def listing(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/comment/list {msg_data_id, index, begin, count < 50, type}."""
        article = self._article(call)
        begin, count, kind = call.number("begin"), call.number("count"), call.number("type")
        if not 0 < count < 50 or begin < 0:
            raise ApiError(88010)
        listed = [c for c in self._by_article.get(article.slug, []) if not c.deleted]
        if kind in (1, 2):
            listed = [c for c in listed if c.elected is (kind == 2)]
        page = listed[begin : begin + count]
        return {"errcode": 0, "errmsg": "ok", "total": len(listed), "comment": [c.shown() for c in page]}

    def elect(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/comment/markelect."""
        comment = self._comment(call)
        if not comment.elected and len(self.public(self._article(call).slug)) >= MOST_ELECTED:
            raise ApiError(88003)
        comment.elected = True
        return {"errcode": 0, "errmsg": "ok"}

    def unelect(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/comment/unmarkelect."""
        self._comment(call).elected = False
        return {"errcode": 0, "errmsg": "ok"}

    def delete(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/comment/delete."""
        self._comment(call).deleted = True
        return {"errcode": 0, "errmsg": "ok"}

    def reply(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/comment/reply/add {…, user_comment_id, content}."""
        comment = self._comment(call)
        content = call.text("content")
        if comment.reply:
            raise ApiError(88005)
        if not 0 < len(content) <= REPLY_CHARACTERS:
            raise ApiError(88007)
        if any(word in content for word in self._account.options.content_refuses):
            raise ApiError(88002)
        comment.reply, comment.reply_at = content, self._account.now()
        return {"errcode": 0, "errmsg": "ok"}

    def unreply(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/comment/reply/delete."""
        self._comment(call).reply = ""
        return {"errcode": 0, "errmsg": "ok"}

    def _article(self, call: Call) -> Article:
        if not self._account.options.comment_right:
            raise ApiError(88000)
        batch = self._book.batch(call.text("msg_data_id"))
        index = call.number("index")
        if batch is None or not 0 <= index < len(batch.articles):
            raise ApiError(88001)
        return batch.articles[index]

    def _comment(self, call: Call) -> Comment:
        listed = self._by_article.get(self._article(call).slug, [])
        number = call.number("user_comment_id")
        if not 1 <= number <= len(listed):
            raise ApiError(88008)
        comment = listed[number - 1]
        if comment.deleted:
            raise ApiError(88004)
        return comment

"""Followers of the account: who they are, what they may still be sent, and their chats."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.wechat.account import Account
from sandbox.wechat.calls import Call
from sandbox.wechat.errors import ApiError

MESSAGE_SECONDS = 48 * 3600
TAP_SECONDS = 60
# What a citizen's act allows: how many customer messages, for how long. Source: api_sendcustommessage.
ALLOWANCES = {
    "message": (5, MESSAGE_SECONDS),
    "menu": (3, TAP_SECONDS),
    "follow": (3, TAP_SECONDS),
    "scan": (3, TAP_SECONDS),
}
PAGE = 10_000


@dataclass(slots=True, kw_only=True)
class Grant:
    """An allowance that is running."""

    left: int
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLine:
    """One line of the chat as the follower's phone shows it. `side`: citizen, account or system."""

    number: int
    at: float
    side: str
    kind: str
    content: dict[str, Any]
    via: str = ""
    by_ai: bool = False


@dataclass(slots=True, kw_only=True)
class Follower:
    """One person with a phone."""

    openid: str
    name: str
    subscribed: bool
    subscribed_at: float
    scene: str = "ADD_SCENE_SEARCH"
    remark: str = ""
    tags: set[int] = field(default_factory=set)
    grants: dict[str, Grant] = field(default_factory=dict)
    chat: list[ChatLine] = field(default_factory=list)
    contact_at: float = 0.0
    typing: bool = False
    received: dict[str, int] = field(default_factory=dict)


class Followers:
    """All followers, and the calls below /cgi-bin/user/."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._all: dict[str, Follower] = {}
        self._lines = 0

    # -- for other parts ----------------------------------------------------------------------------------------

    def known(self, openid: str) -> Follower:
        """The person; somebody new is created as a follower, so that a test need not introduce them."""
        if openid not in self._all:
            self.enter(openid, f"群众{len(self._all) + 1}")
        return self._all[openid]

    def enter(self, openid: str, name: str, *, subscribed: bool = True) -> Follower:
        """Add a person."""
        person = Follower(openid=openid, name=name, subscribed=subscribed, subscribed_at=self._account.now())
        self._all[openid] = person
        return person

    def find(self, openid: str) -> Follower | None:
        """The person, or nothing."""
        return self._all.get(openid)

    def required(self, openid: str) -> Follower:
        """The person; 40003 for an openid that does not exist."""
        person = self._all.get(openid)
        if person is None:
            raise ApiError(40003, openid[:32])
        return person

    def all(self) -> list[Follower]:
        """Everybody, in order of arrival."""
        return list(self._all.values())

    def subscribed(self) -> list[Follower]:
        """Those who follow the account now."""
        return [person for person in self._all.values() if person.subscribed]

    def say(self, person: Follower, side: str, kind: str, content: dict[str, Any], **more: Any) -> ChatLine:
        """Add a line to a chat."""
        self._lines += 1
        line = ChatLine(number=self._lines, at=self._account.now(), side=side, kind=kind, content=content, **more)
        person.chat.append(line)
        return line

    def grant(self, person: Follower, reason: str) -> None:
        """The person did something that lets the account answer; the allowance of that reason starts anew."""
        count, seconds = ALLOWANCES[reason]
        now = self._account.now()
        person.grants[reason] = Grant(left=count, until=now + seconds)
        person.contact_at = now
        person.typing = False

    def spend(self, person: Follower) -> None:
        """Use one customer message; 45015 outside every window, 45047 when the windows are used up."""
        now = self._account.now()
        running = sorted((g for g in person.grants.values() if g.until > now), key=lambda grant: grant.until)
        if not person.subscribed or not running:
            raise ApiError(45015)
        for grant in running:
            if grant.left > 0:
                grant.left -= 1
                return
        raise ApiError(45047)

    # -- calls --------------------------------------------------------------------------------------------------

    def info(self, call: Call) -> dict[str, Any]:
        """GET /cgi-bin/user/info; no nickname and no picture since 2021-12-27."""
        person = self.required(call.query.get("openid", ""))
        if not person.subscribed:
            return {"subscribe": 0, "openid": person.openid, "tagid_list": []}
        return {
            "subscribe": 1,
            "openid": person.openid,
            "nickname": "",
            "sex": 0,
            "language": "zh_CN",
            "city": "",
            "province": "",
            "country": "",
            "headimgurl": "",
            "subscribe_time": int(person.subscribed_at),
            "remark": person.remark,
            "groupid": min(person.tags, default=0),
            "tagid_list": sorted(person.tags),
            "subscribe_scene": person.scene,
            "qr_scene": 0,
            "qr_scene_str": "",
        }

    def listing(self, call: Call) -> dict[str, Any]:
        """GET /cgi-bin/user/get?next_openid=…, 10,000 a page."""
        openids = [person.openid for person in self.subscribed()]
        after = call.query.get("next_openid", "")
        if after and after not in openids:
            raise ApiError(40003, after[:32])
        start = openids.index(after) + 1 if after else 0
        page = openids[start : start + PAGE]
        answer: dict[str, Any] = {"total": len(openids), "count": len(page)}
        if page:
            answer["data"] = {"openid": page}
        answer["next_openid"] = page[-1] if page else ""
        return answer

    def remark(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/user/info/updateremark."""
        person = self.required(call.text("openid"))
        person.remark = call.text("remark")[:30]
        return {"errcode": 0, "errmsg": "ok"}

    def with_tag(self, tag: int) -> Iterable[Follower]:
        """The followers who carry a tag."""
        return (person for person in self.subscribed() if tag in person.tags)

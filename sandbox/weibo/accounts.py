"""Who is on this Weibo: the government's account, a superior one, and the citizens who write to it."""

from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.weibo.dates import weibo_date

SUPERIOR_UID: Final = "1000000001"
CITIZENS: Final = {
    "2489518277": "河畔的风",
    "2489518278": "老街坊王阿姨",
    "2489518279": "刚搬来的小陈",
}
JOINED: Final = 1_300_000_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user. `verified_type` as the platform numbers it: -1 ordinary, 1 government."""

    uid: str
    screen_name: str
    verified: bool = False
    verified_type: int = -1
    verified_reason: str = ""


@dataclass(slots=True, kw_only=True)
class AccountBook:
    """All accounts by uid."""

    by_uid: dict[str, Account] = field(default_factory=dict)

    def add(self, account: Account) -> Account:
        self.by_uid[account.uid] = account
        return account

    def get(self, uid: str) -> Account | None:
        return self.by_uid.get(uid)

    def citizen(self, uid: str, nickname: str | None = None) -> Account:
        """The citizen of this uid, who joins Weibo if he is not there yet."""
        return self.by_uid.get(uid) or self.add(Account(uid=uid, screen_name=nickname or f"微博用户{uid[-4:]}"))


def government(uid: str, screen_name: str, reason: str) -> Account:
    return Account(uid=uid, screen_name=screen_name, verified=True, verified_type=1, verified_reason=reason)


def user_object(account: Account, *, posts: int = 0, followers: int = 0) -> dict[str, Any]:
    """The user as the open API shows it, abridged."""
    return {
        "id": int(account.uid),
        "idstr": account.uid,
        "screen_name": account.screen_name,
        "name": account.screen_name,
        "description": account.verified_reason,
        "followers_count": followers,
        "friends_count": 0,
        "statuses_count": posts,
        "created_at": weibo_date(JOINED),
        "verified": account.verified,
        "verified_type": account.verified_type,
        "verified_reason": account.verified_reason,
    }

"""Everything this Weibo knows, in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.weibo.accounts import CITIZENS, SUPERIOR_UID, Account, AccountBook, government
from sandbox.weibo.citizens import CitizenBook
from sandbox.weibo.grants import OWNER_SECONDS, GrantBook
from sandbox.weibo.limits import LimitBook
from sandbox.weibo.links import LinkBook
from sandbox.weibo.posts import Post, PostBook
from sandbox.weibo.remarks import RemarkBook
from sandbox.weibo.switches import WeiboSwitches

SUPERIOR_TEXT: Final = "【全市政务公开工作推进会召开】要让群众看得懂、听得到、信得过、能监督。"


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The application the government registered, and the domain bound to it (安全域名; empty = none)."""

    key: str
    secret: str
    token: str
    owner: str
    safe_domain: str


@dataclass(slots=True, kw_only=True)
class Article:
    """A published 头条文章."""

    object_id: str
    title: str
    content: str
    cover: str
    summary: str
    mid: str
    created_at: float


@dataclass(slots=True, kw_only=True)
class World:
    """The books, the application and the switches. `forget` empties the books and sets the scene anew."""

    app: App
    clock: Callable[[], float]
    switches: WeiboSwitches
    accounts: AccountBook = field(default_factory=AccountBook)
    grants: GrantBook = field(default_factory=GrantBook)
    posts: PostBook = field(default_factory=PostBook)
    remarks: RemarkBook = field(default_factory=RemarkBook)
    links: LinkBook = field(default_factory=LinkBook)
    limits: LimitBook = field(default_factory=LimitBook)
    citizens: CitizenBook = field(default_factory=CitizenBook)
    articles: dict[str, Article] = field(default_factory=dict)
    media: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    menu: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        self._set_the_scene()

    @property
    def account(self) -> Account:
        """The government's own account."""
        return self.accounts.by_uid[self.app.owner]

    def forget(self) -> None:
        """Start anew: the given token lives, the account has said nothing."""
        self.accounts, self.grants, self.posts = AccountBook(), GrantBook(), PostBook()
        self.remarks, self.links, self.limits = RemarkBook(), LinkBook(), LimitBook()
        self.citizens, self.articles, self.media, self.menu = CitizenBook(), {}, {}, None
        self._set_the_scene()

    def rename(self) -> None:
        """Give the account the name and the reason the switches hold."""
        self.accounts.add(government(self.app.owner, self.switches.screen_name, self.switches.verified_reason))

    def _set_the_scene(self) -> None:
        now = self.clock()
        self.rename()
        self.accounts.add(government(SUPERIOR_UID, "市政府发布", "市人民政府办公室官方微博"))
        for uid, nickname in CITIZENS.items():
            self.accounts.add(Account(uid=uid, screen_name=nickname))
        self.grants.issue(self.app.owner, "owner", now, OWNER_SECONDS, self.app.token)
        self.posts.add(
            Post(
                mid=self.posts.next_mid(now),
                uid=SUPERIOR_UID,
                sent=SUPERIOR_TEXT,
                text=SUPERIOR_TEXT,
                urls=[],
                created_at=now,
                kind="update",
                source="微博网页版",
            )
        )

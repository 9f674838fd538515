"""The posts that exist or existed."""

from dataclasses import dataclass, field
from typing import Final, Literal

# A mid holds its second in the high bits; this is the observed origin of that count.
MID_EPOCH: Final = 515_483_463

Remover = Literal["owner", "review"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An uploaded picture as it came; `kind` is JPEG, PNG or GIF."""

    pid: str
    kind: str
    data: bytes

    @property
    def extension(self) -> str:
        return "jpg" if self.kind == "JPEG" else self.kind.lower()


@dataclass(slots=True, kw_only=True)
class Post:
    """A post. `sent` is what the client sent, `text` what is stored: its URLs are short links,
    `bare` its words alone, by which similar posts are found."""

    mid: str
    uid: str
    sent: str
    text: str
    urls: list[str]
    created_at: float
    bare: str = ""
    kind: Literal["share", "update", "repost", "article"] = "share"
    source: str = ""
    picture: Picture | None = None
    original: str | None = None
    article: str | None = None
    rip: str = ""
    annotations: str = ""
    visible: int = 0
    likes: int = 0
    shared: int = 0
    """Reposts by readers, who are counted only."""
    removed_by: Remover | None = None
    removed_at: float | None = None


@dataclass(slots=True, kw_only=True)
class PostBook:
    """All posts by mid, in the order they came."""

    by_mid: dict[str, Post] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)
    last: int = 0

    def next_mid(self, now: float) -> str:
        """A mid that grows with time and is never given twice."""
        self.last = max(self.last + 1, (int(now) - MID_EPOCH) << 22)
        return str(self.last)

    def add(self, post: Post) -> Post:
        self.by_mid[post.mid] = post
        if post.picture is not None:
            self.pictures[post.picture.pid] = post.picture
        return post

    def live(self, mid: str) -> Post | None:
        post = self.by_mid.get(mid)
        return post if post is not None and post.removed_by is None else None

    def of(self, uid: str, *, removed: bool = False) -> list[Post]:
        """A user's posts, newest first."""
        return [p for p in reversed(self.by_mid.values()) if p.uid == uid and (removed or p.removed_by is None)]

    def remove(self, mid: str, by: Remover, now: float) -> Post | None:
        """Take a post down; None when it is not up."""
        post = self.live(mid)
        if post is not None:
            post.removed_by, post.removed_at = by, now
        return post

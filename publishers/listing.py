"""What a platform lists, compared with what the ledger knows: which post is whose, and how far back the list goes. Pure.

After a restore the ledger is older than the platforms. A post is known again by the link to our page that it carries and
by its title; a list proves that something is missing only as far back as it was read.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from publishers.port import Shown

SKEW = timedelta(minutes=10)
"""A platform's clock may be behind ours by some minutes."""
DRAFT = "draft"
_PAGE = re.compile(r"/d/(\d{1,9})$")
_NOT_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a platform shows of one account, at most ``limit`` of each kind, the newest first."""

    posts: tuple[Shown, ...]
    limit: int

    @property
    def public(self) -> tuple[Shown, ...]:
        """What the public can see: no drafts."""
        return tuple(post for post in self.posts if post.kind != DRAFT)

    def reaches(self, since: datetime, *, drafts: bool) -> bool:
        """Whether everything of that moment and later is in the list; with ``drafts`` the box of drafts too."""
        kinds = [self.public] + ([[p for p in self.posts if p.kind == DRAFT]] if drafts else [])
        return all(self._reaches(kind, since) for kind in kinds)

    def _reaches(self, posts: Sequence[Shown], since: datetime) -> bool:
        return len(posts) < self.limit or any(post.at is not None and post.at < since for post in posts)

    def unknown(self, *, ids: Collection[str], urls: Collection[str], since: datetime) -> list[Shown]:
        """Public posts since that moment that no delivery is recorded to be."""
        return [
            post
            for post in self.public
            if post.external_id not in ids
            and not (post.url and post.url in urls)
            and (post.at is None or post.at >= since - SKEW)
        ]


def article_of(posts: Sequence[Shown], *, page_url: str, approved: str, due_at: datetime) -> Shown | None:
    """The oldest article among the posts that links to this page and bears the approved title, the first line of
    ``approved``. A post is left to the channel, which knows how its platform rewrites texts. Never older than its moment
    (I2)."""
    title = plain(approved.split("\n", 1)[0])
    ours = [
        post
        for post in posts
        if post.kind == "article"
        and post.page_url.split("#")[0] == page_url
        and plain(post.text) == title
        and (post.at is None or post.at >= due_at - SKEW)
    ]
    return min(ours, key=lambda post: post.at or due_at, default=None)


def disclosure_of(post: Shown, page_url: Callable[[int], str]) -> int | None:
    """The number of the disclosure whose page a post links to; None when it links to no page of ours."""
    found = _PAGE.search(post.page_url.split("#")[0])
    number = int(found[1]) if found else 0
    return number if number and post.page_url.split("#")[0] == page_url(number) else None


def plain(text: str) -> str:
    """Letters and digits only: platforms change spaces and marks."""
    return _NOT_WORDS.sub("", unicodedata.normalize("NFKC", text)).casefold()

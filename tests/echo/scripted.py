"""A platform's discussion that does as it is told, and a row of a published delivery."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from publishers.echo.port import Act, Address, Batch, Cursor, Heard, Post, Seen, Spoken
from publishers.echo.records import Comment
from publishers.records import Delivery, Release
from staff.person import Person
from staff.roles import Role

WRITER = Person(account_id=1, name="xiao", display_name="小王", unit="区府办", roles=frozenset({Role.PUBLISHER}))
SECOND = Person(account_id=2, name="da", display_name="大李", unit="区府办", roles=frozenset({Role.HANDLER}))
READER = Person(account_id=3, name="kan", display_name="老张", unit="区府办", roles=frozenset({Role.AUDITOR}))


class ScriptedDiscussion:
    """``outcome`` is what a reply brings, ``shows`` what a look finds; ``said`` are the words that were sent."""

    acts = frozenset(Act)
    longest = 140

    def __init__(self) -> None:
        self.outcome: Spoken | Exception | None = None
        self.shows: Spoken | Exception = Spoken(seen=Seen.NOT_FOUND, message="平台上没有看到这条回复。")
        self.said: list[str] = []
        self.done: list[Act] = []
        self.unsaid: list[str] = []
        self.batches: list[Batch] = []
        self.trouble: Exception | None = None
        self.asked = 0

    def length(self, text: str) -> int:
        return len(text)

    async def hear(self, posts: Sequence[Post], cursor: Cursor, *, now: datetime) -> AsyncIterator[Batch]:
        self.asked += 1
        for batch in self.batches:
            yield batch
        if self.trouble is not None:
            raise self.trouble

    async def reply(self, address: Address, text: str) -> Spoken:
        self.said.append(text)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome or Spoken(seen=Seen.FOUND, external_id="R1")

    async def replied(self, address: Address, text: str) -> Spoken:
        if isinstance(self.shows, Exception):
            raise self.shows
        return self.shows

    async def unsay(self, address: Address, external_id: str) -> None:
        self.unsaid.append(external_id)

    async def act(self, address: Address, act: Act) -> None:
        self.done.append(act)


def heard(number: int, at: datetime, text: str = "请问补贴什么时候发？", **more: Any) -> Heard:
    """A comment below delivery 1."""
    values: dict[str, Any] = {"delivery_id": 1, "author": "王建国", "author_id": "u1", **more}
    return Heard(external_id=str(number), address={"mid": "9", "cid": str(number)}, text=text, at=at, **values)


async def published(
    channel: str, now: datetime, *, facts: dict[str, Any] | None = None, disclosure: int = 7
) -> Delivery:
    """A delivery that went out an hour ago."""
    at = now - timedelta(hours=1)
    release = await Release.create(
        disclosure_id=disclosure, revision=1, content_hash="0" * 64, due_at=at, created_by_id=1, created_by_name="发布员",
        created_at=at,
    )  # fmt: skip
    return await Delivery.create(
        release=release, disclosure_id=disclosure, channel=channel, state="published", due_at=at, content_hash="0" * 64,
        payload={"text": "供暖补贴", "title": "供暖补贴"}, payload_sha256="0" * 64, facts=facts or {}, published_at=at, updated_at=at,
    )  # fmt: skip


async def waiting_comment(now: datetime, *, channel: str = "weibo", number: int = 5, **more: Any) -> Comment:
    """A comment that waits for an answer."""
    values: dict[str, Any] = {"text": "请问补贴什么时候发？", "at": now - timedelta(hours=2), "state": "new", **more}
    return await Comment.create(
        channel=channel, external_id=str(number), address={"mid": "9", "cid": str(number)}, heard_at=now,
        author="王＊＊", **values,
    )  # fmt: skip

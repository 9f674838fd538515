"""Two platforms and a portal as the ledger meets them: they count what really took effect, and do on demand whatever can go
wrong between a request and its answer. ``Truth`` is the small model that everything is compared with."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient

from disclosures.content import Content
from publishers.errors import ChannelBusy, ChannelRefused, ChannelUnavailable, OutcomeUnknown
from publishers.fencing import fence
from publishers.port import (
    Capabilities,
    ChannelName,
    Facts,
    Live,
    Liveness,
    LoadFile,
    Problem,
    Rendered,
    Shown,
    Sighting,
    Ticket,
    Verdict,
)

LATEST_COMMIT = 60
"""Seconds after which a platform has done what it will ever do with a request (tried: 4–60)."""
RUNS = timedelta(seconds=3)
"""How long an accepted submission is being worked on."""
SENDS = ("ok", "lost", "nothing", "late", "refused", "unavailable", "busy", "rejected", "slow", "stopped")
READS = ("truth", "away", "blind")


@dataclass(slots=True, kw_only=True)
class Post:
    """What the public can see, or could."""

    release: int
    channel: str
    at: datetime
    live: bool = True


@dataclass(slots=True)
class Truth:
    """What time it is, what truly happened, and what of it was wrong."""

    moment: datetime
    posts: list[Post] = field(default_factory=list)
    approved: dict[int, str | None] = field(default_factory=dict)
    """Disclosure → the hash of the text that three people signed, as long as they stand by it."""
    withdrawn: set[int] = field(default_factory=set)
    cancelled: set[tuple[int, str]] = field(default_factory=set)
    """Release and channel: deliveries that were cancelled before they went out."""
    halted: bool = False
    due: dict[tuple[int, str], datetime] = field(default_factory=dict)
    """(release, channel) → the moment that people decided last."""
    left: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """Delivery → how many requests with an effect left the house."""
    wrong: list[str] = field(default_factory=list)
    """What happened and must never happen."""
    _late: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)

    async def now(self) -> datetime:
        return self.moment

    def steady(self) -> float:
        return self.moment.timestamp()

    def advance(self, seconds: float) -> None:
        """Time goes by, and what comes late comes."""
        end = self.moment + timedelta(seconds=seconds)
        for at, happen in sorted(self._late, key=lambda one: one[0]):
            if at <= end:
                self.moment = max(self.moment, at)
                happen()
        self._late = [one for one in self._late if one[0] > end]
        self.moment = end

    def later(self, seconds: float, happen: Callable[[], None]) -> None:
        self._late.append((self.moment + timedelta(seconds=seconds), happen))

    def live(self, release: int, channel: str) -> list[Post]:
        return [post for post in self.posts if (post.release, post.channel, post.live) == (release, channel, True)]

    def ever(self, release: int, channel: str) -> bool:
        return any((post.release, post.channel) == (release, channel) for post in self.posts)

    def may_go_out(self, disclosure: int, release: int, channel: str, content_hash: str) -> None:
        """Asked at the commit of an intent: whether this text may begin to go out at this moment."""
        self.must(self.moment >= self.due[release, channel], "sent early")
        self.must(not self.halted, "sent while the red switch was on")
        self.must(disclosure not in self.withdrawn, "sent after it was withdrawn")
        self.must((release, channel) not in self.cancelled, "sent after it was cancelled")
        self.must(self.approved.get(disclosure) == content_hash, "sent without the approval of three people")

    def take_effect(self, ticket: Ticket, channel: str) -> None:
        self.must(self.moment >= self.due[ticket.release_id, channel], "out early")
        self.must(not self.live(ticket.release_id, channel), f"a duplicate on {channel}")
        self.posts.append(Post(release=ticket.release_id, channel=channel, at=self.moment))

    def must(self, so: bool, otherwise: str) -> None:
        """Noted and not raised: the house survives whatever a channel raises, and would swallow it."""
        if not so:
            self.wrong.append(otherwise)

    def remove(self, release: int, channel: str) -> None:
        for post in self.live(release, channel):
            post.live = False


class ModelChannel:
    """What every channel has in common: one title and one link."""

    name: ChannelName

    def __init__(self, truth: Truth) -> None:
        self.truth = truth

    def render(self, content: Content, *, page_url: str) -> Rendered:
        return Rendered(payload={"title": content.title, "url": page_url, "hash": content.digest()})

    def check(self, content: Content, *, page_url: str) -> tuple[Problem, ...]:
        return ()

    def approved_text(self, payload: Mapping[str, Any]) -> str:
        return str(payload["title"])

    async def read_back(self, ticket: Ticket) -> Live:
        live = bool(self.truth.live(ticket.release_id, self.name))
        return Live(liveness=Liveness.LIVE if live else Liveness.GONE, text=self.approved_text(ticket.payload))


class ModelPortal(ModelChannel):
    """Our own pages; a page is a row, so it comes and goes with the transaction."""

    name = ChannelName.PORTAL
    capabilities = Capabilities(local=True, links_to_portal=False)

    async def publish(self, connection: BaseDBAsyncClient, ticket: Ticket, *, now: datetime) -> Sighting:
        content_hash = str(ticket.payload["hash"])
        self.truth.may_go_out(ticket.disclosure_id, ticket.release_id, self.name, content_hash)
        await connection.execute_query(
            "INSERT OR REPLACE INTO portal_page (disclosure_id, release_id, state, title, unit, category, published_at,"
            " updated_at, explanation, payload, text) VALUES (?, ?, 'live', '', '', '', ?, ?, '', '{}', '')",
            [ticket.disclosure_id, ticket.release_id, now.isoformat(), now.isoformat()],
        )
        return Sighting(verdict=Verdict.PUBLISHED, url=ticket.page_url)

    async def retract(
        self, connection: BaseDBAsyncClient, disclosure_id: int, *, explanation: str, repealed: bool, now: datetime
    ) -> None:
        await connection.execute_query(
            "UPDATE portal_page SET state = 'withdrawn' WHERE disclosure_id = ?", [disclosure_id]
        )


@dataclass(slots=True)
class Submission:
    """A draft that was submitted: its end, and when that shows."""

    publish_id: str
    media_id: str
    ends_at: datetime
    accepted: bool


class ModelPlatform(ModelChannel):
    """A platform. ``drafts``: like WeChat, where a draft is used up by its one submission; else like Weibo, where every
    request is a post and absence can never be proved. ``send_mood`` and ``read_mood`` say what happens next."""

    def __init__(self, truth: Truth, *, drafts: bool) -> None:
        super().__init__(truth)
        self.name = ChannelName.WECHAT if drafts else ChannelName.WEIBO
        self.capabilities = Capabilities(
            local=False, links_to_portal=True, drafts=drafts, follows=drafts, may_conclude_absent=drafts,
            shows_newest=0 if drafts else 5,
        )  # fmt: skip
        self.send_mood, self.prepare_mood, self.read_mood, self.remove_mood = "ok", "ok", "truth", "truth"
        self.delay = 30
        self.freeze: Callable[[], asyncio.Future[str]] | None = None
        self.events: list[dict[str, Any]] = []
        self._made = 0
        self._unused: set[str] = set()
        self._submitted: dict[str, Submission] = {}

    # Calls that the ledger makes

    async def prepare(self, ticket: Ticket, load_file: LoadFile) -> Facts:
        if not self.capabilities.drafts:
            return {}
        mood, self.prepare_mood = self.prepare_mood, "ok"
        self._trouble(mood)
        self._made += 1
        media_id = f"M{self._made}"
        self._unused.add(media_id)
        if mood == "lost":
            raise OutcomeUnknown("超时")
        return {"media_id": media_id}

    async def send(self, ticket: Ticket) -> Sighting:
        mood, self.send_mood = self.send_mood, "ok"
        if mood == "stopped" and self.freeze is not None:
            # The process is stopped before the first byte is written, for as long as it pleases somebody.
            mood = await self.freeze()
        for check in fence().on_request_headers_sent:
            await check(None, None, None)  # type: ignore[arg-type]
        self._trouble(mood)
        self.truth.left[ticket.delivery_id] += 1
        if mood == "late":
            self.truth.later(self.delay, lambda: self._take(ticket, accepted=True))
        elif mood != "nothing":
            self._take(ticket, accepted=mood != "rejected")
        if mood == "slow" and self.freeze is not None:
            # It has taken effect, and the process is stopped before it hears of it.
            await self.freeze()
        if mood in {"late", "nothing", "lost"}:
            raise OutcomeUnknown("连接中断")
        return self._answer(ticket)

    async def follow(self, ticket: Ticket) -> Sighting:
        return self._read(ticket, str(ticket.facts.get("media_id")))

    async def look(self, ticket: Ticket) -> Sighting:
        return self._read(ticket, str(ticket.facts.get("media_id")))

    def recognise(self, event: Mapping[str, Any], ticket: Ticket) -> Sighting | None:
        if not event.get("media_id") or event["media_id"] != ticket.facts.get("media_id"):
            return None
        return self._end(bool(event["accepted"]))

    async def withdraw(self, ticket: Ticket) -> Sighting:
        if self.remove_mood == "away":
            raise ChannelUnavailable("平台没有响应")
        if self.remove_mood == "refused" and self.truth.live(ticket.release_id, self.name):
            raise ChannelRefused("没有删除权限", remedy="请到平台后台手工删除")
        self.truth.remove(ticket.release_id, self.name)
        return Sighting(verdict=Verdict.GONE)

    async def shown(self, *, limit: int) -> tuple[Shown, ...]:
        return ()

    async def readiness(self) -> tuple[Problem, ...]:
        return ()

    # What happens on the other side

    def _trouble(self, mood: str) -> None:
        if mood == "refused":
            raise ChannelRefused("平台拒收", remedy="请修改")
        if mood == "unavailable":
            raise ChannelUnavailable("连接被拒绝")
        if mood == "busy":
            raise ChannelBusy("次数已用完", retry_at=self.truth.moment + timedelta(minutes=10))

    def _take(self, ticket: Ticket, *, accepted: bool) -> None:
        media_id = str(ticket.facts.get("media_id"))
        if self.capabilities.drafts:
            if media_id not in self._unused:
                return
            self._unused.discard(media_id)
            ends_at = self.truth.moment + RUNS
            self._submitted[media_id] = Submission(f"P{media_id}", media_id, ends_at, accepted)
            self.events.append({"media_id": media_id, "accepted": accepted})
        if accepted:
            self.truth.take_effect(ticket, self.name)

    def _answer(self, ticket: Ticket) -> Sighting:
        if not self.capabilities.drafts:
            if not self.truth.ever(ticket.release_id, self.name):
                raise ChannelRefused("审核不通过", remedy="请修改")
            return Sighting(verdict=Verdict.PUBLISHED, external_id=f"W{ticket.release_id}", url="https://weibo.com/1/2")
        known = self._submitted.get(str(ticket.facts.get("media_id")))
        if known is None:
            raise OutcomeUnknown("草稿已经使用")
        return Sighting(verdict=Verdict.RUNNING, facts={"publish_id": known.publish_id})

    def _read(self, ticket: Ticket, media_id: str) -> Sighting:
        if self.read_mood == "away":
            raise ChannelUnavailable("平台没有响应")
        if self.read_mood == "blind":
            return Sighting(verdict=Verdict.UNKNOWN)
        if not self.capabilities.drafts:
            live = self.truth.live(ticket.release_id, self.name)
            return self._end(True) if live else Sighting(verdict=Verdict.UNKNOWN)
        known = self._submitted.get(media_id)
        if known is None:
            return Sighting(verdict=Verdict.ABSENT if media_id in self._unused else Verdict.UNKNOWN)
        if self.truth.moment < known.ends_at:
            return Sighting(verdict=Verdict.RUNNING, facts={"publish_id": known.publish_id})
        return self._end(known.accepted)

    def _end(self, accepted: bool) -> Sighting:
        if accepted:
            return Sighting(verdict=Verdict.PUBLISHED, external_id="A1", url="https://mp.weixin.qq.com/s/1")
        return Sighting(verdict=Verdict.FAILED, message="审核不通过", remedy="请修改")

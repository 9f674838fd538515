"""Foreign posts: what stands on our accounts, links to our portal, and belongs to no delivery of the ledger.

After a restore these are what was released after the backup. Each blocks its channel for its disclosure until a person has
settled it, for a second release of it would be a duplicate. Where a platform shows only its newest posts, a disclosure that
was approved and may have gone out unseen is blocked in the same way.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from disclosures.records import Disclosure
from publishers.errors import NotReleasable
from publishers.incidents import clear_incident, raise_incident
from publishers.listing import Listing, disclosure_of
from publishers.port import ChannelName, Shown
from publishers.quarantine import set_aside_one
from publishers.records import Delivery, ForeignPost, Halt
from publishers.states import BEFORE_INTENT, State
from staff.person import Person
from staff.roles import Verb

RECENT = timedelta(days=7)
"""A disclosure that was released longer ago is not supposed to have gone to one more channel just after the backup."""
UNSEEN = "unseen:"
"""Begins the external id of a row that stands for a post nobody could look for."""
LINK = "/console/halt#foreign"
KIND = "restore"
MACHINE = Actor.machine("恢复后核对")
_OURS = (State.SUBMITTED, State.PUBLISHED, State.WITHDRAWING, State.WITHDRAWN)
_NAMES = {ChannelName.PORTAL: "门户网站", ChannelName.WECHAT: "微信", ChannelName.WEIBO: "微博"}


class Foreign:
    """Finds them, keeps them, lets a person settle them."""

    def __init__(self, *, clock: Clock, trail: Trail, page_url: Callable[[int], str]) -> None:
        self._clock = clock
        self._trail = trail
        self._page_url = page_url

    async def unknown(self, listing: Listing, channel: ChannelName, since: datetime) -> list[Shown]:
        """The listed posts since that moment which no delivery is recorded to be."""
        shown = listing.public
        rows = Delivery.filter(channel=channel)
        ids = await rows.filter(external_id__in=[post.external_id for post in shown]).values_list(
            "external_id", flat=True
        )
        urls = await rows.filter(url__in=[post.url for post in shown if post.url]).values_list("url", flat=True)
        spare = listing.unknown(ids=set(map(str, ids)), urls=set(map(str, urls)), since=since)
        # Accepted but not followed to its end, or recorded by a person without a number: then the page tells.
        pages = {number for post in spare if (number := disclosure_of(post, self._page_url)) is not None}
        unnumbered = await rows.filter(disclosure_id__in=list(pages), state__in=list(_OURS), external_id="", url="")
        taken = {row.disclosure_id for row in unnumbered}
        return [post for post in spare if disclosure_of(post, self._page_url) not in taken]

    async def wake_planned(self, halt: Halt, channel: ChannelName, posts: Sequence[Shown], now: datetime) -> None:
        """A delivery planned for later, whose page some unknown post links to already, must not go out as planned."""
        for post in posts:
            number = disclosure_of(post, self._page_url)
            planned = Delivery.filter(
                disclosure_id=number or 0, channel=channel, state__in=list(BEFORE_INTENT), due_at__gt=halt.raised_at
            )
            for row in await planned:
                async with in_transaction() as connection:
                    await set_aside_one(connection, row, halt, now, since=post.at or halt.raised_at)

    async def note(
        self, channel: ChannelName, posts: Sequence[Shown], now: datetime, *, waiting: Collection[int] = ()
    ) -> None:
        """Writes down what nobody knows; the same post again is the same row. Posts without a link to us are none of
        ours: people write by hand too. ``waiting``: disclosures whose deliveries may still turn out to be one of them."""
        for post in posts:
            number = disclosure_of(post, self._page_url)
            if number is None or number in waiting:
                continue
            known = await Disclosure.filter(id=number).exists()
            await self._keep(
                channel, post.external_id, number, now, url=post.url, text=post.text, posted_at=post.at,
                said=f"{_NAMES[channel]}上有一条链接到 /d/{number} 的内容，恢复的数据里没有它的投放记录",
                remedy=_REMEDY if known else _REMEDY_LOST,
            )  # fmt: skip

    async def note_unseen(self, channel: ChannelName, newest: int, now: datetime, *, raised_at: datetime) -> None:
        """The list does not go back to the backup: whatever was approved then and is not planned may be out there."""
        recent = (
            Q(state="approved")
            | Q(emergency_hash__isnull=False)
            | Q(state="released", updated_at__gt=raised_at - RECENT)
        )
        rows = Disclosure.filter(recent, updated_at__lte=raised_at).only("id", "approved_hash", "emergency_hash")
        for disclosure in await rows.order_by("-id").limit(500):
            standing = Delivery.filter(disclosure_id=disclosure.id, channel=channel).exclude(state=State.CANCELLED)
            if await standing.filter(content_hash=disclosure.approved_hash or disclosure.emergency_hash or "").exists():
                continue
            await self._keep(
                channel, f"{UNSEEN}{disclosure.id}", disclosure.id, now, url="", text="", posted_at=None,
                said=f"{_NAMES[channel]}只能读到最近 {newest} 条，不能排除 /d/{disclosure.id} 在备份之后已经发布",
                remedy="请到平台上翻看备份时间之后的内容，在“发布总开关”页面登记核对结果",
            )  # fmt: skip

    async def _keep(
        self, channel: ChannelName, external_id: str, number: int, now: datetime, *, url: str, text: str,
        posted_at: datetime | None, said: str, remedy: str,
    ) -> None:  # fmt: skip
        row = await ForeignPost.get_or_none(channel=channel, external_id=external_id)
        if row is not None:
            return
        try:
            await ForeignPost.create(
                channel=channel, external_id=external_id, disclosure_id=number, url=url[:512], text=text,
                posted_at=posted_at, found_at=now, remark=said,
            )  # fmt: skip
        except IntegrityError:
            return  # Another node read the same list.
        await raise_incident(_key(channel, external_id), kind=KIND, message=said, remedy=remedy, now=now, link=LINK)

    async def is_ours(self, channel: str, external_id: str) -> None:
        """A later reading found out whose post this is."""
        now = await self._clock.now()
        rows = ForeignPost.filter(channel=channel, external_id=external_id, settled_at=None)
        if await rows.update(settled_at=now, settled_by_name=MACHINE.name):
            await clear_incident(_key(channel, external_id), now=now, by=MACHINE.name)

    async def settle(self, person: Person, post_id: int, *, remark: str) -> ForeignPost:
        """已核对: a person looked at it and says what it is; the channel is open again for its disclosure. Raises
        NotAllowed, NotReleasable."""
        person.require(Verb.DELIVERY_DECIDE)
        remark = remark.strip()
        if not remark:
            raise NotReleasable("请写明核对结果", remedy="例如：备份之后发布的，内容无误，保留")
        async with in_transaction() as connection:
            now = await self._clock.now()
            post = await ForeignPost.filter(id=post_id).using_db(connection).select_for_update().first()
            if post is None or post.settled_at is not None:
                raise NotReleasable("这一条已经登记过了", remedy="请刷新页面查看")
            said = f"{post.remark}；核对结果：{remark[:500]}"
            settled = ForeignPost.filter(id=post_id, settled_at=None).using_db(connection)
            await settled.update(settled_at=now, settled_by_name=person.label, remark=said)
            await self._trail.append(
                connection, at=now, actor=person.actor, verb="foreign.settled",
                subject=f"disclosure:{post.disclosure_id}", channel=post.channel, external_id=post.external_id,
                url=post.url, reason=remark,
            )  # fmt: skip
        await clear_incident(_key(post.channel, post.external_id), now=now, by=person.label)
        return post


async def open_posts() -> list[ForeignPost]:
    """Those that nobody has settled, the newest first."""
    return await ForeignPost.filter(settled_at=None).order_by("-posted_at", "-id").limit(200)


_REMEDY = "请核对后登记；该信息仍应公开的，请在门户和智能问答重新安排发布，平台上这一条不会重发"
_REMEDY_LOST = "该信息是备份之后起草的，没有恢复。请重新起草并送审；平台上的旧链接已失效，请到平台处理后登记"


def _key(channel: str, external_id: str) -> str:
    return f"foreign:{channel}:{external_id}"

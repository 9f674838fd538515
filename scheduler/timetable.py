"""The timetable: what goes out when. A release is checked, rendered and frozen here; “now” is only another moment."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from ipaddress import ip_address

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from disclosures.content import Content
from disclosures.errors import DisclosureError, StateRefused
from disclosures.examination import Cleared, Examination
from disclosures.records import Disclosure
from disclosures.sheet import Sheet, read_approved, read_releasable
from publishers.conclusion import lock_disclosure
from publishers.errors import NotReleasable
from publishers.mass_quota import MassQuota
from publishers.port import Channel, ChannelName, Severity
from publishers.quarantine import foreign_posts_block
from publishers.records import Delivery, PortalPage, Release
from publishers.states import BEFORE_INTENT, State
from scheduler.errors import ReleaseNotFound
from scheduler.moments import parse_moment
from scheduler.moving import forget_probes, movable, move_row
from scheduler.planning import Planning
from staff.person import Person
from staff.roles import Verb

CHANNEL_NAMES = {
    ChannelName.PORTAL: "门户网站",
    ChannelName.WECHAT: "微信",
    ChannelName.WEIBO: "微博",
    ChannelName.ANSWERS: "智能问答",
}
STANDING = [state for state in State if state not in {State.FAILED, State.CANCELLED, State.WITHDRAWN}]


class Timetable:
    """Plans, moves and cancels releases. Every verb: check → one transaction → after the commit, ring."""

    def __init__(
        self,
        *,
        clock: Clock,
        trail: Trail,
        channels: Mapping[ChannelName, Channel],
        page_url: Callable[[int], str],
        ring: Callable[[], None],
        mass_quota: MassQuota | None = None,
        planning: Planning | None = None,
        examination: Examination | None = None,
    ) -> None:
        """``mass_quota`` keeps the places of WeChat's mass sends; None where no account is connected. ``planning`` asks
        the quiet days and the channels' hours; None: nobody keeps any. ``examination`` asks the blocking checks once more:
        words may have been added since the text was submitted."""
        self._planning = planning
        self._examination = examination
        self._mass_quota = mass_quota
        self._clock = clock
        self._trail = trail
        self._channels = channels
        self._page_url = page_url
        self._ring = ring

    @property
    def channels(self) -> tuple[ChannelName, ...]:
        """The channels that this installation has."""
        return tuple(self._channels)

    async def schedule(
        self,
        person: Person,
        disclosure_id: int,
        *,
        at: str,
        channels: Iterable[str],
        confirm_mass: bool = False,
        idempotency_key: str | None = None,
        operator_address: str = "",
        override: str = "",
        confirm_quiet: bool = True,
        reason: str = "",
        emergency: bool = False,
        ask_twice: bool = False,
    ) -> Release:
        """Plans an approved disclosure for ``at`` (“now” or RFC 3339) on some channels and freezes what will be sent.

        Raises NotAllowed, MomentRefused, NotReleasable, and InvalidContent with what the checks find now; ``reason`` lets
        pass what a person may let pass (``ask_twice``: also what would come out twice). With the same ``idempotency_key`` the first release is returned.
        ``override`` is the reason to publish on a day that forbids it; ``confirm_quiet`` False: ask first on one that warns.
        ``operator_address`` is where the person sits: Weibo wants to know it (``rip``, weibo.md §4). ``emergency``: the text
        has a live authorisation instead of its signatures, and goes out now (``scheduler.emergency`` alone says so).
        """
        person.require(Verb.RELEASE_EMERGENCY if emergency else Verb.RELEASE_SCHEDULE)
        at = "now" if emergency else at
        if idempotency_key is not None:
            known = await Release.get_or_none(idempotency_key=idempotency_key)
            if known is not None:
                return known
        wanted = self._wanted(channels)
        cleared = (
            await self._examination.cleared(disclosure_id, reason=reason, signed=not emergency, twice=ask_twice)
            if self._examination else Cleared()
        )  # fmt: skip
        async with in_transaction() as connection:
            now = await self._clock.now()
            due_at = parse_moment(at, now=now)
            disclosure = await Disclosure.filter(id=disclosure_id).using_db(connection).select_for_update().first()
            if idempotency_key is not None:
                # Again, now that the lock is ours: the same request may have come twice at once.
                known = await Release.filter(idempotency_key=idempotency_key).using_db(connection).first()
                if known is not None:
                    return known
            if disclosure is None:
                raise NotReleasable("没有这条公开信息", remedy="请核对编号")
            text = await _approved(connection, disclosure.id, emergency=emergency)
            content = text.content
            quiet = await self._asked(connection, due_at, wanted, now, at == "now", override, confirm_quiet)
            await self._as_cleared(connection, person, text, cleared, now)
            await self._no_duplicates(connection, text, wanted)
            for name in wanted:
                await foreign_posts_block(connection, disclosure.id, name)
            await self._portal_first(connection, disclosure, wanted)
            self._checked(content, disclosure.id, wanted)
            mass = ChannelName.WECHAT in wanted and content.wechat.mode == "mass"
            if mass:
                self._mass_confirmed(person, disclosure, confirm_mass, emergency=emergency)
            release = await Release.create(
                using_db=connection,
                disclosure_id=disclosure.id,
                revision=text.revision,
                content_hash=text.content_hash,
                due_at=due_at,
                created_by_id=person.account_id,
                created_by_name=person.display_name,
                created_at=now,
                idempotency_key=idempotency_key,
                mass_confirmed_by_id=person.account_id if mass else None,
            )
            for name in wanted:
                delivery = await self._freeze(connection, release, name, content, now, operator_address)
                if mass and name is ChannelName.WECHAT and self._mass_quota is not None:
                    await self._mass_quota.reserve(connection, delivery, now=now)
            await self._trail.append(
                connection,
                at=now,
                actor=person.actor,
                verb="release.schedule",
                subject=f"disclosure:{disclosure.id}",
                release=release.id,
                due_at=due_at.isoformat(),
                channels=[str(name) for name in wanted],
                content_hash=text.content_hash,
                mass=mass,
                **quiet,
                overridden=[finding.message for finding in cleared.passing],
                reason=cleared.reason if cleared.passing else "",
                **({"emergency": True} if emergency else {}),
            )
        self._ring()
        return release

    async def move(
        self,
        person: Person,
        release_id: int,
        *,
        at: str,
        reason: str = "",
        override: str = "",
        confirm_quiet: bool = True,
    ) -> Release:
        """改期: what has not begun to be sent goes out at another moment (“now” or RFC 3339), as it was approved and frozen.

        The three signatures stand, for the text is the same (features P12). What the old moment brought with it does not:
        a permission to be late, the probes, the day's place among the mass sends. It is one act with the claim: the
        fence rises, so that a worker that was about to send finds its claim gone and leaves nothing but evidence.

        Raises NotAllowed, ReleaseNotFound, MomentRefused, NotReleasable. Moving to the moment it has already does nothing.
        """
        person.require(Verb.RELEASE_SCHEDULE)
        async with in_transaction() as connection:
            now = await self._clock.now()
            due_at = parse_moment(at, now=now)
            release = await _locked_release(connection, release_id)
            rows = await movable(connection, release, self._channels)
            if all(row.due_at == due_at for row in rows):
                return release
            await self._as_approved(connection, release)
            names = [ChannelName(row.channel) for row in rows]
            quiet = await self._asked(connection, due_at, names, now, at == "now", override, confirm_quiet)
            mass = [row for row in rows if row.channel == ChannelName.WECHAT and row.payload.get("mode") == "mass"]
            if mass:
                disclosure = await Disclosure.get(id=release.disclosure_id, using_db=connection)
                self._mass_confirmed(person, disclosure, confirmed=True)
            for row in rows:
                await foreign_posts_block(connection, row.disclosure_id, row.channel)
                await move_row(connection, row, due_at, now)
                if row in mass and self._mass_quota is not None:
                    await self._mass_quota.reserve(connection, row, now=now)
            before, release.due_at = release.due_at, due_at
            await release.save(using_db=connection, update_fields=["due_at"])
            await forget_probes(connection, release.id, now=now)
            await self._trail.append(
                connection, at=now, actor=person.actor, verb="release.move", subject=f"disclosure:{release.disclosure_id}",
                release=release.id, before=before.isoformat(), due_at=due_at.isoformat(),
                channels=[row.channel for row in rows], content_hash=release.content_hash, reason=reason,
                **quiet,
            )  # fmt: skip
        self._ring()
        return release

    async def cancel(self, person: Person, release_id: int) -> int:
        """Cancels every delivery of a release that has not begun to be sent; returns how many. Raises NotReleasable."""
        person.require(Verb.RELEASE_CANCEL)
        async with in_transaction() as connection:
            now = await self._clock.now()
            release = await _locked_release(connection, release_id)
            # The compare-and-set: a row whose intent was committed meanwhile is no longer in these states.
            count = await (
                Delivery.filter(release_id=release_id, state__in=[*list(BEFORE_INTENT), State.FAILED])
                .using_db(connection)
                .update(state=State.CANCELLED, next_at=None, lease_until=None, updated_at=now, problem="", remedy="")
            )
            count += await (
                Delivery.filter(release_id=release_id, state=State.HELD, intent_at=None)
                .using_db(connection)
                .update(state=State.CANCELLED, next_at=None, lease_until=None, updated_at=now, problem="", remedy="")
            )
            if count == 0:
                raise NotReleasable("已经开始发出或已经结束，不能取消", remedy="如需撤下，请使用“撤回”")
            await Release.filter(id=release_id).using_db(connection).update(cancelled_at=now)
            await self._trail.append(
                connection,
                at=now,
                actor=person.actor,
                verb="release.cancel",
                subject=f"disclosure:{release.disclosure_id}",
                release=release_id,
                deliveries=count,
            )
        return count

    async def _asked(
        self, connection: BaseDBAsyncClient, due_at: datetime, wanted: list[ChannelName], now: datetime, at_once: bool,
        override: str, confirmed: bool,
    ) -> dict[str, object]:  # fmt: skip
        """Asks the quiet days and the hours; what the audit trail keeps of them. Raises MomentRefused, QuietDayStands."""
        if self._planning is None:
            return {}
        passed = await self._planning.admit(
            connection,
            due_at,
            [str(name) for name in wanted],
            now=now,
            at_once=at_once,
            override=override,
            confirmed=confirmed,
        )
        return {"quiet": passed, "override": override.strip()[:300]} if passed else {}

    async def _as_cleared(
        self, connection: BaseDBAsyncClient, person: Person, text: Sheet, cleared: Cleared, now: datetime
    ) -> None:
        """Raises NotReleasable when the text that the checks saw is not the one that is planned."""
        if cleared.content_hash and cleared.content_hash != text.content_hash:
            raise NotReleasable("检查之后内容又有改动", remedy="请刷新后再安排")
        if cleared.passing and self._examination is not None:
            await self._examination.keep(connection, person, text, cleared.passing, cleared.reason, now=now)

    async def _as_approved(self, connection: BaseDBAsyncClient, release: Release) -> None:
        """Raises NotReleasable unless what was frozen is still what three people signed."""
        text = await _approved(connection, release.disclosure_id)
        if text.content_hash != release.content_hash:
            raise NotReleasable(
                "内容在安排发布之后改动过，原审核失效，不能改期", remedy="请取消这个计划，三审通过后重新安排发布"
            )

    def _wanted(self, channels: Iterable[str]) -> list[ChannelName]:
        wanted: list[ChannelName] = []
        for text in channels:
            try:
                name = ChannelName(text)
            except ValueError:
                known = "、".join(self._channels)
                raise NotReleasable(f"没有“{text}”这个渠道", remedy=f"可选：{known}") from None
            if name not in self._channels:
                raise NotReleasable(f"{CHANNEL_NAMES[name]}还没有接入", remedy="请系统管理员按安装手册配置该渠道的账号")
            if name not in wanted:
                wanted.append(name)
        if not wanted:
            raise NotReleasable("没有选择发布渠道", remedy="请至少选择一个渠道")
        return wanted

    async def _no_duplicates(self, connection: BaseDBAsyncClient, text: Sheet, wanted: list[ChannelName]) -> None:
        standing = await Delivery.filter(
            disclosure_id=text.id,
            content_hash=text.content_hash,
            channel__in=[str(n) for n in wanted],
            state__in=STANDING,
        ).using_db(connection)
        if standing:
            names = "、".join(CHANNEL_NAMES[ChannelName(row.channel)] for row in standing)
            raise NotReleasable(
                f"同一内容在{names}已经发布或已经安排，不能重复发布",
                remedy="如需修改，请先更正并重新送审；如需改期，请在原计划中“改期”",
            )

    async def _portal_first(
        self, connection: BaseDBAsyncClient, disclosure: Disclosure, wanted: list[ChannelName]
    ) -> None:
        linked = [name for name in wanted if self._channels[name].capabilities.links_to_portal]
        if not linked or ChannelName.PORTAL in wanted:
            return
        page = await PortalPage.filter(disclosure_id=disclosure.id, state="live").using_db(connection).exists()
        if not page:
            names = "、".join(CHANNEL_NAMES[name] for name in linked)
            raise NotReleasable(f"{names}的内容链接到门户页面，须先（或同时）在门户发布", remedy="请同时勾选“门户网站”")

    def _checked(self, content: Content, disclosure_id: int, wanted: list[ChannelName]) -> None:
        for name in wanted:
            for problem in self._channels[name].check(content, page_url=self._page_url(disclosure_id)):
                if problem.severity is Severity.BLOCK:
                    raise NotReleasable(f"{CHANNEL_NAMES[name]}：{problem.message}", remedy=problem.remedy)

    def _mass_confirmed(
        self, person: Person, disclosure: Disclosure, confirmed: bool, *, emergency: bool = False
    ) -> None:
        """群发 reaches every follower and uses the quota: it wants a second confirmation by someone else than the author."""
        if not confirmed:
            raise NotReleasable(
                "微信群发会通知全部关注者并占用群发次数，需要再次确认", remedy="请确认群发，或改为“发布（不推送）”"
            )
        if not emergency:
            person.require(Verb.RELEASE_CONFIRM_MASS)
        if person.account_id == disclosure.author_id:
            raise NotReleasable("群发须由拟稿人以外的人确认", remedy="请由另一位发布员安排发布")

    async def _freeze(
        self,
        connection: BaseDBAsyncClient,
        release: Release,
        name: ChannelName,
        content: Content,
        now: datetime,
        operator_address: str,
    ) -> Delivery:
        channel = self._channels[name]
        rendered = channel.render(content, page_url=self._page_url(release.disclosure_id))
        same = Delivery.filter(channel=name, payload_sha256=rendered.sha256, state__in=STANDING).using_db(connection)
        if not channel.capabilities.local and await same.exists():
            raise NotReleasable(
                f"{CHANNEL_NAMES[name]}的文字与已经发布的一字不差，平台会当作重复内容拒收",
                remedy="请在文案开头写明【更正】，保存后重新送审",
            )
        return await Delivery.create(
            using_db=connection,
            release_id=release.id,
            disclosure_id=release.disclosure_id,
            channel=name,
            state=State.PENDING,
            due_at=release.due_at,
            next_at=release.due_at,
            content_hash=release.content_hash,
            payload=dict(rendered.payload),
            payload_sha256=rendered.sha256,
            updated_at=now,
            facts={"operator_ip": operator_address} if _public_address(operator_address) else {},
        )


async def _locked_release(connection: BaseDBAsyncClient, release_id: int) -> Release:
    """The release, with its disclosure's lock: everybody takes locks in this order. Raises ReleaseNotFound."""
    release = await Release.filter(id=release_id).using_db(connection).first()
    if release is None:
        raise ReleaseNotFound("没有这个发布计划")
    await lock_disclosure(connection, release.disclosure_id)
    # Anew, now that the lock is ours: somebody else may have moved it meanwhile.
    return await Release.get(id=release_id, using_db=connection)


async def _approved(connection: BaseDBAsyncClient, disclosure_id: int, *, emergency: bool = False) -> Sheet:
    """The text that three people signed, or one that may go out in an emergency. Raises NotReleasable."""
    try:
        if emergency:
            return await read_releasable(disclosure_id, connection)
        return await read_approved(disclosure_id, connection)
    except StateRefused:
        raise NotReleasable("三审尚未全部通过，不能安排发布", remedy="请先送审，由三位审核人依次通过") from None
    except DisclosureError:
        raise NotReleasable("已审核的文本与存档不一致", remedy="请联系系统管理员核对数据库，并查看审计记录") from None


def _public_address(text: str) -> bool:
    """An IPv4 address of the public internet; anything else says nothing to a platform."""
    try:
        return ip_address(text).is_global and ip_address(text).version == 4
    except ValueError:
        return False

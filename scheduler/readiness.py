"""Is everything ready for what is planned? The channels are probed 24 h and 1 h before a slot, and once a day in any case.

A dead token, an address that is not on the list or a spent quota is found while there is time to mend it (features P23).
What is found stands as an incident with its remedy until a later probe is clean. Nothing here sends or moves anything, and
no platform is asked inside a transaction.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tortoise.exceptions import IntegrityError
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction

from audit.clock import Clock
from disclosures.records import Disclosure
from publishers.errors import PublishError
from publishers.halt import standing_halt
from publishers.incidents import ALARM, WARN, clear_incident, raise_incident
from publishers.mass_quota import MassQuota
from publishers.port import ChannelName, Problem, Severity
from publishers.records import Delivery, Incident, Release
from publishers.slot import SHANGHAI, day_of
from publishers.states import BEFORE_INTENT
from publishers.wechat.quota import month_start
from scheduler.records import Probe

log = logging.getLogger(__name__)

Ask = Callable[[], Awaitable[tuple[Problem, ...]]]
"""Probes one channel: reads only, empty when all is well."""

AskText = Callable[[int], Awaitable[tuple[Problem, ...]]]
"""Asks the blocking checks of a planned disclosure's text once more: words may have been added since it was planned."""

HORIZONS = {"1h": timedelta(hours=1), "24h": timedelta(hours=24)}
"""How long before its moment a release is probed; a release planned later than that at once."""
SOON = timedelta(minutes=3)
"""A release that goes out within this time is not probed: nobody could mend anything any more."""
FRESH = timedelta(minutes=10)
"""How long the answer of a channel serves other releases too: the day quotas of the platforms are small."""
AGAIN = timedelta(hours=1)
"""When what was found is looked at once more, so that an incident ends soon after its cause."""
MORNING = 7
"""The hour in Shanghai from which the daily probe is made: before the office opens, after the platforms' night work."""
DRIFT_LIMIT = 2.0
"""Seconds, as the dispatcher's: beyond it nothing is sent (crash-point table, row 22)."""
AT_ONCE = 4
MOST = 200
KIND, ACCOUNT_KIND = "readiness", "credentials"
NO_RELEASE = 0
"""The ``release_id`` of a channel's daily probe, whose ``horizon`` is the channel's name."""
NAMES = {
    ChannelName.PORTAL: "门户网站",
    ChannelName.WECHAT: "微信",
    ChannelName.WEIBO: "微博",
    ChannelName.ANSWERS: "智能问答",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One problem, and the channel that it keeps back (empty: all of them)."""

    channel: str
    problem: Problem

    def as_json(self) -> dict[str, object]:
        problem = self.problem
        return {
            "channel": self.channel, "severity": str(problem.severity), "field": problem.field,
            "message": problem.message, "remedy": problem.remedy,
        }  # fmt: skip


class Readiness:
    """Probes channels. ``asks`` has one question for each channel that can be asked; the others need no probe."""

    def __init__(
        self,
        *,
        clock: Clock,
        machine_now: Callable[[], datetime],
        asks: Mapping[ChannelName, Ask],
        mass_quota: MassQuota | None = None,
        seconds: float = 20.0,
        text: AskText | None = None,
    ) -> None:
        """``clock`` is the database's; ``seconds`` is what one channel may take."""
        self._text = text
        self._clock = clock
        self._machine_now = machine_now
        self._asks = asks
        self._mass_quota = mass_quota
        self._seconds = seconds
        self._kept: dict[ChannelName, tuple[datetime, tuple[Problem, ...]]] = {}
        self._asking = {name: asyncio.Lock() for name in asks}

    async def sweep(self) -> int:
        """A bell: probes what is due for it; returns how many releases were. Idempotent."""
        now = await self._clock.now()
        await self._close_ended(now)
        due = await self._due(now)
        limit = asyncio.Semaphore(AT_ONCE)

        async def one(release: Release, horizon: str) -> None:
            async with limit:
                await self._probe(release, horizon, now)

        for outcome in await asyncio.gather(*(one(*each) for each in due), return_exceptions=True):
            if isinstance(outcome, BaseException):
                if not isinstance(outcome, Exception):
                    raise outcome
                # The edge of a loop: one release that cannot be probed must not hide the others' findings.
                log.error("a release could not be probed; the next ring tries again", exc_info=outcome)
        for name in self._asks:
            if await self._account_due(name, now):
                await self._probe_account(name, now)
        return len(due)

    async def probe_now(self, release_id: int) -> bool:
        """A person asks for it: everything anew. False when the release is not planned (any more)."""
        now = await self._clock.now()
        release = await self._planned(now).filter(id=release_id).first()
        if release is None:
            return False
        self._kept.clear()
        await self._probe(release, _horizon(release, now), now)
        return True

    async def channels_now(self, *, seconds: float) -> dict[ChannelName, tuple[Problem, ...]]:
        """Every channel asked anew, at the same time; nothing is written down. For ``mingbai doctor``."""
        found = await asyncio.gather(*(self._asked(name, seconds) for name in self._asks))
        return dict(zip(self._asks, found, strict=True))

    # -- which ones ------------------------------------------------------------------------------------------------

    def _planned(self, now: datetime) -> QuerySet[Release]:
        return Release.filter(
            cancelled_at=None, due_at__gt=now + SOON, due_at__lte=now + max(HORIZONS.values()),
            deliveries__state__in=list(BEFORE_INTENT),
        )  # fmt: skip

    async def _due(self, now: datetime) -> list[tuple[Release, str]]:
        planned = await self._planned(now).distinct().order_by("due_at").limit(MOST)
        made = {
            (row.release_id, row.horizon): row for row in await Probe.filter(release_id__in=[r.id for r in planned])
        }
        troubled = await _open_keys(f"{KIND}:")
        due = []
        for release in planned:
            horizon = _horizon(release, now)
            row = made.get((release.id, horizon))
            if row is not None and row.at < release.due_at - HORIZONS[horizon]:
                # It was made for another moment, while the release was moved.
                row = None
            if row is None or (f"{KIND}:{release.id}" in troubled and row.at <= now - AGAIN):
                due.append((release, horizon))
        return due

    async def _account_due(self, name: ChannelName, now: datetime) -> bool:
        row = await Probe.get_or_none(release_id=NO_RELEASE, horizon=str(name))
        if row is None:
            return True
        if await Incident.filter(open_key=f"{ACCOUNT_KIND}:{name}").exists():
            return row.at <= now - AGAIN
        return day_of(row.at) < day_of(now) and now.astimezone(SHANGHAI).hour >= MORNING

    async def _close_ended(self, now: datetime) -> None:
        """What was found for a release that is cancelled or on its way is of no use any more."""
        for key in await _open_keys(f"{KIND}:"):
            number = key.removeprefix(f"{KIND}:")
            waiting = number.isdigit() and await self._waits(int(number))
            if not waiting:
                await clear_incident(key, now=now)

    async def _waits(self, release_id: int) -> bool:
        return await Delivery.filter(release_id=release_id, state__in=list(BEFORE_INTENT)).exists()

    # -- one probe -------------------------------------------------------------------------------------------------

    async def _probe(self, release: Release, horizon: str, now: datetime) -> None:
        rows = await Delivery.filter(release_id=release.id, state__in=list(BEFORE_INTENT))
        findings = [*await self._house(), *await self._mass(release, rows), *await self._words(release)]
        for row in rows:
            if (name := ChannelName(row.channel)) in self._asks:
                findings += [Finding(channel=name, problem=problem) for problem in await self._of(name, now)]
        await _write(release.id, horizon, findings, now)
        key = f"{KIND}:{release.id}"
        if not findings:
            await clear_incident(key, now=now)
            return
        disclosure = await Disclosure.get_or_none(id=release.disclosure_id)
        title, at = disclosure.title if disclosure else "", release.due_at.astimezone(SHANGHAI)
        await raise_incident(
            key, kind=KIND, now=now, severity=_severity(findings), link=f"/console/releases/{release.id}",
            message=f"《{title}》定于 {at:%m月%d日 %H:%M} 发布，发布前查验发现：{_messages(findings, named=True)}",
            remedy=_remedies(findings),
        )  # fmt: skip

    async def _probe_account(self, name: ChannelName, now: datetime) -> None:
        findings = [Finding(channel=name, problem=problem) for problem in await self._of(name, now)]
        await _write(NO_RELEASE, str(name), findings, now)
        key = f"{ACCOUNT_KIND}:{name}"
        if not findings:
            await clear_incident(key, now=now)
            return
        await raise_incident(
            key, kind=ACCOUNT_KIND, now=now, severity=_severity(findings),
            message=f"{NAMES[name]}每日查验发现：{_messages(findings)}", remedy=_remedies(findings),
        )  # fmt: skip

    async def _of(self, name: ChannelName, now: datetime) -> tuple[Problem, ...]:
        """What a channel answers; a fresh answer serves all who ask."""
        async with self._asking[name]:
            kept = self._kept.get(name)
            if kept is not None and timedelta() <= now - kept[0] < FRESH:
                return kept[1]
            found = await self._asked(name, self._seconds)
            self._kept[name] = (now, found)
            return found

    async def _asked(self, name: ChannelName, seconds: float) -> tuple[Problem, ...]:
        try:
            async with asyncio.timeout(seconds):
                return await self._asks[name]()
        except TimeoutError:
            message = f"查验超过 {seconds:.0f} 秒没有结果。"
        except PublishError as error:
            message = str(error)
        except Exception as fault:
            # The edge of a loop: a probe that breaks tells nothing about the channel, and must not stop the others.
            log.exception("probe of %s failed", name)
            message = f"查验出错（{type(fault).__name__}）。"
        remedy = "请系统管理员检查服务器网络和平台状态；系统会再次查验。"
        return (Problem(severity=Severity.WARN, field=str(name), message=message, remedy=remedy),)

    async def _house(self) -> list[Finding]:
        """What keeps every channel back: the clock, and a halt."""
        found: list[Finding] = []
        before = self._machine_now()
        present = await self._clock.now()
        after = self._machine_now()
        drift = max((before - present).total_seconds(), (present - after).total_seconds())
        if drift > DRIFT_LIMIT:
            found.append(
                _ours(
                    "clock", f"本机时钟与数据库相差 {drift:.1f} 秒，系统不会发送。",
                    "系统管理员：请校准本机与数据库服务器的时间（chrony 或 ntpd）。",
                )
            )  # fmt: skip
        async with in_transaction() as connection:
            halt = await standing_halt(connection)
        if halt is not None:
            found.append(
                _ours("halt", "发布总开关已关闭或正在恢复后隔离，到时间不会发出。", "请在发布前由两人解除，或改期。")
            )
        return found

    async def _mass(self, release: Release, rows: Sequence[Delivery]) -> list[Finding]:
        mass = any(row.channel == ChannelName.WECHAT and row.payload.get("mode") == "mass" for row in rows)
        if not mass or self._mass_quota is None:
            return []
        day = day_of(release.due_at)
        month = await self._mass_quota.month(month_start(day))
        if day not in month.overbooked:
            return []
        free = f"{month.next_free:%m月%d日}" if month.next_free else "下个月"
        problem = Problem(
            severity=Severity.BLOCK, field="wechat.mass",
            message=f"{day:%m月%d日}的微信群发次数已被占用（{month.tally.words}）。",
            remedy=f"请改到{free}群发，或改为“发布（不推送）”。",
        )  # fmt: skip
        return [Finding(channel=ChannelName.WECHAT, problem=problem)]

    async def _words(self, release: Release) -> list[Finding]:
        """What the checks say of the text today; a person decides whether it goes out."""
        if self._text is None:
            return []
        return [Finding(channel="", problem=problem) for problem in await self._text(release.disclosure_id)]


def _horizon(release: Release, now: datetime) -> str:
    """Which of the two probes a release is near enough for."""
    return "1h" if release.due_at - now <= HORIZONS["1h"] else "24h"


def _ours(field: str, message: str, remedy: str) -> Finding:
    return Finding(channel="", problem=Problem(severity=Severity.BLOCK, field=field, message=message, remedy=remedy))


def _severity(findings: Iterable[Finding]) -> str:
    return ALARM if any(each.problem.severity is Severity.BLOCK for each in findings) else WARN


def _messages(findings: Iterable[Finding], *, named: bool = False) -> str:
    """All findings in one sentence; ``named`` says whose each is, where the finding itself does not."""
    said = []
    for each in findings:
        message = each.problem.message.rstrip("。")
        name = NAMES[ChannelName(each.channel)] if each.channel and named else ""
        said.append(message if not name or name[:2] in message else f"{name}：{message}")
    return "；".join(dict.fromkeys(said)) + "。"


def _remedies(findings: Iterable[Finding]) -> str:
    return "；".join(dict.fromkeys(each.problem.remedy.rstrip("。") for each in findings if each.problem.remedy)) + "。"


async def _open_keys(start: str) -> set[str]:
    return {row.key for row in await Incident.filter(open_key__startswith=start).only("id", "key")}


async def _write(release_id: int, horizon: str, findings: Sequence[Finding], now: datetime) -> None:
    """One row for a release and a horizon: the newest result."""
    values: dict[str, Any] = {"at": now, "ok": not findings, "findings": [each.as_json() for each in findings]}
    if await Probe.filter(release_id=release_id, horizon=horizon).update(**values) == 0:
        try:
            await Probe.create(release_id=release_id, horizon=horizon, **values)
        except IntegrityError:
            await Probe.filter(release_id=release_id, horizon=horizon).update(**values)

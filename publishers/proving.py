"""Read-back proof: what is live on every channel is fetched and compared with what three people approved.

A published delivery is read back after five seconds, then once a day for seven days; what cannot be read is tried again
sooner, with back-off. Each read leaves a row with both texts and the difference. A difference, or a text that nobody can
see any more, alarms; nothing is ever withdrawn or sent by this module. The reads happen outside of every transaction, and
several nodes may sweep at once: a row belongs to whoever moves its ``proof_at`` first.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Final
from zoneinfo import ZoneInfo

from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from disclosures.records import Disclosure
from publishers.claim import ticket_of
from publishers.errors import PublishError
from publishers.incidents import ALARM, WARN, clear_incident, raise_incident
from publishers.lateness import NAMES
from publishers.port import Channel, ChannelName, Live, Liveness, Rendered
from publishers.readback import DIFFERS, NO_WAY_TO_READ, WARNED_ELSEWHERE, Compared, Proof, compared
from publishers.records import Delivery, Incident, ReadBack
from publishers.states import FIRST_PROOF, State

log = logging.getLogger(__name__)
MACHINE: Final = Actor.machine("发布系统")
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
KIND: Final = "read_back"
WATCHED: Final = timedelta(days=7)
"""So long a publication is read back once a day (issue 3, point 6)."""
MENDED_WITHIN: Final = timedelta(days=30)
"""So long one that differs or is gone is still looked at, so that its alarm ends by itself when it is mended."""
AGAIN: Final = tuple(timedelta(seconds=seconds) for seconds in (60, 300, 1800, 7200))
"""When what could not be read, differed or was gone is read again, so that a false alarm ends soon; after that, daily."""
WINDOWS: Final = (3, 9, 15, 21)
"""The hours in Beijing of the daily reads: those of many articles then share one list of the platform (its day quota)."""
DAILY_FROM: Final = timedelta(hours=20)
HELD: Final = timedelta(minutes=5)
"""A row that a node has taken; after that another takes it."""
READ_SECONDS: Final = 45
A_CHANNEL: Final = 20
"""Rows of one channel in one sweep."""
AT_ONCE: Final = 4
TEXT_KEPT: Final = 20_000
"""Characters of each text that are kept; its SHA-256 stands beside it."""
MOST_READS: Final = 60
"""Newest rows of a delivery that are looked at for its back-off."""


class Proving:
    """The sweep. ``page_url`` makes the absolute portal URL of a disclosure id."""

    def __init__(
        self, *, clock: Clock, trail: Trail, channels: Mapping[ChannelName, Channel], page_url: Callable[[int], str]
    ) -> None:
        self._clock = clock
        self._trail = trail
        self._channels = channels
        self._page_url = page_url
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def sweep(self) -> int:
        """Reads back what is due; returns how many deliveries were read."""
        now = await self._clock.now()
        await _adopt(now)
        taken: list[Delivery] = []
        for name in self._channels:
            due = Delivery.filter(channel=name, state=State.PUBLISHED, proof_at__lte=now)
            taken += [row for row in await due.order_by("proof_at", "id").limit(A_CHANNEL) if await _take(row, now)]
        await asyncio.gather(*(self._prove(row) for row in taken))
        await _forget_what_is_over(now)
        return len(taken)

    async def _prove(self, row: Delivery) -> None:
        try:
            channel = self._channels[ChannelName(row.channel)]
            approved = channel.approved_text(row.payload)
            async with self._gate:
                live = await self._read(channel, row)
            result = await asyncio.to_thread(compared, approved, _with_doubt(live, row), channel.name)
            await self._keep(row, approved, live, result)
        except Exception:
            # The edge of a loop: one delivery that cannot be proved must not keep the others from it. Its row is free
            # again when the hold runs out.
            log.exception("delivery %s cannot be read back now", row.id)

    async def _read(self, channel: Channel, row: Delivery) -> Live:
        try:
            async with asyncio.timeout(READ_SECONDS):
                return await channel.read_back(ticket_of(row, self._page_url(row.disclosure_id)))
        except PublishError as trouble:
            return Live(liveness=Liveness.UNREADABLE, message=str(trouble), evidence=trouble.detail)
        except TimeoutError:
            return Live(liveness=Liveness.UNREADABLE, message="平台没有及时答复")

    async def _keep(self, row: Delivery, approved: str, live: Live, result: Compared) -> None:
        earlier = await ReadBack.filter(delivery_id=row.id).order_by("-id").limit(MOST_READS)
        async with in_transaction() as connection:
            now = await self._clock.now()
            held = Delivery.filter(id=row.id, state=State.PUBLISHED, proof_at=row.proof_at).using_db(connection)
            if not await held.update(proof=result.proof, proof_at=_next(row, live, result.proof, earlier, now)):
                return  # Withdrawn or corrected meanwhile, or taken by another node: this look is about the past.
            await ReadBack.create(
                using_db=connection, delivery_id=row.id, at=now, **_kept(approved, live, result, earlier)
            )
            if row.proof != result.proof:
                await self._trail.append(
                    connection, at=now, actor=MACHINE, verb=f"delivery.proof.{result.proof}",
                    subject=f"delivery:{row.id}", channel=row.channel, before=row.proof or "", message=live.message,
                )  # fmt: skip
        await _alarm(row, live, result, earlier, now)


def next_proof(proof: Proof, *, published_at: datetime, in_a_row: int, now: datetime) -> datetime | None:
    """When a delivery is read back next; None when it is proved for good. ``in_a_row``: how many reads before this one
    ended in the same way. Pure."""
    watched_until = published_at + (WATCHED if proof in {Proof.SAME, Proof.UNREADABLE} else MENDED_WITHIN)
    if now >= watched_until:
        return None
    if proof is not Proof.SAME and in_a_row < len(AGAIN):
        return now + AGAIN[in_a_row]
    local = (now + DAILY_FROM).astimezone(SHANGHAI)
    hours = (*WINDOWS, WINDOWS[0] + 24)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    moment = next(at for hour in hours if (at := midnight + timedelta(hours=hour)) >= local)
    return moment.astimezone(now.tzinfo)


def _next(
    row: Delivery, live: Live, proof: Proof, earlier: Sequence[ReadBack], now: datetime
) -> datetime | None:  # fmt: skip
    in_a_row = sum(1 for _ in takewhile(lambda one: one.verdict == proof, earlier))
    if live.evidence.get(NO_WAY_TO_READ):
        in_a_row = len(AGAIN)  # Asking again soon would tell nothing more.
    return next_proof(proof, published_at=row.published_at or now, in_a_row=in_a_row, now=now)


def _with_doubt(live: Live, row: Delivery) -> Live:
    """A frozen text that is not what was frozen proves nothing: that is told as a difference."""
    if Rendered(payload=row.payload).sha256 == row.payload_sha256:
        return live
    told = live.evidence.get(DIFFERS)
    notes = [*(told if isinstance(told, list) else ()), "投放记录中保存的定稿与定稿时的校验值不一致，请核对数据库"]
    return replace(live, evidence={**live.evidence, DIFFERS: notes})


def _kept(approved: str, live: Live, result: Compared, earlier: Sequence[ReadBack]) -> dict[str, Any]:
    """The row's columns. A text that stands word for word in an earlier row of the delivery is referred to, not repeated:
    eight reads of one article would keep it sixteen times."""
    evidence: dict[str, Any] = {**live.evidence, "url": live.url, "message": live.message}
    columns: dict[str, Any] = {"verdict": result.proof, "difference": list(result.difference)}
    for name, text in (("approved", approved), ("live", live.text)):
        mark = hashlib.sha256(text.encode()).hexdigest()
        evidence[f"{name}_sha256"] = mark
        same = next((one for one in earlier if one.evidence.get(f"{name}_sha256") == mark and getattr(one, name)), None)
        if same is not None and text:
            evidence[f"{name}_in"] = same.id
        columns[name] = "" if same is not None else text[:TEXT_KEPT]
    return {**columns, "evidence": evidence}


async def _adopt(now: datetime) -> None:
    """Publications that nobody has planned a proof for: those of before this was built, and a person's “已发出”."""
    unplanned = Delivery.filter(state=State.PUBLISHED, proof=None, proof_at=None, published_at__gt=now - WATCHED)
    await unplanned.update(proof_at=now + FIRST_PROOF)


async def _take(row: Delivery, now: datetime) -> bool:
    mine = Delivery.filter(id=row.id, state=State.PUBLISHED, proof_at=row.proof_at)
    if not await mine.update(proof_at=now + HELD):
        return False
    row.proof_at = now + HELD
    return True


async def _alarm(row: Delivery, live: Live, result: Compared, earlier: Sequence[ReadBack], now: datetime) -> None:
    key = f"{KIND}:{row.id}"
    if result.proof is Proof.SAME:
        await clear_incident(key, now=now)
        return
    disclosure = await Disclosure.get_or_none(id=row.disclosure_id)
    subject = f"《{disclosure.title if disclosure is not None else row.disclosure_id}》"
    where, link = NAMES[ChannelName(row.channel)], f"/console/releases/{row.release_id}"
    if result.proof is Proof.DIFFERENT:
        places = sum(1 for span in result.difference if span["op"] != "equal")
        await raise_incident(
            key, kind=KIND, severity=ALARM, now=now, link=link,
            message=f"{subject}在{where}上的内容与审核通过的不一致（{places} 处）。",
            remedy="请在发布页面核对差异：内容确实被改动的，撤回或更正；属于平台改写的，与平台核实。",
        )  # fmt: skip
    elif result.proof is Proof.GONE:
        await raise_incident(
            key, kind=KIND, severity=ALARM, now=now, link=link,
            message=f"{subject}在{where}上已看不到：{live.message or '平台没有说明原因'}。".replace("。。", "。"),
            remedy="请核实是谁删除的：需要继续公开的，重新安排发布；不再公开的，请撤回该信息。",
        )  # fmt: skip
    elif not (live.evidence.keys() & {NO_WAY_TO_READ, WARNED_ELSEWHERE}) and _unread_for_long(earlier):
        await raise_incident(
            key, kind=KIND, severity=WARN, now=now, link=link,
            message=f"{subject}在{where}上的内容多次读取不到：{live.message or '原因不明'}。".replace("。。", "。"),
            remedy="请打开公开网址核对内容；系统会继续每天读取。",
        )  # fmt: skip


def _unread_for_long(earlier: Sequence[ReadBack]) -> bool:
    return sum(1 for _ in takewhile(lambda one: one.verdict == Proof.UNREADABLE, earlier)) >= len(AGAIN)


async def _forget_what_is_over(now: datetime) -> None:
    """An alarm about a text that was withdrawn or corrected since is over: the withdrawal has its own task."""
    for incident in await Incident.filter(kind=KIND).exclude(open_key=None):
        number = incident.key.rpartition(":")[2]
        if number.isdigit() and not await Delivery.exists(id=int(number), state=State.PUBLISHED):
            await clear_incident(incident.key, now=now)

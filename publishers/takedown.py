"""Taking a text down from a platform: one task for each channel that stays open until it is proved (invariant 5).

The machine goes on looking, also when the platform refused the deletion and a person must do it by hand: what the platform
shows settles the task, not anybody's word. How often it looks follows from why the text still stands: a platform that is
away is tried again within minutes, one that said no is not begged (freepublish/delete has 10 calls a day, wechat.md §1).
"""

from datetime import datetime, timedelta
from typing import Final

from audit.clock import Clock
from disclosures.records import Disclosure
from publishers.errors import ChannelBusy, ChannelRefused, PublishError
from publishers.incidents import ALARM, clear_incident, raise_incident
from publishers.lateness import NAMES
from publishers.port import ChannelName
from publishers.records import Delivery, Incident
from publishers.states import State

ASKED_AT: Final = "withdraw_asked_at"
"""The fact since when the text is to be taken down: ISO 8601, UTC."""
SAID_GONE_BY: Final = "said_gone_by"
"""The fact that a person says to have removed the post by hand: whose account it was."""
KIND: Final = "withdraw"
REMIND_AFTER: Final = timedelta(minutes=15)
AT_ONCE: Final = 200
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
REFUSED: Final = (_MINUTE, 15 * _MINUTE, _HOUR, 6 * _HOUR, _DAY)
"""Seconds between the looks after the platform refused; the last one for ever."""
STILL_THERE: Final = (10, _MINUTE, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 6 * _HOUR, _DAY)
"""The same while it said yes and shows the text all the same."""
SAID_GONE: Final = (15, _MINUTE, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, _DAY)
"""The same after a person said that it was removed by hand: the platforms show that within minutes."""


def next_look(trouble: PublishError | None, *, tries: int, said_gone: bool, now: datetime) -> datetime | None:
    """When the machine looks again; None leaves it to the ledger's own short back-off (the platform could not be reached).
    ``trouble``: why the deletion failed; None when it was accepted. ``tries``: how often it was looked before. Pure."""
    if isinstance(trouble, ChannelBusy):
        return trouble.retry_at
    if trouble is not None and not isinstance(trouble, ChannelRefused):
        return None
    paces = SAID_GONE if said_gone else STILL_THERE if trouble is None else REFUSED
    return now + timedelta(seconds=paces[min(tries, len(paces) - 1)])


def asked(now: datetime, explanation: str) -> dict[str, object]:
    """The facts of a delivery that is to be taken down."""
    return {ASKED_AT: now.isoformat(), "explanation": explanation}


class Takedowns:
    """Tells people of the tasks that only they can finish, for as long as these are open."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def sweep(self) -> int:
        """Raises an incident for every task that is open for a quarter of an hour; clears those of finished tasks."""
        now = await self._clock.now()
        raised = 0
        rows = await Delivery.filter(state=State.WITHDRAWING).order_by("id").limit(AT_ONCE)
        for row in rows:
            if row.problem and _since(row, now) >= REMIND_AFTER:
                await self._remind(row, now)
                raised += 1
        open_tasks = {f"{KIND}:{row.id}" for row in rows}
        for incident in await Incident.filter(kind=KIND).exclude(open_key=None):
            number = incident.key.rpartition(":")[2]
            over = incident.key not in open_tasks and number.isdigit()
            if over and not await Delivery.exists(id=int(number), state=State.WITHDRAWING):
                await clear_incident(incident.key, now=now)
        return raised

    async def _remind(self, row: Delivery, now: datetime) -> None:
        disclosure = await Disclosure.get_or_none(id=row.disclosure_id)
        title = disclosure.title if disclosure is not None else f"第 {row.disclosure_id} 号信息"
        where = NAMES[ChannelName(row.channel)]
        await raise_incident(
            f"{KIND}:{row.id}", kind=KIND, severity=ALARM, now=now, link=f"/console/releases/{row.release_id}",
            message=f"《{title}》尚未从{where}撤下：{row.problem}".rstrip("。") + "。",
            remedy=row.remedy or "请到平台后台手工删除，然后在发布页面登记“已删除”；系统核实后任务才结束。",
        )  # fmt: skip


def _since(row: Delivery, now: datetime) -> timedelta:
    since = row.facts.get(ASKED_AT)
    return now - (datetime.fromisoformat(str(since)) if since else row.updated_at)

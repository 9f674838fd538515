"""Reading the plan: which deliveries stand on the calendar between two moments, without their long columns."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from tortoise.backends.base.client import BaseDBAsyncClient

from disclosures.records import Disclosure
from publishers.port import ChannelName
from publishers.records import Delivery
from publishers.states import State
from scheduler.conflicts import Planned

CHANNEL_NAMES = {"portal": "门户网站", "wechat": "微信", "weibo": "微博", "answers": "智能问答"}
STANDING = tuple(state for state in State if state not in {State.CANCELLED, State.WITHDRAWN, State.FAILED})
MOST = 5000
"""Deliveries that one view reads; a district plans a few hundred a month."""
_COLUMNS = (
    "id", "release_id", "disclosure_id", "channel", "state", "due_at", "published_at", "intent_at",
    "release__mass_confirmed_by_id",
)  # fmt: skip


Hide = Callable[[set[int]], Awaitable[frozenset[int]]]
"""Which of these disclosures' titles must not be shown to whoever looks (an embargo)."""
HIDDEN = "（标题暂不公开）"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One delivery on the calendar."""

    id: int
    release_id: int
    disclosure_id: int
    channel: str
    state: State
    due_at: datetime
    published_at: datetime | None
    sent: bool
    mass: bool
    title: str = ""
    unit: str = ""

    @property
    def planned(self) -> Planned:
        return Planned(
            release_id=self.release_id, channel=self.channel, channel_name=CHANNEL_NAMES.get(self.channel, self.channel),
            due_at=self.due_at, title=self.title, mass=self.mass,
        )  # fmt: skip


async def rows_between(
    first: datetime, last: datetime, *, states: Iterable[State] | None = None, hide: Hide | None = None,
    connection: BaseDBAsyncClient | None = None,
) -> list[Row]:  # fmt: skip
    """The deliveries due from ``first`` to before ``last``, the earliest first, with title and unit."""
    wanted = Delivery.filter(due_at__gte=first, due_at__lt=last, channel__not=ChannelName.ANSWERS)
    if states is not None:
        wanted = wanted.filter(state__in=[str(state) for state in states])
    found = await wanted.using_db(connection).order_by("due_at", "id").limit(MOST).values_list(*_COLUMNS)
    ids = {int(each[2]) for each in found}
    titles = await _titles(ids, connection)
    hidden = await hide(ids) if hide is not None and ids else frozenset()
    rows = []
    for number, release, disclosure, channel, state, due, published, intent, confirmed in found:
        title, unit = titles.get(disclosure, ("", ""))
        title = HIDDEN if disclosure in hidden else title
        rows.append(
            Row(
                id=number, release_id=release, disclosure_id=disclosure, channel=channel, state=State(state), due_at=due,
                published_at=published, sent=intent is not None, mass=channel == "wechat" and confirmed is not None,
                title=title, unit=unit,
            )
        )  # fmt: skip
    return rows


async def _titles(ids: set[int], connection: BaseDBAsyncClient | None) -> dict[int, tuple[str, str]]:
    if not ids:
        return {}
    rows = Disclosure.filter(id__in=list(ids)).using_db(connection).values_list("id", "title", "unit__name")
    return {int(number): (str(title), str(unit)) for number, title, unit in await rows}

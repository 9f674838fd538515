"""The figures of what was published: kept as they were told, and read for pages, lists and exports."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from disclosures.records import Disclosure
from publishers.echo.port import Figure, Post
from publishers.echo.records import DayCount, FigureReading, FigureTotal
from publishers.records import Delivery
from publishers.slot import SHANGHAI
from publishers.states import State

NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "reads": "阅读", "shares": "转发", "likes": "点赞", "recommends": "在看", "comments": "评论", "favourites": "收藏",
        "answers": "问答引用",
    }
)  # fmt: skip
"""Name of a figure → what the screens call it, in the order in which they show it."""
CHANNELS: Final[Mapping[str, str]] = MappingProxyType(
    {"portal": "门户", "wechat": "微信", "weibo": "微博", "answers": "问答"}
)
TOLD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "portal": "门户自行计数：不记访客，不含搜索引擎等程序的访问；同一人多次打开各计一次。",
        "wechat": "微信次日 8 时以后提供前一天的数据，按人数计；发布 30 天后不再更新。",
        "weibo": "微博提供当时的累计数；阅读量不向接口开放，可在微博后台查看。",
        "answers": "问答机器人引用本文作答的次数。",
    }
)
"""What the figures of a channel mean, for the people who read them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFigures:
    """What one delivery brought, as far as it is told."""

    channel: str
    delivery_id: int
    totals: Mapping[str, int]
    days: Mapping[str, Sequence[tuple[date, int]]]
    """By figure: the running total at the end of each day, the newest correction of each."""
    read_at: datetime | None

    @property
    def channel_name(self) -> str:
        return CHANNELS.get(self.channel, self.channel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One disclosure of a month's list."""

    disclosure_id: int
    title: str
    unit: str
    channels: tuple[str, ...]
    published_at: datetime
    totals: Mapping[str, int]

    @property
    def reactions(self) -> int:
        return sum(self.totals.get(name, 0) for name in ("shares", "likes", "recommends", "comments"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Some disclosures together: those of a unit, or of a channel."""

    name: str
    posts: int
    totals: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What went out in a month, over one channel or all, and what it brought until now."""

    first: date
    lines: tuple[Line, ...]
    units: tuple[Sum, ...]
    channels: tuple[Sum, ...]
    daily: Mapping[str, Sequence[tuple[date, int]]] = field(default_factory=dict)
    """By channel: how much was read on each day of the month."""

    @property
    def totals(self) -> Mapping[str, int]:
        return _added(line.totals for line in self.lines)

    @property
    def top(self) -> tuple[Line, ...]:
        ranked = sorted(
            self.lines, key=lambda line: (-line.totals.get("reads", 0), -line.reactions, line.disclosure_id)
        )
        return tuple(ranked[:10])


async def keep_figures(channel: str, figures: Sequence[Figure], posts: Mapping[int, Post], *, now: datetime) -> int:
    """Adds a row for each figure that is new or differs from what was read before; returns how many."""
    figures = [figure for figure in figures if figure.delivery_id in posts]
    if not figures:
        return 0
    since, ids = min(figure.day for figure in figures), sorted({figure.delivery_id for figure in figures})
    newest: dict[tuple[int, str, date], int] = {}
    told = FigureReading.filter(delivery_id__in=ids, day__gte=since).order_by("id")
    for delivery, name, day, value in await told.values_list("delivery_id", "name", "day", "value"):
        newest[(delivery, name, day)] = value
    added = [
        FigureReading(
            delivery_id=figure.delivery_id, disclosure_id=posts[figure.delivery_id].disclosure_id, channel=channel,
            name=figure.name, day=figure.day, value=figure.value, source=figure.source, read_at=now,
        )
        for figure in figures
        if newest.get((figure.delivery_id, figure.name, figure.day)) != figure.value
    ]  # fmt: skip
    async with in_transaction() as connection:
        if added:
            await FigureReading.bulk_create(added, batch_size=200, using_db=connection)
        last: dict[tuple[int, str], Figure] = {}
        for figure in figures:
            known = last.get((figure.delivery_id, figure.name))
            if known is None or figure.day >= known.day:
                last[(figure.delivery_id, figure.name)] = figure
        for figure in last.values():
            values = {"day": figure.day, "value": figure.value, "read_at": now}
            mine = FigureTotal.filter(delivery_id=figure.delivery_id, name=figure.name).using_db(connection)
            if not await mine.update(**values):
                await FigureTotal.create(
                    using_db=connection, delivery_id=figure.delivery_id, name=figure.name, channel=channel,
                    disclosure_id=posts[figure.delivery_id].disclosure_id, **values,
                )  # fmt: skip
    return len(added)


class CountedFigures:
    """A ``FigureSource`` over our own day counts: ``counted`` is the counter's name, ``name`` the figure's."""

    every = timedelta(minutes=5)

    def __init__(self, *, counted: str, name: str) -> None:
        self._counted = counted
        self._name = name

    async def read(self, posts: Sequence[Post], *, now: datetime) -> tuple[Figure, ...]:
        """Of several deliveries of one disclosure (corrections) each has the days until the next one."""
        ids = sorted({post.disclosure_id for post in posts})
        counts: dict[int, list[tuple[date, int]]] = {}
        rows = DayCount.filter(disclosure_id__in=ids, name=self._counted).order_by("day")
        for disclosure, day, value in await rows.values_list("disclosure_id", "day", "value"):
            counts.setdefault(disclosure, []).append((day, value))
        figures: list[Figure] = []
        ordered = sorted(posts, key=lambda post: (post.disclosure_id, post.published_at))
        for place, post in enumerate(ordered):
            follower = ordered[place + 1] if place + 1 < len(ordered) else None
            same = follower is not None and follower.disclosure_id == post.disclosure_id
            until = _day(follower.published_at) if same and follower else date.max
            total, since = 0, _day(post.published_at)
            for day, value in counts.get(post.disclosure_id, []):
                if since <= day < until:
                    total += value
                    figures.append(
                        Figure(delivery_id=post.delivery_id, name=self._name, day=day, value=total, source="本系统计数")
                    )
        return tuple(figures)


async def figures_of(disclosure_id: int, *, release_id: int | None = None) -> tuple[ChannelFigures, ...]:
    """What the published deliveries of a disclosure, or of one release, brought; in the order of the channels."""
    deliveries = Delivery.filter(disclosure_id=disclosure_id, state=State.PUBLISHED)
    if release_id is not None:
        deliveries = deliveries.filter(release_id=release_id)
    rows = await deliveries.order_by("id").only("id", "channel")
    ids = [row.id for row in rows]
    totals: dict[int, dict[str, int]] = {}
    read_at: dict[int, datetime] = {}
    for each in await FigureTotal.filter(delivery_id__in=ids) if ids else ():
        totals.setdefault(each.delivery_id, {})[each.name] = each.value
        read_at[each.delivery_id] = max(read_at.get(each.delivery_id, each.read_at), each.read_at)
    days: dict[int, dict[str, dict[date, int]]] = {}
    told = FigureReading.filter(delivery_id__in=ids).order_by("id") if ids else None
    for delivery, name, day, value in await told.values_list("delivery_id", "name", "day", "value") if told else ():
        days.setdefault(delivery, {}).setdefault(name, {})[day] = value
    found = [
        ChannelFigures(
            channel=row.channel, delivery_id=row.id, totals=_ordered(totals.get(row.id, {})), read_at=read_at.get(row.id),
            days={name: sorted(each.items()) for name, each in days.get(row.id, {}).items()},
        )
        for row in rows
    ]  # fmt: skip
    order = list(CHANNELS)
    return tuple(sorted(found, key=lambda one: order.index(one.channel) if one.channel in order else len(order)))


async def month_of(first: date, *, channel: str = "", unit: str = "") -> Month:
    """What was published in the month that begins on ``first``. ``channel`` and ``unit`` narrow it."""
    begin, end = _moment(first), _moment(_next(first))
    rows = Delivery.filter(state=State.PUBLISHED, published_at__gte=begin, published_at__lt=end)
    if channel:
        rows = rows.filter(channel=channel)
    deliveries = await rows.order_by("published_at", "id").only("id", "channel", "disclosure_id", "published_at")
    facts = await _facts({row.disclosure_id for row in deliveries})
    deliveries = [row for row in deliveries if not unit or facts.get(row.disclosure_id, ("", ""))[1] == unit]
    ids = [row.id for row in deliveries]
    totals: dict[int, dict[str, int]] = {}
    for start in range(0, len(ids), 500):
        told = FigureTotal.filter(delivery_id__in=ids[start : start + 500])
        for delivery, name, value in await told.values_list("delivery_id", "name", "value"):
            totals.setdefault(delivery, {})[name] = value
    return Month(
        first=first, lines=_lines(deliveries, facts, totals),
        units=_sums([(facts.get(row.disclosure_id, ("", "—"))[1], row) for row in deliveries], totals),
        channels=_sums([(CHANNELS.get(row.channel, row.channel), row) for row in deliveries], totals),
        daily=await _daily({row.id: row.channel for row in deliveries}, first),
    )  # fmt: skip


async def _facts(ids: set[int]) -> dict[int, tuple[str, str]]:
    """Title and unit by disclosure."""
    found: dict[int, tuple[str, str]] = {}
    listed = sorted(ids)
    for start in range(0, len(listed), 500):
        rows = Disclosure.filter(id__in=listed[start : start + 500])
        found |= {number: (title, unit) for number, title, unit in await rows.values_list("id", "title", "unit__name")}
    return found


async def _daily(channels: Mapping[int, str], first: date) -> dict[str, list[tuple[date, int]]]:
    """How much the reads grew on each day of the month, by channel. Asked in plain SQL: reading thousands of dates back one
    by one costs the ORM more than everything else on the page, and there are only thirty-one of them."""
    if not channels:
        return {}
    begin, until, ids = first.isoformat(), _next(first).isoformat(), ",".join(str(int(number)) for number in channels)
    rows = await get_connection("default").execute_query_dict(
        "SELECT delivery_id, day, value FROM figure_reading "
        f"WHERE delivery_id IN ({ids}) AND name = 'reads' AND day >= '{begin}' AND day < '{until}' ORDER BY day, id"
    )
    newest: dict[object, dict[int, int]] = {}
    for row in rows:
        newest.setdefault(row["day"], {})[row["delivery_id"]] = row["value"]
    grown: dict[str, list[tuple[date, int]]] = {}
    before: dict[int, int] = {}
    for told, values in newest.items():
        sums: dict[str, int] = {}
        for delivery, value in values.items():
            more = max(value - before.get(delivery, 0), 0)
            before[delivery] = value
            sums[channels[delivery]] = sums.get(channels[delivery], 0) + more
        for channel, more in sums.items():
            grown.setdefault(channel, []).append((date.fromisoformat(str(told)[:10]), more))
    return dict(sorted(grown.items()))


def _lines(
    deliveries: Sequence[Delivery], facts: Mapping[int, tuple[str, str]], totals: Mapping[int, Mapping[str, int]]
) -> tuple[Line, ...]:
    together: dict[int, list[Delivery]] = {}
    for row in deliveries:
        together.setdefault(row.disclosure_id, []).append(row)
    return tuple(
        Line(
            disclosure_id=number, title=facts.get(number, ("", ""))[0], unit=facts.get(number, ("", ""))[1],
            channels=tuple(dict.fromkeys(row.channel for row in rows)),
            published_at=min(row.published_at for row in rows if row.published_at is not None),
            totals=_added(totals.get(row.id, {}) for row in rows),
        )
        for number, rows in together.items()
    )  # fmt: skip


def _sums(named: Sequence[tuple[str, Delivery]], totals: Mapping[int, Mapping[str, int]]) -> tuple[Sum, ...]:
    groups: dict[str, list[Delivery]] = {}
    for name, row in named:
        groups.setdefault(name, []).append(row)
    sums = [
        Sum(
            name=name, posts=len({row.disclosure_id for row in rows}),
            totals=_added(totals.get(row.id, {}) for row in rows),
        )
        for name, rows in groups.items()
    ]  # fmt: skip
    return tuple(sorted(sums, key=lambda one: (-one.totals.get("reads", 0), -one.posts, one.name)))


def _added(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        for name, value in part.items():
            total[name] = total.get(name, 0) + value
    return _ordered(total)


def _ordered(totals: Mapping[str, int]) -> dict[str, int]:
    return {name: totals[name] for name in NAMES if name in totals}


def _day(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()


def _moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def _next(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)

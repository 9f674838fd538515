"""诉求 as the screen shows it: the rows of the list with their lights, and how a reply will reach its citizen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tortoise.queryset import QuerySet

from casework.case import ACTIVE, Case
from casework.numbering import found_in
from casework.promise import Light
from casework.records import CitizenCase
from casework.rows import case_of
from console.case_services import CHANNEL_NAMES, CaseServices
from console.unknown_pages import ago

PER_PAGE: Final = 30
VIEWS: Final[Mapping[str, str]] = {
    "waiting": "待接", "mine": "我的", "open": "处理中", "answered": "已答复", "closed": "办结",
}  # fmt: skip
EMPTY: Final[Mapping[str, str]] = {
    "waiting": "没有等候接办的诉求。群众转人工之后会出现在这里。",
    "mine": "您名下没有正在办理的诉求。可以到“待接”中接办。",
    "open": "没有正在办理的诉求。",
    "answered": "没有答复后等候办结的诉求。",
    "closed": "还没有办结的诉求。",
}
NOTHING_FOUND: Final = "没有符合条件的诉求，请放宽条件再找。"
LAMP_NAMES: Final[Mapping[str, str]] = {
    "green": "时间充裕", "amber": "快到期", "red": "已超时", "kept": "按时", "missed": "超时办理",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the list is asked for; ``number`` is a case number that was typed into the search."""

    view: str
    channel: str = ""
    unit: str = ""
    q: str = ""
    page: int = 1

    @property
    def number(self) -> str:
        return found_in(self.q)

    @property
    def narrowed(self) -> bool:
        return bool(self.channel or self.unit or self.q)

    @classmethod
    def of(cls, query: Mapping[str, str], *, page: int) -> "Asked":
        view, channel = query.get("view", "waiting"), query.get("channel", "")
        return cls(
            view=view if view in VIEWS else "waiting", channel=channel if channel in CHANNEL_NAMES else "",
            unit=query.get("unit", "").strip()[:64], q=query.get("q", "").strip()[:100], page=page,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One case of the list. ``light`` is the promise that runs, else how the last one ended."""

    case: Case
    promise: str
    light: Light
    age: str
    mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A page of the list."""

    rows: tuple[Row, ...]
    total: int
    pages: int
    counts: Mapping[str, int]


async def listed(asked: Asked, services: CaseServices, *, account_id: int, now: datetime) -> Shown:
    """The cases that were asked for, the most urgent first; closed ones by their day."""
    found = _chosen(asked, account_id)
    total = await found.count()
    order = ("-closed_at", "-id") if asked.view == "closed" else ("answer_due", "id")
    order = ("reply_due", "id") if asked.view == "waiting" else order
    rows = await found.order_by(*order).offset((asked.page - 1) * PER_PAGE).limit(PER_PAGE)
    counts = {view: await _in(view, account_id).count() for view in VIEWS if view != "closed"}
    return Shown(
        rows=tuple(row_of(case_of(row), services, account_id=account_id, now=now) for row in rows), total=total,
        pages=max(1, -(-total // PER_PAGE)), counts=counts,
    )  # fmt: skip


def row_of(case: Case, services: CaseServices, *, account_id: int, now: datetime) -> Row:
    name, found = current_light(case, services, now=now)
    mine = case.handler_id == account_id
    return Row(case=case, promise=name, light=found, age=ago(case.opened_at, now), mine=mine)


def lights(case: Case, services: CaseServices, *, now: datetime) -> tuple[tuple[str, Light], ...]:
    """Both promises: the first word, and the answer. A closed case's clock does not run any more."""
    return ("首次回复", services.desk.reply_light(case, now)), ("答复", services.desk.answer_light(case, now))


def current_light(case: Case, services: CaseServices, *, now: datetime) -> tuple[str, Light]:
    """The promise that runs; the answer's when both have ended."""
    first, answer = lights(case, services, now=now)
    return first if first[1].lamp in {"green", "amber", "red"} else answer


def _chosen(asked: Asked, account_id: int) -> "QuerySet[CitizenCase]":
    if asked.number:  # Whoever types a number wants that case, whatever list he stands in.
        return CitizenCase.filter(number=asked.number)
    found = _in(asked.view, account_id)
    found = found.filter(channel=asked.channel) if asked.channel else found
    found = found.filter(unit=asked.unit) if asked.unit else found
    return found.filter(subject__icontains=asked.q) if asked.q else found


def _in(view: str, account_id: int) -> "QuerySet[CitizenCase]":
    if view == "mine":
        return CitizenCase.filter(handler_id=account_id, state__in=list(ACTIVE))
    return CitizenCase.filter(state=view)


async def units_of_cases() -> list[str]:
    """The units that have a case, for the filter."""
    names = await CitizenCase.exclude(unit="").distinct().values_list("unit", flat=True)
    return sorted({str(name) for name in names})


async def reach_words(case: Case, services: CaseServices, *, now: datetime) -> str:
    """What will become of a reply that is sent now, in words."""
    name = CHANNEL_NAMES.get(case.channel, case.channel)
    if not case.sender:
        return "本人已取消关注，回复不能送达。" if case.channel in services.pushes else "回复不能送达。"
    if case.channel not in services.pushes:
        where = "他在网页上再次打开对话，或凭编号查询时" if case.channel == "web" else f"他下次在{name}发消息时"
        return f"{name}不能由我们先发消息：{where}送达。"
    last = await services.last_heard(case.channel, case.sender)
    if last is None:
        return f"他下次在{name}发消息时送达。"
    left = last + services.window - now
    if left <= timedelta():
        return f"已超过{name}允许的 48 小时：他下次发消息时送达。"
    hours, minutes = divmod(int(left.total_seconds()) // 60, 60)
    return f"在{name} 48 小时窗口内（还剩 {f'{hours} 小时' if hours else f'{minutes} 分钟'}），立即送达。"

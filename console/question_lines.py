"""未解答问题 as the screens and the API show it: the clusters with their askers and weeks, and one cluster with everything in it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from tortoise.functions import Count
from tortoise.queryset import QuerySet

from console.screen import SHANGHAI
from knowledge.errors import ClusterUnknown
from knowledge.index import bare
from knowledge.keywords import normalise
from knowledge.question_records import EntryComplaint, QuestionCluster, QuestionLabel, QuestionNotice
from knowledge.question_rules import OPEN
from knowledge.records import KnowledgeDraft, KnowledgeEntry, UnansweredQuestion

PER_PAGE: Final = 20
DAYS: Final = 14
READ: Final = 5_000
"""Questions of one cluster that its page reads."""
SHOWN: Final = 100
"""Wordings of one cluster that its page lists."""
TALLIED: Final = 20_000
STATES: Final = {"open": "待处理", "drafting": "待发布", "answered": "已有答复", "closed": "已关闭"}
STATE_NAMES: Final = {**STATES, "merged": "已并入别组"}
CHANNELS: Final = {"wechat": "微信", "weibo": "微博", "web": "门户", "api": "接口"}
REASONS: Final = {"none": "没有找到答案", "rejected_choice": "群众选择“都不是”"}


def _reason(reason: str) -> str:
    """Why a question is on the list; a handler's comes with the number of its case."""
    return (
        f"承办员转来（{number}）" if (number := reason.removeprefix("case:")) != reason else REASONS.get(reason, reason)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Questions on each of the last days, today last; the second half is this week."""

    days: tuple[date, ...]
    counts: tuple[int, ...]

    @property
    def this_week(self) -> int:
        return sum(self.counts[-7:])

    @property
    def last_week(self) -> int:
        return sum(self.counts[:-7])

    @property
    def most(self) -> int:
        return max(max(self.counts), 1)

    @property
    def words(self) -> str:
        """The trend for whoever does not see the drawing."""
        return f"近七天 {self.this_week} 次，再往前七天 {self.last_week} 次"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterLine:
    """One cluster of the list. `samples` are wordings beside the title, masked unless the reader may write."""

    row: QuestionCluster
    trend: Trend
    title: str
    samples: tuple[str, ...]
    channels: tuple[str, ...]
    candidates: tuple[str, ...]
    today: date

    @property
    def state_name(self) -> str:
        return STATE_NAMES[self.row.state]

    @property
    def late(self) -> bool:
        return self.row.state in OPEN and self.row.due_on < self.today

    @property
    def due_words(self) -> str:
        """By when, in words; empty for what is done."""
        if self.row.state not in OPEN:
            return ""
        left = (self.row.due_on - self.today).days
        note = "（暂按周末推算）" if self.row.due_provisional else ""
        if left < 0:
            return f"已超期 {-left} 天，应于 {self.row.due_on:%m月%d日} 前办理"
        return f"今天到期{note}" if left == 0 else f"{self.row.due_on:%m月%d日} 前办理{note}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One wording: its first question stands for it, `persons` used it, `times` in all."""

    question: UnansweredQuestion
    text: str
    persons: int
    times: int
    channels: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSheet:
    """One cluster with its wordings, those of most people first."""

    line: ClusterLine
    said: tuple[Said, ...]
    others: tuple[QuestionCluster, ...]
    """Other clusters that are open, to join with; the latest first."""
    labels: tuple[QuestionLabel, ...]
    notices: Mapping[str, int]
    entry: KnowledgeEntry | None
    draft: KnowledgeDraft | None

    @property
    def open(self) -> bool:
        return self.line.row.state == "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What the list is to show. `mine` is the account whose clusters are wanted, 0 for everybody's."""

    state: str = "open"
    q: str = ""
    unit: str = ""
    late: bool = False
    mine: int = 0


def rows_of(chosen: Chosen, today: date) -> QuerySet[QuestionCluster]:
    """The clusters that the filters let through, the most pressing first; of those that are done the latest."""
    rows = QuestionCluster.filter(state=chosen.state if chosen.state in STATES else "open")
    if chosen.q:
        asked = UnansweredQuestion.filter(masked__icontains=chosen.q).exclude(cluster_id=None)
        rows = rows.filter(id__in=asked.values("cluster_id"))
    if chosen.unit:
        rows = rows.filter(unit=chosen.unit)
    if chosen.late:
        rows = rows.filter(due_on__lt=today)
    if chosen.mine:
        rows = rows.filter(taken_by_id=chosen.mine)
    return rows.order_by("due_on", "-askers", "id") if chosen.state in OPEN else rows.order_by("-closed_at", "-id")


async def lines_of(rows: Sequence[QuestionCluster], *, now: datetime, whole: bool) -> list[ClusterLine]:
    """The lines of a page; ``whole``: the reader may see what was asked word for word."""
    ids, today = [row.id for row in rows], now.astimezone(SHANGHAI).date()
    days = tuple(today - timedelta(days=back) for back in range(DAYS - 1, -1, -1))
    counts: defaultdict[int, Counter[date]] = defaultdict(Counter)
    texts: defaultdict[int, dict[str, str]] = defaultdict(dict)
    channels: defaultdict[int, dict[str, None]] = defaultdict(dict)
    offered: defaultdict[int, Counter[str]] = defaultdict(Counter)
    asked = UnansweredQuestion.filter(cluster_id__in=ids).order_by("-id").limit(TALLIED) if ids else None
    for one in await asked if asked is not None else ():
        number = one.cluster_id or 0
        counts[number][one.asked_at.astimezone(SHANGHAI).date()] += 1
        texts[number].setdefault(bare(normalise(one.masked)), one.text if whole else one.masked)
        channels[number].setdefault(CHANNELS.get(one.channel, one.channel))
        offered[number].update(str(candidate.get("title", "")) for candidate in one.candidates)
    return [
        ClusterLine(
            row=row, trend=Trend(days=days, counts=tuple(counts[row.id][day] for day in days)), today=today,
            title=texts[row.id].get(bare(normalise(row.title)), row.title),
            samples=tuple(text for name, text in texts[row.id].items() if name != bare(normalise(row.title)))[:2],
            channels=tuple(channels[row.id]), candidates=tuple(title for title, _ in offered[row.id].most_common(3)),
        )
        for row in rows
    ]  # fmt: skip


async def read_cluster(cluster_id: int, *, now: datetime, whole: bool) -> ClusterSheet:
    """Raises ClusterUnknown. A cluster that was merged shows the one that it became."""
    row = await QuestionCluster.get_or_none(id=cluster_id)
    while row is not None and row.merged_into:
        row = await QuestionCluster.get_or_none(id=row.merged_into)
    if row is None:
        raise ClusterUnknown
    asked = await UnansweredQuestion.filter(cluster_id=row.id).order_by("id").limit(READ)
    others = await QuestionCluster.filter(state__in=OPEN).exclude(id=row.id).order_by("-last_at").limit(200)
    numbers = [one.id for one in asked]
    told = QuestionNotice.filter(question_id__in=numbers[:1000]).annotate(n=Count("id")).group_by("state")
    return ClusterSheet(
        line=(await lines_of([row], now=now, whole=whole))[0], said=_said(asked, whole), others=tuple(others),
        labels=tuple(await QuestionLabel.filter(cluster_id=row.id).order_by("-id").limit(SHOWN)),
        notices={str(each["state"]): int(each["n"]) for each in await told.values("state", "n")} if numbers else {},
        entry=await KnowledgeEntry.get_or_none(entry_id=row.entry_id) if row.entry_id else None,
        draft=await KnowledgeDraft.get_or_none(id=row.draft_id) if row.draft_id else None,
    )  # fmt: skip


def _said(asked: Sequence[UnansweredQuestion], whole: bool) -> tuple[Said, ...]:
    groups: defaultdict[str, list[UnansweredQuestion]] = defaultdict(list)
    for one in asked:
        groups[bare(normalise(one.masked)) or one.masked].append(one)
    found = [
        Said(
            question=rows[0], text=rows[0].text if whole else rows[0].masked, times=len(rows),
            persons=len({row.asker_hash or f"left:{row.id}" for row in rows}),
            channels=tuple(dict.fromkeys(CHANNELS.get(row.channel, row.channel) for row in rows)),
            reasons=tuple(dict.fromkeys(_reason(row.reason) for row in rows)),
        )
        for rows in groups.values()
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda said: (-said.persons, said.question.id))[:SHOWN])


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionWork:
    """What of the inbox waits: clusters that are open, those that are late, and those that fall due today."""

    open: int = 0
    late: int = 0
    today: int = 0
    drafting: int = 0
    complaints: int = 0
    """Entries whose answers people found of no use, and those of them that are late."""
    complaints_late: int = 0


async def question_work(today: date) -> QuestionWork:
    rows = QuestionCluster.filter(state="open")
    return QuestionWork(
        open=await rows.count(), late=await rows.filter(due_on__lt=today).count(),
        today=await rows.filter(due_on=today).count(), drafting=await QuestionCluster.filter(state="drafting").count(),
        complaints=await EntryComplaint.filter(state="open").count(),
        complaints_late=await EntryComplaint.filter(state="open", due_on__lt=today).count(),
    )  # fmt: skip

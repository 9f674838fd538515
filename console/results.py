"""How a release went, channel by channel, as the screens and the API show it: state, cause, remedy, and what a person
may decide now (features P14–P16)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from publishers.choices import Choice, choices, is_unknown
from publishers.conclusion import SUPERSEDED_BY, WITHDRAWN_MEANWHILE
from publishers.port import WITHOUT_PICTURES, ChannelName
from publishers.readback import Proof
from publishers.records import Attempt, Delivery, Release
from publishers.states import BEFORE_INTENT, ENDED, State, release_state
from scheduler.errors import ReleaseNotFound
from scheduler.timetable import CHANNEL_NAMES

STATE_NAMES: Mapping[State, str] = MappingProxyType(
    {
        State.PENDING: "等待发布",
        State.CLAIMED: "正在准备",
        State.DRAFTED: "草稿已备好",
        State.SENDING: "正在发送",
        State.SUBMITTED: "平台处理中",
        State.PUBLISHED: "已发布",
        State.UNKNOWN: "待核实",
        State.HELD: "待人工决定",
        State.FAILED: "未能发布",
        State.CANCELLED: "已取消",
        State.WITHDRAWING: "正在撤回",
        State.WITHDRAWN: "已撤回",
    }
)

RELEASE_STATE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "scheduled": "等待发布",
        "releasing": "正在发布",
        "released": "已全部发布",
        "attention": "需要处理",
        "withdrawing": "正在撤回",
        "withdrawn": "已撤回",
        "cancelled": "已取消",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NextAction:
    """The one thing that a person may do about a delivery now, and where."""

    words: str
    address: str
    pressing: bool = False
    """True: nothing goes on before somebody does it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelResult:
    """One delivery on the screen."""

    delivery_id: int
    channel: str
    channel_name: str
    state: State
    external_id: str
    url: str
    attempts: int
    problem: str
    remedy: str
    due_at: datetime
    published_at: datetime | None
    updated_at: datetime
    choices: tuple[Choice, ...]
    unknown: bool = False
    """Something was sent and nobody can prove what became of it: two persons decide, on a page of its own."""
    superseded: bool = False
    """A correction has taken its place."""
    without_pictures: str = ""
    """Why its pictures were left out; empty when they were not."""
    release_id: int = 0
    superseded_by: int = 0
    """The release of the correction; 0: none."""
    proof: str = ""
    """What the newest read-back showed (``publishers.readback.Proof``); empty before the first."""

    @property
    def state_name(self) -> str:
        if self.superseded and self.state is State.WITHDRAWN:
            return "已由更正替代"
        return STATE_NAMES[self.state]

    @property
    def mark(self) -> str:
        """✔ done, ✘ failed, ？ not known, – nothing more will happen, … under way."""
        if self.state is State.PUBLISHED:
            return "✔"
        if self.state is State.FAILED:
            return "✘"
        if self.state in {State.UNKNOWN, State.HELD}:
            return "？"
        return "–" if self.state in ENDED else "…"

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def proof_mark(self) -> tuple[str, str]:
        """(colour class, words) of what is live beside what was approved; empty when there is nothing to say."""
        if self.state is not State.PUBLISHED:
            return "", ""
        return _PROOF_MARKS.get(self.proof, ("waiting", "等待核对"))

    @property
    def next_action(self) -> NextAction | None:
        """None: nothing for a person to do."""
        here = f"/console/releases/{self.release_id}"
        if self.unknown:
            return NextAction(words="去核实", address=f"/console/deliveries/{self.delivery_id}", pressing=True)
        if self.state is State.FAILED:
            return NextAction(words="改正后重试", address=f"{here}#decide-{self.delivery_id}", pressing=True)
        if self.state is State.HELD:
            return NextAction(words="决定是否现在发布", address=f"{here}#decide-{self.delivery_id}", pressing=True)
        if self.state is State.WITHDRAWING:
            return NextAction(words="查看撤回进度", address=f"/console/deliveries/{self.delivery_id}")
        if self.state is State.PUBLISHED and self.proof in {Proof.DIFFERENT, Proof.GONE}:
            return NextAction(words="核对差异", address=f"{here}#proof-{self.delivery_id}", pressing=True)
        if self.superseded_by:
            return NextAction(words="查看更正后的发布", address=f"/console/releases/{self.superseded_by}")
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseResult:
    """One release with its deliveries, in the order of the channels."""

    id: int
    disclosure_id: int
    revision: int
    content_hash: str
    due_at: datetime
    created_by: str
    created_at: datetime
    cancelled: bool
    channels: tuple[ChannelResult, ...]
    corrects: tuple[int, ...] = ()
    """The releases whose text this one took the place of."""

    @property
    def corrected_by(self) -> tuple[int, ...]:
        """The releases that took the place of this one's text."""
        return tuple(sorted({result.superseded_by for result in self.channels if result.superseded_by}))

    @property
    def partial(self) -> bool:
        """Some channels have it and others want a person: said as such, “部分渠道已发布”."""
        states = {result.state for result in self.channels}
        return State.PUBLISHED in states and bool(states & {State.FAILED, State.HELD, State.UNKNOWN})

    @property
    def state(self) -> str:
        return release_state([result.state for result in self.channels], cancelled=self.cancelled)

    @property
    def state_name(self) -> str:
        return "部分渠道已发布" if self.partial else RELEASE_STATE_NAMES[self.state]

    @property
    def moving(self) -> bool:
        """Whether the machine still has something to do soon, so that a screen should look again."""
        return any(not result.ended and result.state is not State.HELD for result in self.channels)

    @property
    def cancellable(self) -> bool:
        return any(
            result.state in BEFORE_INTENT or result.state is State.FAILED or Choice.PUBLISH_LATE in result.choices
            for result in self.channels
        )

    @property
    def movable(self) -> bool:
        """Whether something of it has not begun to be sent: that may go out at another moment."""
        return any(result.state in BEFORE_INTENT or Choice.PUBLISH_LATE in result.choices for result in self.channels)

    @property
    def doubtful(self) -> tuple[ChannelResult, ...]:
        """The deliveries of unknown outcome: cancelling proposes not to send them any more."""
        return tuple(result for result in self.channels if result.unknown)


async def read_release(release_id: int) -> ReleaseResult:
    """Raises ReleaseNotFound."""
    release = await Release.get_or_none(id=release_id)
    if release is None:
        raise ReleaseNotFound("没有这个发布计划")
    return (await _results([release]))[0]


async def read_releases(disclosure_id: int, *, limit: int = 20) -> tuple[ReleaseResult, ...]:
    """The releases of a disclosure, newest first."""
    releases = await Release.filter(disclosure_id=disclosure_id).order_by("-id").limit(limit)
    return tuple(await _results(releases))


async def results_of(rows: Sequence[Delivery]) -> list[ChannelResult]:
    """These deliveries, in their order."""
    attempts = await _attempts(rows)
    return [_result(row, attempts.get(row.id, 0)) for row in rows]


async def recent_releases(*, page: int, per_page: int = 20) -> tuple[tuple[ReleaseResult, ...], int]:
    """(a page of all releases, newest first; how many pages there are)."""
    total = await Release.all().count()
    releases = await Release.all().order_by("-id").offset((page - 1) * per_page).limit(per_page)
    return tuple(await _results(releases)), max(1, -(-total // per_page))


async def _results(releases: Sequence[Release]) -> list[ReleaseResult]:
    ids = [release.id for release in releases]
    rows = await Delivery.filter(release_id__in=ids).order_by("id") if ids else []
    attempts = await _attempts(rows)
    corrects = await _corrects({release.disclosure_id for release in releases})
    by_release: dict[int, list[ChannelResult]] = {release_id: [] for release_id in ids}
    for row in rows:
        by_release[row.release_id].append(_result(row, attempts.get(row.id, 0)))
    order = {str(name): place for place, name in enumerate(ChannelName)}
    return [
        ReleaseResult(
            id=release.id, disclosure_id=release.disclosure_id, revision=release.revision,
            content_hash=release.content_hash, due_at=release.due_at, created_by=release.created_by_name,
            created_at=release.created_at, cancelled=release.cancelled_at is not None,
            channels=tuple(sorted(by_release[release.id], key=lambda result: order.get(result.channel, 9))),
            corrects=tuple(sorted(corrects.get(release.id, ()))),
        )
        for release in releases
    ]  # fmt: skip


async def _corrects(disclosure_ids: set[int]) -> dict[int, set[int]]:
    """Release → the releases whose text it took the place of."""
    gave_way = Delivery.filter(disclosure_id__in=list(disclosure_ids), state__in=[State.WITHDRAWING, State.WITHDRAWN])
    found: dict[int, set[int]] = {}
    for row in await gave_way.only("id", "release_id", "facts") if disclosure_ids else []:
        if (newer := row.facts.get(SUPERSEDED_BY)) and isinstance(newer, int) and newer != row.release_id:
            found.setdefault(newer, set()).add(row.release_id)
    return found


async def _attempts(rows: Sequence[Delivery]) -> dict[int, int]:
    """Delivery → how often something was sent: for a platform only the calls with an effect count. Our own channels
    publish inside one transaction and leave no call behind: what is published there was tried once."""
    social = {row.id for row in rows if row.channel in {ChannelName.WECHAT, ChannelName.WEIBO}}
    counts = {row.id: 1 for row in rows if row.id not in social and row.published_at is not None}
    if rows:
        for attempt in await Attempt.filter(delivery_id__in=[row.id for row in rows]).only("id", "delivery_id", "verb"):
            if attempt.delivery_id not in social or attempt.verb == "send":
                counts[attempt.delivery_id] = counts.get(attempt.delivery_id, 0) + 1
    return counts


def _result(row: Delivery, attempts: int) -> ChannelResult:
    state, withdrawn = State(row.state), bool(row.facts.get(WITHDRAWN_MEANWHILE))
    return ChannelResult(
        delivery_id=row.id, channel=row.channel, channel_name=CHANNEL_NAMES[ChannelName(row.channel)], state=state,
        external_id=row.external_id, url=row.url, attempts=attempts, problem=row.problem, remedy=row.remedy,
        due_at=row.due_at, published_at=row.published_at, updated_at=row.updated_at,
        choices=choices(state, sent=row.intent_at is not None, withdrawn=withdrawn),
        unknown=is_unknown(state, row.intent_at), superseded=SUPERSEDED_BY in row.facts,
        without_pictures=str(row.facts.get(WITHOUT_PICTURES) or ""),
        release_id=row.release_id, superseded_by=_number(row.facts.get(SUPERSEDED_BY)), proof=row.proof or "",
    )  # fmt: skip


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


_PROOF_MARKS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        Proof.SAME: ("same", "✔ 核对一致"),
        Proof.DIFFERENT: ("different", "✘ 与审核通过的不一致"),
        Proof.GONE: ("gone", "✘ 平台上已看不到"),
        Proof.UNREADABLE: ("unreadable", "？ 暂时读取不到"),
    }
)

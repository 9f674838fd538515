"""``mingbai doctor``: what an operator should know before the first release of the day. Each finding names its remedy."""

from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

from audit.errors import TrailBroken
from audit.trail import Trail
from gateway.database.clock import DatabaseClock
from gateway.errors import SettingInvalid
from gateway.settings import Environment, Settings, check_for_serving
from knowledge.records import KnowledgeEntry
from publishers.halt import KIND_NAMES, standing_halts
from publishers.incidents import open_incidents
from publishers.port import ChannelName, Problem, Severity
from scheduler.duty import oldest_due
from scheduler.nodes import seen_nodes
from scheduler.readiness import NAMES
from scheduler.vigil import LEAST_FREE, free_space
from staff.records import Account
from staff.roles import Verb, may, parse_roles

FREE_BYTES = 2**30
DRIFT_SECONDS = 2.0
PROBE_SECONDS = 5.0
"""What the live probe of one platform may take; all are asked at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One finding, in Simplified Chinese."""

    name: str
    ok: bool
    found: str
    remedy: str
    doubtful: bool = False
    """It passes, and somebody should look at it all the same."""


async def examine(settings: Settings) -> list[Check]:
    """Looks at this machine, its settings and its open database."""
    return [
        _settings(settings),
        await _clock(),
        _disk(settings),
        *_weibo(settings),
        await _staff(),
        await _knowledge(),
        await _due(),
        await _halts(),
        await _incidents(),
        await _nodes(),
        await _trail(),
        *await _platforms(settings),
    ]


def _settings(settings: Settings) -> Check:
    try:
        check_for_serving(settings)
    except SettingInvalid as invalid:
        return Check(name="设置", ok=False, found=f"{invalid.variable}：{invalid.what}", remedy=invalid.remedy)
    return Check(name="设置", ok=True, found=f"{settings.env} 环境", remedy="")


async def _clock() -> Check:
    drift = abs((datetime.now(UTC) - await DatabaseClock().now()).total_seconds())
    return Check(
        name="时钟",
        ok=drift <= DRIFT_SECONDS,
        found=f"与数据库相差 {drift:.1f} 秒",
        remedy="校准本机与数据库服务器的时间（chrony 或 ntpd）；相差 2 秒以上时系统不会发布",
    )


def _disk(settings: Settings) -> Check:
    free, share = free_space(settings.state_folder)
    return Check(
        name="磁盘", ok=free > FREE_BYTES and share >= LEAST_FREE, found=f"剩余 {free / 2**30:.1f} GB（{share:.0%}）",
        remedy="清理或扩充磁盘，至少留出 1 GB 和 10%；磁盘写满后系统会停止发送",
    )  # fmt: skip


def _weibo(settings: Settings) -> list[Check]:
    if not settings.weibo_app_key:
        return []
    try:
        public = ip_address(settings.weibo_rip).is_global
    except ValueError:
        public = False
    return [
        Check(
            name="微博 rip", ok=public or settings.env is not Environment.PRODUCTION,
            found=settings.weibo_rip or "没有设置",
            remedy="把 MINGBAI_WEIBO_RIP 设为服务器出口的公网 IPv4 地址，否则微博可能拒收",
        )
    ]  # fmt: skip


async def _staff() -> Check:
    people = [parse_roles(account.roles) for account in await Account.filter(disabled_at=None)]
    roles = {role for held in people for role in held}
    needed = {
        "drafter": "拟稿",
        "first_reviewer": "初审",
        "second_reviewer": "复审",
        "final_reviewer": "终审",
        "publisher": "发布",
    }
    missing = [f"{name}人员" for role, name in needed.items() if role not in roles]
    if sum(may(held, Verb.DELIVERY_DECIDE) for held in people) < 2:
        missing.append("能决定待核实投放的两个人")
    return Check(
        name="人员",
        ok=not missing,
        found="齐全" if not missing else f"缺少{'、'.join(missing)}",
        remedy="用 mingbai staff add 新增账号；三审须由三个不同的人担任，待核实的投放由发布、终审人员中的两人决定",
    )


async def _knowledge() -> Check:
    count = await KnowledgeEntry.filter(live=True).count()
    return Check(name="知识库", ok=count > 0, found=f"{count} 条可用", remedy="用 mingbai knowledge load 导入知识条目")


async def _due() -> Check:
    age = (await oldest_due(DatabaseClock())).total_seconds()
    return Check(
        name="到期未发", ok=age < 60, found=f"最久 {age:.0f} 秒", remedy="确认 mingbai serve 或 worker 正在运行"
    )


async def _halts() -> Check:
    halts = await standing_halts()
    found = "、".join(f"{KIND_NAMES.get(halt.kind, halt.kind)}：{halt.reason}" for halt in halts) or "没有"
    return Check(name="停发", ok=not halts, found=found, remedy="由两人在工作台解除后恢复发布")


async def _incidents() -> Check:
    rows = await open_incidents(limit=3)
    found = "；".join(row.message for row in rows) or "没有"
    remedy = "；".join(row.remedy.rstrip("。") for row in rows if row.remedy) or "在工作台的“告警”页逐条处理"
    return Check(name="告警", ok=not rows, found=found, remedy=remedy)


async def _nodes() -> Check:
    nodes = [node for node in await seen_nodes(DatabaseClock()) if node.alive]
    found = "、".join(f"{node.name}（{node.kind}{'，值班' if node.on_duty else ''}）" for node in nodes)
    return Check(
        name="节点", ok=True, found=found or "没有运行中的节点", remedy="用 mingbai serve 或 mingbai worker 启动"
    )  # fmt: skip


async def _platforms(settings: Settings) -> list[Check]:
    """Credentials, address list, domain and quota as the platforms answer now. A network that is away is told, and is no
    failure of this machine."""
    if not _settings(settings).ok:
        return []
    # Imported here because the wiring is the whole house, which the other checks do not need.
    from gateway.wiring import build

    product = await build(settings)
    try:
        found = await product.readiness.channels_now(seconds=PROBE_SECONDS)
    finally:
        for session in product.http:
            await session.close()
        product.passwords.close()
    return [_platform(name, problems) for name, problems in found.items()]


def _platform(name: ChannelName, problems: tuple[Problem, ...]) -> Check:
    return Check(
        name=f"{NAMES[name]}查验",
        ok=not any(problem.severity is Severity.BLOCK for problem in problems),
        found="；".join(problem.message.rstrip("。") for problem in problems) or "凭据、权限、域名和额度正常",
        remedy="；".join(problem.remedy.rstrip("。") for problem in problems),
        doubtful=bool(problems),
    )


async def _trail() -> Check:
    try:
        found = await Trail().verify()
    except TrailBroken as broken:
        return Check(name="审计链", ok=False, found=str(broken), remedy="立即停止操作，保留现场，联系审计人员")
    return Check(name="审计链", ok=True, found=f"{found.records} 条，完整", remedy="")

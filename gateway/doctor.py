"""``mingbai doctor``: what an operator should know before the first release of the day. Each finding names its remedy."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

from audit.errors import TrailBroken
from audit.trail import Trail
from gateway.database.clock import DatabaseClock
from gateway.errors import SettingInvalid
from gateway.settings import Environment, Settings, check_for_serving
from knowledge.records import KnowledgeEntry
from scheduler.duty import oldest_due
from staff.records import Account

FREE_BYTES = 2**30
DRIFT_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One finding, in Simplified Chinese."""

    name: str
    ok: bool
    found: str
    remedy: str


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
        await _trail(),
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
    folder = settings.state_folder
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    return Check(
        name="磁盘", ok=free > FREE_BYTES, found=f"剩余 {free / 2**30:.1f} GB", remedy="清理磁盘，至少留出 1 GB"
    )


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
    roles = {role for account in await Account.filter(disabled_at=None) for role in account.roles}
    needed = {
        "drafter": "拟稿",
        "first_reviewer": "初审",
        "second_reviewer": "复审",
        "final_reviewer": "终审",
        "publisher": "发布",
    }
    missing = [name for role, name in needed.items() if role not in roles]
    return Check(
        name="人员",
        ok=not missing,
        found="齐全" if not missing else f"缺少{'、'.join(missing)}人员",
        remedy="用 mingbai staff add 新增账号；三审须由三个不同的人担任",
    )


async def _knowledge() -> Check:
    count = await KnowledgeEntry.filter(live=True).count()
    return Check(name="知识库", ok=count > 0, found=f"{count} 条可用", remedy="用 mingbai knowledge load 导入知识条目")


async def _due() -> Check:
    age = (await oldest_due(DatabaseClock())).total_seconds()
    return Check(
        name="到期未发", ok=age < 60, found=f"最久 {age:.0f} 秒", remedy="确认 mingbai serve 或 worker 正在运行"
    )


async def _trail() -> Check:
    try:
        found = await Trail().verify()
    except TrailBroken as broken:
        return Check(name="审计链", ok=False, found=str(broken), remedy="立即停止操作，保留现场，联系审计人员")
    return Check(name="审计链", ok=True, found=f"{found.records} 条，完整", remedy="")

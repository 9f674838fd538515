"""The incidents as lists: what is open now, and what was closed lately, by whom and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.records import AuditRecord
from publishers.incidents import ALARM, open_incidents
from publishers.records import Incident

KIND_NAMES = {
    "readiness": "发布前查验", "credentials": "平台账号", "mass_quota": "群发额度", "overdue": "到期未发", "disk": "磁盘空间",
    "clock": "时钟", "read_back": "发布后核对", "halt": "发布总开关", "quarantine": "恢复后隔离", "nodes": "运行节点",
    "emergency": "应急发布",
}  # fmt: skip
"""What a kind is called; one that is not listed is shown as 系统."""
HOME_LIMIT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLine:
    """One incident on the screen. ``reason`` is what the person wrote who closed it."""

    row: Incident
    reason: str = ""

    @property
    def kind_name(self) -> str:
        return KIND_NAMES.get(self.row.kind, "系统")

    @property
    def alarm(self) -> bool:
        return self.row.severity == ALARM


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIncidents:
    """What stands open: the first few, and how many there are."""

    lines: tuple[IncidentLine, ...]
    count: int
    alarms: int


async def open_lines(*, limit: int = HOME_LIMIT) -> OpenIncidents:
    """For the partial ``incidents.html``: alarms first, the newest first."""
    rows = await open_incidents(limit=limit)
    open_ones = Incident.exclude(open_key=None)
    return OpenIncidents(
        lines=tuple(IncidentLine(row=row) for row in rows),
        count=await open_ones.count(), alarms=await open_ones.filter(severity=ALARM).count(),
    )  # fmt: skip


async def closed_lines(*, page: int, size: int = 20) -> tuple[Sequence[IncidentLine], int]:
    """One page of what is over, the newest first, and how many pages there are."""
    closed = Incident.filter(open_key=None)
    rows = await closed.order_by("-cleared_at", "-id").offset((page - 1) * size).limit(size)
    subjects = [f"incident:{row.id}" for row in rows]
    acts = await AuditRecord.filter(subject__in=subjects, verb="incident.dealt_with") if subjects else []
    reasons = {act.subject: str(act.detail.get("reason", "")) for act in acts}
    lines = [IncidentLine(row=row, reason=reasons.get(f"incident:{row.id}", "")) for row in rows]
    return lines, max(1, -(-await closed.count() // size))

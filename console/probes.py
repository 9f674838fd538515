"""发布前查验 on the page of a release: what the probes of the last day found, and what is still to come."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from scheduler.readiness import HORIZONS, NAMES
from scheduler.records import Probe

HORIZON_NAMES: Mapping[str, str] = {"24h": "发布前 24 小时", "1h": "发布前 1 小时"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeLine:
    """One probe. ``at`` is None while it is still to come."""

    name: str
    at: datetime | None
    ok: bool
    findings: tuple[Mapping[str, str], ...]
    """Each has channel_name, severity, message and remedy."""


async def read_probes(release_id: int) -> tuple[ProbeLine, ...]:
    """For the partial ``probes.html``: both probes of a release, the earlier one first; empty when none was made."""
    rows = {row.horizon: row for row in await Probe.filter(release_id=release_id)}
    if not rows:
        return ()
    ordered = sorted(HORIZONS, key=lambda name: HORIZONS[name], reverse=True)
    lines = [_line(name, rows.get(name)) for name in ordered]
    # A release that was planned shortly before its moment has only the nearer probe.
    return tuple(line for line in lines if line.at is not None or line.name != HORIZON_NAMES["24h"])


def _line(horizon: str, row: Probe | None) -> ProbeLine:
    name = HORIZON_NAMES[horizon]
    if row is None:
        return ProbeLine(name=name, at=None, ok=True, findings=())
    return ProbeLine(name=name, at=row.at, ok=row.ok, findings=tuple(_shown(each) for each in row.findings))


def _shown(finding: Mapping[str, object]) -> Mapping[str, str]:
    channel = str(finding.get("channel") or "")
    names = {str(name): shown for name, shown in NAMES.items()}
    plain = {key: str(finding.get(key) or "") for key in ("severity", "message", "remedy")}
    return {**plain, "channel_name": names.get(channel, "全部渠道")}

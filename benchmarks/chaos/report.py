"""The one JSON line of a run, and of all runs together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.chaos.plan import Plan
from benchmarks.chaos.referee import Verdict

FIRST: Final = (
    "releases", "kills", "faults", "duplicates", "lost", "early", "unapproved", "unresolved", "held", "seconds",
)  # fmt: skip
BROKEN: Final = ("duplicates", "lost", "early", "unapproved", "unresolved", "unadmitted", "crashes")
"""What must be 0: the five promises; an effect of a delivery that the ledger calls ended otherwise; a process that ended by
itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What was measured besides the verdict. Times are seconds."""

    kills: int
    stops: int
    phase: float
    """How long the storm blew; longer than planned where the machine was slow."""
    calls: int
    """To the platforms, while something could go wrong."""
    faulty: int
    events: int
    """Events that were lost or doubled."""
    crashes: int
    drained: float
    """From the last fault until everything had ended or waited for a person."""
    sigterm: float
    stale: int
    """How often a process found that its lease was gone and left its result as evidence only."""
    early_looks: int
    edited: int
    """Texts that were edited while they went out."""
    moved: int
    """Deliveries that were moved to another moment around the first one."""
    audit_records: int
    seconds: float


def line(plan: Plan, verdict: Verdict, run: Run) -> dict[str, Any]:
    """The line of one run."""
    counts, delays = verdict.counts, sorted(verdict.delays)
    told = {
        "releases": plan.releases, "kills": run.kills, "faults": run.faulty + run.events, "duplicates": counts["duplicates"],
        "lost": counts["lost"], "early": counts["early"], "unapproved": counts["unapproved"],
        "unresolved": counts["unresolved"], "held": counts["held"], "seconds": round(run.seconds, 1),
        "database": plan.database, "processes": plan.processes, "stops": run.stops, "phase": round(run.phase), "mutant": plan.mutant,
        "unadmitted": counts["unadmitted"], "crashes": run.crashes, "held_though_out": counts["held_though_out"],
        "effects": len(delays), "calls": run.calls, "faulty_share": round(run.faulty / run.calls, 3) if run.calls else 0,
        "delay_p50": quantile(delays, 0.5), "delay_p99": quantile(delays, 0.99), "delay_max": quantile(delays, 1.0),
        "drained": round(run.drained, 1), "sigterm": round(run.sigterm, 1), "stale_claims": run.stale,
        "early_looks": run.early_looks, "edited": run.edited, "moved": run.moved, "cancelled": counts["cancelled"], "audit_records": run.audit_records, "lease": plan.lease, "settle": plan.settle,
        "patience": dict(plan.patience), "seed": plan.seed,
    }  # fmt: skip
    assert tuple(told)[: len(FIRST)] == FIRST
    return told


def together(lines: Sequence[dict[str, Any]], *, seconds: float, failed: Sequence[str] = ()) -> dict[str, Any]:
    """One line for all runs: every count is the sum; ``seconds`` is what they took side by side; ``failed`` names the
    databases whose run came to no result, so that nobody takes what is missing for nothing."""
    whole: dict[str, Any] = {name: sum(one[name] for one in lines) for name in FIRST[:-1]}
    whole["seconds"] = round(seconds, 1)
    whole |= {name: sum(one[name] for one in lines) for name in ("stops", "unadmitted", "crashes", "effects", "calls")}
    worst = {name: max((one[name] or 0 for one in lines), default=0) for name in ("drained", "sigterm")}
    named = {"databases": [one["database"] for one in lines], "failed": list(failed)}
    return whole | worst | named | {"mutant": any(one["mutant"] for one in lines)}


def satisfied(lines: Sequence[dict[str, Any]]) -> bool:
    """Whether the runs show what they must: nothing broken; or, with the forbidden rule, duplicates in every run."""
    if any(one["mutant"] for one in lines):
        return all(one["duplicates"] > 0 for one in lines)
    return all(one[name] == 0 for one in lines for name in BROKEN)


def quantile(ordered: Sequence[float], part: float) -> float | None:
    """The smallest value that at least this part does not exceed; None without values."""
    if not ordered:
        return None
    return round(ordered[max(0, math.ceil(part * len(ordered)) - 1)], 3)

"""How large one run is: from the flags, or from CHAOS_… variables, so that ``make chaos CHAOS_RELEASES=40`` works."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from publishers.states import Patience

DATABASES: Final = ("postgres", "sqlite")
GRACE: Final = 13.0
"""Seconds between an intent and the last moment at which its call can still reach a platform: the longest call's limit
and what comes before it. A late commit plus this must be shorter than the settling time, or ABSENT may be believed too early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run. All times are seconds."""

    database: str
    releases: int
    processes: int
    """One ``mingbai serve``, the others ``mingbai worker``."""
    kills: int
    stops: int
    """How often a process is frozen (SIGSTOP) for longer than its lease and then let go on."""
    phase: float
    """How long processes are killed and platforms misbehave, at least: until hardly a delivery is left that was not begun.
    The moments of the releases lie in its first part."""
    share: float = 0.35
    """The share of all platform calls that go wrong."""
    late_commits: tuple[float, ...] = (4, 10, 20, 35, 50, 60)
    silence: float = 30.0
    """How long a platform that times out says nothing; the product's own limits are shorter."""
    slow: tuple[float, ...] = (3, 30)
    resolve: float = 600.0
    """How long after the last fault everything must have ended, or wait for a person."""
    patience: Mapping[str, Any] = field(default_factory=dict)
    """Fields of ``publishers.states.Patience`` that differ from the product's own; printed with the result."""
    seed: int = 20261123
    mutant: bool = False
    """The forbidden rule, unknown → try again, in every worker."""

    def __post_init__(self) -> None:
        if max(self.late_commits, default=0) + GRACE > self.settle:
            raise ValueError(
                f"the settling time of {self.settle} s is not longer than the longest late commit and {GRACE} s"
            )

    @property
    def lease(self) -> int:
        return int(self.patience.get("lease", Patience().lease))

    @property
    def settle(self) -> int:
        return int(self.patience.get("settle", Patience().settle))


FULL: Final = {
    "postgres": Plan(database="postgres", releases=1000, processes=4, kills=90, stops=8, phase=480),
    "sqlite": Plan(database="sqlite", releases=200, processes=1, kills=34, stops=2, phase=420),
}
SHORT: Final = replace(
    FULL["sqlite"], releases=15, kills=4, stops=1, phase=22, late_commits=(4,), silence=2, slow=(1, 4), resolve=150,
    patience={
        "lease": 8, "settle": 18, "ask_person": 40, "ask_person_soon": 22, "first_retry": 1, "longest_retry": 4,
        "follow": (1, 2, 4), "look": (1, 2, 3, 4),
    },
)  # fmt: skip
"""A run for ``make test``: the platforms' patience and ours are shortened together, so it proves the same in less time."""
SHORT_MUTANT: Final[Mapping[str, Any]] = {"kills": 2, "stops": 0, "phase": 12, "share": 0.6, "resolve": 8}
"""Enough for the forbidden rule to show itself; how it ends after that is of no interest."""
MUTANT_RELEASES: Final = 60


def plans(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> list[Plan]:
    """The runs that the command line and the environment ask for, in order."""
    given = _parser(environment).parse_args(arguments)
    mutant = given.mutant not in ("", "0", "no")
    if given.short:
        return [replace(SHORT, mutant=mutant, seed=given.seed, **(SHORT_MUTANT if mutant else {}))]
    chosen = DATABASES if given.database == "both" else (given.database,)
    return [_sized(FULL[name], given, mutant=mutant) for name in chosen]


def _sized(full: Plan, given: argparse.Namespace, *, mutant: bool) -> Plan:
    """A smaller run is smaller in all its measures."""
    plan = replace(full, mutant=mutant, seed=given.seed)
    releases = given.releases or (MUTANT_RELEASES if mutant else full.releases)
    if releases != full.releases:
        part = min(1.0, max(releases / full.releases, 0.25))
        plan = replace(
            plan, releases=releases, kills=max(3, round(full.kills * part)), stops=max(1, round(full.stops * part)),
            phase=max(90.0, full.phase * part), resolve=120 if mutant else full.resolve,
        )  # fmt: skip
    asked = {"kills": given.kills, "stops": given.stops, "phase": given.phase, "share": given.share}
    plan = replace(plan, **{name: value for name, value in asked.items() if value is not None})
    if plan.database == "postgres" and given.processes:
        plan = replace(plan, processes=given.processes)
    return plan


def _parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    def variable(name: str) -> str:
        return environment.get(f"CHAOS_{name}", "")

    def number(name: str, kind: type[int] | type[float]) -> float | None:
        return kind(variable(name)) if variable(name) else None

    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--database", choices=("both", *DATABASES), default=variable("DATABASE") or "both")
    parser.add_argument("--releases", type=int, default=number("RELEASES", int))
    parser.add_argument(
        "--processes", type=int, default=number("PROCESSES", int), help="PostgreSQL only; SQLite has one"
    )
    parser.add_argument("--kills", type=int, default=number("KILLS", int))
    parser.add_argument("--stops", type=int, default=number("STOPS", int))
    parser.add_argument("--phase", type=float, default=number("PHASE", float), help="seconds of faults")
    parser.add_argument(
        "--share", type=float, default=number("SHARE", float), help="of the platform calls that go wrong"
    )
    parser.add_argument("--seed", type=int, default=number("SEED", int) or FULL["sqlite"].seed)
    parser.add_argument(
        "--short", action="store_true", help="one small run on SQLite with everybody's patience shortened"
    )
    parser.add_argument("--mutant", nargs="?", const="1", default=environment.get("MUTANT", ""))
    return parser

"""What goes wrong on the platforms: a list of the sandbox's rules (``sandbox.faults``) whose shares add up.

*before* means: no effect; *after*: the effect took place and the client cannot know. Every kind hits every call, reads and
the token too.
"""

from typing import Any, Final

from benchmarks.chaos.plan import Plan

EITHER: Final[tuple[tuple[int, dict[str, Any]], ...]] = (
    (3, {"kind": "timeout_before"}),
    (3, {"kind": "timeout_after"}),
    (3, {"kind": "http_5xx_before", "status": 503}),
    (4, {"kind": "http_5xx_after", "status": 504}),
    (3, {"kind": "reset_before"}),
    (4, {"kind": "reset_after"}),
    (3, {"kind": "truncated_after"}),
)
WECHAT: Final[tuple[tuple[int, dict[str, Any]], ...]] = (
    (2, {"kind": "errcode", "errcode": -1}),
    (2, {"kind": "errcode", "errcode": -1, "after": True}),
    (2, {"kind": "errcode", "errcode": 40001}),
    (1, {"kind": "errcode", "errcode": 42001}),
    (1, {"kind": "errcode", "errcode": 45011}),
)
WEIBO: Final[tuple[tuple[int, dict[str, Any]], ...]] = (
    (2, {"kind": "errcode", "errcode": 10001}),
    (2, {"kind": "errcode", "errcode": 10001, "after": True}),
    (2, {"kind": "errcode", "errcode": 10009}),
    (2, {"kind": "errcode", "errcode": 21331}),
)
LATE: Final = 5
"""The weight of late commits: 502 at once, the effect seconds later."""
SLOW: Final = 2
READS: Final = "/cgi-bin/freepublish/*get*"
"""45009 says: the quota of the day is used up. On a call that sends it means waiting until midnight, which no run can see
the end of; on reads it means looking by other ways."""
EVENT: Final = "PUBLISHJOBFINISH"
EVENTS: Final = ("event_lost", "event_doubled")


def rules(plan: Plan) -> list[dict[str, Any]]:
    """The rules of a run, in the order in which the sandbox draws: the first that matches and is drawn wins."""
    if not plan.share:
        return []
    found: list[dict[str, Any]] = [
        {"kind": "errcode", "platform": "wechat", "path": READS, "errcode": 45009, "probability": 0.02, "count": None}
    ]
    for platform, own in (("wechat", WECHAT), ("weibo", WEIBO)):
        weighed = [*EITHER, *own, *_spread(LATE, "late_commit", plan.late_commits), *_spread(SLOW, "slow", plan.slow)]
        total, left = sum(weight for weight, _ in weighed), 1.0
        for weight, rule in weighed:
            wanted = plan.share * weight / total
            # A rule is only asked when none before it was drawn.
            drawn, left = wanted / left, left - wanted
            found.append({"seconds": plan.silence, **rule, "platform": platform, "probability": drawn, "count": None})
    for_events = {"platform": "wechat", "path": EVENT, "probability": plan.share, "count": None}
    return [*found, *({"kind": kind, **for_events} for kind in EVENTS)]


def _spread(weight: float, kind: str, times: tuple[float, ...]) -> list[tuple[float, dict[str, Any]]]:
    return [(weight / len(times), {"kind": kind, "seconds": seconds}) for seconds in times]

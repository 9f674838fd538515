"""Failpoints: named places where a test ends or stops the process, one for each row of the crash-point table.

| row | crash or fault at | point | reached | recovery |
|---|---|---|---|---|
| 1 | before the claim | before_claim | in the claim's transaction, before its commit | the next poll claims |
| 2 | after the claim, before any call | after_claim | a claimed row comes to its first step | the lease runs out, fence + 1 |
| 3 | the draft is made, its media_id not saved | after_prepare | between prepare and its commit | repeated; the orphan is tidied |
| 4 | media_id saved | after_drafted | after that commit | goes on with the same draft |
| 5 | intent committed, nothing written to the socket | after_intent | between the intent and the call | unknown: WeChat proves the draft unused and sends it, Weibo asks a person |
| 6 | the platform committed, no answer yet | during_send | a second into the call | unknown: found by looking, published |
| 7 | answered, our commit missing | after_answer | between the answer and its commit | as row 6 |
| 8 | submitted, the callback never comes | after_submitted | after the commit of SUBMITTED | polled |
| 9 | the callback comes before our commit | after_event_kept | an event was stored | kept unmatched, matched later, never dropped |
| 10 | the callback twice, or out of order | after_event_settled | settled by an event that is not marked yet | one row in the inbox; the end stays the end |
| 11 | the lease runs out while the call runs | during_send | a second into the call | the old worker's result is evidence only |
| 12 | the platform commits after the settling time | after_held | after the commit of HELD | looked for during 24 h, then published |
| 13 | the database is away at the intent | before_intent | before the intent's transaction | no intent, no send |
| 14 | the database is away after the send | after_evidence | the answer is in the evidence file | as row 6, and the answer settles the row |
| 15 | the disk is full | before_intent | before the intent's transaction | no intent, no send |
| 16 | a cancellation races with the moment | before_intent | before the intent's transaction | one of the two wins, the loser is told |
| 17 | the token ended on the way | after_postponed | after the commit of a postponement | renewed once, repeated once, then waits; late, a person |
| 18 | the quota is spent (45009) | after_postponed | after the commit of a postponement | waits for the next window, no loop |
| 19 | back after an outage of six hours | after_held | after the commit of HELD | what is too late waits for a person |
| 20 | restored from a backup | while_halted | a claim that took nothing new because of a halt | reconciled by reading, then opened by two persons |
| 21 | two deployments on one account | at_start | before anything of the process runs | the second one is refused |
| 22 | the clock steps | after_put_back | after a row went back to wait for its moment | sent at its moment by the database's clock |

The table is §2 of the reliability rules; ``tests/crash`` proves every row on both databases. A point costs one call of a
function that does nothing. Only MINGBAI_ENV=test lets MINGBAI_FAILPOINT arm one.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

Reach = Callable[[str], Awaitable[None]]
"""What a component calls at each of its points, with the point's name."""

POINTS: Mapping[int, str] = MappingProxyType(
    {
        1: "before_claim",
        2: "after_claim",
        3: "after_prepare",
        4: "after_drafted",
        5: "after_intent",
        6: "during_send",
        7: "after_answer",
        8: "after_submitted",
        9: "after_event_kept",
        10: "after_event_settled",
        11: "during_send",
        12: "after_held",
        13: "before_intent",
        14: "after_evidence",
        15: "before_intent",
        16: "before_intent",
        17: "after_postponed",
        18: "after_postponed",
        19: "after_held",
        20: "while_halted",
        21: "at_start",
        22: "after_put_back",
    }
)
"""Row of the crash-point table → its point. A point may serve several rows, where only the fault around it differs."""

BESIDE_THE_TABLE = frozenset({"after_refused"})
"""Points that no row of the table names and the property tests reach: after the commit of FAILED."""

DURING_SEND = "during_send"
DURING_SECONDS = 1.0
"""How long into the call ``during_send`` acts: the request is out, and a sandbox that was told to be silent has it."""


async def nothing(name: str) -> None:
    """The point of the running product: goes on."""


class KillAt:
    """Ends this process with SIGKILL (or stops it with SIGSTOP) at the ``nth`` reach of one point.

    Raises ValueError for a point that does not exist: a test must not pass because its point was misspelt.
    """

    def __init__(self, name: str, nth: int = 1, *, deed: signal.Signals = signal.SIGKILL) -> None:
        if name not in {*POINTS.values(), *BESIDE_THE_TABLE}:
            raise ValueError(f"no such failpoint: {name}")
        if nth < 1:
            raise ValueError("a failpoint acts at its first reach or later")
        self._name = name
        self._left = nth
        self._deed = deed

    async def __call__(self, name: str) -> None:
        if name != self._name:
            return
        self._left -= 1
        if self._left:
            return
        if name == DURING_SEND:
            asyncio.get_running_loop().call_later(DURING_SECONDS, self._act)
        else:
            self._act()

    def _act(self) -> None:
        # To this very thread, which then does not run another line; a signal to the process may be taken by another one.
        signal.raise_signal(self._deed)
        if self._deed == signal.SIGKILL:
            os.abort()


def armed(text: str) -> Reach:
    """Reads ``name``, ``name:3`` (the third reach), ``name=stop`` (SIGSTOP instead of SIGKILL) or several with commas;
    empty arms nothing. Raises ValueError."""
    points = [_armed(part.strip()) for part in text.split(",") if part.strip()]
    if not points:
        return nothing

    async def reach(name: str) -> None:
        for point in points:
            await point(name)

    return reach


def _armed(text: str) -> KillAt:
    text, _, deed = text.partition("=")
    if deed not in {"", "stop"}:
        raise ValueError(f"a failpoint kills or stops, it does not {deed}")
    name, _, nth = text.partition(":")
    return KillAt(name, int(nth or 1), deed=signal.SIGSTOP if deed else signal.SIGKILL)

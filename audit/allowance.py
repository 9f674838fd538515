"""How often one visitor may speak: a sliding window, bounded in memory. Pure: ``now`` is an argument."""

from collections import OrderedDict, deque


class Allowance:
    """At most ``most`` takes in ``seconds``. The least recent visitors are forgotten beyond ``visitors``."""

    def __init__(self, *, most: int, seconds: float, visitors: int = 10_000) -> None:
        self._most = most
        self._seconds = seconds
        self._visitors = visitors
        self._taken: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, visitor: str, *, now: float) -> bool:
        """Whether the visitor may speak now; counts it if so. ``now`` in seconds."""
        taken = self._taken.setdefault(visitor, deque())
        self._taken.move_to_end(visitor)
        while len(self._taken) > self._visitors:
            self._taken.popitem(last=False)
        while taken and taken[0] <= now - self._seconds:
            taken.popleft()
        if len(taken) >= self._most:
            return False
        taken.append(now)
        return True

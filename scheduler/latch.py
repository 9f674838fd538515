"""What the holding needs of a latch: something that one process of a machine holds for an account while it lives."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """Who asks the holder of a latch: a node and a secret that it has just written into its own database."""

    node: str
    secret: str
    take_over: bool = False
    """Whether a holder of another deployment is asked to stop sending and to let go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Who holds the latch. ``same``: whether it found the asker in its own database; None when it could not tell."""

    pid: int = 0
    """0 when the system does not tell."""
    node: str = ""
    deployment: str = ""
    public_url: str = ""
    same: bool | None = None
    yielded: bool = False
    """It has stopped sending and let go, because it was asked to."""


Answer = Callable[[Knock], Awaitable[Neighbour]]


class Latch(Protocol):
    """One account's latch on this machine; the system lets go of it when the process ends, however it ends."""

    async def take(self, knock: Knock) -> Neighbour | None:
        """Takes the latch, or asks who holds it. None: it is ours, or there is no such thing on this system."""

    async def close(self) -> None:
        """Lets go."""

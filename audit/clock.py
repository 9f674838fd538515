"""The clock as an argument: the database's in production, a fixed one in tests. No decision asks the machine."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    async def now(self) -> datetime:
        """The present moment, aware, in UTC."""

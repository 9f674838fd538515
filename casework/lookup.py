"""Looking a case up by its number and its 查询码, for whoever has no account with us: a visitor of the portal."""

import hmac
from dataclasses import dataclass
from datetime import datetime

from tortoise.transactions import in_transaction

from casework.case import Case, Line
from casework.outbox import Outbox
from casework.sealing import Seal


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A case and what people said to the citizen, the oldest first."""

    case: Case
    lines: tuple[Line, ...]


class Lookup:
    """``key``: the installation's secret. Who asks too often is refused by the page, not here."""

    def __init__(self, *, outbox: Outbox, key: str) -> None:
        self._outbox = outbox
        self._seal = Seal(key=key)

    async def look(self, number: str, code: str, *, now: datetime) -> Looked | None:
        """The case when the code is its own; None for a wrong code as for a number that nobody has. What he reads here he is
        not told again."""
        if not hmac.compare_digest(self._seal.code(number).encode(), code.encode("utf8", "replace")):
            return None
        found = await self._outbox.by_number(number)
        if found is None:
            return None
        case, lines = found
        async with in_transaction() as connection:
            await self._outbox.told(connection, [line.id for line in lines], now=now)
        return Looked(case=case, lines=lines)

"""督办清单 as the console needs it: the house's working days and clock beside the lists of ``knowledge.duties``."""

from dataclasses import dataclass
from datetime import date

from audit.clock import Clock
from console.talk import TalkDesk
from disclosures.workdays import WorkingDays
from knowledge.duties import Duties, duties


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyDesk:
    """What every unit has to look at."""

    clock: Clock
    talk: TalkDesk
    working_days: WorkingDays

    async def lists(self, unit: str | None = None) -> list[Duties]:
        """Of all units that have anything to do, or of one."""
        return await duties(
            now=await self.clock.now(), opinions=self.talk.opinions, working_days=self._between, unit=unit
        )

    def _between(self, since: date, until: date) -> int:
        return max(0, self.working_days.remaining(since, until))

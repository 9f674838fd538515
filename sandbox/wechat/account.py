"""The official account that the sandbox plays, its clock and its source of numbers."""

import random
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.faults import FaultPlan
from sandbox.options import SandboxOptions

Clock = Callable[[], float]

_BEIJING = ZoneInfo("Asia/Shanghai")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"


class Account:
    """What all parts of the WeChat server share: options that may change, the clock, faults and identifiers."""

    def __init__(self, options: SandboxOptions, faults: FaultPlan, clock: Clock) -> None:
        self.options = options
        self.faults = faults
        self.clock = clock
        self.base_url = ""
        self._random = random.Random(options.seed)
        self._serial = 2247483650

    def patch(self, values: Mapping[str, Any]) -> None:
        """Change options while running; raises `sandbox.options.OptionError`."""
        self.options = self.options.changed(values)

    def now(self) -> float:
        """Seconds since the epoch, by the injected clock."""
        return self.clock()

    def day(self) -> str:
        """The day of the platform, which counts quotas from midnight in Beijing."""
        return datetime.fromtimestamp(self.now(), _BEIJING).strftime("%Y-%m-%d")

    def month(self) -> str:
        """The month of the platform."""
        return self.day()[:7]

    def letters(self, length: int) -> str:
        """A random identifier in the alphabet the platform uses for media and article ids."""
        return "".join(self._random.choices(_LETTERS, k=length))

    def serial(self) -> int:
        """The next number for publish_id, msg_id and the like."""
        self._serial += self._random.randint(1, 7)
        return self._serial

    def message_id(self) -> int:
        """A 64-bit MsgId."""
        return self._random.randint(23_000_000_000_000_000, 25_000_000_000_000_000)

    def hexadecimal(self, length: int) -> str:
        """Random hexadecimal digits, for rids and nonces."""
        return f"{self._random.getrandbits(length * 4):0{length}x}"

    def digits(self, length: int) -> str:
        """Random decimal digits."""
        return "".join(self._random.choices("0123456789", k=length))

    def random_bytes(self, length: int) -> bytes:
        """Random bytes for the cipher's prefix."""
        return self._random.randbytes(length)

    def chance(self, probability: float) -> bool:
        """True with that probability."""
        return probability > 0 and self._random.random() < probability

    @property
    def certified(self) -> bool:
        """Whether the organisation passed certification."""
        return self.options.account_kind != "uncertified"

    @property
    def service(self) -> bool:
        """Whether this is a certified service account (服务号)."""
        return self.options.account_kind == "certified_service"

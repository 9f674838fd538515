"""Waiting messages: what citizens wrote while the database was away, kept on this machine until they can be answered.

A platform delivers a message three times within fifteen seconds and then never again (wechat.md §3): an absence of half a
minute would lose it. So it is put into a file, the platform is told that we have it, and ``Reception.catch_up`` answers it
when the database is back. Every line is sealed: the file holds no citizen's words in the clear.
"""

import asyncio
import base64
import json
import logging
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from audit.kept_lines import KeptLines
from bot.errors import NotKept
from bot.message import Inbound, Kind

log = logging.getLogger(__name__)

LARGEST_FILE: Final = 64 * 1024 * 1024
"""Bytes: about 40,000 messages, five minutes of the busiest account (135 a second)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One message that waits. ``received_at``: when it came, aware; ``mark``: its line in the file."""

    mark: str
    inbound: Inbound
    received_at: datetime


class WaitingMessages:
    """``key``: the installation's secret; a line that was sealed with another one is left in the file, unread."""

    def __init__(self, lines: KeptLines, *, key: str) -> None:
        self._lines = lines
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"mingbai waiting messages").derive(key.encode())
        self._seal = Fernet(base64.urlsafe_b64encode(derived))

    async def keep(self, inbound: Inbound, *, now: datetime) -> str:
        """The mark of the message, which is on the disk now. Raises NotKept when the disk is full too: then the platform
        must not be told that we have it."""
        told = {"inbound": asdict(inbound), "received_at": now}
        sealed = self._seal.encrypt(json.dumps(told, ensure_ascii=False, default=datetime.isoformat).encode())
        mark = await asyncio.to_thread(self._lines.keep, {"sealed": sealed.decode()})
        if not mark:
            raise NotKept
        return mark

    async def read(self) -> list[Waiting]:
        """Every message that waits, the oldest first."""
        found = []
        for line in await asyncio.to_thread(self._lines.read):
            try:
                found.append(self._opened(line))
            except (InvalidToken, ValueError, KeyError, TypeError) as trouble:
                log.error("a waiting message cannot be read (%s): was the secret key changed?", type(trouble).__name__)
        return found

    async def forget(self, marks: Collection[str]) -> None:
        """Takes out what is answered."""
        await asyncio.to_thread(self._lines.forget, marks)

    def _opened(self, line: dict[str, str]) -> Waiting:
        told = json.loads(self._seal.decrypt(line["sealed"]))
        inbound = told["inbound"]
        inbound["kind"] = Kind(inbound["kind"])
        inbound["sent_at"] = datetime.fromisoformat(inbound["sent_at"])
        return Waiting(
            mark=line["mark"], inbound=Inbound(**inbound), received_at=datetime.fromisoformat(told["received_at"])
        )

"""Passwords: argon2id, hashed and checked off the event loop, at most two at a time."""

import asyncio
import base64
import secrets
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

SHORTEST = 12
LONGEST = 256
"""Characters. The upper bound keeps the hashing cheap to refuse; NIST SP 800-63B asks for at least 64."""


def policy_problem(password: str, *, name: str, display_name: str = "") -> str | None:
    """What is wrong with a new password, in Chinese; None when it will do. Length counts, not decoration."""
    if len(password) < SHORTEST:
        return f"密码至少 {SHORTEST} 个字符。"
    if len(password) > LONGEST:
        return f"密码不超过 {LONGEST} 个字符。"
    folded = password.casefold()
    for known in (name, display_name):
        if known and folded.replace(known.casefold(), "").strip("0123456789") == "":
            return "密码不能由用户名或姓名构成。"
    if len(set(folded)) < 4:
        return "密码过于简单，请使用更多不同的字符。"
    return None


class Passwords:
    """Hashes and verifies. The costs are arguments so that tests are quick; the defaults are argon2-cffi's (64 MiB)."""

    def __init__(self, *, time_cost: int = 3, memory_cost: int = 65536, parallelism: int = 4, at_once: int = 2) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_cost, parallelism=parallelism)
        self._threads = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="password")
        # A well-formed hash of no password at all. Checking against it costs what a real check costs, so that the
        # time of the answer does not tell whether a name exists.
        salt, tag = (base64.b64encode(secrets.token_bytes(n)).rstrip(b"=").decode() for n in (16, 32))
        self._nobody = f"$argon2id$v=19$m={memory_cost},t={time_cost},p={parallelism}${salt}${tag}"

    async def hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether the password fits the stored hash. ``None`` (no such account) takes as long and is never true."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._verify, stored, password) and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether a stored hash was made with other costs than today's."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, stored: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(stored or self._nobody, password[: LONGEST + 1])
        except (Argon2Error, InvalidHashError):
            return False

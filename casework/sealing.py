"""Whole texts of citizens, sealed at rest: what is masked on a screen can be looked at by who may, and by nobody else."""

import base64
import hashlib
import hmac
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

UNREADABLE: Final = "（原文无法读取：密钥已更换）"


class Seal:
    """``key``: the installation's secret."""

    def __init__(self, *, key: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(_derived(key, b"mingbai cases")))
        self._codes = _derived(key, b"mingbai case codes")

    def close(self, text: str) -> str:
        return self._fernet.encrypt(text.encode("utf8", "surrogatepass")).decode()

    def open(self, sealed: str) -> str:
        """The whole text; a sentence when it was sealed with another secret."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode("utf8", "surrogatepass")
        except InvalidToken:
            return UNREADABLE

    def mark(self, *parts: str) -> str:
        """A hash that nobody can make without the secret."""
        return hmac.new(self._codes, "\0".join(parts).encode(), hashlib.sha256).hexdigest()

    def code(self, number: str) -> str:
        """The eight digits (查询码) that go with a case number on the portal: a number alone opens nothing, for numbers run on."""
        return f"{int(self.mark('code', number)[:15], 16) % 100_000_000:08d}"


def _derived(key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key.encode())

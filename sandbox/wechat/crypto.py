"""The cipher of the callback. Source: /doc/subscription/guide/dev/push/encryption.md, with its test vectors."""

import base64
import binascii
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class CipherError(ValueError):
    """The encrypted text is not what the platform would accept; the text says why."""


def signature(*parts: str) -> str:
    """SHA-1 over the sorted parts: (token, timestamp, nonce) or (token, timestamp, nonce, Encrypt)."""
    # The platform prescribes SHA-1; it is not used to store anything.
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def same(one: str, other: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


class Envelope:
    """Seals and opens messages with one EncodingAESKey (43 characters) for one appid."""

    def __init__(self, aes_key: str, appid: str) -> None:
        try:
            self._key = base64.b64decode(aes_key + "=")
        except binascii.Error:
            raise CipherError("EncodingAESKey is not base64") from None
        if len(self._key) != 32:
            raise CipherError("EncodingAESKey must hold 43 characters")
        self._appid = appid

    def seal(self, message: bytes, random: bytes) -> str:
        """Encrypt: 16 random bytes, length, message, appid; PKCS#7 to 32; AES-256-CBC; base64."""
        plain = random + struct.pack(">I", len(message)) + message + self._appid.encode()
        fill = BLOCK - len(plain) % BLOCK
        encryptor = self._cipher().encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([fill]) * fill) + encryptor.finalize()).decode()

    def open(self, encrypted: str) -> bytes:
        """Decrypt and check padding, length and appid; raises `CipherError`."""
        try:
            raw = base64.b64decode(encrypted, validate=True)
        except binascii.Error:
            raise CipherError("Encrypt is not base64") from None
        if not raw or len(raw) % 16:
            raise CipherError("Encrypt is not whole AES blocks")
        decryptor = self._cipher().decryptor()
        plain = decryptor.update(raw) + decryptor.finalize()
        fill = plain[-1]
        if not 1 <= fill <= BLOCK or plain[-fill:] != bytes([fill]) * fill:
            raise CipherError("wrong padding, or another key")
        plain = plain[:-fill]
        if len(plain) < 20:
            raise CipherError("too short")
        (length,) = struct.unpack(">I", plain[16:20])
        if 20 + length > len(plain):
            raise CipherError("wrong length")
        if plain[20 + length :] != self._appid.encode():
            raise CipherError("another appid")
        return plain[20 : 20 + length]

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))

"""How a push to a foreign portal is signed: HMAC-SHA256 over ``timestamp.body`` (docs/portal-push.md). Pure."""

import hashlib
import hmac

TIMESTAMP = "Mingbai-Timestamp"
"""Unix seconds, decimal."""
SIGNATURE = "Mingbai-Signature"
"""``v1=`` and 64 hex digits."""
TOLERANCE = 300
"""Seconds between the two clocks that a receiver should accept."""


def sign(secret: str, *, timestamp: int, body: bytes) -> str:
    """The value of ``Mingbai-Signature`` for this body (for a GET: the ``id`` as UTF-8)."""
    mark = hmac.new(secret.encode(), str(timestamp).encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"v1={mark}"


def verify(secret: str, *, timestamp: str, signature: str, body: bytes, now: int) -> bool:
    """What a receiver does: compares in constant time, and refuses old or future messages."""
    plain = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12
    if not plain or abs(now - int(timestamp)) > TOLERANCE:
        return False
    return hmac.compare_digest(sign(secret, timestamp=int(timestamp), body=body).encode(), signature.encode())

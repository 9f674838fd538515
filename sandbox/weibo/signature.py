"""The signature of a call to the account's own server: sha1 over AppSecret, timestamp and nonce, sorted and joined."""

import hashlib
import secrets
from collections.abc import Mapping


def sign(secret: str, timestamp: str, nonce: str) -> str:
    """Hex SHA-1. Source: open.weibo.com/wiki/Messages_api_start."""
    joined = "".join(sorted([secret, timestamp, nonce]))
    return hashlib.sha1(joined.encode(), usedforsecurity=False).hexdigest()


def signed_query(secret: str, now: float) -> Mapping[str, str]:
    """The query of a call: the timestamp is in milliseconds, the nonce is decimal."""
    timestamp = str(int(now * 1000))
    nonce = str(10_000_000 + secrets.randbelow(90_000_000))
    return {"signature": sign(secret, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}

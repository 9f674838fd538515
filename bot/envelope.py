"""The envelope of WeChat's callback: who sent it is proved, then it is opened; a reply is sealed.

Source: the platform's /doc/subscription/guide/dev/push/encryption.md, with its test vectors. AES-CBC has no MAC, so the
token's signature is the only protection and is compared, in constant time, before anything is decrypted. This is the
only module that imports wechatpy.
"""

import base64
import hashlib
import hmac
import re
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from wechatpy.crypto.base import WeChatCipher

from bot.errors import EnvelopeRefused
from bot.message import cleaned, field, read_xml

BODY_CAP: Final = 64 * 1024
"""Bytes; a citizen's text is at most 2 KB."""
WINDOW: Final = timedelta(seconds=300)
BLOCK: Final = 32
TIMESTAMP: Final = re.compile(r"[0-9]{10}")
NONCE: Final = re.compile(r"[A-Za-z0-9]{1,32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A message in clear, and the key that opened it: the reply must be sealed with the same (None: plain mode)."""

    xml: str
    key: bytes | None


class Envelope:
    """Opens and seals with one account's token and EncodingAESKey.

    ``previous_aes_key`` is what the platform may still use for a while after the key was changed. ``plain_allowed`` lets
    messages in clear in; their signature does not cover the body, so production leaves it off.
    """

    def __init__(
        self, *, token: str, aes_key: str, appid: str, previous_aes_key: str = "", plain_allowed: bool = False
    ) -> None:
        self._token = token
        self._appid = appid.encode()
        self._keys = tuple(_key(text) for text in (aes_key, previous_aes_key) if text)
        self._plain_allowed = plain_allowed

    def check_address(self, query: Mapping[str, str], *, now: datetime) -> str:
        """The GET with which the platform verifies the address; returns the ``echostr`` to answer.

        Raises EnvelopeRefused.
        """
        timestamp, nonce = _fresh(query, now)
        echo = query.get("echostr", "")
        if not echo or not NONCE.fullmatch(echo) or not self._signed(query.get("signature", ""), timestamp, nonce):
            raise EnvelopeRefused
        return echo

    def open(self, query: Mapping[str, str], body: bytes, *, now: datetime) -> Opened:
        """Proves and opens a POST. ``now`` is aware. Raises EnvelopeRefused, the same for everything that is wrong."""
        timestamp, nonce = _fresh(query, now)
        if len(body) > BODY_CAP:
            raise EnvelopeRefused
        mode = query.get("encrypt_type", "raw")
        if mode == "raw":
            return self._open_plain(query, body, timestamp, nonce)
        if mode != "aes":
            raise EnvelopeRefused
        encrypted = field(read_xml(body), "Encrypt")
        if not encrypted or not self._signed(query.get("msg_signature", ""), timestamp, nonce, encrypted):
            raise EnvelopeRefused
        for key in self._keys:
            xml = self._decrypted(key, encrypted)
            if xml is not None:
                return Opened(xml=xml, key=key)
        raise EnvelopeRefused

    def seal(
        self, xml: str, opened: Opened, *, now: datetime, nonce: str | None = None, salt: bytes | None = None
    ) -> str:
        """The reply as the platform wants it: sealed with the key that opened the message, or in clear in plain mode.

        ``nonce`` and ``salt`` (16 bytes) are drawn unless given.
        """
        if opened.key is None:
            return xml
        encrypted = self._encrypted(opened.key, xml.encode(), salt or secrets.token_bytes(16))
        timestamp, nonce = str(int(now.timestamp())), nonce or str(secrets.randbelow(10**10))
        signature = _signature(self._token, timestamp, nonce, encrypted)
        return (
            f"<xml><Encrypt>{cdata(encrypted)}</Encrypt><MsgSignature>{cdata(signature)}</MsgSignature>"
            f"<TimeStamp>{timestamp}</TimeStamp><Nonce>{cdata(nonce)}</Nonce></xml>"
        )

    def _open_plain(self, query: Mapping[str, str], body: bytes, timestamp: str, nonce: str) -> Opened:
        if not self._plain_allowed or not self._signed(query.get("signature", ""), timestamp, nonce):
            raise EnvelopeRefused
        try:
            return Opened(xml=body.decode("utf8"), key=None)
        except UnicodeDecodeError:
            raise EnvelopeRefused from None

    def _signed(self, claimed: str, *parts: str) -> bool:
        return hmac.compare_digest(claimed.encode(), _signature(self._token, *parts).encode())

    def _decrypted(self, key: bytes, encrypted: str) -> str | None:
        """The message, or None when this key does not open it. Padding, length and appid are all checked."""
        try:
            sealed = base64.b64decode(encrypted, validate=True)
            if not sealed or len(sealed) % BLOCK:
                return None
            plain: bytes = WeChatCipher(key).decrypt(sealed)
            padding = plain[-1]
            if not 1 <= padding <= BLOCK or plain[-padding:] != bytes([padding]) * padding:
                return None
            content = plain[16:-padding]
            (length,) = struct.unpack(">I", content[:4])
            message, appid = content[4 : 4 + length], content[4 + length :]
            return message.decode("utf8") if hmac.compare_digest(appid, self._appid) else None
        except (ValueError, struct.error):  # Not base64, not UTF-8, or too short.
            return None

    def _encrypted(self, key: bytes, message: bytes, salt: bytes) -> str:
        plain = salt + struct.pack(">I", len(message)) + message + self._appid
        padding = BLOCK - len(plain) % BLOCK
        sealed: bytes = WeChatCipher(key).encrypt(plain + bytes([padding]) * padding)
        return base64.b64encode(sealed).decode()


def cdata(text: str) -> str:
    """A CDATA section that its text cannot end: ``]]>`` is split, characters that XML forbids are left out."""
    return f"<![CDATA[{cleaned(text).replace(']]>', ']]]]><![CDATA[>')}]]>"


def text_reply(*, to: str, sender: str, at: datetime, text: str) -> str:
    """The XML of a passive text reply."""
    return (
        f"<xml><ToUserName>{cdata(to)}</ToUserName><FromUserName>{cdata(sender)}</FromUserName>"
        f"<CreateTime>{int(at.timestamp())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content>{cdata(text)}</Content></xml>"
    )


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text + "=", validate=True)
    except ValueError:
        key = b""
    if len(text) != 43 or len(key) != 32:
        raise ValueError("An EncodingAESKey has 43 letters and digits.")
    return key


def _fresh(query: Mapping[str, str], now: datetime) -> tuple[str, str]:
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    if not TIMESTAMP.fullmatch(timestamp) or not NONCE.fullmatch(nonce):
        raise EnvelopeRefused
    if abs(now - datetime.fromtimestamp(int(timestamp), UTC)) > WINDOW:
        raise EnvelopeRefused
    return timestamp, nonce


def _signature(*parts: str) -> str:
    # The platform prescribes SHA-1 over the sorted parts, joined without a separator; the patterns of timestamp and
    # nonce and the length of the token keep the parts apart.
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()

"""What the platform sends: sealed messages with valid signatures, ready as raw HTTP requests; and what comes back, opened."""

import time
from dataclasses import dataclass
from typing import Final

from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import WeChatSigner, to_text
from xmltodict import parse

ACCOUNT: Final = "gh_benchmark01"
APPID: Final = "wxbenchmark000001"
TOKEN: Final = "k3Jq8vNf2Ld7Rz5Tw9Xb1Mc6Hg4Pa0"
AES_KEY: Final = "Zk3Jq8vNf2Ld7Rz5Tw9Xb1Mc6Hg4Pa0Ys8Ue2Oi7Wq1"
CITIZENS: Final = 5000
"""So many people take turns, so that a conversation has more than one message now and then."""


class Faulty(Exception):
    """An answer that a citizen could not read, or that is not his; the message says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message: its XML in clear, and the request that brings it sealed."""

    xml: str
    request: bytes


def sender(number: int) -> str:
    return f"oBench{number % CITIZENS:022d}"


def letters(texts: list[str], *, first: int) -> list[Letter]:
    """One letter for each text; ``first`` is the number of the first, so that no two messages are ever the same."""
    crypto = WeChatCrypto(TOKEN, AES_KEY, APPID)
    now = int(time.time())
    return [_letter(crypto, text, number, now) for number, text in enumerate(texts, first)]


def _letter(crypto: WeChatCrypto, text: str, number: int, now: int) -> Letter:
    xml = (
        f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName><FromUserName><![CDATA[{sender(number)}]]></FromUserName>"
        f"<CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content>"
        f"<MsgId>{23000000000000000 + number}</MsgId></xml>"
    )
    nonce, stamp = str(number), str(now)
    sealed = parse(crypto.encrypt_message(xml, nonce, stamp))["xml"]
    body = (
        f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName><Encrypt><![CDATA[{sealed['Encrypt']}]]></Encrypt></xml>"
    ).encode()
    query = f"timestamp={stamp}&nonce={nonce}&encrypt_type=aes&msg_signature={sealed['MsgSignature']}"
    head = (
        f"POST /wechat?signature={_signature(stamp, nonce)}&{query}&openid={sender(number)} HTTP/1.1\r\n"
        f"Host: 127.0.0.1\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return Letter(xml=xml, request=head.encode() + body)


def _signature(stamp: str, nonce: str) -> str:
    """The one over the query alone, which the platform sends beside the one that counts (and WeRoBot looks at)."""
    signer = WeChatSigner()
    signer.add_data(TOKEN, stamp, nonce)
    return str(signer.signature)


class Reader:
    """Opens answers as the platform would."""

    def __init__(self) -> None:
        self._crypto = WeChatCrypto(TOKEN, AES_KEY, APPID)

    def text(self, answer: bytes, number: int) -> str:
        """The text of the answer to a letter. Raises Faulty unless it is a sealed text for the very citizen who asked."""
        head, _, body = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise Faulty(head.split(b"\r\n", 1)[0].decode("latin-1"))
        try:
            sealed = parse(body)["xml"]
            opened = self._crypto.decrypt_message(body, sealed["MsgSignature"], sealed["TimeStamp"], sealed["Nonce"])
            reply = parse(to_text(opened))["xml"]
        except Exception as trouble:  # wechatpy raises nine kinds of exception; each means that nobody can read it.
            raise Faulty(type(trouble).__name__) from trouble
        if reply.get("ToUserName") != sender(number) or not reply.get("Content"):
            raise Faulty("the reply is empty or goes to somebody else")
        return str(reply["Content"])

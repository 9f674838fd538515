import base64
import dataclasses
import hashlib
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from wechatpy.crypto import WeChatCrypto
from wechatpy.crypto.base import WeChatCipher

from bot.envelope import Envelope, Opened, cdata, text_reply
from bot.errors import EnvelopeRefused
from bot.message import read_wechat, read_xml

TOKEN, KEY, APPID = "AAAAA", "A" * 43, "wxba5fad812f8e6fb9"
"""The platform's own example account."""
OFFICIAL = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT"
    "740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8Y"
    "L/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
AT = datetime.fromtimestamp(1714112445, UTC)
SAFE = {
    "timestamp": "1714112445", "nonce": "415670741", "encrypt_type": "aes",
    "msg_signature": "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
}  # fmt: skip


def envelope(**more: Any) -> Envelope:
    return Envelope(**({"token": TOKEN, "aes_key": KEY, "appid": APPID} | more))


def wrapped(encrypted: str) -> bytes:
    return f"<xml><ToUserName>gh_97417a04a28d</ToUserName><Encrypt>{cdata(encrypted)}</Encrypt></xml>".encode()


def sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def signed(encrypted: str, **more: str) -> dict[str, str]:
    query = SAFE | more
    return query | {"msg_signature": sign(TOKEN, query["timestamp"], query["nonce"], encrypted)}


def raw_cipher(plain: bytes) -> str:
    """Encrypts any bytes, padded or not, with the account's key."""
    return base64.b64encode(WeChatCipher(base64.b64decode(KEY + "=")).encrypt(plain)).decode()


def padded(plain: bytes) -> bytes:
    fill = 32 - len(plain) % 32
    return plain + bytes([fill]) * fill


def test_the_official_vector_of_the_address_check() -> None:
    query = {
        "timestamp": "1714036504",
        "nonce": "1514711492",
        "echostr": "4375120948345356249",
        "signature": "f464b24fc39322e44b38aa78f5edd27bd1441696",
    }
    assert envelope().check_address(query, now=datetime.fromtimestamp(1714036504, UTC)) == "4375120948345356249"
    for change in ({"signature": "0" * 40}, {"echostr": ""}, {"nonce": ""}, {"echostr": "<script>"}):
        with pytest.raises(EnvelopeRefused):
            envelope().check_address(query | change, now=datetime.fromtimestamp(1714036504, UTC))


def test_the_official_vector_of_the_safe_mode() -> None:
    opened = envelope().open(SAFE, wrapped(OFFICIAL), now=AT)
    assert len(opened.xml.encode()) == 167
    assert opened.xml.startswith('{"ToUserName":"gh_')


def test_the_official_vector_of_the_plain_mode_is_refused_unless_the_constructor_allows_it() -> None:
    query = {"timestamp": "1714037059", "nonce": "486452656", "signature": "899cf89e464efb63f54ddac96b0a0a235f53aa78"}
    at = datetime.fromtimestamp(1714037059, UTC)
    assert envelope(plain_allowed=True).open(query, b"<xml/>", now=at) == Opened(xml="<xml/>", key=None)
    with pytest.raises(EnvelopeRefused):
        envelope().open(query, b"<xml/>", now=at)


def test_the_official_vector_of_a_reply() -> None:
    opened = Opened(xml="", key=base64.b64decode(KEY + "="))
    sealed = envelope().seal(
        '{"demo_resp":"good luck"}', opened, now=datetime.fromtimestamp(1713424427, UTC), nonce="415670741",
        salt=b"707722b803182950",
    )  # fmt: skip
    fields = read_xml(sealed)
    assert fields == {
        "Encrypt": "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==",
        "MsgSignature": "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1", "TimeStamp": "1713424427", "Nonce": "415670741",
    }  # fmt: skip


def test_another_implementation_reads_what_we_seal_and_we_read_what_it_seals() -> None:
    other = WeChatCrypto(TOKEN, KEY, APPID)
    reply = text_reply(to="oUser", sender="gh_x", at=AT, text="低保 ]]> 答复")
    sealed = envelope().seal(reply, Opened(xml="", key=base64.b64decode(KEY + "=")), now=AT, nonce="77")
    assert other.decrypt_message(sealed, read_xml(sealed)["MsgSignature"], str(int(AT.timestamp())), "77") == reply
    theirs = other.encrypt_message("<xml>你好</xml>", "88", "1714112445")
    query = SAFE | {"nonce": "88", "msg_signature": read_xml(theirs)["MsgSignature"]}
    assert envelope().open(query, theirs.encode(), now=AT).xml == "<xml>你好</xml>"


def test_the_previous_key_still_opens_and_seals_the_reply() -> None:
    new = base64.b64encode(bytes(range(32))).decode().rstrip("=")
    opened = envelope(aes_key=new, previous_aes_key=KEY).open(SAFE, wrapped(OFFICIAL), now=AT)
    assert opened.key == base64.b64decode(KEY + "=")
    with pytest.raises(EnvelopeRefused):
        envelope(aes_key=new).open(SAFE, wrapped(OFFICIAL), now=AT)


MESSAGE = "<xml>你好</xml>".encode()
GOOD = b"r" * 16 + struct.pack(">I", len(MESSAGE)) + MESSAGE + APPID.encode()
SIGNED_BUT_WRONG = {
    "not base64": "§§§§", "empty": "", "not whole blocks": base64.b64encode(b"x" * 33).decode(),
    "half a padding block": base64.b64encode(b"x" * 16).decode(),
    "padding zero": raw_cipher(GOOD + b"\0" * (32 - len(GOOD) % 32)),
    "padding too long": raw_cipher(b"x" * 31 + b"\x40"),
    "padding uneven": raw_cipher(padded(GOOD)[:-2] + b"\x01" + padded(GOOD)[-1:]),
    "another appid": raw_cipher(padded(GOOD[:-1] + b"x")),
    "no appid": raw_cipher(padded(GOOD[: -len(APPID)])),
    "length beyond the end": raw_cipher(padded(b"r" * 16 + b"\xff\xff\xff\xff" + MESSAGE)),
    "too short": raw_cipher(padded(b"rr")),
    "not utf-8": raw_cipher(padded(b"r" * 16 + struct.pack(">I", 2) + b"\xff\xfe" + APPID.encode())),
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNED_BUT_WRONG)
def test_whatever_is_inside_the_refusal_is_the_same(name: str) -> None:
    encrypted = SIGNED_BUT_WRONG[name]
    with pytest.raises(EnvelopeRefused) as refused:
        envelope().open(signed(encrypted), wrapped(encrypted), now=AT)
    assert (str(refused.value), refused.value.args) == (str(EnvelopeRefused()), EnvelopeRefused().args)


@pytest.mark.parametrize("change", [
    {"timestamp": "171411244"}, {"timestamp": "17141124450"}, {"timestamp": ""}, {"timestamp": "１714112445"},
    {"nonce": ""}, {"nonce": "a" * 33}, {"nonce": "a b"}, {"msg_signature": ""}, {"msg_signature": "x" * 40},
    {"msg_signature": "ä"}, {"encrypt_type": "raw"}, {"encrypt_type": "AES"}, {"encrypt_type": ""},
])  # fmt: skip
def test_a_query_that_is_not_the_platforms_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(EnvelopeRefused):
        envelope().open(SAFE | change, wrapped(OFFICIAL), now=AT)


def test_a_stale_or_future_stamp_is_refused_and_the_edge_of_the_window_is_not() -> None:
    for seconds in (-300, 300):
        assert envelope().open(SAFE, wrapped(OFFICIAL), now=AT + timedelta(seconds=seconds)).key
    for seconds in (-301, 301):
        with pytest.raises(EnvelopeRefused):
            envelope().open(SAFE, wrapped(OFFICIAL), now=AT + timedelta(seconds=seconds))


def test_nothing_is_decrypted_before_the_signature_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("decrypted")

    monkeypatch.setattr(Envelope, "_decrypted", fail)
    with pytest.raises(EnvelopeRefused):
        envelope().open(SAFE | {"msg_signature": "0" * 40}, wrapped(OFFICIAL), now=AT)


DEEP = "<a>" * 8 + "</a>" * 8
BAD_XML = {
    "empty": b"", "no root": b"hello", "truncated": b"<xml><Encrypt>", "bad utf-8": b"<xml><Encrypt>\xff\xfe</Encrypt></xml>",
    "doctype": b'<!DOCTYPE x [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>',
    "laughs": b'<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>',
    "external": b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><xml/>',
    "utf-16 doctype": '<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>'.encode("utf-16"),
    "nul": b"<xml><Encrypt>&#0;</Encrypt></xml>", "another root": b"<html><Encrypt>a</Encrypt></html>",
    "no children": b"<xml/>", "text": b"<xml>text</xml>", "nine levels": f"<xml>{DEEP}</xml>".encode(),
    "many elements": b"<xml>" + b"<a/>" * 200 + b"</xml>", "unknown encoding": b'<?xml version="1.0" encoding="klingon"?><xml><a/></xml>',
    "repeated": b"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>",
    "nested": b"<xml><Encrypt><a>b</a></Encrypt></xml>", "too long": b"<xml><Encrypt>" + b"a" * 70000 + b"</Encrypt></xml>",
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_XML)
def test_bad_xml_is_refused_like_everything_else(name: str) -> None:
    with pytest.raises(EnvelopeRefused):
        envelope().open(SAFE, BAD_XML[name], now=AT)


TEXT = (
    "<xml><ToUserName>gh_x</ToUserName><FromUserName>oUser</FromUserName><CreateTime>1714112445</CreateTime>"
    "<MsgType>text</MsgType><Content>低保怎么申请</Content><MsgId>1234567890123456</MsgId></xml>"
)


def test_a_message_is_read_and_every_field_is_text() -> None:
    inbound = read_wechat(TEXT)
    assert (inbound.text, inbound.sender, inbound.account, inbound.message_id) == (
        "低保怎么申请",
        "oUser",
        "gh_x",
        "1234567890123456",
    )
    assert inbound.sent_at == AT
    with pytest.raises(dataclasses.FrozenInstanceError):
        inbound.text = "x"  # type: ignore[misc]


@pytest.mark.parametrize(("old", "new"), [
    ("<Content>低保怎么申请</Content>", "<Content>a</Content><Content>b</Content>"),
    ("<Content>低保怎么申请</Content>", "<Content><b>a</b></Content>"),
    ("<CreateTime>1714112445</CreateTime>", "<CreateTime>soon</CreateTime>"),
    ("<CreateTime>1714112445</CreateTime>", ""), ("<MsgId>1234567890123456</MsgId>", "<MsgId>1;drop</MsgId>"),
    ("<FromUserName>oUser</FromUserName>", ""), ("<FromUserName>oUser</FromUserName>", "<FromUserName>o U</FromUserName>"),
    ("<MsgType>text</MsgType>", "<MsgType>event</MsgType>"),
    ("<MsgType>text</MsgType>", "<MsgType>text</MsgType><MsgType>event</MsgType>"),
])  # fmt: skip
def test_a_message_that_the_platform_would_not_send_is_refused(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(EnvelopeRefused):
        read_wechat(TEXT.replace(old, new))


def test_a_reply_cannot_break_out_of_its_field() -> None:
    evil = "a]]></Content><MsgType><![CDATA[news]]></MsgType>\x00\x0b\ud800<b>&amp;"
    body = read_xml(text_reply(to="oUser", sender="gh_x", at=AT, text=evil))
    assert body["Content"] == "a]]></Content><MsgType><![CDATA[news]]></MsgType><b>&amp;"
    assert body["MsgType"] == "text"


def test_a_key_of_the_wrong_length_stops_the_start() -> None:
    for key in ("A" * 42, "A" * 44, "§" * 43):
        with pytest.raises(ValueError, match="43"):
            envelope(aes_key=key)

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from bot.errors import EnvelopeRefused
from bot.message import Kind, read_weibo
from bot.weibo import check_signature, passive_reply

AT = datetime.fromtimestamp(1397022061.823, UTC)
OFFICIAL = {"timestamp": "1397022061823", "nonce": "57155157", "signature": "90e4c22c90a58f26526c2dd5b6c56c8822edeaa1"}
"""The example of open.weibo.com/wiki/Messages_api_start; its AppSecret is xyz123xyz."""
TEXT: dict[str, Any] = {
    "type": "text", "receiver_id": 1902538057, "sender_id": 2489518277, "created_at": "Mon Jul 16 18:09:20 +0800 2012",
    "text": "私信或留言内容", "data": {},
}  # fmt: skip


def read(**changes: Any) -> Any:
    return read_weibo(json.dumps(TEXT | changes).encode())


def test_the_official_vector_of_the_signature() -> None:
    check_signature(OFFICIAL, "xyz123xyz", now=AT)


@pytest.mark.parametrize("change", [
    {"signature": "0" * 40}, {"signature": ""}, {"signature": "ä"}, {"nonce": "1"}, {"nonce": ""}, {"nonce": "a b"},
    {"timestamp": "1397022061824"}, {"timestamp": ""}, {"timestamp": "139702206182"}, {"timestamp": "１397022061823"},
])  # fmt: skip
def test_any_other_query_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(EnvelopeRefused):
        check_signature(OFFICIAL | change, "xyz123xyz", now=AT)


def test_a_stale_or_future_call_is_refused() -> None:
    check_signature(OFFICIAL, "xyz123xyz", now=AT + timedelta(seconds=299))
    for seconds in (-302, 302):
        with pytest.raises(EnvelopeRefused):
            check_signature(OFFICIAL, "xyz123xyz", now=AT + timedelta(seconds=seconds))


def test_a_stamp_in_seconds_is_understood() -> None:
    signature = hashlib.sha1("".join(sorted(("s", "1397022061", "7"))).encode()).hexdigest()
    check_signature({"timestamp": "1397022061", "nonce": "7", "signature": signature}, "s", now=AT)


def test_a_message_is_read() -> None:
    inbound = read()
    assert (inbound.kind, inbound.text, inbound.account, inbound.sender) == (
        Kind.TEXT, "私信或留言内容", "1902538057", "2489518277")  # fmt: skip
    assert inbound.sent_at == datetime(2012, 7, 16, 10, 9, 20, tzinfo=UTC)
    assert read(type="event", data={"subtype": "click", "key": "K"}).event_key == "K"
    assert read(type="event", data={"subtype": "status", "key": "1"}).kind is Kind.MENTION
    assert read(type="mention", data={"subtype": "comment"}).kind is Kind.MENTION
    assert read(type="hologram").kind is Kind.UNKNOWN
    assert read(text="一\x00二\ud800三").text == "一二三"
    assert read(sender_id="2489518277").sender == "2489518277"


@pytest.mark.parametrize("body", [
    b"", b"[]", b'"x"', b"{", b"\xff\xfe", b"[" * 60000, b"null",
    *(json.dumps(TEXT | change).encode() for change in (
        {"sender_id": "x"}, {"sender_id": None}, {"sender_id": True}, {"receiver_id": -1}, {"created_at": "now"},
        {"created_at": 5}, {"type": ""}, {"type": ["text"]}, {"text": {"a": 1}}, {"text": "a" * 9000},
    )),
])  # fmt: skip
def test_what_weibo_would_not_send_is_refused(body: bytes) -> None:
    with pytest.raises(EnvelopeRefused):
        read_weibo(body)


def test_the_ids_of_a_reply_change_places_and_its_data_is_percent_encoded_once() -> None:
    reply = json.loads(passive_reply(read(), "中文 & “消息”%20"))
    assert (reply["result"], reply["sender_id"], reply["receiver_id"], reply["type"]) == (
        True, "1902538057", "2489518277", "text")  # fmt: skip
    assert reply["data"].isascii()
    assert json.loads(unquote(reply["data"])) == {"text": "中文 & “消息”%20"}

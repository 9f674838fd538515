"""What a citizen or a platform said to us, as one frozen value, whatever the wire looked like."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bot.errors import EnvelopeRefused

DEPTH: Final = 8
ELEMENTS: Final = 200
FIELD_CAP: Final = 8192
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,63}")
IDENTITY: Final = re.compile(r"[!-~]{1,128}")
NUMBER: Final = re.compile(r"[0-9]{1,20}")
UNSTORABLE: Final = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
SECONDS: Final = re.compile(r"[0-9]{9,10}")

TAPPED: Final = "msgmenu"
"""What a text is called that came from a tap on a list of ours: it allows less than one that was typed (wechat.md §4)."""
TAP: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")

Body = dict[str, Any]
"""A message's XML or JSON as plain values: text, nested objects, and lists where an element is repeated."""


class Kind(StrEnum):
    """What sort of thing a person sent; everything a platform tells by itself is an event."""

    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    LOCATION = "location"
    LINK = "link"
    MENTION = "mention"
    EVENT = "event"
    UNKNOWN = "unknown"


WECHAT_KINDS: Final = {
    "text": Kind.TEXT, "image": Kind.IMAGE, "voice": Kind.VOICE, "video": Kind.VIDEO, "shortvideo": Kind.VIDEO,
    "location": Kind.LOCATION, "link": Kind.LINK, "event": Kind.EVENT,
}  # fmt: skip
WEIBO_KINDS: Final = {
    "text": Kind.TEXT, "image": Kind.IMAGE, "voice": Kind.VOICE, "position": Kind.LOCATION, "event": Kind.EVENT,
    "mention": Kind.MENTION,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One message or event. ``account`` is ours, ``sender`` the citizen's id on that platform."""

    channel: str
    account: str
    sender: str
    kind: Kind
    created: str
    """The platform's own time stamp, as it was sent: part of what identifies a message."""
    sent_at: datetime
    message_id: str = ""
    text: str = ""
    event: str = ""
    """The event's name in lower case; empty for messages."""
    event_key: str = ""
    tapped: str = ""
    """The id of the item that was tapped in a list of ours (``bizmsgmenuid``)."""
    body: Body = attribute(default_factory=dict)

    @property
    def sort(self) -> str:
        """What the inbox calls it: the event's name, ``msgmenu`` for a tap, or its kind."""
        return self.event or (TAPPED if self.tapped else str(self.kind))

    @property
    def from_person(self) -> bool:
        return self.kind is not Kind.EVENT


def read_xml(data: bytes | str) -> Body:
    """The XML of a callback as plain values. No DTD, at most 8 levels and 200 elements. Raises EnvelopeRefused."""
    if ("<!DOCTYPE" if isinstance(data, str) else b"<!DOCTYPE") in data:  # type: ignore[operator]
        raise EnvelopeRefused
    try:
        root = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise EnvelopeRefused from None
    _check_shape(root)
    plain = _plain(root)
    if root.tag != "xml" or not isinstance(plain, dict):
        raise EnvelopeRefused
    return plain


def _check_shape(root: Element) -> None:
    stack, elements = [(root, 1)], 0
    while stack:
        element, depth = stack.pop()
        elements += 1
        if depth > DEPTH or elements > ELEMENTS or not NAME.fullmatch(element.tag):
            raise EnvelopeRefused
        stack.extend((child, depth + 1) for child in element)


def _plain(element: Element) -> Any:
    """An element with children as an object, repeated children as a list, any other as its text."""
    if not len(element):
        return element.text or ""
    found: Body = {}
    for child in element:
        value = _plain(child)
        if child.tag not in found:
            found[child.tag] = value
        elif isinstance(found[child.tag], list):
            found[child.tag].append(value)
        else:
            found[child.tag] = [found[child.tag], value]
    return found


def cleaned(text: str) -> str:
    """A text without what no database and no XML can hold: control characters and halves of surrogate pairs."""
    return UNSTORABLE.sub("", text)


def field(body: Mapping[str, Any], name: str) -> str:
    """A field that must be text; absent is empty. A repeated or nested one is refused: EnvelopeRefused."""
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > FIELD_CAP:
        raise EnvelopeRefused
    return value


def read_wechat(xml: str) -> Inbound:
    """A decrypted WeChat message or event. Raises EnvelopeRefused for anything the platform would not send."""
    body = read_xml(xml)
    account, sender, created = (field(body, name) for name in ("ToUserName", "FromUserName", "CreateTime"))
    kind = WECHAT_KINDS.get(field(body, "MsgType"), Kind.UNKNOWN)
    if not IDENTITY.fullmatch(account) or not IDENTITY.fullmatch(sender) or not SECONDS.fullmatch(created):
        raise EnvelopeRefused
    event = field(body, "Event").strip().lower()
    message_id = field(body, "MsgId") or field(body, "MsgID")
    if (kind is Kind.EVENT) != bool(event) or (message_id and not NUMBER.fullmatch(message_id)):
        raise EnvelopeRefused
    return Inbound(
        channel="wechat", account=account, sender=sender, kind=kind, created=created, message_id=message_id,
        sent_at=datetime.fromtimestamp(int(created), UTC), text=_wechat_text(kind, body), event=event,
        event_key=_event_key(body), tapped=_tapped(kind, body), body=body,
    )  # fmt: skip


def _wechat_text(kind: Kind, body: Body) -> str:
    """The words to be understood: what was typed, what was recognised in speech, or what a forwarded link says."""
    if kind is Kind.VOICE:
        return field(body, "Recognition").strip()
    if kind is Kind.LINK:
        return "\n".join(part for name in ("Title", "Description", "Url") if (part := field(body, name).strip()))
    return field(body, "Content").strip()


def _tapped(kind: Kind, body: Body) -> str:
    """What is no id of ours is no tap: the text speaks for itself then."""
    found = field(body, "bizmsgmenuid").strip() if kind is Kind.TEXT else ""
    return found if TAP.fullmatch(found) else ""


def _event_key(body: Body) -> str:
    """What tells two events of the same second apart: the menu key, or the number of the job that ended."""
    job = body.get("PublishEventInfo")
    publish_id = field(job, "publish_id") if isinstance(job, dict) else ""
    return publish_id or field(body, "EventKey") or field(body, "MsgID")


def read_weibo(data: bytes) -> Inbound:
    """A Weibo message or event (JSON). Raises EnvelopeRefused."""
    try:
        body = json.loads(data.decode("utf8"))
    except (ValueError, RecursionError):
        raise EnvelopeRefused from None
    if not isinstance(body, dict):
        raise EnvelopeRefused
    extra = body.get("data")
    extra = extra if isinstance(extra, dict) else {}
    name, created = _scalar(body, "type"), _scalar(body, "created_at")
    account, sender = _scalar(body, "receiver_id"), _scalar(body, "sender_id")
    if not NUMBER.fullmatch(account) or not NUMBER.fullmatch(sender) or not name:
        raise EnvelopeRefused
    try:
        sent_at = datetime.strptime(created, "%a %b %d %H:%M:%S %z %Y").astimezone(UTC)
    except ValueError:
        raise EnvelopeRefused from None
    kind = WEIBO_KINDS.get(name, Kind.UNKNOWN)
    event = _scalar(extra, "subtype").lower() if kind is Kind.EVENT else ""
    if event in ("status", "comment"):  # One edition of the platform wraps a mention into an event.
        kind, event = Kind.MENTION, ""
    return Inbound(
        channel="weibo", account=account, sender=sender, kind=kind, created=created, sent_at=sent_at,
        text=_scalar(body, "text").strip() if kind is Kind.TEXT else "", event=event, event_key=_scalar(extra, "key"),
        body=body,
    )  # fmt: skip


def _scalar(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name, "")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise EnvelopeRefused
    text = str(value)
    if len(text) > FIELD_CAP:
        raise EnvelopeRefused
    return cleaned(text)

"""Inputs: what happens with everything that is not a typed sentence.

Pictures are noted to be kept for the officer, a place is answered with the nearest counters, a code that was scanned with
what it stands for; of all else it is said kindly what to do instead, and nothing is kept.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from tortoise.backends.base.client import BaseDBAsyncClient

from bot import wording
from bot.asker import asker_hash
from bot.conversation import Conversation
from bot.inbox import Thought
from bot.measure import measure_of
from bot.message import Inbound, Kind
from bot.office import FindOffice
from bot.turn import Turn
from casework.media import CitizenPictures, Sent
from disclosures.personal import mask
from disclosures.service_windows import signpost
from disclosures.window_records import Signpost

FindSign = Callable[[str], Awaitable[Signpost | None]]
"""Gives what a code stands for, or None."""
FIXED: Final[Mapping[Kind, str]] = {
    Kind.IMAGE: wording.IMAGE_TEXT, Kind.VIDEO: wording.VIDEO_TEXT, Kind.LOCATION: wording.LOCATION_TEXT,
    Kind.VOICE: wording.VOICE_TEXT, Kind.LINK: wording.LINK_TEXT, Kind.FILE: wording.FILE_TEXT,
    Kind.STICKER: wording.STICKER_TEXT, Kind.CARD: wording.CARD_TEXT, Kind.UNKNOWN: wording.UNKNOWN_TEXT,
}  # fmt: skip
NAMED: Final = frozenset({Kind.VIDEO, Kind.FILE})
"""Kinds of which the officer is told that they came; they are never fetched."""
UNSTORED_EVENTS: Final = frozenset({
    "location", "view", "view_miniprogram", "templatesendjobfinish", "subscribe_msg_popup_event",
    "subscribe_msg_change_event", "subscribe_msg_sent_event", "pic_sysphoto", "pic_photo_or_album", "pic_weixin",
    "scancode_push",
})  # fmt: skip
"""Events that say nothing to us. Above all the automatic report of a place: it is not answered, and not a trace of it is
stored."""
SCANS: Final = frozenset({"scan", "scan_follow", "click", "subscribe"})
HEARD: Final = 15
"""Characters of recognised speech from which it is said back: a short sentence is easily checked by its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What a code leads to: words to be answered as if they had been typed, or a text as it is."""

    question: str = ""
    text: str = ""


class Inputs:
    """``key``: the installation's secret, for the mark of a person. Without ``pictures`` none is kept."""

    def __init__(
        self, *, conversation: Conversation, pictures: CitizenPictures | None = None, key: str = "",
        find_sign: FindSign = signpost, find_office: FindOffice | None = None,
    ) -> None:  # fmt: skip
        self._conversation = conversation
        self._pictures = pictures
        self._key = key
        self._find_sign = find_sign
        self._find_office = find_office

    async def wordless(self, inbound: Inbound, *, now: datetime) -> Thought:
        """The thought about a message without words; a place is not among them (``Reception`` asks the conversation)."""
        text = FIXED.get(inbound.kind) or self._conversation.help(inbound.channel)
        if self._pictures is None or not inbound.sender or inbound.kind not in (Kind.IMAGE, *NAMED):
            return Thought(reply={"text": text})
        mark = asker_hash(self._key, channel=inbound.channel, sender=inbound.sender)
        sent = Sent(channel=inbound.channel, asker_hash=mark, kind=str(inbound.kind), at=now)
        if inbound.kind is Kind.IMAGE:
            if not await self._pictures.room(channel=inbound.channel, asker_hash=mark):
                return Thought(reply={"text": wording.IMAGE_FULL_TEXT})
            sent = replace(sent, reference=reference_of(inbound))
            text = wording.IMAGE_KEPT_TEXT.format(days=self._pictures.keeping.days)
        return Thought(reply={"text": text}, settle_all=self._pictures.note, left=sent)

    async def picture(self, *, channel: str, sender: str, data: bytes) -> str:
        """Keeps a picture that came whole, and says so. Raises FileRefused."""
        if self._pictures is None:
            return wording.IMAGE_TEXT
        mark = asker_hash(self._key, channel=channel, sender=sender)
        if not await self._pictures.room(channel=channel, asker_hash=mark):
            return wording.IMAGE_FULL_TEXT
        await self._pictures.put(channel=channel, asker_hash=mark, data=data)
        return wording.IMAGE_KEPT_TEXT.format(days=self._pictures.keeping.days)

    async def sign(self, inbound: Inbound) -> Sign:
        """What the code of an event stands for; nothing for an event without one, or for a code that nobody set up."""
        code = inbound.event_key.removeprefix("qrscene_") if inbound.event in SCANS else ""
        found = await self._find_sign(code) if code else None
        if found is None:
            return Sign()
        if found.kind == "window":
            return Sign(text=await self._conversation.windows.window(found.target, inbound.channel))
        if found.kind == "unit":
            office = await self._find_office(found.target) if self._find_office is not None else None
            return Sign(text=f"{wording.contact(office)}。\n请直接输入要办、要问的事。") if office else Sign()
        return Sign(question=found.target)

    def heard(self, turn: Turn, spoken: str) -> str:
        """The reply to recognised speech, with what was understood before it where that is long or did not lead to an answer,
        and where there is room."""
        said = wording.HEARD_TEXT.format(words=mask(spoken)[:200])
        whole = f"{said}\n{turn.text}"
        unsure = len(spoken) >= HEARD or turn.decision != "answer"
        return whole if unsure and measure_of(self._conversation.measures, turn.channel).fits(whole) else turn.text

    async def forget(self, connection: BaseDBAsyncClient, *, channel: str, sender: str) -> None:
        """Deletes what somebody sent, when he leaves."""
        if self._pictures is not None:
            mark = asker_hash(self._key, channel=channel, sender=sender)
            await self._pictures.forget(connection, channel=channel, asker_hash=mark)


def reference_of(inbound: Inbound) -> Mapping[str, str]:
    """Where the platform has a picture. Weibo: ``tovfid`` is the receiver's id of it (weibo.md §10.3)."""
    if inbound.channel == "weibo":
        extra = inbound.body.get("data")
        number = extra.get("tovfid", "") if isinstance(extra, Mapping) else ""
        return {"fid": str(number)[:64] if isinstance(number, int | str) and not isinstance(number, bool) else ""}
    media_id = inbound.body.get("MediaId", "")
    return {"media_id": media_id[:256] if isinstance(media_id, str) else ""}

"""What the platform shows now, beside a delivery of unknown outcome: read because a person asked, with 本条？ where it fits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from publishers.errors import ChannelUnavailable
from publishers.looking import Looking
from publishers.port import ChannelName, Shown
from publishers.readback import normalised
from publishers.records import Delivery

LIMIT: Final = 10
SKEW: Final = timedelta(minutes=10)
"""A platform's clock may be behind ours by some minutes."""
ENOUGH: Final = 16
"""Characters of the approved text with which a shown one must begin to be taken for ours."""
KIND_NAMES: Final[Mapping[str, str]] = MappingProxyType({"post": "微博", "article": "已发布", "draft": "草稿"})
PLACES: Final[Mapping[str, str]] = MappingProxyType(
    {
        ChannelName.WEIBO: "微博时间线（最新几条）",
        ChannelName.WECHAT: "公众号发表记录与草稿箱（最新几条）",
        ChannelName.PORTAL: "门户网站",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One post, article or draft of the platform's list."""

    shown: Shown
    ours: bool
    """It may be this delivery: it carries our page's link or begins with our words, and is not older than the sending."""
    why: str
    """Why it is, or almost is, taken for ours; empty when nothing speaks for it."""

    @property
    def kind_name(self) -> str:
        return KIND_NAMES.get(self.shown.kind, self.shown.kind)

    @property
    def public(self) -> bool:
        return self.shown.kind != "draft"

    @property
    def handle(self) -> str:
        """What the form sends when this one is chosen: its address, or its number."""
        return self.shown.url or self.shown.external_id


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveList:
    """The list with the moment it was read, or why it could not be read."""

    place: str
    read_at: datetime
    seen: tuple[Seen, ...] = ()
    problem: str = ""


async def live_list(looking: Looking, row: Delivery, *, now: datetime) -> LiveList:
    """Asks the platform, for five seconds at most. Never inside a transaction."""
    place = PLACES.get(row.channel, row.channel)
    try:
        found = await looking.shown(row.channel, limit=LIMIT)
    except ChannelUnavailable as away:
        return LiveList(place=place, read_at=now, problem=str(away))
    page_url, approved = looking.page_url(row), looking.approved_text(row)
    seen = tuple(_seen(each, row, page_url=page_url, approved=approved) for each in found)
    return LiveList(place=place, read_at=now, seen=seen)


def _seen(shown: Shown, row: Delivery, *, page_url: str, approved: str) -> Seen:
    link = bool(shown.page_url) and shown.page_url.split("#")[0] == page_url
    channel = ChannelName(row.channel)
    theirs, ours = normalised(shown.text, channel), normalised(approved, channel)
    words = len(theirs) >= ENOUGH and (ours.startswith(theirs[:ENOUGH]) if ours else False)
    why = "带有本条的门户链接" if link else "文字与本条相同" if words else ""
    since = row.intent_at or row.due_at
    if why and shown.at is not None and shown.at < since - SKEW:
        return Seen(shown=shown, ours=False, why=f"{why}，但早于本次发送")
    return Seen(shown=shown, ours=bool(why), why=why)

"""What citizens sent besides words, as staff's pages show it beside a question or a rumour."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from casework.media import Attached, load_keeping, media_around
from casework.media_records import CitizenMedia
from knowledge.records import UnansweredQuestion
from knowledge.rumour_records import RumourReport

SHOWN: Final = 100
READ: Final = 500
CHANNELS: Final = {"wechat": "微信", "weibo": "微博", "web": "门户", "api": "接口"}
KINDS: Final = {"image": "图片", "video": "视频", "file": "文件"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A sentence that was said around a picture, masked, and the page that deals with it."""

    text: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLine:
    """One line of the list of pictures."""

    media: Attached
    channel: str
    asked: tuple[Asked, ...]


async def media_of_questions(rows: Sequence[UnansweredQuestion]) -> dict[int, tuple[Attached, ...]]:
    """What was sent around each of some unanswered questions."""
    found = await media_around([(row.channel, row.asker_hash or "", row.asked_at) for row in rows])
    return {row.id: media for row, media in zip(rows, found, strict=True) if media}


async def media_of_claim(claim_id: int) -> tuple[Attached, ...]:
    """What those who asked about a rumour sent around it, each once."""
    reports = await RumourReport.filter(claim_id=claim_id).order_by("id").limit(READ)
    said = [(row.channel, row.asker_hash, at) for row in reports for at in {row.first_at, row.last_at}]
    found = {one.id: one for media in await media_around(said) for one in media}
    return tuple(found[number] for number in sorted(found))


async def media_lines() -> list[MediaLine]:
    """The latest things that citizens sent, each with what its sender asked around that moment."""
    rows = await CitizenMedia.all().order_by("-id").limit(SHOWN).only(
        "id", "channel", "asker_hash", "kind", "state", "remark", "received_at", "expires_at"
    )  # fmt: skip
    marks = sorted({row.asker_hash for row in rows})
    questions = await UnansweredQuestion.filter(asker_hash__in=marks).limit(READ) if marks else []
    reports = await RumourReport.filter(asker_hash__in=marks).limit(READ) if marks else []
    rule = load_keeping()
    lines = []
    for row in rows:
        first, last = row.received_at - rule.after, row.received_at + rule.before
        asked = [
            Asked(text=each.masked, address="/console/knowledge/questions")
            for each in questions if each.asker_hash == row.asker_hash and first <= each.asked_at <= last
        ]  # fmt: skip
        asked += [
            Asked(text=each.text, address=f"/console/rumours/{each.claim_id}")
            for each in reports
            if each.asker_hash == row.asker_hash and first <= each.last_at and each.first_at <= last
        ]
        media = Attached(
            id=row.id, kind=row.kind, state=row.state, remark=row.remark, received_at=row.received_at,
            expires_at=row.expires_at,
        )  # fmt: skip
        lines.append(MediaLine(media=media, channel=CHANNELS.get(row.channel, row.channel), asked=tuple(asked[:3])))
    return lines

"""What citizens sent besides words, kept for the officer: pictures sealed in the database until their days are over.

A picture is encoded again before it is kept, so that no place, no name of a phone and no second file is in it. It is
found again by its sender's mark and the time: it belongs to the sentence that was said just before or after it.
"""

import asyncio
import io
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from PIL import Image
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from casework.media_records import CitizenMedia
from disclosures.errors import FileRefused, NotFound
from disclosures.images import encoded_again

MACHINE: Final = Actor.machine("附图保管")
PAUSES: Final = (5, 30, 180, 900, 3600, 4 * 3600, 12 * 3600)
"""Seconds after each failed try; WeChat keeps what a citizen sent for three days."""
NONCE: Final = 12
BEGINNINGS: Final = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
AT_A_TIME: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How long and how much is kept (``data/media.json``). A picture belongs to a sentence that was said at most ``after``
    before it or ``before`` after it."""

    days: int
    per_day: int
    largest_bytes: int
    longest_side: int
    before: timedelta
    after: timedelta


def load_keeping() -> Keeping:
    """The rule that ships with the package."""
    plain = json.loads(resources.files("casework").joinpath("data/media.json").read_text("utf8"))
    return Keeping(
        days=plain["days"], per_day=plain["per_day"], largest_bytes=plain["largest_bytes"],
        longest_side=plain["longest_side"], before=timedelta(minutes=plain["before_minutes"]),
        after=timedelta(minutes=plain["after_minutes"]),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What somebody just sent. ``reference`` is where his platform has it; without one it is named and never fetched."""

    channel: str
    asker_hash: str
    kind: str
    at: datetime
    reference: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A picture that is still to be fetched."""

    id: int
    channel: str
    reference: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture as an officer may see it."""

    data: bytes
    media_type: str


class CitizenPictures:
    """``key``: the installation's secret; what was sealed with another one cannot be shown any more."""

    def __init__(self, *, clock: Clock, trail: Trail, key: str, keeping: Keeping | None = None) -> None:
        self._clock = clock
        self._trail = trail
        self.keeping = keeping or load_keeping()
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"mingbai citizens' pictures").derive(
            key.encode()
        )
        self._seal = AESGCM(derived)

    # Taking in

    async def room(self, *, channel: str, asker_hash: str) -> bool:
        """Whether this person may send another picture today."""
        now = await self._clock.now()
        his = CitizenMedia.filter(
            channel=channel, asker_hash=asker_hash, kind="image", received_at__gt=now - timedelta(days=1)
        )
        return await his.count() < self.keeping.per_day

    async def note(self, connection: BaseDBAsyncClient, sent: Sequence[Sent]) -> None:
        """Writes down what was sent, in the transaction of the replies; the pictures are fetched afterwards."""
        await CitizenMedia.bulk_create([self._row(one) for one in sent], using_db=connection)

    async def put(self, *, channel: str, asker_hash: str, data: bytes) -> int:
        """Keeps a picture that came whole (the web chat); its number. Raises FileRefused."""
        picture = await self._examined(data)
        now = await self._clock.now()
        row = self._row(Sent(channel=channel, asker_hash=asker_hash, kind="image", at=now))
        row.state, row.remark = "kept", ""
        row.data, row.size, row.media_type = self._sealed(picture.data), len(picture.data), picture.media_type
        async with in_transaction() as connection:
            await row.save(using_db=connection)
            await self._told(connection, row, "media.kept", now, size=row.size)
        return int(row.id)

    async def due(self, *, limit: int) -> list[Wanted]:
        """The pictures whose turn it is to be fetched, the oldest first."""
        rows = CitizenMedia.filter(state="waiting", next_at__lte=await self._clock.now()).order_by("id").limit(limit)
        return [
            Wanted(id=row.id, channel=row.channel, reference=json.loads(self._opened(row.reference or b"") or b"{}"))
            for row in await rows
        ]

    async def keep(self, media_id: int, data: bytes) -> None:
        """Keeps what was fetched. What is no picture is given up, with the reason where the officer looks."""
        try:
            picture = await self._examined(data)
        except FileRefused as refused:
            await self.give_up(media_id, str(refused))
            return
        now = await self._clock.now()
        async with in_transaction() as connection:
            row = await CitizenMedia.filter(id=media_id, state="waiting").using_db(connection).first()
            if row is None:  # Its sender has left meanwhile: nothing of him is kept.
                return
            row.state, row.reference, row.next_at = "kept", None, None
            row.data, row.size, row.media_type = self._sealed(picture.data), len(picture.data), picture.media_type
            await row.save(using_db=connection)
            await self._told(connection, row, "media.kept", now, size=row.size)

    async def postpone(self, media_id: int, why: str) -> None:
        """Another try later; after the last one it is given up."""
        row = await CitizenMedia.get_or_none(id=media_id, state="waiting")
        if row is None:
            return
        if row.tries >= len(PAUSES):
            await self.give_up(media_id, why)
            return
        row.next_at = await self._clock.now() + timedelta(seconds=PAUSES[row.tries])
        row.tries, row.remark = row.tries + 1, why[:255]
        await row.save()

    async def give_up(self, media_id: int, why: str) -> None:
        now = await self._clock.now()
        async with in_transaction() as connection:
            row = await CitizenMedia.filter(id=media_id, state="waiting").using_db(connection).first()
            if row is None:
                return
            row.state, row.remark, row.reference, row.next_at = "failed", why[:255], None, None
            await row.save(using_db=connection)
            await self._told(connection, row, "media.failed", now, reason=why[:255])

    # Letting go

    async def expire(self) -> int:
        """Deletes what is older than its days; to be called every hour. Returns how many."""
        now = await self._clock.now()
        async with in_transaction() as connection:
            old = await CitizenMedia.filter(expires_at__lte=now).using_db(connection).limit(AT_A_TIME).only("id")
            if not old:
                return 0
            await CitizenMedia.filter(id__in=[row.id for row in old]).using_db(connection).delete()
            await self._trail.append(
                connection, at=now, actor=MACHINE, verb="media.expired", subject="media:0", count=len(old)
            )
        return len(old)

    async def forget(self, connection: BaseDBAsyncClient, *, channel: str, asker_hash: str) -> None:
        """Deletes everything one person sent: the platform obliges us to when he leaves."""
        await CitizenMedia.filter(channel=channel, asker_hash=asker_hash).using_db(connection).delete()

    # Looking

    async def look(self, media_id: int, *, actor: Actor) -> Picture:
        """The picture, for an officer; that he looked is in the trail. Raises NotFound when there is none (any more)."""
        now = await self._clock.now()
        async with in_transaction() as connection:
            row = await CitizenMedia.filter(id=media_id, state="kept", expires_at__gt=now).using_db(connection).first()
            data = self._opened(row.data or b"") if row is not None else b""
            if row is None or not data:
                raise NotFound("这张图片已经删除，或者打不开了。")
            await self._trail.append(connection, at=now, actor=actor, verb="media.viewed", subject=f"media:{media_id}")
        return Picture(data=data, media_type=row.media_type)

    # Inside

    def _row(self, sent: Sent) -> CitizenMedia:
        waiting = sent.reference is not None
        return CitizenMedia(
            channel=sent.channel, asker_hash=sent.asker_hash, kind=sent.kind, received_at=sent.at,
            expires_at=sent.at + timedelta(days=self.keeping.days), state="waiting" if waiting else "named",
            reference=self._sealed(json.dumps(dict(sent.reference)).encode()) if sent.reference is not None else None,
            next_at=sent.at if waiting else None, remark="" if waiting else NOT_FETCHED.get(sent.kind, ""),
        )  # fmt: skip

    async def _examined(self, data: bytes) -> Picture:
        """The picture encoded again and not larger than is needed to read it. Raises FileRefused."""
        if len(data) > self.keeping.largest_bytes:
            raise FileRefused(f"图片超过 {self.keeping.largest_bytes // 1024 // 1024} MB，没有保存。")
        if not any(data.startswith(beginning) for beginning in BEGINNINGS):
            raise FileRefused("不是 JPG、PNG 或 GIF 图片，没有保存。")
        return await asyncio.to_thread(_smaller, data, self.keeping.longest_side)

    async def _told(
        self, connection: BaseDBAsyncClient, row: CitizenMedia, verb: str, now: datetime, **detail: Any
    ) -> None:
        await self._trail.append(connection, at=now, actor=MACHINE, verb=verb, subject=f"media:{row.id}", **detail)

    def _sealed(self, data: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE)
        return nonce + self._seal.encrypt(nonce, data, None)

    def _opened(self, sealed: bytes) -> bytes:
        """Empty for what was sealed with another key."""
        try:
            return self._seal.decrypt(bytes(sealed[:NONCE]), bytes(sealed[NONCE:]), None)
        except (InvalidTag, ValueError):
            return b""


NOT_FETCHED: Final = {
    "video": "视频不取回：太大，也无法逐帧去掉他人的脸和声音；需要时请与来访人联系。",
    "file": "文件不取回：其中可能有病毒；需要时请来访人把文字发过来。",
}
"""Why films and files are named only, as the officer reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """One thing that a citizen sent around a sentence, as the officer's page lists it."""

    id: int
    kind: str
    state: str
    remark: str
    received_at: datetime
    expires_at: datetime


async def media_of(
    *, channel: str, asker_hash: str, at: datetime, keeping: Keeping | None = None
) -> tuple[Attached, ...]:
    """What somebody sent around the moment of a sentence, in its order; nothing for a person who is not known any more."""
    found = await media_around([(channel, asker_hash, at)], keeping=keeping)
    return found[0]


async def media_around(
    sentences: Sequence[tuple[str, str, datetime]], *, keeping: Keeping | None = None
) -> list[tuple[Attached, ...]]:
    """As ``media_of`` for many sentences (channel, mark, moment) with one question to the database."""
    rule = keeping or load_keeping()
    marks = sorted({mark for _, mark, _ in sentences if mark})
    rows = await CitizenMedia.filter(asker_hash__in=marks).order_by("id").limit(1000).only(
        "id", "channel", "asker_hash", "kind", "state", "remark", "received_at", "expires_at"
    ) if marks else []  # fmt: skip
    return [
        tuple(
            _attached(row) for row in rows
            if mark and (row.channel, row.asker_hash) == (channel, mark)
            and at - rule.before <= row.received_at <= at + rule.after
        )
        for channel, mark, at in sentences
    ]  # fmt: skip


def _attached(row: CitizenMedia) -> Attached:
    return Attached(
        id=row.id, kind=row.kind, state=row.state, remark=row.remark, received_at=row.received_at,
        expires_at=row.expires_at,
    )  # fmt: skip


def _smaller(data: bytes, longest: int) -> Picture:
    """A still picture with at most ``longest`` pixels a side; a moving one as it is. Raises FileRefused. Blocking."""
    data = encoded_again(data)
    with Image.open(io.BytesIO(data)) as image:
        kind = image.format or "PNG"
        if max(image.size) > longest and not getattr(image, "is_animated", False):
            image.thumbnail((longest, longest))
            out = io.BytesIO()
            image.convert("RGB").save(out, "JPEG", quality=85, optimize=True)
            return Picture(data=out.getvalue(), media_type="image/jpeg")
    return Picture(data=data, media_type=f"image/{kind.lower()}")

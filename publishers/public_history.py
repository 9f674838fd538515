"""The public change history with the words (features C34, P26): what a correction took away, struck through, beside what it put there.

Every public version is the payload of a portal delivery, so nothing can be left out as minor. Three things are never shown again: the
words of a text that was withdrawn, old words in which a number of a person was found, and what a person hid with a reason; that they
are not shown, and why, is.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from disclosures.content import Content, FileReference
from disclosures.differing import Difference, Part, differences
from disclosures.personal import find
from disclosures.wording import Kind, Piece
from publishers.errors import PublishError
from publishers.history_records import HiddenChange
from publishers.records import Delivery, PortalPage
from staff.person import Person
from staff.roles import Verb

ACTS: Final[Mapping[str, str]] = {
    "published": "首次公开", "updated": "更正", "withdrawn": "撤回", "repealed": "废止", "restored": "重新公开",
}  # fmt: skip
REASONS: Final[Mapping[str, str]] = {
    "personal": "涉及个人信息", "secret": "涉及国家秘密、商业秘密", "harm": "继续公开可能造成损害",
}  # fmt: skip
"""Why old words are not shown: 政府信息公开条例 (国务院令第711号) 第十四条、第十五条."""
BEFORE_WITHDRAWAL: Final = "撤回以前的文字不再显示"
MOST: Final = 20
"""The newest changes whose words are compared."""
_VERSION: Final = frozenset({"published", "updated", "restored"})


class HistoryRefused(PublishError):
    """这一次更正不能这样处理。"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicChange:
    """One line of the history."""

    at: datetime
    act: str
    note: str
    changed: tuple[str, ...] = ()
    """The fields that say something else, in words."""
    release_id: int = 0
    """The release that brought it; 0 for what no release brought."""
    difference: Difference | None = None
    silent: str = ""
    """Why the words are not shown; empty where they are, or where there are none."""
    by_person: bool = False
    """A person decided that they are not shown."""

    @property
    def name(self) -> str:
        return ACTS.get(self.act, self.act)


async def public_history(page: PortalPage, *, whole: bool = False) -> list[PublicChange]:
    """The history of a page, the newest first. ``whole``: for the staff, also the words that a person hid."""
    lines: Sequence[Mapping[str, Any]] = page.payload.get("history") or ()  # type: ignore[assignment]
    rows = await Delivery.filter(
        disclosure_id=page.disclosure_id, channel="portal", published_at__isnull=False
    ).order_by("published_at", "id")
    hidden = {row.release_id: row for row in await HiddenChange.filter(disclosure_id=page.disclosure_id)}
    versions = [(row.release_id, row.payload) for row in rows]
    return await asyncio.to_thread(_told, lines, versions, {key: row.reason for key, row in hidden.items()}, whole)


def _told(
    lines: Sequence[Mapping[str, Any]],
    versions: Sequence[tuple[int, Mapping[str, Any]]],
    hidden: Mapping[int, str],
    whole: bool,
) -> list[PublicChange]:
    """Pure; compares whole texts, so call it off the event loop."""
    # Where a database was restored from an older copy the two may disagree; then the words stay out, the lines stay.
    known = len(versions) == sum(line.get("act") in _VERSION for line in lines)
    last_gone = max((place for place, line in enumerate(lines) if line.get("act") == "withdrawn"), default=-1)
    found, version = list[PublicChange](), -1
    for place, line in enumerate(lines):
        act = str(line.get("act", ""))
        version += act in _VERSION
        release = versions[version][0] if known and act in _VERSION else 0
        difference, silent = None, ""
        if known and act == "updated" and place > last_gone and place >= len(lines) - MOST:
            difference = differences(content_of(versions[version - 1][1]), content_of(versions[version][1]))
            if any(find(text) for text in removed_texts(difference)):
                difference, silent = None, REASONS["personal"]
        elif act == "updated" and place <= last_gone:
            silent = BEFORE_WITHDRAWAL
        chosen = hidden.get(release, "") if release else ""
        if chosen and not whole:
            difference = None
        found.append(
            PublicChange(
                at=datetime.fromisoformat(str(line["at"])), act=act, note=str(line.get("note") or ""), release_id=release,
                changed=tuple(map(str, line.get("changed") or ())), difference=difference,
                silent=REASONS.get(chosen, chosen) if chosen else silent, by_person=bool(chosen),
            )
        )  # fmt: skip
    return found[::-1]


def content_of(payload: Mapping[str, Any]) -> Content:
    """A public page as a content that can be compared; nothing of the other channels is in it."""
    return Content(
        title=str(payload.get("title", "")), body_html=str(payload.get("body_html", "")),
        department=str(payload.get("department", "")), category=str(payload.get("category", "")),
        formed_on=date.fromisoformat(str(payload.get("formed_on") or "1970-01-01")),
        index_number=str(payload.get("index_number", "")), document_number=str(payload.get("document_number", "")),
        summary=str(payload.get("summary", "")), keywords=tuple(map(str, payload.get("keywords") or ())),
        stage=str(payload.get("stage", "")), validity=str(payload.get("validity", "")), source=str(payload.get("source", "")),
        attachments=_files(payload.get("attachments")), pictures=_files(payload.get("pictures")),
    )  # fmt: skip


def removed_texts(difference: Difference) -> list[str]:
    """The old text of everything from which words were taken: a number may have lost only its last digits."""
    rows: list[Sequence[Piece]] = [field.pieces for field in difference.fields]
    for part in difference.parts:
        rows += _rows(part)
    return [
        "".join(piece.text for piece in row if piece.kind is not Kind.INSERTED)
        for row in rows
        if any(piece.kind is Kind.DELETED for piece in row)
    ]


def _rows(part: Part) -> list[Sequence[Piece]]:
    return [part.pieces, *(cell for row in part.rows for cell in row.cells)]


def _files(plain: Any) -> tuple[FileReference, ...]:
    return tuple(
        FileReference(
            sha256=str(one.get("sha256", "")), file_name=str(one.get("file_name", "")), title=str(one.get("title", "")),
            media_type=str(one.get("media_type", "")), size=int(one.get("size") or 0),
        )
        for one in plain or ()
    )  # fmt: skip


class HistoryDesk:
    """Hides the old words of one correction, or shows them again; each act is audited. Both are for whoever may withdraw."""

    def __init__(self, *, clock: Clock, trail: Trail) -> None:
        self._clock = clock
        self._trail = trail

    async def hide(self, person: Person, disclosure_id: int, release_id: int, *, reason: str) -> None:
        """Also before the correction is out, so that its old words are never shown. Raises NotAllowed, HistoryRefused."""
        person.require(Verb.DISCLOSURE_WITHDRAW)
        if reason not in REASONS:
            raise HistoryRefused("请选择不再显示旧文的理由。")
        if not await Delivery.filter(disclosure_id=disclosure_id, release_id=release_id, channel="portal").exists():
            raise HistoryRefused("没有这一次更正，请刷新页面后再试。")
        now = await self._clock.now()
        async with in_transaction() as connection:
            row = HiddenChange(
                disclosure_id=disclosure_id, release_id=release_id, reason=reason, by_id=person.account_id,
                by=person.label[:64], at=now,
            )  # fmt: skip
            await HiddenChange.filter(disclosure_id=disclosure_id, release_id=release_id).using_db(connection).delete()
            await row.save(using_db=connection)
            await self._trail.append(
                connection, at=now, actor=person.actor, verb="history.hidden", subject=f"disclosure:{disclosure_id}",
                release=release_id, reason=REASONS[reason],
            )  # fmt: skip

    async def show(self, person: Person, disclosure_id: int, release_id: int) -> None:
        """Raises NotAllowed."""
        person.require(Verb.DISCLOSURE_WITHDRAW)
        now = await self._clock.now()
        async with in_transaction() as connection:
            rows = HiddenChange.filter(disclosure_id=disclosure_id, release_id=release_id).using_db(connection)
            if await rows.delete():
                await self._trail.append(
                    connection, at=now, actor=person.actor, verb="history.shown", subject=f"disclosure:{disclosure_id}",
                    release=release_id,
                )  # fmt: skip

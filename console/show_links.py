"""Links by which a named person without an account reads one text before its release (features P5, ADR 0027).

A link is bound to one revision: what its viewer read stays known, and nothing that is written later is shown to him. It
dies at the first of: its hour, its revocation, the release, withdrawal or repeal of the disclosure, the end of its
maker's account or right. None of these needs an act of ours: each is looked up at every view, the ends of the disclosure
in the audit trail, so that a later correction does not wake an old link.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tortoise.expressions import F
from tortoise.transactions import in_transaction

from audit.actor import Actor, ActorKind
from audit.clock import Clock
from audit.records import AuditRecord
from audit.trail import Trail
from console.show_records import ShowLink, ShowRemark
from disclosures.embargo import may_see
from disclosures.errors import InvalidContent, NotFound, StateRefused
from disclosures.findings import Finding, block
from disclosures.records import Disclosure
from disclosures.sheet import Sheet
from disclosures.states import State
from staff.person import Person
from staff.records import Account
from staff.roles import Verb

DEFAULT_HOURS: Final = 48
MOST_HOURS: Final = 7 * 24
LONGEST_NAME: Final = 30
LONGEST_REMARK: Final = 1000
MOST_LIVING: Final = 20
"""Living links of one disclosure: more is a distribution list, and that is what a release is for."""
MOST_REMARKS: Final = 50
"""Remarks by one link."""
OVER: Final = frozenset({State.RELEASED, State.WITHDRAWN, State.REPEALED})
_ENDS: Final = ("disclosure.released", "disclosure.withdrawn", "disclosure.repealed")
_SECRET_LENGTH: Final = 43


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLine:
    """One link as the sheet lists it. ``state`` is living, revoked, expired or over."""

    id: int
    viewer: str
    revision: int
    made_by_name: str
    made_at: datetime
    expires_at: datetime
    state: str
    views: int
    last_viewed_at: datetime | None

    @property
    def living(self) -> bool:
        return self.state == "living"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What a viewer wrote."""

    viewer: str
    revision: int
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """Everything the sheet shows of its links."""

    links: tuple[LinkLine, ...]
    remarks: tuple[Remark, ...]
    possible: bool
    """Whether a link can be made now."""


class ShowLinks:
    """Makes, lists, opens and revokes links. The secret itself is in no row and no log."""

    def __init__(self, *, clock: Clock, trail: Trail) -> None:
        self._clock = clock
        self._trail = trail

    async def make(self, person: Person, sheet: Sheet, *, viewer: str, hours: int) -> tuple[ShowLink, str]:
        """A new link to the newest text and its secret, which is told this once. Raises NotAllowed, InvalidContent,
        StateRefused (released, withdrawn or repealed already)."""
        person.require(Verb.DISCLOSURE_SHOW)
        viewer = " ".join(viewer.split())
        problems = _problems(viewer, hours)
        if problems:
            raise InvalidContent(problems)
        if sheet.state in OVER:
            raise StateRefused(f"“{sheet.title}”{sheet.state_name}，不需要送阅链接。")
        now, secret = await self._clock.now(), secrets.token_urlsafe(32)
        if await ShowLink.filter(disclosure_id=sheet.id, revoked_at=None, expires_at__gt=now).count() >= MOST_LIVING:
            raise StateRefused(f"本文已有 {MOST_LIVING} 个有效的送阅链接，请先作废不再使用的。")
        async with in_transaction() as connection:
            row = await ShowLink.create(
                using_db=connection, disclosure_id=sheet.id, revision=sheet.revision, viewer=viewer,
                secret_hash=_hash(secret), made_by_id=person.account_id, made_by_name=person.display_name, made_at=now,
                expires_at=now + timedelta(hours=hours),
            )  # fmt: skip
            await self._trail.append(
                connection, at=now, actor=person.actor, verb="show.made", subject=f"disclosure:{sheet.id}",
                link=row.id, viewer=viewer, revision=sheet.revision, expires_at=row.expires_at.isoformat(),
            )  # fmt: skip
        return row, secret

    async def revoke(self, person: Person, disclosure_id: int, link_id: int) -> None:
        """Ends a link. Doing it twice is harmless. Raises NotAllowed, NotFound."""
        person.require(Verb.DISCLOSURE_SHOW)
        now = await self._clock.now()
        async with in_transaction() as connection:
            ours = ShowLink.filter(id=link_id, disclosure_id=disclosure_id)
            ended = await ours.filter(revoked_at=None).using_db(connection).update(
                revoked_at=now, revoked_by_name=person.display_name
            )  # fmt: skip
            row = await ours.using_db(connection).first()
            if row is None:
                raise NotFound("没有这个送阅链接。")
            if ended:
                await self._trail.append(
                    connection, at=now, actor=person.actor, verb="show.revoked",
                    subject=f"disclosure:{disclosure_id}", link=link_id, viewer=row.viewer,
                )  # fmt: skip

    async def showing(self, disclosure_id: int, state: State) -> Showing:
        """The links and remarks of a disclosure, newest first."""
        now = await self._clock.now()
        rows = await ShowLink.filter(disclosure_id=disclosure_id).order_by("-id").limit(50)
        ended_at = await _ended(disclosure_id)
        remarks = await ShowRemark.filter(disclosure_id=disclosure_id).order_by("-id").limit(100)
        return Showing(
            links=tuple(_line(row, now, over=state in OVER or any(at >= row.made_at for at in ended_at)) for row in rows),
            remarks=tuple(Remark(viewer=row.viewer, revision=row.revision, text=row.text, at=row.at) for row in remarks),
            possible=state not in OVER,
        )  # fmt: skip

    async def open(self, secret: str) -> ShowLink | None:
        """The living link of a secret; None for any other, after the same questions to the database."""
        now = await self._clock.now()
        row = await ShowLink.filter(secret_hash=_hash(secret)).first()
        probe = row or ShowLink(
            id=0, disclosure_id=0, revision=0, made_by_id=0, made_at=now, expires_at=now, viewer="", secret_hash=""
        )
        account = await Account.filter(id=probe.made_by_id).first()
        disclosure = await Disclosure.filter(id=probe.disclosure_id).first()
        ended = any(at >= probe.made_at for at in await _ended(probe.disclosure_id))
        seen_by_maker = await may_see(probe.made_by_id, probe.disclosure_id)
        maker = Person.of(account) if account is not None and account.disabled_at is None else None
        alive = (
            row is not None and len(secret) == _SECRET_LENGTH and probe.revoked_at is None and now < probe.expires_at
            and maker is not None and maker.may(Verb.DISCLOSURE_SHOW) and seen_by_maker
            and disclosure is not None and State(disclosure.state) not in OVER and not ended
        )  # fmt: skip
        return row if alive else None

    async def viewed(self, link: ShowLink, *, address: str) -> None:
        """Counts a view and writes down when and from where."""
        now = await self._clock.now()
        async with in_transaction() as connection:
            await ShowLink.filter(id=link.id).using_db(connection).update(views=F("views") + 1, last_viewed_at=now)
            await self._trail.append(
                connection, at=now, actor=_viewer(link), verb="show.viewed", subject=f"show:{link.id}",
                disclosure=link.disclosure_id, revision=link.revision, address=address[:64],
            )  # fmt: skip

    async def remark(self, link: ShowLink, text: str, *, address: str) -> None:
        """Keeps what the viewer wrote. Raises InvalidContent (empty, too long, too many)."""
        text = text.replace("\r\n", "\n").strip()
        if not text:
            raise InvalidContent([block("text", "意见还是空的。", "请写下意见再提交。")])
        if len(text) > LONGEST_REMARK:
            raise InvalidContent([
                block("text", f"意见有 {len(text)} 字，超过 {LONGEST_REMARK} 字。", "请缩短，或分几次提交。")
            ])  # fmt: skip
        if await ShowRemark.filter(link_id=link.id).count() >= MOST_REMARKS:
            raise InvalidContent([block("text", "通过这个链接提交的意见已经很多。", "请直接与经办人联系。")])
        now = await self._clock.now()
        async with in_transaction() as connection:
            await ShowRemark.create(
                using_db=connection, link_id=link.id, disclosure_id=link.disclosure_id, revision=link.revision,
                viewer=link.viewer, text=text, at=now,
            )  # fmt: skip
            await self._trail.append(
                connection, at=now, actor=_viewer(link), verb="show.remarked",
                subject=f"disclosure:{link.disclosure_id}", link=link.id, viewer=link.viewer, revision=link.revision,
                address=address[:64],
            )  # fmt: skip

    async def remarks_by(self, link: ShowLink) -> Sequence[ShowRemark]:
        """What was written by this link, oldest first."""
        return await ShowRemark.filter(link_id=link.id).order_by("id").limit(MOST_REMARKS)


def _hash(secret: str) -> str:
    """256 random bits need no salt and no slow hash: there is nothing to guess."""
    return hashlib.sha256(secret[:200].encode("utf-8", "surrogatepass")).hexdigest()


def _problems(viewer: str, hours: int) -> list[Finding]:
    problems = []
    if not viewer or len(viewer) > LONGEST_NAME or not viewer.isprintable():
        problems.append(
            block("viewer", f"请填写送阅对象，不超过 {LONGEST_NAME} 字。", "如“李局长”；姓名会印在水印上。")
        )
    if not 1 <= hours <= MOST_HOURS:
        problems.append(block("hours", "有效时间不正确。", f"最长 {MOST_HOURS // 24} 天。"))
    return problems


async def _ended(disclosure_id: int) -> list[datetime]:
    """When the disclosure was released, withdrawn or repealed: the trail remembers what the row forgets."""
    found = await AuditRecord.filter(subject=f"disclosure:{disclosure_id}", verb__in=_ENDS).only("id", "at")
    return [record.at for record in found]


def _viewer(link: ShowLink) -> Actor:
    return Actor(kind=ActorKind.CITIZEN, name=f"{link.viewer}（送阅链接）"[:62])


def _line(row: ShowLink, now: datetime, *, over: bool) -> LinkLine:
    state = "living"
    if row.revoked_at is not None:
        state = "revoked"
    elif over:
        state = "over"
    elif now >= row.expires_at:
        state = "expired"
    return LinkLine(
        id=row.id, viewer=row.viewer, revision=row.revision, made_by_name=row.made_by_name, made_at=row.made_at,
        expires_at=row.expires_at, state=state, views=row.views, last_viewed_at=row.last_viewed_at,
    )  # fmt: skip

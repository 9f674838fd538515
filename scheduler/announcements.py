"""Announcements (信息公开预告, features P38): one person writes what will be made public and when, another confirms it;
then the portal, the calendar and the bot say it. It is fulfilled by the publication itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from disclosures.records import Disclosure, Unit
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from knowledge.history import Note, Origin
from publishers.incident_desk import insist
from publishers.incidents import clear_incident
from publishers.records import Incident
from publishers.slot import day_of
from scheduler.announcing import OPEN, PUBLIC, Due, Precision, Standing, parse_due, sentence
from scheduler.calendar_records import Announcement
from scheduler.errors import AnnouncementNotFound, AnnouncementRefused, CalendarInvalid
from staff.person import Person
from staff.roles import Verb

MACHINE: Final = Actor.machine("发布系统")
KIND: Final = "announcement"
CONFIRM: Final = (Verb.CALENDAR_WRITE, Verb.DISCLOSURE_REVIEW_FINAL)
"""Who may answer for an announcement as the second person."""
FURTHEST: Final = timedelta(days=800)
SPOKEN_AFTER: Final = timedelta(days=60)
"""How long the bot still says that something was published or called off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """An announcement as it was typed; ``due`` is 2027-03, 2027-03-01 or 2027-03-01T09:30 by ``precision``."""

    title: str
    unit: str
    precision: str
    due: str
    category: str = ""
    note: str = ""
    disclosure_id: int | None = None


class Announcements:
    """The verbs. ``curation`` teaches the bot; None where there is none. ``public_url`` is the portal."""

    def __init__(
        self, *, clock: Clock, trail: Trail, public_url: str, page_url: Callable[[int], str],
        curation: Curation | None = None,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._trail = trail
        self._public_url = public_url
        self._page_url = page_url
        self._curation = curation

    async def propose(self, person: Person, text: Text) -> Announcement:
        """Writes an announcement down; it is public when another person confirms it. Raises CalendarInvalid."""
        person.require(Verb.CALENDAR_WRITE)
        async with in_transaction() as connection:
            now = await self._clock.now()
            due = await self._checked(connection, text, now)
            row = await Announcement.create(
                using_db=connection, title=text.title.strip(), unit=text.unit.strip(), category=text.category.strip(),
                note=text.note.strip(), precision=due.precision, due_at=due.at, state=Standing.PROPOSED,
                disclosure_id=text.disclosure_id, asked=_asked("new", person, now), author_id=person.account_id,
                author_name=person.display_name, created_at=now, updated_at=now,
            )  # fmt: skip
            await self._note(connection, person.actor, "proposed", row, now, due=due.words)
        return row

    async def ask_change(self, person: Person, number: int, *, precision: str, due: str, reason: str) -> Announcement:
        """Asks to put it off or bring it forward; public when another person confirms. Raises CalendarInvalid."""
        person.require(Verb.CALENDAR_WRITE)
        async with in_transaction() as connection:
            now = await self._clock.now()
            row = await self._open(connection, number)
            wanted, why = _due(due, precision, now), _reason(reason)
            if (wanted.at, wanted.precision) == (row.due_at, row.precision):
                raise CalendarInvalid("due", "与现在预告的时间相同", "请填写新的时间")
            asked = _asked(
                "change", person, now, due_at=wanted.at.isoformat(), precision=str(wanted.precision), reason=why
            )
            await self._ask(connection, person, row, asked, now, due=wanted.words, reason=why)
        return row

    async def ask_cancel(self, person: Person, number: int, *, reason: str) -> Announcement:
        """Asks to call it off; public when another person confirms. Raises CalendarInvalid."""
        person.require(Verb.CALENDAR_WRITE)
        async with in_transaction() as connection:
            now = await self._clock.now()
            row, why = await self._open(connection, number), _reason(reason)
            await self._ask(connection, person, row, _asked("cancel", person, now, reason=why), now, reason=why)
        return row

    async def confirm(self, person: Person, number: int) -> Announcement:
        """The second person answers for it: from now on it is public. Raises AnnouncementRefused."""
        _require_one(person)
        async with in_transaction() as connection:
            now = await self._clock.now()
            row = await self._waiting(connection, number)
            asked = dict(row.asked or {})
            if asked["by_id"] == person.account_id:
                raise AnnouncementRefused("预告须由另一人确认", "请提出人以外的同事办理")
            kind, before = str(asked["kind"]), due_of(row)
            _still_ahead(before if kind == "new" else _asked_due(asked) if kind == "change" else None, now)
            if kind == "new":
                row.state, row.public_at = Standing.PLANNED, now
            elif kind == "change":
                row.first_due = row.first_due or before.words
                row.due_at, row.precision = _asked_due(asked).at, _asked_due(asked).precision
                row.state, row.reason = Standing.CHANGED, str(asked["reason"])
            else:
                row.state, row.reason = Standing.CANCELLED, str(asked["reason"])
            row.asked, row.sequence, row.updated_at = None, row.sequence + (kind != "new"), now
            await row.save(using_db=connection)
            await self._teach(connection, row, person.actor, now)
            await self._note(
                connection, person.actor, "confirmed", row, now, kind=kind, due=due_of(row).words, reason=row.reason
            )
        return row

    async def refuse(self, person: Person, number: int, *, remark: str) -> Announcement:
        """The second person does not agree, or whoever asked takes it back; nothing public changes."""
        _require_one(person)
        async with in_transaction() as connection:
            now = await self._clock.now()
            row = await self._waiting(connection, number)
            if row.state == Standing.PROPOSED:
                row.state, row.reason = Standing.REFUSED, _reason(remark)
            row.asked, row.updated_at = None, now
            await row.save(using_db=connection)
            await self._note(connection, person.actor, "refused", row, now, remark=_reason(remark))
        return row

    async def link(self, person: Person, number: int, disclosure_id: int) -> Announcement:
        """Says which disclosure will fulfil it. Raises CalendarInvalid."""
        person.require(Verb.CALENDAR_WRITE)
        async with in_transaction() as connection:
            now = await self._clock.now()
            row = await self._found(connection, number)
            await _known(connection, disclosure_id)
            row.disclosure_id, row.updated_at = disclosure_id, now
            await row.save(using_db=connection, update_fields=["disclosure_id", "updated_at"])
            await self._note(connection, person.actor, "linked", row, now, disclosure=disclosure_id)
        return row

    async def sweep(self) -> None:
        """A bell: what was made public fulfils its announcement, and a promise that was not kept is an incident. Idempotent."""
        await self._fulfil_all()
        now = await self._clock.now()
        broken = {f"{KIND}:{row.id}": row for row in await _broken(now)}
        for key, row in broken.items():
            await insist(
                key, kind=KIND, severity="warn", now=now,
                message=f"预告“{row.title}”应在{due_of(row).words}公布，现在还没有公布。",
                remedy="请尽快公布；不能按时公布的，请在“预告”中改期并说明原因。", link=f"/console/announcements#a{row.id}",
            )  # fmt: skip
        for incident in await Incident.filter(open_key__startswith=f"{KIND}:"):
            if incident.key not in broken:
                await clear_incident(incident.key, now=now)

    async def _fulfil_all(self) -> None:
        waiting = await Announcement.filter(state__in=sorted(OPEN), disclosure_id__not_isnull=True).only(
            "id", "disclosure_id"
        )
        if not waiting:
            return
        linked = Disclosure.filter(id__in=[row.disclosure_id for row in waiting], released_at__not_isnull=True)
        # Once public is enough: a correction that is on its way takes nothing back. A withdrawn text fulfils nothing.
        released = dict(await linked.exclude(state="withdrawn").values_list("id", "released_at"))
        for each in waiting:
            if each.disclosure_id in released:
                await self._fulfil(each.id, released[each.disclosure_id])

    async def _fulfil(self, number: int, released_at: datetime | None) -> None:
        async with in_transaction() as connection:
            now = await self._clock.now()
            row = await self._found(connection, number)
            if row.state not in OPEN:
                return
            row.state, row.fulfilled_at, row.asked = Standing.FULFILLED, released_at or now, None
            row.sequence, row.updated_at = row.sequence + 1, now
            await row.save(using_db=connection)
            await self._teach(connection, row, MACHINE, now)
            await self._note(connection, MACHINE, "fulfilled", row, now, disclosure=row.disclosure_id)

    async def _teach(self, connection: BaseDBAsyncClient, row: Announcement, actor: Actor, now: datetime) -> None:
        """What two persons answer for is what the bot may say; the same words as the portal's."""
        if self._curation is None:
            return
        note = Note(origin=Origin.direct, title=f"预告：{row.title}"[:100], reason="信息公开预告经另一人确认")
        await self._curation.put_entries([self._entry(row, now)], actor=actor, note=note, using_db=connection)

    def _entry(self, row: Announcement, now: datetime) -> Entry:
        title, today = row.title.strip("《》"), day_of(now)
        over = row.state not in OPEN
        number = row.disclosure_id if row.state == Standing.FULFILLED else None
        return Entry(
            id=f"announcement-{row.id}", kind=EntryKind.faq, title=f"{title}什么时候公布？", body=words_of(row),
            similar=(f"{title}何时公布", f"什么时候公布{title}", f"{title}哪天公开", f"什么时候能看到{title}"),
            unit=row.unit, issuer=row.unit, source=f"{row.unit}信息公开预告", made_on=day_of(row.public_at or now),
            published_on=today, source_url=self._page_url(number) if number else f"{self._public_url}/announcements#a{row.id}",
            # What was not kept is not promised any longer: the bot then says that the answer has expired.
            valid_to=today + SPOKEN_AFTER if over else due_of(row).last,
        )  # fmt: skip

    async def _checked(self, connection: BaseDBAsyncClient, text: Text, now: datetime) -> Due:
        title, unit = text.title.strip(), text.unit.strip()
        if not 2 <= len(title) <= 120:
            raise CalendarInvalid("title", "请填写将要公布的内容（不超过 120 字）", "例如：2027年财政预算")
        if not await Unit.filter(name=unit).using_db(connection).exists():
            raise CalendarInvalid("unit", "请选择预告单位", "单位在“公开目录”中维护")
        if len(text.note.strip()) > 300:
            raise CalendarInvalid("note", "说明不超过 300 字", "请精简")
        if text.disclosure_id is not None:
            await _known(connection, text.disclosure_id)
        return _due(text.due, text.precision, now)

    async def _ask(
        self, connection: BaseDBAsyncClient, person: Person, row: Announcement, asked: dict[str, object], now: datetime,
        **detail: object,
    ) -> None:  # fmt: skip
        if row.asked is not None:
            raise AnnouncementRefused(f"{row.asked['by_name']}已提出变更，正在等待确认", "请先由另一人办理")
        row.asked, row.updated_at = asked, now
        await row.save(using_db=connection, update_fields=["asked", "updated_at"])
        await self._note(connection, person.actor, "asked", row, now, kind=asked["kind"], **detail)

    async def _open(self, connection: BaseDBAsyncClient, number: int) -> Announcement:
        row = await self._found(connection, number)
        if row.state not in OPEN:
            raise AnnouncementRefused("只有已经预告、尚未公布的可以改期或取消", "请刷新页面")
        return row

    async def _waiting(self, connection: BaseDBAsyncClient, number: int) -> Announcement:
        row = await self._found(connection, number)
        if row.asked is None:
            raise AnnouncementRefused("没有等待确认的事项，可能已由他人办理", "请刷新页面")
        return row

    async def _found(self, connection: BaseDBAsyncClient, number: int) -> Announcement:
        row = await Announcement.filter(id=number).using_db(connection).select_for_update().first()
        if row is None:
            raise AnnouncementNotFound("没有这条预告")
        return row

    async def _note(
        self, connection: BaseDBAsyncClient, actor: Actor, what: str, row: Announcement, now: datetime, **detail: object
    ) -> None:
        await self._trail.append(
            connection, at=now, actor=actor, verb=f"announcement.{what}", subject=f"announcement:{row.id}",
            title=row.title, **detail,
        )  # fmt: skip


async def public_announcements(*, limit: int = 200) -> Sequence[Announcement]:
    """What the public may read: what is to come first, by its time; then what is over, the newest first."""
    coming = await Announcement.filter(state__in=sorted(OPEN)).order_by("due_at", "id").limit(limit)
    over = await Announcement.filter(state__in=sorted(PUBLIC - OPEN)).order_by("-updated_at", "-id").limit(50)
    return [*coming, *over]


async def waiting_for(person: Person) -> int:
    """How many announcements, changes and cancellations wait for this person's confirmation."""
    if not any(person.may(verb) for verb in CONFIRM):
        return 0
    rows = await Announcement.filter(asked__not_isnull=True).only("id", "asked")
    return sum((row.asked or {}).get("by_id") != person.account_id for row in rows)


async def _broken(now: datetime) -> list[Announcement]:
    """What is past its announced time and not public."""
    rows = await Announcement.filter(state__in=sorted(OPEN), due_at__lt=now)
    return [row for row in rows if due_of(row).end < now]


def due_of(row: Announcement) -> Due:
    return Due(at=row.due_at, precision=Precision(row.precision))


def words_of(row: Announcement) -> str:
    """The announcement in one paragraph, the same everywhere."""
    return sentence(
        row.title, due_of(row), Standing(row.state), unit=row.unit, reason=row.reason, first_due=row.first_due,
        note=row.note, published_on=day_of(row.fulfilled_at) if row.fulfilled_at else None,
    )  # fmt: skip


def _asked(kind: str, person: Person, now: datetime, **more: object) -> dict[str, object]:
    return {"kind": kind, "by_id": person.account_id, "by_name": person.display_name, "at": now.isoformat(), **more}


def _asked_due(asked: Mapping[str, object]) -> Due:
    return Due(at=datetime.fromisoformat(str(asked["due_at"])), precision=Precision(str(asked["precision"])))


def _still_ahead(due: Due | None, now: datetime) -> None:
    """What waited too long for its confirmation is no promise any more. Raises AnnouncementRefused."""
    if due is not None and due.end <= now:
        raise AnnouncementRefused("预告的时间已经过去，不能再确认", "请退回，由提出人重新填写时间")


def _due(text: str, precision: str, now: datetime) -> Due:
    try:
        due = parse_due(text, precision)
    except ValueError as error:
        raise CalendarInvalid("due", str(error), "") from None
    if due.end <= now:
        raise CalendarInvalid("due", "预告的时间已经过去", "请填写今天以后的时间")
    if due.at > now + FURTHEST:
        raise CalendarInvalid("due", "预告的时间太远", "请核对年份")
    return due


def _reason(text: str) -> str:
    reason = text.strip()
    if not 2 <= len(reason) <= 300:
        raise CalendarInvalid("reason", "请写明原因（不超过 300 字）", "改期和取消的原因会向社会公布")
    return reason


def _require_one(person: Person) -> None:
    if not any(person.may(verb) for verb in CONFIRM):
        person.require(Verb.CALENDAR_WRITE)


async def _known(connection: BaseDBAsyncClient, disclosure_id: int) -> None:
    if not await Disclosure.filter(id=disclosure_id).using_db(connection).exists():
        raise CalendarInvalid("disclosure", "没有这条公开信息", "请核对编号，或先留空")

"""A public announcement as an event of iCalendar, for the public's file and for the staff's."""

from scheduler.announcements import due_of, words_of
from scheduler.announcing import Precision, Standing
from scheduler.calendar_records import Announcement
from scheduler.ics import Entry


def announcement_event(row: Announcement, public_url: str) -> Entry:
    """A public announcement as an event: of a month it stands on the whole month, and is tentative."""
    due = due_of(row)
    moment = due.precision is Precision.MOMENT
    return Entry(
        uid=f"announcement-{row.id}@{host_of(public_url)}", sequence=row.sequence, title=f"预告：{row.title}",
        stamp=row.updated_at, at=due.at if moment else None, first=None if moment else due.first,
        last=None if moment else due.last, text=words_of(row), url=f"{public_url}/announcements#a{row.id}",
        cancelled=row.state == Standing.CANCELLED, tentative=due.precision is Precision.MONTH, categories=("信息公开预告",),
    )  # fmt: skip


def host_of(url: str) -> str:
    """The host of our own address: the right-hand side of a UID (RFC 7986 §5.3)."""
    return url.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0]

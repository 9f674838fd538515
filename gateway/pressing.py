"""The wiring of the press desk: kinds, checks, reviews, calendar, figures, comments, archive."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from audit.clock import Clock
from audit.trail import Trail
from bot.measure import load_measures
from bot.wording import answer_pages
from console.echo_desk import EchoDesk
from console.presence import Presence
from console.press import PortalPreview, PressDesk
from console.reviewing_desk import ReviewingDesk
from console.working_copies import WorkingCopies
from disclosures.desk import Desk
from disclosures.embargo import hidden_from
from disclosures.kinds import Kinds
from disclosures.wording import Words
from disclosures.workdays import WorkingDays
from gateway.settings import Settings
from knowledge.curation import Curation
from knowledge.exchange import from_json
from publishers.mass_quota import MassQuota
from publishers.port import Problem, Severity
from scheduler.alarm import Alarm
from scheduler.announcements import Announcements
from scheduler.calendar_desk import CalendarDesk
from scheduler.link_probe import LinkProbe
from scheduler.planning import Planning
from scheduler.private_addresses import PrivateAddresses
from scheduler.quiet_desk import QuietDesk
from scheduler.readiness import AskText
from scheduler.timetable import Timetable
from scheduler.years import Years
from staff.person import Person

HOUR = 3600.0
"""Seconds."""
YEARS_EVERY, ANNOUNCED_EVERY = 10.0, 5.0
"""Seconds between two looks at the years that were entered (on every node), and at what was announced and is public now."""

LINKS_EVERY, FINGERPRINTS_EVERY = 30.0, 60.0
"""Seconds between two looks at links, and at public texts without a fingerprint."""


def press_desk(
    *, clock: Clock, trail: Trail, desk: Desk, timetable: Timetable, calendar: CalendarDesk, words: Words, hours: int = 24,
    alarm: Alarm | None = None, portal_page: PortalPreview | None = None, echo: EchoDesk | None = None,
) -> PressDesk:  # fmt: skip
    """``words`` gives the words of a text, for differences that are read in words; ``hours``: how long the signatures of an
    emergency release may take; ``alarm`` rings for what must be looked after by itself."""
    copies = WorkingCopies(clock=clock)
    reviewing = ReviewingDesk.of(clock=clock, trail=trail, desk=desk, timetable=timetable, words=words, hours=hours)
    if alarm is not None:
        alarm.every(60.0, reviewing.emergency.sweep, name="emergencies", on_duty=True)
        alarm.every(HOUR, copies.sweep, name="working copies", on_duty=True)
    return PressDesk(
        kinds=Kinds(clock=clock, trail=trail), copies=copies, presence=Presence(clock=clock), portal_page=portal_page,
        spoken=_spoken, calendar=calendar, reviewing=reviewing, echo=echo,
    )  # fmt: skip


def _spoken(entry: Mapping[str, Any]) -> str:
    """What the bot says first on the portal's chat when an entry is its answer."""
    return answer_pages(from_json(dict(entry)), load_measures()["web"])[0]


def calendar_desk(
    *, clock: Clock, trail: Trail, working_days: WorkingDays, public_url: str, page_url: Callable[[int], str],
    curation: Curation | None, mass_quota: MassQuota | None, alarm: Alarm | None = None,
) -> CalendarDesk:  # fmt: skip
    """The calendar's services over the one ``working_days`` of the house; ``alarm`` rings for them."""
    years = Years(clock=clock, trail=trail, working_days=working_days)
    announcements = Announcements(clock=clock, trail=trail, public_url=public_url, page_url=page_url, curation=curation)
    if alarm is not None:
        alarm.every(YEARS_EVERY, years.refresh, name="years")
        alarm.every(ANNOUNCED_EVERY, announcements.sweep, name="announcements", on_duty=True)
    return CalendarDesk(
        years=years, planning=Planning(clock=clock, years=years, mass_quota=mass_quota),
        quiet=QuietDesk(clock=clock, trail=trail), announcements=announcements,
        addresses=PrivateAddresses(clock=clock, trail=trail), public_url=public_url, hides=_hides,
    )  # fmt: skip


async def _hides(person: Person, ids: set[int]) -> frozenset[int]:
    """The embargoed ones among some disclosures that a person may not see."""
    return await hidden_from(person.account_id) & ids


def text_of(desk: Desk) -> AskText:
    """The blocking checks as the readiness probe asks them."""

    async def ask(disclosure_id: int) -> tuple[Problem, ...]:
        return tuple(
            Problem(
                severity=Severity.BLOCK, field=finding.field, message=f"重新检查：{finding.message}",
                remedy="请在该信息页面说明理由后放行，或者取消发布、改正后重新送审。",
            )
            for finding in await desk.examination.waiting(disclosure_id)
        )  # fmt: skip

    return ask


def ring_for_checks(alarm: Alarm, settings: Settings, *, desk: Desk, clock: Clock) -> None:
    """Hangs up the bells of the checks; both belong to the node on duty."""
    alarm.every(FINGERPRINTS_EVERY, desk.examination.likenesses.sweep, name="fingerprints", on_duty=True)
    if settings.probes_links:
        probe = LinkProbe(clock=clock, own_host=urlsplit(settings.public_url).hostname or "")
        alarm.every(LINKS_EVERY, probe.sweep, name="links", on_duty=True)

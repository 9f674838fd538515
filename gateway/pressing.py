"""The wiring of the press desk: kinds, checks, reviews, calendar, figures, comments, archive."""

from urllib.parse import urlsplit

from audit.clock import Clock
from console.press import PressDesk
from disclosures.desk import Desk
from gateway.settings import Settings
from publishers.port import Problem, Severity
from scheduler.alarm import Alarm
from scheduler.link_probe import LinkProbe
from scheduler.readiness import AskText

LINKS_EVERY, FINGERPRINTS_EVERY = 30.0, 60.0
"""Seconds between two looks at links, and at public texts without a fingerprint."""


def press_desk() -> PressDesk:
    return PressDesk()


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

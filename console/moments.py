"""A moment as the forms ask for it: at once, or a local time."""

from datetime import datetime

from console.door import Visit
from console.screen import SHANGHAI
from scheduler.errors import MomentRefused


def moment_of(visit: Visit) -> str:
    """“now”, or the local time of the form with Shanghai's offset. Raises MomentRefused."""
    when = visit.text("when")
    if when == "now":
        return "now"
    text = visit.text("at").strip()
    if when != "later" or not text:
        raise MomentRefused("请选择立即发布，或填写发布时间")
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).isoformat()
    except ValueError:
        raise MomentRefused("发布时间无法识别，请写成 2026-11-24 09:00") from None


def local(moment: datetime) -> str:
    """As an ``input`` of the type ``datetime-local`` has it."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")

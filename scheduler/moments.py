"""Which moments a release may be planned for. Pure."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from scheduler.errors import MomentRefused

SHANGHAI = ZoneInfo("Asia/Shanghai")
SLACK = timedelta(minutes=2)
"""A moment this little in the past means “now”: the clerk pressed the button at 09:00 for 09:00."""
HORIZON = timedelta(days=425)
"""About 14 months: further ahead a typing error is likelier than a plan."""


def parse_moment(text: str, *, now: datetime) -> datetime:
    """Reads “now” or an RFC 3339 moment with its offset; raises MomentRefused with what to write instead."""
    if text == "now":
        return now
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise MomentRefused("时间写法不对，请写 now 或 2026-11-23T09:30:00+08:00 这样的时间") from None
    if moment.tzinfo is None:
        raise MomentRefused("时间缺少时区，请写成 2026-11-23T09:30:00+08:00")
    return accept_moment(moment, now=now)


def accept_moment(moment: datetime, *, now: datetime) -> datetime:
    """The moment in UTC; “now” for one just past. Raises MomentRefused for the past and for more than 14 months ahead."""
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        # In UTC it lies before the year 1 or after the year 9999.
        raise MomentRefused("时间超出了日历的范围，请核对年份") from None
    if moment < now - SLACK:
        proposal = (now + timedelta(minutes=15)).astimezone(SHANGHAI)
        proposal = proposal.replace(minute=proposal.minute // 5 * 5, second=0, microsecond=0)
        raise MomentRefused(f"发布时间已过，请改为将来的时间，例如 {proposal:%Y-%m-%d %H:%M}，或选择立即发布")
    if moment > now + HORIZON:
        raise MomentRefused("发布时间超过 14 个月，请核对年份")
    return max(moment, now)

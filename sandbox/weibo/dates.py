"""How Weibo writes a moment: "Tue May 31 17:46:55 +0800 2011", and how people read it."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def local(moment: float) -> datetime:
    """Unix seconds as an aware moment in Shanghai."""
    return datetime.fromtimestamp(moment, ZoneInfo("Asia/Shanghai"))


def weibo_date(moment: float) -> str:
    """The open API's form. English names are spelled here because strftime follows the machine's locale."""
    at = local(moment)
    return f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at:%d %H:%M:%S %z %Y}"


def readable(moment: float, now: float) -> str:
    """The form on the page: 刚刚, 5分钟前, 今天 09:30, 11月23日 09:30, or with the year."""
    ago = now - moment
    at, today = local(moment), local(now)
    if 0 <= ago < 60:
        return "刚刚"
    if 0 <= ago < 3600:
        return f"{int(ago // 60)}分钟前"
    if at.date() == today.date():
        return f"今天 {at:%H:%M}"
    day = f"{at.month}月{at.day}日 {at:%H:%M}"
    return day if at.year == today.year else f"{at.year}年{day}"

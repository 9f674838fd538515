"""Of 今天要办: announcements, changes and cancellations that wait for a second person's word."""

from console.today_list import Asking, Section, Task, Urgency
from scheduler.announcements import waiting_for


async def announcements(asking: Asking) -> Section | None:
    """Nothing is announced to the public before another person agrees (features P38)."""
    count = await waiting_for(asking.person)
    if not count:
        return None
    task = Task(title=f"{count} 条信息公开预告等您确认", address="/console/announcements", act="去确认")
    return Section(key="announcements", title="预告待确认", urgency=Urgency.TODAY, tasks=(task,), total=count)

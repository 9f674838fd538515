"""Of 今天要办: people who flood or advertise, for whoever may decide about them."""

from casework.guard_desk import waiting
from console.today_list import Asking, Section, Task, Urgency
from staff.roles import Verb


async def abuse(asking: Asking) -> Section | None:
    """How many wait for a decision; nothing presses, for everybody is answered until then."""
    if not asking.person.may(Verb.CONVERSATION_BLOCK):
        return None
    count = await waiting(asking.now)
    if not count:
        return None
    task = Task(title=f"{count} 人多次发送广告或刷屏，等您看一眼", address="/console/guard", act="查看滥用")
    return Section(key="abuse", title="滥用", urgency=Urgency.TODAY, tasks=(task,), total=count)

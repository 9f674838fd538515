"""Of 今天要办: what the knowledge base wants of this person's unit (features K7, K11)."""

from urllib.parse import urlencode

from console.today_list import Asking, Section, Task, Urgency


async def duties(asking: Asking) -> Section | None:
    """For whoever belongs to a unit that has something to look at, whatever his role."""
    unit = asking.person.unit.strip()
    if asking.duties is None or not unit:
        return None
    found = await asking.duties.lists(unit)
    if not found or not found[0].count:
        return None
    mine, address = found[0], f"/console/knowledge/duties?{urlencode({'unit': unit})}"
    rows = (
        (len(mine.due), "个条目到期，请复核", sum(one.late for one in mine.due)),
        (len(mine.criticised), "条答复有群众说没用，请看原因", 0),
        (len(mine.waiting), "个问到本单位的问题没有答复", sum(one.late for one in mine.waiting)),
    )
    tasks = tuple(
        Task(
            title=f"{count} {words}",
            address=address,
            due=f"{late} 项已逾期" if late else "",
            late=bool(late),
            act="查看清单",
        )
        for count, words, late in rows
        if count
    )
    return Section(
        key="duties", title=f"{unit}的督办清单", urgency=Urgency.TODAY, tasks=tasks, total=mine.count,
        more=(address, "打印清单"),
    )  # fmt: skip

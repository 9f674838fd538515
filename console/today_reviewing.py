"""Of 今天要办: emergency releases whose signatures are wanting, remarks to answer, and for whom one signs."""

from console.today_list import Asking, Section, Task, Urgency
from disclosures.review import STEP_NAMES, Step


async def debts(asking: Asking) -> Section | None:
    """They follow everybody concerned until they are paid (features P10)."""
    tasks = tuple(
        Task(
            title=shown.debt.title, address=f"/console/disclosures/{shown.disclosure_id}#review-box", kind=shown.debt.task,
            about=(f"批准：{shown.debt.authorised_by_name}",), at=shown.debt.due_at, late=shown.late,
            due="已逾期" if shown.late else "须在此前办结",
        )
        for shown in asking.debts
    )  # fmt: skip
    return Section(key="debts", title="应急发布待办结", urgency=Urgency.NOW, tasks=tasks) if tasks else None


async def remarks(asking: Asking) -> Section | None:
    """The reviewers' remarks on one's own texts, each of which wants an answer before the text goes back to them."""
    work = await asking.reviewing.today(asking.person)
    tasks = tuple(
        Task(
            title=each.title, address=f"/console/disclosures/{each.disclosure_id}/read#remarks",
            about=(f"{each.count} 条意见待答复",), act="去答复",
        )
        for each in work.answers
    )  # fmt: skip
    return Section(key="to-answer", title="等我答复的审核意见", urgency=Urgency.NOW, tasks=tasks) if tasks else None


async def deputising(asking: Asking) -> Section | None:
    """For whom this person signs these days."""
    work = await asking.reviewing.today(asking.person)
    tasks = tuple(
        Task(
            title=f"代 {each.person_name} 办理{'、'.join(STEP_NAMES[Step(step)] for step in each.steps)}",
            address="/console/deputies", about=(f"至 {each.to_day:%m月%d日}",), act="查看",
        )
        for each in work.deputies
    )  # fmt: skip
    return Section(key="deputising", title="代理审核", urgency=Urgency.SOON, tasks=tasks) if tasks else None

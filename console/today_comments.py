"""今天要办: what citizens wrote under our posts, and the replies that wait."""

from console.today_list import Asking, Section, Task, Urgency


async def comments(asking: Asking) -> Section | None:
    """Replies to agree to, comments to answer, replies whose outcome nobody knows."""
    work = await asking.echo.work(asking.person, now=asking.now) if asking.echo is not None else None
    if work is None or work.nothing:
        return None
    tasks = []
    if work.to_agree:
        tasks.append(Task(title=f"{work.to_agree} 条回复等您同意", address="/console/comments?view=waiting"))
    if work.unknown:
        tasks.append(
            Task(title=f"{work.unknown} 条回复的结果待核实", address="/console/comments?view=unknown", act="核实")
        )
    if work.to_answer:
        late = f"{work.late} 条已超过 3 个工作日" if work.late else ""
        tasks.append(
            Task(
                title=f"{work.to_answer} 条评论等待回复",
                address="/console/comments",
                due=late,
                late=bool(late),
                act="回复",
            )
        )
    urgency = Urgency.NOW if work.to_agree or work.unknown else Urgency.TODAY
    total = work.to_agree + work.to_answer + work.unknown
    return Section(key="today-comments", title="群众评论", urgency=urgency, tasks=tuple(tasks), total=total)

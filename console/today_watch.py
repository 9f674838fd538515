"""Of 今天要办: the alarms, and what the knowledge base and the rumours want of this person."""

from console.incident_lines import open_lines
from console.knowledge_work import knowledge_work
from console.question_lines import question_work
from console.rumour_lines import rumour_work
from console.screen import SHANGHAI
from console.today_list import Asking, Section, Task, Urgency
from knowledge.records import UnansweredQuestion
from publishers.incident_desk import MAY_CLOSE
from staff.roles import Verb


async def incidents(asking: Asking) -> Section | None:
    """What is open, for whoever may close it."""
    if not any(asking.person.may(verb) for verb in MAY_CLOSE):
        return None
    found = await open_lines()
    tasks = tuple(
        Task(
            title=line.row.message, address=line.row.link or "/console/incidents", kind=line.kind_name,
            state=("failed", "须立即处理") if line.alarm else ("attention", "请留意"), about=(line.row.remedy,),
            at=line.row.raised_at, late=line.alarm, act="查看",
        )
        for line in found.lines
    )  # fmt: skip
    if not tasks:
        return None
    return Section(
        key="incidents", title="告警", urgency=Urgency.NOW, tasks=tasks, total=found.count,
        more=("/console/incidents", "全部告警"),
    )  # fmt: skip


async def rumours(asking: Asking) -> Section | None:
    """Verdicts to confirm, and claims without a word to the public in time."""
    work = await rumour_work(asking.person, now=asking.now)
    if work.nothing:
        return None
    counts = (
        (work.to_confirm, "条结论等您确认", True),
        (work.late, "条已超过首次回应时限", True),
        (work.open, "条等待处置", False),
    )
    tasks = tuple(
        Task(title=f"{count} {words}", address="/console/rumours", late=late, act="去处置")
        for count, words, late in counts
        if count
    )
    return Section(
        key="rumours", title="谣言处置", urgency=Urgency.TODAY, tasks=tasks, total=work.to_confirm + work.open
    )


async def knowledge(asking: Asking) -> Section | None:
    """Counts, each with its list behind it."""
    base = await knowledge_work(asking.person, today=asking.now.astimezone(SHANGHAI).date())
    rows = (
        (base.to_confirm, "项发布或回退等您确认", "release", "去确认"),
        (base.to_review, "份草稿等您审核", "drafts?state=submitted", "去审核"),
        (base.sent_back, "份草稿被退回，等您修改", "drafts?state=draft", "去修改"),
        (base.accepted, "份草稿已通过，待发布", "release", "去发布"),
        (base.overdue, "个条目已过复核日期或有效期", "due", "去复核"),
    )
    tasks = tuple(
        Task(title=f"{count} {words}", address=f"/console/knowledge/{where}", act=act)
        for count, words, where, act in rows
        if count
    )
    if not tasks:
        return None
    return Section(key="knowledge", title="知识库", urgency=Urgency.TODAY, tasks=tasks, total=base.total)


async def questions(asking: Asking) -> Section | None:
    """What citizens asked and the bot could not answer."""
    if not asking.person.may(Verb.KNOWLEDGE_WRITE):
        return None
    work = await question_work(asking.now.astimezone(SHANGHAI).date())
    fresh = await UnansweredQuestion.filter(cluster_id=None, state="open").count()
    rows = (
        (work.late, "组问题已超过办理期限", "?late=yes", True),
        (work.today, "组问题今天到期", "", False),
        (work.open - work.late - work.today, "组问题没有答复", "", False),
        (fresh, "个问题刚刚收到", "", False),
        (work.complaints_late, "个条目的“没用”评价已超期", "/useless", True),
        (work.complaints - work.complaints_late, "个条目被评价“没用”，待处理", "/useless", False),
    )
    tasks = tuple(
        Task(title=f"{count} {words}", address=f"/console/knowledge/questions{where}", late=late, act="查看未解答问题")
        for count, words, where, late in rows
        if count
    )
    if not tasks:
        return None
    return Section(
        key="questions",
        title="群众没有得到解答的问题",
        urgency=Urgency.TODAY,
        tasks=tasks,
        total=work.open + fresh + work.complaints,
    )

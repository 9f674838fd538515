"""今天要办: citizens who wait for a person, one's own cases with their clocks, and what is to be judged."""

from casework.case import ACTIVE, State
from casework.records import CitizenCase
from casework.rows import case_of
from console.case_view import current_light
from console.today_list import MOST, Asking, Section, Task, Urgency
from staff.roles import Verb


async def cases(asking: Asking) -> Section | None:
    """What waits to be taken, and one's own: new words first, then what is due soonest."""
    services, person = asking.cases, asking.person
    if services is None or not (person.may(Verb.CASE_HANDLE) or person.may(Verb.CASE_ASSIGN)):
        return None
    tasks, urgent = [], False
    waiting = CitizenCase.filter(state=State.WAITING).order_by("reply_due", "id")
    count = await waiting.count()
    if (oldest := await waiting.first()) is not None:
        _, light = current_light(case_of(oldest), services, now=asking.now)
        late = light.lamp == "red"
        tasks.append(
            Task(
                title=f"{count} 件诉求待接", address="/console/cases?view=waiting", due=f"最早一件{light.words}",
                late=late, act="接办" if person.may(Verb.CASE_HANDLE) else "指派",
            )
        )  # fmt: skip
        urgent = late or light.lamp == "amber"
    mine = await CitizenCase.filter(handler_id=person.account_id, state__in=list(ACTIVE)).order_by(
        "-unread", "answer_due"
    )
    for row in mine:
        case = case_of(row)
        name, light = current_light(case, services, now=asking.now)
        if case.state is State.ANSWERED and not case.unread:
            continue  # Answered, and he is silent: it closes by itself.
        urgent = urgent or light.lamp in {"amber", "red"} or bool(case.unread)
        tasks.append(
            Task(
                title=case.subject or case.number, address=f"/console/cases/{case.number}",
                kind=f"{case.unread} 条新话" if case.unread else "", due=f"{name}{light.words}",
                late=light.lamp == "red", about=(case.number, case.unit), act="办理",
            )
        )  # fmt: skip
    if not tasks:
        return None
    return Section(
        key="today-cases", title="群众诉求", urgency=Urgency.NOW if urgent else Urgency.TODAY, tasks=tuple(tasks[:MOST]),
        total=count + len(tasks) - (1 if count else 0), more=("/console/cases?view=mine", "我的全部诉求"),
    )  # fmt: skip


async def quality(asking: Asking) -> Section | None:
    """Conversations of the sample that wait for this officer."""
    count = await asking.cases.sampling.to_judge(asking.person) if asking.cases is not None else 0
    if not count:
        return None
    task = Task(title=f"{count} 件样本等待评定", address="/console/quality", act="评定")
    return Section(key="today-quality", title="质检", urgency=Urgency.SOON, tasks=(task,), total=count)

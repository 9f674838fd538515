"""Of 今天要办: this person's own drafts. What a reviewer sent back comes first, with his remark; then what must be public soon."""

from datetime import date
from functools import cache

from console.screen import SHANGHAI
from console.today_list import MOST, Asking, Section, Task, Urgency
from disclosures.member import WRITE
from disclosures.records import Category, Disclosure, Review, Revision
from disclosures.sheet import Line
from disclosures.states import State
from disclosures.workdays import WorkingDays

NEAR = 3
"""Working days before 公开期限 from which on a draft is pressing."""


async def returned(asking: Asking) -> Section | None:
    """Drafts that a reviewer sent back, with what he wrote."""
    lines, remarks = await _own(asking)
    back = [line for line in lines if line.id in remarks]
    if not back:
        return None
    ends = await _ends(back[:MOST], asking)
    tasks = tuple(
        _task(line, ends.get(line.id, ("", False)), quote=remarks[line.id], act="去修改") for line in back[:MOST]
    )
    return Section(key="returned", title="被退回，等我修改", urgency=Urgency.TODAY, tasks=tasks, total=len(back))


async def drafts(asking: Asking) -> Section | None:
    """The other drafts; those whose 公开期限 is near first, the others as they were last written."""
    lines, remarks = await _own(asking)
    own = [line for line in lines if line.id not in remarks]
    if not own:
        return None
    ends = await _ends(own, asking)
    own.sort(key=lambda line: not ends.get(line.id, ("", False))[0])
    tasks = tuple(_task(line, ends.get(line.id, ("", False)), act="继续写") for line in own[:MOST])
    return Section(
        key="drafts", title="我的草稿", urgency=Urgency.TODAY if any(task.due for task in tasks) else Urgency.SOON,
        tasks=tasks, total=len(own), more=("/console/disclosures?state=draft", "查看全部草稿") if len(own) > MOST else ("", ""),
    )  # fmt: skip


def _task(line: Line, end: tuple[str, bool], *, quote: str = "", act: str) -> Task:
    return Task(
        title=line.title, address=f"/console/disclosures/{line.id}", kind="更正" if line.live else "",
        about=(line.department, f"第 {line.revision} 版"), at=line.updated_at, due=end[0], late=end[1], quote=quote, act=act,
    )  # fmt: skip


async def _own(asking: Asking) -> tuple[tuple[Line, ...], dict[int, str]]:
    """(own drafts, disclosure → the remark with which its last submission was sent back)."""
    person = asking.person
    if not person.may(WRITE):
        return (), {}
    lines = await asking.desk.lines(states=frozenset({State.DRAFT}), author_id=person.account_id, limit=200)
    ids = [line.id for line in lines]
    if not ids:
        return (), {}
    submissions = dict(await Disclosure.filter(id__in=ids, submission__gt=0).values_list("id", "submission"))
    remarks = {}
    for row in await Review.filter(disclosure_id__in=list(submissions), decision="rejected").order_by("id"):
        number: int = row.disclosure_id  # type: ignore[attr-defined]
        if row.submission == submissions[number]:
            remarks[number] = f"{row.reviewer_name}：{row.remark}" if row.remark else f"{row.reviewer_name}退回"
    return lines, remarks


async def _ends(lines: list[Line], asking: Asking) -> dict[int, tuple[str, bool]]:
    """Disclosure → (“还剩 2 个工作日”, too late), for those whose 公开期限 is near or over and that are not public yet."""
    days, today = _working_days(), asking.now.astimezone(SHANGHAI).date()
    wanted = {line.id: line.revision for line in lines if not line.live}
    limits = dict(await Category.all().values_list("name", "deadline_local"))
    found: dict[int, tuple[str, bool]] = {}
    rows = (
        await Revision.filter(disclosure_id__in=list(wanted)).only("id", "disclosure_id", "number", "content")
        if wanted
        else []
    )
    for row in rows:
        number: int = row.disclosure_id  # type: ignore[attr-defined]
        if row.number != wanted[number]:
            continue
        formed, limit = str(row.content.get("formed_on", "")), limits.get(str(row.content.get("category", "")))
        if not formed or limit is None:
            continue
        end = days.add(date.fromisoformat(formed), limit).date
        left = days.remaining(today, end) if end >= today else -1
        if end < today:
            found[number] = f"公开期限 {end:%m月%d日}，已过", True
        elif end == today:
            found[number] = "公开期限就在今天", True
        elif left <= NEAR:
            found[number] = f"公开期限 {end:%m月%d日}，还剩 {left} 个工作日", False
    return found


@cache
def _working_days() -> WorkingDays:
    return WorkingDays()

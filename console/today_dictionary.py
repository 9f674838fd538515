"""今天要办: changes of the dictionary, the pins and the rules that wait for a second person, and what ends soon."""

from datetime import timedelta
from typing import Final

from console.screen import SHANGHAI
from console.today_list import Asking, Section, Task, Urgency
from knowledge.canned import Rule
from knowledge.dictionary_changes import State
from knowledge.dictionary_pins import Pin
from knowledge.dictionary_records import DictionaryChange
from knowledge.dictionary_store import PINS, RULES, contents_in_force
from staff.roles import Verb

SOON: Final = timedelta(days=14)
"""Before its end a rule or a pin is named here."""


async def dictionary(asking: Asking) -> Section | None:
    """What this person may confirm, and what he has to look at again before it ends."""
    person, today = asking.person, asking.now.astimezone(SHANGHAI).date()
    tasks: list[Task] = []
    if person.may(Verb.KNOWLEDGE_APPROVE):
        waiting = DictionaryChange.filter(state=State.proposed).exclude(author_id=person.account_id).order_by("id")
        rows, count = await waiting.limit(1), await waiting.count()
        if rows:
            where = f"/console/knowledge/changes/{rows[0].id}"
            tasks.append(Task(title=f"{count} 项词典、固定问句或规则的改动等您确认", address=where, act="去确认"))
    if person.may(Verb.KNOWLEDGE_WRITE):
        contents = await contents_in_force()
        for rule in map(Rule.from_json, contents[RULES].values()):
            if rule.valid_to is not None and rule.valid_to <= today + SOON:
                late = rule.valid_to < today
                due = "已过期，不再适用" if late else f"{rule.valid_to.isoformat()} 到期"
                where = "/console/knowledge/rules"
                tasks.append(
                    Task(title=f"敏感事项规则“{rule.name}”", address=where, due=due, late=late, act="延期或删去")
                )
        for pin in map(Pin.from_json, contents[PINS].values()):
            if pin.review_on <= today + SOON:
                late = pin.review_on < today
                due = "已过复核日期，不再固定" if late else f"{pin.review_on.isoformat()} 复核"
                where = "/console/knowledge/pins"
                tasks.append(
                    Task(title=f"固定的问句“{pin.questions[0]}”", address=where, due=due, late=late, act="复核")
                )
    if not tasks:
        return None
    return Section(key="dictionary", title="词典和规则", urgency=Urgency.TODAY, tasks=tuple(tasks))

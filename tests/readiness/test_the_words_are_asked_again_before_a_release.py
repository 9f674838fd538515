"""A word that is added after the planning is found by the probe before the release; a person decides, nothing is held alone."""

from typing import Any

from publishers.records import Incident
from staff.person import Person
from staff.roles import Role
from tests.readiness.conftest import PUBLISHER, approved

OFFICER = Person(account_id=8, name="bgs", display_name="公开办", unit="", roles=frozenset({Role.OFFICER}))


async def test_a_word_that_was_added_meanwhile_is_an_incident_until_it_is_let_pass(house: Any, clock: Any) -> None:
    number = await approved(clock, "关于推进部属工作的通知")
    due = clock.moment.replace(microsecond=0)
    release = await house.product.timetable.schedule(
        PUBLISHER, number, at=due.replace(hour=(due.hour + 12) % 24, day=due.day).isoformat(), channels=["portal"]
    )
    key = f"readiness:{release.id}"
    await house.product.readiness.probe_now(release.id)
    assert not await Incident.filter(open_key=key, message__contains="部属").exists()
    examination = house.product.desk.examination
    await examination.lexicon.put(OFFICER, {"词语": "推进部属", "程度": "说明理由可放行", "建议": "推进部署"})
    await house.product.readiness.probe_now(release.id)
    incident = await Incident.get(open_key=key)
    assert "“推进部属”疑为错别字" in incident.message
    assert "放行" in incident.remedy
    for finding in await examination.waiting(number):
        await examination.let_pass(PUBLISHER, number, finding.key, "引文如此")
    await house.product.readiness.probe_now(release.id)
    assert not await Incident.filter(open_key=key, message__contains="部属").exists()

"""A correction replaces the text everywhere and stops the old answer with the portal's own commit; a repeal leaves posts and
says so first (invariant 5)."""

from datetime import timedelta

from publishers.records import Delivery
from tests.readback.conftest import CONTENT, PUBLISHER, Stage, changed

NEW = changed(body_html=CONTENT.body_html.replace("935", "950"), summary=CONTENT.summary.replace("935", "950"))


async def test_the_old_answer_stops_with_the_portals_own_commit(stage: Stage) -> None:
    number = (await stage.out(CONTENT))["portal"].disclosure_id
    await stage.correct(number, NEW)
    await stage.timetable.schedule(PUBLISHER, number, at="now", channels=["portal", "weibo", "answers"])
    portal = next(claim for claim in await stage.ledger.claim() if claim.channel == "portal")
    await stage.deliverer.work(portal)
    entry = await stage.curation.stored(f"disclosure:{number}")
    assert entry is not None
    assert (entry.live, entry.superseded) == (False, True)
    await stage.work()
    entry = await stage.curation.stored(f"disclosure:{number}")
    assert entry is not None
    assert entry.live
    assert "950元" in entry.body
    assert entry.corrected_on == stage.clock.moment.date()


async def test_a_correction_for_the_portal_alone_does_not_leave_the_old_answer(stage: Stage) -> None:
    number = (await stage.out(CONTENT))["portal"].disclosure_id
    await stage.correct(number, NEW)
    await stage.release(number, "portal")
    entry = await stage.curation.stored(f"disclosure:{number}")
    assert entry is not None
    assert entry.superseded
    old = await Delivery.get(disclosure_id=number, channel="answers")
    assert old.state == "withdrawn"


async def test_after_a_correction_only_the_new_texts_are_proved(stage: Stage) -> None:
    old = await stage.out(CONTENT)
    stage.clock.advance(5)
    await stage.proving.sweep()
    number = old["portal"].disclosure_id
    await stage.correct(number, NEW)
    release = await stage.release(number)
    stage.clock.advance(60)
    await stage.proving.sweep()
    rows = await Delivery.filter(release_id=release)
    assert {row.proof for row in rows} == {"same"}
    assert {row.state for row in await Delivery.filter(release_id=old["portal"].release_id)} == {"withdrawn"}
    stage.clock.advance(timedelta(days=2).total_seconds())
    await stage.proving.sweep()
    for row in old.values():
        assert len(await stage.proofs(row)) == 1


async def test_a_repealed_text_stays_readable_and_posts_stay(stage: Stage) -> None:
    rows = await stage.out(CONTENT)
    await stage.withdrawal.repeal(PUBLISHER, rows["portal"].disclosure_id, explanation="已有新规定")
    await stage.work()
    async with stage.http.get(f"{stage.public_url}/d/{rows['portal'].disclosure_id}") as page:
        assert page.status == 200
        assert "已废止" in await page.text()
    stage.clock.advance(60)
    await stage.proving.sweep()
    after = await Delivery.filter(release_id=rows["portal"].release_id)
    assert {row.state for row in after} == {"published"}
    assert {row.proof for row in after} == {"same"}
    entry = await stage.curation.stored(f"disclosure:{rows['portal'].disclosure_id}")
    assert entry is not None
    assert (entry.live, entry.validity) == (True, "废止")

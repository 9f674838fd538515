"""Invariant 5: when a corrected text is out, what still shows the old one goes, channel by channel, also when it turns up late."""

from datetime import date
from typing import Any

from disclosures.content import Content
from disclosures.records import Disclosure, Revision
from publishers.errors import OutcomeUnknown
from publishers.port import Sighting, Verdict
from staff.person import Person
from staff.roles import Role

PUBLISHER = Person(account_id=9, name="fabu", display_name="发布员", unit="区政府办", roles=frozenset({Role.PUBLISHER}))


async def _corrected(desk: Any, number: int, *channels: str) -> int:
    """Approves a new text of the disclosure and releases it now."""
    disclosure = await Disclosure.get(id=number)
    content = Content(
        title=f"{disclosure.title}（第 {disclosure.current_revision + 1} 版）", body_html=f"<p>更正后的正文 {disclosure.current_revision + 1}</p>", department="区民政局",
        category="通知公告", formed_on=date(2026, 11, 21), index_number=disclosure.index_number,
        summary=f"第 {disclosure.current_revision + 1} 版",
    )  # fmt: skip
    revision = disclosure.current_revision + 1
    await Revision.create(
        disclosure=disclosure, number=revision, content=content.canonical(), body_source="", body_format="html",
        content_hash=content.digest(), author_id=1, author_name="拟稿人", created_at=desk.clock.moment,
    )  # fmt: skip
    await Disclosure.filter(id=number).update(
        current_revision=revision, approved_revision=revision, approved_hash=content.digest(), state="approved"
    )
    release = await desk.timetable.schedule(PUBLISHER, number, at="now", channels=channels)
    return int(release.id)


async def test_the_old_post_goes_when_the_corrected_one_is_out(desk: Any) -> None:
    first = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    second = await _corrected(desk, 1, "portal", "wechat")
    await desk.dispatcher.settle_down()
    assert (await desk.row(second, "wechat")).state == "published"
    assert (await desk.row(first, "wechat")).state == "withdrawn"
    assert (await desk.row(first, "portal")).state == "withdrawn"
    assert desk.platform.calls.index("withdraw") > len(desk.platform.calls) - 2, (
        "first the new post, then the old one goes"
    )


async def test_where_the_correction_does_not_go_the_old_post_goes_with_the_portal(desk: Any) -> None:
    first = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    await _corrected(desk, 1, "portal")
    await desk.dispatcher.settle_down()
    assert (await desk.row(first, "wechat")).state == "withdrawn"


async def test_an_old_post_that_turns_up_after_its_correction_goes_at_once(weibo_like: Any) -> None:
    desk = weibo_like
    desk.platform.script["send"] = [OutcomeUnknown("超时")]
    first = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    second = await _corrected(desk, 1, "portal", "wechat")
    await desk.dispatcher.settle_down()
    assert (await desk.row(second, "wechat")).state == "published"
    desk.platform.script["look"] = [Sighting(verdict=Verdict.PUBLISHED, external_id="OLD")] * 3
    for _ in range(4):
        desk.clock.advance(30)
        await desk.dispatcher.settle_down()
    assert (await desk.row(first, "wechat")).state == "withdrawn"
    assert (await desk.row(second, "wechat")).state == "published"


async def test_a_correction_that_is_still_under_review_changes_nothing(desk: Any) -> None:
    first = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    await Disclosure.all().update(state="draft", approved_hash=None, approved_revision=None, current_revision=2)
    desk.clock.advance(60)
    await desk.dispatcher.settle_down()
    assert (await desk.row(first, "wechat")).state == "published"
    assert "withdraw" not in desk.platform.calls

"""Withdrawing is one act on every channel; what a platform still shows stays a task until it is proved gone (invariant 5)."""

from datetime import timedelta
from typing import Any

from publishers.proving import Proving
from publishers.records import Delivery, Incident
from publishers.takedown import Takedowns
from tests.readback.conftest import CONTENT, PUBLISHER, Stage, changed

WHY = "数据有误，更正后重新发布"


async def withdraw(stage: Stage, row: Delivery) -> None:
    await stage.withdrawal.withdraw(PUBLISHER, row.disclosure_id, explanation=WHY)


async def pass_time(stage: Stage, *, hours: float) -> None:
    """Lets the machine do everything that falls due in so many hours, in steps of a minute at first."""
    end = stage.clock.moment + timedelta(hours=hours)
    while stage.clock.moment < end:
        for claim in await stage.ledger.claim():
            await stage.deliverer.work(claim)
        waiting = [row.next_at for row in await Delivery.exclude(next_at=None)]
        due = min([moment for moment in waiting if moment > stage.clock.moment], default=end)
        stage.clock.moment = min(max(due, stage.clock.moment + timedelta(seconds=1)), end)


async def test_one_act_takes_it_down_everywhere_and_every_platform_proves_it(stage: Stage) -> None:
    rows = await stage.out()
    stage.clock.advance(5)
    await stage.proving.sweep()
    await withdraw(stage, rows["portal"])
    # Our own channels changed in the transaction itself, before any platform was asked.
    async with stage.http.get(f"{stage.public_url}/d/{rows['portal'].disclosure_id}") as page:
        assert page.status == 410
        text = await page.text()
        assert WHY in text
        assert "935" not in text
    async with stage.http.get(f"{stage.public_url}/feed.atom") as feed:
        atom = await feed.text()
        assert "deleted-entry" in atom
        assert WHY in atom
        assert "935" not in atom
    entry = await stage.curation.stored(f"disclosure:{rows['answers'].disclosure_id}")
    assert entry is not None
    assert not entry.live
    await stage.work()
    assert {row.state for row in await Delivery.all()} == {"withdrawn"}
    effects = await stage.control("GET", "effects")
    assert [effect["deleted"] for effect in effects["publications"]] == [True]
    assert [post["deleted"] for post in effects["weibo_posts"]] == [True]


async def test_a_refused_deletion_is_a_task_until_the_platform_shows_nothing(stage: Stage) -> None:
    row = (await stage.out())["weibo"]
    await stage.control("POST", "weibo/switches", {"destroy_permitted": False})
    await withdraw(stage, row)
    await pass_time(stage, hours=1)
    await row.refresh_from_db()
    assert row.state == "withdrawing"
    assert "手工删除" in row.remedy
    takedowns = Takedowns(clock=stage.clock)
    assert await takedowns.sweep() == 1
    reminder = await stage.incident(row, "withdraw")
    assert reminder is not None
    assert "尚未从微博撤下" in reminder.message
    # A week of looking, without begging: each look asks once, at last once a day.
    await pass_time(stage, hours=7 * 24)
    await row.refresh_from_db()
    assert row.state == "withdrawing"
    assert row.next_at is not None
    assert row.next_at - stage.clock.moment <= timedelta(days=1)
    assert row.tries <= 14
    # The account's administrator removes it; nobody says so here, and the machine finds out by itself.
    await stage.control("POST", "weibo/review", {"mid": row.facts["mid"]})
    await pass_time(stage, hours=25)
    await row.refresh_from_db()
    assert row.state == "withdrawn"
    await takedowns.sweep()
    assert await stage.incident(row, "withdraw") is None


async def test_the_word_of_a_person_is_proved_before_it_counts(stage: Stage) -> None:
    row = (await stage.out())["weibo"]
    await stage.control("POST", "weibo/switches", {"destroy_permitted": False})
    await withdraw(stage, row)
    await pass_time(stage, hours=30)
    await stage.decisions.it_is_gone(PUBLISHER, row.id, reason="已在微博后台删除")
    await pass_time(stage, hours=0.01)
    await row.refresh_from_db()
    assert row.state == "withdrawing"  # It is still there, whatever was said.
    await stage.control("POST", "weibo/review", {"mid": row.facts["mid"]})
    await pass_time(stage, hours=0.1)
    await row.refresh_from_db()
    assert row.state == "withdrawn"


async def test_wechats_ten_deletions_a_day_are_not_wasted_on_a_refusal(stage: Stage) -> None:
    row = (await stage.out())["wechat"]
    refusal = {"kind": "errcode", "platform": "wechat", "path": "/cgi-bin/freepublish/delete", "errcode": 48001}
    await stage.control("POST", "faults", {**refusal, "count": None})
    await withdraw(stage, row)
    await pass_time(stage, hours=24)
    await row.refresh_from_db()
    assert row.state == "withdrawing"
    assert "手工删除" in row.remedy
    assert row.tries <= 8
    await stage.control("POST", f"publications/{row.facts['publish_id']}/status", {"status": 5})
    await pass_time(stage, hours=25)
    await row.refresh_from_db()
    assert row.state == "withdrawn"


async def test_a_mass_sent_article_is_deleted_as_well(stage: Stage) -> None:
    mass = changed(wechat=CONTENT.wechat.__class__(mode="mass"))
    row = (await stage.out(mass))["wechat"]
    await withdraw(stage, row)
    await stage.work()
    await row.refresh_from_db()
    assert row.state == "withdrawn"
    (effect,) = (await stage.control("GET", "effects"))["mass_sends"]
    assert effect["deleted"] is True


async def test_what_is_withdrawn_is_not_read_back_and_its_alarm_is_over(stage: Stage) -> None:
    row = (await stage.out())["wechat"]
    await stage.control("POST", f"articles/{stage.slug(row)}/text", {"title": "另一个标题"})
    stage.clock.advance(5)
    await stage.proving.sweep()
    assert await stage.incident(row) is not None
    await withdraw(stage, row)
    stage.clock.advance(3600)
    assert await stage.proving.sweep() == 0
    assert await Incident.exclude(open_key=None).count() == 0
    assert len(await stage.proofs(row)) == 1


async def test_a_withdrawal_during_a_read_wins(stage: Stage) -> None:
    """The read began before the withdrawal; what it brings home is about the past and is not kept."""

    class Slow(Proving):
        async def _read(self, channel: Any, row: Delivery) -> Any:
            live = await super()._read(channel, row)
            if row.channel == "weibo":
                await withdraw(stage, row)
            return live

    row = (await stage.out())["weibo"]
    stage.clock.advance(5)
    await Slow(clock=stage.clock, trail=stage.trail, channels=stage.channels, page_url=stage.page_url).sweep()
    await row.refresh_from_db()
    assert (row.state, row.proof) == ("withdrawing", None)
    assert await stage.proofs(row) == []

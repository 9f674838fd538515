"""The quarantine settles every delivery by reading: found, proved absent, or put before two persons; it never sends."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.actor import Actor
from disclosures.records import Disclosure
from publishers.errors import ChannelUnavailable, NotReleasable
from publishers.foreign import UNSEEN, Foreign
from publishers.halt import QUARANTINE, Halts
from publishers.incidents import open_incidents
from publishers.port import Capabilities, ChannelName, Shown, Sighting, Verdict
from publishers.quarantine import foreign_posts_block, impose, may_lift
from publishers.reconciled import Findings
from publishers.reconciling import Reconciler
from publishers.records import Delivery, ForeignPost, Halt, Proposal
from publishers.states import Patience, State
from publishers.taking import LATE_ALLOWED
from tests.ledger.conftest import PUBLISHER, SECOND, Desk, ScriptedPlatform

TITLE = "关于开展冬春火灾防控工作的通告"
REMOTE = (ChannelName.WECHAT, ChannelName.WEIBO)
RESTORER = Actor.machine("恢复")
ABSENT_AFTER = timedelta(minutes=30)


class Listed(ScriptedPlatform):
    """A platform whose newest posts the test writes down."""

    def __init__(self, name: ChannelName, **capabilities: Any) -> None:
        super().__init__()
        self.name = name  # type: ignore[misc]
        self.capabilities = Capabilities(local=False, links_to_portal=True, **capabilities)
        self.listed: list[Shown] = []
        self.away = False

    async def shown(self, *, limit: int) -> tuple[Shown, ...]:
        if self.away:
            raise ChannelUnavailable("微信暂时连不上")
        return tuple(sorted(self.listed, key=lambda post: str(post.at), reverse=True)[:limit])


class Restored:
    """A ledger that has just been put back, and the platforms that have moved on."""

    def __init__(self, clock: Any) -> None:
        self.desk = Desk(clock)
        self.clock = clock
        self.wechat = Listed(ChannelName.WECHAT, drafts=True, follows=True, may_conclude_absent=True)
        self.weibo = Listed(ChannelName.WEIBO, shows_newest=5)
        self.desk.channels |= {ChannelName.WECHAT: self.wechat, ChannelName.WEIBO: self.weibo}
        self.desk.dispatcher = self.desk.worker("worker-1")
        self.rings = 0

    async def release(self, *channels: str, after: float = 0.0) -> dict[str, Delivery]:
        """The deliveries of a release that the backup knows as planned."""
        at = "now" if not after else (self.clock.moment + timedelta(seconds=after)).isoformat()
        number = await self.desk.approved()
        await self.desk.timetable.schedule(PUBLISHER, number, at=at, channels=channels)
        rows = await Delivery.filter(disclosure_id=number).order_by("-id")
        return {row.channel: row for row in rows}

    async def quarantine(self) -> Halt:
        async with in_transaction() as connection:
            halt = await impose(
                connection, trail=self.desk.trail, actor=RESTORER, reason="数据已恢复", remote=REMOTE,
                now=self.clock.moment, moment=self.clock.moment - timedelta(minutes=5),
            )  # fmt: skip
        self.reconciler = Reconciler(
            clock=self.clock, channels=self.desk.channels, absent_after=ABSENT_AFTER, foreign=self.foreign,
            findings=Findings(
                ledger=self.desk.ledger, clock=self.clock, trail=self.desk.trail, patience=Patience(),
                after_publish=self.desk.after, page_url=self.desk.page_url,
            ),
        )  # fmt: skip
        return halt

    @property
    def foreign(self) -> Foreign:
        return Foreign(clock=self.clock, trail=self.desk.trail, page_url=self.desk.page_url)

    async def read(self, *, after: float = 0.0) -> None:
        """Lets time pass and reads the platforms once."""
        self.clock.advance(after)
        self.reconciler._pace.next_at = None
        assert await self.reconciler.sweep()

    async def state(self, row: Delivery) -> State:
        return State((await Delivery.get(id=row.id)).state)

    def article(self, row: Delivery, *, title: str = TITLE, number: str = "A7") -> Shown:
        page = self.desk.page_url(row.disclosure_id)
        return Shown(
            kind="article", external_id=number, text=title, url=f"https://mp.example/{number}", page_url=page,
            at=self.clock.moment,
        )  # fmt: skip

    def post(self, disclosure_id: int, *, number: str = "W7", at: datetime | None = None) -> Shown:
        page = self.desk.page_url(disclosure_id)
        return Shown(
            kind="post", external_id=number, text="【通告】", url=f"https://weibo.example/{number}", page_url=page,
            at=at or self.clock.moment,
        )  # fmt: skip

    async def lift(self) -> Halt:
        def ring() -> None:
            self.rings += 1

        halts = Halts(clock=self.clock, trail=self.desk.trail, ring=ring, may_lift={QUARANTINE: may_lift})
        return await halts.lift(PUBLISHER, QUARANTINE, reason="已核对")

    def sent(self) -> int:
        return sum(channel.calls.count(verb) for channel in (self.wechat, self.weibo) for verb in ("send", "prepare"))


@pytest.fixture
def restored(any_database: str, clock: Any) -> Restored:
    return Restored(clock)


async def test_what_was_due_is_set_aside_and_what_is_not_due_stays(restored: Restored) -> None:
    now = await restored.release("portal", "wechat", "weibo")
    later = await restored.release("portal", "wechat", after=3600)
    halt = await restored.quarantine()
    for channel in ("wechat", "weibo"):
        row = await Delivery.get(id=now[channel].id)
        assert (row.state, row.next_at, row.intent_at) == (State.UNKNOWN, None, row.due_at)
        assert "恢复后核对" in row.problem
    assert await restored.state(now["portal"]) is State.PENDING, "our own page lies in the database that was restored"
    assert await restored.state(later["wechat"]) is State.PENDING
    assert halt.detail["rows"] == sorted([now["wechat"].id, now["weibo"].id])
    await restored.desk.dispatcher.settle_down()
    assert restored.sent() == 0
    with pytest.raises(NotReleasable, match="2 条投放没有核对清楚"):
        await restored.lift()


async def test_an_article_and_a_post_that_are_out_are_found_with_their_numbers(restored: Restored) -> None:
    rows = await restored.release("portal", "wechat", "weibo")
    await restored.quarantine()
    restored.wechat.listed = [restored.article(rows["wechat"])]
    restored.weibo.listed = [restored.post(rows["weibo"].disclosure_id)]
    restored.weibo.script["look"] = [
        Sighting(verdict=Verdict.PUBLISHED, external_id="W7", url="https://weibo.example/W7")
    ]
    await restored.read()
    wechat, weibo = await Delivery.get(id=rows["wechat"].id), await Delivery.get(id=rows["weibo"].id)
    assert (wechat.state, wechat.external_id, wechat.url) == (State.PUBLISHED, "A7", "https://mp.example/A7")
    assert (weibo.state, weibo.external_id) == (State.PUBLISHED, "W7")
    portal = await Delivery.get(id=rows["portal"].id)
    assert portal.facts[LATE_ALLOWED], "a page to which posts link was public: showing it again is no late news"
    assert await ForeignPost.all().count() == 0
    assert sorted(restored.desk.published) == sorted([rows["wechat"].id, rows["weibo"].id])
    await restored.read(after=80)
    assert (await restored.lift()).lift_asked_by_id == PUBLISHER.account_id


async def test_wechat_is_believed_absent_only_after_everything_was_read_and_half_an_hour(restored: Restored) -> None:
    rows = await restored.release("portal", "wechat")
    await restored.quarantine()
    await restored.read(after=80)
    assert await restored.state(rows["wechat"]) is State.UNKNOWN, "it may still be under review"
    await restored.read(after=1800)
    row = await Delivery.get(id=rows["wechat"].id)
    assert (row.state, row.intent_at, row.settle_until) == (State.PENDING, None, None)
    # What became late meanwhile asks a person; here the person says yes.
    await Delivery.all().update(facts={LATE_ALLOWED: 9})
    await Halt.all().update(open_key=None)
    await restored.desk.dispatcher.settle_down()
    assert await restored.state(rows["wechat"]) is State.PUBLISHED
    assert restored.wechat.calls.count("send") == 1


async def test_a_list_that_does_not_reach_back_proves_nothing(restored: Restored) -> None:
    rows = await restored.release("portal", "wechat")
    await restored.quarantine()
    restored.clock.advance(1900)
    restored.wechat.listed = [
        restored.article(rows["wechat"], title=f"别的文章之{number}", number=f"B{number}") for number in range(20)
    ]
    await restored.read()
    assert await restored.state(rows["wechat"]) is State.HELD
    restored.wechat.listed = []
    await restored.read()
    assert await restored.state(rows["wechat"]) is State.PENDING, "now it was read to its end"


@pytest.mark.parametrize("mode", ["mass", "publish"])
async def test_a_mass_sending_is_always_for_two_persons(restored: Restored, mode: str) -> None:
    rows = await restored.release("portal", "wechat")
    row = await Delivery.get(id=rows["wechat"].id)
    await Delivery.filter(id=row.id).update(payload={**row.payload, "mode": mode})
    await restored.quarantine()
    await restored.read(after=1900)
    assert await restored.state(row) is (State.HELD if mode == "mass" else State.PENDING)
    assert "look" not in restored.wechat.calls, "looking for a mass sending repeats the call"


async def test_what_weibo_does_not_show_is_for_two_persons_and_never_resent(restored: Restored) -> None:
    rows = await restored.release("portal", "weibo")
    await restored.quarantine()
    await restored.read(after=80)
    await restored.read(after=7200)
    row = await Delivery.get(id=rows["weibo"].id)
    assert (row.state, row.intent_at is not None) == (State.HELD, True)
    with pytest.raises(NotReleasable, match="1 条"):
        await restored.lift()
    await restored.desk.by_two(row.id, "send_again", reason="微博上翻看到备份时间以前，没有")  # type: ignore[arg-type]
    assert await Proposal.filter(delivery_id=row.id, state="confirmed", decided_by_id=SECOND.account_id).exists()
    await restored.desk.dispatcher.settle_down()
    assert restored.sent() == 0, "the quarantine still stands"
    await restored.read(after=1)
    assert (await restored.lift()).lift_asked_by_name


async def test_a_draft_that_is_still_there_goes_on_with_the_same_draft(restored: Restored) -> None:
    rows = await restored.release("portal", "wechat")
    facts = {**rows["wechat"].facts, "media_id": "M1"}
    await Delivery.filter(id=rows["wechat"].id).update(state=State.DRAFTED, facts=facts)
    await restored.quarantine()
    restored.wechat.script["look"] = [Sighting(verdict=Verdict.ABSENT)] * 2
    await restored.read()
    assert await restored.state(rows["wechat"]) is State.UNKNOWN, "a late commit may still come"
    await restored.read(after=80)
    row = await Delivery.get(id=rows["wechat"].id)
    assert (row.state, row.facts["media_id"], row.intent_at) == (State.DRAFTED, "M1", None)


@pytest.mark.parametrize("was", [State.HELD, State.FAILED])
async def test_what_a_person_may_have_sent_after_the_backup_is_in_doubt_too(restored: Restored, was: State) -> None:
    rows = await restored.release("portal", "wechat")
    about = {"problem": "已比计划时间晚 20 分钟", "remedy": "请决定", "next_at": None}
    await Delivery.filter(id=rows["wechat"].id).update(state=was, **about)
    await restored.quarantine()
    assert await restored.state(rows["wechat"]) is State.UNKNOWN
    await restored.read(after=1900)
    row = await Delivery.get(id=rows["wechat"].id)
    assert (row.state, row.problem, row.intent_at) == (was, "已比计划时间晚 20 分钟", None)


async def test_a_post_that_nobody_knows_blocks_its_channel_until_a_person_has_settled_it(restored: Restored) -> None:
    known = await restored.desk.approved()
    await restored.quarantine()
    restored.weibo.listed = [restored.post(known), restored.post(4711, number="W8")]
    await restored.read()
    await restored.read(after=60)
    posts = await ForeignPost.all().order_by("external_id")
    assert [(post.external_id, post.disclosure_id) for post in posts] == [("W7", known), ("W8", 4711)]
    assert len([one for one in await open_incidents() if one.kind == "restore"]) == 2
    async with in_transaction() as connection:
        await foreign_posts_block(connection, known, "wechat")
        with pytest.raises(NotReleasable, match="重复"):
            await foreign_posts_block(connection, known, "weibo")
    with pytest.raises(NotReleasable, match="核对结果"):
        await restored.foreign.settle(PUBLISHER, posts[0].id, remark=" ")
    await restored.foreign.settle(PUBLISHER, posts[0].id, remark="备份之后发布的，保留")
    async with in_transaction() as connection:
        await foreign_posts_block(connection, known, "weibo")
    assert len([one for one in await open_incidents() if one.kind == "restore"]) == 1
    await restored.read(after=60)
    assert await ForeignPost.filter(settled_at=None).count() == 1, "it is not found anew"


async def test_posts_from_before_the_backup_and_posts_written_by_hand_are_nobodys_business(restored: Restored) -> None:
    known = await restored.desk.approved()
    await restored.quarantine()
    old = restored.clock.moment - timedelta(hours=3)
    by_hand = Shown(kind="post", external_id="W9", text="今天天气不错", at=restored.clock.moment)
    restored.weibo.listed = [restored.post(known, at=old), by_hand]
    await restored.read()
    assert await ForeignPost.all().count() == 0


async def test_where_only_the_newest_are_shown_an_approved_text_may_be_out_unseen(restored: Restored) -> None:
    known = await restored.desk.approved()
    await restored.quarantine()
    restored.weibo.listed = [restored.post(9000 + number, number=f"N{number}") for number in range(5)]
    await restored.read()
    assert await ForeignPost.filter(external_id=f"{UNSEEN}{known}", channel="weibo").exists()
    assert not await ForeignPost.filter(disclosure_id=known, channel="wechat").exists(), "WeChat was read to its end"


async def test_a_plan_for_tomorrow_whose_post_is_out_already_is_held(restored: Restored) -> None:
    rows = await restored.release("portal", "weibo", after=86_400)
    await restored.quarantine()
    restored.weibo.listed = [restored.post(rows["weibo"].disclosure_id)]
    await restored.read()
    assert await restored.state(rows["weibo"]) is State.UNKNOWN, "somebody moved it forward after the backup"
    await restored.read(after=80)
    assert await restored.state(rows["weibo"]) is State.HELD
    halt = await Halt.get(open_key=QUARANTINE)
    assert rows["weibo"].id in halt.detail["rows"], "it must be settled before the quarantine ends"


async def test_a_platform_that_cannot_be_read_is_named_and_waited_for(restored: Restored) -> None:
    await restored.quarantine()
    restored.wechat.away = True
    await restored.read(after=80)
    halt = await Halt.get(open_key=QUARANTINE)
    assert halt.detail["unread"] == {"wechat": "微信暂时连不上"}
    with pytest.raises(NotReleasable, match="没有读完"):
        await restored.lift()
    restored.wechat.away = False
    await restored.read(after=60)
    assert (await restored.lift()).lift_asked_by_id == PUBLISHER.account_id


async def test_a_second_restore_keeps_what_the_first_one_knew(restored: Restored) -> None:
    rows = await restored.release("portal", "wechat")
    await restored.quarantine()
    await restored.quarantine()
    assert await Halt.all().count() == 1
    await restored.read(after=1900)
    assert await restored.state(rows["wechat"]) is State.PENDING, "what it was before both"
    assert await Disclosure.all().count() == 1

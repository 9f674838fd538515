"""待核实 with nothing but forms: what is known, what was tried, what the platform shows, two buttons, and a second person."""

from datetime import timedelta
from typing import Any

from audit.records import AuditRecord
from publishers.errors import ChannelRefused, ChannelUnavailable, OutcomeUnknown
from publishers.port import Live, Liveness, Shown, Sighting, Verdict
from publishers.records import Delivery, Proposal
from staff.roles import Role

PASSWORD = "long enough, 明白 2026"
POST = "https://weibo.com/2000000001/z0JH2lOMb"


async def signed_in(browser: Any, name: str) -> Any:
    at_screen = browser()
    assert await at_screen.sign_in(name) == 200
    return at_screen


async def released(house: Any, call: Any, *channels: str, title: str = "关于发放供暖补贴的通知") -> int:
    """A release through the API; returns its number."""
    made = await call("nigao")("POST", "/disclosures", {
        "title": title, "body_markdown": "每户300元。", "department": "区民政局", "category": "通知公告",
        "formed_on": "2026-11-20", "channels": {"weibo": {"text": f"{title}，每户300元。"}},
    })  # fmt: skip
    number = made.body["id"]
    assert (await call("nigao")("POST", f"/disclosures/{number}/submit")).status == 200
    for name in ("chushen", "fushen", "zhongshen"):
        assert (await call(name)("POST", f"/disclosures/{number}/approve")).status == 200
    plan = {"disclosure": number, "at": "now", "channels": list(channels)}
    release = (await call("fabu")("POST", "/releases", plan)).body["id"]
    await house.dispatcher.settle_down()
    return int(release)


async def unknown(house: Any, call: Any, clock: Any) -> Delivery:
    house.weibo.outcome = OutcomeUnknown("发送超时")
    release = await released(house, call, "portal", "weibo")
    house.weibo.outcome = None
    clock.advance(120)
    await house.dispatcher.settle_down()
    return await Delivery.get(release_id=release, channel="weibo")


async def test_the_list_tells_what_is_known_and_whom_it_waits_for(
    house: Any, call: Any, clock: Any, browser: Any
) -> None:
    publisher = await signed_in(browser, "fabu")
    await publisher.get("/console/unknown")
    assert "没有待核实的投放" in publisher.text
    row = await unknown(house, call, clock)
    await publisher.get("/console/unknown")
    for told in ("供暖补贴", "微博", "待核实", "下次自动核对", "还没有人提出", f'href="/console/deliveries/{row.id}"'):
        assert told in publisher.text
    await publisher.get("/console/")
    assert f'href="/console/deliveries/{row.id}"' in publisher.text
    assert 'href="/console/unknown"' in publisher.text
    page = f"/console/deliveries/{row.id}"
    await publisher.get(page)
    form = {"choice": "send_again", "reason": "时间线上没有"}
    assert await publisher.post(f"{page}/propose", form) == 200
    await publisher.get("/console/")
    assert "等我确认" not in publisher.text
    second = await signed_in(browser, "zhongshen")
    assert "等我确认" in second.text
    await second.get("/console/unknown")
    assert "请您确认：没有发出，重新发送" in second.text
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/unknown")
    assert "等待另一人确认" in drafter.text
    assert "请您确认" not in drafter.text


async def test_the_page_has_exactly_two_buttons_and_each_wants_its_reason(
    house: Any, call: Any, clock: Any, browser: Any
) -> None:
    row = await unknown(house, call, clock)
    publisher = await signed_in(browser, "fabu")
    page = f"/console/deliveries/{row.id}"
    assert await publisher.get(page) == 200
    box = publisher.text.split('id="decide"', 1)[1].split("</section>", 1)[0]
    assert [part.split("<")[0] for part in box.split("<button>")[1:]] == ["已经发出", "没有发出，重新发送"]
    assert "<button " not in box
    for told in ("没有得到确定的答复", "没有看到这条内容", "发送超时", "系统不会自行重发"):
        assert told in publisher.text
    assert await publisher.post(f"{page}/propose", {"choice": "it_is_out", "reason": "", "url": POST}) == 409
    assert "请写明理由" in publisher.text
    assert f'value="{POST}"' in publisher.text
    assert await publisher.post(f"{page}/propose", {"choice": "nonsense", "reason": "x"}) == 409
    assert await Proposal.all().count() == 0
    reader = await signed_in(browser, "nigao")
    await reader.get(page)
    assert "须由发布员或终审人员决定" in reader.text
    assert "<textarea" not in reader.text


async def test_too_early_the_second_button_waits_for_a_late_commit(house: Any, call: Any, browser: Any) -> None:
    house.weibo.outcome = OutcomeUnknown("发送超时")
    release = await released(house, call, "portal", "weibo")
    row = await Delivery.get(release_id=release, channel="weibo")
    publisher = await signed_in(browser, "fabu")
    page = f"/console/deliveries/{row.id}"
    await publisher.get(page)
    assert "<button disabled>没有发出，重新发送" in publisher.text
    assert await publisher.post(f"{page}/propose", {"choice": "send_again", "reason": "没有"}) == 409
    assert "延迟处理" in publisher.text
    assert ">没有</textarea>" in publisher.text, "what was typed is still there"


async def test_the_second_person_gives_the_password_and_only_then_it_is_sent_again(
    house: Any, call: Any, clock: Any, browser: Any
) -> None:
    row = await unknown(house, call, clock)
    page = f"/console/deliveries/{row.id}"
    publisher, second = await signed_in(browser, "fabu"), await signed_in(browser, "zhongshen")
    await publisher.get(page)
    assert await publisher.post(f"{page}/propose", {"choice": "send_again", "reason": "时间线上没有"}) == 200
    assert "可以确认的人：孙终审" in publisher.text
    assert 'id="confirm"' not in publisher.text
    assert await publisher.post(f"{page}/confirm", {"proposal": "1"}) == 409
    assert "提出的人不能自己确认" in publisher.text
    clock.advance(timedelta(minutes=6).total_seconds())
    await second.get(page)
    assert "时间线上没有" in second.text
    assert 'name="password"' in second.text
    assert await second.post(f"{page}/confirm", {"proposal": "1"}) == 422
    assert "再次确认本人身份" in second.text
    assert await second.post(f"{page}/confirm", {"proposal": "1", "password": "wrong"}) == 422
    assert (house.weibo.sent, (await Proposal.get()).state) == (1, "open")
    assert await second.post(f"{page}/confirm", {"proposal": "1", "password": PASSWORD, "remark": "同意"}) == 200
    await house.dispatcher.settle_down()
    assert (house.weibo.sent, (await Delivery.get(id=row.id)).state) == (2, "published")
    assert await second.get("/console/") == 200, "the browser holds the new session"
    told = await AuditRecord.filter(subject=f"delivery:{row.id}", verb="delivery.decide.drafted").get()
    assert (told.actor_name, told.detail["reason"]) == ("孙终审（zhongshen）", "时间线上没有")
    await second.get(f"/console/disclosures/{row.disclosure_id}")
    assert "第二人同意“没有发出，重新发送”" in second.text


async def test_the_second_person_may_disagree_and_the_first_may_take_it_back(
    house: Any, call: Any, clock: Any, browser: Any
) -> None:
    row = await unknown(house, call, clock)
    page = f"/console/deliveries/{row.id}"
    publisher, second = await signed_in(browser, "fabu"), await signed_in(browser, "zhongshen")
    await publisher.get(page)
    await publisher.post(f"{page}/propose", {"choice": "send_again", "reason": "时间线上没有"})
    await second.get(page)
    assert await second.post(f"{page}/refuse", {"proposal": "1"}) == 409
    assert "请写明不同意的理由" in second.text
    assert await second.post(f"{page}/refuse", {"proposal": "1", "remark": "手机上看到了"}) == 200
    assert "手机上看到了" in second.text
    assert "不同意（孙终审" in second.text
    await publisher.get(page)
    await publisher.post(f"{page}/propose", {"choice": "it_is_out", "reason": "看到了", "url": "3501756485200075"})
    assert await publisher.post(f"{page}/take-back", {"proposal": "2"}) == 200
    assert [each.state for each in await Proposal.all().order_by("id")] == ["refused", "taken_back"]
    assert (await Delivery.get(id=row.id)).state == "unknown"


async def test_what_the_platform_shows_is_read_on_request_and_ours_is_marked(
    house: Any, call: Any, clock: Any, browser: Any
) -> None:
    row = await unknown(house, call, clock)
    page = f"/console/deliveries/{row.id}"
    ours = house.page_url(row.disclosure_id)
    house.weibo.timeline = (
        Shown(kind="post", external_id="3501756485200075", text="关于发放供暖补贴的通知", url=POST,
              page_url=f"{ours}#weibo", at=clock.moment),
        Shown(kind="post", external_id="2", text="<b>另一条</b>", page_url=f"{ours}9", at=clock.moment),
        Shown(kind="post", external_id="3", text="旧的一条", page_url=ours, at=clock.moment - timedelta(days=2)),
    )  # fmt: skip
    publisher = await signed_in(browser, "fabu")
    await publisher.get(page)
    assert f'data-load="{page}/live"' in publisher.text
    assert "另一条" not in publisher.text, "the page itself does not wait for the platform"
    assert await publisher.get(f"{page}/live") == 200
    assert publisher.text.count("本条？") == 1
    assert f'name="post" form="it-is-out" value="{POST}"' in publisher.text
    assert "&lt;b&gt;另一条" in publisher.text
    assert "早于本次发送" in publisher.text
    await publisher.get(f"{page}?live=yes")
    assert "本条？" in publisher.text, "without script the link does the same"
    assert await publisher.post(f"{page}/propose", {"choice": "it_is_out", "reason": "就是这一条", "post": POST}) == 200
    assert (await Proposal.get()).url == POST
    house.weibo.timeline = ChannelUnavailable("连接被拒绝")
    await publisher.get(f"{page}/live")
    assert "平台暂时读不到" in publisher.text
    stranger = await signed_in(browser, "nigao")
    assert await stranger.get(f"{page}/live") == 403
    for missing in ("", "/known", "/tried", "/live", "?live=yes"):
        assert await publisher.get(f"/console/deliveries/99{missing}") == 404


async def test_what_the_machine_finds_meanwhile_is_told(house: Any, call: Any, clock: Any, browser: Any) -> None:
    row = await unknown(house, call, clock)
    page = f"/console/deliveries/{row.id}"
    publisher, second = await signed_in(browser, "fabu"), await signed_in(browser, "zhongshen")
    await publisher.get(page)
    await publisher.post(f"{page}/propose", {"choice": "send_again", "reason": "时间线上没有"})
    await publisher.get(f"{page}/known")
    assert publisher.headers["X-Moving"] == "yes"
    before = publisher.text.split('data-mark="', 1)[1].split('"', 1)[0]
    await second.get(page)
    house.weibo.seen = Sighting(verdict=Verdict.PUBLISHED, external_id="35", url=POST, facts={"mid": "35"})
    clock.advance(200)
    assert await second.post(f"{page}/confirm", {"proposal": "1"}) == 409
    assert "系统已在平台上找到这条内容" in second.text
    assert house.weibo.sent == 1
    await publisher.get(f"{page}/known")
    assert publisher.headers["X-Moving"] == "no"
    assert before != publisher.text.split('data-mark="', 1)[1].split('"', 1)[0], (
        "the script says that the form is stale"
    )
    assert "系统已在平台上找到这条内容，记为已发布" in publisher.text
    await publisher.get(page)
    assert "已由系统核实，不再需要" in publisher.text
    assert 'name="choice"' not in publisher.text


async def test_without_a_second_person_the_page_says_what_to_do(
    house: Any, call: Any, clock: Any, browser: Any
) -> None:
    row = await unknown(house, call, clock)
    await house.accounts.disable("zhongshen", by=house.people["guanli"].actor)
    publisher = await signed_in(browser, "fabu")
    page = f"/console/deliveries/{row.id}"
    await publisher.get(page)
    await publisher.post(f"{page}/propose", {"choice": "it_is_out", "reason": "看到了"})
    assert "没有第二个人可以确认" in publisher.text
    assert "系统管理员" in publisher.text


async def test_cancelling_a_release_asks_a_second_person_about_what_may_be_out(
    house: Any, call: Any, clock: Any, browser: Any
) -> None:
    row = await unknown(house, call, clock)
    publisher, second = await signed_in(browser, "fabu"), await signed_in(browser, "zhongshen")
    release = f"/console/releases/{row.release_id}"
    await publisher.get(release)
    assert "取消发布" in publisher.text
    assert await publisher.post(f"{release}/cancel", {"reason": " "}) == 409
    assert "请写明理由" in publisher.text
    assert await publisher.post(f"{release}/cancel", {"reason": "内容已过时"}) == 200
    assert "等待另一人确认" in publisher.text
    assert (await Delivery.get(id=row.id)).state == "unknown"
    page = f"/console/deliveries/{row.id}"
    await second.get(page)
    assert "没有发出，不再发送" in second.text
    assert await second.post(f"{page}/confirm", {"proposal": "1"}) == 200
    assert (await Delivery.get(id=row.id)).state == "cancelled"
    assert house.weibo.sent == 1


async def test_a_post_removed_by_hand_needs_a_proof_or_a_second_person(house: Any, call: Any, browser: Any) -> None:
    house.weibo.removal = ChannelRefused("微博不允许通过接口删除", remedy="请在微博后台手工删除")
    release = await released(house, call, "portal", "weibo")
    row = await Delivery.get(release_id=release, channel="weibo")
    publisher, second = await signed_in(browser, "fabu"), await signed_in(browser, "zhongshen")
    await publisher.get(f"/console/disclosures/{row.disclosure_id}")
    where = f"/console/disclosures/{row.disclosure_id}/withdraw"
    assert await publisher.post(where, {"explanation": "数据有误"}) == 200
    await house.dispatcher.settle_down()
    assert (await Delivery.get(id=row.id)).state == "withdrawing"
    await publisher.get(f"/console/releases/{release}")
    decide = f"/console/deliveries/{row.id}/decide"
    assert await publisher.post(decide, {"choice": "it_is_gone", "reason": "已在后台删除"}) == 200
    assert "平台读不到时，须另一人确认" in publisher.text
    page = f"/console/deliveries/{row.id}"
    await second.get("/console/")
    assert "已在平台删除" in second.text
    house.weibo.live = Live(liveness=Liveness.LIVE, text="还在")
    await second.get(page)
    assert await second.post(f"{page}/confirm", {"proposal": "1"}) == 409
    assert "平台上仍能看到" in second.text
    house.weibo.live = Live(liveness=Liveness.UNREADABLE)
    assert await second.post(f"{page}/confirm", {"proposal": "1"}) == 200
    assert (await Delivery.get(id=row.id)).state == "withdrawn"


async def test_publishers_and_final_reviewers_are_the_two(house: Any) -> None:
    deciding = {name for name, person in house.people.items() if person.may("delivery.decide")}
    assert deciding == {"fabu", "zhongshen"}
    assert Role.OPERATOR in house.people["guanli"].roles

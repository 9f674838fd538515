"""发布总开关 as people meet it: a button that stops everything, a banner on every page, and two persons to lift it."""

from datetime import timedelta
from typing import Any

from publishers.halt import QUARANTINE
from publishers.records import Delivery, ForeignPost, Halt, Release
from publishers.states import State

PASSWORD = "long enough, 明白 2026"


async def test_one_click_stops_everything_and_every_page_says_so(house: Any, browser: Any) -> None:
    officer, drafter = browser(), browser()
    await officer.sign_in("fabu")
    assert await officer.get("/console/halt") == 200
    assert "发布正常进行" in officer.text
    assert await officer.post("/console/halt", {"reason": " "}) == 409
    assert "请写明理由" in officer.text
    assert await officer.post("/console/halt", {"reason": "标题日期有误"}) == 200
    assert "已停止一切发布" in officer.text
    await drafter.sign_in("nigao")
    for page in ("/console/", "/console/disclosures", "/console/releases", "/console/unknown", "/console/quota"):
        assert await drafter.get(page) == 200
        assert "正在停发" in drafter.text, page
        assert "标题日期有误" in drafter.text, page
    assert await drafter.get("/console/halt") == 200
    assert "申请解除</button>" not in drafter.text, "who may not stop does not lift"
    stranger = browser()
    await stranger.get("/console/sign-in")
    assert "正在停发" not in stranger.text, "nothing is told at the door"


async def test_two_persons_lift_and_the_page_tells_what_had_waited(house: Any, browser: Any, clock: Any) -> None:
    first, second = browser(), browser()
    await first.sign_in("fabu")
    await second.sign_in("zhongshen")
    await house.halts().raise_red(house.people["guanli"], reason="账号异常")
    now = await clock.now()
    rows = [await _planned(now - timedelta(minutes=minutes)) for minutes in (2, 90)]
    assert await first.get("/console/halt") == 200
    assert '解除后立即发出 <span class="count">1</span>' in first.text
    assert '解除后由人决定 <span class="count">1</span>' in first.text
    clock.advance(6 * 60)
    await first.get("/console/halt")
    assert await first.post("/console/halt/lift", {"kind": "red", "reason": "账号已恢复"}) == 409
    assert "输入登录密码" in first.text
    assert await first.post("/console/halt/lift", {"kind": "red", "reason": "账号已恢复", "password": PASSWORD}) == 200
    assert "须由另一位有权的同事" in first.text
    assert await first.post("/console/halt/lift", {"kind": "red", "reason": "账号已恢复"}) == 409
    assert await second.get("/console/halt") == 200
    assert "账号已恢复" in second.text
    assert await second.post("/console/halt/lift", {"kind": "red", "password": PASSWORD}) == 200
    assert "发布正常进行" in second.text
    assert "当时有 2 条投放在等候" in second.text
    assert (await Halt.all().first()).detail["waited"] == [rows[1], rows[0]]  # type: ignore[union-attr]


async def test_the_quarantine_shows_its_work_and_is_lifted_when_it_is_done(
    house: Any, browser: Any, clock: Any
) -> None:
    now = await clock.now()
    doubtful = await _planned(now, state=State.HELD, intent_at=now, problem="恢复后核对：平台上没有看到这一条")
    await Halt.create(
        kind=QUARANTINE, open_key=QUARANTINE, reason="数据已恢复到今天 09:25 的备份", raised_by_name="恢复", raised_at=now,
        detail={
            "rows": [doubtful], "moment": now.isoformat(), "read_at": now.isoformat(), "unread": {"weibo": "微博连不上"},
            "read_all_at": now.isoformat(),
            "lost": [[9, now.isoformat(), "disclosure.withdrawn", "disclosure:12"]],
        },
    )  # fmt: skip
    post = await ForeignPost.create(
        channel="weibo", external_id="W1", disclosure_id=12, url="https://weibo.com/1/W1", text="【通告】", found_at=now,
        remark="微博上有一条链接到 /d/12 的内容，恢复的数据里没有它的投放记录",
    )  # fmt: skip
    publisher = browser()
    await publisher.sign_in("fabu")
    await publisher.get("/console/halt")
    for words in ("1 条，去处理", "微博暂时读不到", "撤回 · 公开信息 12", "平台上多出的内容", "恢复数据后的核对"):
        assert words in publisher.text, words
    assert "1 条待核实" in publisher.text
    assert "申请解除</button>" not in publisher.text, "not before everything is settled"
    assert await publisher.post("/console/halt/lift", {"kind": QUARANTINE, "reason": "急"}) == 409
    assert await publisher.post(f"/console/halt/foreign/{post.id}", {"remark": ""}) == 409
    assert await publisher.post(f"/console/halt/foreign/{post.id}", {"remark": "备份之后发布的，保留"}) == 200
    assert "平台上多出的内容" not in publisher.text
    await Delivery.filter(id=doubtful).update(state=State.PUBLISHED)
    assert await publisher.post("/console/halt/lift", {"kind": QUARANTINE, "reason": "都已核对"}) == 200
    assert "另一人确认" in publisher.text


async def test_the_api_stops_tells_and_lifts_by_two(house: Any, call: Any) -> None:
    fabu, zhongshen, nigao = call("fabu"), call("zhongshen"), call("nigao")
    assert (await nigao("GET", "/halt")).body == {"halted": False, "waiting": 0, "halts": []}
    assert (await nigao("POST", "/halt", {"reason": "试试"})).status == 403
    assert (await fabu("POST", "/halt", {"reason": ""})).status == 422
    stopped = await fabu("POST", "/halt", {"reason": "标题日期有误"})
    assert (stopped.status, stopped.body["halted"]) == (201, True)
    assert stopped.body["halts"][0]["raised_by"] == "周发布（fabu）"
    asked = await fabu("POST", "/halt/lift", {"reason": "已更正"})
    assert (asked.status, asked.body["halts"][0]["lift_asked_by"]) == (200, "周发布（fabu）")
    again = await fabu("POST", "/halt/lift", {"reason": "已更正"})
    assert again.status == 409
    assert "解除须由另一个人确认" in again.body["detail"]
    assert (await zhongshen("POST", "/halt/lift", {})).body["halted"] is False
    assert (await zhongshen("POST", "/halt/lift", {})).status == 409, "nothing stands any more"


async def _planned(due_at: Any, *, state: State = State.PENDING, **values: Any) -> int:
    row = await Delivery.create(
        release_id=(await _release(due_at)), disclosure_id=1, channel="weibo", state=state, due_at=due_at,
        next_at=due_at, content_hash="c" * 64, payload={}, payload_sha256="p" * 64, updated_at=due_at, **values,
    )  # fmt: skip
    return int(row.id)


async def _release(due_at: Any) -> int:
    made = await Release.create(
        disclosure_id=1, revision=1, content_hash="c" * 64, due_at=due_at, created_by_id=1, created_by_name="周发布",
        created_at=due_at,
    )  # fmt: skip
    return int(made.id)

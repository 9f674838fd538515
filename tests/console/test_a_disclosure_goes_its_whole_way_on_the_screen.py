"""Write, check, sign three times, release, watch, decide, withdraw: with nothing but forms."""

from datetime import timedelta
from typing import Any

from disclosures.records import Disclosure, Revision
from publishers.errors import ChannelRefused, OutcomeUnknown
from publishers.records import Delivery

PASSWORD = "long enough, 明白 2026"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fe0def46b8"
    "0000000049454e44ae426082"
)


def fields(**changed: str) -> dict[str, str]:
    return {
        "title": "关于发放2026年冬季供暖补贴的通知", "department": "区民政局", "category": "通知公告", "formed_on": "2026-11-20",
        "body": "补贴自2026年12月1日起发放，每户300元。\r\n\r\n请各单位抓好落实。", "summary": "", "weibo_text": "供暖补贴开始发放。",
        "wechat_digest": "每户300元", "wechat_mode": "publish", "body_format": "markdown", **changed,
    }  # fmt: skip


async def signed_in(browser: Any, name: str) -> Any:
    at_screen = browser()
    assert await at_screen.sign_in(name) == 200
    return at_screen


async def written(browser: Any, **changed: str) -> tuple[Any, int]:
    drafter = await signed_in(browser, "nigao")
    assert await drafter.get("/console/disclosures/new") == 200
    assert await drafter.post("/console/disclosures", fields(**changed)) == 200
    return drafter, int(drafter.text.split('data-disclosure="', 1)[1].split('"', 1)[0])


async def approved(browser: Any, **changed: str) -> int:
    drafter, number = await written(browser, **changed)
    assert await drafter.post(f"/console/disclosures/{number}/submit", {"declared": "yes"}) == 200, drafter.text
    for name in ("chushen", "fushen", "zhongshen"):
        reviewer = await signed_in(browser, name)
        assert await reviewer.get(f"/console/disclosures/{number}") == 200
        assert 'id="approve"' in reviewer.text
        seen = reviewer.text.split('name="content_hash" value="', 1)[1].split('"', 1)[0]
        assert await reviewer.post(f"/console/disclosures/{number}/approve", {"content_hash": seen}) == 200
        assert "已审签。" in reviewer.text
    return number


async def test_the_whole_way(browser: Any, house: Any) -> None:
    number = await approved(browser)
    publisher = await signed_in(browser, "fabu")
    assert "待安排发布" in publisher.text
    assert await publisher.get(f"/console/disclosures/{number}") == 200
    assert 'id="schedule"' in publisher.text
    form = [("when", "now"), ("channels", "portal"), ("channels", "wechat"), ("channels", "weibo")]
    assert await publisher.post(f"/console/disclosures/{number}/schedule", form) == 200
    assert 'data-channel="wechat" data-state="pending"' in publisher.text
    assert 'data-refresh="/console/releases/1/results"' in publisher.text
    await house.dispatcher.settle_down()
    await publisher.get("/console/releases/1/results")
    for channel in ("portal", "wechat", "weibo"):
        assert f'data-channel="{channel}" data-state="published"' in publisher.text
    assert publisher.headers["X-Moving"] == "no"
    await publisher.get(f"/console/disclosures/{number}")
    assert "门户✔" in publisher.text
    assert "微博✔" in publisher.text
    assert "终审通过" in publisher.text
    assert "向社会公开" in publisher.text

    withdrawal = f"/console/disclosures/{number}/withdraw"
    assert await publisher.post(withdrawal, {"explanation": " "}) == 409
    assert await publisher.post(withdrawal, {"explanation": "数据有误，更正后重新发布"}) == 200
    assert "向社会公布的说明：数据有误" in publisher.text


async def test_nothing_typed_is_lost_and_the_error_stands_beside_its_field(browser: Any) -> None:
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/disclosures/new")
    bad = fields(title="标" * 201, formed_on="二〇二六年", weibo_text="微博上写的话", summary="概述里的话")
    assert await drafter.post("/console/disclosures", bad) == 422
    assert 'id="formed_on-issue-1"' in drafter.text
    for kept in ("二〇二六年", "微博上写的话", "概述里的话", "请各单位抓好落实"):
        assert kept in drafter.text
    assert await drafter.post("/console/disclosures", {**bad, "formed_on": "2026-11-20"}) == 422
    assert 'id="title-issue-1"' in drafter.text
    assert await Disclosure.all().count() == 0


async def test_a_draft_is_saved_although_a_channel_blocks_but_not_submitted(browser: Any) -> None:
    long_title = "关于进一步做好二〇二六年冬季城乡困难群众供暖补贴申领审核发放工作有关事项的通知"
    drafter, number = await written(browser, title=long_title)
    assert "本条不在微信发布" in drafter.text
    assert await drafter.post(f"/console/disclosures/{number}/submit", {"declared": "yes"}) == 422
    assert (await Disclosure.get(id=number)).state == "draft"
    await drafter.get(f"/console/disclosures/{number}/edit")
    assert 'id="wechat_title-issue-1"' in drafter.text
    assert await drafter.post(f"/console/disclosures/{number}/submit", {"without": "wechat", "declared": "yes"}) == 200
    assert (await Disclosure.get(id=number)).state == "submitted"


async def test_the_check_tells_while_one_types_and_saves_nothing(browser: Any) -> None:
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/disclosures/new")
    csrf = drafter.csrf
    body = {**fields(weibo_text="字" * 200, body="身份证号 11010519491231002X"), "csrf": csrf}
    async with drafter.session.post(
        f"{drafter.base}/console/check", data=body, headers={"Origin": drafter.base, "Accept": "application/json"}
    ) as answer:
        told = (await answer.json())["issues"]
    assert {"weibo_text", "body"} <= {issue["field"] for issue in told if issue["blocks"]}
    assert "11010519491231002X" not in str(told)
    assert await Revision.all().count() == 0


async def test_two_writers_meet_in_a_conflict_that_keeps_both_texts(browser: Any) -> None:
    drafter, number = await written(browser)
    await drafter.get(f"/console/disclosures/{number}/edit")
    assert await drafter.post(f"/console/disclosures/{number}", fields(summary="先到的概述", revision="1")) == 200
    late = fields(summary="后到的概述", revision="1")
    await drafter.get(f"/console/disclosures/{number}/edit")
    assert await drafter.post(f"/console/disclosures/{number}", late) == 409
    assert "后到的概述" in drafter.text
    assert await Revision.all().count() == 2
    assert "先到的概述" in drafter.text
    chosen = {**late, "seen": "2", "pick_summary": "mine", "action": "save"}
    assert await drafter.post(f"/console/disclosures/{number}/merge", chosen) == 200
    assert (await Revision.get(disclosure_id=number, number=3)).content["summary"] == "后到的概述"


async def test_pictures_and_attachments_come_with_the_form(browser: Any) -> None:
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/disclosures/new")
    picture = [
        *fields().items(),
        ("picture_alt", "发放点示意图"),
        ("picture_file", ("map.png", PNG)),
        ("action", "picture"),
    ]
    assert await drafter.post("/console/disclosures", picture) == 200
    assert "![发放点示意图](/files/" in drafter.text
    body = drafter.text.split('name="body" rows="18">', 1)[1].split("</textarea>", 1)[0]
    form = [*fields(body=body).items(), ("attachment_file", ("名单.csv", "姓名,金额\n张某,300\n".encode())),
            ("attachment_file_title", "发放名单")]  # fmt: skip
    assert await drafter.post("/console/disclosures", form) == 200
    content = (await Revision.get(number=1)).content
    assert content["pictures"][0]["title"] == "发放点示意图"
    assert content["attachments"][0]["title"] == "发放名单"
    path = drafter.text.split('src="/console/files/', 1)[1].split('"', 1)[0]
    assert await drafter.get(f"/console/files/{path}") == 200
    assert drafter.headers["Content-Type"] == "image/png"
    stranger = browser()
    await stranger.get(f"/console/files/{path}")
    assert "/console/sign-in" in stranger.url
    await drafter.get("/console/disclosures/new")
    bad = [*fields().items(), ("attachment_file", ("a.pdf", b"MZ"))]
    assert await drafter.post("/console/disclosures", bad) == 422
    assert 'id="attachments-issue-1"' in drafter.text


async def test_an_attachment_is_replaced_in_its_place_and_several_come_at_once(browser: Any) -> None:
    drafter, number = await written(browser)
    await drafter.get(f"/console/disclosures/{number}/edit")
    two = [*fields(revision="1").items(), ("attachment_file_title", "不用"), ("attachment_file", ("jia.csv", b"a,1\n")),
           ("attachment_file", ("yi.csv", b"b,1\n"))]  # fmt: skip
    assert await drafter.post(f"/console/disclosures/{number}", two) == 200
    before = (await Revision.get(disclosure_id=number, number=2)).content["attachments"]
    assert [each["title"] for each in before] == ["jia", "yi"]
    old = before[0]["sha256"]
    await drafter.get(f"/console/disclosures/{number}/edit")
    form = [*fields(revision="2").items(), ("attachment", old), ("attachment_title", "名单"),
            ("attachment", before[1]["sha256"]), ("attachment_title", "乙"), (f"attachment_replace_{old}", ("new.csv", b"c,2\n"))]  # fmt: skip
    assert await drafter.post(f"/console/disclosures/{number}", form) == 200
    after = (await Revision.get(disclosure_id=number, number=3)).content["attachments"]
    assert [(each["title"], each["file_name"]) for each in after] == [("名单", "new.csv"), ("乙", "yi.csv")]
    assert after[0]["sha256"] != old


async def test_a_reviewer_signs_what_he_saw_and_nothing_else(browser: Any) -> None:
    drafter, number = await written(browser)
    await drafter.post(f"/console/disclosures/{number}/submit", {"declared": "yes"})
    reviewer = await signed_in(browser, "chushen")
    await reviewer.get(f"/console/disclosures/{number}")
    seen = reviewer.text.split('name="content_hash" value="', 1)[1].split('"', 1)[0]
    await drafter.get(f"/console/disclosures/{number}/edit")
    await drafter.post(f"/console/disclosures/{number}", fields(summary="送审之后改过", revision="1"))
    await drafter.post(f"/console/disclosures/{number}/submit", {"declared": "yes"})
    assert (
        await reviewer.post(f"/console/disclosures/{number}/approve", {"content_hash": seen, "remark": "同意"}) == 409
    )
    assert "重新审阅" in reviewer.text
    assert ">同意</textarea>" in reviewer.text
    assert await reviewer.post(f"/console/disclosures/{number}/approve") == 409, "a form that saw nothing signs nothing"
    await reviewer.get(f"/console/disclosures/{number}")
    fresh = reviewer.text.split('name="content_hash" value="', 1)[1].split('"', 1)[0]
    assert await reviewer.post(f"/console/disclosures/{number}/reject", {"content_hash": fresh}) == 422
    assert await reviewer.post(
        f"/console/disclosures/{number}/reject", {"content_hash": fresh, "remark": "<b>请核对</b>金额"}
    ) == 200  # fmt: skip
    assert "&lt;b&gt;请核对" in reviewer.text


async def test_publishing_now_asks_for_the_password_when_it_was_given_long_ago(browser: Any, clock: Any) -> None:
    number = await approved(browser)
    publisher = await signed_in(browser, "fabu")
    clock.advance(timedelta(minutes=6).total_seconds())
    await publisher.get(f"/console/disclosures/{number}")
    assert 'name="password"' in publisher.text
    form = [("when", "now"), ("channels", "portal")]
    where = f"/console/disclosures/{number}/schedule"
    assert await publisher.post(where, form) == 422
    assert "再次确认本人身份" in publisher.text
    assert await publisher.post(where, [*form, ("password", "wrong")]) == 422
    assert await Delivery.all().count() == 0
    assert await publisher.post(where, [("when", "now"), ("channels", "nowhere"), ("password", PASSWORD)]) == 409
    assert await publisher.get("/console/") == 200, "the browser holds the new session"
    await publisher.get(f"/console/disclosures/{number}")
    assert await publisher.post(where, form) == 200
    assert await Delivery.all().count() == 1


async def test_a_moment_is_read_in_shanghai_and_a_past_one_is_refused_in_place(browser: Any) -> None:
    number = await approved(browser)
    publisher = await signed_in(browser, "fabu")
    await publisher.get(f"/console/disclosures/{number}")
    where = f"/console/disclosures/{number}/schedule"
    past = [("when", "later"), ("at", "2026-11-20T09:00"), ("channels", "portal")]
    assert await publisher.post(where, past) == 422
    assert "发布时间已过" in publisher.text
    assert 'value="2026-11-20T09:00"' in publisher.text
    assert await publisher.post(where, [("when", "later"), ("at", "2026-11-24T09:00"), ("channels", "portal")]) == 200
    row = await Delivery.get()
    assert row.due_at.isoformat() == "2026-11-24T01:00:00+00:00"
    assert await publisher.post("/console/releases/1/cancel") == 200
    assert 'data-state="cancelled"' in publisher.text


async def test_one_channel_fails_and_another_is_unknown_and_a_person_decides(browser: Any, house: Any) -> None:
    house.wechat.outcome = ChannelRefused("接口权限不足", remedy="请在公众平台确认已认证")
    house.weibo.outcome = OutcomeUnknown("发送超时")
    number = await approved(browser)
    publisher = await signed_in(browser, "fabu")
    await publisher.get(f"/console/disclosures/{number}")
    form = [("when", "now"), ("channels", "portal"), ("channels", "wechat"), ("channels", "weibo")]
    await publisher.post(f"/console/disclosures/{number}/schedule", form)
    await house.dispatcher.settle_down()
    await publisher.get("/console/releases/1")
    assert 'data-channel="portal" data-state="published"' in publisher.text
    assert 'data-channel="wechat" data-state="failed"' in publisher.text
    assert "接口权限不足" in publisher.text
    assert "请在公众平台确认已认证" in publisher.text
    assert 'data-channel="weibo" data-state="unknown"' in publisher.text
    await publisher.get("/console/")
    assert "需要处理的投放" in publisher.text
    rows = {row.channel: row.id for row in await Delivery.all()}
    await publisher.get("/console/releases/1")
    weibo = f"/console/deliveries/{rows['weibo']}"
    assert f'href="{weibo}"' in publisher.text, "an unknown outcome is decided on a page of its own"
    assert await publisher.post(f"{weibo}/decide", {"choice": "it_is_out", "reason": "看到了"}) == 409
    assert await publisher.get(weibo) == 200
    post = "https://weibo.com/2000000001/z0JH2lOMb"
    assert await publisher.post(f"{weibo}/propose", {"choice": "it_is_out", "url": post, "reason": " "}) == 409
    assert f'value="{post}"' in publisher.text
    for bad in ("javascript:alert(1)", "https://weibo.com/1/x"):
        form = {"choice": "it_is_out", "url": bad, "reason": "看到了"}
        assert await publisher.post(f"{weibo}/propose", form) == 409
    form = {"choice": "it_is_out", "url": post, "reason": "看到了"}
    assert await publisher.post(f"{weibo}/propose", form) == 200
    assert (await Delivery.get(id=rows["weibo"])).state == "unknown", "one person alone moves nothing"
    second = await signed_in(browser, "zhongshen")
    await second.get(weibo)
    assert await second.post(f"{weibo}/confirm", {"proposal": "1"}) == 200
    row = await Delivery.get(id=rows["weibo"])
    assert (row.state, row.url, row.facts["mid"]) == ("published", post, "3501756485200075")
    await publisher.get("/console/releases/1")
    assert 'data-channel="weibo" data-state="published"' in publisher.text
    house.wechat.outcome = None
    again = {"choice": "try_again", "reason": "已补认证"}
    assert await publisher.post(f"/console/deliveries/{rows['wechat']}/decide", again) == 200
    await house.dispatcher.settle_down()
    await publisher.get(f"/console/disclosures/{number}")
    assert "微信✔" in publisher.text
    assert "理由：已补认证" in publisher.text


async def test_the_article_is_shown_in_a_frame_of_its_own(browser: Any) -> None:
    drafter, number = await written(browser, wechat_title="<script>alert(1)</script>")
    assert 'sandbox="allow-same-origin allow-popups' in drafter.text
    assert "allow-scripts" not in drafter.text
    assert await drafter.get(f"/console/disclosures/{number}/preview/wechat") == 200
    policy = drafter.headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert drafter.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "&lt;script&gt;" in drafter.text


async def test_what_does_not_exist_is_said_on_a_page_of_the_console(browser: Any) -> None:
    drafter = await signed_in(browser, "nigao")
    for path in ("/console/disclosures/99", "/console/releases/99", "/console/disclosures/99/edit",
                 f"/console/files/{'0' * 64}/x.png", "/console/disclosures/99/revisions/1"):  # fmt: skip
        assert await drafter.get(path) == 404, path
        assert "回到今天要办" in drafter.text


async def test_every_other_page_renders(browser: Any, house: Any) -> None:
    drafter, number = await written(browser)
    pages = ("/console/", "/console/disclosures", "/console/disclosures?state=draft&q=供暖", "/console/releases",
             f"/console/disclosures/{number}/revisions/1", "/console/knowledge", "/console/knowledge?q=x&kind=faq",
             "/console/knowledge/test", "/console/knowledge/test?q=供暖补贴", "/console/knowledge/questions")  # fmt: skip
    for page in pages:
        assert await drafter.get(page) == 200, page
        assert "<h1>" in drafter.text
    await drafter.get("/console/knowledge/test?q=供暖补贴怎么领")
    assert "怎样理解这句话" in drafter.text
    assert "依据：区民政局" in drafter.text
    operator = await signed_in(browser, "guanli")
    assert await operator.get("/console/staff") == 200
    assert "李拟稿" in operator.text
    assert PASSWORD not in operator.text


async def test_a_repealed_document_is_told_to_be_repealed_and_can_never_be_changed(browser: Any, house: Any) -> None:
    number = await approved(browser)
    publisher = await signed_in(browser, "fabu")
    await publisher.get(f"/console/disclosures/{number}")
    await publisher.post(f"/console/disclosures/{number}/schedule", [("when", "now"), ("channels", "portal")])
    await house.dispatcher.settle_down()
    await publisher.get(f"/console/disclosures/{number}")
    assert await publisher.post(f"/console/disclosures/{number}/repeal", {"explanation": "已由新文件代替"}) == 200
    assert "向社会公布的说明：已由新文件代替" in publisher.text
    drafter = await signed_in(browser, "nigao")
    await drafter.get(f"/console/disclosures/{number}")
    assert 'id="edit"' not in drafter.text
    await drafter.get("/console/")
    assert await drafter.post(f"/console/disclosures/{number}", fields(revision="1")) == 409

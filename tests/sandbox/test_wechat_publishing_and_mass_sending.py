"""Publishing and mass sending: states, events, quotas, memories, and what is counted as an effect."""

import hashlib
from typing import Any

SUBMIT = "/cgi-bin/freepublish/submit"
GET = "/cgi-bin/freepublish/get"
SENDALL = "/cgi-bin/message/mass/sendall"
ALL = {"is_to_all": True}


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def pushed(wechat: Any, event: str) -> list[dict[str, Any]]:
    listed = (await wechat.control("GET", "deliveries"))["deliveries"]
    return [delivery["fields"] for delivery in listed if delivery["event"] == event]


async def test_a_submission_runs_and_then_is_live_and_the_draft_is_gone(wechat: Any) -> None:
    await wechat.profile(publish_seconds=60.0)
    media_id = (await wechat.draft(content="<p>甲</p>", content_source_url="https://www.x.gov.cn/d/7"))["media_id"]
    accepted = await wechat.post(SUBMIT, {"media_id": media_id})
    assert accepted["errcode"] == 0
    assert accepted["msg_data_id"]
    asked = {"publish_id": accepted["publish_id"]}
    assert (await wechat.post(GET, asked))["publish_status"] == 1
    assert (await wechat.post("/cgi-bin/draft/get", {"media_id": media_id}))["errcode"] == 40007
    assert (await wechat.post(SUBMIT, {"media_id": media_id}))["errcode"] == 40007
    wechat.clock.advance(60)
    found = await wechat.post(GET, asked)
    assert found["publish_status"] == 0
    assert found["fail_idx"] == []
    url = found["article_detail"]["item"][0]["article_url"]
    async with wechat.http.get(url) as response:
        assert "甲" in await response.text()
    (effect,) = await wechat.effects("publications")
    assert effect["title_sha256"] == sha("县人民政府关于低保标准的通告")
    assert effect["body_sha256"] == sha("<p>甲</p>")
    assert (effect["source_url"], effect["state"], effect["url"]) == ("https://www.x.gov.cn/d/7", "live", url)
    assert effect["live_at"] - effect["at"] == 60


async def test_the_event_announces_the_end_and_can_be_lost_or_doubled(wechat: Any) -> None:
    async def events(count: int) -> bool:
        return len(await pushed(wechat, "PUBLISHJOBFINISH")) == count

    await wechat.published()
    await wechat.until(lambda: events(1))
    info = (await pushed(wechat, "PUBLISHJOBFINISH"))[0]["PublishEventInfo"]
    assert info["publish_status"] == 0
    assert info["article_detail"]["count"] == 1
    await wechat.control("POST", "faults", {"kind": "event_doubled", "path": "PUBLISHJOBFINISH"})
    await wechat.published()
    await wechat.until(lambda: events(3))
    await wechat.control("POST", "faults", {"kind": "event_lost", "path": "PUBLISHJOBFINISH"})
    await wechat.published()
    lost = (await wechat.control("GET", "deliveries"))["lost_events"]
    assert lost == ["PUBLISHJOBFINISH"]
    assert await events(3)


async def test_review_can_refuse_and_the_draft_comes_back(wechat: Any) -> None:
    await wechat.control("POST", "publications/next", {"statuses": [4, 2, 3]})
    for status, failed in ((4, [1]), (2, [1]), (3, [])):
        media_id = (await wechat.draft())["media_id"]
        publish_id = (await wechat.post(SUBMIT, {"media_id": media_id}))["publish_id"]
        found = await wechat.post(GET, {"publish_id": publish_id})
        assert (found["publish_status"], found["fail_idx"]) == (status, failed)
        assert "news_item" in await wechat.post("/cgi-bin/draft/get", {"media_id": media_id})
    assert {effect["state"] for effect in await wechat.effects("publications")} == {"failed"}


async def test_a_live_article_can_later_be_blocked_or_deleted(wechat: Any) -> None:
    found = await wechat.published()
    await wechat.control("POST", f"publications/{found['publish_id']}/status", {"status": 6})
    assert (await wechat.post(GET, {"publish_id": found["publish_id"]}))["publish_status"] == 6
    other = await wechat.published()
    gone = {"article_id": other["article_id"], "index": 0}
    assert (await wechat.post("/cgi-bin/freepublish/delete", {**gone, "index": 2}))["errcode"] == 40114
    assert (await wechat.post("/cgi-bin/freepublish/delete", gone))["errcode"] == 0
    assert (await wechat.post(GET, {"publish_id": other["publish_id"]}))["publish_status"] == 5
    assert all(effect["deleted"] for effect in await wechat.effects("publications"))
    async with wechat.http.get(other["article_detail"]["item"][0]["article_url"]) as response:
        assert "该内容已被发布者删除" in await response.text()
    article = await wechat.post("/cgi-bin/freepublish/getarticle", {"article_id": other["article_id"]})
    assert article["news_item"][0]["is_deleted"] is True
    assert (await wechat.post("/cgi-bin/freepublish/getarticle", {"article_id": "x"}))["errcode"] == 53600


async def test_submit_refuses_what_the_platform_refuses(wechat: Any) -> None:
    media_id = (await wechat.draft())["media_id"]
    await wechat.control("POST", f"drafts/{media_id}/block", {"errcode": 53504})
    assert (await wechat.post(SUBMIT, {"media_id": media_id}))["errcode"] == 53504
    await wechat.profile(publish_banned=True)
    assert (await wechat.post(SUBMIT, {"media_id": media_id}))["errcode"] == 53500
    assert (await wechat.post(GET, {"publish_id": "1"}))["errcode"] == 53502
    assert await wechat.effects("publications") == []


async def test_a_draft_consumed_late_is_still_published_once(wechat: Any) -> None:
    await wechat.profile(draft_consumed="success", publish_seconds=5.0)
    media_id = (await wechat.draft())["media_id"]
    first = await wechat.post(SUBMIT, {"media_id": media_id})
    second = await wechat.post(SUBMIT, {"media_id": media_id})
    wechat.clock.advance(5)
    states = [
        (await wechat.post(GET, {"publish_id": answer["publish_id"]}))["publish_status"] for answer in (first, second)
    ]
    assert states == [0, 3]


async def test_batchget_lists_published_items_only(wechat: Any) -> None:
    found = await wechat.published(title="已发布")
    media_id = (await wechat.draft(title="已群发"))["media_id"]
    sent = {"filter": ALL, "msgtype": "mpnews", "mpnews": {"media_id": media_id}}
    assert (await wechat.post(SENDALL, sent))["errcode"] == 0
    listed = await wechat.post("/cgi-bin/freepublish/batchget", {"offset": 0, "count": 20, "no_content": 1})
    assert [item["article_id"] for item in listed["item"]] == [found["article_id"]]
    assert "content" not in listed["item"][0]["content"]["news_item"][0]


async def test_an_uncertified_account_may_draft_but_not_publish(wechat: Any) -> None:
    await wechat.profile(account_kind="uncertified")
    media_id = (await wechat.draft())["media_id"]
    calls = (SUBMIT, SENDALL, "/cgi-bin/message/custom/send", "/cgi-bin/comment/list", "/cgi-bin/menu/create")
    for path in calls:
        assert (await wechat.post(path, {"media_id": media_id}))["errcode"] == 48001
    assert (await wechat.get("/cgi-bin/user/info", openid="x"))["errcode"] == 48001


async def test_a_subscription_account_sends_once_a_day(wechat: Any) -> None:
    text = {"filter": ALL, "msgtype": "text", "text": {"content": "通知"}}
    first = await wechat.post(SENDALL, text)
    assert first["errmsg"] == "send job submission success"
    assert (await wechat.post("/cgi-bin/message/mass/get", {"msg_id": first["msg_id"]}))["msg_status"] == "SEND_SUCCESS"
    refused = await wechat.post(SENDALL, text)
    assert refused["errcode"] == 45028
    wechat.clock.advance(86400)
    await wechat.log_in()
    assert (await wechat.post(SENDALL, text))["errcode"] == 0
    assert len(await wechat.effects("mass_sends")) == 2


async def test_the_same_clientmsgid_is_sent_once_within_a_day(wechat: Any) -> None:
    await wechat.profile(account_kind="certified_service")
    tag = (await wechat.post("/cgi-bin/tags/create", {"tag": {"name": "乡镇"}}))["tag"]["id"]
    text = {
        "filter": {"is_to_all": False, "tag_id": tag},
        "msgtype": "text",
        "text": {"content": "通知"},
        "clientmsgid": "release-7",
    }
    first = await wechat.post(SENDALL, text)
    again = await wechat.post(SENDALL, text)
    assert again["errcode"] == 45065
    assert again["msg_id"] == first["msg_id"]
    assert "msg_data_id" not in again
    assert (await wechat.post(SENDALL, {**text, "clientmsgid": "x" * 33}))["errcode"] == 45067
    assert len(await wechat.effects("mass_sends")) == 1
    wechat.clock.advance(86400)
    await wechat.log_in()
    assert (await wechat.post(SENDALL, text))["errcode"] == 0


async def test_protection_waits_for_the_administrator_half_an_hour(wechat: Any) -> None:
    await wechat.profile(mass_protection=True, account_kind="certified_service")
    text = {"filter": ALL, "msgtype": "text", "text": {"content": "通知"}}
    silent = await wechat.post(SENDALL, text)
    asked = {"msg_id": silent["msg_id"]}
    assert (await wechat.post("/cgi-bin/message/mass/get", asked))["msg_status"] == "SENDING"
    wechat.clock.advance(1800)
    assert (await wechat.post("/cgi-bin/message/mass/get", asked))["msg_status"] == "SEND_FAIL"
    agreed = await wechat.post(SENDALL, text)
    await wechat.control("POST", f"mass/{agreed['msg_id']}/administrator", {"agrees": True})
    asked = {"msg_id": agreed["msg_id"]}
    assert (await wechat.post("/cgi-bin/message/mass/get", asked))["msg_status"] == "SEND_SUCCESS"
    assert [effect["status"] for effect in await wechat.effects("mass_sends")] == ["err(40002)", "send success"]


async def test_mass_refusals(wechat: Any) -> None:
    text = {"filter": ALL, "msgtype": "text", "text": {"content": "<a href='https://x.cn/'>看</a>"}}
    assert (await wechat.post(SENDALL, text))["errcode"] == 40066
    assert (await wechat.post(SENDALL, {**text, "filter": {"is_to_all": False, "tag_id": 9}}))["errcode"] == 40152
    assert (await wechat.post(SENDALL, {**text, "msgtype": "card"}))["errcode"] == 40008
    dead = {"filter": ALL, "msgtype": "mpnews", "mpnews": {"media_id": "gone"}}
    assert (await wechat.post(SENDALL, dead))["errcode"] == 40007
    assert (await wechat.post("/cgi-bin/message/mass/send", {"touser": ["a", "b"]}))["errcode"] == 48001
    assert (await wechat.post("/cgi-bin/message/mass/speed/set", {"speed": 9}))["errcode"] == 45083
    assert await wechat.effects("mass_sends") == []


async def test_an_injected_verdict_ends_a_send_and_returns_the_draft(wechat: Any) -> None:
    await wechat.control("POST", "mass/next", {"statuses": ["err(20001)"]})
    media_id = (await wechat.draft())["media_id"]
    body = {"filter": ALL, "msgtype": "mpnews", "mpnews": {"media_id": media_id}}
    sent = await wechat.post(SENDALL, body)
    assert (await wechat.post("/cgi-bin/message/mass/get", {"msg_id": sent["msg_id"]}))["msg_status"] == "SEND_FAIL"
    assert "news_item" in await wechat.post("/cgi-bin/draft/get", {"media_id": media_id})


async def test_a_person_gets_four_sends_a_month_from_a_service_account(wechat: Any) -> None:
    await wechat.profile(account_kind="certified_service")
    people = [person["openid"] for person in (await wechat.control("GET", "followers"))["followers"]]
    body = {"touser": people[:2], "msgtype": "text", "text": {"content": "通知"}}
    for _ in range(5):
        await wechat.post("/cgi-bin/message/mass/send", body)
    effects = await wechat.effects("mass_sends")
    assert [effect["recipients"] for effect in effects] == [2, 2, 2, 2, 0]


async def test_preview_shows_a_draft_and_keeps_it_and_delete_kills_the_content(wechat: Any) -> None:
    openid = "oCitizenChenXiuying_00000001"
    media_id = (await wechat.draft())["media_id"]
    news = {"msgtype": "mpnews", "mpnews": {"media_id": media_id}}
    assert (await wechat.post("/cgi-bin/message/mass/preview", {**news, "touser": openid}))["errcode"] == 0
    chat = (await wechat.control("GET", f"followers/{openid}"))["chat"]
    assert chat[-1]["via"] == "preview"
    sent = await wechat.post(SENDALL, {**news, "filter": ALL})
    assert sent["errcode"] == 0
    asked = {"msg_id": sent["msg_id"]}
    assert (await wechat.post("/cgi-bin/message/mass/get", asked))["msg_status"] == "SEND_SUCCESS"
    assert (await wechat.post("/cgi-bin/message/mass/delete", {**asked, "article_idx": 2}))["errcode"] == 40060
    assert (await wechat.post("/cgi-bin/message/mass/delete", {**asked, "article_idx": 1}))["errcode"] == 0
    assert (await wechat.post("/cgi-bin/message/mass/get", asked))["msg_status"] == "DELETE"
    assert (await wechat.effects("mass_sends"))[0]["deleted"] is True


async def test_comments_are_listed_replied_to_once_and_elected(wechat: Any) -> None:
    media_id = (await wechat.draft(need_open_comment=1))["media_id"]
    accepted = await wechat.post(SUBMIT, {"media_id": media_id})
    found = await wechat.post(GET, {"publish_id": accepted["publish_id"]})
    slug = found["article_detail"]["item"][0]["article_url"].rsplit("/", 1)[1]
    await wechat.control("POST", f"articles/{slug}/comments", {"openid": "o1", "content": "请问几时到账"})
    where = {"msg_data_id": accepted["msg_data_id"], "index": 0}
    listed = await wechat.post("/cgi-bin/comment/list", {**where, "begin": 0, "count": 49, "type": 0})
    assert listed["comment"][0]["content"] == "请问几时到账"
    assert (await wechat.post("/cgi-bin/comment/list", {**where, "begin": 0, "count": 50}))["errcode"] == 88010
    assert (await wechat.post("/cgi-bin/comment/list", {**where, "index": 1, "count": 1}))["errcode"] == 88001
    reply = {**where, "user_comment_id": 1, "content": "每月十日前"}
    assert (await wechat.post("/cgi-bin/comment/reply/add", reply))["errcode"] == 0
    assert (await wechat.post("/cgi-bin/comment/reply/add", reply))["errcode"] == 88005
    assert (await wechat.post("/cgi-bin/comment/markelect", {**where, "user_comment_id": 1}))["errcode"] == 0
    async with wechat.http.get(f"{wechat.base}/s/{slug}") as response:
        assert "每月十日前" in await response.text()
    await wechat.profile(comment_right=False)
    assert (await wechat.post("/cgi-bin/comment/list", {**where, "count": 1}))["errcode"] == 88000
    assert (await wechat.draft(need_open_comment=1))["errcode"] == 88000


async def test_menus_are_measured_in_bytes(wechat: Any) -> None:
    create = "/cgi-bin/menu/create"
    assert (await wechat.get("/cgi-bin/menu/get"))["errcode"] == 46003
    assert (await wechat.post(create, {"button": []}))["errcode"] == 40016
    long = {"type": "click", "name": "政策解读问答", "key": "k"}
    assert (await wechat.post(create, {"button": [long]}))["errcode"] == 40018
    assert (await wechat.post(create, {"button": [{**long, "name": "办事", "type": "x"}]}))["errcode"] == 40017
    assert (await wechat.post(create, {"button": [{**long, "name": "办事", "key": "k" * 129}]}))["errcode"] == 40019
    good = {"button": [{**long, "name": "办事"}, {"name": "更多", "sub_button": [{**long, "name": "政策解读问答"}]}]}
    assert (await wechat.post(create, good))["errcode"] == 0
    assert (await wechat.get("/cgi-bin/menu/get"))["menu"]["button"][0]["key"] == "k"

"""What was published is read back with its link shortened, newest five only; and the sandbox counts it on its side."""

from typing import Any
from urllib.parse import quote

from sandbox.weibo import base62
from sandbox.weibo.counting import counted_length
from sandbox.weibo.posts import PostBook

LINK = "http://mingbai.gov.cn/d/"
SUPERIOR = "1000000001"


async def publish(weibo: Any, number: int) -> Any:
    status, post = await weibo.share(f"第{number}号公告 {LINK}{number}")
    assert status == 200, post
    return post


def test_the_published_vector_of_base62_holds_both_ways() -> None:
    assert base62.from_mid("3501756485200075") == "z0JH2lOMb"
    assert base62.to_mid("z0JH2lOMb") == "3501756485200075"
    assert base62.to_mid(base62.from_mid("5000000000000001")) == "5000000000000001"


def test_length_is_counted_as_the_web_counter_counts() -> None:
    assert counted_length("汉字ab") == 3
    assert counted_length("abc") == 2
    assert counted_length("😀") == 2
    assert counted_length("见 http://a.gov.cn/" + "x" * 300) == 1 + 1 + 10 + 88
    assert counted_length("http://t.cn/A6Mb00A") == 10
    assert counted_length("汉字ab", "plain") == 4


def test_mids_grow_even_within_a_second() -> None:
    book = PostBook()
    first, second = book.next_mid(1_795_406_400), book.next_mid(1_795_406_400)
    assert int(first) < int(second) < int(book.next_mid(1_795_406_401))
    assert len(first) == 16


async def test_a_link_is_stored_as_a_short_link_and_its_target_is_told(weibo: Any) -> None:
    post = await publish(weibo, 1)
    assert post["text"].startswith("第1号公告 http://t.cn/")
    assert post["idstr"] == post["mid"] == str(post["id"])
    assert post["created_at"] == "Mon Nov 23 12:00:00 +0800 2026"
    assert post["url_objects"][0]["info"]["url_long"] == LINK + "1"
    assert "明白区政务公开平台" in post["source"]
    weibo.turn(url_objects=False, zero_width_tail=True)
    _, again = await weibo.get("/2/statuses/show.json", id=post["mid"])
    assert "url_objects" not in again
    assert again["text"].endswith(" \u200b")
    effect = weibo.server.effects()[0]
    assert (effect["text"], effect["urls"], effect["deleted"]) == (f"第1号公告 {LINK}1", [LINK + "1"], False)


async def test_words_glued_to_a_link_are_swallowed_by_it(weibo: Any) -> None:
    _, post = await weibo.share(f"见 {LINK}1请转发")
    assert weibo.server.effects()[0]["urls"] == [f"{LINK}1请转发"]
    weibo.turn(swallow=False)
    _, post = await weibo.share(f"另见 {LINK}2请转发")
    assert post["text"].endswith("请转发")


async def test_the_timeline_holds_the_newest_five_of_the_account_alone(weibo: Any) -> None:
    for number in range(7):
        await publish(weibo, number)
    _, body = await weibo.get("/2/statuses/user_timeline.json", count=100, uid=SUPERIOR)
    assert [status["text"][:3] for status in body["statuses"]] == ["第6号", "第5号", "第4号", "第3号", "第2号"]
    assert body["total_number"] == 7
    mids = [status["mid"] for status in body["statuses"]]
    _, ids = await weibo.get("/2/statuses/user_timeline/ids.json", since_id=mids[2], max_id=mids[1])
    assert ids["statuses"] == [mids[1]]
    _, lean = await weibo.get("/2/statuses/user_timeline.json", trim_user=1, count=1, page=2)
    assert (lean["statuses"][0]["mid"], lean["statuses"][0]["uid"]) == (mids[1], 1902538057)


async def test_a_lagging_timeline_hides_what_is_too_fresh(weibo: Any) -> None:
    weibo.turn(timeline_lag=10)
    await publish(weibo, 1)
    assert (await weibo.get("/2/statuses/user_timeline.json"))[1]["statuses"] == []
    weibo.clock.now += 10
    assert len((await weibo.get("/2/statuses/user_timeline.json"))[1]["statuses"]) == 1


async def test_destroying_is_for_ones_own_and_by_permission(weibo: Any) -> None:
    post = await publish(weibo, 1)
    superior = weibo.server.world.posts.of(SUPERIOR)[0].mid
    assert (await weibo.post("/2/statuses/destroy.json", id=superior))[1]["error_code"] == 20102
    weibo.turn(destroy_permitted=False)
    assert (await weibo.post("/2/statuses/destroy.json", id=post["mid"]))[1]["error_code"] == 10014
    weibo.turn(destroy_permitted=True)
    assert (await weibo.post("/2/statuses/destroy.json", id=post["mid"]))[1]["mid"] == post["mid"]
    assert (await weibo.post("/2/statuses/destroy.json", id=post["mid"]))[1]["error_code"] == 20101
    assert (await weibo.get("/2/statuses/show.json", id=post["mid"]))[1]["error_code"] == 20101
    effect = weibo.server.effects()[0]
    assert (effect["deleted"], effect["removed_by"]) == (True, "owner")


async def test_reviewers_may_take_a_post_down_later(weibo: Any) -> None:
    post = await publish(weibo, 1)
    await weibo.control("review", mid=post["mid"])
    assert (await weibo.get("/2/statuses/user_timeline.json"))[1]["statuses"] == []
    assert weibo.server.effects()[0]["removed_by"] == "review"
    assert "第1号公告" not in await weibo.page("/weibo/")
    assert "审核后被删除" in await weibo.page("/weibo/?view=control")


async def test_only_ones_own_posts_are_shown_and_only_anothers_are_reposted(weibo: Any) -> None:
    superior = weibo.server.world.posts.of(SUPERIOR)[0].mid
    assert (await weibo.get("/2/statuses/show.json", id=superior))[1]["error_code"] == 20112
    _, repost = await weibo.post("/2/statuses/repost.json", id=superior, rip="1.2.3.4")
    assert (repost["text"], repost["retweeted_status"]["mid"]) == ("转发微博", superior)
    assert (await weibo.post("/2/statuses/repost.json", id=repost["mid"], rip="1.2.3.4"))[1]["error_code"] == 20103
    _, counts = await weibo.get("/2/statuses/count.json", ids=superior)
    assert counts[0]["reposts"] == 1


async def test_ids_are_converted_alone_and_in_batches(weibo: Any) -> None:
    _, one = await weibo.get("/2/statuses/querymid.json", id="3501756485200075", type=1)
    assert one == {"mid": "z0JH2lOMb"}
    _, back = await weibo.get("/2/statuses/queryid.json", mid="z0JH2lOMb", type=1, isBase62=1)
    assert back == {"id": "3501756485200075"}
    _, many = await weibo.get("/2/statuses/querymid.json", id="3501756485200075,1", type=1, is_batch=1)
    assert many == [{"3501756485200075": "z0JH2lOMb"}, {"1": "1"}]
    too_many = ",".join(["1"] * 21)
    assert (await weibo.get("/2/statuses/querymid.json", id=too_many, is_batch=1))[1]["error_code"] == 20009
    assert (await weibo.get("/2/statuses/queryid.json", mid="!", isBase62=1))[1]["error_code"] == 10017


async def test_comments_are_written_answered_read_and_taken_down(weibo: Any) -> None:
    post = await publish(weibo, 1)
    asked = await weibo.control("comment", mid=post["mid"], text="什么时候开始?")
    _, answered = await weibo.post(
        "/2/comments/reply.json", id=post["mid"], cid=asked["cid"], comment="12月1日起。", rip="1.2.3.4"
    )
    assert answered["text"] == "回复@河畔的风:12月1日起。"
    assert answered["reply_comment"]["idstr"] == asked["cid"]
    _, own = await weibo.post("/2/comments/create.json", id=post["mid"], comment="补充说明", rip="1.2.3.4")
    _, twice = await weibo.post("/2/comments/create.json", id=post["mid"], comment="补充说明", rip="1.2.3.4")
    assert twice["error_code"] == 20019
    _, listed = await weibo.get("/2/comments/show.json", id=post["mid"])
    assert [c["text"] for c in listed["comments"]] == ["补充说明", "回复@河畔的风:12月1日起。", "什么时候开始?"]
    _, to_me = await weibo.get("/2/comments/to_me.json")
    assert [c["idstr"] for c in to_me["comments"]] == [asked["cid"]]
    assert (await weibo.post("/2/comments/destroy.json", cid=own["idstr"]))[0] == 200
    assert (await weibo.post("/2/comments/destroy.json", cid=own["idstr"]))[1]["error_code"] == 20201
    assert (await weibo.post("/2/comments/destroy.json"))[1]["error_code"] == 20204
    assert (await weibo.post("/2/comments/create.json", id="1", comment="x"))[1]["error_code"] == 20101


async def test_a_comment_on_anothers_post_by_another_cannot_be_taken_down(weibo: Any) -> None:
    superior = weibo.server.world.posts.of(SUPERIOR)[0].mid
    asked = await weibo.control("comment", mid=superior, text="好")
    assert (await weibo.post("/2/comments/destroy.json", cid=asked["cid"]))[1]["error_code"] == 20203


async def test_short_links_and_what_is_left_of_the_limits(weibo: Any) -> None:
    _, body = await weibo.get("/2/short_url/shorten.json", url_long=LINK + "1")
    short = body["urls"][0]["url_short"]
    _, back = await weibo.get("/2/short_url/expand.json", url_short=short)
    assert back["urls"][0]["url_long"] == LINK + "1"
    assert (await weibo.get("/2/short_url/shorten.json"))[1]["error_code"] == 21501
    await publish(weibo, 1)
    weibo.clock.now += 600
    for _ in range(2):
        _, left = await weibo.get("/2/account/rate_limit_status.json")
    assert left["api_rate_limits"][0]["remaining_hits"] == 29
    assert (left["remaining_user_hits"], left["reset_time_in_seconds"]) == (96, 3000)


async def test_an_article_needs_its_permission_and_its_own_encoding(weibo: Any) -> None:
    fields = {
        "title": "供热公告",
        "content": quote("<p>第一段</p><p>第二段</p>", safe=""),
        "cover": "http://mingbai.gov.cn/c.jpg",
        "text": "供热公告全文",
        "rip": "1.2.3.4",
    }
    path = "/proxy/article/publish.json"
    assert (await weibo.post(path, **fields))[1]["error_code"] == 10014
    weibo.turn(article_permitted=True)
    assert (await weibo.post(path, **(fields | {"title": "长" * 33})))[1]["code"] == "10008"
    assert (await weibo.post(path, **(fields | {"content": "<p>没有编码</p>"})))[1]["msg"] == "param content invalid"
    status, body = await weibo.post(path, **fields)
    assert (status, body["code"]) == (200, "100000")
    async with weibo.client.get(body["data"]["url"]) as answer:
        assert "第二段" in await answer.text()
    assert weibo.server.effects()[0]["kind"] == "article"
    weibo.turn(article_seconds=60)
    assert (await weibo.post(path, **(fields | {"text": "另一篇"})))[1]["code"] == "11001"


async def test_the_page_opens_the_true_target_of_a_link(weibo: Any, jpeg: bytes) -> None:
    _, post = await weibo.share_picture(jpeg, f"供热公告 <b>不是标签</b> {LINK}7 ")
    page = await weibo.page("/weibo/")
    assert 'class="post"' in page
    assert f'<a class="target" href="{LINK}7"' in page
    assert "&lt;b&gt;" in page
    assert f"/weibo/pictures/large/{post['pic_ids'][0]}.jpg" in page
    single = await weibo.page(f"/weibo/1902538057/{base62.from_mid(post['mid'])}")
    assert "供热公告" in single
    assert "不存在" in await weibo.page("/weibo/1902538057/zzzz")


async def test_a_reset_forgets_everything_but_the_given_token(weibo: Any) -> None:
    await publish(weibo, 1)
    weibo.turn(share_limit=2000)
    weibo.server.reset()
    assert weibo.server.effects() == []
    assert weibo.server.world.switches.share_limit == 140
    await publish(weibo, 1)

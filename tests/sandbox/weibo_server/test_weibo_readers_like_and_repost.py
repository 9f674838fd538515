"""Likes and reposts by citizens, on the page and by the control door, as the counts tell them."""

from typing import Any


async def test_likes_and_reposts_are_counted(weibo: Any) -> None:
    _, post = await weibo.share("低保标准提高 http://mingbai.gov.cn/d/1 ")
    mid = post["idstr"]
    for deed in ("like", "repost", "like"):
        async with weibo.client.post(f"{weibo.origin}/weibo/engage", data={"mid": mid, "deed": deed}) as page:
            assert page.status == 200
    async with weibo.client.post(f"{weibo.origin}/weibo/engage", data={"mid": "1", "deed": "like"}) as page:
        assert page.status == 404
    async with weibo.client.post(f"{weibo.origin}/control/weibo/engage", json={"mid": mid, "deed": "burn"}) as answer:
        assert answer.status == 400
    _, (counts,) = await weibo.get("/2/statuses/count.json", ids=mid)
    assert (counts["attitudes"], counts["reposts"], counts["comments"]) == (2, 1, 0)

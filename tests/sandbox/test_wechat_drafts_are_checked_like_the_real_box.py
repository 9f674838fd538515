"""Drafts and materials: lengths, files, rewriting of HTML, update traps."""

from collections.abc import Callable
from typing import Any

import pytest

Picture = Callable[[int], bytes]


async def test_a_good_draft_answers_without_errcode_and_reads_back(wechat: Any) -> None:
    answer = await wechat.draft(author="县政府办", content_source_url="https://www.x.gov.cn/a")
    assert set(answer) == {"media_id"}
    item = (await wechat.post("/cgi-bin/draft/get", {"media_id": answer["media_id"]}))["news_item"][0]
    assert item["title"] == "县人民政府关于低保标准的通告"
    assert item["digest"] == "正文"
    assert (await wechat.get("/cgi-bin/draft/count"))["total_count"] == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"title": "字" * 33}, 45003),
        ({"title": " "}, 44003),
        ({"author": "字" * 17}, 45110),
        ({"digest": "字" * 121}, 45004),
        ({"content": ""}, 44004),
        ({"content": "字" * 20_000}, 45002),
        ({"content_source_url": "http://127.0.0.1:8970/d/1"}, 41039),
        ({"content_source_url": "http://localhost/d/1"}, 41039),
        ({"content_source_url": "ftp://www.x.gov.cn/"}, 41039),
        ({"content_source_url": "https://www.x.gov.cn/" + "a" * 1024}, 41039),
        ({"thumb_media_id": ""}, 40007),
        ({"pic_crop_235_1": "0_0_2_1"}, 40097),
        ({"need_open_comment": 5}, 47001),
    ],
)
async def test_a_field_beyond_its_rule_is_refused(wechat: Any, change: dict[str, Any], code: int) -> None:
    assert (await wechat.draft(**change))["errcode"] == code


async def test_lengths_at_the_limit_pass(wechat: Any) -> None:
    assert "media_id" in await wechat.draft(title="字" * 32, author="字" * 16, digest="字" * 120, content="字" * 19_999)


async def test_uncertain_limits_are_switches(wechat: Any) -> None:
    await wechat.profile(title_unit="bytes", digest_limit=128, author_limit=8, treat_as_public=["127.0.0.1:8970"])
    assert (await wechat.draft(title="字" * 22))["errcode"] == 45003
    assert (await wechat.draft(author="字" * 9))["errcode"] == 45110
    assert "media_id" in await wechat.draft(digest="字" * 128, content_source_url="http://127.0.0.1:8970/d/1")


async def test_escaped_json_is_refused_and_can_be_counted(wechat: Any) -> None:
    import json

    article = await wechat.article(title="低保标准")
    raw = json.dumps({"articles": [article]}).encode()
    assert b"\\u" in raw
    refused = await wechat.post("/cgi-bin/draft/add", None, raw=raw)
    assert refused["errcode"] == 45003
    assert "uxxxx" in refused["errmsg"]
    escaped_reply = json.dumps({"touser": "x", "msgtype": "text", "text": {"content": "好"}}).encode()
    assert (await wechat.post("/cgi-bin/message/custom/send", None, raw=escaped_reply))["errcode"] == 40033
    await wechat.profile(escaped_json="count")
    assert "media_id" in await wechat.post("/cgi-bin/draft/add", None, raw=raw)
    long = json.dumps({"articles": [{**article, "title": "低保标准通告"}]}).encode()
    assert (await wechat.post("/cgi-bin/draft/add", None, raw=long))["errcode"] == 45003
    await wechat.profile(escaped_json="accept")
    assert "media_id" in await wechat.post("/cgi-bin/draft/add", None, raw=long)


async def test_a_backslash_in_the_text_is_not_an_escape(wechat: Any) -> None:
    assert "media_id" in await wechat.draft(title=r"路径C:\u4f60说明")


async def test_the_cover_must_be_a_permanent_material(wechat: Any, picture: Picture) -> None:
    temporary = await wechat.upload("/cgi-bin/media/upload?type=image", picture(0))
    refused = await wechat.draft(thumb_media_id=temporary["media_id"])
    assert refused["errcode"] == 40007
    assert "hint" in refused["errmsg"]


async def test_update_with_missing_fields_answers_40007_although_the_draft_is_there(wechat: Any) -> None:
    media_id = (await wechat.draft())["media_id"]
    bare = {"media_id": media_id, "index": 0, "articles": {"title": "新标题"}}
    assert (await wechat.post("/cgi-bin/draft/update", bare))["errcode"] == 40007
    whole = {"media_id": media_id, "index": 0, "articles": await wechat.article(title="新标题")}
    assert (await wechat.post("/cgi-bin/draft/update", whole))["errcode"] == 0
    assert (await wechat.post("/cgi-bin/draft/update", {**whole, "index": 1}))["errcode"] == 40114
    item = (await wechat.post("/cgi-bin/draft/get", {"media_id": media_id}))["news_item"][0]
    assert item["title"] == "新标题"


async def test_empty_and_oversized_batches_are_refused(wechat: Any) -> None:
    assert (await wechat.post("/cgi-bin/draft/add", {"articles": []}))["errcode"] == 44003
    many = [await wechat.article()] * 9
    assert (await wechat.post("/cgi-bin/draft/add", {"articles": many}))["errcode"] == 45008
    assert (await wechat.post("/cgi-bin/draft/batchget", {"offset": 0, "count": 21}))["errcode"] == 40097


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("<p>甲<script>alert(1)</script>乙</p>", "<p>甲乙</p>"),
        ('<p onclick="x()" style="color: red">甲</p>', '<p style="color: red;">甲</p>'),
        ('<p>见<a href="https://www.x.gov.cn/">原文</a></p>', "<p>见原文</p>"),
        ('<a href="javascript:alert(1)">甲</a>', "甲"),
        (
            '<a href="https://mp.weixin.qq.com/s/abc">甲</a>',
            '<a href="https://mp.weixin.qq.com/s/abc">甲</a>',
        ),
        ('<p>甲<img src="https://www.x.gov.cn/a.png">乙</p>', "<p>甲乙</p>"),
        (
            '<img src="http://mmbiz.qpic.cn/mmbiz_png/KEY/0?wx_fmt=png">',
            '<img data-src="http://mmbiz.qpic.cn/mmbiz_png/KEY/640?wx_fmt=png&amp;from=appmsg"  />',
        ),
        ('<p class="a" id="b">甲</p>', "<p>甲</p>"),
        ("<style>p{color:red}</style><p>甲</p>", "<p>甲</p>"),
        ('<form action="/x"><input name="a">甲<button>乙</button></form>', "甲乙"),
        ("<iframe src='https://x.cn'></iframe><p>甲</p>", "<p>甲</p>"),
        ('<p style="position:fixed;color:#333">甲</p>', '<p style="color:#333;">甲</p>'),
        ('<div style="display:flex;background:linear-gradient(red,blue)">甲</div>', "<div>甲</div>"),
        ("<p>甲<br>乙</p>", "<p>甲<br  />乙</p>"),
        ("<p>1 &lt; 2 &amp; 3</p>", "<p>1 &lt; 2 &amp; 3</p>"),
    ],
)
async def test_html_is_rewritten_as_the_platform_rewrites_it(wechat: Any, sent: str, stored: str) -> None:
    assert await wechat.stored(sent) == stored


async def test_reading_back_and_writing_back_drifts(wechat: Any) -> None:
    first = await wechat.stored('<img src="http://mmbiz.qpic.cn/mmbiz_png/KEY/0?wx_fmt=png">')
    second = await wechat.stored(first.replace("data-src", "src"))
    assert first != second


async def test_picture_posts_take_permanent_pictures_only(wechat: Any) -> None:
    given = {"article_type": "newspic", "title": "图", "content": "<b>字</b>"}
    assert (await wechat.post("/cgi-bin/draft/add", {"articles": [given]}))["errcode"] == 40007
    given["image_info"] = {"image_list": [{"image_media_id": await wechat.cover()}]}
    media_id = (await wechat.post("/cgi-bin/draft/add", {"articles": [given]}))["media_id"]
    item = (await wechat.post("/cgi-bin/draft/get", {"media_id": media_id}))["news_item"][0]
    assert (item["article_type"], item["content"]) == ("newspic", "字")


async def test_files_are_judged_by_their_bytes_and_sizes(wechat: Any, picture: Picture) -> None:
    image = "/cgi-bin/media/uploadimg"
    assert (await wechat.upload(image, picture(0)))["url"].startswith("http://mmbiz.qpic.cn/")
    assert (await wechat.upload(image, b"GIF89a..."))["errcode"] == 40005
    assert (await wechat.upload(image, picture(1024 * 1024)))["errcode"] == 40009
    assert (await wechat.upload(image, b""))["errcode"] == 44001
    assert (await wechat.post(image, {}))["errcode"] == 41005
    permanent = "/cgi-bin/material/add_material"
    assert (await wechat.upload(f"{permanent}?type=film", picture(0)))["errcode"] == 40004
    assert (await wechat.upload(f"{permanent}?type=thumb", picture(0)))["errcode"] == 40005
    assert (await wechat.upload(f"{permanent}?type=thumb", b"\xff\xd8\xff" + bytes(65 * 1024)))["errcode"] == 40012
    film = b"\x00\x00\x00\x18ftypmp42"
    assert (await wechat.upload(f"{permanent}?type=video", film))["errcode"] == 44003
    described = await wechat.upload(f"{permanent}?type=video", film, description='{"title":"甲","introduction":"乙"}')
    assert "media_id" in described


async def test_temporary_files_live_three_days(wechat: Any, picture: Picture) -> None:
    media_id = (await wechat.upload("/cgi-bin/media/upload?type=image", picture(0)))["media_id"]
    url = f"{wechat.base}/wechat-api/cgi-bin/media/get"
    async with wechat.http.get(url, params={"access_token": wechat.token, "media_id": media_id}) as response:
        assert await response.read() == picture(0)
    wechat.clock.advance(3 * 86400)
    await wechat.log_in()
    assert (await wechat.get("/cgi-bin/media/get", media_id=media_id))["errcode"] == 40007


async def test_materials_are_listed_and_deleted(wechat: Any) -> None:
    media_id = await wechat.cover()
    listed = await wechat.post("/cgi-bin/material/batchget_material", {"type": "image", "offset": 0, "count": 20})
    assert [item["media_id"] for item in listed["item"]] == [media_id]
    button = {"name": "图", "type": "media_id", "media_id": media_id}
    assert (await wechat.post("/cgi-bin/menu/create", {"button": [button]}))["errcode"] == 0
    assert (await wechat.post("/cgi-bin/material/del_material", {"media_id": media_id}))["errcode"] == 48005
    await wechat.get("/cgi-bin/menu/delete")
    assert (await wechat.post("/cgi-bin/material/del_material", {"media_id": media_id}))["errcode"] == 0
    assert (await wechat.get("/cgi-bin/material/get_materialcount"))["image_count"] == 0

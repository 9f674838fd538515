"""What a preview shows is what will be sent, and what a channel loses is said in words and marked in place."""

import html
import json
from typing import Any

from console.preflight import Preflight
from console.previews import Previewer
from disclosures.records import Disclosure, Revision
from publishers.port import WITHOUT_PICTURES, Sighting, Verdict
from tests.console.conftest import draft
from tests.console.test_a_disclosure_goes_its_whole_way_on_the_screen import PNG, fields, signed_in, written

WIDE = "| 街道 | 户数 | 人数 | 金额 | 时间 |\n| --- | --- | --- | --- | --- |\n| 东街 | 3 | 5 | 900 | 12月 |\n\n"
LINKED = "依据[社会救助暂行办法](https://www.gov.cn/zhengce/1.htm)发放，咨询[窗口](tel:0550-2200001)。\n\n" + WIDE


async def test_what_wechat_changes_is_said_and_marked_where_it_is(browser: Any) -> None:
    drafter, number = await written(browser, body=LINKED)
    assert "1 处链接不能点开" in drafter.text
    assert "1 处电话或邮箱链接改为文字" in drafter.text
    assert "1 张宽表格在手机上看不清，改为逐条排列（5 列、2 行）" in drafter.text
    where = f"/console/disclosures/{number}/preview/wechat"
    assert await drafter.get(where) == 200
    assert "<mark>" not in drafter.text
    plain = drafter.text
    assert await drafter.get(f"{where}?marks=1") == 200
    assert drafter.text.count("<mark>") == 3
    assert "<mark>社会救助暂行办法<sup>[1]</sup></mark>" in drafter.text
    note = '<p style="margin:0 0 16px"><mark>以下由宽表格改为逐条排列</mark></p>'
    assert drafter.text.replace(note, "").replace("<mark>", "").replace("</mark>", "") == plain, (
        "marked, not another text"
    )


async def test_a_plain_text_loses_nothing_and_says_so(browser: Any) -> None:
    drafter, _ = await written(browser)
    assert "没有不同：微信会按原样显示" in drafter.text


async def test_a_weibo_post_shows_its_link_its_count_and_where_it_is_too_long(browser: Any) -> None:
    drafter, number = await written(browser)
    assert ">网页链接</a>" in drafter.text
    assert "不会被折叠" in drafter.text
    await drafter.get(f"/console/disclosures/{number}/edit")
    long = fields(revision="1", weibo_text="供" * 200)
    assert await drafter.post(f"/console/disclosures/{number}", long) == 200
    over = drafter.text.split('<mark title="超出上限">', 1)[1].split("</mark>", 1)[0]
    assert over.startswith("供")
    assert len(over.split(" ")[0]) == 60, "140 characters before the limit, the link stands behind it"
    assert "微博会拒绝" in drafter.text


async def test_the_portal_page_is_the_portals_own(browser: Any, house: Any) -> None:
    drafter, number = await written(browser)
    assert await drafter.get(f"/console/disclosures/{number}/preview/portal") == 200
    assert "/static/portal/portal.css" in drafter.text
    assert "每户300元" in drafter.text
    assert "发布时间：2026-11-23 09:30" in drafter.text
    assert "script-src" not in drafter.headers["Content-Security-Policy"]
    assert drafter.headers["X-Frame-Options"] == "SAMEORIGIN"


async def test_an_unsaved_text_is_shown_whole_and_stored_nowhere(browser: Any) -> None:
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/disclosures/new")
    typed = fields(title="尚未保存的<b>标题</b>", body="<script>alert(1)</script>\n\n尚未保存的话。")
    assert await drafter.post("/console/preview", typed) == 200
    assert "尚未保存的&lt;b&gt;标题" in drafter.text
    frames = [html.unescape(part.split('"', 1)[0]) for part in drafter.text.split('srcdoc="')[1:]]
    assert len(frames) == 3, "portal, article, marked article"
    for frame in frames:
        assert "尚未保存的话。" in frame
        assert "<script>alert" not in frame
    assert "allow-scripts" not in drafter.text
    assert await Disclosure.all().count() == await Revision.all().count() == 0


async def test_an_unsaved_text_that_cannot_be_shown_says_why(browser: Any) -> None:
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/disclosures/new")
    assert await drafter.post("/console/preview", fields(formed_on="昨天")) == 422
    assert "成文日期“昨天”无法识别" in drafter.text
    missing = fields(body=f"![图](/files/{'a' * 64}/没有.png)")
    assert await drafter.post("/console/preview", missing) == 422
    assert "不在文件库中" in drafter.text


async def test_what_saving_took_from_a_pasted_text_is_said(browser: Any) -> None:
    pasted = "<p onclick='x()'>各街道：</p><video src='a.mp4'></video><iframe src='https://a.example/'></iframe><p>照办。</p>"
    drafter, _ = await written(browser, body=pasted, body_format="html")
    assert "原稿中的音频或视频" in drafter.text
    assert "原稿中的嵌入的网页或对象，1 处；保存时已去掉" in drafter.text
    assert json.dumps((await Revision.get(number=1)).content).count("video") == 0


async def test_the_choice_for_a_refused_picture_is_signed_and_its_outcome_is_told(browser: Any, house: Any) -> None:
    file = await house.files.put(PNG, "map.png", "image/png", by=house.people["nigao"].actor, title="图")
    chosen = {
        "wechat_on_picture_failure": "text",
        "weibo_on_picture_failure": "text",
        "body": f"![图]({file.path})\n\n见图。",
    }
    drafter, number = await written(browser, **chosen)
    assert "图片或封面被平台拒收时：只发文字" in drafter.text
    content = (await Revision.get(number=1)).content
    assert content["wechat"]["on_picture_failure"] == content["weibo"]["on_picture_failure"] == "text"
    await drafter.get(f"/console/disclosures/{number}/edit")
    assert drafter.text.count('value="text" checked') == 2
    await drafter.post(f"/console/disclosures/{number}/submit", {"declared": "yes"})
    await signed_by_all(browser, number)
    house.weibo.outcome = Sighting(
        verdict=Verdict.PUBLISHED, external_id="W1", facts={WITHOUT_PICTURES: "图片格式不受支持"}
    )
    publisher = await signed_in(browser, "fabu")
    await publisher.get(f"/console/disclosures/{number}")
    form = [("when", "now"), ("channels", "portal"), ("channels", "weibo")]
    assert await publisher.post(f"/console/disclosures/{number}/schedule", form) == 200
    await house.dispatcher.settle_down()
    await publisher.get("/console/releases/1")
    assert "未带图片：图片格式不受支持。按送审时的选择，只发了文字。" in publisher.text


async def signed_by_all(browser: Any, number: int) -> None:
    for name in ("chushen", "fushen", "zhongshen"):
        reviewer = await signed_in(browser, name)
        await reviewer.get(f"/console/disclosures/{number}")
        seen = reviewer.text.split('name="content_hash" value="', 1)[1].split('"', 1)[0]
        assert await reviewer.post(f"/console/disclosures/{number}/approve", {"content_hash": seen}) == 200


async def test_another_system_is_told_the_same(call: Any) -> None:
    number = (await call("nigao")("POST", "/disclosures", {**draft(), "body_markdown": LINKED})).body["id"]
    told = (await call("chushen")("GET", f"/disclosures/{number}/preview")).body
    assert told["wechat"]["removed"] == []
    assert any("1 处链接不能点开" in line for line in told["wechat"]["changed"])
    assert "<mark>" not in told["wechat"]["content_html"]
    assert (told["weibo"]["over"], told["weibo"]["limit"]) == (0, 140)
    assert told["weibo"]["text"].endswith(f"/d/{number}")
    assert "社会救助暂行办法" in told["portal"]["body_html"]


async def test_a_portal_of_another_system_is_not_pretended(browser: Any, house: Any) -> None:
    drafter, number = await written(browser)
    assert 'id="preview-portal"' in drafter.text
    preflight = Preflight(desk=house.desk, channels=house.channels, page_url=house.page_url)
    previewer = Previewer(preflight=preflight, page_url=house.page_url, site_name="某区")
    found = await previewer.previews((await house.desk.sheet(number)).content, number, pages=True)
    assert (found.has_portal_page, found.portal_page) == (False, "")
    assert found.portal is not None, "the text itself is shown all the same"

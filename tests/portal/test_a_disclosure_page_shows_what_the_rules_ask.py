"""The meta tags of 国办发〔2017〕47号, the metadata box, links both ways, the public history."""

from lxml import html


async def page_of(client, path, status=200):
    answer = await client.get(path)
    assert answer.status == status, await answer.text()
    return html.fromstring(await answer.text())


def tags_of(page):
    return {meta.get("name"): meta.get("content") for meta in page.xpath("//meta[@name]")}


async def test_all_three_levels_of_tags_stand_in_an_article(client, press, columns):
    await press.publish(1)
    tags = tags_of(await page_of(client, "/d/1"))
    assert tags["SiteName"] == "明白区人民政府"
    assert tags["SiteDomain"] == "www.mingbai.example"
    assert tags["SiteIDCode"] == "3301000001"
    assert tags["ColumnName"] == "社会救助"
    assert tags["ColumnDescription"] == "社会救助的说明"
    assert tags["ColumnKeywords"] == "社会救助,公开"
    assert tags["ColumnType"] == "信息公开目录"
    assert tags["ArticleTitle"] == "关于调整最低生活保障标准的通知"
    assert tags["PubDate"] == "2026-11-23 09:30"
    assert tags["ContentSource"] == "区民政局"
    assert tags["Keywords"] == "低保,标准"
    assert tags["Url"] == "https://www.mingbai.example/d/1"


async def test_every_page_bears_the_site_tags_and_every_list_its_column(client, press, columns):
    await press.publish(1)
    for path in ("/", "/c/jiuzhu", "/u/区民政局", "/map", "/search", "/chat"):
        tags = tags_of(await page_of(client, path))
        assert tags["SiteIDCode"] == "3301000001"
        assert all(tags[name] for name in ("ColumnName", "ColumnDescription", "ColumnKeywords", "ColumnType")), path
    assert tags_of(await page_of(client, "/"))["ColumnType"] == "首页"


async def test_the_box_shows_the_metadata(client, press, columns):
    await press.publish(1)
    page = await page_of(client, "/d/1")
    rows = {row.find("dt").text: row.find("dd").text for row in page.xpath("//dl[@class='metadata']/div")}
    assert rows["索引号"] == "11330100000000000X/2026-00001"
    assert rows["分类"] == "法定主动公开内容 / 社会救助"
    assert rows["发布机构"] == "区民政局"
    assert rows["成文日期"] == "2026年11月20日"
    assert rows["发布日期"] == "2026年11月23日"
    assert rows["文号"] == "明政发〔2026〕12号"
    assert rows["有效性"] == "有效"
    assert rows["内容概述"] == "调整低保标准。"
    assert rows["关键词"] == "低保、标准"
    assert page.xpath("//article//h1")[0].text == "关于调整最低生活保障标准的通知"


async def test_document_and_interpretation_link_to_each_other(client, press):
    await press.publish(1)
    assert not (await page_of(client, "/d/1")).xpath("//a[@rel='related']")
    await press.publish(2, title="标准调整的解读", interprets=1)
    assert (await page_of(client, "/d/1")).xpath("//a[@rel='related']/@href") == ["/d/2"]
    assert (await page_of(client, "/d/2")).xpath("//a[@rel='related']/@href") == ["/d/1"]
    await press.retract(2)
    assert not (await page_of(client, "/d/1")).xpath("//a[@rel='related']")


async def test_a_correction_shows_in_the_history_and_keeps_the_first_date(client, press):
    await press.publish(1)
    await press.publish(1, body_html="<p>自7月1日起，标准调整为每人每月1060元。</p>", minutes=24 * 60)
    page = await page_of(client, "/d/1")
    assert tags_of(page)["PubDate"] == "2026-11-23 09:30"
    history = page.xpath("//section[@class='history']")[0].text_content()
    assert "更正" in history
    assert "2026-11-24 09:30" in history
    assert "改动：正文" in history
    assert "1060元" in history
    assert "1040元" not in history, "a correction may remove what should never have been public"


async def test_links_that_leave_the_site_say_so(client, press):
    await press.publish(1, body_html='<p><a href="https://elsewhere.example/x">外站</a><a href="/d/2">本站</a></p>')
    page = await page_of(client, "/d/1")
    outside, inside = page.xpath("//div[@class='text']//a")
    assert "noopener" in outside.get("rel")
    assert "站外链接" in outside.text_content()
    assert inside.text_content() == "本站"


async def test_attachments_show_their_size_and_can_be_fetched(client, press):
    form = await press.store(b"x" * 2048, name="申请 表.docx", media_type="application/msword", title="申请表")
    await press.publish(1, attachments=(form,))
    page = await page_of(client, "/d/1")
    link = page.xpath("//section[@class='attachments']//a")[0]
    assert link.text == "申请表"
    assert "2 KB" in link.getparent().text_content()
    assert await (await client.get(link.get("href"))).read() == b"x" * 2048


async def test_no_page_has_an_inline_script_or_style(client, press, columns):
    await press.publish(1, body_html="<p style='color:red' onclick='x()'>正文</p><script>alert(1)</script>")
    for path in ("/", "/d/1", "/c/jiuzhu", "/search?q=正文", "/chat", "/map"):
        page = await page_of(client, path)
        assert not page.xpath("//style | //@style | //script[not(@src)]"), path
        assert not page.xpath("//@*[starts-with(name(), 'on')]"), path


async def test_the_navigation_keeps_the_statutory_order_and_leaves_empty_columns_out(client, press, columns):
    await press.publish(1)
    for number, category in enumerate(("信息公开年报", "信息公开指南", "依申请公开"), start=2):
        await press.publish(number, title=category, category=category)
    names = (await page_of(client, "/")).xpath("//nav[@aria-labelledby='statutory']//a/text()")
    assert names == ["政府信息公开指南", "法定主动公开内容", "政府信息公开年报", "依申请公开"]


async def test_a_column_lists_what_lies_below_it_with_paging(client, press, columns):
    for number in range(1, 24):
        await press.publish(number, title=f"第{number}件", minutes=number)
    first = await page_of(client, "/c/fading")
    assert first.xpath("//a[@class='disclosure']/text()")[0] == "第23件"
    assert len(first.xpath("//a[@class='disclosure']")) == 20
    second = await page_of(client, first.xpath("//a[@rel='next']/@href")[0].replace("?", "/c/fading?"))
    assert second.xpath("//a[@class='disclosure']/text()") == ["第3件", "第2件", "第1件"]
    assert (await client.get("/c/fading?page=3")).status == 404
    assert (await client.get("/c/nothing")).status == 404


async def test_the_sitemap_lists_public_pages_only(client, press, columns):
    await press.publish(1)
    await press.publish(2, title="撤回的")
    await press.retract(2)
    body = await (await client.get("/sitemap.xml")).text()
    assert "https://www.mingbai.example/d/1<" in body
    assert "/d/2<" not in body
    assert "Sitemap: https://www.mingbai.example/sitemap.xml" in await (await client.get("/robots.txt")).text()

"""撤回 takes text and files away at once, on every replica, and still says what and why. 废止 leaves the text."""

from lxml import html
from tortoise.transactions import in_transaction

from publishers.portal.channel import PortalChannel
from publishers.records import PortalPage


async def test_a_withdrawn_page_is_410_with_its_explanation_and_without_its_text(client, press):
    await press.publish(1, summary="概述里有秘密甲")
    await press.publish(1, body_html="<p>正文里有秘密乙。</p>", summary="概述里有秘密甲", minutes=5)
    await press.retract(1, explanation="名单超出公开范围，现予撤回。")
    answer = await client.get("/d/1")
    text = await answer.text()
    assert answer.status == 410
    assert "名单超出公开范围，现予撤回。" in text
    assert "关于调整最低生活保障标准的通知" in text
    assert "11330100000000000X/2026-00001" in text
    assert "秘密" not in text
    assert "noindex" in text


async def test_a_withdrawn_page_is_not_found_by_search_nor_listed(client, press):
    await press.publish(1)
    await press.retract(1)
    for path in ("/search?q=低保", "/c/社会救助", "/u/区民政局", "/sitemap.xml"):
        assert '/d/1"' not in await (await client.get(path)).text()


async def test_a_repealed_page_stays_readable_under_a_clear_banner(client, press):
    await press.publish(1)
    await press.retract(1, explanation="由新办法替代。", repealed=True)
    answer = await client.get("/d/1")
    page = html.fromstring(await answer.text())
    assert answer.status == 200
    assert "已废止" in page.xpath("//div[contains(@class, 'banner-repealed')]")[0].text_content()
    assert "由新办法替代。" in page.xpath("//div[contains(@class, 'banner-repealed')]")[0].text_content()
    assert "1040元" in page.text_content()


async def test_repealing_never_makes_a_withdrawn_page_public_again(client, press):
    await press.publish(1)
    await press.retract(1)
    await press.retract(1, repealed=True)
    assert (await client.get("/d/1")).status == 410


async def test_a_page_that_never_was_is_404(client):
    assert (await client.get("/d/99")).status == 404


async def test_retracting_what_was_never_published_is_no_error(database, clock):
    async with in_transaction() as connection:
        await PortalChannel(site_name="明白区").retract(
            connection, 7, explanation="无", repealed=False, now=clock.moment
        )
    assert await PortalPage.all().count() == 0


async def test_a_file_is_public_only_while_a_public_page_shows_it_on_every_replica(serve, press):
    one, two = await serve(), await serve()
    picture = await press.store(b"\x89PNG...", name="图 解.png", media_type="image/png", title="流程图")
    address = f"/files/{picture.sha256}/图 解.png"
    assert (await one.get(address)).status == 404
    await press.publish(1, body_html=f'<p><img src="{picture.path}" alt="流程图"></p>', pictures=(picture,))
    for client in (one, two):
        answer = await client.get(address)
        assert answer.status == 200
        assert await answer.read() == b"\x89PNG..."
    await press.retract(1)
    for client in (one, two):
        assert (await client.get(address)).status == 404


async def test_a_correction_that_drops_an_attachment_closes_the_file(client, press):
    sheet = await press.store(b"names", name="名单.xlsx", media_type="application/vnd.ms-excel", title="名单")
    await press.publish(1, attachments=(sheet,))
    assert (await client.get(f"/files/{sheet.sha256}/名单.xlsx")).status == 200
    await press.publish(1, attachments=(), minutes=1)
    assert (await client.get(f"/files/{sheet.sha256}/名单.xlsx")).status == 404


async def test_a_kept_copy_asks_each_time_and_hears_that_the_file_is_gone(client, press):
    """A browser or a proxy between: it may keep the bytes, but not show them without asking."""
    old = await press.store(
        b"names with numbers", name="名单.xlsx", media_type="application/vnd.ms-excel", title="名单"
    )
    new = await press.store(b"names", name="名单.xlsx", media_type="application/vnd.ms-excel", title="名单")
    await press.publish(1, attachments=(old,))
    answer = await client.get(f"/files/{old.sha256}/名单.xlsx")
    assert answer.headers["Cache-Control"] == "public, no-cache"
    kept = {"If-None-Match": answer.headers["ETag"]}
    assert (await client.get(f"/files/{old.sha256}/名单.xlsx", headers=kept)).status == 304
    await press.publish(1, attachments=(new,), minutes=1)
    assert (await client.get(f"/files/{old.sha256}/名单.xlsx", headers=kept)).status == 404
    assert (await client.get(f"/files/{new.sha256}/名单.xlsx")).status == 200


async def test_files_are_served_so_that_no_browser_runs_them(client, press):
    page = await press.store(b"<script>alert(1)</script>", name="页.html", media_type="text/html", title="网页")
    drawing = await press.store(b"<svg/>", name="图.svg", media_type="image/svg+xml", title="图")
    picture = await press.store(b"PNG", name="图.png", media_type="image/png", title="图")
    await press.publish(1, attachments=(page, drawing, picture))
    for file, place in ((page, "attachment"), (drawing, "attachment"), (picture, "inline")):
        answer = await client.get(f"/files/{file.sha256}/{file.file_name}")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"].startswith(place)
        assert answer.content_type == file.media_type
        again = await client.get(
            f"/files/{file.sha256}/{file.file_name}", headers={"If-None-Match": answer.headers["ETag"]}
        )
        assert again.status == 304
    assert (await client.get(f"/files/{picture.sha256}/other.png")).status == 404
    assert (await client.get("/files/zzz/x.png")).status == 404

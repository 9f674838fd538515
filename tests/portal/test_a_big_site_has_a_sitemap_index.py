"""Beyond 50 000 addresses the sitemap becomes an index; here the limit is lowered to three."""

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from portal.feed_pages import FeedPages


async def test_every_address_stands_in_exactly_one_part(press, site):
    for number in range(1, 8):
        await press.publish(number)
    app = web.Application()
    app.add_routes([web.get("/sitemap.xml", FeedPages(site=site, urls_per_sitemap=3).sitemap)])
    async with TestClient(TestServer(app)) as client:
        index = await (await client.get("/sitemap.xml")).text()
        assert "<sitemapindex" in index
        parts = [
            part.partition("</loc>")[0].removeprefix("https://www.mingbai.example") for part in index.split("<loc>")[1:]
        ]
        assert len(parts) == 3
        found = []
        for part in parts:
            body = await (await client.get(part)).text()
            assert "<urlset" in body
            found += [piece.partition("</loc>")[0].rpartition("/")[2] for piece in body.split("<loc>")[1:]]
        assert sorted(found, key=int) == [str(number) for number in range(1, 8)]

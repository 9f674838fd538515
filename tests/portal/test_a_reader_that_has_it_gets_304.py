"""Conditional GET (RFC 9110 §13): strong tags that are the same on every replica, 304 without a body, HEAD."""

import pytest

FEEDS = ("/feed.atom", "/feed.rss", "/feed.json")


@pytest.mark.parametrize("path", FEEDS)
async def test_two_replicas_give_the_same_strong_tag(path, serve, press):
    await press.publish(1)
    one, two = await serve(), await serve()
    tag = (await one.get(path)).headers["ETag"]
    assert tag.startswith('"')
    assert (await two.get(path, headers={"Host": "other.example"})).headers["ETag"] == tag


@pytest.mark.parametrize("path", [*FEEDS, "/", "/d/1", "/sitemap.xml"])
async def test_a_known_tag_gets_304_without_a_body_but_with_its_headers(path, client, press):
    await press.publish(1)
    first = await client.get(path)
    again = await client.get(path, headers={"If-None-Match": f'"something-else", {first.headers["ETag"]}'})
    assert again.status == 304
    assert await again.read() == b""
    for name in ("ETag", "Cache-Control", "Vary"):
        assert again.headers[name] == first.headers[name]
    assert "max-age=60" in first.headers["Cache-Control"]


@pytest.mark.parametrize("path", FEEDS)
async def test_any_change_changes_the_tag(path, client, press):
    tags = [(await client.get(path)).headers["ETag"]]
    await press.publish(1)
    tags.append((await client.get(path)).headers["ETag"])
    await press.publish(1, summary="换了概述", minutes=5)
    tags.append((await client.get(path)).headers["ETag"])
    await press.retract(1, explanation="撤回")
    tags.append((await client.get(path)).headers["ETag"])
    assert len(set(tags)) == 4


async def test_if_none_match_goes_before_if_modified_since(client, press):
    await press.publish(1)
    since = (await client.get("/feed.atom")).headers["Last-Modified"]
    assert (await client.get("/feed.atom", headers={"If-Modified-Since": since})).status == 304
    stale = {"If-Modified-Since": since, "If-None-Match": '"an-older-one"'}
    assert (await client.get("/feed.atom", headers=stale)).status == 200
    await press.publish(2, title="新的", minutes=1)
    assert (await client.get("/feed.atom", headers={"If-Modified-Since": since})).status == 200


@pytest.mark.parametrize("path", FEEDS)
async def test_head_says_what_get_would_say(path, client, press):
    await press.publish(1)
    get, head = await client.get(path), await client.head(path)
    assert head.status == 200
    assert await head.read() == b""
    for name in ("ETag", "Last-Modified", "Content-Type", "Content-Length", "Link"):
        assert head.headers[name] == get.headers[name]

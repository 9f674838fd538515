"""Every feed is checked against what its standard requires, with a validator of our own."""

import json
import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest
from lxml import etree

A = "{http://www.w3.org/2005/Atom}"
AT = "{http://purl.org/atompub/tombstones/1.0}"
ZW = "{urn:x-mingbai:zwgk:1.0}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00")
TAG = re.compile(r"tag:www\.mingbai\.example,2026:disclosure/\d+")


def one(node, name):
    found = node.findall(name)
    assert len(found) == 1, f"{node.tag} needs exactly one {name}, has {len(found)}"
    return found[0].text


def absolute(url):
    parts = urlsplit(url)
    assert parts.scheme == "https", url
    assert parts.netloc, url


def validate_atom(body):
    """RFC 4287 §4.1: what a feed and an entry must and must not have."""
    root = etree.fromstring(body)
    assert root.tag == f"{A}feed"
    absolute(one(root, f"{A}id"))
    assert one(root, f"{A}title")
    assert RFC3339.fullmatch(one(root, f"{A}updated"))
    assert one(root.find(f"{A}author"), f"{A}name")
    relations = [link.get("rel") for link in root.findall(f"{A}link")]
    assert relations.count("self") == 1
    assert relations.count("alternate") == 1
    ids = [one(entry, f"{A}id") for entry in root.findall(f"{A}entry")]
    assert len(ids) == len(set(ids))
    for entry in root.findall(f"{A}entry"):
        assert TAG.fullmatch(one(entry, f"{A}id"))
        assert one(entry, f"{A}title")
        assert RFC3339.fullmatch(one(entry, f"{A}updated"))
        assert RFC3339.fullmatch(one(entry, f"{A}published"))
        assert one(entry, f"{A}updated") >= one(entry, f"{A}published")
        assert len(entry.findall(f"{A}summary")) <= 1
        assert len(entry.findall(f"{A}content")) == 1
        assert entry.find(f"{A}content").get("type") == "html"
        for link in entry.findall(f"{A}link"):
            absolute(link.get("href"))
        assert all(category.get("term") for category in entry.findall(f"{A}category"))
    for grave in root.findall(f"{AT}deleted-entry"):
        assert TAG.fullmatch(grave.get("ref"))
        assert RFC3339.fullmatch(grave.get("when"))
        assert grave.get("ref") not in ids
    return root


def validate_rss(body):
    """RSS 2.0: title, link, description of the channel; title or description of an item; RFC 822 dates."""
    root = etree.fromstring(body)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    channel = root.find("channel")
    assert len(root.findall("channel")) == 1
    for name in ("title", "link", "description", "language", "lastBuildDate"):
        assert one(channel, name)
    assert parsedate_to_datetime(one(channel, "lastBuildDate")).utcoffset().total_seconds() == 8 * 3600
    for item in channel.findall("item"):
        assert one(item, "title")
        assert one(item, "description")
        absolute(one(item, "link"))
        assert item.find("guid").get("isPermaLink") == "false"
        assert TAG.fullmatch(one(item, "guid"))
        assert parsedate_to_datetime(one(item, "pubDate")).utcoffset().total_seconds() == 8 * 3600
        assert len(item.findall("enclosure")) <= 1
        for enclosure in item.findall("enclosure"):
            absolute(enclosure.get("url"))
            assert enclosure.get("length").isdigit()
            assert "/" in enclosure.get("type")
    return channel


def validate_json(body):
    """JSON Feed 1.1: version, title, items; ids are strings; every item has content; extensions begin with _."""
    document = json.loads(body)
    known = {
        "version",
        "title",
        "home_page_url",
        "feed_url",
        "description",
        "user_comment",
        "next_url",
        "icon",
        "favicon",
        "authors",
        "language",
        "expired",
        "hubs",
        "items",
    }
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert document["title"]
    assert isinstance(document["items"], list)
    assert all(name in known or re.match(r"_[a-zA-Z]", name) for name in document)
    assert document.get("next_url") != document["feed_url"]
    ids = [item["id"] for item in document["items"]]
    assert len(ids) == len(set(ids))
    for item in document["items"]:
        assert isinstance(item["id"], str)
        assert TAG.fullmatch(item["id"])
        assert item.get("content_html") or item.get("content_text")
        absolute(item["url"])
        assert datetime.fromisoformat(item["date_published"]).utcoffset().total_seconds() == 8 * 3600
        assert datetime.fromisoformat(item["date_modified"]).utcoffset() is not None
        assert all(author["name"] for author in item["authors"])
        for file in item.get("attachments", ()):
            absolute(file["url"])
            assert file["mime_type"]
            assert isinstance(file["size_in_bytes"], int)
    return document


VALIDATORS = {
    "/feed.atom": ("application/atom+xml", validate_atom),
    "/feed.rss": ("application/rss+xml", validate_rss),
    "/feed.json": ("application/feed+json", validate_json),
}


@pytest.mark.parametrize("path", VALIDATORS)
async def test_a_feed_with_everything_in_it_is_valid(path, client, press):
    form = await press.store(b"%PDF-1.4", name="申请 表.pdf", media_type="application/pdf", title="申请表")
    await press.publish(1, attachments=(form,))
    await press.publish(2, title="政策解读", category="政策解读", interprets=1, minutes=1)
    await press.publish(3, title="将要撤回", minutes=2)
    await press.publish(4, title="将要废止", minutes=3)
    await press.retract(3)
    await press.retract(4, repealed=True)
    answer = await client.get(path)
    media_type, validate = VALIDATORS[path]
    assert answer.status == 200
    assert answer.content_type == media_type
    validate(await answer.read())


@pytest.mark.parametrize("path", VALIDATORS)
async def test_an_empty_feed_is_valid_too(path, client):
    answer = await client.get(path)
    assert answer.status == 200
    VALIDATORS[path][1](await answer.read())


@pytest.mark.parametrize("path", VALIDATORS)
async def test_control_characters_never_break_a_feed(path, client, press):
    await press.publish(
        1, title="标题\x0b有\x00控制\ufffe字符", body_html="<p>正文\x08也有 & <b>粗</b>\x1f</p>", summary="\x01概述"
    )
    await press.publish(2, title="撤\x02回")
    await press.retract(2, explanation="说\x03明")
    body = await (await client.get(path)).read()
    VALIDATORS[path][1](body)
    assert "标题有控制字符" in body.decode()


async def test_the_entry_carries_the_metadata_of_government_information(client, press):
    await press.publish(1)
    entry = validate_atom(await (await client.get("/feed.atom")).read()).find(f"{A}entry")
    assert entry.find(f"{ZW}indexNo").text == "11330100000000000X/2026-00001"
    assert entry.find(f"{ZW}documentNo").text == "明政发〔2026〕12号"
    assert entry.find(f"{ZW}issuer").text == "区民政局"
    assert entry.find(f"{ZW}validity").text == "有效"
    item = validate_json(await (await client.get("/feed.json")).read())["items"][0]
    assert item["_zwgk"]["index_number"] == "11330100000000000X/2026-00001"
    assert item["_zwgk"]["formed_on"] == "2026-11-20"


async def test_addresses_in_the_content_are_absolute(client, press):
    await press.publish(1)
    item = (await (await client.get("/feed.json")).json(content_type=None))["items"][0]
    assert 'href="https://www.mingbai.example/d/2"' in item["content_html"]


async def test_the_id_stays_when_title_and_index_number_change_and_only_updated_moves(client, press):
    await press.publish(1)
    before = validate_atom(await (await client.get("/feed.atom")).read()).find(f"{A}entry")
    await press.publish(1, title="更正后的标题", index_number="11330100000000000X/2026-00077", minutes=90)
    after = validate_atom(await (await client.get("/feed.atom")).read()).find(f"{A}entry")
    assert one(after, f"{A}id") == one(before, f"{A}id")
    assert one(after, f"{A}published") == one(before, f"{A}published") == "2026-11-23T09:30:00+08:00"
    assert one(after, f"{A}updated") == "2026-11-23T11:00:00+08:00"


async def test_a_withdrawn_page_becomes_a_tombstone_in_every_feed(client, press):
    await press.publish(1)
    await press.publish(2, title="留下的", minutes=1)
    await press.retract(1, explanation="数据有误，现予撤回。", minutes=30)
    atom = validate_atom(await (await client.get("/feed.atom")).read())
    grave = atom.find(f"{AT}deleted-entry")
    assert grave.get("ref") == "tag:www.mingbai.example,2026:disclosure/1"
    assert grave.get("when") == "2026-11-23T10:00:00+08:00"
    assert "数据有误" in grave.find(f"{AT}comment").text
    assert [one(e, f"{A}title") for e in atom.findall(f"{A}entry")] == ["留下的"]
    assert atom.find(f"{A}updated").text == "2026-11-23T10:00:00+08:00"
    document = validate_json(await (await client.get("/feed.json")).read())
    assert [gone["id"] for gone in document["_zwgk"]["withdrawn"]] == ["tag:www.mingbai.example,2026:disclosure/1"]
    assert [item["title"] for item in document["items"]] == ["留下的"]
    channel = validate_rss(await (await client.get("/feed.rss")).read())
    assert channel.find(f"{AT}deleted-entry") is not None
    assert len(channel.findall("item")) == 1


async def test_a_repealed_page_stays_and_says_so(client, press):
    await press.publish(1)
    await press.retract(1, repealed=True)
    atom = validate_atom(await (await client.get("/feed.atom")).read())
    assert atom.find(f"{AT}deleted-entry") is None
    assert atom.find(f"{A}entry/{ZW}validity").text == "废止"


async def test_a_page_published_again_rises_from_its_grave(client, press):
    await press.publish(1)
    await press.retract(1)
    await press.publish(1, title="更正后重新公开", minutes=120)
    atom = validate_atom(await (await client.get("/feed.atom")).read())
    assert atom.find(f"{AT}deleted-entry") is None
    assert one(atom.find(f"{A}entry"), f"{A}title") == "更正后重新公开"


async def test_paging_shows_every_item_once(client, press):
    for number in range(1, 46):
        await press.publish(number, title=f"第{number}件", minutes=number)
    seen, path, feed_addresses = [], "/feed.json", set()
    while path:
        document = validate_json(await (await client.get(path)).read())
        seen += [item["title"] for item in document["items"]]
        following = document.get("next_url", "")
        assert following not in feed_addresses
        feed_addresses.add(following)
        path = following.removeprefix("https://www.mingbai.example")
    assert seen == [f"第{number}件" for number in range(45, 0, -1)]
    middle = validate_atom(await (await client.get("/feed.atom?page=2")).read())
    links = {link.get("rel"): link.get("href") for link in middle.findall(f"{A}link")}
    assert links["next"].endswith("/feed.atom?page=3")
    assert links["previous"].endswith("/feed.atom")
    assert links["last"].endswith("/feed.atom?page=3")
    last = validate_atom(await (await client.get("/feed.atom?page=3")).read())
    assert "next" not in {link.get("rel") for link in last.findall(f"{A}link")}
    assert (await client.get("/feed.atom?page=4")).status == 404


async def test_a_feed_of_one_column_holds_that_column_only(client, press):
    await press.publish(1)
    await press.publish(2, title="另一栏目", category="政策解读")
    document = validate_json(await (await client.get("/feed.json", params={"category": "政策解读"})).read())
    assert [item["title"] for item in document["items"]] == ["另一栏目"]


async def test_the_hub_stands_in_the_headers_and_in_the_document(client, press):
    await press.publish(1)
    answer = await client.get("/feed.atom")
    assert '<https://hub.mingbai.example/>; rel="hub"' in answer.headers["Link"]
    assert '<https://www.mingbai.example/feed.atom>; rel="self"' in answer.headers["Link"]
    atom = validate_atom(await answer.read())
    assert [link.get("href") for link in atom.findall(f"{A}link") if link.get("rel") == "hub"] == [
        "https://hub.mingbai.example/"
    ]
    document = await (await client.get("/feed.json")).json(content_type=None)
    assert document["hubs"] == [{"type": "WebSub", "url": "https://hub.mingbai.example/"}]

"""The portal's search: every word counts, newest first, hits are marked, and nothing of the query becomes markup."""

import pytest
from lxml import html


async def search(client, query, status=200):
    answer = await client.get("/search", params={"q": query})
    assert answer.status == status
    return html.fromstring(await answer.text())


def titles(page):
    return [link.text_content() for link in page.xpath("//a[@class='disclosure']")]


async def test_all_words_must_be_there_and_the_newest_comes_first(client, press):
    await press.publish(1, title="低保标准通知", body_html="<p>甲</p>", summary="")
    await press.publish(2, title="低保办理指南", body_html="<p>标准见附表</p>", summary="", minutes=1)
    await press.publish(3, title="养老金调整", body_html="<p>养老</p>", summary="", keywords=(), minutes=2)
    assert titles(await search(client, "低保 标准")) == ["低保办理指南", "低保标准通知"]
    assert titles(await search(client, "养老")) == ["养老金调整"]
    assert titles(await search(client, "明政发〔2026〕12号 养老")) == ["养老金调整"]
    assert titles(await search(client, "没有这个词")) == []


async def test_the_hits_are_marked(client, press):
    await press.publish(1)
    marks = (await search(client, "1040元")).xpath("//mark/text()")
    assert "1040元" in marks


@pytest.mark.parametrize(
    "query",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' OR 1=1 --",
        "%",
        "_",
        "\\",
        "{{ 7*7 }}",
        ".*",
        "(",
    ],
)
async def test_hostile_queries_are_only_words(client, press, query):
    await press.publish(1)
    page = await search(client, query)
    assert not page.xpath("//script[not(@src)]")
    assert not page.xpath("//img[@src='x']")
    assert titles(page) == []
    assert page.xpath("//input[@name='q']/@value") == [query]


async def test_a_hostile_title_stays_text_in_the_results(client, press):
    await press.publish(1, title="<b>粗</b>&<script>alert(1)</script>低保")
    page = await search(client, "低保")
    assert titles(page) == ["<b>粗</b>&<script>alert(1)</script>低保"]
    assert not page.xpath("//a[@class='disclosure']//b | //a[@class='disclosure']//script")


async def test_a_query_of_more_than_100_characters_is_refused_with_a_reason(client):
    page = await search(client, "长" * 101, status=400)
    assert "最多100字" in page.xpath("//*[@role='alert']")[0].text_content()


async def test_the_empty_search_shows_the_form(client):
    page = await search(client, "  ")
    assert page.xpath("//input[@name='q']")


async def test_case_does_not_matter_and_many_hits_can_be_paged_through(client, press):
    for number in range(1, 23):
        await press.publish(number, title=f"5G基站第{number}期", minutes=number)
    first = await search(client, "5g基站")
    assert titles(first)[0] == "5G基站第22期"
    assert len(titles(first)) == 20
    second = html.fromstring(await (await client.get("/search" + first.xpath("//a[@rel='next']/@href")[0])).text())
    assert titles(second) == ["5G基站第2期", "5G基站第1期"]

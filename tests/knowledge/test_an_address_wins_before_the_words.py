"""However an address is written and whoever forwarded it, it is the same page, and its entry is the answer."""

import time
from dataclasses import replace
from datetime import date

import pytest

from audit.actor import Actor
from knowledge.base import KnowledgeBase
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from knowledge.links import MOST, canonical, links_in, without_links

ARTICLE = "mp.weixin.qq.com/s?__biz=MzA5MDk&mid=2650&idx=1&sn=0a1b2c"


@pytest.mark.parametrize(
    ("said", "link"),
    [
        ("看https://www.example.gov.cn/d/12/这条", "example.gov.cn/d/12"),
        ("HTTP://Example.GOV.cn:80/d/12?from=timeline&utm_source=x#top，快看", "example.gov.cn/d/12"),
        ("ｈｔｔｐｓ：／／ｗｗｗ．ｅｘａｍｐｌｅ．ｇｏｖ．ｃｎ／ｄ／１２", "example.gov.cn/d/12"),
        ("example.gov.cn/d/12。是真的吗", "example.gov.cn/d/12"),
        ("（见 http://example.gov.cn/d/12）", "example.gov.cn/d/12"),
        ("http://example.gov.cn/d/%31%32", "example.gov.cn/d/12"),
        ("https://example.gov.cn/a?b=2&a=1&spm=9", "example.gov.cn/a?a=1&b=2"),
        ("https://example.gov.cn/%e5%85%ac", "example.gov.cn/%E5%85%AC"),
        (f"https://{ARTICLE}&chksm=ff&scene=21#wechat_redirect转发", ARTICLE),
        ("https://mp.weixin.qq.com/s?sn=0a1b2c&amp;idx=1&amp;mid=2650&amp;__biz=MzA5MDk", ARTICLE),
        ("mp.weixin.qq.com/s/AbC_d-1?scene=1", "mp.weixin.qq.com/s/AbC_d-1"),
        ("https://weibo.com/2000000001/z0JH2lOMb?refer_flag=1", "weibo.com/status/3501756485200075"),
        ("https://m.weibo.cn/status/3501756485200075", "weibo.com/status/3501756485200075"),
        ("http://t.cn/A6aBcD点开", "t.cn/A6aBcD"),
        ("http://127.0.0.1:8970/d/3", "127.0.0.1:8970/d/3"),
    ],
)  # fmt: skip
def test_one_page_has_one_form(said: str, link: str) -> None:
    assert links_in(said) == (link,)
    assert canonical(link) == link, "the form of a form is itself"


@pytest.mark.parametrize(
    "said",
    [
        "",
        "写信到zhang@example.com",
        "版本1.5.2",
        "满100.5元",
        "http://user:word@evil.example.com/",
        "http://[",
        "https://",
        "。cn",
    ],
)
def test_what_is_no_address_is_left_alone(said: str) -> None:
    assert links_in(said) == ()
    assert without_links(said) == said


def test_a_flood_of_addresses_is_capped_and_quick() -> None:
    began = time.perf_counter()
    assert len(links_in(" ".join(f"https://example.com/{n}" for n in range(500)))) == MOST
    for hostile in ("a" * 5000, "a." * 2500, "https://" * 800, "a-" * 2500 + ".cn", "http://" + "(" * 5000):
        links_in(hostile)
    assert time.perf_counter() - began < 1


def test_the_words_beside_an_address_are_read_without_it() -> None:
    assert without_links("自来水要停七天 https://t.cn/A6aBcD 是真的吗") == "自来水要停七天 是真的吗"
    assert without_links("https://t.cn/A6aBcD") == "https://t.cn/A6aBcD"


@pytest.fixture
async def known(base: KnowledgeBase, curation: Curation, entries: list[Entry], actor: Actor) -> KnowledgeBase:
    dam = next(entry for entry in entries if entry.id == "rumour-dam")
    salt = next(entry for entry in entries if entry.id == "rumour-salt")
    others = [entry for entry in entries if entry not in (dam, salt)]
    await curation.put_entries(
        [
            *others,
            replace(dam, links=(f"https://{ARTICLE}&scene=1", "https://weibo.com/2000000001/z0JH2lOMb")),
            replace(salt, source_url="https://www.example.gov.cn/d/77"),
            replace(others[2], id="twice-a", title="甲事怎么办", source_url="https://law.example.gov.cn/x/5"),
            replace(others[3], id="twice-b", title="乙事怎么办", source_url="https://law.example.gov.cn/x/5"),
        ],
        actor=actor,
    )
    own = Entry(
        id="x", kind=EntryKind.faq, title="供暖补贴", body="每户300元。", source_url="https://www.example.gov.cn/d/9"
    )
    await curation.upsert_from_disclosure(9, own, actor=actor)
    await base.load()
    return base


@pytest.mark.parametrize(
    ("said", "entry"),
    [
        ("护照在哪里办理 https://mp.weixin.qq.com/s?__biz=MzA5MDk&mid=2650&idx=1&sn=0a1b2c&chksm=1", "rumour-dam"),
        ("https://m.weibo.cn/status/3501756485200075", "rumour-dam"),
        ("http://example.gov.cn/d/77/ 这个", "rumour-salt"),
        ("example.gov.cn/d/9说的是真的吗", "disclosure:9"),
    ],
)  # fmt: skip
async def test_a_known_address_is_the_answer(known: KnowledgeBase, today: date, said: str, entry: str) -> None:
    found = known.ask(said, today=today)
    assert (found.decision, found.hits[0].entry.id) == ("answer", entry)
    assert found.confidence > 0.95
    assert found.hits[0].why[0] == "链接相同"
    assert len({hit.entry.id for hit in found.hits}) == len(found.hits)


async def test_an_address_of_two_entries_is_asked_back(known: KnowledgeBase, today: date) -> None:
    found = known.ask("https://law.example.gov.cn/x/5", today=today)
    assert found.decision == "choose"
    assert {hit.entry.id for hit in found.hits[:2]} == {"twice-a", "twice-b"}


async def test_an_unknown_address_and_a_whole_site_decide_nothing(known: KnowledgeBase, today: date) -> None:
    assert known.ask("https://t.cn/unknown9", today=today).decision == "none"
    assert known.ask("www.example.gov.cn", today=today).decision == "none"


async def test_a_withdrawn_page_is_spoken_of_as_withdrawn(
    known: KnowledgeBase, curation: Curation, today: date, actor: Actor
) -> None:
    await curation.withdraw_disclosure(9, "数据有误", actor=actor)
    await known.refresh()
    found = known.ask("https://www.example.gov.cn/d/9", today=today)
    assert found.withdrawn is not None
    assert (found.withdrawn.id, found.withdrawn.body) == ("disclosure:9", "")

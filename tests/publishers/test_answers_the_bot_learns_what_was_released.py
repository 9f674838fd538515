from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.trail import Trail
from disclosures.content import Content
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from knowledge.records import KnowledgeEntry, KnowledgeState
from publishers.answers.channel import AnswersChannel
from publishers.answers.plain import plain_text
from publishers.port import Severity, Ticket, Verdict

PAGE = "https://portal.example.gov.cn/d/12"
NOW = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
"""Already the next day in Shanghai."""
BODY = (
    "<h2>一、标准</h2><p>城市低保标准为每人每月<strong>935</strong>元。</p><p>农村标准另行公布。<br>以文件为准。</p>"
    "<table><tr><th>类别</th><th>标准</th></tr><tr><td>城市</td><td>935元</td></tr></table><ul><li>材料一</li><li>材料二</li></ul>"
)
WORDS = "一、标准\n城市低保标准为每人每月935元。\n农村标准另行公布。\n以文件为准。\n城市，标准 935元。\n材料一\n材料二"


def content(**changes: Any) -> Content:
    values: dict[str, Any] = {
        "title": "关于提高低保标准的通知", "body_html": BODY, "department": "区民政局", "category": "政策文件",
        "formed_on": date(2026, 11, 20), "index_number": "1", "document_number": "区政发〔2026〕8号", "keywords": ("低保", " "),
    }  # fmt: skip
    return Content(**(values | changes))


@pytest.fixture
def curation(database: str, clock: Any) -> Curation:
    return Curation(clock=clock, trail=Trail())


@pytest.fixture
def channel(curation: Curation) -> AnswersChannel:
    return AnswersChannel(curation=curation)


def ticket(channel: AnswersChannel, disclosure_id: int = 12, **changes: Any) -> Ticket:
    payload = channel.render(content(**changes), page_url=PAGE).payload
    return Ticket(
        delivery_id=1, release_id=1, disclosure_id=disclosure_id, payload=payload, facts={}, page_url=PAGE, due_at=NOW
    )


async def release(channel: AnswersChannel, disclosure_id: int = 12, **changes: Any) -> Verdict:
    async with in_transaction() as connection:
        return (await channel.publish(connection, ticket(channel, disclosure_id, **changes), now=NOW)).verdict


async def retract(channel: AnswersChannel, disclosure_id: int = 12, *, repealed: bool = False) -> None:
    async with in_transaction() as connection:
        await channel.retract(connection, disclosure_id, explanation="数据有误", repealed=repealed, now=NOW)


async def test_the_released_text_becomes_an_entry_word_for_word(channel: AnswersChannel, curation: Curation) -> None:
    assert await release(channel) is Verdict.PUBLISHED
    assert await curation.entry("disclosure:12", today=TODAY) == Entry(
        id="disclosure:12", origin="disclosure:12", kind=EntryKind.policy, title="关于提高低保标准的通知", body=WORDS,
        keywords=("低保",), unit="区民政局", issuer="区民政局", source="《关于提高低保标准的通知》", source_url=PAGE,
        document_number="区政发〔2026〕8号", made_on=date(2026, 11, 20), published_on=TODAY,
    )  # fmt: skip


async def test_publishing_twice_leaves_one_and_changes_nothing(channel: AnswersChannel) -> None:
    await release(channel)
    before = await KnowledgeEntry.get()
    await release(channel)
    after = await KnowledgeEntry.get()
    assert (after.id, after.changed_in, after.body) == (before.id, before.changed_in, before.body)


async def test_a_rollback_of_the_ledger_unteaches(channel: AnswersChannel) -> None:
    async def fail() -> None:
        async with in_transaction() as connection:
            await channel.publish(connection, ticket(channel), now=NOW)
            raise RuntimeError("ledger")

    with pytest.raises(RuntimeError, match="ledger"):
        await fail()
    assert await KnowledgeEntry.all().count() == 0
    assert await KnowledgeState.all().count() == 0


async def test_a_curators_entry_is_never_overwritten_nor_withdrawn(channel: AnswersChannel, curation: Curation) -> None:
    own = Entry(id="dibao", kind=EntryKind.faq, title="关于提高低保标准的通知", body="管理员自己写的答复。")
    await curation.put_entries([own], actor=Actor.machine("测试"))
    await release(channel)
    await retract(channel)
    assert await curation.entry("dibao", today=TODAY) == own


async def test_what_is_withdrawn_stops_answering_in_the_same_transaction(
    channel: AnswersChannel,
    curation: Curation,
) -> None:
    await release(channel)
    await release(channel, 13)
    await retract(channel)
    assert await curation.entry("disclosure:12", today=TODAY) is None
    assert await curation.entry("disclosure:13", today=TODAY) is not None
    assert (await KnowledgeEntry.get(entry_id="disclosure:12")).withdrawn_because == "数据有误"
    await retract(channel, 99)


async def test_what_is_repealed_still_answers_and_says_so(channel: AnswersChannel, curation: Curation) -> None:
    await release(channel)
    await retract(channel, repealed=True)
    entry = await curation.entry("disclosure:12", today=TODAY)
    assert entry is not None
    assert (entry.validity, entry.in_force, entry.body) == ("废止", False, WORDS)
    await retract(channel, 99, repealed=True)


async def test_a_corrected_text_replaces_the_old_one_and_answers_again(
    channel: AnswersChannel,
    curation: Curation,
) -> None:
    await release(channel)
    await retract(channel)
    await release(channel, body_html="<p>更正后的标准为940元。</p>")
    entry = await curation.entry("disclosure:12", today=TODAY)
    assert entry is not None
    assert entry.body == "更正后的标准为940元。"


def test_categories_make_kinds_and_a_summary_comes_first(channel: AnswersChannel) -> None:
    for category, kind in (("通知公告", "faq"), ("规范性文件", "policy"), ("办事指南", "service"), ("辟谣澄清", "faq")):
        assert channel.render(content(category=category), page_url=PAGE).payload["entry"]["kind"] == kind
    told = channel.render(content(summary="标准提高到935元。"), page_url=PAGE).payload["entry"]["body"]
    assert told == f"标准提高到935元。\n{WORDS}"
    assert channel.render(content(summary="农村标准另行公布。"), page_url=PAGE).payload["entry"]["body"] == WORDS
    assert channel.render(content(), page_url=PAGE).sha256 == channel.render(content(), page_url=PAGE).sha256


def test_a_text_of_pictures_only_is_warned_about(channel: AnswersChannel) -> None:
    assert channel.check(content(), page_url=PAGE) == ()
    (problem,) = channel.check(content(body_html="<p><img src='/files/a/b.png' alt=''></p>"), page_url=PAGE)
    assert problem.severity is Severity.WARN


def test_what_is_not_text_is_not_said() -> None:
    assert (
        plain_text("<style>p{}</style><p>甲&nbsp;&amp;乙</p>\n<script>alert(1)</script><p> 丙  丁 </p>")
        == "甲 &乙\n丙 丁"
    )


def test_entries_are_values(channel: AnswersChannel) -> None:
    one = channel.render(content(), page_url=PAGE)
    assert one.sha256 != channel.render(replace(content(), title="另一个标题"), page_url=PAGE).sha256

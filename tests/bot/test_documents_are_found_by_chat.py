"""“教育局 2026 预算” in the chat: a list of what was published, five at a time, and never in the place of a sure answer."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from bot.conversation import Conversation
from bot.decision import Step
from bot.documents import Documents
from bot.measure import load_measures
from disclosures.catalogue import seed
from disclosures.content import Content
from publishers.port import Ticket
from publishers.portal.channel import PortalChannel

CONTENT = Content(
    title="",
    body_html="<p>正文。</p>",
    department="区教育局",
    category="财政预决算",
    formed_on=date(2026, 1, 20),
    index_number="1",
)
NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)


@pytest.fixture
async def library(database: str) -> Any:
    """Puts pages on the portal: number, title, when, and what else differs."""
    async with in_transaction() as connection:
        await seed(connection)
    channel = PortalChannel(site_name="示例区")

    async def publish(number: int, title: str, at: datetime, **changes: Any) -> None:
        content, url = replace(CONTENT, title=title, **changes), f"https://portal.example.gov.cn/d/{number}"
        ticket = Ticket(
            delivery_id=number, release_id=number, disclosure_id=number, facts={}, page_url=url, due_at=at,
            payload=channel.render(content, page_url=url).payload,
        )  # fmt: skip
        async with in_transaction() as connection:
            await channel.publish(connection, ticket, now=at)

    async def retract(number: int, *, repealed: bool) -> None:
        async with in_transaction() as connection:
            await channel.retract(connection, number, explanation="数据有误", repealed=repealed, now=NOW)

    jan = datetime(2026, 1, 25, 2, tzinfo=UTC)
    await publish(1, "区教育局2026年部门预算", jan, document_number="明教发〔2026〕3号")
    await publish(2, "区教育局2025年部门预算", jan - timedelta(days=365))
    await publish(3, "区教育局2025年度部门决算", jan + timedelta(days=200))
    await publish(4, "区财政局2026年部门预算", jan, department="区财政局")
    await publish(5, "区教育局预算绩效目标表", jan + timedelta(days=9))
    for number in range(10, 17):
        await publish(
            number,
            f"关于第{number}批救助的通知",
            jan + timedelta(days=number),
            department="区民政局",
            category="通知公告",
        )
    await publish(
        17, "关于救助站的公告", jan, department="区民政局", category="通知公告", body_html="<p>临时救助标准。</p>"
    )
    publish.retract = retract  # type: ignore[attr-defined]
    return publish


@pytest.fixture
def chat(conversation: Conversation, clock: Any, library: Any) -> Conversation:
    conversation._documents = Documents(
        clock=clock, page_url=lambda number: f"https://portal.example.gov.cn/d/{number}", measures=load_measures()
    )
    return conversation


async def say(chat: Conversation, text: str, *, channel: str = "wechat", sender: str = "o") -> Any:
    return await chat.answer(channel=channel, sender=sender, text=text)


async def test_unit_year_and_word_find_the_budget(chat: Conversation) -> None:
    turn = await say(chat, "教育局 2026 预算")
    assert turn.step is Step.DOCUMENTS
    assert turn.text.splitlines() == [
        "按“区教育局、2026年、预算”找到 2 份公开的文件，有效的在前，按时间从新到旧：",
        "·区教育局预算绩效目标表（2026-02-03，有效）",
        "https://portal.example.gov.cn/d/5",
        "·区教育局2026年部门预算（明教发〔2026〕3号，2026-01-25，有效）",
        "https://portal.example.gov.cn/d/1",
    ]
    assert turn.unanswered is None
    assert "部门决算" in (await say(chat, "教育局2025年决算")).text, "it was published in 2026, and is of 2025"


async def test_more_goes_on_where_the_list_was_left(chat: Conversation) -> None:
    first = await say(chat, "民政局最近的通知")
    assert ("第16批" in first.text, "第11批" in first.text, first.text.endswith("还有 2 份，回复“更多”继续看。")) == (
        True,
        False,
        True,
    )
    second = await say(chat, "更多")
    assert "第11批" in second.text
    assert "第10批" in second.text
    assert "回复“更多”" not in second.text
    assert (await say(chat, "更多")).step is Step.NO_MORE


async def test_what_was_withdrawn_is_not_found_and_what_was_repealed_stands_last(
    chat: Conversation, library: Any
) -> None:
    await library.retract(16, repealed=False)
    await library.retract(15, repealed=True)
    lines = (await say(chat, "民政局的通知")).text
    lines += (await say(chat, "更多")).text
    assert "第16批" not in lines
    assert lines.index("第10批") < lines.index("第15批")
    assert "2026-02-09，废止" in lines


async def test_a_sure_answer_is_never_replaced(chat: Conversation) -> None:
    assert (await say(chat, "低保的文件")).step is Step.ANSWER
    assert (await say(chat, "鹦鹉的文件")).step is Step.REPHRASE, "nothing was published about it"
    assert (await say(chat, "怎么办")).step is Step.CHOOSE


async def test_a_word_that_no_title_has_is_looked_for_in_the_texts(chat: Conversation) -> None:
    turn = await say(chat, "临时救助的公告")
    assert "关于救助站的公告" in turn.text


async def test_a_number_finds_its_document(chat: Conversation) -> None:
    for text in ("明教发〔2026〕3号", "帮我找 明教发2026 3号", "明教发(2026)第3号文件"):
        assert "区教育局2026年部门预算" in (await say(chat, text)).text
    assert (await say(chat, "明教发〔2026〕33号", sender="p")).step is Step.REPHRASE


async def test_every_channel_gets_what_fits_it(chat: Conversation, library: Any) -> None:
    for number in range(30, 38):
        await library(number, f"关于{'很长' * 40}的通知{number}", NOW, department="区民政局", category="通知公告")
    for channel in ("wechat", "weibo", "api"):
        turn = await say(chat, "民政局2026年的通知", channel=channel)
        assert load_measures()[channel].fits(turn.text) if channel in load_measures() else True
        assert len(turn.sources) >= 1
        assert f"还有 {15 - len(turn.sources)} 份" in turn.text
    web = await say(chat, "民政局2026年的通知", channel="web")
    assert "https://" not in web.text, "the web chat shows the links below"
    assert len(web.sources) == 5
    assert web.sources[0].url.endswith("/d/37")

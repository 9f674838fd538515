"""Heat, coverage and satisfaction by entry and unit, the weekly report, and the list of what a unit must look at."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from lxml import html
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.trail import Trail
from bot.feedback_records import AnswerFeedback
from bot.records import InboundMessage
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from knowledge.question_records import QuestionCluster
from knowledge.records import UnansweredQuestion
from knowledge.usage import Happened, Outcome, Usage
from staff.records import Account

ACTOR = Actor.machine("测试")
HOME = "/console/knowledge"
NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)
DIBAO = Entry(
    id="dibao", kind=EntryKind.faq, title="低保怎么申请", body="到街道申请。", unit="区民政局", source="办法",
    next_review_on=date(2026, 11, 1), responsible="张科长",
)  # fmt: skip
EVIL = Entry(id="evil", kind=EntryKind.faq, title="=cmd|'/c calc'!A1", body="文。", unit="区人社局", source="源")


@pytest.fixture
async def town(house: Any, clock: Any) -> Any:
    """A Wednesday with some questions asked since Monday, of two units."""
    clock.moment = NOW
    await Curation(clock=clock, trail=Trail()).put_entries([DIBAO, EVIL], actor=ACTOR)
    things = [
        *[("dibao", "区民政局", Outcome.at_once)] * 6, *[("dibao", "区民政局", Outcome.missed)] * 2,
        *[("evil", "区人社局", Outcome.at_once)] * 1, *[("", "", Outcome.missed)] * 3, ("evil", "区人社局", Outcome.offered),
    ]  # fmt: skip
    async with in_transaction() as connection:
        await Usage().count(
            connection,
            [Happened(at=NOW, entry_id=e, unit=u, channel="wechat", outcome=outcome) for e, u, outcome in things],
        )
    await InboundMessage.create(
        key="1", channel="wechat", sender="o", kind="text", text="<b>低保</b>怎么申请", received_at=NOW, entry_id="dibao",
        reply={"step": "answer"},
    )  # fmt: skip
    for number, candidates in enumerate(([{"id": "dibao", "title": "低保怎么申请", "score": 1.0}], [])):
        await UnansweredQuestion.create(
            text="原话13800138000", masked=f"问题{number} 138****8000", channel="web", asker_hash="h",
            asked_at=NOW - timedelta(days=12 * number), candidates=candidates, decision="none", reason="none",
        )  # fmt: skip
    for number in range(3):
        await AnswerFeedback.create(
            channel="web", asker_hash=str(number), entry_id="dibao", mark="m", unit="区民政局", useful=number == 0, reason="",
            at=NOW,
        )  # fmt: skip
    return house


@pytest.fixture
async def at(browser: Any, town: Any) -> Any:
    async def sign_in(name: str) -> Any:
        screen = browser()
        assert await screen.sign_in(name) == 200
        return screen

    return sign_in


def links(text: str) -> list[str]:
    return [str(each) for each in html.fromstring(text).xpath("//main//a/@href")]


async def test_every_number_opens_its_items(at: Any) -> None:
    wu = await at("zhishi")
    assert await wu.get(f"{HOME}/heat") == 200
    for said in ("2026年第48周", "低保怎么申请", "1 人说有用，2 人说没用（评价太少，只作参考）", "每天的提问与答出"):
        assert said in wu.text
    inside = [each for each in links(wu.text) if "/heat/" in each and not each.endswith("csv")]
    assert len({each.split("what=")[1].split("&")[0] for each in inside if "what=" in each}) == 5
    for address in inside:
        assert await wu.get(address) == 200, address
    await wu.get(f"{HOME}/heat/items?what=missed&day=2026-11-25")
    assert "问题0 138****8000" in wu.text
    assert "13800138000" not in wu.text


async def test_one_units_page_counts_only_what_is_its_own(at: Any) -> None:
    wu = await at("zhishi")
    await wu.get(f"{HOME}/heat?unit=区民政局&day=2026-11-25")
    tiles = html.fromstring(wu.text).xpath("//li[@class='tile']//dd")
    assert [each.text_content().split()[0] for each in tiles] == ["8", "6", "0", "0", "2", "75%", "—"]
    await wu.get(f"{HOME}/heat/items?what=missed&unit=-&day=2026-11-13&kind=month")
    assert "问题1" in wu.text
    assert "问题0" not in wu.text


async def test_the_words_of_citizens_are_for_those_who_may_read_them(at: Any) -> None:
    for name, reads in (("zhishi", True), ("nigao", False)):
        screen = await at(name)
        await screen.get(f"{HOME}/heat/entry?entry=dibao&day=2026-11-25")
        assert ("&lt;b&gt;低保&lt;/b&gt;怎么申请" in screen.text) is reads
        assert "6" in screen.text


async def test_nonsense_in_the_address_shows_this_week(at: Any) -> None:
    wu = await at("zhishi")
    for query in (
        "kind=x&day=y",
        "day=0001-01-01",
        "day=9999-12-31&kind=quarter",
        "unit=" + "长" * 900,
        "kind=week&page=0",
    ):
        assert await wu.get(f"{HOME}/heat?{query}") == 200
        assert "2026年第" in wu.text
    assert await wu.get(f"{HOME}/heat/entry?entry=&before=x") == 200
    assert await wu.get(f"{HOME}/heat/items?what=x") == 200
    assert await wu.get(f"{HOME}/heat/silent?weeks=3") == 200
    assert await wu.get(f"{HOME}/report?week=2026-W99") == 200


async def test_no_cell_of_a_file_is_a_formula(at: Any) -> None:
    wu = await at("zhishi")
    for name in ("heat/heat.csv?day=2026-11-25", "report.csv?week=2026-W48", "duties.csv"):
        async with wu.session.get(f"{wu.base}{HOME}/{name}") as answer:
            assert answer.status == 200
            rows = list(csv.reader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
        assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))], name
    assert await (await at("nigao")).get(f"{HOME}/report.csv") == 403


async def test_the_weekly_report_is_one_page_by_unit_too(at: Any) -> None:
    wu = await at("zhishi")
    await wu.get(f"{HOME}/report?week=2026-W48")
    assert "本周还没有结束" in wu.text
    assert "新登记未解答问题 1 个" in wu.text
    await wu.get(f"{HOME}/report?week=2026-W48&unit=区民政局")
    assert "区民政局" in wu.text
    assert "其中 1 个已过复核日期或有效期" in wu.text
    await wu.get(f"{HOME}/report?week=2026-W48&unit=没有的局")
    assert "没有“没有的局”的数字" in wu.text


async def test_what_is_due_reaches_the_unit_it_belongs_to(at: Any, browser: Any) -> None:
    wu = await at("zhishi")
    await wu.get(f"{HOME}/duties?unit=区民政局")
    for said in (
        "低保怎么申请",
        "已过复核日期",
        "张科长",
        "没有说原因 2 人",
        "问题0",
        '其中 <b class="cause">1 项已经逾期</b>',
    ):
        assert said in wu.text
    assert "问题1" not in wu.text
    await wu.get(f"{HOME}/duties?unit=-")
    assert "8 个工作日，逾期" in wu.text
    await Account.filter(name="nigao").update(unit="区民政局")
    li = await at("nigao")
    await li.get("/console/")
    assert "区民政局的督办清单" in li.text
    assert "1 项已逾期" in li.text
    await Account.filter(name="nigao").update(unit="区水务局")
    await li.get("/console/")
    assert "督办清单</h2>" not in li.text


async def test_a_cluster_stands_in_the_list_of_its_unit_with_its_day(at: Any) -> None:
    await QuestionCluster.create(
        key="k", title="鹦鹉要不要上户口", unit="区公安分局", due_on=date(2026, 11, 24), first_at=NOW - timedelta(days=9),
        last_at=NOW, askers=3, volume=4,
    )  # fmt: skip
    await QuestionCluster.create(
        key="l",
        title="已经答复的",
        unit="区公安分局",
        due_on=date(2026, 11, 24),
        first_at=NOW,
        last_at=NOW,
        state="answered",
    )
    wu = await at("zhishi")
    await wu.get(f"{HOME}/duties?unit=区公安分局")
    for said in ("鹦鹉要不要上户口", "3 人问过", "个工作日，逾期", "共 1 项"):
        assert said in wu.text
    assert "已经答复的" not in wu.text

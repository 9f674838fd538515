"""谣言处置 on the screen: persons counted and clocks lit, 核实中 at once, a verdict by two, wordings merged, nothing typed lost."""

from collections.abc import Callable
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.actor import Actor
from knowledge.entry import Entry, EntryKind
from knowledge.records import KnowledgeEntry
from knowledge.reporting import Asked, Reporting
from knowledge.rumour_records import RumourClaim, RumourNotice, RumourReport
from tests.console.conftest import Browser, House

STORY = "紧急通知！今晚河口镇水厂停水七天，赶紧囤水，转发给家人"
VERDICT = {
    "verdict": "不实", "title": "河口镇水厂停水七天", "body": "经核实，河口镇水厂供水正常。", "evidence": "区水务局现场核查",
    "unit": "区水务局", "phone": "", "source": "", "source_url": "https://www.example.gov.cn/d/5", "places": "河口镇", "figures": "7天",
}  # fmt: skip
HERE = "/console/rumours/1"


async def report(clock: Any, text: str, asker: str, **changes: Any) -> int:
    async with in_transaction() as connection:
        values: dict[str, Any] = {"text": text, "channel": "wechat", "asker_hash": asker, "at": clock.moment} | changes
        return await Reporting().keep(connection, Asked(**values))


@pytest.fixture
async def reported(house: House, clock: Any) -> None:
    await report(clock, STORY, "a")
    await report(clock, STORY, "a")
    await report(clock, STORY, "a", consented=True, sender="oUser")
    await report(clock, "听说河口镇水厂要停水7天", "b", channel="web")


async def signed_in(browser: Callable[[], Browser], name: str, path: str = HERE) -> Browser:
    mine = browser()
    await mine.sign_in(name)
    assert await mine.get(path) == 200
    return mine


async def test_the_list_counts_persons_and_shows_the_clocks(
    reported: None, browser: Callable[[], Browser], clock: Any
) -> None:
    clock.advance(6 * 3600)
    page = (await signed_in(browser, "zhishi", "/console/rumours")).text
    for words in (
        "<b>2</b> 人询问",
        "已超 1 小时",
        "还剩 18 小时",
        "国办发〔2016〕80号",
        "11月23日 2 人",
        STORY[:20],
    ):
        assert words in page
    assert 'class="card claim claim-red"' in page
    assert "没有待处置的传言" not in page
    assert "还没有处置过的传言" in (await signed_in(browser, "zhishi", "/console/rumours?closed=yes")).text


async def test_the_page_shows_who_consented_and_only_a_curator_may_act(
    reported: None, browser: Callable[[], Browser]
) -> None:
    page = (await signed_in(browser, "zhishi")).text
    for words in ("1 人同意提交，要告知结果", "共问 2 次", "提出结论", "答复“核实中”"):
        assert words in page
    reader = await signed_in(browser, "nigao")
    assert "提出结论" not in reader.text
    assert await reader.post(f"{HERE}/check", {"title": "x", "unit": "y"}) == 403
    assert (await RumourClaim.get()).state == "open"


async def test_under_check_is_one_act(reported: None, browser: Callable[[], Browser]) -> None:
    curator = await signed_in(browser, "zhishi")
    assert await curator.post(f"{HERE}/check", {**VERDICT, "unit": ""}) == 422
    assert "没有填写发布单位" in curator.text
    assert "经核实，河口镇水厂供水正常。" in curator.text, "what was typed is still there"
    assert await curator.post(f"{HERE}/check", VERDICT) == 200
    assert "开始答复“核实中”" in curator.text
    entry = await KnowledgeEntry.get(entry_id="rumour-1")
    assert (entry.verdict, entry.unit, entry.live) == ("核实中", "区水务局", True)


async def test_a_verdict_goes_through_two_persons(reported: None, browser: Callable[[], Browser]) -> None:
    curator, second = await signed_in(browser, "zhishi"), await signed_in(browser, "zhongshen")
    ticked = [("report", str(row.id)) for row in await RumourReport.all()]
    assert await curator.post(f"{HERE}/propose", [*{**VERDICT, "evidence": ""}.items(), *ticked]) == 422
    assert "没有填写核实依据" in curator.text
    assert await curator.post(f"{HERE}/propose", [*VERDICT.items(), *ticked]) == 200
    assert "等待另一人确认" in curator.text
    assert "同意，公布结论" not in curator.text
    assert await KnowledgeEntry.all().count() == 0

    mark = await _mark(second)
    assert await curator.post(f"{HERE}/confirm", {"mark": mark}) == 422
    assert "结论须由另一人确认" in curator.text
    assert await second.post(f"{HERE}/confirm", {"mark": "0" * 16}) == 422
    assert await second.post(f"{HERE}/confirm", {"mark": mark}) == 200
    assert "结论已公布" in second.text
    assert "2 人待下次来问时告知" in second.text
    entry = await KnowledgeEntry.get(entry_id="rumour-1")
    assert (entry.verdict, entry.places, entry.figures) == ("不实", ["河口镇"], ["7天"])
    assert set(entry.similar) == {STORY, "听说河口镇水厂要停水7天"}
    assert await RumourNotice.all().count() == 2
    await second.get("/console/rumours?closed=yes")
    assert "河口镇水厂停水七天" in second.text


async def test_the_second_person_may_disagree(reported: None, browser: Callable[[], Browser]) -> None:
    curator, second = await signed_in(browser, "zhishi"), await signed_in(browser, "zhongshen")
    await curator.post(f"{HERE}/propose", VERDICT)
    mark = await _mark(second)
    assert await second.post(f"{HERE}/send-back", {"mark": mark, "remark": ""}) == 422
    assert await second.post(f"{HERE}/send-back", {"mark": mark, "remark": "依据不足"}) == 200
    await curator.get(HERE)
    assert "不同意：依据不足" in curator.text
    assert "经核实，河口镇水厂供水正常。" in curator.text, "the draft can be mended"


async def test_the_first_page_says_what_waits_for_whom(
    reported: None, browser: Callable[[], Browser], clock: Any
) -> None:
    clock.advance(6 * 3600)
    curator, second = (
        await signed_in(browser, "zhishi", "/console/"),
        await signed_in(browser, "zhongshen", "/console/"),
    )
    assert "1 条已超过首次回应时限" in curator.text
    assert "1 条等待处置" in curator.text
    assert '/console/rumours">查看谣言处置' not in second.text
    await curator.get(HERE)
    await curator.post(f"{HERE}/propose", VERDICT)
    await second.get("/console/")
    assert "1 条结论等您确认" in second.text
    await curator.get("/console/")
    assert "等您确认" not in curator.text


async def _mark(second: Browser) -> str:
    await second.get(HERE)
    assert "请您确认结论" in second.text
    return second.text.split('name="mark" value="', 1)[1].split('"', 1)[0]


async def test_a_wording_is_merged_into_a_known_claim(
    reported: None, house: House, browser: Callable[[], Browser]
) -> None:
    known = Entry(
        id="known",
        kind=EntryKind.rumour,
        title="河口镇停水",
        body="没有停水计划。",
        verdict="不实",
        unit="区水务局",
        evidence="通报",
    )
    house.bot.entry = known
    from knowledge.curation import Curation

    await Curation(clock=house.clock, trail=house.trail).put_entries([known], actor=Actor.machine("测试"))
    curator = await signed_in(browser, "zhishi")
    assert "河口镇停水" in curator.text
    first = await RumourReport.all().order_by("id").first()
    assert first is not None
    assert await curator.post(f"{HERE}/attach", {"report": str(first.id)}) == 422
    assert "没有选择并入哪一条" in curator.text
    assert await curator.post(f"{HERE}/attach", {"entry_id": "nothing"}) == 422
    assert "没有编号为 nothing 的条目" in curator.text
    assert await curator.post(f"{HERE}/attach", {"report": str(first.id), "entry": "known"}) == 200
    assert (await KnowledgeEntry.get(entry_id="known")).similar == [STORY]
    assert (await RumourClaim.get()).state == "settled"


async def test_claims_are_joined_split_and_dismissed(
    reported: None, browser: Callable[[], Browser], clock: Any
) -> None:
    other = await report(clock, "听说过河的老桥明年没有了", "c")
    curator = await signed_in(browser, "zhishi")
    assert await curator.post(f"{HERE}/join", {"into": ""}) == 422
    assert await curator.post(f"{HERE}/join", {"into": str(other)}) == 200
    assert "编号 2" in curator.text, "the page of a merged claim is that of the one it became"
    moved = await RumourReport.get(asker_hash="a")
    assert moved.claim_id == other
    assert await curator.post(f"/console/rumours/{other}/split", {"report": str(moved.id)}) == 200
    assert await curator.post(f"/console/rumours/{other}/dismiss", {"reason": ""}) == 422
    assert await curator.post(f"/console/rumours/{other}/dismiss", {"reason": "不是传言"}) == 200
    assert "不是传言" in curator.text
    assert await curator.post(f"/console/rumours/{other}/dismiss", {"reason": "x"}) == 422


@pytest.mark.parametrize("path", ["/console/rumours/99", "/console/rumours/999999999"])
async def test_a_claim_that_is_not_there_is_said_to_be_missing(
    house: House, browser: Callable[[], Browser], path: str
) -> None:
    curator = browser()
    await curator.sign_in("zhishi")
    assert await curator.get(path) == 404
    assert "没有这条传言" in curator.text


async def test_what_people_wrote_is_shown_as_text(house: House, browser: Callable[[], Browser], clock: Any) -> None:
    await report(clock, "听说<script>alert(1)</script>是真的吗", "a")
    page = (await signed_in(browser, "zhishi")).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page

from dataclasses import dataclass
from datetime import date
from typing import cast

from bot.conversation import Conversation, Turn
from bot.decision import Step
from bot.measure import load_measures
from bot.wording import answer_pages, source_of
from gateway.speaking import Speaking
from knowledge.entry import Entry, EntryKind


@dataclass
class OneAnswer:
    """A conversation that always says the same entry, as the real one words it."""

    entry: Entry

    async def answer(self, *, channel: str, sender: str, text: str) -> Turn:
        said = answer_pages(self.entry, load_measures()["web"])[0]
        return Turn(step=Step.ANSWER, text=said, channel=channel, sender=sender, sources=(source_of(self.entry),))


def speaking(entry: Entry) -> Speaking:
    return Speaking(conversation=cast(Conversation, OneAnswer(entry)))


async def test_the_basis_stands_below_the_answer_with_its_link() -> None:
    entry = Entry(
        id="a", kind=EntryKind.policy, title="低保", body="第一段。\n\n日期：以通知为准。", source="《办法》（民发〔2021〕57号）",
        document_number="民发〔2021〕57号", issuer="民政部", unit="区民政局", made_on=date(2021, 6, 11), phone="0000-1",
        source_url="https://portal.example.gov.cn/d/1",
    )  # fmt: skip
    reply = await speaking(entry).chat("v", "低保")
    assert reply.lines == ("第一段。", "", "日期：以通知为准。", "咨询电话：区民政局 0000-1")
    assert (reply.sources[0].url, reply.sources[0].note) == (entry.source_url, "民政部 · 2021-06-11 · 有效")


async def test_the_evidence_of_a_clarification_stays_in_its_second_line() -> None:
    entry = Entry(
        id="r",
        kind=EntryKind.rumour,
        title="停水三天",
        body="没有停水计划。",
        verdict="不实",
        evidence="水质日报",
        issuer="区供水公司",
    )
    reply = await speaking(entry).chat("v", "停水")
    assert reply.lines == ("【不实】停水三天", "依据：水质日报　发布单位：区供水公司", "没有停水计划。")

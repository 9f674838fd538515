from dataclasses import dataclass
from datetime import date
from typing import cast

from bot.conversation import Conversation
from bot.decision import Step
from bot.measure import load_measures
from bot.quoting import quoted
from bot.turn import Turn
from bot.wording import answer_pages, source_of
from gateway.speaking import Speaking
from knowledge.entry import Entry, EntryKind
from knowledge.finding import Hit


@dataclass
class OneAnswer:
    """A conversation that always says the same entry, as the real one words it."""

    entry: Entry

    async def answer(self, *, channel: str, sender: str, text: str) -> Turn:
        web = load_measures()["web"]
        part = quoted(self.entry, web, text)
        return Turn(
            step=Step.ANSWER, text=part.text if part else answer_pages(self.entry, web)[0], channel=channel, sender=sender,
            entry=self.entry, quotation=part.quotation if part else None, sources=(source_of(self.entry),),
            hits=(Hit(entry=self.entry, score=1.0),), more=part is not None,
        )  # fmt: skip


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


FILLER = "各单位要提高认识、加强领导、明确责任，认真抓好贯彻落实，并及时报送有关工作进展情况。"
NOTICE = Entry(
    id="n", kind=EntryKind.policy, title="春耕补贴的通知", body=f"{FILLER * 4}\n二、补贴标准\n早稻每亩补贴120元。\n{FILLER * 4}", validity="废止",
    document_number="区农发〔2026〕8号", issuer="区农业农村局", made_on=date(2026, 3, 1), phone="0000-1",
    withdrawn_because="由《春耕补贴办法》代替。", source_url="https://portal.example.gov.cn/d/1",
)  # fmt: skip


async def test_a_quotation_stands_by_itself_with_the_warning_before_it() -> None:
    reply = await speaking(NOTICE).chat("v", "早稻每亩补贴多少")
    assert reply.lines == (
        "【废止】本文件已废止，以下内容仅供查阅，不再作为办理依据。",
        "公开说明：由《春耕补贴办法》代替。",
    )
    assert "早稻每亩补贴120元。" in reply.quote
    assert reply.quote.strip("…").startswith("「")
    assert reply.quote.strip("…").endswith("」")
    assert reply.notes == ("（以上为原文节选，全文见下方链接，或回复“全文”）", "咨询电话：0000-1")
    assert (reply.options[0].label, reply.options[0].say) == ("查看全文", "查看全文")
    assert reply.sources[0].note == "区农发〔2026〕8号 · 区农业农村局 · 2026-03-01 · 废止"


async def test_the_api_gives_the_passage_with_its_place_beside_the_answer() -> None:
    answer = await speaking(NOTICE).api("早稻每亩补贴多少", "s")
    quote = answer["hits"][0]["quote"]
    assert NOTICE.body[quote["start"] : quote["end"]] == quote["text"]
    assert f"「{quote['text']}」" in answer["answer"]
    assert answer["answer"].startswith("【废止】")
    assert quote["warning"].startswith("【废止】")

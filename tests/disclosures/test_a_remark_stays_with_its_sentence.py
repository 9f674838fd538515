"""A remark belongs to a sentence; it follows the sentence into the next version, must be answered, and is closed by a reviewer."""

from typing import Any

import pytest

from disclosures.errors import InvalidContent, NotFound, NotPermitted, ReviewRefused, StateRefused
from disclosures.remarks import Remark, Remarks, anchored, open_remarks, remarks_of
from disclosures.sentences import LONGEST, Sentence, find_quote, follow, passages, sentences

BODY = "各镇人民政府：\n\n补贴自2026年12月1日起发放，每户300元。请各单位抓好落实！\n\n“有问题吗？”请来电。"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("\n \n", []),
        ("甲。乙！丙", ["甲。", "乙！", "丙"]),
        ("他说：“好。”然后走了。", ["他说：“好。”", "然后走了。"]),
        ("第一行\n第二行", ["第一行", "第二行"]),
        ("真的吗？！……是的。", ["真的吗？！……", "是的。"]),
        ("  前后有空。  再来。", ["前后有空。", "再来。"]),
    ],
)
def test_a_text_is_cut_into_its_sentences(text: str, expected: list[str]) -> None:
    found = sentences(text)
    assert [each.text for each in found] == expected
    assert all(text[each.start : each.start + len(each.text)] == each.text for each in found)


def test_the_same_sentence_twice_is_told_apart_by_its_place() -> None:
    among = sentences("请抓好落实。中间一句。请抓好落实。")
    assert follow("请抓好落实。", among[2].start, among).sentence == among[2]
    assert follow("请抓好落实。", 0, among).sentence == among[0]


def test_a_changed_sentence_is_found_and_a_deleted_one_is_not() -> None:
    changed = follow("补贴每户300元，月底前发放。", 0, sentences("新加一段。补贴每户350元，月底前发放。"))
    assert (changed.same, changed.sentence) == (False, Sentence(start=5, text="补贴每户350元，月底前发放。"))
    gone = follow("补贴每户300元，月底前发放。", 0, sentences("完全不同的内容在这里。"))
    assert (gone.same, gone.sentence) == (False, None)
    assert follow("甲", 0, ()).sentence is None


def test_a_very_long_sentence_is_found_by_its_beginning() -> None:
    long = "很长的句子" * 1000
    assert follow(long[:LONGEST], 0, sentences(long)).same


def test_a_quotation_is_found_whole_or_inside() -> None:
    among = sentences("甲乙丙丁。戊己庚辛。")
    assert find_quote(" 戊己庚辛。 ", among) == among[1]
    assert find_quote("己庚", among) == among[1]
    assert find_quote("己", among) is None
    assert find_quote("没有", among) is None


@pytest.fixture
def remarks(office: Any) -> Remarks:
    return Remarks(clock=office.clock, trail=office.trail)


async def placed(office: Any, remarks: Remarks, disclosure_id: int, **changed: Any) -> Remark:
    values: dict[str, Any] = {"field": "body", "quote": "每户300元", "text": "请核对金额", **changed}
    return await remarks.place(office.first, disclosure_id, **values)


async def test_an_unanswered_remark_stops_the_next_submission(office: Any, remarks: Remarks) -> None:
    number = await office.submitted(body=BODY)
    remark = await placed(office, remarks, number)
    assert remark.quote == "补贴自2026年12月1日起发放，每户300元。"
    with pytest.raises(ReviewRefused, match="1 条逐句意见没有答复"):
        await office.desk.approve(office.first, number)
    sheet = await office.desk.reject(office.first, number, "")
    assert sheet.signatures[-1].remark == "见逐句意见（1 条）"

    await office.desk.revise(office.drafter, number, {"body": BODY.replace("300元", "350元")})
    with pytest.raises(InvalidContent, match="请核对金额") as refused:
        await office.desk.submit(office.drafter, number)
    assert [problem.field for problem in refused.value.problems] == ["remarks"]
    answered = await remarks.answer(office.drafter, remark.id, kind="changed")
    assert (answered.state, answered.answer_name) == ("answered", "改了")
    sheet = await office.desk.submit(office.drafter, number)
    anchor = anchored(answered, sheet)
    assert not anchor.same
    assert anchor.sentence is not None
    assert "350元" in anchor.sentence.text

    accepted = await remarks.accept(office.first, remark.id)
    assert (accepted.state, accepted.closed_by_name) == ("accepted", office.first.display_name)
    assert (await office.desk.approve(office.first, number)).next_step == "second"


async def test_to_keep_a_sentence_needs_a_reason(office: Any, remarks: Remarks) -> None:
    remark = await placed(office, remarks, await office.submitted(body=BODY))
    with pytest.raises(InvalidContent, match="不改须说明理由"):
        await remarks.answer(office.drafter, remark.id, kind="kept", text=" ")
    with pytest.raises(InvalidContent, match="没有选择"):
        await remarks.answer(office.drafter, remark.id, kind="maybe")
    assert (await remarks.answer(office.drafter, remark.id, kind="kept", text="与文件一致")).answer == "与文件一致"


async def test_only_reviewers_remark_and_only_writers_answer(office: Any, remarks: Remarks) -> None:
    number = await office.submitted(body=BODY)
    with pytest.raises(NotPermitted):
        await remarks.place(office.publisher, number, field="body", quote="每户300元", text="意见")
    remark = await placed(office, remarks, number)
    with pytest.raises(NotPermitted):
        await remarks.answer(office.first, remark.id, kind="changed")
    with pytest.raises(NotPermitted):
        await remarks.accept(office.drafter, remark.id)
    with pytest.raises(NotFound):
        await remarks.accept(office.first, 4711)


async def test_nobody_closes_what_another_asked_and_nobody_answered(office: Any, remarks: Remarks) -> None:
    number = await office.submitted(body=BODY)
    remark = await placed(office, remarks, number)
    with pytest.raises(StateRefused, match="只有提出人"):
        await remarks.accept(office.second, remark.id)
    await remarks.accept(office.first, remark.id)
    assert await open_remarks(number) == ()
    with pytest.raises(StateRefused, match="已经办结"):
        await remarks.accept(office.first, remark.id)
    with pytest.raises(StateRefused, match="已经办结"):
        await remarks.answer(office.drafter, remark.id, kind="changed")


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": " "},
        {"text": "长" * 1001},
        {"quote": "没有这一句"},
        {"field": "body_html"},
        {"quote": "", "start": 99999},
    ],
)
async def test_a_remark_needs_words_and_a_sentence(office: Any, remarks: Remarks, wrong: dict[str, Any]) -> None:
    number = await office.submitted(body=BODY)
    with pytest.raises(InvalidContent):
        await placed(office, remarks, number, **wrong)
    assert await remarks_of(number) == ()


async def test_title_summary_and_the_channels_texts_are_read_too(office: Any) -> None:
    sheet = await office.desk.create(office.drafter, office.draft(body=BODY))
    found = passages(sheet.content)
    assert [passage.field for passage in found][:3] == ["title", "summary", "body"]
    assert [len(paragraph) for paragraph in found[2].paragraphs] == [1, 2, 2]


async def test_every_act_on_a_remark_is_in_the_trail(office: Any, remarks: Remarks) -> None:
    number = await office.submitted(body=BODY)
    remark = await placed(office, remarks, number)
    await remarks.answer(office.drafter, remark.id, kind="kept", text="与文件一致")
    await remarks.accept(office.second, remark.id)
    verbs = [record.verb for record in await office.trail.about(f"disclosure:{number}")]
    assert verbs[-3:] == ["disclosure.remark.placed", "disclosure.remark.answered", "disclosure.remark.accepted"]

"""What persons let pass, what the district adds, and what the checks find again after the text was signed."""

import asyncio
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from disclosures.check_records import CheckOverride, Fingerprint, LexiconWord
from disclosures.checking.leaders import Leader
from disclosures.errors import InvalidContent, NotPermitted, StateRefused
from disclosures.examination import Examination
from disclosures.lexicon_desk import MERGE, REPLACE, LexiconDesk
from disclosures.seed_words import read_rows
from staff.person import Person
from staff.roles import Role

ID = "11010519491231002X"
LONG = (
    "为方便困难群众，自2026年12月1日起，冬季取暖补助由户籍地村（居）民委员会代办，申请人持身份证到村（居）民委员会登记，民政所在五个工作日内"
    "审核，经公示无异议后发放到社会保障卡。各镇、街道要做好政策宣传和入户核查。"
)


def officer() -> Person:
    return Person(account_id=9, name="bangongshi", display_name="公开办", unit="", roles=frozenset({Role.OFFICER}))


def rows_of(*words: str) -> Any:
    found, errors = read_rows(
        [(0, ("词语", "建议", "程度")), *((n, (word, "部署", "说明理由可放行")) for n, word in enumerate(words, 1))]
    )
    assert errors == []
    return found


async def test_each_finding_is_let_pass_with_its_own_reason_and_the_trail_tells_it(office: Any) -> None:
    sheet = await office.desk.create(office.drafter, office.draft(body=f"失信人员{ID}。\n\n内部资料，注意保存"))
    examination = office.desk.examination
    one, other = [each for each in await office.desk.findings(sheet) if each.blocks]
    with pytest.raises(InvalidContent, match="理由"):
        await examination.let_pass(office.drafter, sheet.id, one.key, "  ")
    await examination.let_pass(office.drafter, sheet.id, one.key, "失信惩戒公示，依法公开")
    with pytest.raises(InvalidContent) as refused:
        await office.desk.submit(office.drafter, sheet.id)
    assert [each.rule for each in refused.value.problems] == [other.rule]
    await examination.let_pass(office.drafter, sheet.id, other.key, "已经核准公开")
    await office.desk.submit(office.drafter, sheet.id)
    passed = await examination.passed(sheet.id)
    assert {each.reason for each in passed.values()} == {"失信惩戒公示，依法公开", "已经核准公开"}
    told = await office.trail.about(f"disclosure:{sheet.id}")
    assert [row.verb for row in told if row.verb == "disclosure.override"] == ["disclosure.override"] * 2
    assert ID not in str([row.detail for row in told])


async def test_a_mark_of_secrecy_is_never_let_pass(office: Any) -> None:
    sheet = await office.desk.create(office.drafter, office.draft(body="机密★1年\n\n正文"))
    found = next(each for each in await office.desk.findings(sheet) if each.rule == "secret.mark")
    with pytest.raises(StateRefused, match="不能放行"):
        await office.desk.examination.let_pass(office.drafter, sheet.id, found.key, "没有关系")


async def test_who_may_let_pass_follows_where_the_text_is(office: Any) -> None:
    body = f"失信人员{ID}"
    sheet = await office.desk.create(office.drafter, office.draft(body=body))
    key = next(each for each in await office.desk.findings(sheet) if each.blocks).key
    with pytest.raises(NotPermitted):
        await office.desk.examination.let_pass(office.publisher, sheet.id, key, "理由")
    await office.desk.submit(office.drafter, sheet.id, reason="依法公开")
    with pytest.raises(StateRefused, match="审核期间"):
        await office.desk.examination.let_pass(office.drafter, sheet.id, key, "理由")
    # The reason of the submission is kept for the finding that it let pass.
    assert [each.reason for each in (await office.desk.examination.passed(sheet.id)).values()] == ["依法公开"]


async def test_it_holds_for_the_same_words_and_for_no_others(office: Any) -> None:
    sheet = await office.desk.create(office.drafter, office.draft(body=f"失信人员{ID}"))
    key = next(each for each in await office.desk.findings(sheet) if each.blocks).key
    await office.desk.examination.let_pass(office.drafter, sheet.id, key, "依法公开")
    again = await office.desk.revise(office.drafter, sheet.id, {"body": f"更正后：失信人员{ID}"})
    await office.desk.submit(office.drafter, again.id)
    other = await office.desk.create(office.drafter, office.draft(body=f"失信人员{ID}", document_number=""))
    with pytest.raises(InvalidContent):
        await office.desk.submit(office.drafter, other.id)


async def test_what_was_let_pass_can_be_taken_back(office: Any) -> None:
    sheet = await office.desk.create(office.drafter, office.draft(body=f"失信人员{ID}"))
    key = next(each for each in await office.desk.findings(sheet) if each.blocks).key
    await office.desk.examination.let_pass(office.drafter, sheet.id, key, "依法公开")
    row = await CheckOverride.get(disclosure_id=sheet.id)
    await office.desk.examination.take_back(office.drafter, sheet.id, row.id)
    with pytest.raises(InvalidContent):
        await office.desk.submit(office.drafter, sheet.id)
    assert await CheckOverride.filter(disclosure_id=sheet.id).count() == 1


async def test_a_word_that_is_added_later_stands_in_the_way_of_planning(office: Any) -> None:
    number = await office.approved(body="请各单位抓好推进部属工作")
    examination = office.desk.examination
    assert await examination.waiting(number) == ()
    await examination.lexicon.put(officer(), {"词语": "推进部属", "程度": "说明理由可放行", "建议": "推进部署"})
    assert [each.quote for each in await examination.waiting(number)] == ["推进部属"]
    with pytest.raises(InvalidContent, match="推进部属"):
        await examination.cleared(number)
    cleared = await examination.cleared(number, reason="引文如此")
    assert [each.quote for each in cleared.passing] == ["推进部属"]
    assert cleared.content_hash == (await office.desk.sheet(number)).content_hash


async def test_the_district_s_word_takes_the_place_of_the_product_s_and_can_silence_it(office: Any) -> None:
    lexicon = office.desk.examination.lexicon

    async def quotes() -> list[tuple[str, bool]]:
        found = await office.desk.examination.findings((await office.desk.sheet(number)).content)
        return [(each.quote, each.blocks) for each in found if each.rule.startswith("lexicon.")]

    number = (await office.desk.create(office.drafter, office.draft(body="做好布署"))).id
    assert await quotes() == [("布署", False)]
    await lexicon.put(officer(), {"词语": "布署", "程度": "必须修改", "建议": "部署"})
    assert await quotes() == [("布署", True)]
    await lexicon.switch(officer(), "布署", active=False)
    assert await quotes() == []
    await lexicon.switch(officer(), "布署", active=True)
    await lexicon.remove(officer(), "布署")
    assert await quotes() == [("布署", False)]
    with pytest.raises(NotPermitted):
        await lexicon.put(office.drafter, {"词语": "甲乙"})
    with pytest.raises(InvalidContent):
        await lexicon.put(officer(), {"词语": "甲"})


async def test_another_node_sees_a_change_at_once(office: Any) -> None:
    other = Examination(clock=office.clock, trail=office.trail)
    assert not list((await other.lexicon.current()).lexicon.find("body", "甲乙丙丁"))
    await office.desk.examination.lexicon.put(officer(), {"词语": "甲乙丙丁"})
    assert list((await other.lexicon.current()).lexicon.find("body", "甲乙丙丁"))


async def test_an_import_merges_replaces_and_is_undone_where_nobody_changed_it_since(office: Any) -> None:
    lexicon = office.desk.examination.lexicon
    await lexicon.put(officer(), {"词语": "旧有词语"})
    plan = await lexicon.plan(rows_of("部暑一", "部暑二"), MERGE)
    assert (plan.counts, await LexiconWord.all().count()) == ({"new": 2, "changed": 0, "gone": 0, "same": 0}, 1)
    first, _ = await lexicon.take(officer(), rows_of("部暑一", "部暑二"), MERGE, file="a.xlsx")
    second, plan = await lexicon.take(officer(), rows_of("部暑二", "部暑三"), REPLACE, file="b.xlsx")
    assert plan.counts == {"new": 1, "changed": 0, "gone": 2, "same": 1}
    assert sorted([row.word for row in await LexiconWord.all()]) == ["部暑三", "部暑二"]
    assert await lexicon.undo(officer(), second) == 0
    assert sorted([row.word for row in await LexiconWord.all()]) == ["旧有词语", "部暑一", "部暑二"]
    await lexicon.put(officer(), {"词语": "部暑一", "建议": "改过"})
    assert await lexicon.undo(officer(), first) == 1
    assert sorted([row.word for row in await LexiconWord.all()]) == ["旧有词语", "部暑一"]
    with pytest.raises(StateRefused, match="撤销过"):
        await lexicon.undo(officer(), first)


async def test_the_leaders_of_the_list_are_checked(office: Any) -> None:
    lexicon = office.desk.examination.lexicon
    await lexicon.put_leader(officer(), Leader(name="钱立新", title="区委副书记、区长", order=2))
    sheet = await office.desk.create(office.drafter, office.draft(body="副区长钱立新出席会议"))
    assert [each.rule for each in await office.desk.findings(sheet)] == ["leader.title"]
    row = (await lexicon.leaders())[0]
    await lexicon.put_leader(officer(), Leader(name="钱立新", title="副区长", order=2), leader_id=row.id)
    assert await office.desk.findings(sheet) == ()
    with pytest.raises(InvalidContent):
        await lexicon.put_leader(officer(), Leader(name="钱立新", title="好人", order=2))


async def test_a_text_that_was_published_already_is_pointed_out_with_its_number(office: Any) -> None:
    first = await office.released(body=LONG, document_number="")
    second = await office.desk.create(
        office.drafter, office.draft(body=LONG, document_number="", title="关于补助的通告")
    )
    found = await office.desk.findings(second)
    assert [(each.rule, each.blocks) for each in found] == [("alike.same", False)]
    assert f"编号 {first}" in found[0].message
    assert "100%" in found[0].message
    # Its own public text is not another one.
    again = await office.desk.revise(office.drafter, first, {"summary": "改了概述"})
    assert [each.rule for each in await office.desk.findings(again) if each.rule.startswith("alike")] == []
    assert await Fingerprint.all().count() == 1


async def test_the_same_title_on_the_same_day_is_pointed_out(office: Any) -> None:
    await office.released(body="第一段话。", document_number="")
    second = await office.desk.create(office.drafter, office.draft(body="完全不同的内容。", document_number=""))
    assert [each.rule for each in await office.desk.findings(second)] == ["alike.title"]
    office.clock.advance(86400)
    assert await office.desk.findings(second) == ()


async def test_a_withdrawn_text_is_nobody_s_double(office: Any) -> None:
    first = await office.released(body=LONG, document_number="")
    second = await office.desk.create(
        office.drafter, office.draft(body=LONG, document_number="", title="关于补助的通告")
    )
    assert await office.desk.findings(second)
    async with in_transaction() as connection:
        await office.desk.withdraw_state(
            connection, office.publisher, first, explanation="内容有误", now=await office.clock.now()
        )
    assert await office.desk.findings(second) == ()


async def test_asking_inside_a_transaction_waits_for_nobody(office: Any) -> None:
    await office.released(body=LONG, document_number="")
    sheet = await office.desk.create(
        office.drafter, office.draft(body=LONG, document_number="", title="关于补助的通告")
    )
    fresh = Examination(clock=office.clock, trail=office.trail)

    async def inside() -> int:
        async with in_transaction():
            await asyncio.sleep(0)
            return len(await fresh.of_sheet(sheet))

    async with asyncio.timeout(20):
        assert await asyncio.gather(inside(), fresh.of_sheet(sheet), inside(), inside())
    assert await Fingerprint.all().count() == 1


async def test_two_people_asking_at_once_make_one_fingerprint(office: Any) -> None:
    await office.released(body=LONG, document_number="")
    one, other = office.desk.examination, Examination(clock=office.clock, trail=office.trail)
    await asyncio.gather(one.likenesses.sweep(), other.likenesses.sweep())
    assert await Fingerprint.all().count() == 1


async def test_the_lists_work_on_either_database(any_database: str, clock: Any) -> None:
    from audit.trail import Trail

    lexicon = LexiconDesk(clock=clock, trail=Trail())
    batch, _ = await lexicon.take(officer(), rows_of("部暑一", "部暑二"), MERGE, file="a.xlsx")
    await lexicon.put_leader(officer(), Leader(name="钱立新", title="区长", order=2))
    lists = await lexicon.current()
    assert (lists.version, len(lists.leaders)) == (2, 1)
    assert [each.quote for each in lists.lexicon.find("body", "部暑二")] == ["部暑二"]
    await lexicon.undo(officer(), batch)
    assert (await lexicon.current()).version == 3
    examination = Examination(clock=clock, trail=Trail())
    assert await examination.likenesses.sweep() == 0

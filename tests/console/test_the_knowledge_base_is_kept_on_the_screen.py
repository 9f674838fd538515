"""A curator writes, a colleague accepts, a release makes it true: all on the screen, with two persons where two are needed."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from lxml import html

from audit.actor import Actor
from console.knowledge_import_pages import MODES
from knowledge import reading
from knowledge.cases import Case
from knowledge.entry import Entry, EntryKind
from knowledge.records import KnowledgeDraft, KnowledgeImport

ACTOR = Actor.machine("测试")
HEATING = Entry(
    id="heating", kind=EntryKind.faq, title="冬季供暖补贴是多少", body="每户300元，11月底前发放到卡。", unit="区民政局",
    source="供暖补贴发放办法",
)  # fmt: skip
PASSWORD = "long enough, 明白 2026"
HOME = "/console/knowledge"


def typed(**changed: str) -> dict[str, str]:
    return {
        "kind": "faq", "title": "居住证怎么办理", "body": "到居住地派出所申领。", "unit": "区公安分局", "source": "居住证暂行条例",
        "similar": "居住证在哪办\r\n怎么办居住证", "keywords": "居住证、暂住", "live": "yes", "validity": "有效",
        "next_review_on": "2027-01-31", **changed,
    }  # fmt: skip


@pytest.fixture
async def at(browser: Any, house: Any) -> Any:
    async def sign_in(name: str) -> Any:
        screen = browser()
        assert await screen.sign_in(name) == 200
        return screen

    return sign_in


async def test_from_the_form_to_what_citizens_hear(at: Any, house: Any) -> None:
    wu, feng = await at("zhishi"), await at("zhishi2")
    await wu.get(f"{HOME}/drafts/new")
    assert await wu.post(f"{HOME}/drafts", typed(then="submit")) == 200
    assert "已送审" in wu.text
    row = await KnowledgeDraft.get()
    assert (row.state, row.content["similar"], row.content["next_review_on"]) == (
        "submitted", ["居住证在哪办", "怎么办居住证"], "2027-01-31",
    )  # fmt: skip
    await house.base.refresh()
    assert len(house.base) == 0, "nothing is true yet"
    await wu.get(f"{HOME}/drafts/{row.id}")
    assert "须由另一位同志审核" in wu.text
    assert await wu.post(f"{HOME}/drafts/{row.id}/accept", {"sha256": row.content_sha256}) == 409
    await feng.get(f"{HOME}/drafts?state=submitted")
    assert await feng.post(f"{HOME}/drafts/accept", {"draft": f"{row.id}:{row.content_sha256}"}) == 200
    await wu.get(f"{HOME}/release")
    assert await wu.post(f"{HOME}/release/prepare", {"draft": str(row.id), "title": "居住证"}) == 200
    assert "检查通过，可以发布" in wu.text
    assert "将成为第 1 版" in wu.text
    assert await wu.post(f"{HOME}/release", {"password": PASSWORD}) == 200
    assert wu.url.split("?")[0].endswith(f"{HOME}/releases/1")
    await house.base.refresh()
    assert house.base.entry(row.entry_id).body == "到居住地派出所申领。"
    await wu.get(f"{HOME}?unit=公安&layer=curator&state=live")
    assert "居住证怎么办理" in wu.text


async def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(at: Any) -> None:
    wu = await at("zhishi")
    await wu.get(f"{HOME}/drafts/new")
    assert await wu.post(f"{HOME}/drafts", typed(valid_from="2027-02-01", valid_to="2027-01-01")) == 422
    assert 'id="valid_to-wrong"' in wu.text
    assert "有效期的止日早于起日" in wu.text
    assert "居住证在哪办" in wu.text
    assert await wu.post(f"{HOME}/drafts", typed(unit="", then="submit")) == 200
    assert "没有责任单位" in wu.text, "saved, but not submitted"
    assert "还没有送审" in wu.text
    assert (await KnowledgeDraft.get()).state == "draft"


async def test_a_draft_of_a_clarification_keeps_what_tells_one_rumour_from_another(at: Any, house: Any) -> None:
    rumour = Entry(
        id="bridge", kind=EntryKind.rumour, title="老桥封闭三天", body="没有封闭计划。", verdict="不实", evidence="区交通局核查",
        unit="区交通局", source="区交通局通报", claimed_on=date(2026, 11, 20), links=("https://mp.example.cn/s/a", "https://t.example.cn/b"),
        places=("河口镇", "老桥"), figures=("3天", "1,200元"),
    )  # fmt: skip
    await house.curating.curation.put_entries([rumour], actor=ACTOR)
    wu = await at("zhishi")
    await wu.get(f"{HOME}/drafts/new?entry=bridge")
    fields = dict(html.fromstring(wu.text).forms[-1].fields)
    assert fields["places"] == "河口镇、老桥"
    assert await wu.post(f"{HOME}/drafts", fields | {"body": "没有封闭计划，请放心通行。"}) == 200
    sheet = await house.curating.drafts.sheet((await KnowledgeDraft.get()).id)
    assert sheet.entry == replace(rumour, body="没有封闭计划，请放心通行。")


async def test_everybody_sees_on_his_first_page_what_the_base_wants_of_him(at: Any, house: Any) -> None:
    drafts, people = house.curating.drafts, house.people
    sheet = await drafts.create(people["zhishi"], HEATING)
    await drafts.submit(people["zhishi"], sheet.row.id, version=1)
    wu, sun = await at("zhishi"), await at("zhongshen")
    await wu.get("/console/")
    assert "等您审核" not in wu.text, "he wrote it himself"
    await sun.get("/console/")
    assert "1 份草稿等您审核" in sun.text
    await drafts.send_back(people["zhongshen"], sheet.row.id, remark="请写明依据")
    await wu.get("/console/")
    assert "1 份草稿被退回，等您修改" in wu.text
    await drafts.submit(people["zhishi"], sheet.row.id, version=1)
    await drafts.accept(people["zhongshen"], sheet.row.id, sha256=sheet.row.content_sha256)
    await wu.get("/console/")
    assert "1 份草稿已通过，待发布" in wu.text
    await house.curating.curation.put_entries([replace(HEATING, id="old", valid_to=date(2020, 1, 1))], actor=ACTOR)
    await house.curating.curation.put_entries([replace(HEATING, id="old", title="改过")], actor=ACTOR)
    await house.curating.releases.prepare_rollback(people["zhishi"], 1, reason="改错了")
    await sun.get("/console/")
    assert "1 项发布或回退等您确认" in sun.text
    assert "过复核日期" not in sun.text, "not his to mend"


async def test_two_who_edit_one_draft_are_told_and_nothing_is_lost(at: Any, house: Any) -> None:
    wu, feng = await at("zhishi"), await at("zhishi2")
    sheet = await house.curating.drafts.create(house.people["zhishi"], HEATING)
    form = f"{HOME}/drafts/{sheet.row.id}"
    await wu.get(f"{form}/edit")
    await feng.get(f"{form}/edit")
    assert await wu.post(form, typed(title=HEATING.title, body="吴写的答复", version="1")) == 200
    assert await feng.post(form, typed(title=HEATING.title, body="冯写的答复", version="1")) == 409
    assert "吴知识（zhishi）保存过这份草稿" in feng.text
    for both in ("冯写的答复", "<del>吴</del>", "<ins>冯</ins>"):
        assert both in feng.text
    assert (await house.curating.drafts.sheet(sheet.row.id)).entry.body == "吴写的答复"


async def test_a_regression_is_shown_by_question_and_two_persons_answer_for_it(at: Any, house: Any) -> None:
    await house.curating.curation.put_entries([HEATING], actor=ACTOR)
    await house.curating.refresh()
    await house.curating.trials.run("常问", [Case(line=2, question=HEATING.title, entries=("heating",))], actor=ACTOR)
    wu, sun = await at("zhishi"), await at("zhongshen")
    sheet = await house.curating.drafts.stop(house.people["zhishi2"], "heating", "不再发放")
    await house.curating.drafts.submit(house.people["zhishi2"], sheet.row.id, version=1)
    await house.curating.drafts.accept(house.people["zhishi"], sheet.row.id, sha256=sheet.row.content_sha256)
    await wu.get(f"{HOME}/release")
    await wu.post(f"{HOME}/release/prepare", {"draft": str(sheet.row.id)})
    assert "退步的问句" in wu.text
    assert "冬季供暖补贴是多少（heating）" in wu.text
    assert 'id="release-now"' not in wu.text
    assert await wu.post(f"{HOME}/release", {"password": PASSWORD}) == 409
    assert await wu.post(f"{HOME}/release/ask", {"reason": "政策已停止"}) == 200
    assert "须由另一位有审核权限的同志" in wu.text
    assert await wu.post(f"{HOME}/release", {"password": PASSWORD}) == 409
    await sun.get(f"{HOME}/release")
    assert "政策已停止" in sun.text
    assert await sun.post(f"{HOME}/release", {}) == 200, "the password was given a moment ago"
    assert not (await house.curating.curation.stored("heating")).live


async def test_a_regression_names_the_entry_as_it_stands_before_the_release(at: Any, house: Any) -> None:
    await house.curating.curation.put_entries([HEATING], actor=ACTOR)
    await house.curating.refresh()
    await house.curating.trials.run("常问", [Case(line=2, question=HEATING.title, entries=("heating",))], actor=ACTOR)
    people, other = house.people, replace(HEATING, title="图书馆几点开门", body="九点开门。")
    sheet = await house.curating.drafts.create(people["zhishi2"], other)
    await house.curating.drafts.submit(people["zhishi2"], sheet.row.id, version=1)
    await house.curating.drafts.accept(people["zhishi"], sheet.row.id, sha256=sheet.row.content_sha256)
    wu = await at("zhishi")
    await wu.get(f"{HOME}/release")
    await wu.post(f"{HOME}/release/prepare", {"draft": str(sheet.row.id)})
    assert "退步的问句" in wu.text
    assert wu.text.count("冬季供暖补贴是多少（heating）") == 2, "what should answer, and what answers now"
    assert "<del>冬季供暖补贴是多少</del><ins>图书馆几点开门</ins>" in wu.text, (
        "texts with nothing in common stand apart"
    )


async def test_going_back_takes_two_and_says_what_it_changes(at: Any, house: Any) -> None:
    await house.curating.curation.put_entries([HEATING], actor=ACTOR)
    await house.curating.curation.put_entries([replace(HEATING, body="每户500元，11月底前发放到卡。")], actor=ACTOR)
    wu, sun = await at("zhishi"), await at("zhongshen")
    await wu.get(f"{HOME}/releases/1")
    assert await wu.post(f"{HOME}/releases/1/roll-back", {"reason": "金额有误"}) == 200
    assert "<del>500</del><ins>300</ins>" in wu.text
    assert await wu.post(f"{HOME}/release", {"password": PASSWORD}) == 409
    await sun.get(f"{HOME}/release")
    assert await sun.post(f"{HOME}/release", {"password": PASSWORD}) == 200
    assert (await house.curating.curation.stored("heating")) == HEATING
    await wu.get(f"{HOME}/releases")
    assert "第 3 版" in wu.text
    assert "回退到第 1 版" in wu.text


async def test_a_file_becomes_drafts_after_a_dry_run_and_can_be_taken_back(at: Any, house: Any, tmp_path: Any) -> None:
    await house.curating.curation.put_entries([HEATING], actor=ACTOR)
    reading.write_entries(
        tmp_path / "a.xlsx", [replace(HEATING, body="每户300元，12月发放。"), replace(HEATING, id="b", title="另一条")]
    )
    data = (tmp_path / "a.xlsx").read_bytes()
    wu = await at("zhishi")
    await wu.get(f"{HOME}/import")
    for mode in MODES:
        assert await wu.post(f"{HOME}/import", {"file": ("../../知识.xlsx", data), "mode": mode, "then": "plan"}) == 200
        assert "没有写入任何内容" in wu.text
    assert not await KnowledgeDraft.exists()
    assert await wu.post(f"{HOME}/import", {"file": ("zhishi.xlsx", data), "mode": "replace", "then": "take"}) == 200
    assert await KnowledgeDraft.filter(state="draft").count() == 2
    batch = await KnowledgeImport.get()
    assert (batch.file, batch.release_id) == ("zhishi.xlsx", None)
    assert await wu.post(f"{HOME}/import/{batch.id}/submit", {"declared": "yes"}) == 200
    assert await KnowledgeDraft.filter(state="submitted").count() == 2
    await wu.get(f"{HOME}/import")
    assert await wu.post(f"{HOME}/import/{batch.id}/undo") == 200
    assert await KnowledgeDraft.filter(state="discarded").count() == 2
    assert await house.curating.curation.entries() == [HEATING]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.xlsx", b"not a workbook", "不是 .xlsx 文件"),
        ("a.csv", "问题,答复\n=1+1,好\n,\n".encode(), None),
        ("a.csv", "列,表\n1,2\n".encode(), "没有找到表头"),
        ("a.jsonl", b'{"id":"a"}\n', "标题和正文都是空的"),
        ("", b"", "没有选择文件"),
    ],
)
async def test_a_wrong_file_is_named_and_nothing_is_written(at: Any, name: str, data: bytes, words: str | None) -> None:
    wu = await at("zhishi")
    await wu.get(f"{HOME}/import")
    fields: Any = {"mode": "replace", "then": "plan"}
    if name:
        fields["file"] = (name, data)
    status = await wu.post(f"{HOME}/import", fields)
    assert status == (200 if words is None else 422), wu.text
    if words is not None:
        assert words in wu.text
        assert "知识库保持原样" in wu.text


async def test_the_export_comes_back_whole(at: Any, house: Any, tmp_path: Any) -> None:
    full = replace(HEATING, responsible="张三", checked=("b：另一件事",), similar=("=1+1", "@x"), body="+ 不是公式")
    await house.curating.curation.put_entries([full], actor=ACTOR)
    wu = await at("zhishi")
    for name in ("knowledge.xlsx", "knowledge.csv", "knowledge.jsonl"):
        async with wu.session.get(f"{wu.base}{HOME}/export/{name}") as answer:
            assert answer.status == 200
            (tmp_path / name).write_bytes(await answer.read())
        assert [row.entry for row in reading.read_entries(tmp_path / name).rows] == [full]


async def test_numbers_that_are_none_do_no_harm(at: Any, house: Any) -> None:
    sheet = await house.curating.drafts.create(house.people["zhishi"], HEATING)
    wu = await at("zhishi")
    for nonsense in ("²", "9" * 30, "-1", "x", ""):
        await wu.get(f"{HOME}/drafts?batch={nonsense}&page={nonsense}&state={nonsense}")
        assert await wu.post(f"{HOME}/drafts/{sheet.row.id}/submit", {"version": nonsense}) == 409
        assert await wu.post(f"{HOME}/drafts/accept", {"draft": f"{nonsense}:x"}) in {404, 409}
        assert await wu.post(f"{HOME}/release/prepare", {"draft": nonsense}) == 409
        assert await wu.get(f"{HOME}/tests/1?beside={nonsense}") == 200


async def test_suites_are_run_kept_and_compared(at: Any, house: Any) -> None:
    await house.curating.curation.put_entries([HEATING], actor=ACTOR)
    wu = await at("zhishi")
    await wu.get(f"{HOME}/tests")
    lines = [{"question": HEATING.title, "entries": ["heating"]}, {"question": "哈哈", "decision": "none"}]
    data = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
    assert await wu.post(f"{HOME}/tests", {"suite": "常问", "file": ("c.jsonl", data)}) == 200
    assert "2 / 2" in wu.text
    await house.curating.curation.stop_entry("heating", "停", actor=ACTOR)
    await wu.get(f"{HOME}/tests")
    assert await wu.post(f"{HOME}/tests", {"suite": "常问", "again": "1"}) == 200
    assert "1 / 2" in wu.text
    worse = wu.text.split('id="worse"', 1)[1].split("</section>", 1)[0]
    assert HEATING.title in worse
    assert "哈哈" not in worse
    assert await wu.post(f"{HOME}/tests", {"suite": "坏", "file": ("c.jsonl", b"{}")}) == 422
    assert "没有问句" in wu.text


async def test_what_is_due_and_what_contradicts(at: Any, house: Any) -> None:
    await house.curating.curation.put_entries(
        [
            replace(HEATING, next_review_on=house.clock.moment.date()),
            replace(HEATING, id="other", title="冬季供暖补贴有多少", body="每户500元。", unit=""),
        ],
        actor=ACTOR,
    )
    wu = await at("zhishi")
    await wu.get(f"{HOME}/due")
    assert "30 天内须复核 1" in wu.text
    assert "没有责任单位 1" in wu.text
    await wu.get(f"{HOME}/conflicts")
    assert await wu.post(f"{HOME}/conflicts") == 200
    await house.curating.survey.wait()
    await wu.get(f"{HOME}/conflicts")
    assert "须处理 1" in wu.text
    assert "500元" in wu.text

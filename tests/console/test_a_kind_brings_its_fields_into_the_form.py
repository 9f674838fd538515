"""Choosing a kind without a script: its fields, its template where nobody wrote, its column; and the office that edits them."""

from typing import Any

import pytest
from tortoise.transactions import in_transaction

from disclosures.kinds import find_kind, seed
from disclosures.records import Disclosure, DocumentKind, Revision
from tests.console.conftest import draft

FIELDS = {
    "title": "招考公告", "department": "区民政局", "category": "", "formed_on": "2026-11-20", "body": "",
    "body_format": "markdown", "wechat_mode": "publish",
}  # fmt: skip


@pytest.fixture(autouse=True)
async def kinds(house: Any) -> None:
    async with in_transaction() as connection:
        await seed(connection)
    await house.staff("gongkai", "officer", "何公开")


async def signed_in(browser: Any, name: str) -> Any:
    at_screen = browser()
    assert await at_screen.sign_in(name) == 200
    return at_screen


def body_of(page: str) -> str:
    return page.split('name="body"', 1)[1].split(">", 1)[1].split("</textarea>", 1)[0]


async def test_a_kind_fills_an_empty_body_and_never_a_written_one(browser: Any) -> None:
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/disclosures/new")
    assert await drafter.post("/console/disclosures", {**FIELDS, "kind": "zhaokao", "action": "kind"}) == 200
    assert 'name="particulars_places"' in drafter.text
    assert "招录岗位" in body_of(drafter.text)
    assert '<option value="公务员招考" selected>' in drafter.text
    template = body_of(drafter.text)
    # A template that nobody touched gives way to the next kind's, and so does the column it brought.
    other = {
        **FIELDS,
        "kind": "yingji",
        "kind_before": "zhaokao",
        "body": template,
        "category": "公务员招考",
        "action": "kind",
    }
    assert await drafter.post("/console/disclosures", other) == 200
    assert "请群众这样做" in body_of(drafter.text)
    assert '<option value="应急管理" selected>' in drafter.text
    written = {**other, "body": "写好的正文。", "category": "通知公告"}
    assert await drafter.post("/console/disclosures", written) == 200
    assert body_of(drafter.text) == "写好的正文。"
    assert '<option value="通知公告" selected>' in drafter.text
    assert await Revision.all().count() == 0


async def test_what_was_typed_for_another_kind_is_named_before_it_goes(browser: Any) -> None:
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/disclosures/new")
    form = {
        **FIELDS,
        "kind": "yingji",
        "kind_before": "zhaokao",
        "particulars_places": "12",
        "particulars_contact": "2345678",
    }
    assert await drafter.post("/console/disclosures", {**form, "action": "kind"}) == 200
    assert "<b>招录人数</b>：12" in drafter.text
    assert 'name="particulars_places" value="12"' in drafter.text, (
        "it is still there when the first kind is chosen again"
    )
    assert 'name="particulars_contact" value="2345678"' in drafter.text.split("left-over")[0]


async def test_a_wrong_value_is_told_beside_its_field_and_stays(browser: Any) -> None:
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/disclosures/new")
    form = {**FIELDS, "body": "正文。", "category": "公务员招考", "kind": "zhaokao", "particulars_places": "十二个",
            "particulars_apply_from": "2026-12-01", "weibo_text": "写好的微博"}  # fmt: skip
    assert await drafter.post("/console/disclosures", form) == 422
    assert 'id="particulars_places-issue-1"' in drafter.text
    assert 'name="particulars_places" value="十二个"' in drafter.text
    assert 'value="2026-12-01"' in drafter.text
    assert "写好的微博" in drafter.text
    assert await drafter.post("/console/disclosures", {**form, "particulars_places": "12"}) == 200
    saved = (await Revision.get(number=1)).content
    assert saved["particulars"] == [
        {"name": "places", "label": "招录人数", "value": "12人"},
        {"name": "apply_from", "label": "报名开始", "value": "2026年12月1日"},
    ]
    assert "招录人数" in drafter.text
    number = (await Disclosure.get()).id
    assert await drafter.post(f"/console/disclosures/{number}/submit", {"declared": "yes"}) == 422
    assert "“招考录用”须填写“报名截止”" in drafter.text
    await drafter.get(f"/console/disclosures/{number}/edit")
    assert 'name="particulars_places" value="12"' in drafter.text
    assert 'type="date" value="2026-12-01"' in drafter.text


async def test_the_script_gets_the_same_fields_template_and_column(browser: Any) -> None:
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/disclosures/new")
    data = {**FIELDS, "kind": "yujuesuan", "body_format": "html", "particulars_year": "2026", "csrf": drafter.csrf}
    async with drafter.session.post(
        f"{drafter.base}/console/kind-fields", data=data, headers={"Origin": drafter.base}
    ) as answer:
        told = await answer.json()
    assert 'name="particulars_year" value="2026"' in told["fields"]
    assert told["template"].startswith("<h2>")
    assert told["category"] == "财政预决算"


async def test_each_channel_says_what_it_would_show_and_where_it_differs(browser: Any) -> None:
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/disclosures/new")
    form = {**FIELDS, "body": "每户300元。", "category": "通知公告", "wechat_title": "补贴来了"}
    assert await drafter.post("/console/disclosures", {**form, "action": "master:weibo_text"}) == 200
    assert '<span data-derived="weibo_text">【招考公告】每户300元。</span>' in drafter.text
    own = drafter.text.split('data-own="wechat_title"', 1)[1].split("</div>", 1)[0]
    assert '<span class="differs">' in own
    assert '<span class="differs" hidden>' in drafter.text.split('data-own="wechat_author"', 1)[1].split("</div>", 1)[0]
    assert await drafter.post("/console/disclosures", {**form, "action": "master:wechat_title"}) == 200
    assert "补贴来了" not in drafter.text
    async with drafter.session.post(
        f"{drafter.base}/console/check", data={**form, "csrf": drafter.csrf}, headers={"Origin": drafter.base}
    ) as answer:
        told = (await answer.json())["derived"]
    assert told["texts"]["wechat_title"] == "招考公告"
    assert told["count"] > 10
    await drafter.get("/console/disclosures/new")
    assert await drafter.post("/console/disclosures", form) == 200
    assert 'id="differing"' in drafter.text
    assert "补贴来了" in drafter.text.split('id="differing"', 1)[1].split("</dl>", 1)[0]


async def test_the_office_edits_a_kind_on_its_page(browser: Any) -> None:
    office = await signed_in(browser, "gongkai")
    assert await office.get("/console/kinds") == 200
    assert 'data-kind="guifanxing"' in office.text
    assert await office.get("/console/kind-new") == 200
    form = {
        "name": "督查通报", "code": "ducha", "category": "tongzhi", "sort": "200", "secrecy": "yes", "asks": "document_number", "template": "## 情况\r\n",
        "active": "yes", "label_0": "督查事项", "type_0": "text", "required_0": "yes", "order_0": "20", "name_0": "",
        "label_1": "等次", "type_1": "choice", "choices_1": "好；中\r\n差", "order_1": "10", "name_1": "", "label_2": "", "type_2": "date",
    }  # fmt: skip
    assert await office.post("/console/kinds", {**form, "choices_1": "只有一个"}) == 422
    assert "只有一个" in office.text
    assert 'id="fields-0-wrong-1"' in office.text, "the lines stand in their wanted order"
    assert await office.post("/console/kinds", form) == 200
    kind = await find_kind("ducha")
    assert [(each.name, each.label, each.choices) for each in kind.fields] == [
        ("field_1", "等次", ("好", "中", "差")),
        ("field_2", "督查事项", ()),
    ]
    assert (kind.secrecy, kind.asks, kind.template) == (True, ("document_number",), "## 情况\n")
    assert await office.get("/console/kinds/ducha") == 200
    changed = {**form, "name_0": "field_2", "name_1": "field_1", "remove_1": "yes", "label_2": "新的一项"}
    assert await office.post("/console/kinds/ducha", changed) == 200
    kind = await find_kind("ducha")
    assert [(each.name, each.retired) for each in kind.fields] == [
        ("field_2", False),
        ("field_3", False),
        ("field_1", True),
    ]
    assert await office.post("/console/kinds/ducha/switch", {"active": "no"}) == 200
    assert "已停用" in office.text
    assert await office.post("/console/kinds/ducha/delete") == 200
    assert not await DocumentKind.exists(code="ducha")


async def test_a_used_kind_is_kept(browser: Any, call: Any) -> None:
    made = await call("nigao")("POST", "/disclosures", draft(kind="tongzhi"))
    assert made.status == 201
    office = await signed_in(browser, "gongkai")
    assert await office.get("/console/kinds/tongzhi") == 200
    assert "/delete" not in office.text
    assert await office.post("/console/kinds/tongzhi/delete") == 409
    assert await DocumentKind.exists(code="tongzhi")


async def test_the_api_takes_kinds_and_their_fields(call: Any) -> None:
    nigao = call("nigao")
    listed = (await nigao("GET", "/kinds")).body["items"]
    exam = next(each for each in listed if each["code"] == "zhaokao")
    assert exam["fields"][0] == {
        "name": "places", "label": "招录人数", "type": "number", "required": True, "hint": "", "unit": "人", "choices": [],
    }  # fmt: skip
    wrong = await nigao("POST", "/disclosures", draft(kind="zhaokao", particulars={"places": "很多", "colour": "蓝"}))
    assert wrong.status == 422
    assert {error["field"] for error in wrong.body["errors"]} == {"particulars.places", "particulars.colour"}
    assert (await nigao("POST", "/disclosures", draft(kind="nothing"))).status == 422
    made = await nigao(
        "POST", "/disclosures", draft(kind="zhaokao", particulars={"places": "12", "contact": "2345678"})
    )
    assert made.status == 201
    one = f"/disclosures/{made.body['id']}"
    assert {"name": "places", "label": "招录人数", "value": "12人"} in made.body["particulars"]
    refused = await nigao("POST", f"{one}/submit", {})
    assert refused.status == 422
    assert "particulars.apply_until" in {error["field"] for error in refused.body["errors"]}
    changed = await nigao("PATCH", one, {"particulars": {"contact": "", "apply_until": "2026-12-31"}})
    assert [each["name"] for each in changed.body["particulars"]] == ["places", "apply_until"]
    # Another kind drops nothing by itself: what has no place in it must be taken out by name.
    assert (await nigao("PATCH", one, {"kind": "tongzhi"})).status == 422
    moved = await nigao("PATCH", one, {"kind": "tongzhi", "particulars": {"places": "", "apply_until": ""}})
    assert (moved.status, moved.body["kind"], moved.body["particulars"]) == (200, "tongzhi", [])


async def test_a_kind_whose_fields_nobody_has_seen_is_shown_before_it_is_saved(browser: Any) -> None:
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/disclosures/new")
    form = {**FIELDS, "body": "正文。", "kind": "zhaokao", "kind_before": "", "action": "save"}
    assert await drafter.post("/console/disclosures", form) == 200
    assert "已换成所选的文种，还没有保存" in drafter.text
    assert 'name="kind_before" value="zhaokao"' in drafter.text
    assert await Revision.all().count() == 0


async def test_two_in_the_office_do_not_overwrite_each_others_kind(browser: Any) -> None:
    office = await signed_in(browser, "gongkai")
    await office.get("/console/kinds/dongtai")
    seen = office.text.split('name="seen" value="', 1)[1].split('"', 1)[0]
    form = {"name": "工作动态", "category": "gongzuodongtai", "sort": "120", "seen": seen, "label_0": "活动日期", "name_0": "held_on",
            "type_0": "date", "template": "一"}  # fmt: skip
    assert await office.post("/console/kinds/dongtai", form) == 200
    assert await office.post("/console/kinds/dongtai", {**form, "template": "二"}) == 409
    assert "已被别人修改" in office.text
    assert ">二</textarea>" in office.text, "what was typed is still there"
    assert (await find_kind("dongtai")).template == "一"


async def test_personal_data_in_a_kinds_fields_is_found(browser: Any) -> None:
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/disclosures/new")
    form = {**FIELDS, "body": "正文。", "category": "人事信息", "kind": "renshi", "particulars_appointer": "区政府",
            "particulars_decided_on": "2026-11-20", "particulars_changes": "张某，身份证号 11010519491231002X"}  # fmt: skip
    assert await drafter.post("/console/disclosures", form) == 200
    number = (await Disclosure.get()).id
    assert await drafter.post(f"/console/disclosures/{number}/submit", {"declared": "yes"}) == 422
    await drafter.get(f"/console/disclosures/{number}/edit")
    assert 'id="particulars_changes-issue-1"' in drafter.text

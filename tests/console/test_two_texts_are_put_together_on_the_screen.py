"""Somebody else saved first: both texts are shown, what did not meet is merged, what met is chosen, and nothing is overwritten."""

from typing import Any

from tortoise.transactions import in_transaction

from disclosures.kinds import seed
from disclosures.records import Revision
from tests.console.conftest import draft
from tests.console.test_a_disclosure_goes_its_whole_way_on_the_screen import fields, signed_in, written

BODY = "补贴自2026年12月1日起发放，每户300元。\n\n请各单位抓好落实。"


async def two(
    browser: Any, house: Any, theirs: dict[str, str], mine: dict[str, str]
) -> tuple[Any, int, dict[str, str]]:
    """A text; what another person saved; and what this person then tries to save from the first version."""
    drafter, number = await written(browser)
    await house.staff("wangfang", "drafter", "王芳")
    other = await signed_in(browser, "wangfang")
    await other.get(f"/console/disclosures/{number}/edit")
    assert await other.post(f"/console/disclosures/{number}", fields(**theirs, revision="1")) == 200
    await drafter.get(f"/console/disclosures/{number}/edit")
    form = fields(**mine, revision="1")
    assert await drafter.post(f"/console/disclosures/{number}", form) == 409
    return drafter, number, form


async def test_what_did_not_meet_is_merged_and_shown_before_it_is_saved(browser: Any, house: Any) -> None:
    drafter, number, form = await two(
        browser, house, {"body": BODY.replace("300元", "320元"), "keywords": "供暖"},
        {"body": BODY + "\n\n联系电话：2345678。", "summary": "我的概述"},
    )  # fmt: skip
    assert "王芳 9:30 保存了第 2 版" in drafter.text
    assert "两人改的不是同一处" in drafter.text
    assert "每户3<del>0</del><ins>2</ins>0元" in drafter.text, "the other's words, with what he changed in them"
    assert await Revision.all().count() == 2, "nothing is saved unseen"
    assert await drafter.post(f"/console/disclosures/{number}/merge", {**form, "seen": "2", "action": "save"}) == 200
    saved = await Revision.get(number=3)
    assert saved.body_source == BODY.replace("300元", "320元") + "\n\n联系电话：2345678。"
    assert (saved.content["keywords"], saved.content["summary"]) == (["供暖"], "我的概述")
    assert saved.author_name == "李拟稿"


async def test_what_met_must_be_chosen_and_may_be_written_anew(browser: Any, house: Any) -> None:
    drafter, number, form = await two(
        browser, house, {"title": "他的标题", "body": BODY.replace("300元", "320元")},
        {"title": "我的标题", "body": BODY.replace("300元", "350元")},
    )  # fmt: skip
    assert 'name="pick_title"' in drafter.text
    assert 'name="pick_body_0"' in drafter.text
    merge = f"/console/disclosures/{number}/merge"
    assert await drafter.post(merge, {**form, "seen": "2", "action": "save", "pick_title": "theirs"}) == 422
    assert "还有 1 处没有选定" in drafter.text
    assert 'name="pick_title" value="theirs" checked' in drafter.text
    assert await Revision.all().count() == 2
    chosen = {"pick_title": "theirs", "pick_body_0": "own", "own_body_0": "补贴自2026年12月1日起发放，每户330元。"}
    # To look it over once more in the form: nothing is saved, and the version to save against is the one he has seen.
    assert await drafter.post(merge, {**form, "seen": "2", "action": "continue", **chosen}) == 200
    assert 'name="revision" value="2"' in drafter.text
    assert "每户330元。" in drafter.text
    assert await drafter.post(merge, {**form, "seen": "2", "action": "save", **chosen}) == 200
    saved = await Revision.get(number=3)
    assert saved.content["title"] == "他的标题"
    assert saved.body_source == BODY.replace("300元", "330元")


async def test_a_third_text_that_comes_between_is_shown_too(browser: Any, house: Any) -> None:
    drafter, number, form = await two(browser, house, {"summary": "他的"}, {"keywords": "我的"})
    other = await signed_in(browser, "wangfang")
    await other.get(f"/console/disclosures/{number}/edit")
    assert await other.post(f"/console/disclosures/{number}", fields(summary="又改的", revision="2")) == 200
    assert await drafter.post(f"/console/disclosures/{number}/merge", {**form, "seen": "2", "action": "save"}) == 409
    assert "保存了第 3 版" in drafter.text
    assert "又改的" in drafter.text
    assert await drafter.post(f"/console/disclosures/{number}/merge", {**form, "seen": "3", "action": "save"}) == 200
    saved = await Revision.get(number=4)
    assert (saved.content["summary"], saved.content["keywords"]) == ("又改的", ["我的"])


async def test_attachments_and_channels_are_merged_too(browser: Any, house: Any) -> None:
    drafter, number = await written(browser)
    await drafter.get(f"/console/disclosures/{number}/edit")
    own = [
        *fields(revision="1").items(),
        ("attachment_file", ("我的.csv", b"a,b\n1,2\n")),
        ("attachment_file_title", "我的附件"),
    ]
    await house.staff("wangfang", "drafter", "王芳")
    other = await signed_in(browser, "wangfang")
    await other.get(f"/console/disclosures/{number}/edit")
    theirs = [*fields(revision="1", wechat_mode="mass").items(), ("attachment_file", ("他的.csv", b"c,d\n3,4\n")),
              ("attachment_file_title", "他的附件")]  # fmt: skip
    assert await other.post(f"/console/disclosures/{number}", theirs) == 200
    assert await drafter.post(f"/console/disclosures/{number}", own) == 409
    assert 'value="我的附件"' in drafter.text
    sha = drafter.text.split('name="attachment" value="', 1)[1].split('"', 1)[0]
    form = [*fields(revision="1").items(), ("attachment", sha), ("attachment_title", "我的附件"), ("seen", "2"),
            ("action", "save")]  # fmt: skip
    assert await drafter.post(f"/console/disclosures/{number}/merge", form) == 200
    saved = (await Revision.get(number=3)).content
    assert sorted(each["title"] for each in saved["attachments"]) == ["他的附件", "我的附件"]
    assert saved["wechat"]["mode"] == "mass"


async def test_the_api_still_says_409(call: Any) -> None:
    nigao = call("nigao")
    one = f"/disclosures/{(await nigao('POST', '/disclosures', draft())).body['id']}"
    assert (await nigao("PATCH", one, {"summary": "一", "expected_revision": 1})).status == 200
    assert (await nigao("PATCH", one, {"summary": "二", "expected_revision": 1})).status == 409


async def test_what_was_filled_in_for_a_kind_that_the_other_changed_is_shown_before_it_goes(
    browser: Any, house: Any
) -> None:
    async with in_transaction() as connection:
        await seed(connection)
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/disclosures/new")
    assert await drafter.post("/console/disclosures", fields(kind="zhaokao")) == 200
    number = int(drafter.text.split('data-disclosure="', 1)[1].split('"', 1)[0])
    await house.staff("wangfang", "drafter", "王芳")
    other = await signed_in(browser, "wangfang")
    await other.get(f"/console/disclosures/{number}/edit")
    assert await other.post(f"/console/disclosures/{number}", fields(kind="tongzhi", revision="1")) == 200
    await drafter.get(f"/console/disclosures/{number}/edit")
    form = fields(kind="zhaokao", revision="1", particulars_places="12", key="k" * 22)
    assert await drafter.post(f"/console/disclosures/{number}", form) == 409
    assert "招录人数" in drafter.text
    assert await drafter.post(f"/console/disclosures/{number}/merge", {**form, "seen": "2", "action": "save"}) == 200
    assert "没有对应的项目" in drafter.text
    assert "<b>招录人数</b>：12" in drafter.text
    assert await Revision.all().count() == 2
    # Whoever leaves the comparison finds his text again.
    await drafter.get(f"/console/disclosures/{number}/edit")
    assert "您有一份未保存的草稿" in drafter.text


async def test_a_text_that_became_html_meets_one_in_markdown(browser: Any, house: Any) -> None:
    html = "<p>补贴自2026年12月1日起发放，每户320元。</p><p>请各单位抓好落实。</p>"
    drafter, number, form = await two(
        browser, house, {"body": html, "body_format": "html"}, {"body": BODY.replace("抓好落实", "认真落实")}
    )
    assert await drafter.post(f"/console/disclosures/{number}/merge", {**form, "seen": "2", "action": "save"}) == 200
    saved = await Revision.get(number=3)
    assert saved.body_format == "html"
    assert saved.content["body_html"] == html.replace("抓好落实", "认真落实")

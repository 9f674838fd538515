"""服务窗口, 二维码和菜单 and 群众图片 over real HTTP: who may, what is wrong, a table in and out, and who looked."""

from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.records import AuditRecord
from casework.media import CitizenPictures
from casework.media_records import CitizenMedia
from disclosures.window_records import ServiceWindow, Signpost
from knowledge.records import UnansweredQuestion
from knowledge.reporting import Asked, Reporting
from tests.endtoend.pages import PICTURE

HALL = {
    "name": "区政务服务中心", "address": "示例大道1号一楼", "unit": "区政府办", "phone": "0000-8600200",
    "hours": "工作日 9:00–17:00", "services": "社保，医保 低保", "latitude": "29.462", "longitude": "113.006", "source": "示例",
}  # fmt: skip
TABLE = "名称,地址,电话,可办事项,纬度,经度\n清溪镇便民服务中心,中心街2号,0000-1,低保,29.5,112.9\n区政务服务中心,示例大道2号,,社保,,\n"


@pytest.fixture
async def office(house: Any, browser: Any) -> Any:
    """The disclosure office at the screen."""
    await house.staff("gongkai", "officer", "冯公开")
    made = browser()
    await made.sign_in("gongkai")
    return made


async def test_a_window_is_added_changed_and_removed_and_each_act_is_in_the_trail(office: Any) -> None:
    assert await office.get("/console/windows") == 200
    assert "还没有服务窗口" in office.text
    assert await office.post("/console/windows", HALL) == 200
    row = await ServiceWindow.get()
    assert (row.services, row.latitude, row.changed_by) == ("社保、医保、低保", 29.462, "冯公开")
    assert await office.get(f"/console/windows/{row.id}") == 200
    assert 'value="示例大道1号一楼"' in office.text
    await office.post(f"/console/windows/{row.id}", {**HALL, "phone": "0000-1"})
    assert (await ServiceWindow.get()).phone == "0000-1"
    await office.get(f"/console/windows/{row.id}")
    await office.post(f"/console/windows/{row.id}/remove")
    assert await ServiceWindow.all().count() == 0
    verbs = [each.verb for each in await AuditRecord.filter(verb__startswith="window.").order_by("id")]
    assert verbs == ["window.saved", "window.saved", "window.removed"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": " "}, "此项不能为空"), ({"address": ""}, "此项不能为空"), ({"phone": "1" * 65}, "不能超过 64 个字"),
        ({"latitude": "113.0", "longitude": "29.4"}, "经纬度不对"), ({"longitude": ""}, "经纬度不对"),
        ({"latitude": "abc"}, "经纬度不对"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(
    office: Any, changed: dict[str, str], words: str
) -> None:
    await office.get("/console/windows")
    assert await office.post("/console/windows", {**HALL, **changed}) == 422
    assert words in office.text
    assert 'aria-invalid="true"' in office.text
    assert 'value="工作日 9:00–17:00"' in office.text
    assert await ServiceWindow.all().count() == 0


async def test_two_windows_of_one_name_are_refused(office: Any) -> None:
    await office.get("/console/windows")
    await office.post("/console/windows", HALL)
    assert await office.post("/console/windows", HALL) == 422
    assert "已经有名为“区政务服务中心”的窗口" in office.text


async def test_a_table_is_tried_then_taken_and_comes_out_again(office: Any) -> None:
    await office.get("/console/windows")
    await office.post("/console/windows", HALL)
    await office.get("/console/windows/import")
    file = ("窗口.csv", TABLE.encode())
    assert await office.post("/console/windows/import", {"file": file, "then": "plan"}) == 200
    assert "新增 1 个窗口，修改 1 个同名窗口" in office.text
    assert await ServiceWindow.all().count() == 1
    assert await office.post("/console/windows/import", {"file": file, "then": "take"}) == 200
    assert {row.name: row.address for row in await ServiceWindow.all()} == {
        "区政务服务中心": "示例大道2号", "清溪镇便民服务中心": "中心街2号",
    }  # fmt: skip
    async with office.session.get(f"{office.base}/console/windows/export/windows.xlsx") as answer:
        workbook = await answer.read()
    await ServiceWindow.all().delete()
    await office.get("/console/windows/import")
    await office.post("/console/windows/import", {"file": ("windows.xlsx", workbook), "then": "take"})
    assert await ServiceWindow.all().count() == 2


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("名称,电话\n甲,1\n", "缺少这一列"), ("名称,地址\n甲,\n", "此项不能为空"), ("名称,地址\n甲,乙\n甲,丙\n", "与第 2 行同名"),
        ("名称,地址,纬度,经度\n甲,乙,113,29\n", "经纬度不对"),
    ],
)  # fmt: skip
async def test_a_table_with_one_wrong_row_is_not_taken_at_all(office: Any, table: str, words: str) -> None:
    await office.get("/console/windows/import")
    assert await office.post("/console/windows/import", {"file": ("a.csv", table.encode()), "then": "take"}) == 422
    assert words in office.text
    assert await ServiceWindow.all().count() == 0


async def test_a_code_stands_for_a_question_a_window_or_a_unit(office: Any) -> None:
    await office.get("/console/windows/codes")
    wrong = {"code": "有空格 的", "kind": "window", "target": "没有的窗口"}
    assert await office.post("/console/windows/codes", wrong) == 422
    assert "没有名为“没有的窗口”的窗口" in office.text
    assert "编码只能用字母" in office.text
    await office.post("/console/windows/codes", {"code": "12", "kind": "question", "target": "低保怎么申请"})
    await office.post("/console/windows/codes", {"code": "12", "kind": "question", "target": "低保有多少钱"})
    row = await Signpost.get()
    assert row.target == "低保有多少钱"
    await office.post(f"/console/windows/codes/{row.id}/remove")
    assert await Signpost.all().count() == 0


async def test_who_may_not_change_may_look_and_finds_no_form(house: Any, browser: Any) -> None:
    curator = browser()
    await curator.sign_in("zhishi")
    assert await curator.get("/console/windows") == 200
    assert "添加窗口" not in curator.text
    token = curator.csrf
    assert await curator.post("/console/windows", {**HALL, "csrf": token}) == 403
    assert await curator.get("/console/windows/import") == 403
    assert await ServiceWindow.all().count() == 0


async def test_a_picture_is_seen_beside_the_question_and_the_rumour_by_who_may_and_he_is_written_down(
    house: Any, browser: Any
) -> None:
    pictures = CitizenPictures(clock=house.clock, trail=house.trail, key="k" * 32)
    number = await pictures.put(channel="wechat", asker_hash="a" * 64, data=PICTURE)
    await CitizenMedia.create(
        channel="wechat", asker_hash="a" * 64, kind="video", state="named", remark="视频不取回", received_at=house.clock.moment,
        expires_at=house.clock.moment.replace(year=2099),
    )  # fmt: skip
    await UnansweredQuestion.create(
        text="照片里的路灯怎么报修", masked="照片里的路灯怎么报修", channel="wechat", asker_hash="a" * 64,
        asked_at=house.clock.moment, candidates=[], decision="none", confidence=0.1, reason="none",
    )  # fmt: skip
    asked = Asked(text="网传河口镇停水七天", channel="wechat", asker_hash="a" * 64, at=house.clock.moment)
    async with in_transaction() as connection:
        claim = await Reporting().keep(connection, asked)
    curator = browser()
    await curator.sign_in("zhishi")
    await curator.get("/console/knowledge/questions")  # Looking at the list sorts new questions into their groups.
    group = (await UnansweredQuestion.get()).cluster_id
    for page in (f"/console/knowledge/questions/{group}", f"/console/rumours/{claim}", "/console/pictures"):
        assert await curator.get(page) == 200
        assert f"/console/pictures/{number}" in curator.text
        assert "视频不取回" in curator.text
    assert "照片里的路灯怎么报修" in curator.text
    assert "网传河口镇停水七天" in curator.text
    async with curator.session.get(f"{curator.base}/console/pictures/{number}") as answer:
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Cache-Control"] == "no-store"
        assert (await answer.read()).startswith(b"\x89PNG")
    looked = await AuditRecord.filter(verb="media.viewed")
    assert [(row.actor_name, row.subject) for row in looked] == [("吴知识（zhishi）", f"media:{number}")]
    drafter = browser()
    await drafter.sign_in("nigao")
    assert await drafter.get(f"/console/pictures/{number}") == 403
    assert await drafter.get(f"/console/knowledge/questions/{group}") == 200
    assert f"/console/pictures/{number}" not in drafter.text
    assert await AuditRecord.filter(verb="media.viewed").count() == 1
    assert await curator.get("/console/pictures/999") == 404
    assert "已经删除" in curator.text


async def test_another_system_keeps_the_windows_by_the_api(house: Any, call: Any) -> None:
    await house.staff("gongkai", "officer", "冯公开")
    office, curator = call("gongkai"), call("zhishi")
    plain = {
        "name": "区政务服务中心",
        "address": "示例大道1号",
        "services": "社保、医保",
        "latitude": 29.46,
        "longitude": 113.0,
    }
    assert (await office("POST", "/windows", {"windows": [plain]})).body == {"added": 1, "changed": 0}
    assert (await office("POST", "/windows", {"windows": [{**plain, "phone": "1"}]})).body == {"added": 0, "changed": 1}
    wrong = await office("POST", "/windows", {"windows": [{**plain, "name": "新"}, {**plain, "address": " "}]})
    assert (wrong.status, await ServiceWindow.all().count()) == (422, 1)
    (item,) = (await curator("GET", "/windows")).body["items"]
    assert (item["services"], item["phone"], item["latitude"]) == (["社保", "医保"], "1", 29.46)
    assert (await curator("POST", "/windows", {"windows": [plain]})).status == 403
    assert (await curator("DELETE", f"/windows/{item['id']}")).status == 403
    assert (await office("DELETE", f"/windows/{item['id']}")).body == {"items": []}
    assert (await office("DELETE", f"/windows/{item['id']}")).status == 404

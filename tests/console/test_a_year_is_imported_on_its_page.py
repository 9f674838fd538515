"""节假日安排: a file or a pasted table, refused beside the field with nothing lost, and counted by at once."""

from pathlib import Path
from typing import Any

from audit.records import AuditRecord
from disclosures.year_table import read_year
from tests.console.conftest import draft
from tests.console.test_a_disclosure_goes_its_whole_way_on_the_screen import signed_in

TABLE = (Path(__file__).parent.parent / "planning" / "golden" / "year-2027.csv").read_text("utf8")
SOURCE = "国务院办公厅关于2027年部分节假日安排的通知（国办发明电〔2026〕7号）"
WHERE = "/console/calendar/years"


async def test_an_imported_year_counts_at_once(call: Any, browser: Any, clock: Any) -> None:
    clock.advance(20 * 86400)
    made = await call("nigao")("POST", "/disclosures", draft(formed_on="2026-12-10"))
    person = await signed_in(browser, "fabu")
    sheet = f"/console/disclosures/{made.body['id']}"
    await person.get(sheet)
    assert "暂按周末推算" in person.text
    assert "2027-01-07" in person.text, "twenty working days of the law, with weekends alone"
    await person.get(WHERE)
    assert "2027年的安排还没有导入" in person.text
    assert await person.post(WHERE, {"source": SOURCE, "file": ("2027.csv", TABLE.encode("gb18030"))}) == 200
    assert "节假日安排已导入" in person.text
    assert "2027年节假日安排" in person.text
    assert SOURCE in person.text
    await person.get(sheet)
    assert "暂按周末推算" not in person.text
    assert "2027-01-08" in person.text, "New Year's Day is off"
    await person.get("/console/calendar?at=2027-10-01")
    assert "班 国庆节调休" in person.text
    assert "还没有导入" not in person.text


async def test_what_is_no_year_is_said_beside_what_was_pasted(browser: Any) -> None:
    person = await signed_in(browser, "fabu")
    await person.get(WHERE)
    assert await person.post(WHERE, {"source": "口头通知", "table": TABLE}) == 422
    assert 'id="wrong-source"' in person.text
    assert 'value="口头通知"' in person.text
    assert "2027-10-01,休,国庆节" in person.text, "nothing pasted is lost"
    wrong = TABLE.replace("2027-10-09,班", "2027-10-09,也许")
    assert await person.post(WHERE, {"source": SOURCE, "table": wrong}) == 422
    assert 'id="wrong-file"' in person.text
    assert "“也许”不是休或班" in person.text
    assert await person.post(WHERE, {"source": SOURCE, "file": ("big.csv", b"x" * 70_000)}) == 422
    assert "64 KB" in person.text
    assert await person.post(WHERE, {"source": SOURCE, "table": ""}) == 422
    assert await AuditRecord.filter(verb="calendar.year").count() == 0
    reader = await signed_in(browser, "nigao")
    assert await reader.get(WHERE) == 200
    assert 'name="file"' not in reader.text
    assert await reader.get(f"{WHERE}?year=20261") == 200
    assert "2026年节假日安排" in reader.text


async def test_a_program_may_enter_a_year_too(call: Any, house: Any) -> None:
    plain = read_year(TABLE.encode(), source=SOURCE)
    body = {
        "source": SOURCE, "off": {day.isoformat(): name for day, name in plain.off.items()},
        "worked": {day.isoformat(): name for day, name in plain.worked.items()},
    }  # fmt: skip
    assert (await call("nigao")("POST", "/years", body)).status == 403
    made = await call("fabu")("POST", "/years", body)
    assert (made.status, made.body["year"], made.body["off"]) == (201, 2027, body["off"])
    assert house.working_days.year(2027) == plain
    refused = await call("fabu")("POST", "/years", {**body, "source": ""})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "source")

"""The import of a year's 节假日安排: what is read, what is refused with its remedy, and that all of the house counts by it.

The year 2027 of these tests is invented; it only looks like a notice.
"""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.records import AuditRecord
from audit.trail import Trail
from disclosures.workdays import PROVISIONAL_NOTE, WorkingDays
from disclosures.year_table import YearRefused, read_year
from scheduler.errors import CalendarInvalid
from scheduler.years import Years
from staff.errors import NotAllowed
from staff.person import Person
from staff.roles import Role

HERE = Path(__file__).parent
SOURCE = "国务院办公厅关于2027年部分节假日安排的通知（国办发明电〔2026〕7号）"
TABLE = (HERE / "golden" / "year-2027.csv").read_bytes()
OFFICER = Person(
    account_id=3, name="zhengwu", display_name="钱政务", unit="政务公开办", roles=frozenset({Role.OFFICER})
)
DRAFTER = Person(account_id=4, name="nigao", display_name="李拟稿", unit="区民政局", roles=frozenset({Role.DRAFTER}))


def test_the_table_of_a_year_is_as_the_golden_calendar_has_it() -> None:
    working = WorkingDays()
    working.learn([read_year(TABLE, source=SOURCE)])
    days = [date(2027, 1, 1) + timedelta(days=number) for number in range(365)]
    said = [
        f"{day.isoformat()} {'休 ' + (working.reason_off(day) or '') if not working.is_working(day) else '班 ' + (working.reason_worked(day) or '')}"
        for day in days
        if working.reason_worked(day) or working.reason_off(day) not in {None, "周末"}
    ]
    assert said == (HERE / "golden" / "year-2027.txt").read_text("utf8").splitlines()
    assert sum(working.is_working(day) for day in days) == 248
    assert working.source_on(date(2027, 3, 1)) == SOURCE


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_encodings_of_office_programs_are_read(encoding: str) -> None:
    assert read_year(TABLE.decode().encode(encoding), source=SOURCE).year == 2027


def test_a_pasted_table_and_json_say_the_same() -> None:
    plain = read_year(TABLE, source=SOURCE)
    assert read_year(TABLE.replace(b",", b"\t"), source=SOURCE) == plain
    written = {
        "source": SOURCE, "off": {day.isoformat(): name for day, name in plain.off.items()},
        "worked": {day.isoformat(): name for day, name in plain.worked.items()},
    }  # fmt: skip
    assert read_year(json.dumps(written).encode(), source="") == plain


def _without(text: str) -> bytes:
    return "\n".join(line for line in TABLE.decode().splitlines() if text not in line).encode()


@pytest.mark.parametrize(
    ("data", "source", "said"),
    [
        (b"", SOURCE, "没有内容"),
        (b"x" * 70_000, SOURCE, "64 KB"),
        (b"\xff\xfe\x00\xd8", SOURCE, "编码"),
        (TABLE, "", "没有写明依据"),
        (TABLE, "通知", "没有写明依据"),
        (TABLE.replace(b"2027-01-02", b"2026-01-02"), SOURCE, "一次只能导入一年"),
        (TABLE + "2027-01-01,休,元旦\n".encode(), SOURCE, "出现了两次"),
        (TABLE + "2027-13-01,休,元旦\n".encode(), SOURCE, "无法识别"),
        (TABLE + "2027-11-01,也许,元旦\n".encode(), SOURCE, "不是休或班"),
        (TABLE + "2027-11-01,班,元旦\n".encode(), SOURCE, "本来就上班"),
        (b"2027-01-01,\xe4\xbc\x91,\xe5\x85\x83\xe6\x97\xa6\n", SOURCE, "不像是一年的安排"),
        (b'{"off": [1, 2]}', SOURCE, "JSON"),
        (b'{"off": ' + b"[" * 30_000, SOURCE, "JSON"),
    ],
)
def test_what_is_no_year_is_refused_with_its_remedy(data: bytes, source: str, said: str) -> None:
    with pytest.raises(YearRefused) as refused:
        read_year(data, source=source)
    assert said in str(refused.value)
    assert refused.value.remedy


async def test_every_part_of_the_house_counts_by_it_without_a_restart(any_database: str, clock: Any) -> None:
    mine, elsewhere = WorkingDays(), WorkingDays()
    years = Years(clock=clock, trail=Trail(), working_days=mine)
    other = Years(clock=clock, trail=Trail(), working_days=elsewhere)
    await other.refresh()
    assert elsewhere.add(date(2026, 12, 28), 5).note == PROVISIONAL_NOTE
    with pytest.raises(NotAllowed):
        await years.enter(DRAFTER, TABLE, source=SOURCE)
    with pytest.raises(CalendarInvalid) as refused:
        await years.enter(OFFICER, TABLE, source="")
    assert refused.value.field == "source"
    await years.enter(OFFICER, TABLE, source=SOURCE)
    deadline = mine.add(date(2026, 12, 28), 5)
    assert (deadline.date, deadline.provisional) == (date(2027, 1, 5), False), "New Year's Day and its weekend are off"
    await other.refresh()
    assert elsewhere.add(date(2026, 12, 28), 5) == deadline, "another node reads it with its next bell"
    record = await AuditRecord.get(verb="calendar.year")
    assert (record.detail["year"], record.detail["source"]) == (2027, SOURCE)
    clock.advance(60)
    await years.enter(OFFICER, TABLE.replace("元旦".encode(), "新年".encode()), source=SOURCE)
    await other.refresh()
    assert elsewhere.reason_off(date(2027, 1, 1)) == "新年", "a second import takes the place of the first"

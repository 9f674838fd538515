"""Any entry, whatever its texts begin with or hold, goes through a workbook and a CSV file and comes back the same; and no cell
of it is one that a spreadsheet would run."""

import csv
import io
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from python_calamine import CalamineWorkbook

from knowledge import columns, reading
from knowledge.cells import LONGEST_CELL, from_cells, guarded, joined, split, to_cells, unguarded
from knowledge.entry import VALIDITIES, Entry, EntryKind

LIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BEGINNINGS = [*LIVE, "'", "''", "'=", "' =", " =", "JSON:", 'JSON:"a"', "JSON:[]", "_x000D_", "_x005F_x0041_", "#N/A", "007", "[", '"', ""]  # fmt: skip
characters = some.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = some.builds(lambda start, rest: start + rest, some.sampled_from(BEGINNINGS), some.text(characters, max_size=20))
said = texts.filter(lambda text: bool(text.strip()))
short = texts.map(lambda text: text[:30])
days = some.none() | some.dates(min_value=date(1949, 10, 1), max_value=date(2099, 12, 31))
entries = some.builds(
    Entry,
    id=said.filter(lambda text: not text.startswith("disclosure:")),
    kind=some.sampled_from(EntryKind),
    title=said,
    body=texts | some.just("=长" * LONGEST_CELL),
    similar=some.lists(said, max_size=3).map(tuple),
    keywords=some.lists(said | some.sampled_from(["低保", "a、b"]), max_size=3).map(tuple),
    verdict=short, unit=short, source=short, source_url=texts, document_number=short, issuer=short, evidence=texts, phone=short,
    made_on=days, published_on=days, validity=some.sampled_from(VALIDITIES), valid_from=days, live=some.booleans(),
    withdrawn_because=texts, responsible=short, next_review_on=days, checked=some.lists(said, max_size=2).map(tuple),
)  # fmt: skip
bases = some.lists(entries, min_size=1, max_size=4, unique_by=lambda entry: entry.id)
few = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
@few
@given(base=bases)
def test_the_identical_base(suffix: str, base: list[Entry], tmp_path: Path) -> None:
    file = tmp_path / f"base{suffix}"
    assert reading.write_entries(file, base) == len(base)
    found = reading.read_entries(file)
    assert [row.entry for row in found.rows] == base
    assert found.ignored == ()
    cells = [cell for row in rows_of(file) for cell in row]
    assert [cell for cell in cells if cell.startswith(LIVE) or cell.lstrip().startswith(LIVE)] == []


def rows_of(file: Path) -> list[list[str]]:
    if file.suffix == ".csv":
        return list(csv.reader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline="")))
    rows = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
    assert all(isinstance(cell, str) for row in rows for cell in row), "a cell is not a text"
    return [[str(cell) for cell in row] for row in rows]


@settings(max_examples=500, deadline=None)
@given(text=texts)
def test_a_guarded_cell_is_the_text_with_one_sign_more_or_none(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).lstrip().startswith(LIVE)
    assert from_cells(to_cells(text)) == text


@settings(max_examples=500, deadline=None)
@given(items=some.lists(texts, max_size=4))
def test_a_list_comes_back_whether_it_can_be_joined_or_not(items: list[str]) -> None:
    found = from_cells(to_cells(joined(items, separator="、", separators="、，\n")))
    assert (split(found, separators="、，\n") if isinstance(found, str) else found) == items


def test_every_field_has_its_column() -> None:
    assert [column.field for column in columns.COLUMNS] == [field.name for field in fields(Entry)]


def test_a_long_text_goes_on_in_further_columns(tmp_path: Path, entries: list[Entry]) -> None:
    long = replace(entries[0], body="长" * (2 * LONGEST_CELL + 1))
    reading.write_entries(tmp_path / "long.xlsx", [long, entries[1]])
    header = rows_of(tmp_path / "long.xlsx")[0]
    assert [name for name in header if name.startswith("答复")] == ["答复", "答复（续1）", "答复（续2）"]
    assert [row.entry for row in reading.read_entries(tmp_path / "long.xlsx").rows] == [long, entries[1]]


@pytest.mark.parametrize(
    "cell", ["=1+1", "-5", "@区民政局", "'引号开头", "＝等号", "JSON: 是什么", "JSON:[1]", 'JSON:"']
)
def test_what_a_person_wrote_is_taken_as_it_stands(cell: str) -> None:
    assert from_cells([cell]) == cell

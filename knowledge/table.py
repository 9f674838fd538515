"""A table: the rows of a file as texts, whatever kind of spreadsheet it was."""

from dataclasses import dataclass

ROWS = 100_000
COLUMNS = 200
CELL = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row that is not empty; `number` counts from 1 as spreadsheets do."""

    number: int
    cells: tuple[str, ...]

    def cell(self, place: int) -> str:
        """The text at a place counted from 0; empty beyond the row's end."""
        return self.cells[place] if place < len(self.cells) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The rows of the first sheet, or of the file."""

    rows: tuple[Row, ...]

"""Given: what one row of a file says of one entry."""

from dataclasses import dataclass, fields

from knowledge.entry import Entry

EVERY_FIELD = frozenset(field.name for field in fields(Entry))


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An entry as a row gives it. `line` is the row's number as the person sees it.

    `columns` are the fields of which the file speaks at all, `filled` those to which this row gives a value: a table without
    the column 文号 says nothing of document numbers, while an empty cell in that column says that there is none.
    """

    line: int
    entry: Entry
    columns: frozenset[str] = EVERY_FIELD
    filled: frozenset[str] = EVERY_FIELD


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read from one file. `ignored` are the headers of columns that mean nothing here."""

    name: str
    sha256: str
    rows: tuple[Given, ...]
    ignored: tuple[str, ...] = ()

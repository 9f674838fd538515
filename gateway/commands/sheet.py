"""A table on the screen of the command line: what does not fit a cell goes on below and is never cut."""

from typing import Any

from rich.table import Column, Table


def table(*headers: str, **looks: Any) -> Table:
    """A table with these columns. Chinese has no spaces to break at: folded, a remedy can be read to its end."""
    return Table(*(Column(header, overflow="fold") for header in headers), **looks)

"""The verdict of a rumour, as it stands before its title. Pure."""

from knowledge.entry import Entry, EntryKind


def verdict_mark(entry: Entry) -> str:
    """The first line of a rumour: 【不实】…; an imported word of another school is understood."""
    verdict = entry.verdict.strip()
    known = {"谣言": "不实", "假": "不实", "虚假": "不实", "真": "属实", "真实": "属实", "部分真实": "部分属实"}
    return f"【{known.get(verdict, verdict) or '核实中'}】"


def option_title(entry: Entry) -> str:
    """A title to choose from. A rumour's title is the false sentence itself, so its verdict goes before it."""
    return f"{verdict_mark(entry)}{entry.title}" if entry.kind is EntryKind.rumour else entry.title

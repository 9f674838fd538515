"""领导姓名职务: names and titles that do not go together, names one character off, an order that is not the agreed one. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from disclosures.findings import Finding, block, warn

_TITLES: Final = (
    "书记|区长|县长|市长|省长|州长|镇长|乡长|主席|主任|部长|局长|处长|科长|院长|检察长|庭长|秘书长|常委|委员|代表|"
    "组长|队长|支队长|大队长|政委|司令员|主任委员|会长|理事长|校长|党组成员|巡视员|调研员"
)
_TITLE: Final = re.compile(rf"(?:常务)?(?:副)?(?:{_TITLES})")
_BEFORE: Final = re.compile(
    rf"((?:常务)?副?(?:{_TITLES}))(?:[、，](?:[一-鿿]{{0,10}}?)((?:常务)?副?(?:{_TITLES})))?[ 　]?$"
)
_AFTER: Final = re.compile(rf"[ 　]?(?:同志)?((?:常务)?副?(?:{_TITLES}))")
_CANDIDATE: Final = re.compile(rf"((?:常务)?副?(?:{_TITLES}))[ 　]?([一-鿿]{{2,4}})")
_FORMER: Final = re.compile(r"(?:原|时任|曾任|前)[一-鿿、]{0,14}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leader:
    """A person of the list. ``title`` may hold several, parted by 、; ``order`` is the agreed order, 0 for none."""

    name: str
    title: str
    order: int = 0
    since: date | None = None
    until: date | None = None
    """The first day on which he no longer holds the title."""

    def holds(self, today: date) -> bool:
        return (self.since is None or self.since <= today) and (self.until is None or today < self.until)

    @property
    def cores(self) -> frozenset[str]:
        """What the titles come down to: 区委副书记、区长 → {副书记, 区长}."""
        return frozenset(found.group() for found in _TITLE.finditer(self.title))


def find(field: str, text: str, leaders: Sequence[Leader], today: date) -> Iterator[Finding]:
    """What is wrong with the listed people in a text on this day."""
    if not leaders or not text:
        return
    now: dict[str, list[Leader]] = {}
    gone: dict[str, list[Leader]] = {}
    for leader in leaders:
        (now if leader.holds(today) else gone).setdefault(leader.name, []).append(leader)
    yield from _titles(field, text, now, gone)
    yield from _names(field, text, now)
    yield from _order(field, text, now)


def _titles(field: str, text: str, now: dict[str, list[Leader]], gone: dict[str, list[Leader]]) -> Iterator[Finding]:
    for name in {**now, **gone}:
        for at in _places(text, name):
            beside, quote = _beside(text, at, at + len(name))
            if not beside or _FORMER.search(text[max(0, at - 16) : at]):
                continue
            if name in now:
                held = {core for leader in now[name] for core in leader.cores}
                wrong = [core for core in beside if core not in held and f"常务{core}" not in held]
                if held and wrong:
                    titles = "、".join(leader.title for leader in now[name])
                    yield block(
                        field, f"“{name}”旁边写的是“{wrong[0]}”，登记的职务是“{titles}”。",
                        "请核对职务；登记有变化的，请先更新“词库”中的领导名单。", overridable=True, rule="leader.title",
                        quote=quote, start=at,
                    )  # fmt: skip
            elif any(core in leader.cores for leader in gone[name] for core in beside):
                until = gone[name][-1].until
                when = f"{until.year}年{until.month}月{until.day}日起" if until else ""
                yield warn(
                    field, f"“{name}”{when}已不担任“{gone[name][-1].title}”。", "请核对；指当时情况的，写“时任”。",
                    rule="leader.former", quote=quote, start=at,
                )  # fmt: skip


def _names(field: str, text: str, now: dict[str, list[Leader]]) -> Iterator[Finding]:
    """A title that only a listed person holds, beside a name that is one character off."""
    for found in _CANDIDATE.finditer(text):
        core, after = found[1], found[2]
        if any(after.startswith(name) for name in now):
            continue
        for name, rows in now.items():
            written = after[: len(name)]
            if any(core in leader.cores for leader in rows) and _one_off(written, name):
                yield block(
                    field, f"“{core}{written}”与登记的“{name}”只差一个字。", f"请核对姓名；写错的，改为“{name}”。",
                    overridable=True, rule="leader.name", quote=f"{core}{written}", start=found.start(2), mask=f"{core}{name}",
                )  # fmt: skip
                break


def _order(field: str, text: str, now: dict[str, list[Leader]]) -> Iterator[Finding]:
    ranks = {
        name: min(leader.order for leader in rows if leader.order)
        for name, rows in now.items()
        if any(r.order for r in rows)
    }
    places = sorted((at, name) for name in ranks for at in _places(text, name))
    row: list[tuple[int, str]] = []
    for at, name in [*places, (len(text) + 1000, "")]:
        if row and not _listed(text, row[-1], at):
            yield from _disorder(field, text, row, ranks)
            row = []
        row.append((at, name))


def _disorder(field: str, text: str, row: list[tuple[int, str]], ranks: dict[str, int]) -> Iterator[Finding]:
    names = [name for _, name in row]
    right = sorted(names, key=ranks.__getitem__)
    if len(names) > 1 and [ranks[name] for name in names] != [ranks[name] for name in right]:
        yield warn(
            field, f"并列的顺序是“{'、'.join(names)}”，登记的排序是“{'、'.join(right)}”。", "请核对排序。",
            rule="leader.order", quote=text[row[0][0] : row[-1][0] + len(row[-1][1])], start=row[0][0],
        )  # fmt: skip


def _listed(text: str, last: tuple[int, str], at: int) -> bool:
    between = text[last[0] + len(last[1]) : at]
    return len(between) <= 24 and bool(re.search("[、和及与 　]", between)) and not re.search("[。；！？\n\t]", between)


def _places(text: str, name: str) -> Iterator[int]:
    at = text.find(name)
    while at >= 0:
        yield at
        at = text.find(name, at + len(name))


def _beside(text: str, start: int, end: int) -> tuple[list[str], str]:
    """The titles that stand directly before or after a name, and the words from the first to the last of it."""
    before = _BEFORE.search(text[max(0, start - 24) : start])
    if before:
        return [core for core in before.groups() if core], before.group() + text[start:end]
    after = _AFTER.match(text[end : end + 12])
    return ([after[1]], text[start:end] + after.group()) if after else ([], "")


def _one_off(written: str, name: str) -> bool:
    """One character replaced, or two neighbours exchanged; a name of two characters keeps its surname."""
    if len(written) != len(name) or written == name:
        return False
    differ = [place for place, (one, other) in enumerate(zip(written, name, strict=True)) if one != other]
    if len(differ) == 1:
        return len(name) > 2 or differ[0] == 1
    return len(differ) == 2 and differ[1] - differ[0] == 1 and sorted(written) == sorted(name) and len(name) > 2

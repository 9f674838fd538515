"""The public catalogue: the columns in the order that the law's platform asks for, with how much each one holds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from tortoise.functions import Count

from disclosures.records import Category, Unit
from portal.metadata import Column
from publishers.portal.channel import WITHDRAWN
from publishers.records import PortalPage


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """One column of the catalogue with its sub-columns. ``own`` counts its own pages, ``total`` those below it too."""

    code: str
    name: str
    kind: str = "信息公开目录"
    description: str = ""
    keywords: str = ""
    own: int = 0
    children: tuple["Shelf", ...] = field(default=())

    @property
    def total(self) -> int:
        return self.own + sum(child.total for child in self.children)

    @property
    def path(self) -> str:
        return f"/c/{quote(self.code or self.name, safe='')}"

    @property
    def column(self) -> Column:
        return Column(name=self.name, description=self.description, keywords=self.keywords, kind=self.kind)

    def names(self) -> list[str]:
        """The names of this column and of all below it: what ``PortalPage.category`` may be."""
        return [self.name, *(name for child in self.children for name in child.names())]

    def walk(self) -> Iterator["Shelf"]:
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitShelf:
    """A unit that has published something."""

    code: str
    name: str
    total: int

    @property
    def path(self) -> str:
        return f"/u/{quote(self.code or self.name, safe='')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All columns as a forest, and the units. Columns of pages that no category row knows stand at the end."""

    shelves: tuple[Shelf, ...]
    units: tuple[UnitShelf, ...]

    def find(self, key: str) -> Shelf | None:
        """The column with this code or name."""
        everything = [shelf for top in self.shelves for shelf in top.walk()]
        return next((s for s in everything if s.code == key), None) or next(
            (s for s in everything if s.name == key), None
        )

    def trail(self, name: str) -> tuple[Shelf, ...]:
        """The way from the top down to the column of this name; empty when there is none."""
        for top in self.shelves:
            if found := _way(top, name):
                return found
        return ()

    def unit(self, key: str) -> UnitShelf | None:
        return next((u for u in self.units if key in (u.code, u.name)), None)

    def statutory(self) -> tuple[Shelf, ...]:
        """指南 · 制度 · 法定主动公开内容 · 年报 · 依申请公开, in this order (国办公开办函〔2019〕61号). Columns without
        content stay out: an empty column is a fault in every inspection (国办秘函〔2019〕19号)."""
        everything = [shelf for top in self.shelves for shelf in top.walk()]
        places: tuple[Callable[[Shelf], bool], ...] = (
            lambda s: s.kind == "信息公开指南" and "指南" in s.name and not s.children,
            lambda s: "制度" in s.name and not s.children,
            lambda s: s.name == "法定主动公开内容",
            lambda s: s.kind == "信息公开年报",
            lambda s: s.kind == "依申请公开",
        )
        found = (next((s for s in everything if place(s) and s.total), None) for place in places)
        return tuple(shelf for shelf in found if shelf is not None)

    def others(self) -> tuple[Shelf, ...]:
        """The top columns with content that do not stand in the statutory list."""
        listed = {shelf.name for shelf in self.statutory()}
        return tuple(s for s in self.shelves if s.total and s.name not in listed and not _all_listed(s, listed))


async def load_catalogue() -> Catalogue:
    """Reads categories, units and counts: three small queries."""
    rows = await Category.filter(active=True).order_by("sort", "id")
    counts = await _counts("category")
    known = {key for row in rows for key in (row.code, row.name)}
    children: dict[str, list[Category]] = {}
    for row in rows:
        children.setdefault(row.parent if row.parent in known else "", []).append(row)

    def build(row: Category, depth: int) -> Shelf:
        below = [] if depth > 5 else [*children.get(row.code, ()), *children.get(row.name, ())]
        return Shelf(
            code=row.code,
            name=row.name,
            kind=row.column_type,
            description=row.description,
            keywords=row.keywords,
            own=counts.get(row.name, 0),
            children=tuple(build(child, depth + 1) for child in below if child.id != row.id),
        )

    shelves = [build(row, 0) for row in children.get("", ())]
    names = {row.name for row in rows}
    shelves += [Shelf(code="", name=name, own=count) for name, count in sorted(counts.items()) if name not in names]
    return Catalogue(shelves=tuple(shelves), units=await _units())


async def _units() -> tuple[UnitShelf, ...]:
    counts = await _counts("unit")
    rows = await Unit.all().order_by("sort", "id").values("code", "name")
    codes = {str(row["name"]): str(row["code"]) for row in rows}
    order = {name: place for place, name in enumerate(codes)}
    names = sorted(counts, key=lambda name: (order.get(name, len(order)), name))
    return tuple(UnitShelf(code=codes.get(name, ""), name=name, total=counts[name]) for name in names)


async def _counts(column: str) -> dict[str, int]:
    rows = await (
        PortalPage.exclude(state=WITHDRAWN)
        # The state, and no other column: it stands in the index beside the one that is grouped by, so no row is read.
        .annotate(pages=Count("state"))
        .group_by(column)
        .values(column, "pages")
    )
    return {str(row[column]): int(row["pages"]) for row in rows}


def _way(shelf: Shelf, name: str) -> tuple[Shelf, ...]:
    if shelf.name == name:
        return (shelf,)
    for child in shelf.children:
        if below := _way(child, name):
            return (shelf, *below)
    return ()


def _all_listed(shelf: Shelf, listed: set[str]) -> bool:
    """Whether everything that this column holds is reached from the statutory list already."""
    return not shelf.own and all(child.name in listed or not child.total for child in shelf.children)

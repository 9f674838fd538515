"""The disclosure catalogue (公开目录): the units and the categories, as data that the disclosure office edits."""

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, TypeVar

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from disclosures.errors import InvalidContent, NotPermitted
from disclosures.findings import block
from disclosures.member import CATALOGUE, Member
from disclosures.records import Category, Unit

Row = TypeVar("Row", Unit, Category)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFacts:
    """A unit of the district (部门、街道、公共企事业单位)."""

    code: str
    name: str
    short_name: str = ""
    kind: str = "department"
    phone: str = ""
    address: str = ""
    hours: str = ""
    sort: int = 0
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryFacts:
    """A column of the catalogue with its legal basis and its limits in working days."""

    code: str
    name: str
    parent: str = ""
    """The code of the column above; empty at the top."""
    column_type: str = "信息公开目录"
    description: str = ""
    keywords: str = ""
    legal_basis: str = ""
    deadline_local: int = 10
    deadline_statutory: int = 20
    statutory: bool = True
    sort: int = 0
    active: bool = True


async def seed(connection: BaseDBAsyncClient) -> tuple[int, int]:
    """Fills an empty table of units or of categories from the data that ships with the product; a table that holds
    anything is left alone. Returns how many units and categories were added."""
    units = categories = 0
    if not await Unit.all().using_db(connection).exists():
        for plain in _shipped("units.json"):
            await Unit.create(using_db=connection, **_values(unit_facts(plain)))
            units += 1
    if not await Category.all().using_db(connection).exists():
        for plain in _shipped("categories.json"):
            await Category.create(using_db=connection, **_values(category_facts(plain)))
            categories += 1
    return units, categories


async def find_unit(text: str, connection: BaseDBAsyncClient | None = None) -> Unit:
    """The unit with this name, code or short name. Raises InvalidContent with the nearest names."""
    rows = await Unit.filter(active=True).using_db(connection).order_by("sort", "id")
    return _pick(rows, text, "department", "发布机构")


async def find_category(text: str, connection: BaseDBAsyncClient | None = None) -> Category:
    """The category with this name or code. Raises InvalidContent with the nearest names."""
    rows = await Category.filter(active=True).using_db(connection).order_by("sort", "id")
    return _pick(rows, text, "category", "公开目录栏目")


class Catalogue:
    """Lists and edits the catalogue; editing needs ``catalogue.write`` and is audited."""

    def __init__(self, *, clock: Clock, trail: Trail) -> None:
        self._clock, self._trail = clock, trail

    async def units(self, *, active: bool = True) -> tuple[Unit, ...]:
        """In their order; ``active=False`` gives all."""
        rows = Unit.all().order_by("sort", "id")
        return tuple(await (rows.filter(active=True) if active else rows))

    async def categories(self, *, active: bool = True) -> tuple[Category, ...]:
        """In their order; ``active=False`` gives all."""
        rows = Category.all().order_by("sort", "id")
        return tuple(await (rows.filter(active=True) if active else rows))

    async def save_unit(self, person: Member, facts: UnitFacts) -> Unit:
        """Adds the unit, or changes the one with this code. Raises NotPermitted, InvalidContent."""
        _check(person, facts)
        saved = await self._save(person, Unit, facts, "unit")
        assert isinstance(saved, Unit)
        return saved

    async def save_category(self, person: Member, facts: CategoryFacts) -> Category:
        """Adds the category, or changes the one with this code. Raises NotPermitted, InvalidContent."""
        _check(person, facts)
        if not 1 <= facts.deadline_local <= facts.deadline_statutory <= 250:
            raise InvalidContent(
                [
                    block(
                        "deadline_local", "公开期限须为 1 至 250 个工作日，且本地期限不得长于法定期限。", "请核对期限。"
                    )
                ]
            )
        saved = await self._save(person, Category, facts, "category")
        assert isinstance(saved, Category)
        return saved

    async def _save(
        self, person: Member, table: type[Unit] | type[Category], facts: UnitFacts | CategoryFacts, kind: str
    ) -> Unit | Category:
        now, values = await self._clock.now(), _values(facts)
        try:
            async with in_transaction() as connection:
                row = await table.filter(code=facts.code).using_db(connection).first()
                before = {key: getattr(row, key) for key in values} if row else {}
                if row is None:
                    row = await table.create(using_db=connection, **values)
                else:
                    row.update_from_dict(values)
                    await row.save(using_db=connection)
                changed = {key: value for key, value in values.items() if before.get(key) != value}
                await self._trail.append(
                    connection, at=now, actor=person.actor, verb=f"catalogue.{kind}_saved",
                    subject=f"{kind}:{row.id}", changed=changed,
                )  # fmt: skip
        except IntegrityError as clash:
            raise InvalidContent([block("name", f"名称“{facts.name}”已被使用。", "请使用不同的名称。")]) from clash
        return row


def unit_facts(plain: dict[str, Any]) -> UnitFacts:
    return UnitFacts(**plain)


def category_facts(plain: dict[str, Any]) -> CategoryFacts:
    renamed = {"deadline_local_working_days": "deadline_local", "deadline_statutory_working_days": "deadline_statutory"}
    return CategoryFacts(**{renamed.get(key, key): value for key, value in plain.items()})


def _check(person: Member, facts: UnitFacts | CategoryFacts) -> None:
    if not person.may(CATALOGUE):
        raise NotPermitted
    problems = [block(key, "此项不能为空。", "请填写。") for key in ("code", "name") if not getattr(facts, key).strip()]
    problems += [block(key, f"不能超过 {most} 个字符。", "请精简。")
                 for key, most in (("code", 32), ("name", 64)) if len(getattr(facts, key)) > most]  # fmt: skip
    if problems:
        raise InvalidContent(problems)


def _values(facts: UnitFacts | CategoryFacts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in facts.__dataclass_fields__}


def _shipped(name: str) -> list[dict[str, Any]]:
    text = resources.files("disclosures").joinpath("data", name).read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = json.loads(text)
    return rows


def _pick(rows: Sequence[Row], text: str, field: str, what: str) -> Row:
    wanted = text.strip()
    for attribute in ("name", "code", "short_name"):
        for row in rows:
            if wanted and getattr(row, attribute, None) == wanted:
                return row
    near = _near(rows, wanted)
    remedy = f"相近的有：{'、'.join(near)}。" if near else "请从公开目录中选择。"
    raise InvalidContent([block(field, f"没有名为“{wanted}”的{what}。", remedy)])


def _near(rows: Sequence[Row], wanted: str) -> list[str]:
    """Up to three names like this one: first those that contain it (or are contained), then those spelt alike."""
    if not wanted:
        return []
    called: dict[str, str] = {
        label: row.name for row in rows for label in (row.name, getattr(row, "short_name", "")) if label
    }
    labels: list[str] = [label for label in called if wanted in label or label in wanted]
    labels += difflib.get_close_matches(wanted, list(called), n=3, cutoff=0.4)
    return list(dict.fromkeys(called[label] for label in labels))[:3]

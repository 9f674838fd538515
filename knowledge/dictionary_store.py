"""What is in force over the base, read from the database."""

from collections.abc import Iterable, Mapping
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient

from knowledge.canned import Rule, Rules
from knowledge.dictionary import Dictionary, Word
from knowledge.dictionary_pins import Pin, Pins
from knowledge.dictionary_records import DictionaryItem
from knowledge.layers import Layers

WORDS, PINS, RULES = "words", "pins", "rules"

Contents = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""List → key → what the row says."""


async def contents_in_force(connection: BaseDBAsyncClient | None = None) -> dict[str, dict[str, dict[str, Any]]]:
    """Every row in force, by its list and its key."""
    rows = DictionaryItem.all().order_by("id")
    found: dict[str, dict[str, dict[str, Any]]] = {WORDS: {}, PINS: {}, RULES: {}}
    for row in await (rows.using_db(connection) if connection is not None else rows):
        found.setdefault(row.desk, {})[row.key] = dict(row.content)
    return found


async def layers_in_force() -> Layers:
    """As they are in the database now."""
    return layers_of(await contents_in_force())


def layers_of(contents: Contents) -> Layers:
    """Rows as the layers they make."""
    return Layers(
        words=Dictionary(map(Word.from_json, _values(contents, WORDS))),
        pins=Pins(map(Pin.from_json, _values(contents, PINS))),
        rules=Rules(map(Rule.from_json, _values(contents, RULES))),
    )


def _values(contents: Contents, desk: str) -> Iterable[Mapping[str, Any]]:
    return contents.get(desk, {}).values()

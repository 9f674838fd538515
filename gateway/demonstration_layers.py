"""What lies over the demo's base: a few words of the district and two rules, proposed by one person and confirmed by another."""

import json
from datetime import UTC, datetime
from importlib.resources.abc import Traversable

from audit.trail import Trail
from gateway.database.clock import DatabaseClock
from knowledge.canned import Rule
from knowledge.dictionary import Word
from knowledge.dictionary_changes import Changes, Desk
from knowledge.dictionary_records import DictionaryItem
from staff.person import Person


async def lay_over(folder: Traversable, *, author: Person, second: Person) -> None:
    """Through the verbs of the desk, so that the trail and the history show it."""
    changes = Changes(clock=DatabaseClock(), trail=Trail())
    words, rules = _read(folder)
    for desk, items in ((Desk.words, await changes.words(words)), (Desk.rules, await changes.rules(rules))):
        row = await changes.propose(author, desk, items, note="示例")
        await changes.accept(second, row.id, sha256=row.sha256)


def demo_items(folder: Traversable) -> list[DictionaryItem]:
    """The same rows as the database has them in force."""
    words, rules = _read(folder)
    rows = [(Desk.words, each.key, each.to_json()) for each in words] + [
        (Desk.rules, each.key, each.to_json()) for each in rules
    ]
    since = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        DictionaryItem(desk=desk, key=key, content=content, change_id=0, since=since) for desk, key, content in rows
    ]


def _read(folder: Traversable) -> tuple[list[Word], list[Rule]]:
    given = json.loads(folder.joinpath("layers.json").read_text(encoding="utf-8"))
    return [Word.from_json(row) for row in given["words"]], [Rule.from_json(row) for row in given["rules"]]

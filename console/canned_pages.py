"""敏感事项: the rules before the base, with a box that says which of them takes a sentence and why."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final, cast

from aiohttp import web

from console.change_view import faults_of, lines_of, rule_lines
from console.dictionary_pages import listed
from console.door import Visit, see
from console.layering import Layering
from console.screen import Screen
from knowledge.canned import ACTS, CHANNELS, LIST_NAMES, Act, Rule, Rules
from knowledge.canned_hits import hits_since
from knowledge.dictionary_changes import Desk, Item
from knowledge.dictionary_effect import SHOWN, Effect
from knowledge.dictionary_store import RULES, contents_in_force
from knowledge.errors import CaseRefused, EntryInvalid, ImportRefused, KnowledgeError
from staff.roles import Verb

TEXTS: Final = (
    "name",
    "act",
    "priority",
    "text",
    "unit",
    "source",
    "source_url",
    "valid_from",
    "valid_to",
    "note",
    "reason",
    "old",
)
LISTS: Final = ("exact", "every", "some", "unless")
DAYS: Final = {"valid_from": "有效期自", "valid_to": "有效期至"}
SOON: Final = 14
"""Days before its end in which a rule is marked."""
_BETWEEN: Final = re.compile(r"[、，,；;\n\r]+")
_A_LINE_EACH: Final = re.compile(r"[\n\r]+")


class CannedPages:
    def __init__(self, *, screen: Screen, layering: Layering) -> None:
        self._screen = screen
        self._changes = layering.changes
        self._effects = layering.effects

    async def rules(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit)

    async def put(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        fields = {name: visit.text(name).strip() for name in (*TEXTS, *LISTS)} | {
            "channels": "、".join(visit.texts("channels"))
        }
        try:
            rule = _rule(fields)
            old = [fields["old"]] if fields["old"] and fields["old"] != rule.key else []
            items = await self._changes.rules([rule], old)
            if visit.text("then") != "propose":
                return await self._show(request, visit, fields=fields, effect=await self._effect(items), items=items)
            row = await self._changes.propose(visit.person, Desk.rules, items, note=fields["reason"])
        except KnowledgeError as error:
            return await self._show(request, visit, fields=fields, problem=error)
        return see(f"/console/knowledge/changes/{row.id}", "layer-proposed")

    async def remove(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            items = await self._changes.rules(remove=[visit.text("key")])
            row = await self._changes.propose(visit.person, Desk.rules, items)
        except KnowledgeError as error:
            return await self._show(request, visit, problem=error)
        return see(f"/console/knowledge/changes/{row.id}", "layer-proposed")

    async def _effect(self, items: Sequence[Item]) -> Effect:
        if not items:
            raise CaseRefused("与现在的这条规则没有差别。", "改动之后再看影响。")
        layers = await self._changes.layers_with(Desk.rules, items)
        return await self._effects.of(layers, today=await self._changes.today())

    async def _show(
        self, request: web.Request, visit: Visit, *, fields: dict[str, str] | None = None, effect: Effect | None = None,
        items: Sequence[Item] = (), problem: KnowledgeError | None = None,
    ) -> web.StreamResponse:  # fmt: skip
        contents, today = (await contents_in_force())[RULES], await self._changes.today()
        rules = Rules(map(Rule.from_json, contents.values()))
        sentence, channel = request.query.get("try", "").strip()[:500], request.query.get("channel", "")
        looked = rules.look(sentence, channel=channel, today=today) if sentence else ()
        if fields is None:
            fields = _fields(contents.get(request.query.get("edit", "")), request.query.get("edit", ""))
        return self._screen.show(
            request, visit, "canned.html", title="敏感事项", status=422 if problem else 200, rules=rules.rules, lines=rule_lines,
            acts=ACTS, channels=CHANNELS, lists=LIST_NAMES, sentence=sentence, channel=channel, looked=looked, today=today,
            soon=SOON, hits=await hits_since(today), fields=fields, effect=effect, shown=SHOWN,
            change=lines_of(Desk.rules, items), problem=problem, faults=faults_of(problem),
            may_write=visit.person.may(Verb.KNOWLEDGE_WRITE), **await listed(self._changes, Desk.rules),
        )  # fmt: skip


def _rule(fields: dict[str, str]) -> Rule:
    """Raises ImportRefused for what is no number or no day; everything else is looked at when it is proposed."""
    wrong: list[EntryInvalid] = []
    days: dict[str, date | None] = {}
    for name, header in DAYS.items():
        try:
            days[name] = date.fromisoformat(fields[name]) if fields[name] else None
        except ValueError:
            wrong.append(EntryInvalid(0, header, "日期无法识别", "按 2026-11-23 的格式填写，或留空"))
    number = fields["priority"]
    if not (number.isascii() and number.isdigit() and len(number) < 4):
        wrong.append(EntryInvalid(0, "优先级", "不是 1 至 999 的整数", "数字小的先"))
    if wrong:
        raise ImportRefused(wrong)
    words = {name: _items(fields[name], _A_LINE_EACH if name == "exact" else _BETWEEN) for name in LISTS}
    return Rule(
        name=fields["name"], act=cast("Act", fields["act"]), priority=int(number), exact=words["exact"], every=words["every"],
        some=words["some"], unless=words["unless"], channels=_items(fields["channels"], _BETWEEN), text=fields["text"].replace("\r\n", "\n"),
        unit=fields["unit"], source=fields["source"], source_url=fields["source_url"], valid_from=days["valid_from"],
        valid_to=days["valid_to"], note=fields["note"],
    )  # fmt: skip


def _items(text: str, between: re.Pattern[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.strip() for item in between.split(text) if item.strip()))


def _fields(row: dict[str, object] | None, key: str) -> dict[str, str]:
    if row is None:
        return dict.fromkeys((*TEXTS, *LISTS, "channels"), "") | {"act": "person", "priority": "100"}
    rule = Rule.from_json(row)
    words = {name: ("\n" if name == "exact" else "、").join(getattr(rule, name)) for name in (*LISTS, "channels")}
    texts = {
        name: str(getattr(rule, name))
        for name in ("name", "act", "priority", "text", "unit", "source", "source_url", "note")
    }
    days = {name: day.isoformat() if (day := getattr(rule, name)) else "" for name in DAYS}
    return words | texts | days | {"old": key, "reason": ""}

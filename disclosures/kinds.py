"""The kinds of documents (文种): each with its own fields, its chain of reviews and a template. Kinds are data.

A disclosure without a kind has no fields of its own and the chain 初审, 复审, 终审.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from importlib import resources
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError
from tortoise.expressions import RawSQL
from tortoise.functions import Count
from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from disclosures import kind as sound
from disclosures import particulars
from disclosures.content import Content, Particular
from disclosures.draft import DraftText, summary_of
from disclosures.errors import Conflict, InvalidContent, NotFound, NotPermitted
from disclosures.findings import Finding, block
from disclosures.kind import ASKABLE, PLAIN, PLAIN_CHAIN, Kind, KindField
from disclosures.member import CATALOGUE, Member
from disclosures.records import DocumentKind, Revision

__all__ = [
    "PLAIN",
    "PLAIN_CHAIN",
    "Kind",
    "KindField",
    "Kinds",
    "active_kinds",
    "find_kind",
    "kind_of",
    "particulars_of",
    "seed",
]

_WRITTEN = RawSQL('"disclosure_revision"."content"->>\'kind\'')
"""The kind of a version; NULL where nobody chose one."""


async def find_kind(code: str, connection: BaseDBAsyncClient | None = None) -> Kind:
    """The kind with this code, also one that is switched off; PLAIN for an empty one. Raises InvalidContent."""
    if not code:
        return PLAIN
    row = await DocumentKind.filter(code=code).using_db(connection).first()
    if row is None:
        raise InvalidContent([block("kind", f"没有“{code[:32]}”这个文种。", "请重新选择文种。")])
    return kind_of(row)


def kind_of(row: DocumentKind) -> Kind:
    """The row as a value."""
    facts = dict(row.facts)
    fields = tuple(KindField(**{**each, "choices": tuple(each.get("choices", ()))}) for each in facts.pop("fields", ()))  # type: ignore[attr-defined]
    chain: tuple[str, ...] = tuple(facts.pop("chain", PLAIN_CHAIN))  # type: ignore[arg-type]
    asks: tuple[str, ...] = tuple(facts.pop("asks", ()))  # type: ignore[arg-type]
    return Kind(
        code=row.code, name=row.name, sort=row.sort, active=row.active, fields=fields, chain=chain, asks=asks,
        **{name: str(value) for name, value in facts.items()},
    )  # fmt: skip


async def particulars_of(draft: DraftText, connection: BaseDBAsyncClient | None = None) -> tuple[Particular, ...]:
    """The typed fields of a draft, in the order of its kind's form. Raises InvalidContent."""
    kind = await find_kind(draft.kind, connection)
    found, problems = particulars.filled(kind, dict(draft.particulars))
    if problems:
        raise InvalidContent(problems)
    return found


async def draft_problems(draft: DraftText, *, new: bool) -> tuple[Finding, ...]:
    """What is wrong with a draft's kind and with what its fields say; ``new``: a kind that is switched off is refused."""
    try:
        kind = await find_kind(draft.kind)
    except InvalidContent as invalid:
        return invalid.problems
    off = [block("kind", f"文种“{kind.name}”已停用。", "请选择其他文种。")] if new and not kind.active else []
    return (*off, *particulars.filled(kind, dict(draft.particulars))[1])


async def content_problems(content: Content) -> tuple[Finding, ...]:
    """What the kind still asks of a text before it may be submitted."""
    if not content.kind:
        return ()
    kind = await find_kind(content.kind)
    return (*particulars.missing(kind, content.particulars), *_unasked(kind, content))


async def active_kinds() -> tuple[Kind, ...]:
    """The kinds that may be chosen for a new text, in their order."""
    return tuple([kind_of(row) for row in await DocumentKind.filter(active=True).order_by("sort", "id")])


async def seed(connection: BaseDBAsyncClient) -> int:
    """Fills an empty table from the kinds that ship with the product; returns how many were added. A table that holds
    anything is left alone: what the office has edited stays."""
    if await DocumentKind.all().using_db(connection).exists():
        return 0
    text = resources.files("disclosures").joinpath("data", "kinds.json").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = json.loads(text)
    for plain in rows:
        await DocumentKind.create(using_db=connection, **_columns(plain))
    return len(rows)


class Kinds:
    """Lists and edits the kinds; editing needs ``catalogue.write`` and is audited."""

    def __init__(self, *, clock: Clock, trail: Trail) -> None:
        self._clock, self._trail = clock, trail

    async def all(self) -> tuple[Kind, ...]:
        """In their order, also those that are switched off."""
        return tuple([kind_of(row) for row in await DocumentKind.all().order_by("sort", "id")])

    async def kind(self, code: str) -> Kind:
        """Raises NotFound."""
        row = await DocumentKind.filter(code=code).first()
        if row is None:
            raise NotFound(f"没有“{code[:32]}”这个文种。")
        return kind_of(row)

    async def used(self) -> Mapping[str, int]:
        """How many disclosures have each kind, in any of their versions."""
        rows = (
            await Revision.annotate(written=_WRITTEN, texts=Count("disclosure_id", distinct=True))
            .filter(written__isnull=False)
            .group_by("written")
            .values("written", "texts")
        )
        return {str(row["written"]): int(row["texts"]) for row in rows}

    async def save(self, person: Member, kind: Kind, *, new: bool, seen: str = "") -> Kind:
        """Adds the kind, or changes the one with this code. A field that is missing now is kept as retired, so that texts
        written with it can still be read and changed. ``seen``: the ``mark`` of the kind that the person had before him.
        Raises NotPermitted, InvalidContent, NotFound, and Conflict when somebody changed the kind meanwhile."""
        _require(person)
        if wrong := sound.problems(kind):
            raise InvalidContent(wrong)
        now = await self._clock.now()
        try:
            async with in_transaction() as connection:
                row = await DocumentKind.filter(code=kind.code).using_db(connection).select_for_update().first()
                if new and row is not None:
                    raise InvalidContent([block("code", f"代码“{kind.code}”已被使用。", "请换一个代码。")])
                if not new and row is None:
                    raise NotFound(f"没有“{kind.code}”这个文种。")
                before = kind_of(row) if row else None
                if before is not None and seen and mark(before) != seen:
                    raise Conflict(
                        f"您打开以后，“{before.name}”已被别人修改。您填写的还在下面，请与现在的核对后再保存。"
                    )
                kind = _with_retired(kind, before)
                columns = _columns(_plain(kind))
                if row is None:
                    row = await DocumentKind.create(using_db=connection, **columns)
                else:
                    await row.update_from_dict(columns).save(using_db=connection)
                await self._trail.append(
                    connection, at=now, actor=person.actor, verb="catalogue.kind_saved", subject=f"kind:{row.id}",
                    name=kind.name, changed=_changed(before, kind),
                )  # fmt: skip
        except IntegrityError as clash:
            raise InvalidContent([block("name", f"名称“{kind.name}”已被使用。", "请使用不同的名称。")]) from clash
        return kind

    async def delete(self, person: Member, code: str) -> None:
        """Removes a kind that no text has ever had. Raises NotPermitted, NotFound, and Conflict for one that was used: it
        can only be switched off."""
        _require(person)
        now = await self._clock.now()
        async with in_transaction() as connection:
            row = await DocumentKind.filter(code=code).using_db(connection).select_for_update().first()
            if row is None:
                raise NotFound(f"没有“{code[:32]}”这个文种。")
            written = Revision.annotate(written=_WRITTEN).filter(written=code)
            if await written.using_db(connection).exists():
                raise Conflict(f"已有公开信息使用“{row.name}”，不能删除，只能停用。")
            await row.delete(using_db=connection)
            await self._trail.append(
                connection, at=now, actor=person.actor, verb="catalogue.kind_deleted", subject=f"kind:{row.id}",
                name=row.name,
            )  # fmt: skip


def _unasked(kind: Kind, content: Content) -> Iterator[Finding]:
    """The attributes that this kind asks for and the text lacks. A person may submit in spite of it with a reason: a number
    is sometimes given at the very end, and an old document is not always in the house."""
    for name in kind.asks:
        # A summary is never empty: what nobody wrote is made from the text.
        empty = content.summary == summary_of(content.body_html) if name == "summary" else not getattr(content, name)
        if empty:
            yield block(
                name,
                f"“{kind.name}”须填写“{ASKABLE[name]}”。",
                "请填写；确实没有的，送审时写明理由。",
                overridable=True,
            )


def _require(person: Member) -> None:
    if not person.may(CATALOGUE):
        raise NotPermitted


def _with_retired(kind: Kind, before: Kind | None) -> Kind:
    """The kind with the former fields that are missing now, retired, at the end."""
    names = {each.name for each in kind.fields}
    gone = [
        replace(each, retired=True, required=False)
        for each in (before.fields if before else ())
        if each.name not in names
    ]
    return replace(kind, fields=(*kind.fields, *gone))


def _plain(kind: Kind) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(asdict(kind), ensure_ascii=False))
    return plain


def _columns(plain: Mapping[str, Any]) -> dict[str, Any]:
    own = ("code", "name", "sort", "active")
    columns = {name: plain[name] for name in own if name in plain}
    return {**columns, "facts": {name: value for name, value in plain.items() if name not in own}}


def mark(kind: Kind) -> str:
    """What a kind says, in 16 hexadecimal digits: changed when anything of it is."""
    return hashlib.sha256(json.dumps(_plain(kind), sort_keys=True).encode()).hexdigest()[:16]


def _changed(before: Kind | None, after: Kind) -> list[str]:
    if before is None:
        return []
    return [name for name, value in _plain(after).items() if _plain(before)[name] != value]

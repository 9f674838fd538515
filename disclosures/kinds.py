"""The kinds of documents (文种): each with its own fields, its chain of reviews and a template. Kinds are data.

A disclosure without a kind has no fields of its own and the chain 初审, 复审, 终审.
"""

from dataclasses import dataclass

from tortoise.backends.base.client import BaseDBAsyncClient

from disclosures.content import Particular
from disclosures.draft import DraftText
from disclosures.errors import InvalidContent
from disclosures.findings import block
from disclosures.records import DocumentKind

PLAIN_CHAIN = ("first", "second", "final")
"""Values of ``disclosures.review.Step``: 初审, 复审, 终审."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindField:
    """One typed field of a kind's form."""

    name: str
    label: str
    type: str = "text"
    """text, lines, date, number, amount (with ``unit``) or choice."""
    required: bool = False
    hint: str = ""
    unit: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of document. ``chain``: the signed steps in their order, each by another person; it always contains
    初审, 复审 and 终审 (ends with the last), and ``secrecy`` (保密审查) where the kind wants it signed."""

    code: str
    name: str
    description: str = ""
    category: str = ""
    """The column that the form proposes, by its code; empty: none."""
    fields: tuple[KindField, ...] = ()
    chain: tuple[str, ...] = PLAIN_CHAIN
    template: str = ""
    """The body that a new text begins with, in Markdown."""
    sort: int = 0
    active: bool = True


PLAIN = Kind(code="", name="一般信息")
"""What a disclosure is of which nobody chose the kind."""


async def find_kind(code: str, connection: BaseDBAsyncClient | None = None) -> Kind:
    """The kind with this code; PLAIN for an empty one. Raises InvalidContent."""
    if not code:
        return PLAIN
    row = await DocumentKind.filter(code=code).using_db(connection).first()
    if row is None:
        raise InvalidContent([block("kind", f"没有“{code}”这个文种。", "请重新选择文种。")])
    return kind_of(row)


def kind_of(row: DocumentKind) -> Kind:
    """The row as a value."""
    facts = dict(row.facts)
    fields = tuple(KindField(**{**each, "choices": tuple(each.get("choices", ()))}) for each in facts.pop("fields", ()))  # type: ignore[attr-defined]
    chain: tuple[str, ...] = tuple(facts.pop("chain", PLAIN_CHAIN))  # type: ignore[arg-type]
    return Kind(
        code=row.code, name=row.name, sort=row.sort, active=row.active, fields=fields, chain=chain,
        **{name: str(value) for name, value in facts.items()},
    )  # fmt: skip


async def particulars_of(draft: DraftText, connection: BaseDBAsyncClient | None = None) -> tuple[Particular, ...]:
    """The typed fields of a draft, in the order of its kind's form. Raises InvalidContent."""
    kind = await find_kind(draft.kind, connection)
    filled = {name: value.strip() for name, value in draft.particulars if value.strip()}
    if unknown := [name for name in filled if name not in {each.name for each in kind.fields}]:
        raise InvalidContent(block("particulars", f"“{kind.name}”没有“{name}”这一项。") for name in unknown)
    return tuple(
        Particular(name=each.name, label=each.label, value=filled[each.name])
        for each in kind.fields
        if each.name in filled
    )

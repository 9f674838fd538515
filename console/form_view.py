"""What the form of a text shows besides what stands in it: the kind's own fields, what each channel would make of the master
text, who else is at it, and what was typed earlier and never saved."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

from console.derived import NOTHING, OWN_FIELDS, Derived, derived
from console.door import Visit
from console.form import PARTICULAR, Fields
from console.preflight import Preflight
from console.presence import Editing, Presence
from console.working_copies import Copy, WorkingCopies
from disclosures import markup
from disclosures.catalogue import Catalogue
from disclosures.errors import InvalidContent
from disclosures.kind import PLAIN, Kind, KindField
from disclosures.kinds import active_kinds, find_kind
from disclosures.sheet import Sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFields:
    """The fields of a kind for a form: ``shown`` to be filled in, and ``left`` (name, label, text): what was typed for
    another kind and finds no place in this one."""

    kind: Kind
    shown: tuple[KindField, ...]
    left: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    fields: Fields
    kinds: tuple[Kind, ...]
    own: FormFields
    categories: tuple[tuple[str, str], ...]
    derived: Derived
    key: str
    """Names this open form: its working copy and its presence."""
    revision: int
    """The version from which the person began; 0 for a new text."""
    copies: tuple[Copy, ...]
    restored: Copy | None
    others: tuple[Editing, ...]
    account: int

    @property
    def field_names(self) -> Mapping[str, str]:
        return {f"{PARTICULAR}{each.name}": each.label for each in self.own.shown}

    def differs(self, name: str) -> bool:
        return self.derived.differs(self.fields, name)


class FormView:
    """Puts the view together, and does what the form's small buttons ask without a script."""

    def __init__(
        self, *, preflight: Preflight, catalogue: Catalogue, copies: WorkingCopies, presence: Presence
    ) -> None:
        self._preflight, self._catalogue = preflight, catalogue
        self._copies, self._presence = copies, presence

    async def view(self, visit: Visit, fields: Fields, *, sheet: Sheet | None, revision: int, copy: int) -> View:
        account, number = visit.person.account_id, sheet.id if sheet else 0
        restored = None
        if copy and (found := await self._copies.read(account, copy)) and found[0].disclosure_id == number:
            restored, fields = found
            revision = restored.base_revision or revision
        key = restored.key if restored else visit.text("key") or secrets.token_urlsafe(16)
        if sheet is not None:
            await self._presence.seen(visit.person, number, key)
        kind = await kind_or_plain(fields.kind)
        return View(
            fields=fields, kinds=await self._offered(kind), own=form_fields(kind, fields, await active_kinds()),
            categories=await categories_of(self._catalogue), derived=await self._derived(fields, kind, number), key=key,
            revision=revision or (sheet.revision if sheet else 0), restored=restored,
            copies=tuple(each for each in await self._copies.of(account, number) if each.key != key),
            others=await self._presence.others(number, account) if number else (), account=account,
        )  # fmt: skip

    async def acted(self, visit: Visit, fields: Fields) -> tuple[Fields, str] | None:
        """What stands in the form after a button that saves nothing, and what is said about it; None when it is saved. A
        kind whose fields nobody has seen yet is shown before anything is saved with it."""
        action, before = visit.text("action"), visit.text("kind_before")[:32]
        if action == "picture":
            return fields, ""
        if action == "kind":
            return await self.chosen(fields, before), ""
        if "kind_before" in visit.form and before != fields.kind:
            return await self.chosen(fields, before), "已换成所选的文种，还没有保存。请填写它的项目，再保存。"
        name = action.removeprefix("master:")
        return (fields.with_value(name, ""), "") if name != action and name in OWN_FIELDS else None

    async def chosen(self, fields: Fields, before: str) -> Fields:
        """The form after a kind was chosen: its template where nobody wrote a word yet, its column where none was chosen."""
        kind, old = await kind_or_plain(fields.kind), await kind_or_plain(before)
        if fields["body"].strip() in {"", template_of(old, fields.body_format).strip()}:
            fields = fields.with_value("body", template_of(kind, fields.body_format))
        if fields["category"] in {"", await category_of(self._catalogue, old)}:
            fields = fields.with_value("category", await category_of(self._catalogue, kind))
        return replace(fields, kind=kind.code)

    async def _offered(self, kind: Kind) -> tuple[Kind, ...]:
        """The kinds in use, and the text's own where it was switched off since."""
        kinds = await active_kinds()
        return kinds if not kind.code or kind.code in {each.code for each in kinds} else (*kinds, kind)

    async def _derived(self, fields: Fields, kind: Kind, number: int) -> Derived:
        try:
            return await derived(self._preflight, fields.draft(kind), disclosure_id=number)
        except InvalidContent:
            return NOTHING


async def kind_or_plain(code: str) -> Kind:
    """The kind, or PLAIN where there is none of that code (any more)."""
    try:
        return await find_kind(code)
    except InvalidContent:
        return PLAIN


def form_fields(kind: Kind, fields: Fields, kinds: tuple[Kind, ...]) -> FormFields:
    """The kind's fields, and a retired one only where it says something."""
    said = {name: text for name, text in fields.particulars.items() if text.strip()}
    shown = tuple(each for each in kind.fields if not each.retired or each.name in said)
    labels = {each.name: each.label for other in kinds for each in other.fields}
    known = {each.name for each in kind.fields}
    left = tuple((name, labels.get(name, name), text) for name, text in said.items() if name not in known)
    return FormFields(kind=kind, shown=shown, left=left)


def template_of(kind: Kind, body_format: str) -> str:
    """The template in the form's own format."""
    return markup.from_markdown(kind.template) if body_format == "html" and kind.template else kind.template


async def category_of(catalogue: Catalogue, kind: Kind) -> str:
    """The name of the column that the kind proposes; empty where it proposes none that is in use."""
    if not kind.category:
        return ""
    return next((row.name for row in await catalogue.categories() if row.code == kind.category), "")


async def categories_of(catalogue: Catalogue) -> tuple[tuple[str, str], ...]:
    """(name, label): a column below another is indented by its parent's name."""
    rows = await catalogue.categories()
    names = {row.code: row.name for row in rows}
    return tuple([(row.name, f"{names[row.parent]} › {row.name}" if row.parent in names else row.name) for row in rows])

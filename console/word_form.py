"""From a Word file to the form: what was read goes into the fields, and the page says what was read and what was not. Pure
but for the threads of the conversion."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from console.door import Visit
from console.form import Fields
from console.words import FIELD_NAMES
from disclosures import markup
from disclosures.draft import normal_document_number
from disclosures.errors import InvalidContent
from disclosures.findings import block
from disclosures.markdown import to_markdown
from disclosures.records import Unit
from disclosures.word import WordText

MOST_SAID: Final = 40
"""Lines of one import that the form carries along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What the form says about the file it was filled from."""

    found: tuple[str, ...] = ()
    """“标题：关于……”, one line for each field that was filled."""
    notes: tuple[str, ...] = ()

    @classmethod
    def typed(cls, visit: Visit) -> "Imported | None":
        """As the form carried it along, so that a refused saving does not lose it."""
        found, notes = (
            tuple(text[:500] for text in visit.texts(name)[:MOST_SAID]) for name in ("import_found", "import_note")
        )
        return cls(found=found, notes=notes) if found or notes else None


def filled(word: WordText, *, units: Iterable[Unit], own_unit: str, today: date) -> tuple[Fields, Imported]:
    """The fields of a new text, and what to say about them. A proposal goes into its field and is named to the person."""
    office = word.proposed("department")
    unit = unit_of(office, units)
    values = {
        "title": word.title, "body": word.body_html, "department": unit or own_unit,
        "formed_on": word.proposed("formed_on") or today.isoformat(),
        "document_number": normal_document_number(word.proposed("document_number")),
    }  # fmt: skip
    said, notes = [], list(word.notes)
    for proposal in word.proposals:
        value = values.get(proposal.field, "")
        if proposal.field == "department" and not unit:
            notes.insert(0, f"文件署名“{office}”不在发布机构名单中，请自行选择发布机构。")
            continue
        read = f"（文件中写作“{proposal.evidence}”）" if proposal.evidence and proposal.evidence != value else ""
        said.append(f"{FIELD_NAMES[proposal.field]}：{value}{read}")
    if not word.proposed("title"):
        notes.insert(0, "没有认出标题，请填写。")
    if not word.proposed("formed_on"):
        notes.insert(0, "没有认出成文日期，暂填今天，请核对。")
    return Fields(values=values, body_format="html"), Imported(found=tuple(said), notes=tuple(notes))


def unit_of(office: str, units: Iterable[Unit]) -> str:
    """The unit whose name a signature carries: 东安区民政局 is 区民政局. The longest name wins; empty: none."""
    if not office:
        return ""
    matching = [
        (len(name), unit.name)
        for unit in units
        for name in (unit.name, unit.short_name)
        if name and len(name) > 2 and (office == name or office.endswith(name) or name.endswith(office))
    ]
    return max(matching)[1] if matching else ""


async def in_markdown(fields: Fields) -> Fields:
    """The same form with its text in Markdown. Raises InvalidContent when something would be lost."""
    if fields.body_format != "html":
        return fields
    try:
        written, lost = await asyncio.to_thread(to_markdown, fields["body"])
    except markup.MarkupError as error:
        raise InvalidContent([block("body", str(error))]) from error
    if lost:
        raise InvalidContent([
            block("body", f"Markdown 写不出：{'、'.join(lost)}。", "没有转换。请保留现在的格式，或先去掉这些格式。")
        ])  # fmt: skip
    return replace(fields.with_value("body", written), body_format="markdown")

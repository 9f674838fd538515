"""What a curator does with a hit without leaving the test (K5): mend it, add the question to it, move the question to another entry,
stop it, or pin it. Everything but the pin is a draft and goes the way of drafts; a pin waits for its second person."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from console.door import Visit, see
from console.hit_pages import PAGE, Asked, HitPages
from console.layering import Layering
from disclosures.personal import mask
from knowledge.dictionary_changes import Desk
from knowledge.dictionary_pins import Pin, folded
from knowledge.entry import Entry
from knowledge.errors import CaseRefused, EntryInvalid, EntryUnknown, ImportRefused, KnowledgeError
from knowledge.records import KnowledgeDraft

NOTE: Final = "在命中测试中由问句“{}”改起"
NOTED: Final = 60
"""Characters of the question in the draft's note."""

Change = Callable[[Entry], Entry]


class HitActs:
    """Each act returns to the test with the same question, and with what would be found once it is in force."""

    def __init__(self, *, pages: HitPages, layering: Layering) -> None:
        self._pages = pages
        self._curating = layering.curating
        self._changes = layering.changes

    async def edit(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def done() -> str:
            title, body = visit.text("title").strip(), visit.text("body").replace("\r\n", "\n").strip()
            if not title or not body:
                raise CaseRefused("标题和正文都要填写。", "补上之后再保存。")
            similar = tuple(dict.fromkeys(line.strip() for line in visit.text("similar").splitlines() if line.strip()))
            await self._draft(
                visit, visit.text("entry_id"), lambda e: replace(e, title=title, body=body, similar=similar)
            )
            return "hit-drafted"

        return await self._tried(request, visit, "edit", done)

    async def alias(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def done() -> str:
            await self._draft(visit, visit.text("entry_id"), _with(visit.text("q")))
            return "hit-drafted"

        return await self._tried(request, visit, "alias", done)

    async def move(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Out of the entry that has the question now, into the one that should."""

        async def done() -> str:
            question = visit.text("q")
            if visit.text("from") == visit.text("entry_id"):
                raise CaseRefused("这个问句已经在这个条目上。", "请选择另一个条目。")
            entry = await self._standing(visit.text("from"))
            if folded(question) == folded(entry.title):
                raise CaseRefused("问句就是原条目的标题，不能移走。", "请修改或停用原条目。")
            await self._draft(visit, visit.text("entry_id"), _with(question))
            if any(folded(each) == folded(question) for each in entry.similar):
                await self._draft(visit, entry.id, _without(question))
            return "hit-drafted"

        return await self._tried(request, visit, "move", done)

    async def stop(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def done() -> str:
            await self._curating.drafts.stop(visit.person, visit.text("entry_id"), visit.text("reason"))
            return "hit-drafted"

        return await self._tried(request, visit, "stop", done)

    async def pin(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def done() -> str:
            try:
                review_on = date.fromisoformat(visit.text("review_on"))
            except ValueError:
                what = EntryInvalid(0, "复核日期", "没有填写，或无法识别", "选一个日期，到期前要再看一次")
                raise ImportRefused([what]) from None
            others = [line.strip() for line in visit.text("others").splitlines() if line.strip()]
            questions = tuple(dict.fromkeys(map(_fit, (visit.text("q"), *others))))
            pin = Pin(
                questions=questions,
                entry_id=visit.text("entry_id"),
                review_on=review_on,
                note=visit.text("note").strip(),
            )
            await self._changes.propose(visit.person, Desk.pins, await self._changes.pins([pin]), note=pin.note)
            return "layer-proposed"

        return await self._tried(request, visit, "pin", done)

    async def _tried(
        self, request: web.Request, visit: Visit, box: str, done: Callable[[], Awaitable[str]]
    ) -> web.StreamResponse:
        given = {
            name: visit.text(name)
            for name in (
                "q",
                "channel",
                "entry_id",
                "title",
                "body",
                "similar",
                "reason",
                "note",
                "others",
                "review_on",
            )
        }
        asked = Asked.of(given)
        try:
            said = await done()
        except KnowledgeError as error:
            entry = visit.text("why")
            return await self._pages.show(
                request,
                visit,
                replace(asked, typed=given, entry=entry),
                problem=error,
                box=f"{box}:{given['entry_id']}",
            )
        query = {"q": asked.q, "channel": asked.channel, "would": "1"}
        return see(f"{PAGE}?{urlencode(query)}", said)

    async def _standing(self, entry_id: str) -> Entry:
        """The entry as its open draft has it, or as it is. Raises EntryUnknown."""
        row = await KnowledgeDraft.get_or_none(open_key=entry_id)
        entry = (
            (await self._curating.drafts.sheet(row.id)).entry
            if row is not None
            else await self._curating.curation.stored(entry_id)
        )
        if entry is None:
            raise EntryUnknown(entry_id)
        return entry

    async def _draft(self, visit: Visit, entry_id: str, change: Change) -> None:
        """A draft of the change, or the change in the draft that is open already."""
        drafts = self._curating.drafts
        note = NOTE.format(mask(visit.text("q").strip())[:NOTED])
        row = await KnowledgeDraft.get_or_none(open_key=entry_id)
        entry = await self._standing(entry_id)
        changed = change(entry)
        if changed == entry:
            raise CaseRefused("条目里已经是这样。", "不需要再改。")
        if row is None:
            await drafts.create(visit.person, changed, note=note)
        else:
            await drafts.save(visit.person, row.id, changed, version=row.version, note=row.note or note)


def _fit(question: str) -> str:
    """A question that may stand in the base, where everybody reads it. Raises CaseRefused."""
    said = " ".join(question.split())[:500]
    if not said:
        raise CaseRefused("没有问句。", "先写上群众的问法。")
    if mask(said) != said:
        raise CaseRefused("问句里有电话、证件号一类的个人信息。", "请去掉个人信息，重新测试，再办理。")
    return said


def _with(question: str) -> Change:
    said = _fit(question)
    return lambda entry: (
        entry
        if folded(said) in {folded(each) for each in (entry.title, *entry.similar)}
        else replace(entry, similar=(*entry.similar, said))
    )


def _without(question: str) -> Change:
    gone = folded(question)
    return lambda entry: replace(entry, similar=tuple(each for each in entry.similar if folded(each) != gone))

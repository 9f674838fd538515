"""The examination of a text: what the house knows is fetched, the pure checks are asked, and what persons let pass is kept.

A finding that may be overridden is let pass one by one, each with its reason; that holds for this disclosure as long as the
same words are found (``Finding.key``). The reviewers see it before they sign.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import RawSQL
from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from disclosures import attachments, checks, markup
from disclosures.attachments import Attached
from disclosures.check_records import CheckOverride, LinkLook
from disclosures.checking import links
from disclosures.checking.structure import structure_of
from disclosures.checks import Known
from disclosures.content import Content
from disclosures.draft import unkept_pictures
from disclosures.errors import DisclosureError, InvalidContent, NotFound, NotPermitted, StateRefused
from disclosures.findings import Finding, block
from disclosures.kinds import content_problems
from disclosures.lexicon_desk import LexiconDesk
from disclosures.likenesses import Likenesses
from disclosures.member import SCHEDULE, SUBMIT, Member
from disclosures.records import Revision, StoredFile
from disclosures.sheet import Sheet, is_live, read_sheet
from disclosures.states import State

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
LONGEST_REASON: Final = 500
_REMEMBERED: Final = 16
"""Attachments whose text is remembered: a text is checked at every pause in typing, its attachments stay the same."""
_WRITABLE: Final = frozenset({State.DRAFT, State.WITHDRAWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What a person let pass, as the screen shows it."""

    id: int
    key: str
    rule: str
    field: str
    quote: str
    message: str
    reason: str
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """The text with this hash may be planned; ``passing`` is what a reason lets pass with it. No hash: nothing was asked."""

    content_hash: str = ""
    passing: tuple[Finding, ...] = ()
    reason: str = ""


class Examination:
    """Asks everything of a text. ``lexicon`` and ``likenesses`` are its own; one examination serves a process."""

    def __init__(self, *, clock: Clock, trail: Trail) -> None:
        self._clock = clock
        self._trail = trail
        self.lexicon = LexiconDesk(clock=clock, trail=trail)
        self.likenesses = Likenesses(clock=clock)
        self._read: OrderedDict[str, Attached] = OrderedDict()

    # Asking

    async def findings(
        self, content: Content, *, itself: int | None = None, body_source: str = "", body_format: str = "markdown"
    ) -> tuple[Finding, ...]:
        """What is wrong with a text, saved or not. ``itself`` is its disclosure, which does not count as another one."""
        known, today = await self._known(content, itself, body_source, body_format), await self._today()
        found = await asyncio.to_thread(checks.check, content, today=today, known=known)
        return (*await content_problems(content), *found)

    async def of_sheet(self, sheet: Sheet) -> tuple[Finding, ...]:
        """What is wrong with the newest text of a disclosure."""
        version = sheet.version
        return await self.findings(
            sheet.content, itself=sheet.id, body_source=version.body_source, body_format=version.body_format
        )

    async def in_the_way(self, sheet: Sheet, *, twice: bool = False) -> tuple[Finding, ...]:
        """What keeps a text from being planned and nobody let pass: asked at planning, and again before it goes out.
        ``twice``: also what would come out twice, for which a person at the screen gives a reason."""
        passed, found = await self.passed(sheet.id), await self.of_sheet(sheet)
        return tuple(
            each for each in (checks.at_planning(found) if twice else found)
            if each.blocks and not (each.overridable and each.key in passed)
        )  # fmt: skip

    async def waiting(self, disclosure_id: int) -> tuple[Finding, ...]:
        """As ``in_the_way`` for a planned disclosure, by its number; nothing for one that is not approved any more."""
        try:
            sheet = await read_sheet(disclosure_id)
        except NotFound:
            return ()
        return await self.in_the_way(sheet) if sheet.approved else ()

    async def cleared(
        self, disclosure_id: int, *, reason: str = "", signed: bool = True, twice: bool = False
    ) -> Cleared:
        """Whether an approved text may be planned; ``reason`` lets pass what may be; ``twice`` as for ``in_the_way``. With
        ``signed`` false also a text that is not approved is asked (an emergency). Raises InvalidContent."""
        try:
            sheet = await read_sheet(disclosure_id)
        except DisclosureError:
            return Cleared()
        if signed and not sheet.approved:
            return Cleared()
        found = await self.in_the_way(sheet, twice=twice)
        if stay := [each for each in found if not (each.overridable and reason.strip())]:
            raise InvalidContent(stay)
        return Cleared(content_hash=sheet.content_hash, passing=found, reason=reason.strip())

    # Letting pass

    async def passed(self, disclosure_id: int) -> dict[str, Passed]:
        """What persons let pass for a disclosure, by the finding's key."""
        rows = await CheckOverride.filter(disclosure_id=disclosure_id, taken_back_at=None).order_by("id")
        return {
            row.key: Passed(
                id=row.id, key=row.key, rule=row.rule, field=row.field, quote=row.quote, message=row.message,
                reason=row.reason, by_name=row.by_name, at=row.at,
            )
            for row in rows
        }  # fmt: skip

    async def let_pass(self, person: Member, disclosure_id: int, key: str, reason: str) -> None:
        """Lets one finding pass, with a reason. The author does it before the reviews, whoever plans the release after
        them. Raises NotPermitted, NotFound, StateRefused, InvalidContent without a reason."""
        sheet = await read_sheet(disclosure_id)
        _may(person, sheet)
        if not reason.strip():
            raise InvalidContent([block("reason", "未写明放行的理由。", "请写明为什么可以这样公开。")])
        if len(reason.strip()) > LONGEST_REASON:
            raise InvalidContent([block("reason", f"理由超过 {LONGEST_REASON} 个字。", "请精简。")])
        found = next((each for each in checks.at_planning(await self.of_sheet(sheet)) if each.key == key), None)
        if found is None:
            raise StateRefused("这处提示已经不在了，内容可能已经修改。")
        if not found.overridable:
            raise StateRefused("这处提示不能放行，必须修改。")
        now = await self._clock.now()
        async with in_transaction() as connection:
            await self.keep(connection, person, sheet, [found], reason, now=now)
            await self._trail.append(
                connection, at=now, actor=person.actor, verb="disclosure.override", subject=f"disclosure:{disclosure_id}",
                rule=found.rule, message=found.message, reason=reason.strip(), revision=sheet.revision,
            )  # fmt: skip

    async def take_back(self, person: Member, disclosure_id: int, passed_id: int) -> None:
        """What was let pass stands in the way again. Raises NotPermitted, NotFound."""
        _may(person, await read_sheet(disclosure_id))
        now = await self._clock.now()
        async with in_transaction() as connection:
            row = await CheckOverride.filter(id=passed_id, disclosure_id=disclosure_id, taken_back_at=None).using_db(connection).first()  # fmt: skip
            if row is None:
                raise NotFound("没有这项放行。")
            await CheckOverride.filter(id=row.id).using_db(connection).update(taken_back_at=now)
            await self._trail.append(
                connection, at=now, actor=person.actor, verb="disclosure.override.taken_back",
                subject=f"disclosure:{disclosure_id}", rule=row.rule, message=row.message,
            )  # fmt: skip

    async def keep(
        self, connection: BaseDBAsyncClient, person: Member, sheet: Sheet, findings: Sequence[Finding], reason: str, *,
        now: datetime,
    ) -> None:  # fmt: skip
        """Writes down what a reason lets pass, in the caller's transaction; what was let pass already stays as it is."""
        for finding in findings:
            same = CheckOverride.filter(disclosure_id=sheet.id, key=finding.key, taken_back_at=None)
            if not await same.using_db(connection).exists():
                await CheckOverride.create(
                    using_db=connection, disclosure_id=sheet.id, key=finding.key, rule=finding.rule, field=finding.field[:64],
                    quote=finding.quote, message=finding.message, reason=reason.strip(), revision=sheet.revision,
                    by_id=person.account_id, by_name=person.display_name, at=now,
                )  # fmt: skip

    # Knowing

    async def _today(self) -> date:
        return (await self._clock.now()).astimezone(SHANGHAI).date()

    async def _known(self, content: Content, itself: int | None, body_source: str, body_format: str) -> Known:
        lists = await self.lexicon.current()
        titles, public = await _same_number(content, itself)
        return Known(
            lexicon=lists.lexicon, leaders=lists.leaders, same_number=titles, number_is_public=public,
            unkept_pictures=unkept_pictures(body_source, body_format), body_source=body_source,
            attached=await self._attached(content), alike=await self.likenesses.of(content, itself=itself),
            dead_links=await _dead_links(content),
        )  # fmt: skip

    async def _attached(self, content: Content) -> dict[str, Attached]:
        found: dict[str, Attached] = {}
        for file in content.attachments:
            read = self._read.get(file.sha256)
            if read is None:
                row = await StoredFile.get(sha256=file.sha256)
                read = await asyncio.to_thread(attachments.read, bytes(row.data), row.media_type)
                # What could not be read now may be readable the next time: the readers of PDF files may all have been busy.
                if not read.problem:
                    self._read[file.sha256] = read
                while len(self._read) > _REMEMBERED:
                    self._read.popitem(last=False)
            found[file.file_name if file.file_name not in found else f"{file.file_name}（{len(found) + 1}）"] = read
        return found


def _may(person: Member, sheet: Sheet) -> None:
    """The author's side before the reviews, the publisher's after them; in between nobody, for somebody signed."""
    if sheet.state in _WRITABLE:
        if not person.may(SUBMIT):
            raise NotPermitted
    elif sheet.approved:
        if not person.may(SCHEDULE):
            raise NotPermitted
    else:
        raise StateRefused("审核期间不能放行提示；需要时请退回后办理。")


async def _same_number(content: Content, itself: int | None) -> tuple[list[str], bool]:
    """Titles of other disclosures, not withdrawn, that carry the same 文号, and whether one of them is public."""
    if not content.document_number:
        return [], False
    rows = (
        await Revision.exclude(disclosure_id=itself or 0)
        .annotate(written=RawSQL('"disclosure_revision"."content"->>\'document_number\''))
        .filter(written=content.document_number)
        .exclude(disclosure__state=State.WITHDRAWN)
        .filter(disclosure__embargoed_at__isnull=True)
        .order_by("-id")
        .limit(10)
        .select_related("disclosure")
    )
    others = [row.disclosure for row in rows if row.disclosure.current_revision == row.number]
    return list(dict.fromkeys(each.title for each in others)), any(is_live(each) for each in others)


async def _dead_links(content: Content) -> Mapping[str, str]:
    """The addresses of a text that were looked at and did not open."""
    found = addresses_of(content)
    if not found:
        return {}
    rows = await LinkLook.filter(address_sha256__in=[address_key(each) for each in found]).exclude(problem="")
    return {row.address: row.problem for row in rows}


def addresses_of(content: Content) -> tuple[str, ...]:
    """The web addresses of a text, each once."""
    text = f"{markup.plain_text(content.body_html)}\n{content.weibo.text}"
    return links.addresses(structure_of(content.body_html).links, text)


def address_key(address: str) -> str:
    """By what an address is found again."""
    return sha256(address.encode()).hexdigest()

"""The rumour desk: every act on a claim, each in one transaction with its line in the audit trail.

A verdict is proposed by one person and confirmed by another, who confirms exactly what he read. That a claim is 核实中 is no
statement of fact and is said at once; that a wording tells of a known claim is never spoken and needs one person.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from knowledge.curation import Curation
from knowledge.entry import CURATOR, Entry, EntryKind
from knowledge.errors import ClaimRefused, ClaimUnknown, EntryUnknown, SecondCuratorNeeded
from knowledge.history import Note, Origin
from knowledge.reporting import OPEN_STATES
from knowledge.reports import claim_title
from knowledge.rumour_records import RumourClaim, RumourNotice, RumourReport
from knowledge.settling import Settlement, checking_entry, settled_entry, with_variants

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
REMARK: Final = 500
TITLE: Final = 255
"""Characters of what a release says of itself."""
QUOTED: Final = 60
"""Characters of his own question that somebody is reminded of."""
BATCH: Final = 200
FOLLOWED: Final = 200
MACHINE: Final = Actor.machine("谣言处置")


def entry_id_of(claim_id: int) -> str:
    """The id of the entry that a claim gets."""
    return f"rumour-{claim_id}"


class RumourDesk:
    """Raises ClaimUnknown, and ClaimRefused for what cannot be done now; then nothing has changed."""

    def __init__(self, *, clock: Clock, trail: Trail, curation: Curation) -> None:
        self._clock = clock
        self._trail = trail
        self._curation = curation

    async def check(self, claim_id: int, *, title: str, unit: str, actor: Actor) -> str:
        """The bot says 核实中 from the commit on; the id of the entry."""
        async with in_transaction() as connection:
            claim, now = await _open_claim(connection, claim_id), await self._clock.now()
            if claim.state == "checking":
                raise ClaimRefused("已经在答复“核实中”。", "核实有了结果，请提出结论。")
            entry = checking_entry(
                entry_id_of(claim.id), title=title, unit=unit, claimed_on=_day(claim.first_at), today=_day(now)
            )
            wordings, links = await _wordings(connection, claim.id)
            entry = with_variants(entry, wordings[:20], links)
            await self._put(connection, entry, f"核实中：{entry.title}", actor)
            await _set(
                connection, claim, state="checking", entry_id=entry.id, title=entry.title, unit=entry.unit,
                first_word_at=claim.first_word_at or now,
            )  # fmt: skip
            await self._note(connection, actor, "rumour.check", claim, entry=entry.id, unit=entry.unit)
        return entry.id

    async def assign(self, claim_id: int, *, title: str, unit: str, actor: Actor) -> None:
        """Names the claim and the unit that has to answer. The bot's words stay as they are."""
        async with in_transaction() as connection:
            claim = await _open_claim(connection, claim_id)
            title, unit = title.strip()[:60], unit.strip()[:255]
            if not title:
                raise ClaimRefused("没有填写传言（一句话）。", "请用一句话写明核实什么。")
            await _set(connection, claim, title=title, unit=unit)
            await self._note(connection, actor, "rumour.assign", claim, unit=unit)

    async def propose(self, claim_id: int, settlement: Settlement, *, actor: Actor) -> None:
        """Proposes a verdict; another person confirms it. A new proposal takes the place of the old one."""
        checked = settlement.checked()
        async with in_transaction() as connection:
            claim = await _open_claim(connection, claim_id)
            await _set(
                connection, claim, proposal=checked.dump(), proposed_at=await self._clock.now(), proposed_by=actor.name,
                proposed_by_id=actor.account_id,
            )  # fmt: skip
            await self._note(
                connection,
                actor,
                "rumour.propose",
                claim,
                verdict=checked.verdict,
                unit=checked.unit,
                mark=checked.mark,
            )

    async def confirm(self, claim_id: int, *, mark: str, actor: Actor) -> str:
        """Confirms the proposal that has this `mark`: the verdict is said from the commit on, and who asked will be told."""
        async with in_transaction() as connection:
            claim, now = await _open_claim(connection, claim_id), await self._clock.now()
            settlement = _proposal(claim, mark)
            if claim.proposed_by_id is not None and claim.proposed_by_id == actor.account_id:
                raise SecondCuratorNeeded("结论须由另一人确认。", "请提出的人以外、有知识库审核权限的同事来确认。")
            entry_id = claim.entry_id or entry_id_of(claim.id)
            wordings, links = await _wordings(connection, claim.id, only=settlement.variants)
            entry = settled_entry(
                entry_id, settlement, before=await self._curation.stored(entry_id, using_db=connection),
                wordings=wordings, links=links, claimed_on=_day(claim.first_at), today=_day(now),
            )  # fmt: skip
            await self._put(connection, entry, f"{entry.verdict}：{entry.title}", actor)
            await _mark_variants(connection, claim.id, settlement.variants)
            told = await self._close(connection, claim, entry, actor=actor, now=now)
            await self._note(
                connection, actor, "rumour.settle", claim, entry=entry.id, verdict=entry.verdict, mark=mark,
                proposed_by=claim.proposed_by, notices=told,
            )  # fmt: skip
        return entry.id

    async def send_back(self, claim_id: int, *, mark: str, remark: str, actor: Actor) -> None:
        """Takes a proposal off the desk: its author takes it back, or the second person disagrees and says why."""
        async with in_transaction() as connection:
            claim = await _open_claim(connection, claim_id)
            _proposal(claim, mark)
            mine = claim.proposed_by_id == actor.account_id
            remark = remark.strip()[:REMARK]
            if not mine and not remark:
                raise ClaimRefused("没有写明理由。", "不同意的，请写明理由，方便拟稿人修改。")
            said = "" if mine else f"{actor.name}不同意：{remark}"
            await _set(connection, claim, proposed_at=None, remark=said)
            await self._note(connection, actor, "rumour.send_back", claim, mark=mark, remark=remark, mine=mine)

    async def attach(self, claim_id: int, entry_id: str, *, variants: Sequence[int], actor: Actor) -> None:
        """The claim is one that an entry answers already: the chosen wordings become its variants, who asked will be told."""
        async with in_transaction() as connection:
            claim, now = await _open_claim(connection, claim_id), await self._clock.now()
            entry = await self._curation.stored(entry_id.strip(), using_db=connection)
            if entry is None:
                raise EntryUnknown(entry_id.strip())
            if entry.kind is not EntryKind.rumour or entry.origin != CURATOR or not entry.live:
                raise ClaimRefused("只能并入正在使用的谣言澄清条目。", "请选择列表中的条目，或提出新的结论。")
            if entry.id == claim.entry_id:
                raise ClaimRefused("这就是本条传言自己的条目。", "请选择另一条。")
            wordings, links = await _wordings(connection, claim.id, only=variants)
            await self._put(connection, with_variants(entry, wordings, links), f"收录说法：{entry.title}", actor)
            await _mark_variants(connection, claim.id, variants)
            if claim.entry_id:
                note = Note(origin=Origin.rumour, title=f"并入：{entry.title}"[:TITLE])
                await self._curation.stop_entry(
                    claim.entry_id, f"并入 {entry.id}", actor=actor, note=note, using_db=connection
                )
            if entry.under_check:
                await _set(
                    connection, claim, state="checking", entry_id=entry.id, first_word_at=claim.first_word_at or now
                )
            else:
                await self._close(connection, claim, entry, actor=actor, now=now)
            await self._note(connection, actor, "rumour.attach", claim, entry=entry.id, variants=len(wordings))

    async def join(self, claim_id: int, into: int, *, actor: Actor) -> None:
        """Two claims on the desk are one: the reports of the first go to the second."""
        async with in_transaction() as connection:
            claim, other = await _open_claim(connection, claim_id), await _open_claim(connection, into)
            if claim.id == other.id:
                raise ClaimRefused("不能并入自己。", "请选择另一条传言。")
            if claim.state == "checking":
                raise ClaimRefused("这一条已经在答复“核实中”。", "请反过来，把另一条并入这一条。")
            if claim.proposed_at is not None:
                raise ClaimRefused("这一条有等待确认的结论。", "请先收回或确认，再合并。")
            moved = await _move(connection, await _reports(connection, claim.id), other.id)
            await _set(
                connection,
                claim,
                state="merged",
                merged_into=other.id,
                closed_by=actor.name,
                closed_at=await self._clock.now(),
            )
            await _stretch(connection, other)
            await self._note(connection, actor, "rumour.join", claim, into=other.id, reports=moved)

    async def split(self, claim_id: int, reports: Sequence[int], *, actor: Actor) -> int:
        """Some reports tell of something else: they become a claim of their own; its number."""
        async with in_transaction() as connection:
            claim = await _open_claim(connection, claim_id)
            rows = await _reports(connection, claim.id)
            # What is split is a wording, whoever used it.
            wordings = {row.digest for row in rows if row.id in set(reports)}
            chosen = [row for row in rows if row.digest in wordings]
            if not chosen or len(chosen) == len(rows):
                raise ClaimRefused("没有可以分出的说法。", "请勾选一部分，至少给原来的传言留下一条。")
            key = f"split:{chosen[0].id}:{chosen[0].digest[:40]}"
            if claim.key in {row.digest for row in chosen}:
                # Who asks in these very words from now on asks about the new claim.
                held, key = key, claim.key
                await _set(connection, claim, key=held)
            fresh = await RumourClaim.create(
                using_db=connection, key=key, title=claim_title(chosen[0].text),
                first_at=chosen[0].first_at, last_at=chosen[0].last_at,
            )  # fmt: skip
            await _move(connection, chosen, fresh.id)
            await _stretch(connection, fresh)
            await _stretch(connection, claim)
            await self._note(connection, actor, "rumour.split", claim, into=fresh.id, reports=len(chosen))
        return fresh.id

    async def dismiss(self, claim_id: int, *, reason: str, actor: Actor) -> None:
        """No matter for this desk; the reason stays with it. What is 核实中 must get its verdict instead."""
        reason = reason.strip()[:REMARK]
        if not reason:
            raise ClaimRefused("没有写明理由。", "请写明为什么不处置，例如“不是传言，是咨询”。")
        async with in_transaction() as connection:
            claim = await _open_claim(connection, claim_id)
            if claim.state == "checking":
                raise ClaimRefused("已经告诉群众“核实中”，不能不了了之。", "请提出结论。")
            await _set(
                connection, claim, state="dismissed", remark=reason, closed_at=await self._clock.now(), closed_by=actor.name,
                proposed_at=None,
            )  # fmt: skip
            await RumourReport.filter(claim_id=claim.id).using_db(connection).update(sender="")
            await self._note(connection, actor, "rumour.dismiss", claim, reason=reason)

    async def follow(self) -> int:
        """Settles what was settled without the desk: the entry that said 核实中 says a verdict now, from an import or an edit.
        To be called every minute; how many claims there were."""
        found = 0
        for claim in await RumourClaim.filter(state="checking").order_by("id").limit(FOLLOWED):
            entry = await self._curation.stored(claim.entry_id or "")
            if entry is None or not entry.live or entry.under_check:
                continue
            async with in_transaction() as connection:
                again, now = await _open_claim(connection, claim.id), await self._clock.now()
                told = await self._close(connection, again, entry, actor=MACHINE, now=now)
                await self._note(connection, MACHINE, "rumour.follow", again, entry=entry.id, notices=told)
            found += 1
        return found

    async def _put(self, connection: BaseDBAsyncClient, entry: Entry, title: str, actor: Actor) -> None:
        note = Note(origin=Origin.rumour, title=title[:TITLE])
        await self._curation.put_entries([entry], actor=actor, note=note, using_db=connection)

    async def _close(
        self, connection: BaseDBAsyncClient, claim: RumourClaim, entry: Entry, *, actor: Actor, now: datetime
    ) -> int:
        await _set(
            connection, claim, state="settled", entry_id=entry.id, title=entry.title, unit=entry.unit, closed_at=now,
            closed_by=actor.name, first_word_at=claim.first_word_at or now, proposed_at=None, remark="",
        )  # fmt: skip
        askers = [row for row in await _reports(connection, claim.id) if not row.asker_hash.startswith("left:")]
        notices = [
            RumourNotice(
                claim_id=claim.id, entry_id=entry.id, channel=row.channel, asker_hash=row.asker_hash, sender=row.sender,
                asked=row.text[:QUOTED], asked_at=row.first_at, made_at=now,
            )
            for row in askers
        ]  # fmt: skip
        for start in range(0, len(notices), BATCH):
            await RumourNotice.bulk_create(notices[start : start + BATCH], using_db=connection)
        await RumourReport.filter(claim_id=claim.id).using_db(connection).update(sender="")
        return len(notices)

    async def _note(
        self, connection: BaseDBAsyncClient, actor: Actor, verb: str, claim: RumourClaim, **detail: object
    ) -> None:
        await self._trail.append(
            connection, at=await self._clock.now(), actor=actor, verb=verb, subject=f"rumour:{claim.id}", **detail
        )


async def _open_claim(connection: BaseDBAsyncClient, claim_id: int) -> RumourClaim:
    claim = await RumourClaim.filter(id=claim_id).using_db(connection).select_for_update().first()
    if claim is None:
        raise ClaimUnknown
    if claim.state not in OPEN_STATES:
        raise ClaimRefused("这条传言已经处置完毕。", "请刷新页面查看结果。")
    return claim


async def _set(connection: BaseDBAsyncClient, claim: RumourClaim, **values: object) -> None:
    await RumourClaim.filter(id=claim.id).using_db(connection).update(**values)


async def _reports(connection: BaseDBAsyncClient, claim_id: int) -> list[RumourReport]:
    return await RumourReport.filter(claim_id=claim_id).using_db(connection).order_by("id")


async def _wordings(
    connection: BaseDBAsyncClient, claim_id: int, *, only: Sequence[int] | None = None
) -> tuple[list[str], list[str]]:
    """The wordings of a claim's reports, and the addresses in them."""
    rows = [row for row in await _reports(connection, claim_id) if only is None or row.id in set(only)]
    return [row.text for row in rows], [link for row in rows for link in row.links]


async def _mark_variants(connection: BaseDBAsyncClient, claim_id: int, ids: Sequence[int]) -> None:
    if ids:
        chosen = RumourReport.filter(claim_id=claim_id, id__in=list(ids)).using_db(connection)
        digests = [row.digest for row in await chosen.only("id", "digest")]
        same = RumourReport.filter(claim_id=claim_id, digest__in=digests).using_db(connection)
        await same.update(variant=True)


async def _move(connection: BaseDBAsyncClient, rows: Sequence[RumourReport], to: int) -> int:
    """Moves reports; somebody who is there already is still one person."""
    there = {row.asker_hash: row for row in await _reports(connection, to)}
    for row in rows:
        other = there.get(row.asker_hash)
        if other is None:
            await RumourReport.filter(id=row.id).using_db(connection).update(claim_id=to)
            continue
        await RumourReport.filter(id=row.id).using_db(connection).delete()
        await RumourReport.filter(id=other.id).using_db(connection).update(
            times=other.times + row.times, first_at=min(other.first_at, row.first_at), last_at=max(other.last_at, row.last_at),
            consented_at=other.consented_at or row.consented_at, sender=other.sender or row.sender,
        )  # fmt: skip
    return len(rows)


async def _stretch(connection: BaseDBAsyncClient, claim: RumourClaim) -> None:
    """A claim begins with its first report: the clock does not start anew because two claims were joined."""
    rows = await _reports(connection, claim.id)
    if rows:
        await _set(
            connection, claim, first_at=min(row.first_at for row in rows), last_at=max(row.last_at for row in rows)
        )


def _proposal(claim: RumourClaim, mark: str) -> Settlement:
    if claim.proposed_at is None or claim.proposal is None:
        raise ClaimRefused("没有等待确认的结论。", "请刷新页面。")
    settlement = Settlement.parse(claim.proposal)
    if settlement.mark != mark:
        raise ClaimRefused("结论刚刚有修改。", "请刷新页面，看过新的内容再决定。")
    return settlement


def _day(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()

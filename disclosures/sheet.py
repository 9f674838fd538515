"""A disclosure as it lies on the desk: its text, its state, and the signatures so far. Reading only."""

from dataclasses import dataclass
from datetime import datetime

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q

from disclosures.content import Content
from disclosures.draft import DraftText, draft_of
from disclosures.errors import DisclosureError, InvalidContent, NotFound, StateRefused
from disclosures.kinds import find_kind
from disclosures.records import Disclosure, Review, Revision
from disclosures.review import STEPS, Chain, Decision, Signature, Step, chain_of, next_step
from disclosures.states import STATE_NAMES, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One saved text. ``content_hash`` is what reviewers sign."""

    number: int
    content: Content
    content_hash: str
    body_source: str
    body_format: str
    author_id: int
    author_name: str
    created_at: datetime

    @property
    def draft(self) -> DraftText:
        return draft_of(self.content, body=self.body_source, body_format=self.body_format)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Everything a screen or the API shows of one disclosure."""

    id: int
    state: State
    version: Version
    """The newest text."""
    submission: int
    signatures: tuple[Signature, ...]
    """Those of the current submission, in order."""
    next_step: Step | None
    unit_id: int
    category_id: int
    index_number: str
    author_id: int
    author_name: str
    approved_revision: int | None
    approved_hash: str | None
    created_at: datetime
    updated_at: datetime
    released_at: datetime | None
    withdrawn_at: datetime | None
    explanation: str
    live: bool
    """True: the public can read it now, even while a correction is being written."""
    chain: Chain = STEPS
    """The steps of the reviews, in order: as frozen at the submission, before it as the kind of document wants them."""
    emergency_hash: str | None = None

    @property
    def emergency(self) -> bool:
        """Whether exactly this text may go out now although it is not signed yet (``disclosures.emergencies``)."""
        return self.emergency_hash is not None and self.emergency_hash == self.content_hash

    @property
    def revision(self) -> int:
        return self.version.number

    @property
    def content(self) -> Content:
        return self.version.content

    @property
    def content_hash(self) -> str:
        return self.version.content_hash

    @property
    def title(self) -> str:
        return self.version.content.title

    @property
    def state_name(self) -> str:
        return STATE_NAMES[self.state]

    @property
    def approved(self) -> bool:
        """Whether three people signed exactly this text."""
        return self.approved_hash is not None and self.approved_hash == self.content_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a list of disclosures."""

    id: int
    state: State
    title: str
    department: str
    category: str
    index_number: str
    revision: int
    author_id: int
    author_name: str
    next_step: Step | None
    updated_at: datetime
    released_at: datetime | None
    live: bool

    @property
    def state_name(self) -> str:
        return STATE_NAMES[self.state]


def is_live(row: Disclosure) -> bool:
    return row.released_at is not None and row.withdrawn_at is None and row.state != State.REPEALED


def version_of(row: Revision) -> Version:
    """Reads a revision back and proves that it is what was saved. Raises DisclosureError when the row was altered."""
    content = Content.parse(row.content)
    if content.digest() != row.content_hash:
        raise DisclosureError(f"第 {row.number} 版的内容与其摘要值不符，数据可能被改动，已停止办理。请联系系统管理员。")
    return Version(
        number=row.number, content=content, content_hash=row.content_hash, body_source=row.body_source,
        body_format=row.body_format, author_id=row.author_id, author_name=row.author_name, created_at=row.created_at,
    )  # fmt: skip


async def read_sheet(disclosure_id: int, connection: BaseDBAsyncClient | None = None) -> Sheet:
    """The disclosure with its newest text and current signatures. Raises NotFound."""
    row = await Disclosure.filter(id=disclosure_id).using_db(connection).first()
    if row is None:
        raise NotFound(f"没有编号为 {disclosure_id} 的公开信息。")
    version = await read_version(disclosure_id, row.current_revision, connection)
    signatures = await read_signatures(disclosure_id, connection, submission=row.submission)
    state = State(row.state)
    chain = await read_chain(row, version.content, connection)
    return Sheet(
        id=row.id, state=state, version=version, submission=row.submission, signatures=signatures,
        next_step=next_step(state, signatures, chain), chain=chain, emergency_hash=row.emergency_hash,
        unit_id=row.unit_id, category_id=row.category_id,  # type: ignore[attr-defined]
        index_number=row.index_number, author_id=row.author_id, author_name=row.author_name,
        approved_revision=row.approved_revision, approved_hash=row.approved_hash, created_at=row.created_at,
        updated_at=row.updated_at, released_at=row.released_at, withdrawn_at=row.withdrawn_at,
        explanation=row.explanation, live=is_live(row),
    )  # fmt: skip


async def read_chain(row: Disclosure, content: Content, connection: BaseDBAsyncClient | None = None) -> Chain:
    """The frozen chain of a submission; of a draft the one that its kind will give it."""
    if State(row.state) not in {State.DRAFT, State.WITHDRAWN}:
        return _frozen(row)
    try:
        return chain_of((await find_kind(content.kind, connection)).chain)
    except (ValueError, InvalidContent):
        # Said when it is submitted; the page of a draft is shown all the same.
        return STEPS


def _frozen(row: Disclosure) -> Chain:
    return chain_of(row.chain) if row.chain else STEPS


async def read_approved(disclosure_id: int, connection: BaseDBAsyncClient | None = None) -> Sheet:
    """The disclosure whose newest text three people signed, proved against what is stored. Raises StateRefused when the
    newest text is not approved, NotFound, DisclosureError when what is stored was altered."""
    sheet = await read_sheet(disclosure_id, connection)
    if not sheet.approved or sheet.state not in {State.APPROVED, State.RELEASED}:
        raise StateRefused(f"“{sheet.title}”的当前内容未经三审审定，不能公开。")
    return sheet


async def read_releasable(disclosure_id: int, connection: BaseDBAsyncClient | None = None) -> Sheet:
    """As ``read_approved``, but a text that a live emergency authorisation names by its hash is accepted too."""
    sheet = await read_sheet(disclosure_id, connection)
    if sheet.emergency and sheet.state not in {State.WITHDRAWN, State.REPEALED}:
        return sheet
    return await read_approved(disclosure_id, connection)


async def read_version(disclosure_id: int, number: int, connection: BaseDBAsyncClient | None = None) -> Version:
    """One saved text of a disclosure. Raises NotFound."""
    row = await Revision.filter(disclosure_id=disclosure_id, number=number).using_db(connection).first()
    if row is None:
        raise NotFound(f"编号为 {disclosure_id} 的公开信息没有第 {number} 版。")
    return version_of(row)


async def read_signatures(
    disclosure_id: int, connection: BaseDBAsyncClient | None = None, *, submission: int | None = None
) -> tuple[Signature, ...]:
    """All signatures and rejections, oldest first; or those of one submission."""
    rows = Review.filter(disclosure_id=disclosure_id).using_db(connection).order_by("id")
    if submission is not None:
        rows = rows.filter(submission=submission)
    return tuple([_signature(row) for row in await rows])


async def read_lines(
    *, states: frozenset[State] | None = None, unit_id: int | None = None, text: str = "", author_id: int | None = None,
    before_id: int | None = None, limit: int = 50, hidden: frozenset[int] = frozenset(),
) -> tuple[Line, ...]:  # fmt: skip
    """Disclosures, newest first, without those ``hidden`` from this reader. ``text`` is looked for in titles and index numbers; page with ``before_id``."""
    query = Disclosure.all().order_by("-id").select_related("unit", "category")
    if states is not None:
        query = query.filter(state__in=sorted(states))
    if unit_id is not None:
        query = query.filter(unit_id=unit_id)
    if author_id is not None:
        query = query.filter(author_id=author_id)
    if before_id is not None:
        query = query.filter(id__lt=before_id)
    if hidden:
        query = query.exclude(id__in=list(hidden))
    if text.strip():
        query = query.filter(Q(title__icontains=text.strip()) | Q(index_number__icontains=text.strip()))
    rows = await query.limit(max(1, min(limit, 200)))
    signatures = await _current_signatures(rows)
    return tuple([_line(row, signatures.get(row.id, [])) for row in rows])


async def _current_signatures(rows: list[Disclosure]) -> dict[int, list[Signature]]:
    waiting = {row.id: row.submission for row in rows if row.state in {State.SUBMITTED, State.IN_REVIEW}}
    found: dict[int, list[Signature]] = {}
    if waiting:
        for review in await Review.filter(disclosure_id__in=list(waiting)).order_by("id"):
            disclosure_id: int = review.disclosure_id  # type: ignore[attr-defined]
            if review.submission == waiting[disclosure_id]:
                found.setdefault(disclosure_id, []).append(_signature(review))
    return found


def _line(row: Disclosure, signatures: list[Signature]) -> Line:
    state = State(row.state)
    return Line(
        id=row.id, state=state, title=row.title, department=row.unit.name, category=row.category.name,
        index_number=row.index_number, revision=row.current_revision, author_id=row.author_id,
        author_name=row.author_name, next_step=next_step(state, signatures, _frozen(row)), updated_at=row.updated_at,
        released_at=row.released_at, live=is_live(row),
    )  # fmt: skip


def _signature(row: Review) -> Signature:
    return Signature(
        submission=row.submission, step=Step(row.step), decision=Decision(row.decision), reviewer_id=row.reviewer_id,
        reviewer_name=row.reviewer_name, content_hash=row.content_hash, remark=row.remark, at=row.at,
        opinion=row.opinion or "", for_id=row.for_id, for_name=row.for_name or "", opened_at=row.opened_at,
    )  # fmt: skip

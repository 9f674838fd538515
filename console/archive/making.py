"""Making packages: of one disclosure, or of all that were made public in a period. Everything is read in one go of queries;
the files' bytes come when they are written."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from console.archive.acts import acts
from console.archive.attached import attached
from console.archive.case import Case, Part
from console.archive.channels import deliveries, proofs
from console.archive.more import more
from console.archive.package import INDEX, MANIFEST, Entry, Package, entry, json_entry, package
from console.archive.signing import signatures
from console.archive.texts import texts
from console.errors import ArchiveTooLarge
from console.screen import SHANGHAI, STATIC, filters
from disclosures.records import Disclosure, Revision
from disclosures.sheet import read_sheet, version_of
from disclosures.states import STATE_NAMES, State
from publishers.records import Delivery, Release

FORMAT: Final = "mingbai-archive"
FORMAT_VERSION: Final = 1
MOST_BYTES: Final = 512 * 1024 * 1024
"""Of one disclosure's package, before it is compressed."""
MOST_IN_A_BATCH: Final = 2_000
PARTS: Final[tuple[Part, ...]] = (texts, signatures, deliveries, proofs, acts, attached, more)
"""What a package consists of, in the order of its page. A new part is one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One disclosure on the index page of a batch."""

    id: int
    title: str
    index_number: str
    released_at: datetime
    state: str

    @property
    def folder(self) -> str:
        return folder_of(self.id)

    @property
    def state_name(self) -> str:
        return STATE_NAMES[State(self.state)]


def folder_of(disclosure_id: int) -> str:
    return f"disclosure-{disclosure_id}"


class Archives:
    """Makes packages. Who may have them is asked by the caller."""

    def __init__(self, *, clock: Clock, trail: Trail) -> None:
        self._clock = clock
        self._trail = trail
        self._templates = Environment(
            loader=FileSystemLoader(STATIC.parent / "templates"), autoescape=True, undefined=StrictUndefined,
            auto_reload=False, trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self._templates.filters.update(filters())

    async def make(self, disclosure_id: int) -> Package:
        """Raises NotFound, DisclosureError when a stored text is not what was saved, and ArchiveTooLarge."""
        sheet = await read_sheet(disclosure_id)
        revisions = await Revision.filter(disclosure_id=disclosure_id).order_by("number")
        case = Case(
            sheet=sheet, versions=tuple(version_of(row) for row in revisions), render=self._render,
            releases=tuple(await Release.filter(disclosure_id=disclosure_id).order_by("id")),
            deliveries=tuple(await Delivery.filter(disclosure_id=disclosure_id).order_by("id")),
        )  # fmt: skip
        sections = [section for part in PARTS if (section := await part(case)) is not None]
        entries: list[Entry] = [each for section in sections for each in section.entries]
        manifest: dict[str, Any] = {
            "format": FORMAT, "version": FORMAT_VERSION,
            "disclosure": {
                "id": sheet.id, "index_number": sheet.index_number, "title": sheet.title, "state": sheet.state,
                "approved_hash": sheet.approved_hash, "approved_revision": sheet.approved_revision,
            },
        }  # fmt: skip
        for section in sections:
            manifest |= section.manifest
        entries += [
            entry(INDEX, self._render("index.html", sheet=sheet, sections=sections)),
            json_entry(MANIFEST, manifest),
        ]
        made = package(folder_of(sheet.id), entries)
        if made.size > MOST_BYTES:
            raise ArchiveTooLarge(
                f"归档内容共 {made.size // 2**20} MB，超过 {MOST_BYTES // 2**20} MB。请联系系统管理员用命令行导出。"
            )
        return made

    async def released(self, since: date, until: date) -> tuple[Line, ...]:
        """What was first made public between two days in Beijing, both included, the oldest first. Raises
        ArchiveTooLarge beyond ``MOST_IN_A_BATCH``."""
        rows = await (
            Disclosure.filter(released_at__gte=_begin(since), released_at__lt=_begin(until + timedelta(days=1)))
            .order_by("released_at", "id").limit(MOST_IN_A_BATCH + 1)
            .only("id", "title", "index_number", "released_at", "state")
        )  # fmt: skip
        if len(rows) > MOST_IN_A_BATCH:
            raise ArchiveTooLarge(f"这段时间公开的信息超过 {MOST_IN_A_BATCH} 件，请缩短时间范围分批下载。")
        return tuple(
            Line(id=r.id, title=r.title, index_number=r.index_number, released_at=r.released_at, state=r.state)
            for r in rows if r.released_at is not None
        )  # fmt: skip

    def index(self, lines: Sequence[Line], period: str) -> Entry:
        """The page that leads to the packages of a batch."""
        return entry(INDEX, self._render("batch.html", rows=lines, period=period))

    async def packages(self, ids: Sequence[int]) -> AsyncIterator[Package]:
        """One after another, so that a batch is never in memory as a whole."""
        for number in ids:
            yield await self.make(number)

    async def note(self, by: Actor, subject: str, **detail: object) -> None:
        """That somebody was handed this. The subject is the archive, not the disclosure: a second package of the same
        disclosure is the same."""
        async with in_transaction() as connection:
            now = await self._clock.now()
            await self._trail.append(connection, at=now, actor=by, verb="archive.made", subject=subject, **detail)

    def _render(self, name: str, **values: Any) -> str:
        return self._templates.get_template(f"archive/{name}").render(**values)


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=SHANGHAI)

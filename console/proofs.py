"""What is live, beside what was approved: the newest read-back of every delivery, its difference in words, its history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from publishers.port import ChannelName
from publishers.readback import Proof
from publishers.records import Delivery, ReadBack
from publishers.states import State
from scheduler.timetable import CHANNEL_NAMES

PROOF_NAMES: Mapping[str, str] = MappingProxyType(
    {
        Proof.SAME: "与审核通过的内容一致",
        Proof.DIFFERENT: "与审核通过的内容不一致",
        Proof.GONE: "平台上已看不到",
        Proof.UNREADABLE: "暂时读取不到",
    }
)
_MARKS: Mapping[str, str] = MappingProxyType({Proof.SAME: "✔", Proof.DIFFERENT: "✘", Proof.GONE: "✘"})
_HISTORY_SHOWN = 20
_WATCHED = (State.PUBLISHED, State.WITHDRAWING, State.WITHDRAWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of the two texts. ``op``: equal, changed, missing (only approved), added (only live) or note."""

    op: str
    approved: str
    live: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One read-back in the history."""

    at: datetime
    verdict: str
    message: str

    @property
    def name(self) -> str:
        return PROOF_NAMES[self.verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofOnScreen:
    """The proof of one delivery. Texts are empty when there is nothing to show (gone, unreadable)."""

    delivery_id: int
    channel: str
    channel_name: str
    verdict: str
    """The newest verdict; empty before the first read-back."""
    message: str
    checked_at: datetime | None
    next_at: datetime | None
    url: str
    approved: str
    live: str
    spans: tuple[Span, ...]
    history: tuple[Look, ...]

    @property
    def name(self) -> str:
        return PROOF_NAMES.get(self.verdict, "发布后 5 秒开始核对")

    @property
    def mark(self) -> str:
        """✔ the same, ✘ different or gone, ？ not known yet."""
        return _MARKS.get(self.verdict, "？")

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(span.live for span in self.spans if span.op == "note")

    @property
    def marked(self) -> tuple[Span, ...]:
        """The spans of the texts themselves."""
        return tuple(span for span in self.spans if span.op != "note")


async def proofs_of_release(release_id: int) -> tuple[ProofOnScreen, ...]:
    """The proofs of a release's deliveries that were published, in the order of the channels."""
    rows = await Delivery.filter(release_id=release_id, state__in=_WATCHED).order_by("id")
    return tuple([await proof_of(row) for row in rows if row.published_at is not None])


async def proof_of(row: Delivery) -> ProofOnScreen:
    """The proof of one delivery."""
    looks = await ReadBack.filter(delivery_id=row.id).order_by("-id").limit(_HISTORY_SHOWN)
    newest = looks[0] if looks else None
    watched = row.state == State.PUBLISHED
    return ProofOnScreen(
        delivery_id=row.id,
        channel=row.channel,
        channel_name=CHANNEL_NAMES[ChannelName(row.channel)],
        verdict=newest.verdict if newest else "",
        message=str(newest.evidence.get("message") or "") if newest else "",
        checked_at=newest.at if newest else None,
        next_at=row.proof_at if watched else None,
        url=row.url,
        approved=await _text(newest, "approved") if newest else "",
        live=await _text(newest, "live") if newest else "",
        spans=_spans(newest.difference) if newest else (),
        history=tuple(
            Look(at=look.at, verdict=look.verdict, message=str(look.evidence.get("message") or "")) for look in looks
        ),
    )


async def _text(look: ReadBack, name: str) -> str:
    """The text of a read-back, which may stand in an earlier one that had the same."""
    text = str(getattr(look, name))
    earlier = look.evidence.get(f"{name}_in")
    if text or not isinstance(earlier, int):
        return text
    held = await ReadBack.get_or_none(id=earlier, delivery_id=look.delivery_id)
    return str(getattr(held, name)) if held is not None else ""


def _spans(difference: Sequence[Mapping[str, object]]) -> tuple[Span, ...]:
    return tuple(
        Span(op=str(span["op"]), approved=str(span.get("approved", "")), live=str(span.get("live", "")))
        for span in difference
    )

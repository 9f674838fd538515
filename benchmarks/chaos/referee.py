"""Counts what truly happened. Pure: the approved texts, the effects as the platforms count them, and the ledger's claims in;
the verdict out. The ledger is believed in nothing but what it *claims*; every claim is held against the other side."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.chaos.texts import Approved, sha256

REMOTE: Final = ("wechat", "weibo")
ENDED: Final = frozenset({"published", "failed", "cancelled", "withdrawn"})
HELD: Final = "held"
_NOTHING: Final[Mapping[tuple[str, int], float]] = {}
TOLD: Final = 20
"""So many findings of a kind are written out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One post or article that reached the public, or would have: counted by the platform. Deleted ones count."""

    channel: str
    page_url: str
    at: float
    as_approved: str
    """What identifies the text: the post itself, or both hashes of an article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What the ledger says of one delivery at the end."""

    delivery_id: int
    disclosure_id: int
    channel: str
    state: str
    reason: str
    attempts: int
    sent: bool
    """Whether there was ever an intent."""


@dataclass(slots=True, kw_only=True)
class Verdict:
    """The counts, and what each was about."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    """Seconds from the moment to the effect, of everything that went out."""

    def found(self, kind: str, about: str, *, times: int = 1) -> None:
        self.counts[kind] += times
        if self.counts[kind] <= TOLD:
            self.findings.append(f"{kind}: {about}")


def effects_of(told: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Effect]:
    """The sandbox's own list (GET /control/effects). A submission that the platform's review refused was never public."""
    articles = [
        Effect(
            channel="wechat", page_url=_page(str(one["source_url"])), at=float(one["at"]),
            as_approved=f"{one['title_sha256']} {one['body_sha256']}",
        )
        for one in told["publications"]
        if one["state"] != "failed"
    ]  # fmt: skip
    posts = [
        Effect(
            channel="weibo", page_url=_page(str((one["urls"] or [""])[0])), at=float(one["created_at"]),
            as_approved=str(one["text"]),
        )
        for one in told["weibo_posts"]
    ]  # fmt: skip
    return articles + posts


def judge(
    approved: Iterable[Approved],
    effects: Iterable[Effect],
    claims: Iterable[Claimed],
    *,
    early_pages: Set[int] = frozenset(),
    missing_pages: Set[int] = frozenset(),
    missing_answers: Set[int] = frozenset(),
    cancelled: Set[int] = frozenset(),
    moved: Mapping[tuple[str, int], float] = _NOTHING,
) -> Verdict:
    """``early_pages`` and ``missing_pages`` are what a citizen read; ``missing_answers`` what the bot does not know;
    ``cancelled`` are the disclosures whose release a person cancelled, ``moved`` the later moment of what he moved."""
    verdict = Verdict()
    by_page = {one.page_url: one for one in approved}
    seen: dict[tuple[str, int], list[Effect]] = {}
    for effect in effects:
        one = by_page.get(effect.page_url)
        if one is None:
            verdict.found("unapproved", f"{effect.channel} shows {effect.page_url!r}, which nobody released")
            continue
        seen.setdefault((effect.channel, one.disclosure_id), []).append(effect)
        _judge_effect(verdict, one, effect, moved.get((effect.channel, one.disclosure_id), one.due_at))
    for (channel, disclosure), posts in seen.items():
        if len(posts) > 1:
            times = [round(post.at - by_page[posts[0].page_url].due_at, 1) for post in posts]
            verdict.found("duplicates", f"{channel}, disclosure {disclosure}: out at {times} s", times=len(posts) - 1)
    for disclosure in early_pages:
        verdict.found("early", f"portal, disclosure {disclosure}: the page was public before its moment")
    absent = {"portal": missing_pages, "answers": missing_answers}
    for claim in claims:
        out = (claim.channel, claim.disclosure_id) in seen
        if claim.channel not in REMOTE:
            out = claim.state == "published" and claim.disclosure_id not in absent[claim.channel]
        _judge_claim(verdict, claim, out=out, wanted=claim.disclosure_id not in cancelled)
    return verdict


def _judge_effect(verdict: Verdict, one: Approved, effect: Effect, due_at: float) -> None:
    about = f"{effect.channel}, disclosure {one.disclosure_id}"
    expected = one.weibo_text
    if effect.channel == "wechat":
        expected = f"{one.wechat_title_sha256} {one.wechat_body_sha256}"
    if effect.as_approved != expected:
        verdict.found("unapproved", f"{about}: not what was approved, {sha256(effect.as_approved)[:12]}")
    if effect.at < due_at:
        verdict.found("early", f"{about}: {due_at - effect.at:.3f} s before its moment")
    verdict.delays.append(effect.at - due_at)


def _judge_claim(verdict: Verdict, claim: Claimed, *, out: bool, wanted: bool) -> None:
    about = f"{claim.channel}, delivery {claim.delivery_id}, {claim.state}: {claim.reason}"
    if claim.state == HELD:
        if not claim.reason or (claim.sent and not claim.attempts):
            verdict.found("unresolved", f"{about} (held without evidence)")
            return
        verdict.found("held", f"{about}{' (it is out)' if out else ''}")
        verdict.counts["held_though_out"] += out
    elif claim.state not in ENDED:
        verdict.found("unresolved", about)
    elif claim.state == "cancelled" and not out and not wanted:
        verdict.counts["cancelled"] += 1
    elif not out:
        verdict.found("lost", about)
    elif claim.state != "published":
        verdict.found("unadmitted", about)


def _page(url: str) -> str:
    return url.split("#")[0]

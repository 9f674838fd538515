"""Settling: what a curator writes to settle a claim, checked and made into an entry. Pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Final

from knowledge.entry import VERDICT_UNDER_CHECK, VERDICTS, Entry, EntryKind
from knowledge.errors import ClaimRefused
from knowledge.links import canonical
from knowledge.reports import digest

SETTLED: Final = tuple(verdict for verdict in VERDICTS if verdict != VERDICT_UNDER_CHECK)
MOST_VARIANTS: Final = 200
MOST_LINKS: Final = 50
_LONGEST: Final = {
    "title": 60, "body": 1000, "evidence": 255, "unit": 255, "source": 255, "source_url": 1000, "phone": 100,
}  # fmt: skip
_NAMES: Final = {
    "title": "传言（一句话）", "body": "核实情况", "evidence": "核实依据", "unit": "发布单位", "source": "出处", "source_url": "链接",
    "phone": "咨询电话",
}  # fmt: skip
_NEEDED: Final = ("title", "body", "evidence", "unit")
CHECKING_BODY: Final = "{unit}已收到群众反映，正在核实。核实结果将在本平台公布；结果公布之前，请不要转发。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """A verdict with everything that is said of it. `places` and `figures` decide which messages tell of this claim; `variants` are
    the reports whose wordings are confirmed to tell of it."""

    verdict: str
    title: str
    body: str
    evidence: str
    unit: str
    source: str = ""
    source_url: str = ""
    phone: str = ""
    places: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    variants: tuple[int, ...] = ()

    def checked(self) -> "Settlement":
        """The same without blanks around its texts. Raises ClaimRefused with what is missing and what to do."""
        texts: dict[str, Any] = {name: str(getattr(self, name)).strip() for name in _LONGEST}
        clean = replace(self, **texts)
        if clean.verdict not in SETTLED:
            raise ClaimRefused("没有选择结论。", f"请选择 {'、'.join(SETTLED)} 之一。")
        for name in _NEEDED:
            if not getattr(clean, name):
                raise ClaimRefused(f"没有填写{_NAMES[name]}。", "没有依据和发布单位的结论不能公布，请补充完整。")
        for name, longest in _LONGEST.items():
            if len(getattr(clean, name)) > longest:
                raise ClaimRefused(
                    f"{_NAMES[name]}有 {len(getattr(clean, name))} 个字，超过 {longest}。", "请精简后再提交。"
                )
        if clean.source_url and not (
            clean.source_url.startswith(("https://", "http://")) and canonical(clean.source_url)
        ):
            raise ClaimRefused("链接不是完整的网址。", "请填写以 https:// 开头的官方页面地址，或留空。")
        return clean

    @property
    def mark(self) -> str:
        """Binds a confirmation to exactly what was read."""
        return hashlib.sha256(json.dumps(self.dump(), ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]

    def dump(self) -> dict[str, object]:
        plain = asdict(self)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}

    @classmethod
    def parse(cls, plain: Mapping[str, Any]) -> "Settlement":
        """Reads the stored form back; `Settlement.parse(s.dump()) == s`."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()
        }
        return cls(**values)


def settled_entry(
    entry_id: str, settlement: Settlement, *, before: Entry | None, wordings: Sequence[str], links: Sequence[str],
    claimed_on: date, today: date,
) -> Entry:  # fmt: skip
    """The entry that says the verdict from `today` on; what `before` had of variants and links stays."""
    base = before or Entry(id=entry_id, kind=EntryKind.rumour, title=settlement.title, claimed_on=claimed_on)
    entry = replace(
        base, kind=EntryKind.rumour, title=settlement.title, body=settlement.body, verdict=settlement.verdict,
        evidence=settlement.evidence, unit=settlement.unit, issuer=settlement.unit, source=settlement.source,
        source_url=settlement.source_url, phone=settlement.phone, places=settlement.places, figures=settlement.figures,
        published_on=today, claimed_on=base.claimed_on or claimed_on, live=True, withdrawn_because="",
    )  # fmt: skip
    return with_variants(entry, wordings, links)


def with_variants(entry: Entry, wordings: Sequence[str], links: Sequence[str]) -> Entry:
    """The entry that is also found by these wordings and addresses. Raises ClaimRefused when it has too many."""
    known = {digest(text) for text in (entry.title, *entry.similar)}
    fresh: dict[str, str] = {}
    for text in wordings:
        if (mark := digest(text)) not in known:
            fresh.setdefault(mark, text)
    similar = (*entry.similar, *fresh.values())
    if len(similar) > MOST_VARIANTS:
        raise ClaimRefused(
            f"这一条已有 {len(entry.similar)} 种说法，最多 {MOST_VARIANTS} 种。", "请只勾选确有新意的说法。"
        )
    held = {canonical(link) for link in entry.links}
    addresses = (*entry.links, *(link for link in dict.fromkeys(links) if link not in held))[:MOST_LINKS]
    return replace(entry, similar=similar, links=addresses)


def checking_entry(entry_id: str, *, title: str, unit: str, claimed_on: date, today: date) -> Entry:
    """The entry that says 核实中 until the verdict is known. Raises ClaimRefused."""
    title, unit = title.strip(), unit.strip()
    for name, value in (("title", title), ("unit", unit)):
        if not value:
            raise ClaimRefused(f"没有填写{_NAMES[name]}。", "请写明核实什么、由哪个单位核实。")
        if len(value) > _LONGEST[name]:
            raise ClaimRefused(f"{_NAMES[name]}有 {len(value)} 个字，超过 {_LONGEST[name]}。", "请精简后再提交。")
    return Entry(
        id=entry_id, kind=EntryKind.rumour, title=title, body=CHECKING_BODY.format(unit=unit), verdict=VERDICT_UNDER_CHECK,
        unit=unit, issuer=unit, claimed_on=claimed_on, published_on=today,
    )  # fmt: skip

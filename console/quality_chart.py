"""Shares by week as bars: values in, SVG out. Pure. The page gives the same numbers as a table below.

Two kinds stand beside each other in two fills, one of them hatched, so that nobody needs to tell colours apart; no style
attribute stands in it, since the Content-Security-Policy forbids them.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import Final

WIDTH, HEIGHT = 480, 190
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 12, 26
LINES: Final = (0, 50, 100)
BAR: Final = 16
"""Width of one bar at most."""
TOLD: Final = 6
"""Weeks whose date stands below the chart."""


def chart(weeks: Sequence[tuple[date, Mapping[str, int | None]]], *, kinds: Mapping[str, str], title: str) -> str:
    """A bar for each kind and week; ``kinds``: key → name, two at most. Empty when no week has a share."""
    if not any(share is not None for _, shares in weeks for share in shares.values()):
        return ""
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="quality-title quality-desc">',
        f'<title id="quality-title">{escape(title)}</title><desc id="quality-desc">{escape(_told(weeks, kinds))}</desc>',
        _hatching("hatch"),
        *(_line(share) for share in LINES),
    ]
    place = (WIDTH - LEFT - RIGHT) / len(weeks)
    wide, step = min(BAR, place / (len(kinds) + 1)), max(1, -(-len(weeks) // TOLD))
    for number, (week, shares) in enumerate(weeks):
        middle = LEFT + place * (number + 0.5)
        for which, key in enumerate(kinds):
            share = shares.get(key)
            if share is not None:
                x = middle + (which - len(kinds) / 2) * wide
                parts.append(_bar(x, wide - 2, share, which))
        if number % step == 0:
            label = f"{week.month}月{week.day}日"
            parts.append(f'<text class="tick" x="{middle:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{label}</text>')
    return "".join((*parts, "</svg>"))


def swatch(which: int) -> str:
    """The fill that names a kind in the legend."""
    hatched = _hatching("hatch-swatch") if which else ""
    fill = ' fill="url(#hatch-swatch)"' if which else ""
    return (
        '<svg class="swatch" viewBox="0 0 28 10" aria-hidden="true" focusable="false">'
        f'{hatched}<rect class="share share-{which}" x="0" y="0" width="28" height="10" rx="2"{fill}/></svg>'
    )


def _bar(x: float, width: float, share: int, which: int) -> str:
    y = _y(share)
    fill = ' fill="url(#hatch)"' if which else ""
    # A share of nothing is drawn as a line: it is a number too.
    tall = max(_y(0) - y, 1.5)
    return f'<rect class="share share-{which}" x="{x:.1f}" y="{_y(0) - tall:.1f}" width="{width:.1f}" height="{tall:.1f}"{fill}/>'


def _line(share: int) -> str:
    y = _y(share)
    return (
        f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>'
        f'<text class="tick" x="{LEFT - 6}" y="{y + 3:.1f}" text-anchor="end">{share}%</text>'
    )


def _hatching(name: str) -> str:
    return (
        f'<defs><pattern id="{name}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect class="hatch-back" width="5" height="5"/><rect class="hatch-line" width="2.4" height="5"/></pattern></defs>'
    )


def _y(share: int) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share / 100)


def _told(weeks: Sequence[tuple[date, Mapping[str, int | None]]], kinds: Mapping[str, str]) -> str:
    said = [
        f"{week.month}月{week.day}日起的一周，{kinds[key]}合格率 {share}%"
        for week, shares in weeks
        for key, share in shares.items()
        if share is not None and key in kinds
    ]
    return "；".join(said)

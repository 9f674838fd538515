"""Small charts: values in, SVG out. Pure.

Every line has its own dash and its own mark, so that nobody needs to tell colours apart; the chart carries a title and a
description for a screen reader, and the page gives the same numbers as a table. No style attribute stands in it, since the
console's Content-Security-Policy forbids them: colours come from classes of ``figures.css``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Final

WIDTH, HEIGHT = 400, 190
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 12, 26
_LINES: Final = 3
STYLES: Final = 4
"""So many lines look different; more would not be read anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line: values by day."""

    name: str
    points: Sequence[tuple[date, int]]


def line_chart(series: Sequence[Series], *, key: str, title: str) -> str:
    """Lines over days. ``key`` makes the ids of the page's charts different. Empty when there is nothing to draw."""
    series = [one for one in series if one.points][:STYLES]
    if not series:
        return ""
    days = sorted({day for one in series for day, _ in one.points})
    top = _round_up(max(value for one in series for _, value in one.points))
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{key}-title {key}-desc">',
        f'<title id="{key}-title">{escape(title)}</title>',
        f'<desc id="{key}-desc">{escape(_told(series))}</desc>',
        *_grid(top),
        *_dates(days),
    ]
    for place, one in enumerate(series):
        parts.append(_line(one, place, days, top))
    return "".join((*parts, "</svg>"))


def bar(value: int, most: int, *, width: int = 160) -> str:
    """A bar beside a number that stands in the text already, so it says nothing to a screen reader."""
    length = round(width * value / most) if most > 0 else 0
    return (
        f'<svg class="bar" viewBox="0 0 {width} 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'<rect class="bar-back" width="{width}" height="10" rx="2"/>'
        f'<rect class="bar-value" width="{max(min(length, width), 0)}" height="10" rx="2"/></svg>'
    )


def swatch(place: int) -> str:
    """The piece of line that names a series in the legend."""
    return (
        '<svg class="swatch" viewBox="0 0 28 10" aria-hidden="true" focusable="false">'
        f'<line class="line line-{place % STYLES}" x1="1" y1="5" x2="27" y2="5"/>{_mark(14, 5, place)}</svg>'
    )


def _line(one: Series, place: int, days: Sequence[date], top: int) -> str:
    spots = [(_x(day, days), _y(value, top)) for day, value in sorted(one.points)]
    path = " ".join(f"{'M' if number == 0 else 'L'}{x:.1f} {y:.1f}" for number, (x, y) in enumerate(spots))
    marked = spots if len(spots) <= 12 else [spots[0], spots[-1]]
    marks = "".join(_mark(x, y, place) for x, y in marked)
    return f'<path class="line line-{place % STYLES}" d="{path}"/>{marks}'


def _mark(x: float, y: float, place: int) -> str:
    name = f'class="dot dot-{place % STYLES}"'
    if place % STYLES == 1:
        return f'<rect {name} x="{x - 3:.1f}" y="{y - 3:.1f}" width="6" height="6"/>'
    if place % STYLES == 2:
        return f'<path {name} d="M{x:.1f} {y - 4:.1f} l4 7 h-8 z"/>'
    if place % STYLES == 3:
        return f'<path {name} d="M{x:.1f} {y - 4:.1f} l4 4 l-4 4 l-4 -4 z"/>'
    return f'<circle {name} cx="{x:.1f}" cy="{y:.1f}" r="3"/>'


def _grid(top: int) -> list[str]:
    parts = []
    for step in range(_LINES + 1):
        value = top * step // _LINES
        y = _y(value, top)
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{short(value)}</text>')
    return parts


def _dates(days: Sequence[date]) -> list[str]:
    chosen = days if len(days) <= 2 else (days[0], days[len(days) // 2], days[-1])
    anchors = ("middle",) if len(chosen) == 1 else ("start", *["middle"] * (len(chosen) - 2), "end")
    return [
        f'<text class="tick" x="{_x(day, days):.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{day.month}月{day.day}日</text>'
        for day, anchor in zip(chosen, anchors, strict=True)
    ]


def _x(day: date, days: Sequence[date]) -> float:
    span = (days[-1] - days[0]).days
    room = WIDTH - LEFT - RIGHT
    return LEFT + (room * (day - days[0]).days / span if span else room / 2)


def _y(value: int, top: int) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)


def _round_up(most: int) -> int:
    """A round number at or above, which three parts divide evenly."""
    if most <= 3:
        return 3
    step = 1
    while True:
        for part in (1, 2, 5):
            if part * step * _LINES >= most:
                return part * step * _LINES
        step *= 10


def short(value: int) -> str:
    """A number for an axis: 1.5万, 3亿."""
    for size, name in ((100_000_000, "亿"), (10_000, "万")):
        if value >= size:
            return f"{value / size:.1f}".rstrip("0").rstrip(".") + name
    return str(value)


def _told(series: Sequence[Series]) -> str:
    parts = []
    for one in series:
        points = sorted(one.points)
        (first, start), (last, end) = points[0], points[-1]
        parts.append(f"{one.name}：{first.month}月{first.day}日 {start}，{last.month}月{last.day}日 {end}")
    return "；".join(parts) + "。详细数字见下表。"

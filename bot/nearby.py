"""Nearby: which service windows lie nearest to somebody, and how they are said to him. Pure; nothing of it is stored."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.hours import closed_text, standing_of
from bot.measure import Measure
from bot.office import Office
from bot.seeking import Place
from disclosures.service_windows import Window
from disclosures.workdays import WorkingDays

SHOWN: Final = 3
FAR: Final = 50.0
"""Kilometres; a district is smaller, so whoever is farther from its nearest window is somewhere else."""
EARTH: Final = 6371.0
SERVICES_SHOWN: Final = 60
ASK_TEXT: Final = (
    "请把您的位置发过来（微信：点“＋”再点“位置”；微博：点“＋”再点“位置”；网页：点“用我的位置”），或者直接写所在的乡镇、街道或路名。"
    "位置只用来查最近的窗口，不保存。"
)
NONE_TEXT: Final = "没有对上您写的地方。以下是本区的服务窗口："
_HAN: Final = re.compile(r"[\u4e00-\u9fff]+")
_GENERIC: Final = frozenset(
    {"街道", "服务", "中心", "便民", "大厅", "窗口", "社区", "小区", "大道", "附近", "我在", "位置"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A window, and how far away it is in kilometres as the crow flies; None when that is not known."""

    window: Window
    distance: float | None = None


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Kilometres between two points, each latitude and longitude in degrees (haversine)."""
    (a, b), (c, d) = (tuple(map(math.radians, point)) for point in (one, other))
    half = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * EARTH * math.asin(math.sqrt(half))


def wanted_services(windows: Sequence[Window], text: str) -> frozenset[str]:
    """The services of these windows that a text names: 社保 in 最近的社保窗口在哪."""
    return frozenset(word for window in windows for word in window.services if len(word) > 1 and word in text)


def serving(windows: Sequence[Window], wanted: frozenset[str]) -> tuple[Window, ...]:
    """The windows where one of the wanted services is given; all, when none of them gives it or none is wanted."""
    found = tuple(window for window in windows if wanted & set(window.services))
    return found or tuple(windows)


def nearest(windows: Sequence[Window], place: Place) -> tuple[Near, ...]:
    """The nearest windows of which it is known where they are."""
    if place.latitude is None or place.longitude is None:
        return ()
    here = (place.latitude, place.longitude)
    found = [
        Near(window=window, distance=distance(here, (window.latitude, window.longitude)))
        for window in windows if window.latitude is not None and window.longitude is not None
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda near: near.distance or 0.0)[:SHOWN])


def by_words(windows: Sequence[Window], words: str) -> tuple[Near, ...]:
    """The windows whose name or address shares a telling run of characters with the words; the likest first.

    What stands in more than half of all addresses (the district's own name) tells nothing.
    """
    texts = [f"{window.name} {window.address}" for window in windows]
    common = Counter(pair for text in texts for pair in _pairs(text))
    most = max(1, len(windows) // 2)
    asked = {pair for pair in _pairs(words) if pair not in _GENERIC and common[pair] <= most}
    scored = [(len(asked & _pairs(text)), -place) for place, text in enumerate(texts)]
    best = sorted((score for score in scored if score[0]), reverse=True)[:SHOWN]
    return tuple(Near(window=windows[-place]) for _, place in best)


def _pairs(text: str) -> set[str]:
    return {run[i : i + 2] for run in _HAN.findall(text) for i in range(len(run) - 1)}


def near_text(found: Sequence[Near], *, now: datetime, calendar: WorkingDays, measure: Measure, lead: str) -> str:
    """The windows as a message that fits: all lines of all of them, else fewer lines, else fewer windows."""
    for number in range(len(found), 0, -1):
        for brief in (False, True):
            parts = [_said(near, place, now, calendar, brief=brief) for place, near in enumerate(found[:number], 1)]
            text = "\n".join([lead, *parts] if lead else parts)
            if measure.fits(text):
                return text
    return lead


def window_text(window: Window, *, now: datetime, calendar: WorkingDays, measure: Measure) -> str:
    """One window, as the QR code at its counter shows it."""
    source = f"\n来源：{window.source}" if window.source else ""
    for services, end in ((200, source), (SERVICES_SHOWN, source), (SERVICES_SHOWN, ""), (0, "")):
        text = "\n".join(_lines(window, window.name, now, calendar, services)) + end
        if measure.fits(text):
            return text
    return window.name


def lead_text(found: Sequence[Near]) -> str:
    """What is said before the nearest windows."""
    first = found[0].distance if found else None
    if first is None:
        return "您附近的服务窗口："
    if first > FAR:
        return f"您的位置不在本区附近，离最近的窗口约 {first:.0f} 公里。本区的服务窗口："
    return "离您最近的服务窗口（直线距离）："


def _said(near: Near, place: int, now: datetime, calendar: WorkingDays, *, brief: bool) -> str:
    far = near.distance
    away = "" if far is None else f"（约 {far * 1000:.0f} 米）" if far < 1 else f"（约 {far:.1f} 公里）"
    head = f"{place}. {near.window.name}{away}"
    return "\n".join(_lines(near.window, head, now, calendar, 0 if brief else SERVICES_SHOWN))


def _lines(window: Window, head: str, now: datetime, calendar: WorkingDays, services: int) -> list[str]:
    lines = [head, f"地址：{window.address}"]
    if window.phone:
        lines.append(f"电话：{window.phone}")
    if window.hours:
        lines.append(f"时间：{window.hours}{_standing(window, now, calendar)}")
    can = "、".join(window.services)
    if can and services:
        lines.append(f"可办：{can if len(can) <= services else can[: services - 1] + '…'}")
    return lines


def _standing(window: Window, now: datetime, calendar: WorkingDays) -> str:
    """Whether somebody is there now, in brackets; nothing where the hours cannot be read."""
    found = standing_of(Office(name=window.name, hours=window.hours), now, calendar)
    if found is None:
        return ""
    return (
        "（现在有人办理）"
        if found.open
        else f"（{closed_text(found, now).rstrip('。').replace('有人接待', '可以办理')}）"
    )


def gcj02(latitude: float, longitude: float) -> tuple[float, float]:
    """WGS-84 degrees, as a browser gives them, as GCJ-02 degrees, in which maps of this country (and our windows) are.

    The widely published approximation, good to a few metres; without it every distance would be off by up to 600 m.
    """
    a, e = 6378245.0, 0.00669342162296594323
    x, y = longitude - 105.0, latitude - 35.0
    wave = 20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += (wave + 20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += (wave + 20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    radians = math.radians(latitude)
    magic = 1 - e * math.sin(radians) ** 2
    north = north * 180.0 / ((a * (1 - e)) / (magic * math.sqrt(magic)) * math.pi)
    east = east * 180.0 / (a / math.sqrt(magic) * math.cos(radians) * math.pi)
    return latitude + north, longitude + east

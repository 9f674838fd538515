"""Clocks: by when a rumour must be answered, as lights. The hours are data with their source. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Literal

Lamp = Literal["green", "amber", "red", "kept", "missed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One deadline, counted from the first report. `stopped_by` is "first_word" (anything said to the public) or "verdict"."""

    name: str
    hours: int
    stopped_by: str
    what: str
    rule: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The clocks, shortest first. `near` is the part of the time from which a light is amber."""

    clocks: tuple[Clock, ...]
    near: float
    told_within: timedelta
    """How long after the verdict somebody who asked is still told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """How one clock stands: running in time, near its end or over; or stopped, in time or too late."""

    clock: Clock
    lamp: Lamp
    due_at: datetime
    took: timedelta
    """From the first report until it was stopped, or until now."""

    @property
    def words(self) -> str:
        """The light in words, for whoever does not see colours."""
        limit = timedelta(hours=self.clock.hours)
        if self.lamp == "kept":
            return f"已办，用时 {_span(self.took)}"
        if self.lamp == "missed":
            return f"已办，超时 {_span(self.took - limit)}"
        left = limit - self.took
        return f"还剩 {_span(left)}" if left > timedelta() else f"已超 {_span(-left)}"


@cache
def shipped() -> Rules:
    """The rules from `data/rumour-clocks.json`, read once."""
    data = json.loads(resources.files("knowledge").joinpath("data/rumour-clocks.json").read_text(encoding="utf8"))
    clocks = tuple(
        Clock(
            name=row["name"], hours=row["hours"], stopped_by=row["stopped_by"], what=row["what"], rule=row["rule"],
            source=row["source"],
        )
        for row in data["clocks"]
    )  # fmt: skip
    return Rules(
        clocks=tuple(sorted(clocks, key=lambda clock: clock.hours)), near=data["near"],
        told_within=timedelta(days=data["told_within_days"]),
    )  # fmt: skip


def lights(
    rules: Rules, *, first_at: datetime, first_word_at: datetime | None, closed_at: datetime | None, now: datetime
) -> tuple[Light, ...]:
    """How each clock stands for a claim that was first reported at `first_at`."""
    return tuple(
        _light(
            rules, clock, first_at, first_word_at or closed_at if clock.stopped_by == "first_word" else closed_at, now
        )
        for clock in rules.clocks
    )


def answered_by(rules: Rules, first_at: datetime) -> datetime:
    """By when a claim that was first reported at `first_at` gets its verdict at the latest."""
    return first_at + timedelta(hours=rules.clocks[-1].hours)


def worst(found: Sequence[Light]) -> Lamp:
    """The light by which a list is sorted: the running one that is furthest gone."""
    lamps = {light.lamp for light in found}
    return "red" if "red" in lamps else "amber" if "amber" in lamps else "green" if "green" in lamps else "kept"


def _light(rules: Rules, clock: Clock, first_at: datetime, stopped_at: datetime | None, now: datetime) -> Light:
    limit = timedelta(hours=clock.hours)
    took = (stopped_at or now) - first_at
    if stopped_at is not None:
        lamp: Lamp = "kept" if took <= limit else "missed"
    else:
        lamp = "red" if took > limit else "amber" if took >= limit * rules.near else "green"
    return Light(clock=clock, lamp=lamp, due_at=first_at + limit, took=took)


def _span(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} 分钟"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} 小时 {minutes} 分" if minutes and hours < 10 else f"{hours} 小时"
    return f"{hours // 24} 天"

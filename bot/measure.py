"""How long one message may be on a channel, as data with an effective date (``data/measures.json``)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """The longest text of one message: UTF-8 bytes on WeChat, characters elsewhere."""

    limit: int
    unit: Literal["bytes", "characters"]

    def of(self, text: str) -> int:
        """The length of a text in this measure. Weibo's characters are UTF-16 units: an emoji is two."""
        if self.unit == "bytes":
            return len(text.encode("utf8", "surrogatepass"))
        return len(text.encode("utf-16-le", "surrogatepass")) // 2

    def fits(self, text: str) -> bool:
        return self.of(text) <= self.limit


def narrowed(measure: Measure, taken: int) -> Measure:
    """A measure with less room, because something of that length stands before the text."""
    return replace(measure, limit=measure.limit - taken) if taken else measure


def load_measures() -> dict[str, Measure]:
    """The measures by channel, as they ship with the package."""
    plain = json.loads(resources.files("bot").joinpath("data/measures.json").read_text("utf8"))
    return {name: Measure(limit=row["limit"], unit=row["unit"]) for name, row in plain.items()}


def measure_of(measures: Mapping[str, Measure], channel: str) -> Measure:
    """A channel's measure; one that is not named is measured as the web chat."""
    return measures.get(channel) or measures["web"]

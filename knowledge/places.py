"""Places: which provinces, cities and countries a text names, from a short list of names. Pure.

It serves to tell a claim about one town from the same claim about another; it is no gazetteer. Names of streets and villages
are not in it: which of those decide is written into an entry by its curator.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

_IN_A_STREET = "(?![东西南北中]?(?:路|街|大道|道))"
_ENDING = "(?:市|州|省|地区|盟|自治州)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gazetteer:
    """The names, and in which province each city lies. A name that is also a word counts only with its ending (朝阳市)."""

    pattern: re.Pattern[str]
    province_of: Mapping[str, str]

    def named(self, text: str) -> frozenset[str]:
        """The places that a text names, by their short names (武汉 for 武汉市)."""
        return frozenset(match[1] or match[2] for match in self.pattern.finditer(text))

    def related(self, one: str, other: str) -> bool:
        """Whether one of two places is the other, or lies in it."""
        return one == other or self.province_of.get(one) == other or self.province_of.get(other) == one


@cache
def shipped() -> Gazetteer:
    """The gazetteer from `data/places.json`, read once."""
    data = json.loads(resources.files("knowledge").joinpath("data/places.json").read_text(encoding="utf8"))
    province_of = {city: province for province, cities in data["provinces"].items() for city in cities}
    with_ending = frozenset(data["needs_ending"])
    plain = {*data["provinces"], *province_of, *data["countries"]} - with_ending
    # The longest name first, and from left to right: 上海南站 names 上海 and not 海南.
    pattern = re.compile(f"(?:({_any(plain)})|({_any(with_ending)})(?={_ENDING})){_IN_A_STREET}")
    return Gazetteer(pattern=pattern, province_of=province_of)


def _any(names: set[str] | frozenset[str]) -> str:
    return "|".join(sorted(names, key=lambda name: (-len(name), name)))

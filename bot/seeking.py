"""Looking for a counter: whether a citizen asks for the nearest one, and whether his words name a place. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

LONGEST: Final = 40
"""Characters; a longer text asks for more than the way to a counter."""
_COUNTER: Final = (
    r"(?:窗口|服务中心|服务站|办事大厅|服务大厅|政务大厅|政务中心|便民中心|便民服务|办理点|办事点|服务点|网点|大厅)"
)
_SEEKS: Final = re.compile(
    rf"(?:最近|附近|就近|邻近|周边|离(?:我|家|这)|哪(?:里|儿|个).{{0,4}}(?:近|最近)).{{0,14}}{_COUNTER}|{_COUNTER}.{{0,8}}(?:最近|附近|就近|离我|近一?点)"
)
_PLACE: Final = re.compile(
    r"镇|乡|街道|社区|村|[\u4e00-\u9fff]{1,6}(?:路|大道|街|巷|弄)|小区|广场|居委会|花园|大厦|学校|医院|车站|市场"
)
_ASKS: Final = re.compile(
    r"怎么|如何|什么|[吗呢?？]|多少|几|能不能|可不可|要不要|可以|为什么|是不是|听说|申请|办理|补贴|材料|条件"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where somebody is: GCJ-02 degrees when they are known, and how the place is called. It is never stored."""

    latitude: float | None = None
    longitude: float | None = None
    label: str = ""

    @property
    def on_the_map(self) -> bool:
        return self.latitude is not None and self.longitude is not None


def seeks_window(words: str) -> bool:
    """Whether somebody asks for the nearest counter: 最近的社保窗口在哪."""
    return len(words) <= LONGEST and bool(_SEEKS.search(words))


def names_place(words: str) -> bool:
    """Whether the words only name a place, as an answer to where somebody is: 河口镇, 我在解放路."""
    return len(words) <= LONGEST and bool(_PLACE.search(words)) and not _ASKS.search(words)


def place_of(body: Mapping[str, Any]) -> Place:
    """The place of a location message of WeChat or Weibo. Degrees that are none, or that lie nowhere, are left out."""
    extra = body.get("data")
    data = extra if isinstance(extra, Mapping) else {}
    latitude = _degrees(body.get("Location_X", data.get("latitude")), 90)
    longitude = _degrees(body.get("Location_Y", data.get("longitude")), 180)
    label = body.get("Label", body.get("text", ""))
    known = latitude is not None and longitude is not None and (latitude, longitude) != (0.0, 0.0)
    return Place(
        latitude=latitude if known else None, longitude=longitude if known else None,
        label=label.strip()[:200] if isinstance(label, str) else "",
    )  # fmt: skip


def _degrees(value: object, most: int) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        degrees = float(value)
    except ValueError:
        return None
    return degrees if -most <= degrees <= most else None

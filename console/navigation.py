"""The navigation: the areas of the console, what lies in each, and where a page stands. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from staff.roles import Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One page that the navigation leads to, and the verb without which nobody is led there."""

    address: str
    name: str
    verb: Verb
    also: tuple[str, ...] = ()
    """Other addresses whose pages belong here."""

    def reach(self, path: str) -> int:
        """How much of a path this place answers for, in characters; 0 when it does not."""
        found = [root for root in (self.address, *self.also) if path == root or path.startswith(f"{root.rstrip('/')}/")]
        return max(map(len, found), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Some places under one name. A person who may see one place of an area sees the area."""

    name: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The areas that a person may see, and where he is; ``here`` is None on a page that belongs nowhere."""

    areas: tuple[Area, ...]
    area: Area | None
    here: Place | None


def _place(address: str, name: str, verb: Verb, *also: str) -> Place:
    return Place(address=f"/console/{address}", name=name, verb=verb, also=tuple(f"/console/{each}" for each in also))


HOME: Final = _place("", "今天要办", Verb.DISCLOSURE_READ)
AREAS: Final = (
    Area(name="今天", places=(HOME,)),
    Area(
        name="公开信息",
        places=(
            _place("disclosures", "公开信息", Verb.DISCLOSURE_READ),
            _place("kinds", "文种", Verb.CATALOGUE_WRITE),
            _place("lexicon", "词库", Verb.DISCLOSURE_READ),
            _place("archive", "归档", Verb.REPORT_EXPORT),
            _place("deputies", "审核代理", Verb.DISCLOSURE_READ),
        ),
    ),
    Area(
        name="发布",
        places=(
            _place("calendar", "日历", Verb.RELEASE_READ),
            _place("releases", "发布计划", Verb.RELEASE_READ),
            _place("announcements", "预告", Verb.RELEASE_READ),
            _place("unknown", "待核实", Verb.DELIVERY_READ, "deliveries"),
            _place("incidents", "告警", Verb.DELIVERY_READ),
            _place("quota", "群发额度", Verb.RELEASE_READ),
            _place("halt", "总开关", Verb.RELEASE_READ),
            _place("comments", "评论", Verb.COMMENT_READ, "replies"),
            _place("figures", "数据", Verb.RELEASE_READ),
        ),
    ),
    Area(
        name="知识库",
        places=(
            _place("knowledge", "条目", Verb.KNOWLEDGE_READ),
            _place("knowledge/drafts", "草稿", Verb.KNOWLEDGE_READ),
            _place("knowledge/release", "发布", Verb.KNOWLEDGE_READ),
            _place("knowledge/releases", "版本", Verb.KNOWLEDGE_READ),
            _place("rumours", "谣言处置", Verb.KNOWLEDGE_READ),
            _place("knowledge/test", "命中测试", Verb.KNOWLEDGE_READ),
            _place("knowledge/tests", "测试用例", Verb.KNOWLEDGE_READ),
            _place("knowledge/dictionary", "词典", Verb.KNOWLEDGE_READ, "knowledge/pins", "knowledge/changes"),
            _place("knowledge/rules", "敏感事项", Verb.KNOWLEDGE_READ),
            _place("knowledge/conflicts", "矛盾", Verb.KNOWLEDGE_READ),
            _place("knowledge/due", "到期", Verb.KNOWLEDGE_READ),
            _place("knowledge/import", "导入", Verb.KNOWLEDGE_READ),
            _place("windows", "窗口", Verb.KNOWLEDGE_READ),
        ),
    ),
    Area(
        name="群众",
        places=(
            _place("cases", "诉求", Verb.CASE_READ),
            _place("knowledge/questions", "未解答问题", Verb.KNOWLEDGE_READ),
            _place("pictures", "图片", Verb.CONVERSATION_READ),
            _place("quality", "质检", Verb.CASE_CHECK),
            _place("guard", "滥用", Verb.CONVERSATION_READ),
            _place("knowledge/heat", "热度", Verb.KNOWLEDGE_READ),
            _place("knowledge/report", "周报", Verb.REPORT_READ),
            _place("knowledge/duties", "督办", Verb.KNOWLEDGE_READ),
        ),
    ),
    Area(
        name="系统",
        places=(
            _place("nodes", "节点", Verb.SYSTEM_READ),
            _place("staff", "账号", Verb.STAFF_READ),
        ),
    ),
)


def shown(path: str, may: Callable[[Verb], bool]) -> Shown:
    """What the head of a page shows to somebody who ``may`` do some verbs."""
    areas = []
    here, mine, best = None, None, 0
    for area in AREAS:
        places = tuple(place for place in area.places if may(place.verb))
        if not places:
            continue
        seen = Area(name=area.name, places=places)
        areas.append(seen)
        for place in places:
            reach = int(path == place.address) if place is HOME else place.reach(path)
            if reach > best:
                here, mine, best = place, seen, reach
    return Shown(areas=tuple(areas), area=mine, here=here)
